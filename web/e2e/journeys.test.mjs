// Journeys through the dashboard: one is made of a play, written on the canvas by pointer and by keys, is the same
// as text, lets somebody in, shows where they wait, and is published with a choice for them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, base, go, idle, launch, open, screenshot, seriousProblems, settled, sidewaysScroll } from './browser.mjs';

// Names of this run only: a second run on the same server begins anew.
const run = Date.now().toString(36);
const NAME = `Probe ${run}`;
/** In each language: whether on a phone, in the dark. */
const SIZES = { en: [false, true], tr: [false], ar: [false, true], id: [true] };

let browser;
let user;
/** Ids of what was made, to be taken away. */
const made = [];

const ask = async (method, path, body) => {
  const key = process.env.PERENNIAL_KEY;
  const answer = await fetch(base + path, { method, headers: { ...(key && { authorization: `Bearer ${key}` }), ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }) });
  return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => null) };
};

const path = (id, rest = '') => `/api/journeys/${encodeURIComponent(id)}${rest}`;
const idIn = (page) => decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1));
const stepOf = (definition, id) => definition.steps.find((step) => step.id === id);

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
  const { users } = await api('/api/users?limit=1');
  user = users[0].id;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  for (const id of made) {
    await ask('POST', path(id, '/stop'));
    await ask('DELETE', path(id));
  }
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
  const play = plays.find(({ journey }) => journey.id === 'two-minute-window').journey;
  assert.deepEqual(definition.steps.map((step) => step.id), play.steps.map((step) => step.id));
  for (const step of play.steps) await page.locator(`[data-box="${step.id}"]`).waitFor();
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
  await page.waitForFunction(() => !document.querySelector('main')?.innerText.includes('Not saved yet'));
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
  await page.waitForFunction(() => !document.querySelector('main')?.innerText.includes('Not saved yet'));
  assert.equal((await api(path(id))).definition.name, `${NAME} again`);
  assert.deepEqual(errors, []);
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

test('it is started, lets somebody in, shows where they wait, and moves them when it is published', async () => {
  const { page, errors, close } = await open(browser);
  const { body } = await ask('POST', '/api/journeys', waiting(`waiting-${run}`));
  const { id } = body;
  made.push(id);
  await go(page, `/journeys/${id}`, { lang: 'en' });
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const start = page.locator('[data-confirm="start"]');
  assert.deepEqual(await seriousProblems(page), []);
  await start.getByRole('button', { name: 'Start', exact: true }).click();
  await page.locator('[data-status="running"]').waitFor();
  const entered = await api(path(id, '/enter'), { users: [user] });
  assert.equal(entered.entered, 1);

  await go(page, `/journeys/${id}`, { lang: 'en', view: 'numbers' });
  await page.locator('[data-counts="pause"]').getByRole('button').waitFor();
  const report = await api(path(id, '/report'));
  assert.equal(report.waiting, 1);
  assert.deepEqual(report.steps.find(({ step }) => step === 'pause').waiting, 1);
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'journey-numbers');
  await page.locator('[data-counts="pause"]').getByRole('button').click();
  await page.getByRole('dialog', { name: 'Waiting at “Pause”' }).getByRole('link', { name: user }).waitFor();

  // On the person's page, with the way and why.
  await go(page, `/people/${encodeURIComponent(user)}`, { lang: 'en' });
  await page.getByRole('button', { name: new RegExp(`${NAME} waiting`) }).first().click();
  await page.locator('[data-run]').getByText('Pause').waitFor();
  await idle(page);
  await screenshot(page, 'journey-person');

  // Another version without the step: where they go is asked.
  const changed = waiting(id);
  const put = await ask('PUT', path(id), { ...changed, steps: [{ id: 'other', name: 'Other', do: { kind: 'wait', for: '1d' }, next: 'done' }, changed.steps[1]] });
  assert.ok(put.ok, JSON.stringify(put.body));
  await go(page, `/journeys/${id}`, { lang: 'en', view: 'design' });
  await page.getByRole('button', { name: 'Publish changes' }).click();
  const dialog = page.locator('[data-publish]');
  await dialog.locator('[data-move="pause"]').waitFor();
  await dialog.locator('[data-change="added"]').getByText('Other').waitFor();
  await dialog.locator('[data-move="pause"]').getByLabel('Where they go').selectOption('to other');
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'journey-publish');
  await dialog.getByRole('button', { name: 'Publish changes' }).click();
  await dialog.waitFor({ state: 'detached' });
  const after = await api(path(id, '/report'));
  assert.equal(after.steps.find(({ step }) => step === 'other').waiting, 1);
  assert.equal((await api(path(id))).published, 2);

  for (const [action, status] of [['Pause', 'paused'], ['Resume', 'running'], ['Stop', 'stopped']]) {
    await page.getByRole('button', { name: action, exact: true }).click();
    await page.locator('[data-inside]').waitFor();
    await page.locator('[data-confirm]').getByRole('button', { name: action, exact: true }).click();
    await page.locator(`[data-status="${status}"]`).waitFor();
  }
  assert.equal((await api(path(id, '/report'))).waiting, 0);
  assert.deepEqual(errors, []);
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
