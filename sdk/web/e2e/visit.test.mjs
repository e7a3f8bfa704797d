// Visits: what arrives, of whom, and with what around it.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { api, close, eventsOf, flush, key, loaded, somebody, stage, until } from './stage.mjs';

after(close);

test('an anonymous visit and a login are one person with all events', async (t) => {
  const ada = somebody('ada');
  const { open, sent } = await stage(t, { pageViews: 'load' });
  const tab = await open('/shoes?utm_source=news&utm_campaign=spring#token=1');
  await tab.evaluate(() => window.perennial.track('Product Viewed', { sku: 'a-1', price: 59.5, sizes: [42, 43] }));
  assert.equal(await flush(tab), true);
  const { anonymousId } = sent()[0];
  await tab.evaluate((id) => {
    window.perennial.identify(id, { plan: 'plus', city: 'Ankara' });
    window.perennial.group('acme', { seats: 5 });
    window.perennial.track('Purchase', { amount: 12.5 });
  }, ada);
  assert.equal(await flush(tab), true);
  const events = await eventsOf(ada);
  assert.deepEqual(events.map(({ name }) => name), ['Page Viewed', 'Product Viewed', 'Group Joined', 'Purchase']);
  const [view, product, group, purchase] = events.map(({ properties }) => properties);
  assert.equal(view.path, '/shoes');
  assert.equal(view.title, 'Shop');
  assert.doesNotMatch(JSON.stringify(events), /token=1/);
  assert.deepEqual([product.sku, product.price, product.sizes], ['a-1', 59.5, [42, 43]]);
  assert.equal(product['context.locale'], 'tr-TR');
  assert.equal(product['context.timezone'], 'Europe/Istanbul');
  assert.equal(product['context.campaign.source'], 'news');
  assert.equal(product['context.campaign.name'], 'spring');
  assert.equal(product['context.library.name'], '@perennial/web');
  assert.equal(product['context.page.search'], '?utm_source=news&utm_campaign=spring');
  assert.match(product['context.userAgent'], /Chrome/);
  assert.ok(product['context.screen.width'] > 0);
  assert.equal(group.group_id, 'acme');
  assert.equal(purchase['context.groupId'], 'acme');
  assert.equal(sent().at(-1).anonymousId, anonymousId, 'one visitor');
  const person = await api(`/api/users/${encodeURIComponent(ada)}`);
  assert.match(JSON.stringify(person), /"plan"[^}]*plus/);
  assert.match(JSON.stringify(person), new RegExp(anonymousId), 'one person with both ids');
});

test('calls before the script is there are kept, with their own times', async (t) => {
  const eve = somebody('eve');
  const then = `
    perennial.identify(${JSON.stringify(eve)}, { early: true });
    perennial.track("Early", { n: 1 });
    perennial.on("ready", function (ready) { window.ready = ready; });
    perennial.on("sent", function () { window.sent = true; });`;
  let release;
  const gate = new Promise((open) => (release = open));
  const { context, home } = await stage(t, {}, { then });
  await context.route('**/sdk/perennial.js', async (route) => {
    await gate;
    await route.continue();
  });
  const tab = await context.newPage();
  await tab.goto(home, { waitUntil: 'commit' });
  await tab.waitForFunction(() => window.perennial?.length === 5);
  const early = Date.now();
  await tab.waitForTimeout(1_500);
  release();
  await loaded(tab);
  await tab.waitForFunction(() => window.sent);
  await until('the event is there', async () => (await eventsOf(eve)).length === 1);
  const [event] = await eventsOf(eve);
  assert.equal(event.name, 'Early');
  assert.ok(Date.parse(event.time) < early + 1_000, `${event.time} is when it was called, not when the script came`);
  assert.equal(await tab.evaluate(() => window.ready.userId), eve);
});

