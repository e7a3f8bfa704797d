// Journeys through the dashboard, against a server whose clock goes on: one is made of a play, written on the canvas
// by pointer and by keys, is the same as text, is published, lets people in by what they do, sends to a receiver that
// this test runs, shows where people wait, and is published anew with a choice for them.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { close as closeServer } from './own.mjs';

// Only now: it takes the address of the server from the environment.
const { api, go, idle, launch, open, screenshot, seriousProblems, settled, sidewaysScroll, track } = await import('./browser.mjs');
const { ask, sure, until } = await import('./asking.mjs');

// Names of this run only: a second run on the same server begins anew.
const run = Date.now().toString(36);
const NAME = `Probe ${run}`;
/** In each language: whether on a phone, in the dark. */
const SIZES = { en: [false, true], tr: [false], ar: [false, true], id: [true] };

let browser;
let receiver;
let address;
/** What the receiver was sent. */
const received = [];
/** Ids of what was made, to be taken away. */
const made = [];
/** Users of this run. */
const [ada, bob, cem] = ['ada', 'bob', 'cem'].map((name) => `${name}-${run}`);

const path = (id, rest = '') => `/api/journeys/${encodeURIComponent(id)}${rest}`;
const idIn = (page) => decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1));
const stepOf = (definition, id) => definition.steps.find((step) => step.id === id);
const reportOf = (id) => api(path(id, '/report'));
const waitingAt = (report, id) => report.steps.find(({ step }) => step === id)?.waiting ?? 0;
const saved = (page) => page.waitForFunction(() => !document.querySelector('main')?.innerText.includes('Not saved yet'));

/** Without the marks that set values apart. */
const bare = (text) => text.replace(/[\u2066-\u2069]/g, '');

/** A message to the receiver. */
const message = (where) => ({ kind: 'message', message: { channel: 'webhook', content: { default: { kind: 'webhook', url: `${address}/${where}`, body: '{"user": "{{ profile.id }}"}' } } } });

/** A journey of two steps that everybody who is sent to it waits in. */
const waiting = (id) => ({
  id,
  name: `${NAME} waiting`,
  entry: { kind: 'api' },
  again: { kind: 'always' },
  control: 0,
  steps: [{ id: 'pause', name: 'Pause', do: { kind: 'wait', for: '30d' }, next: 'done' }, { id: 'done', name: 'Done', do: { kind: 'exit', reason: 'done' } }],
});

