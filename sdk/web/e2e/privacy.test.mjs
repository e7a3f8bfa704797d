// Privacy: nothing is sent or stored about people who refuse, and everything still works where the browser
// lets us store nothing.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { api, close, eventsOf, flush, loaded, somebody, stage, stored, until } from './stage.mjs';

after(close);

const names = async (id) => (await eventsOf(id)).map(({ name }) => name);
const visit = (tab, id, event) => tab.evaluate(([id, event]) => {
  window.perennial.identify(id);
  window.perennial.track(event);
}, [id, event]);
const keys = async (tab) => (await stored(tab)).map(([name]) => name).sort();

test('while nobody has decided nothing leaves the page and nothing is stored', async (t) => {
  const eve = somebody('pending');
  const { open, batches } = await stage(t, { consent: 'pending', pageViews: 'load' });
  const tab = await open();
  await visit(tab, eve, 'Held');
  assert.equal(await flush(tab), true, 'nothing waits in the queue');
  assert.deepEqual(await keys(tab), []);
  assert.equal(batches.length, 0);
  await tab.evaluate(() => window.perennial.consent({ tracking: true, advertising: false }));
  await until('what was held is there', async () => (await names(eve)).length === 2);
  assert.deepEqual(await names(eve), ['Page Viewed', 'Held']);
  await tab.reload();
  await loaded(tab);
  await tab.evaluate(() => window.perennial.track('Remembered'));
  assert.equal(await flush(tab), true);
  const events = await eventsOf(eve);
  assert.deepEqual(events.map(({ name }) => name), ['Page Viewed', 'Held', 'Page Viewed', 'Remembered']);
  assert.equal(events[3].properties['context.consent.categoryPreferences.advertising'], false);
  assert.equal(events[3].properties['context.consent.categoryPreferences.tracking'], undefined);
});

test('a refusal drops what was held and forgets who it was', async (t) => {
  const eve = somebody('refusing');
  const { open, batches } = await stage(t, { consent: 'pending' });
  const tab = await open();
  await visit(tab, eve, 'Held');
  await tab.evaluate(() => window.perennial.consent({ tracking: false }));
  await visit(tab, eve, 'Refused');
  assert.equal(await flush(tab), true);
  assert.deepEqual(await keys(tab), ['perennial.consent']);
  await tab.reload();
  await loaded(tab);
  await visit(tab, eve, 'Still Refused');
  await flush(tab);
  assert.equal(batches.length, 0);
  await tab.evaluate(() => window.perennial.consent({ tracking: true }));
  await visit(tab, eve, 'Allowed');
  assert.equal(await flush(tab), true);
  assert.deepEqual(await names(eve), ['Allowed']);
});

test('a visitor who opts out is left alone in all tabs until they opt in', async (t) => {
  const eve = somebody('out');
  const { open, batches, context } = await stage(t);
  const first = await open();
  const second = await open();
  await visit(first, eve, 'Before');
  assert.equal(await flush(first), true);
  const before = batches.length;
  await context.setOffline(true);
  await first.evaluate(() => window.perennial.track('Waiting'));
  await first.evaluate(() => window.perennial.optOut());
  assert.deepEqual(await keys(first), ['perennial.out']);
  await context.setOffline(false);
  assert.equal(batches.length, before, 'without a network nobody is told');
  await visit(second, eve, 'In Another Tab');
  await second.reload();
  await loaded(second);
  await visit(second, eve, 'After A Reload');
  await flush(second);
  await flush(first);
  assert.equal(batches.length, before);
  await second.evaluate(() => window.perennial.optIn());
  await visit(first, eve, 'Back');
  assert.equal(await flush(first), true);
  assert.deepEqual(await names(eve), ['Before', 'Back']);
});