test('as a module from another origin it does the same', async (t) => {
  const eve = somebody('module');
  const html = (url) => `<!doctype html><title>Module</title><script type="module">
    import perennial, { createPerennial } from "${url}/sdk/perennial.esm.js";
    perennial.track("Before Load", {});
    perennial.load({ key: ${JSON.stringify(key)}, host: "${url}/" });
    perennial.identify(${JSON.stringify(eve)});
    const second = createPerennial();
    second.load({ key: ${JSON.stringify(key)}, host: "${url}", name: "second" });
    second.track("Of Another", {});
    window.perennial = perennial;
    window.second = second;
  </script>`;
  const { open, sent, errors } = await stage(t, {}, { html });
  const tab = await open();
  assert.equal(await flush(tab), true);
  await tab.evaluate(() => window.second.flush());
  assert.deepEqual((await eventsOf(eve)).map(({ name }) => name), ['Before Load']);
  const ids = new Set(sent().map(({ anonymousId }) => anonymousId));
  assert.equal(ids.size, 2, 'two libraries do not share a visitor');
  assert.deepEqual(errors, []);
});

test('a logout begins a new visitor, and so does another login', async (t) => {
  const [ada, bob, cem] = ['ada', 'bob', 'cem'].map(somebody);
  const { open, sent } = await stage(t);
  const tab = await open();
  await tab.evaluate(([ada, bob, cem]) => {
    const { identify, track, reset } = window.perennial;
    identify(ada);
    track('Of Ada');
    reset();
    track('Of Nobody');
    identify(bob);
    track('Of Bob');
    identify(cem);
    track('Of Cem');
  }, [ada, bob, cem]);
  assert.equal(await flush(tab), true);
  const names = async (id) => (await eventsOf(id)).map(({ name }) => name);
  assert.deepEqual(await names(ada), ['Of Ada']);
  assert.deepEqual(await names(bob), ['Of Nobody', 'Of Bob']);
  assert.deepEqual(await names(cem), ['Of Cem']);
  assert.equal(new Set(sent().map(({ anonymousId }) => anonymousId)).size, 3);
});

test('an alias joins an id of before', async (t) => {
  const [old, ada] = ['old', 'ada'].map(somebody);
  const { open } = await stage(t);
  const tab = await open();
  await tab.evaluate(([old, ada]) => {
    window.perennial.identify(old);
    window.perennial.track('Before');
    window.perennial.alias(ada);
  }, [old, ada]);
  assert.equal(await flush(tab), true);
  assert.deepEqual((await eventsOf(ada)).map(({ name }) => name), ['Before']);
});

test('changes of the address are page views, once each', async (t) => {
  const eve = somebody('spa');
  const then = `perennial.identify(${JSON.stringify(eve)});`;
  const { open, home } = await stage(t, { pageViews: 'history' }, { then });
  const tab = await open('/one');
  await tab.evaluate(async () => {
    const step = () => new Promise((done) => setTimeout(done, 30));
    history.pushState({}, '', '/two?a=1');
    document.title = 'Two';
    await step();
    history.replaceState({ again: true }, '', '/two?a=1');
    await step();
    history.pushState({}, '', '/two?a=1#part');
    await step();
    history.pushState({}, '', '/three');
    await step();
    history.go(-3);
  });
  await until('four page views', async () => {
    await flush(tab);
    return (await eventsOf(eve)).length >= 4;
  });
  const views = (await eventsOf(eve)).map(({ properties }) => properties);
  assert.deepEqual(views.map(({ path }) => path), ['/one', '/two', '/three', '/one']);
  assert.equal(views[1].title, 'Two', 'the title that the router set afterwards');
  assert.equal(views[1].referrer, `${home}/one`);
});

test('what cannot be sent is told and harms nobody', async (t) => {
  const eve = somebody('wrong');
  const { open, errors } = await stage(t);
  const tab = await open();
  const told = await tab.evaluate(async (eve) => {
    const told = [];
    const { on, identify, track, flush } = window.perennial;
    on('error', ({ code }) => told.push(code));
    on('event', () => {
      throw new Error('a listener of the page');
    });
    identify(eve);
    const circle = {};
    circle.self = circle;
    track('Circle', circle);
    track('Large', { text: 'x'.repeat(600_000) });
    track('   ');
    track('Fine', { at: new Date(0) }, { timestamp: 'never' });
    await flush();
    return told;
  }, eve);
  assert.deepEqual(told, ['call.failed', 'event.too_large', 'event.no_name']);
  const events = await eventsOf(eve);
  assert.deepEqual(events.map(({ name }) => name), ['Fine']);
  assert.ok(Date.now() - Date.parse(events[0].time) < 60_000);
  assert.deepEqual(errors, []);
});