before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url, body: Buffer.concat(parts).toString() });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${receiver.address().port}`;
  await sure('POST', '/api/providers', { name: `Receiver ${run}`, settings: { kind: 'webhook', private_networks: true } });
  // At whatever hour this runs: nothing is held back for the hour or for what was sent before.
  const policy = await api('/api/settings/contact-policy');
  await sure('PUT', '/api/settings/contact-policy', { ...policy, control: 0, caps: [], gaps: [], quiet: [], legal_hours: false });
  // People, and names of events for the forms to offer.
  for (const userId of [ada, bob, cem]) await track({ userId, event: 'Add To Cart', properties: { item: 'tea' } });
  await until('people are there', () => ask('GET', `/api/users/${cem}`), ({ ok }) => ok);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  for (const id of made) {
    await ask('POST', path(id, '/stop'));
    await ask('DELETE', path(id));
  }
  receiver?.closeAllConnections();
  await new Promise((resolve) => (receiver ? receiver.close(resolve) : resolve()));
  await closeServer();
});

test('a play becomes a draft, and is as the server has it', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/journeys', { lang: 'en' });
  const { plays } = await api('/api/journeys/plays');
  assert.ok(plays.length >= 2, 'there are journeys to begin with');
  assert.equal(await page.locator('[data-play]').count(), plays.length);
  assert.deepEqual(await seriousProblems(page), []);
  await page.locator('[data-play="two-minute-window"]').getByRole('button').click();
  await page.waitForURL(/\/journeys\/[^/?]+$/);
  await settled(page);
  const id = idIn(page);
  made.push(id);
  assert.equal(await page.locator('[data-status]').getAttribute('data-status'), 'draft');
  const { definition } = await api(path(id));
  const play = plays.find(({ id: own }) => own === 'two-minute-window');
  assert.deepEqual(definition.steps.map((step) => step.id), play.definition.steps.map((step) => step.id));
  for (const step of play.definition.steps) await page.locator(`[data-box="${step.id}"]`).waitFor();
  await page.locator('[data-problems]').waitFor();
  assert.deepEqual(errors, []);
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'journey-draft');
  await close();
});

test('a journey is written by pointer and by keys, and taken back', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/journeys', { lang: 'en' });
  await page.getByRole('button', { name: 'New journey' }).click();
  await page.getByRole('textbox', { name: 'Name of the journey' }).fill(NAME);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/journeys\/[^/?]+$/);
  await settled(page);
  const id = idIn(page);
  made.push(id);
  const box = (step) => page.locator(`[data-box="${step}"]`);
  const focused = () => page.evaluate(() => document.activeElement.dataset.box);

  // By pointer: a message before the exit.
  await page.locator('[data-plus="#entry/next"]').click();
  await page.getByRole('dialog', { name: 'Put a step here' }).locator('[data-kind="message"]').click();
  await box('message').waitFor();
  // It says nothing yet, and the list says so and leads there.
  await page.locator('[data-problem]').filter({ hasText: 'Message' }).first().waitFor();

  // By keys: a wait after it.
  await box('message').focus();
  await page.keyboard.press('+');
  await page.locator('[data-kind="wait"]').waitFor();
  await page.waitForFunction(() => document.activeElement.dataset.kind === 'wait');
  await page.keyboard.press('Enter');
  await box('wait').waitFor();
  await page.waitForFunction(() => document.activeElement.dataset.box === 'wait');
  await page.keyboard.press('ArrowUp');
  assert.equal(await focused(), 'message');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'wait');
  await page.keyboard.press('Delete');
  await box('wait').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement.dataset.box === 'message');
  await page.keyboard.press('Control+z');
  await box('wait').waitFor();
  await page.keyboard.press('Control+Shift+z');
  await box('wait').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+z');
  await box('wait').waitFor();

  // Opened by a key, the form takes the focus along and gives it back.
  await page.keyboard.press('Escape');
  await box('message').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.closest('[data-panel]') !== null);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement.dataset.box === 'message');

  // Its form, its id wherever it is named, and saving.
  await box('wait').click();
  const panel = page.locator('[data-panel]');
  await panel.getByLabel('Wait for', { exact: true }).fill('90m');
  await panel.getByLabel('Name of the step').fill('A while');
  await panel.getByLabel('Id', { exact: true }).fill('a-while');
  await page.keyboard.press('Enter');
  await box('a-while').waitFor();
  await page.keyboard.press('Control+s');
  await saved(page);
  const { definition } = await api(path(id));
  assert.equal(definition.steps[0].id, 'message');
  assert.equal(stepOf(definition, 'message').next, 'a-while');
  const { next, name, do: action } = stepOf(definition, 'a-while');
  assert.deepEqual({ next, name, for: action.for }, { next: 'exit', name: 'A while', for: '90m' });

  // The same as text, which is changed there, too.
  await page.getByRole('tab', { name: 'Text' }).click();
  const text = page.getByRole('textbox', { name: 'Text of the journey' });
  assert.deepEqual(JSON.parse(await text.inputValue()).steps.map((step) => step.id), definition.steps.map((step) => step.id));
  await text.fill('{');
  await page.locator('[data-unreadable="json"]').waitFor();
  await text.fill(JSON.stringify({ ...definition, name: `${NAME} again` }));
  await page.getByRole('heading', { name: `${NAME} again` }).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(page);
  assert.equal((await api(path(id))).definition.name, `${NAME} again`);
  assert.deepEqual(errors, []);
  await close();
});

test('a message says what a server answered, with an answer to try', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/journeys', { lang: 'en' });
  await page.locator('[data-play="stock-check"]').getByRole('button').click();
  await page.waitForURL(/\/journeys\/[^/?]+$/);
  await settled(page);
  const id = idIn(page);
  made.push(id);
  await page.locator('[data-box="last"]').click();
  await page.locator('[data-panel]').getByRole('button', { name: 'Write' }).click();
  const editor = page.getByRole('dialog', { name: 'The last ones' });
  // What the step takes for granted is tried first.
  const rendered = editor.locator('[data-rendered="email"]');
  await rendered.getByText('Only 10 left').first().waitFor();
  const tried = editor.getByLabel('Answer to “Ask the shop what is left”, to try');
  await tried.fill('{"left": 2, "item": ');
  await editor.getByText('This is no object in JSON').waitFor();
  await rendered.getByText('Only 10 left').first().waitFor();
  await tried.fill('{"left": 2}');
  await rendered.getByText('Only 2 left').first().waitFor();
  await tried.fill('');
  await rendered.getByText('Only a few left').first().waitFor();

  // The picker knows the step and its fields, and takes any other.
  const subject = editor.getByRole('textbox', { name: 'Subject', exact: true });
  await subject.press('End');
  await editor.getByRole('button', { name: 'Put a personal value into: Subject' }).click();
  const picker = page.getByRole('dialog', { name: 'Put a personal value into: Subject' });
  await picker.getByText('An answer', { exact: true }).click();
  assert.deepEqual(await picker.getByLabel('Answer to the step').locator('option').allInnerTexts(), ['Ask the shop what is left']);
  const field = picker.getByRole('combobox', { name: 'Field of the answer' });
  await field.click();
  for (const name of ['left', 'item.name']) await picker.getByRole('option', { name, exact: true }).waitFor();
  await field.fill('price');
  assert.deepEqual(await seriousProblems(page), []);
  await picker.getByRole('button', { name: 'Insert' }).click();
  assert.match(await subject.inputValue(), /left\{\{ answer\.stock\.price \}\}$/);
  await tried.fill('{"left": 2, "price": " for 59.90"}');
  await rendered.getByText('Only 2 left for 59.90').first().waitFor();
  await screenshot(page, 'journey-answer');

  // Before the server is asked there is no answer.
  await page.keyboard.press('Escape');
  await page.locator('[data-box="stock"]').click();
  await page.locator('[data-panel]').getByRole('button', { name: 'Write' }).click();
  await page.getByRole('dialog', { name: 'Ask the shop what is left' }).getByRole('button', { name: /^Put a personal value into/ }).first().click();
  await page.getByRole('dialog', { name: /^Put a personal value into/ }).getByRole('combobox', { name: 'Attribute' }).waitFor();
  assert.equal(await page.getByText('An answer', { exact: true }).count(), 0);
  // An e-mail may name a font of another server, which its frame does not load.
  assert.deepEqual(errors.filter((text) => !text.includes('fonts.googleapis.com')), []);
  await close();
});

test('what is wrong keeps it from being started', async () => {
  const { page, close } = await open(browser);
  const { body } = await ask('POST', '/api/journeys', { ...waiting(`wrong-${run}`), steps: [{ id: 'pause', do: { kind: 'wait', for: '1d' }, next: 'nowhere' }] });
  made.push(body.id);
  await go(page, `/journeys/${body.id}`, { lang: 'en' });
  await page.locator('[data-problem]').first().waitFor();
  await page.locator('[data-problem]').first().getByRole('button').click();
  await page.locator('[data-step="pause"]').waitFor();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  assert.equal(await page.locator('[data-confirm="start"]').getByRole('button', { name: 'Start', exact: true }).isDisabled(), true);
  await close();
});

test('what the server says is said in the language of the page, with its values set apart', async () => {
  const { page, errors, close } = await open(browser);
  const steps = [
    { id: 'pause', name: 'Pause', do: { kind: 'wait', for: '400d' }, next: 'nowhere' },
    { id: 'alone', do: { kind: 'update', set: { plan: 'plus' }, add: { plan: 1 } } },
  ];
  const { body } = await ask('POST', '/api/journeys', { ...waiting(`said-${run}`), steps });
  made.push(body.id);
  const told = new Map([
    ['en', ['400 days is not above 0 and at most 365 days', 'there is no step “nowhere”', '“plan” is changed in two ways', 'nobody can come to this step']],
    ['tr', ['400 gün sıfırdan büyük ve en fazla 365 gün olmalı', '“nowhere” adımı yok', '“plan” iki şekilde değiştiriliyor', 'bu adıma kimse gelemez']],
    ['ar', ['لا توجد خطوة «nowhere»', 'تُغيَّر «plan» بطريقتين', 'لا يمكن لأحد الوصول إلى هذه الخطوة']],
    ['id', ['400 hari harus di atas 0 dan paling lama 365 hari', 'tidak ada langkah “nowhere”', '“plan” diubah dengan dua cara', 'tidak ada yang bisa sampai ke langkah ini']],
  ]);
  for (const [lang, sentences] of told) {
    await go(page, `/journeys/${body.id}`, { lang });
    await page.locator('[data-sentence="check.unreached"]').waitFor();
    const text = bare(await page.locator('[data-problems]').innerText());
    for (const sentence of sentences) assert.ok(text.includes(sentence), `${lang}: ${sentence} in ${text}`);
    assert.equal(await page.locator('[data-problems] [lang="en"]').count(), 0, `${lang}: nothing stays English`);
    assert.deepEqual(await seriousProblems(page), []);
    await screenshot(page, `journey-said-${lang}`);
  }
  // What it has no words for is English, left to right also on an Arabic page.
  const odd = { error: true, code: 'journey.new', place: 'pause do', message: 'it is new (and odd)', message_code: { code: 'check.not_yet_known', values: {} }, hint: 'wait, or ask', hint_code: null };
  await page.route(`**${path(body.id)}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), problems: [odd] } });
  });
  await go(page, `/journeys/${body.id}`, { lang: 'ar' });
  const english = page.locator('[data-problem="journey.new"] [lang="en"]');
  await english.first().waitFor();
  assert.deepEqual(await english.evaluateAll((all) => all.map((one) => [one.dir, one.innerText])), [['ltr', 'it is new (and odd)'], ['ltr', 'wait, or ask']]);
  assert.deepEqual(errors, []);
  await close();
});

