// The page of what is live: against the real server, and against a stream that this test speaks, so
// that it can say what happens when.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { api, base, go, idle, launch, open, removeSegment, screenshot, seriousProblems, sidewaysScroll, track } from './browser.mjs';

let browser;
let person;

before(async () => {
  person = (await api('/api/users?limit=1')).users[0].id;
  browser = await launch();
});

after(() => browser?.close());

const none = { entered: 0, left: 0 };
const minutes = Array.from({ length: 60 }, (_, at) => ({ entered: at % 5, left: at % 3 }));
const place = (key, users, flow = none) => ({ key, users, last_minute: flow, last_hour: { entered: 118, left: 57 }, last_day: { entered: 940, left: 802 }, minutes });
const counts = (watch, status, places, more = {}) => ({ watch, status, joining: null, reason: null, places, ...more });
const watch = (key, name, places, now) => ({ key, kind: key.split('/')[0], id: key.split('/')[1], name, places, now });
const inside = [{ key: 'in', name: 'In' }];
const states = [{ key: 'active', name: 'Active' }, { key: 'at_risk', name: 'At risk' }];

function view() {
  return {
    as_of: '2026-03-01T12:00:00.000Z',
    exact_as_of: '2026-03-01T12:00:00.000Z',
    watches: [
      watch('lifecycle/default', 'Lifecycle', states, counts('lifecycle/default', 'live', [place('active', 700), place('at_risk', 41)])),
      watch('segment/loyal', 'Loyal buyers', inside, counts('segment/loyal', 'live', [place('in', 120)])),
      watch('segment/fresh', 'Fresh', inside, counts('segment/fresh', 'joining', [place('in', null)], { joining: { done: 30, total: 120 } })),
      watch('segment/best', 'Best', inside, counts('segment/best', 'not_live', [], { reason: 'depends_on_others' })),
    ],
    transitions: [],
    events: [],
    last_id: '0000beef-10',
  };
}

const transition = (n, more = {}) => ({
  id: `msg_${n}`, watch: 'segment/loyal', user: person, at: '2026-03-01T12:00:01.000Z', recorded_at: '2026-03-01T12:00:01.000Z',
  kind: 'entered', from: null, to: 'in', cause: 'record', correction: 'none', ...more,
});
const event = (name, user, properties = {}) => ({ user, name, time: '2026-03-01T12:00:01.000Z', received_at: '2026-03-01T12:00:02.000Z', properties });

