// Delivery: nothing lost and nothing twice, whatever network, server, tabs and pages do.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, eventsOf, flush, loaded, somebody, stage, stored, until } from './stage.mjs';

after(close);

const numbers = async (id) => (await eventsOf(id)).map(({ properties }) => properties.n);
const track = (tab, n) => tab.evaluate((n) => window.perennial.track('Counted', { n }), n);
const queued = async (tab) => (await stored(tab)).filter(([name]) => name.startsWith('perennial.q.')).length;

test('offline events outlive a reload and arrive in order, once, with their own times', async (t) => {
  const eve = somebody('offline');
  const { open, context, home, reachable, sent } = await stage(t);
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  await flush(tab);
  const [html, script] = await Promise.all([home, await tab.evaluate(() => document.querySelector('script[src]').src)].map(async (url) => (await fetch(url)).text()));
  // A service worker would serve the page without a network; the test does it here.
  await context.route(`${home}/`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await context.route('**/sdk/perennial.js', (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
  await context.setOffline(true);
  reachable(false);
  const times = [];
  for (const n of [1, 2]) {
    times.push(Date.now());
    await track(tab, n);
    await tab.waitForTimeout(300);
  }
  assert.equal(await flush(tab), false);
  await tab.reload();
  await loaded(tab);
  times.push(Date.now());
  await track(tab, 3);
  assert.equal(await flush(tab), false);
  assert.equal(await queued(tab), 3);
  assert.deepEqual(await numbers(eve), []);
  reachable(true);
  await context.setOffline(false);
  await until('all three are there', async () => (await numbers(eve)).length === 3);
  const events = await eventsOf(eve);
  assert.deepEqual(events.map(({ properties }) => properties.n), [1, 2, 3]);
  events.forEach(({ time }, at) => assert.ok(Math.abs(Date.parse(time) - times[at]) < 250, `${time} against ${new Date(times[at]).toISOString()}`));
  await until('the queue is empty', async () => (await queued(tab)) === 0);
  assert.equal(sent().filter(({ event }) => event === 'Counted').length, 3, 'each was sent once');
});

for (const [kind, host] of [['with locks', '127.0.0.1'], ['without locks, on a page without https', 'shop.test']]) {
  test(`tabs share a visitor and lose nothing, also when one closes: ${kind}`, async (t) => {
    const eve = somebody('tabs');
    const { open, context } = await stage(t, {}, { host });
    const first = await open();
    const second = await open();
    assert.equal(await first.evaluate(() => navigator.locks !== undefined), host === '127.0.0.1');
    await first.evaluate((id) => window.perennial.identify(id), eve);
    assert.equal(await flush(first), true);
    await context.setOffline(true);
    for (let n = 0; n < 20; n += 1) await track(n % 2 ? second : first, n);
    assert.equal(await queued(first), 20);
    await second.close();
    await context.setOffline(false);
    // Without locks only what has waited for ten seconds is adopted.
    await first.waitForTimeout(host === '127.0.0.1' ? 0 : 10_500);
    const third = await open();
    await track(third, 20);
    await until('all are there', async () => {
      await Promise.all([flush(first), flush(third)]);
      return (await numbers(eve)).length >= 21;
    }, 30_000);
    const found = await numbers(eve);
    assert.deepEqual(found.toSorted((a, b) => a - b), Array.from({ length: 21 }, (_, n) => n), 'each once');
    await until('nothing is left', async () => (await queued(third)) === 0);
  });
}

test('tabs that send at the same time send each event once', async (t) => {
  const eve = somebody('busy');
  const { open, sent } = await stage(t);
  const tabs = [await open(), await open(), await open()];
  await tabs[0].evaluate((id) => window.perennial.identify(id), eve);
  await Promise.all(tabs.map((tab, at) => tab.evaluate(async (at) => {
    for (let n = 0; n < 50; n += 1) {
      window.perennial.track('Counted', { n: at * 50 + n });
      if (n % 10 === 0) await new Promise((done) => setTimeout(done, 20));
    }
    await window.perennial.flush();
  }, at)));
  await until('all are there', async () => (await numbers(eve)).length === 150);
  assert.equal(sent().filter(({ event }) => event === 'Counted').length, 150);
});

test('what a closing page still holds is sent', async (t) => {
  const eve = somebody('leaving');
  const { open, batches } = await stage(t, { flushInterval: 600_000, messages: false });
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  await track(tab, 1);
  assert.equal(batches.length, 0);
  await tab.goto('about:blank');
  await until('the event of the page that was left', async () => (await numbers(eve)).length === 1);
  const again = await open();
  await track(again, 2);
  await again.close({ runBeforeUnload: true });
  await until('the event of the tab that was closed', async () => (await numbers(eve)).length === 2);
  assert.deepEqual((await numbers(eve)).sort(), [1, 2], 'sent again, it counts once');
});

test('a server that asks for patience gets it, from every tab', async (t) => {
  const eve = somebody('patience');
  const { open, faults, batches } = await stage(t);
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  assert.equal(await flush(tab), true);
  faults.push({ status: 429, headers: { 'retry-after': '2' } });
  await track(tab, 1);
  assert.equal(await flush(tab), false);
  const other = await open();
  await track(other, 2);
  assert.equal(await flush(other), false, 'the other tab waits too');
  assert.equal(await flush(tab), false);
  await until('both are there', async () => (await numbers(eve)).length === 2);
  const refused = batches.findIndex(({ status }) => status === 429);
  assert.ok(batches[refused + 1].at - batches[refused].at >= 2_000);
  // Either tab may be the first to try again.
  const [message] = batches[refused].batch;
  const again = batches.slice(refused + 1).flatMap(({ batch }) => batch);
  assert.deepEqual(again.filter(({ messageId }) => messageId === message.messageId), [message], 'the same message with the same id, once');
});

test('an answer that got lost does not make two events', async (t) => {
  const eve = somebody('lost');
  const { open, context, batches } = await stage(t);
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  await flush(tab);
  let lose = true;
  await context.route('**/v1/batch', async (route) => {
    if (!lose) return route.continue();
    lose = false;
    await route.fetch();
    await route.abort('connectionreset');
  });
  await track(tab, 1);
  await until('it was sent twice', async () => (await flush(tab)) && batches.filter(({ batch }) => batch[0].event === 'Counted').length === 2);
  assert.deepEqual(await numbers(eve), [1]);
});

test('a server in trouble is asked again, less and less often', async (t) => {
  const eve = somebody('trouble');
  const { open, faults, batches } = await stage(t);
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  await flush(tab);
  faults.push({ status: 500 }, { status: 503 }, { status: 502 });
  await track(tab, 1);
  await until('it is there', async () => (await numbers(eve)).length === 1, 30_000);
  assert.deepEqual(batches.slice(1).map(({ status }) => status), [500, 503, 502, 200]);
});

test('what the server refuses is dropped and told, not sent for ever', async (t) => {
  const eve = somebody('refused');
  const { open, faults, batches } = await stage(t);
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  await flush(tab);
  faults.push({ status: 401, body: JSON.stringify({ error: { code: 'auth.unknown_key', message: 'the key is not known here', hint: 'make one' } }) });
  const told = await tab.evaluate(async () => {
    const told = [];
    window.perennial.on('error', (problem) => told.push(problem));
    window.perennial.track('Counted', { n: 1 });
    await window.perennial.flush();
    return told;
  });
  assert.equal(told.length, 1);
  assert.equal(told[0].code, 'request.refused');
  assert.match(told[0].message, /HTTP 401: the key is not known here; make one/);
  assert.equal(told[0].messageIds.length, 1);
  assert.equal(await queued(tab), 0);
  await track(tab, 2);
  assert.equal(await flush(tab), true);
  assert.deepEqual(await numbers(eve), [2]);
  assert.equal(batches.length, 3);
});

test('a key that the server really does not know is told too', async (t) => {
  const { open } = await stage(t, { key: 'pk_nobody' });
  const tab = await open();
  const told = await tab.evaluate(async () => {
    const told = [];
    window.perennial.on('error', ({ message }) => told.push(message));
    window.perennial.track('Counted', { n: 1 });
    await window.perennial.flush();
    return told;
  });
  assert.match(told.join(), /HTTP 401: .*key.*perennial key create/);
});

test('a batch that is too large is halved until it fits', async (t) => {
  const eve = somebody('large');
  const { open, faults, batches } = await stage(t, { flushAt: 1000, flushInterval: 600_000, messages: false });
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  await flush(tab);
  faults.push({ status: 413 }, { status: 413 });
  for (let n = 0; n < 8; n += 1) await track(tab, n);
  assert.equal(await flush(tab), true);
  assert.deepEqual((await numbers(eve)).sort(), [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(batches.slice(1).map(({ batch }) => batch.length), [8, 4, 2, 2, 2, 2]);
});

test('a queue has a bound: the oldest goes and the next event says so', async (t) => {
  const eve = somebody('bounded');
  const { open, context } = await stage(t, { maxQueueEvents: 5 });
  const tab = await open();
  await tab.evaluate((id) => window.perennial.identify(id), eve);
  await flush(tab);
  await context.setOffline(true);
  const lost = await tab.evaluate(() => {
    let lost = 0;
    window.perennial.on('error', ({ code, messageIds }) => (lost += code === 'queue.full' ? messageIds.length : 0));
    for (let n = 0; n < 12; n += 1) window.perennial.track('Counted', { n });
    return lost;
  });
  assert.equal(lost, 7);
  await context.setOffline(false);
  await until('five are there', async () => (await numbers(eve)).length === 5);
  const events = await eventsOf(eve);
  assert.deepEqual(events.map(({ properties }) => properties.n), [7, 8, 9, 10, 11]);
  const reported = events.reduce((sum, { properties }) => sum + (properties['context.dropped'] ?? 0), 0);
  assert.equal(reported, 7);
});