test('from a play to people: written by keys, published, entered, moved, published anew, paused and stopped', async () => {
  const { page, errors, close } = await open(browser);
  const box = (step) => page.locator(`[data-box="${step}"]`);
  await go(page, '/journeys', { lang: 'en' });
  await page.locator('[data-play="two-minute-window"]').getByRole('button').click();
  await page.waitForURL(/\/journeys\/[^/?]+$/);
  await settled(page);
  const id = idIn(page);
  made.push(id);

  // By keys: longer than two minutes.
  await box('pays').focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.closest('[data-panel]') !== null);
  await page.locator('[data-panel]').getByLabel('At most', { exact: true }).fill('2h');
  await page.keyboard.press('Control+s');
  await saved(page);
  const { definition } = await api(path(id));
  assert.equal(stepOf(definition, 'pays').do.within, '2h');

  // As text: what is sent goes to the receiver, nobody is held out, and a rest follows.
  const rest = [{ id: 'rest', name: 'Rest', do: { kind: 'wait', for: '30d' }, next: 'end' }, { id: 'end', name: 'End', do: { kind: 'exit', reason: 'rested' } }];
  const own = definition.steps.map((step) => (step.id === 'thanks' ? { id: 'thanks', name: 'Thanks', do: message('thanks'), next: 'rest' } : step.id === 'reminder' ? { ...step, do: message('reminder') } : step));
  await page.getByRole('tab', { name: 'Text' }).click();
  await page.getByRole('textbox', { name: 'Text of the journey' }).fill(JSON.stringify({ ...definition, name: `${NAME} pays`, control: 0, steps: [...own, ...rest] }));
  await page.getByRole('heading', { name: `${NAME} pays` }).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(page);
  const { problems } = await api(path(id));
  assert.deepEqual(problems.filter(({ error }) => error), []);

  // Started by publishing it.
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const start = page.locator('[data-confirm="start"]');
  assert.deepEqual(await seriousProblems(page), []);
  await start.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('[data-status="running"]').waitFor();
  assert.equal((await api(path(id))).published, 1);

  // Two come in by what they do, and one goes on.
  for (const userId of [ada, bob]) await track({ userId, event: 'Checkout Started', properties: {} });
  await until('two are in', () => reportOf(id), (report) => waitingAt(report, 'pays') === 2);
  await track({ userId: ada, event: 'Purchase', properties: { amount: 30 } });
  const report = await until('one has gone on', () => reportOf(id), (now) => waitingAt(now, 'rest') === 1 && waitingAt(now, 'pays') === 1);
  assert.deepEqual([report.entered, report.users, report.waiting, report.held_out, report.unaccounted], [2, 2, 2, 0, 0]);
  await until('the message is there', async () => received, (all) => all.some((one) => one.path === '/thanks' && JSON.parse(one.body).user === ada));
  assert.equal(received.some((one) => one.path === '/reminder'), false, 'nobody waited too long');

  // As numbers.
  await go(page, `/journeys/${id}`, { lang: 'en', view: 'numbers' });
  await page.locator('[data-counts="rest"]').getByRole('button').waitFor();
  assert.match(await page.locator('[data-moved="pays/bought"]').innerText(), /^1$/);
  const arm = page.locator('[data-goal="bought"] [data-arm="journey"]');
  await arm.waitFor();
  assert.match(await arm.innerText(), /50%/);
  await page.locator('[data-goal="bought"] [data-no-effect]').waitFor();
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'journey-numbers');
  // Nobody is held out, in the language of the page.
  for (const [lang, said] of [['ar', 'لا توجد مجموعة مقارنة بعد'], ['en', 'there is no control group yet']]) {
    await go(page, `/journeys/${id}`, { lang, view: 'numbers' });
    const because = page.locator('[data-goal="bought"] [data-no-effect]');
    await because.waitFor();
    assert.ok((await because.innerText()).includes(said));
    await screenshot(page, `journey-no-effect-${lang}`);
  }
  await page.locator('[data-counts="rest"]').getByRole('button').click();
  await page.getByRole('dialog', { name: 'Waiting at “Rest”' }).getByRole('link', { name: ada }).waitFor();
  await page.keyboard.press('Escape');

  // On the person's page, with the way and why.
  await go(page, `/people/${encodeURIComponent(ada)}`, { lang: 'en' });
  await page.getByRole('button', { name: new RegExp(`${NAME} pays`) }).first().click();
  const way = page.locator('[data-run]');
  for (const step of ['Do they finish?', 'Thanks', 'Rest']) await way.getByText(step, { exact: true }).waitFor();
  await idle(page);
  await screenshot(page, 'journey-person');

  // Another version without the rest, by keys: where whoever waits there goes is asked.
  await go(page, `/journeys/${id}`, { lang: 'en', view: 'design' });
  await box('rest').focus();
  await page.keyboard.press('Delete');
  await box('rest').waitFor({ state: 'detached' });
  await box('thanks').focus();
  await page.keyboard.press('+');
  await page.waitForFunction(() => document.activeElement.dataset.kind === 'wait');
  await page.keyboard.press('Enter');
  await box('wait').waitFor();
  await page.keyboard.press('Control+s');
  await saved(page);
  await page.getByRole('button', { name: 'Publish changes' }).click();
  const dialog = page.locator('[data-publish]');
  await dialog.locator('[data-change="added"]').getByText('Wait', { exact: true }).waitFor();
  await dialog.locator('[data-change="removed"]').waitFor();
  await dialog.locator('[data-move="rest"]').getByLabel('Where they go').selectOption('to wait');
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'journey-publish');
  await dialog.getByRole('button', { name: 'Publish changes' }).click();
  await dialog.waitFor({ state: 'detached' });
  await until('they are where they were sent', () => reportOf(id), (now) => waitingAt(now, 'wait') === 1 && waitingAt(now, 'rest') === 0 && waitingAt(now, 'pays') === 1);
  assert.equal((await api(path(id))).published, 2);
  const { versions } = await api(path(id, '/versions'));
  assert.deepEqual(versions.map(({ number, moves }) => [number, moves.rest]), [[2, { kind: 'to', step: 'wait' }], [1, undefined]]);

  for (const [action, status] of [['Pause', 'paused'], ['Resume', 'running'], ['Stop', 'stopped']]) {
    await page.getByRole('button', { name: action, exact: true }).click();
    await page.locator('[data-inside="2"]').waitFor();
    await page.locator('[data-confirm]').getByRole('button', { name: action, exact: true }).click();
    await page.locator(`[data-status="${status}"]`).waitFor();
  }
  const stopped = await until('everybody is out', () => reportOf(id), (now) => now.waiting === 0);
  assert.deepEqual(stopped.exited, [{ reason: 'stopped', count: 2 }]);

  // What it would have done until now: those two again, and nothing is sent.
  const sent = received.length;
  await go(page, `/journeys/${id}`, { lang: 'en', view: 'backtest' });
  await page.getByLabel('To', { exact: true }).fill(new Date(Date.now() + 86_400_000).toISOString().slice(0, 10));
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.locator('[data-backtest="2"]').waitFor({ state: 'attached', timeout: 60_000 });
  assert.equal(received.length, sent);
  assert.equal(await page.locator('[data-bucket]').evaluateAll((all) => all.reduce((sum, row) => sum + Number(row.dataset.bucket), 0)), 2, 'both are in one of the rows');
  // The way of one is shown when it is asked for, also by keys.
  await page.locator('[data-person]').first().getByRole('button', { name: /^Show the way of/ }).press('Enter');
  await page.locator('[data-person]').first().locator('[data-run]').waitFor();
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'journey-backtest');
  assert.deepEqual(errors, []);
  await close();
});

