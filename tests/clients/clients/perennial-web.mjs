// Our own library for browsers, as the server serves it: its snippet on a page of another origin.

const html = (url, key) => `<!doctype html><title>Shop</title>
<script>
  !function(w,d,h){var p=w.perennial=w.perennial||[];if(p.load)return;"load track page identify group alias reset consent optOut optIn flush on".split(" ").forEach(function(m){p[m]=function(){p.push([m,[].slice.call(arguments),Date.now()])}});var s=d.createElement("script");s.async=1;s.src=h+"/sdk/perennial.js";d.head.appendChild(s)}(window,document,"${url}");
  perennial.load({ key: '${key}', flushInterval: 50 });
  perennial.page('Pricing', { step: 1 });
</script>`;

export default {
  name: 'perennial-web',
  needs: ['chromium'],
  async run({ ingestKey, run, relay, page, person, user, events, quarantine, until, countsOnce, expect }) {
    const wire = await relay();
    const ada = `${run}-ada`;
    const tab = await page(html(wire.url, ingestKey));
    await tab.waitForFunction(() => window.perennial && !Array.isArray(window.perennial));
    const flush = () => tab.evaluate(() => perennial.flush());
    expect.equal(await flush(), true);
    wire.fail({ status: 503, headers: {} });
    await tab.evaluate((ada) => {
      window.visitors = [];
      perennial.on('event', ({ anonymousId }) => visitors.push(anonymousId));
      perennial.identify(ada, { plan: 'pro', address: { city: 'Rome' } });
      perennial.track('Item Added', { sku: 'K1', n: 2 });
      perennial.track('Order Completed', { total: 99.5, products: [{ sku: 'K1' }, { sku: 'K2' }] }, { messageId: `${ada}-order`, timestamp: new Date('2026-03-01T10:00:00Z') });
      perennial.group('acme', { seats: 7 });
      perennial.consent({ tracking: true, advertising: false });
    }, ada);
    await until('everything after a 503', flush);
    await tab.evaluate((ada) => {
      perennial.alias(ada, `${ada}-old`);
      perennial.reset();
      perennial.track('After Logout');
    }, ada);
    expect.equal(await flush(), true);
    const visitors = [...new Set(await tab.evaluate(() => visitors.filter(Boolean)))];
    expect.equal(visitors.length, 2);

    const found = await person(ada, 4);
    const ids = [...found.user_ids, ...found.anonymous_ids];
    expect.deepEqual([...new Set(ids)].sort(), [ada, `${ada}-old`, visitors[0]].sort());
    expect.notEqual((await person(visitors[1], 1)).id, found.id);
    expect.deepEqual([found.attributes.plan, found.attributes['address.city']], ['pro', 'Rome']);
    expect.deepEqual([found.attributes['consent.tracking'], found.attributes['consent.advertising']], [true, false]);
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Group Joined', 'Item Added', 'Order Completed', 'Page Viewed']);
    const order = all.find(({ name }) => name === 'Order Completed');
    const { total, 'products.sku': skus } = order.properties;
    expect.deepEqual({ total, skus }, { total: 99.5, skus: ['K1', 'K2'] });
    expect.ok(Math.abs(new Date(order.time) - new Date('2026-03-01T10:00:00Z')) < 5_000, order.time);
    await countsOnce(wire, ada, visitors[1]);

    const bob = `${run}-bob`;
    await tab.evaluate((bob) => {
      perennial.identify(bob);
      perennial.track('Before Opt-Out');
    }, bob);
    expect.equal(await flush(), true);
    await tab.evaluate(() => perennial.optOut());
    await until('the opt-out', async () => (await user(bob)).attributes['consent.tracking'] === false);
    const sent = wire.seen.length;
    await tab.evaluate((bob) => {
      perennial.identify(bob);
      perennial.track('After Opt-Out');
    }, bob);
    expect.equal(await flush(), true);
    expect.equal(wire.seen.length, sent);
    expect.deepEqual((await events(bob)).map(({ name }) => name), ['After Logout', 'Before Opt-Out']);
    expect.deepEqual(tab.errors, []);
    expect.deepEqual(await quarantine(), []);
    expect.ok(wire.seen.every(({ method }) => method !== 'OPTIONS'), 'a browser asked for permission first');
    return '6 events, 2 people, consent kept, a 503 survived, no preflight, a second delivery counted nothing';
  },
};