/** A server that speaks the stream, and a page that is led to it, until the test ends. */
async function staged(t, options = {}) {
  const requests = [];
  let answer;
  let connected;
  const next = () => new Promise((done) => { connected = done; });
  let first = next();
  const server = createServer((request, response) => {
    requests.push(request);
    answer = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': here\n\n');
    connected();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const stream = `http://127.0.0.1:${server.address().port}/`;
  const { page, errors, close } = await open(browser, options);
  t.after(async () => {
    await close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  await page.route('**/api/live?*', (route) => route.fulfill({ json: view() }));
  await page.route('**/api/live', (route) => route.fulfill({ json: view() }));
  await page.route('**/api/live/stream?*', (route) => route.continue({ url: stream + new URL(route.request().url()).search }));
  let id = 10;
  return {
    page,
    errors,
    requests,
    /** Waits for the stream; the search of its address. */
    async listening() {
      await first;
      return new URL(requests.at(-1).url, stream).searchParams;
    },
    tell(name, data) {
      id += 1;
      answer.write(`id: 0000beef-${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    /** Breaks the stream; the next one can be waited for. */
    cut() {
      first = next();
      answer.end();
    },
    again() {
      first = next();
    },
  };
}

const card = (page, key) => page.locator(`[data-watch="${key}"]`);

test('an event that is accepted appears by itself, and leads to its person', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/live', { lang: 'en' });
  await page.getByText('Live', { exact: true }).first().waitFor();
  const user = `live-test-${Date.now()}`;
  // Not later than anything else: what now means must not move for other tests.
  const { now } = await api('/api/session');
  await track({ userId: user, event: 'Live Test', timestamp: now, properties: { note: 'from the browser test' } });
  const row = page.locator('li[data-event="Live Test"]').filter({ hasText: user });
  await row.waitFor();
  assert.match(await row.innerText(), /from the browser test/);
  await row.getByRole('link', { name: user }).click();
  await page.getByRole('heading', { level: 1, name: user }).waitFor();
  assert.deepEqual(errors, []);
  await close();
});

test('every segment and the lifecycle are on the page, with numbers or a reason', async () => {
  await removeSegment('live-ranked');
  await api('/api/segments', { id: 'live-ranked', name: 'Ranked', definition: 'rfm scored' });
  const { watches } = await api('/api/live');
  const { page, close } = await open(browser);
  await go(page, '/live', { lang: 'en' });
  for (const { key } of watches) await card(page, key).first().waitFor();
  assert.match(await card(page, 'segment/live-ranked').innerText(), /compares people/);
  await close();
  await removeSegment('live-ranked');
});

test('numbers, progress and freshness move as the stream tells', async (t) => {
  const { page, errors, tell, listening } = await staged(t);
  await go(page, '/live', { lang: 'en' });
  assert.equal((await listening()).get('kind'), 'transitions,events,counts');
  assert.match(await card(page, 'segment/loyal').innerText(), /120/);
  assert.match(await card(page, 'segment/best').innerText(), /Best/);
  const progress = card(page, 'segment/fresh').getByRole('progressbar');
  assert.equal(await progress.getAttribute('aria-valuenow'), '25');
  tell('counts', {
    exact_as_of: '2026-03-01T12:00:05.000Z',
    watches: [
      counts('segment/loyal', 'live', [place('in', 123, { entered: 4, left: 1 })]),
      counts('segment/fresh', 'joining', [place('in', null)], { joining: { done: 90, total: 120 } }),
      counts('lifecycle/default', 'live', [place('active', 699), place('at_risk', 42, { entered: 1, left: 0 })]),
    ],
    gone: [],
  });
  await card(page, 'segment/loyal').getByRole('link', { name: /^123/ }).waitFor();
  assert.match(await card(page, 'segment/loyal').innerText(), /\+4\s+−1/);
  assert.equal(await card(page, 'segment/loyal').locator('[data-moved="up"]').count(), 1, 'it lights up');
  await page.waitForFunction(() => document.querySelector('[role=progressbar]').getAttribute('aria-valuenow') === '75');
  await card(page, 'lifecycle/default').getByRole('link', { name: '42' }).waitFor();
  await page.locator('time[datetime="2026-03-01T12:00:05.000Z"]').waitFor();
  await page.getByText('4 entered, 1 left').first().waitFor();
  assert.deepEqual(errors, []);
});

test('who moved leads to the person and the reason as of that instant', async (t) => {
  const { page, tell, listening } = await staged(t);
  await go(page, '/live', { lang: 'en' });
  await listening();
  await page.getByText('Nobody has moved').waitFor();
  tell('transition', transition(1, { watch: 'lifecycle/default', kind: 'changed', from: 'active', to: 'at_risk', cause: 'time' }));
  tell('transition', transition(2, { correction: 'revoked' }));
  tell('transition', transition(2, { correction: 'revoked' }));
  const moves = page.locator('li[data-kind]');
  await moves.nth(1).waitFor();
  assert.equal(await moves.count(), 2, 'each once');
  assert.match(await moves.nth(0).innerText(), /entered Loyal buyers[\s\S]*taken back/);
  assert.match(await moves.nth(1).innerText(), /Lifecycle: Active\s*At risk[\s\S]*time passed/);
  const link = moves.nth(0).getByRole('link', { name: /^Why/ });
  assert.equal(await link.getAttribute('href'), `/people/${encodeURIComponent(person)}?as_of=2026-03-01T12%3A00%3A01.000Z&why=loyal`);
});

test('events are filtered by name, person and text, and held still', async (t) => {
  const { page, tell, listening, again } = await staged(t);
  await go(page, '/live', { lang: 'en' });
  await listening();
  tell('event', event('Purchase', 'ada', { amount: 12, category: 'Shoes' }));
  tell('event', event('Purchase', 'bob', { amount: 30, category: 'Bags' }));
  tell('event', event('Refund', 'ada', {}));
  const rows = page.locator('li[data-event]');
  await rows.nth(2).waitFor();
  assert.match(await rows.nth(0).innerText(), /Refund/, 'newest first');
  await page.getByRole('searchbox', { name: 'Text', exact: true }).fill('shoes');
  await page.waitForFunction(() => document.querySelectorAll('li[data-event]').length === 1);
  await page.getByRole('searchbox', { name: 'Text', exact: true }).fill('');
  await page.getByRole('searchbox', { name: 'Person' }).fill('AD');
  await page.waitForFunction(() => document.querySelectorAll('li[data-event]').length === 2);
  await page.getByRole('searchbox', { name: 'Person' }).fill('');

  await page.getByRole('button', { name: 'Pause' }).press('Enter');
  tell('event', event('Purchase', 'eve', {}));
  tell('skipped', { events: 900 });
  await page.getByRole('button', { name: 'Go on (1 new)' }).waitFor();
  await page.getByText('900 more were accepted').waitFor();
  assert.equal(await rows.count(), 3, 'the list stands still');
  await page.getByRole('button', { name: /^Go on/ }).press('Enter');
  await rows.filter({ hasText: 'eve' }).waitFor();

  again();
  const { events } = await api('/api/catalogue');
  await page.getByRole('combobox', { name: 'Only events of this name' }).click();
  await page.getByRole('option', { name: events[0].name, exact: true }).click();
  assert.equal((await listening()).get('event'), events[0].name, 'the server leaves out the others');
  await page.waitForURL(/event=/);
});

test('a stream that breaks is taken up where it ended, with the key', async (t) => {
  const { page, requests, tell, listening, cut } = await staged(t);
  await page.addInitScript(() => sessionStorage.setItem('perennial.key', 'pk_test'));
  await go(page, '/live', { lang: 'en' });
  await listening();
  assert.equal(requests[0].headers['last-event-id'], '0000beef-10', 'it goes on from the view');
  assert.equal(requests[0].headers.authorization, 'Bearer pk_test');
  tell('event', event('Purchase', 'ada'));
  await page.locator('li[data-event]').waitFor();
  cut();
  await listening();
  assert.equal(requests.length, 2);
  assert.equal(requests[1].headers['last-event-id'], '0000beef-11');
  tell('event', event('Refund', 'bob'));
  await page.locator('li[data-event="Refund"]').waitFor();
  assert.equal(await page.locator('li[data-event]').count(), 2, 'what was there stays');
});

test('a segment shows its number and its entries as they change', async (t) => {
  await removeSegment('live-shown');
  await api('/api/segments', { id: 'live-shown', name: 'Shown', definition: 'did any event' });
  const { page, tell, listening } = await staged(t);
  const shown = watch('segment/live-shown', 'Shown', inside, counts('segment/live-shown', 'live', [place('in', 1)]));
  await page.route('**/api/live?*', (route) => route.fulfill({ json: { ...view(), watches: [shown] } }));
  await go(page, '/segments/live-shown', { lang: 'en' });
  assert.equal((await listening()).get('watch'), 'segment/live-shown');
  await page.getByRole('heading', { name: 'Entries and exits' }).waitFor();
  tell('counts', { exact_as_of: null, watches: [counts('segment/live-shown', 'live', [place('in', 98_765)])], gone: [] });
  await page.getByRole('link', { name: '98,765' }).waitFor();
  tell('transition', transition('shown', { watch: 'segment/live-shown' }));
  const told = page.locator('li[data-kind="entered"]').filter({ has: page.locator('time[datetime="2026-03-01T12:00:01.000Z"]') });
  await told.getByText('entered Shown').waitFor();
  assert.match(await page.locator('li[data-kind]').first().innerText(), new RegExp(person), 'on top');
  await removeSegment('live-shown');
});

test('a person’s transitions stand among their events', async () => {
  const { page, close } = await open(browser);
  const { events } = await api(`/api/users/${encodeURIComponent(person)}/events?limit=1`);
  const at = new Date(Date.parse(events[0].time) + 1).toISOString();
  const told = { transitions: [transition(1, { at, watch: 'segment/loyal' })], next: null, known_from: null };
  await page.route('**/api/users/*/transitions?*', (route) => route.fulfill({ json: told }));
  await page.route('**/api/live?*', (route) => route.fulfill({ json: view() }));
  await go(page, `/people/${encodeURIComponent(person)}`, { lang: 'en' });
  const row = page.locator('li[data-move="entered"]');
  await row.waitFor();
  assert.match(await row.innerText(), /entered Loyal buyers/);
  const first = await page.locator('section ol li').first().getAttribute('data-move');
  assert.equal(first, 'entered', 'above the event that brought it about');
  await close();
});

for (const [name, options] of Object.entries({
  wide: { language: 'en' },
  dark: { language: 'tr', scheme: 'dark' },
  'phone-arabic': { language: 'ar', width: 390, height: 844, scheme: 'dark' },
  'phone-indonesian': { language: 'id', width: 360, height: 780 },
})) {
  test(`full of what happens it is readable: ${name}`, async (t) => {
    const { language, ...look } = options;
    const { page, errors, tell, listening } = await staged(t, look);
    await go(page, '/live', { lang: language });
    await listening();
    tell('transition', transition(1));
    tell('transition', transition(2, { watch: 'lifecycle/default', kind: 'changed', from: 'active', to: 'at_risk', cause: 'time', correction: 'added' }));
    tell('transition', transition(3, { kind: 'left', from: 'in', to: null, correction: 'revoked', user: 'somebody-with-a-very-long-identifier@a-long-host-name.example' }));
    tell('event', event('Purchase', 'ada', { amount: 12.5, category: 'Shoes', note: 'x'.repeat(120) }));
    await page.locator('li[data-kind]').nth(2).waitFor();
    await page.locator('li[data-event]').waitFor();
    await idle(page);
    await screenshot(page, `live-full-${name}`);
    assert.deepEqual(await seriousProblems(page), []);
    assert.equal(await sidewaysScroll(page), 0, 'it fits its window');
    assert.deepEqual(errors, []);
    });
}

test('the page can be used by keyboard alone', async (t) => {
  const { page, tell, listening } = await staged(t);
  await go(page, '/', { lang: 'en' });
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await page.waitForURL(`${base}/live**`);
  await listening();
  tell('transition', transition(1));
  await page.locator('li[data-kind]').waitFor();
  const reached = new Set();
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent));
  }
  for (const name of ['Loyal buyers', 'Pause', 'Who moved', 'Person', 'Text']) assert.ok(reached.has(name), `${name} in ${[...reached]}`);
  assert.ok([...reached].some((name) => name.startsWith('Why: ')), 'the reason');
});