test('people are let in by their ids, paths are compared, and what was learned is told and can be decided', async () => {
  const { page, errors, close } = await open(browser);
  const id = `learning-${run}`;
  const paths = (ids) => ids.map((one) => ({ id: one, name: `Way ${one}`, next: 'pause' }));
  await sure('POST', '/api/journeys', {
    ...waiting(id),
    goals: [{ id: 'bought', name: 'Bought', when: { kind: 'event', event: 'Purchase' }, within: '1d', revenue: 'amount' }],
    steps: [
      { id: 'chance', name: 'Chance', do: { kind: 'random', paths: [{ id: 'one', name: 'Way one', next: 'learn' }, { id: 'two', name: 'Way two', next: 'learn' }] } },
      { id: 'learn', name: 'Learns', do: { kind: 'learn', paths: paths(['x', 'y']), goals: [{ event: 'Purchase', within: '1s' }] } },
      ...waiting(id).steps,
    ],
  });
  made.push(id);
  await sure('POST', path(id, '/publish'), {});
  await go(page, `/journeys/${id}`, { lang: 'en' });
  await page.getByRole('button', { name: 'Let people in' }).click();
  const dialog = page.locator('[data-enter]');
  await dialog.getByLabel('Ids of people').fill(`${ada}\n${bob}\n\n${cem}\nnobody-${run}\n${ada}`);
  assert.deepEqual(await seriousProblems(page), []);
  await dialog.getByRole('button', { name: 'Let in 4' }).click();
  await dialog.locator('[data-entered="3"]').waitFor();
  assert.equal(await dialog.locator('[data-unknown]').innerText(), `nobody-${run}`);
  await screenshot(page, 'journey-let-in');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await until('they wait', () => reportOf(id), (report) => waitingAt(report, 'pause') === 3);
  // Counted once their second is over.
  const { contexts: [split] } = (await until('somebody is counted', () => api(path(id, '/learning')), ({ steps: [{ contexts: [all] }] }) => all.verdict !== null && all.allocations.length > 0)).steps[0];

  await go(page, `/journeys/${id}`, { lang: 'en', view: 'numbers' });
  for (const step of ['chance', 'learn']) await page.locator(`[data-paths="${step}"]`).waitFor();
  const users = await page.locator('[data-paths="chance"] [data-arm] td:nth-of-type(1)').allInnerTexts();
  assert.equal(users.map(Number).reduce((sum, n) => sum + n, 0), 3, 'everybody took one of the paths');
  const learning = page.locator('[data-learning="learn"]');
  assert.equal(await learning.locator('[data-leader]').getAttribute('data-leader'), split.verdict.leader);
  assert.equal(await learning.locator('[data-won]').getAttribute('data-won'), 'false', 'three people decide nothing');
  for (const { path: one, rewarded, runs } of split.allocations[0].paths) {
    const said = bare(await learning.locator(`[data-said="${one}"]`).innerText());
    assert.ok(said.includes(split.allocations[0].why === 'start' ? 'nobody was counted' : `${rewarded} of ${runs} reached the goal`), said);
  }
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'journey-learning');
  await learning.getByRole('button', { name: /^Declare/ }).click();
  await learning.locator(`[data-declared="${split.verdict.leader}"]`).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await saved(page);
  await page.getByRole('button', { name: 'Publish changes' }).click();
  await page.locator('[data-publish]').getByRole('button', { name: 'Publish changes' }).click();
  await page.locator('[data-publish]').waitFor({ state: 'detached' });
  const { definition, published } = await api(path(id));
  assert.deepEqual([published, stepOf(definition, 'learn').do.winner], [2, split.verdict.leader]);
  assert.deepEqual(errors, []);
  await close();
});