test('the server is told what was decided, and last of all that it was taken back', async (t) => {
  const eve = somebody('decided');
  const { open, batches } = await stage(t);
  const tab = await open();
  const attributes = async () => (await api(`/api/users/${encodeURIComponent(eve)}`)).attributes;
  await visit(tab, eve, 'Before');
  const decide = (decision) => tab.evaluate((decision) => window.perennial.consent(decision), decision);
  await decide({ tracking: true, advertising: false });
  assert.equal(await flush(tab), true);
  assert.deepEqual([(await attributes())['consent.tracking'], (await attributes())['consent.advertising']], [true, false]);
  const said = batches.length;
  await decide({ tracking: true, advertising: false });
  await flush(tab);
  assert.equal(batches.length, said, 'the same decision again says nothing new');
  await decide({ tracking: false });
  await until('the refusal is known', async () => (await attributes())['consent.tracking'] === false);
  await visit(tab, eve, 'After');
  await flush(tab);
  assert.equal(batches.length, said + 1);
  assert.deepEqual(await keys(tab), ['perennial.consent']);
  assert.deepEqual(await names(eve), ['Before']);
});

for (const [signal, property, value, setting] of [
  ['Global Privacy Control', 'globalPrivacyControl', true, 'respectGlobalPrivacyControl'],
  ['Do Not Track', 'doNotTrack', '1', 'respectDoNotTrack'],
]) {
  test(`${signal} is a refusal, unless the site says otherwise`, async (t) => {
    const eve = somebody('signal');
    const init = `Object.defineProperty(Navigator.prototype, ${JSON.stringify(property)}, { get: () => ${JSON.stringify(value)} })`;
    const respecting = await stage(t, {}, { init });
    const quiet = await respecting.open();
    await visit(quiet, eve, 'Signalled');
    await quiet.evaluate(() => window.perennial.consent({ tracking: true }));
    await visit(quiet, eve, 'Signalled');
    await flush(quiet);
    assert.equal(respecting.batches.length, 0);
    assert.deepEqual(await keys(quiet), ['perennial.consent']);
    const ignoring = await stage(t, { [setting]: false }, { init });
    const tab = await ignoring.open();
    await visit(tab, eve, 'Ignored');
    assert.equal(await flush(tab), true);
    assert.deepEqual(await names(eve), ['Ignored']);
  });
}

test('where the browser forbids storage, a page is a visit', async (t) => {
  const eve = somebody('blocked');
  // A page of no origin: localStorage and cookies throw, as they do when a visitor blocks them.
  const { open, errors, sent } = await stage(t, {}, { headers: { 'content-security-policy': 'sandbox allow-scripts' } });
  const tab = await open();
  const blocked = await tab.evaluate(() => {
    try {
      return typeof localStorage;
    } catch (error) {
      return error.name;
    }
  });
  assert.equal(blocked, 'SecurityError');
  await visit(tab, eve, 'Without Storage');
  assert.equal(await flush(tab), true);
  assert.deepEqual(await names(eve), ['Without Storage']);
  assert.equal(new Set(sent().map(({ anonymousId }) => anonymousId)).size, 1);
  assert.deepEqual(errors, []);
});

test('with cookies the visitor is the same on all subdomains', async (t) => {
  const { open, context, home, sent } = await stage(t, { persistence: 'cookie', cookieDomain: '.shop.test' }, { host: 'www.shop.test' });
  const tab = await open();
  await tab.evaluate(() => window.perennial.track('On www'));
  assert.equal(await flush(tab), true);
  await tab.goto(home.replace('www.', 'checkout.'));
  await loaded(tab);
  await tab.evaluate(() => window.perennial.track('On checkout'));
  assert.equal(await flush(tab), true);
  assert.equal(new Set(sent().map(({ anonymousId }) => anonymousId)).size, 1);
  const [cookie] = (await context.cookies()).filter(({ name }) => name === 'perennial.id');
  assert.equal(cookie.domain, '.shop.test');
  assert.equal(cookie.sameSite, 'Lax');
});