test('a cell of the transitions begins a journey for those who change so', async () => {
  const { page, errors, close } = await open(browser);
  const { transitions: { states } } = await api('/api/overview');
  const order = states.map(({ key }) => key).filter((key) => key !== 'none');
  const [from, to] = [order[1], order[3]];
  // Everybody here has just come: nobody has gone from one state to another, so one is put into the server's answer.
  await page.route(/\/api\/overview(\?|$)/, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    answer.transitions.matrix[1][3] += 1;
    await route.fulfill({ response, json: answer });
  });
  await go(page, '/', { lang: 'en' });
  const cell = page.locator(`[data-start="${from}>${to}"]`);
  await cell.focus();
  await page.keyboard.press('Enter');
  const filled = page.locator(`[data-state-entry="${to}"]`);
  await filled.waitFor();
  assert.deepEqual(await seriousProblems(page), []);
  await filled.getByLabel('Name of the journey').fill(`${NAME} moved`);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/journeys\/[^/?]+\?/);
  await settled(page);
  const id = idIn(page);
  made.push(id);
  await page.locator('[data-box="wait"]').waitFor();
  await page.locator('[data-step="#entry"]').waitFor();
  const { definition, status } = await api(path(id));
  assert.equal(status, 'draft');
  assert.deepEqual([definition.entry.kind, definition.entry.from, definition.entry.to], ['state', [from], [to]]);
  assert.deepEqual(definition.goals.map((goal) => [goal.id, goal.when.to, goal.within, goal.exits]), [['up', order.slice(0, 3), '30d', true]]);
  assert.deepEqual(definition.steps.map((step) => step.do.kind), ['wait']);
  assert.deepEqual(errors, []);

  // A state on its page leads there, too, and what was asked for can be left.
  await go(page, '/lifecycle', { lang: 'en' });
  await page.locator(`[data-start=">${to}"]`).click();
  await filled.waitFor();
  await page.keyboard.press('Escape');
  await filled.waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).search.includes('to='), false);
  await close();
});

test('canvas, list and numbers read in every language, also on a phone and in the dark', async () => {
  const { body } = await ask('POST', '/api/journeys', { ...waiting(`tour-${run}`), steps: [{ id: 'ab', do: { kind: 'random', paths: [{ id: 'first', name: 'First', next: 'pause' }, { id: 'second', name: 'Second' }] } }, ...waiting('').steps] });
  made.push(body.id);
  for (const [language, sizes] of Object.entries(SIZES)) {
    for (const phone of sizes) {
      const { page, errors, close } = await open(browser, phone ? { width: 390, height: 844, scheme: 'dark' } : {});
      for (const [name, address] of Object.entries({ journeys: '/journeys', canvas: `/journeys/${body.id}`, entry: `/journeys/${body.id}?step=%23entry`, numbers: `/journeys/${body.id}?view=numbers`, text: `/journeys/${body.id}?view=text` })) {
        await go(page, address, { lang: language });
        await idle(page);
        await screenshot(page, `${name}-${language}${phone ? '-phone' : ''}`);
        assert.deepEqual(await seriousProblems(page), [], `${name} ${language}`);
        assert.equal(await sidewaysScroll(page), 0, `${name} ${language}`);
        assert.deepEqual(errors, [], `${name} ${language}`);
        if (name === 'canvas') {
          // The first path leads to the wait, the second ends.
          const [first, second] = await Promise.all(['pause', '#end/ab/second'].map(async (id) => (await page.locator(`.react-flow__node[data-id="${id}"]`).boundingBox()).x));
          assert.equal(first < second, language !== 'ar', 'paths stand in the order of reading');
        }
      }
      await close();
    }
  }
});
