// Segment's library for browsers, from its own build; only the address of the settings is told to it.

const html = (url, key, options = '{}') => `<!doctype html><title>Shop</title>
<script src="/packages/@segment/analytics-next/dist/umd/index.js"></script>
<script>
  window.analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: '${key}', cdnURL: '${url}' }, ${options});
</script>`;

export default {
  name: 'segment-web',
  package: '@segment/analytics-next',
  needs: ['chromium'],
  async run({ ingestKey, run, relay, page, person, events, quarantine, until, countsOnce, expect }) {
    const wire = await relay();
    const ada = `${run}-ada`;
    const tab = await page(html(wire.url, ingestKey));
    const ids = await tab.evaluate(async (ada) => {
      await analytics.page('Site', 'Pricing', { step: 1 });
      const before = (await analytics.user()).anonymousId();
      await analytics.identify(ada, { email: 'ada@example.com', plan: 'pro' });
      await analytics.track('Item Added', { sku: 'K1' });
      await analytics.track('Order Completed', { total: 99.5, products: [{ sku: 'K1' }] });
      await analytics.group('acme', { seats: 7 });
      await analytics.alias(ada);
      await analytics.reset();
      await analytics.track('After Logout');
      return { before, after: (await analytics.user()).anonymousId() };
    }, ada);
    const found = await person(ada, 4);
    expect.deepEqual(found.anonymous_ids, [ids.before]);
    expect.equal((await person(ids.before)).id, found.id);
    const stranger = await person(ids.after, 1);
    expect.notEqual(stranger.id, found.id);
    expect.equal(found.attributes.plan, 'pro');
    const all = await events(ada);
    expect.deepEqual(all.map(({ name }) => name).sort(), ['Group Joined', 'Item Added', 'Order Completed', 'Page Viewed']);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.equal(order.properties.total, 99.5);
    expect.ok(order.properties['context.page.url'].startsWith('http'), 'the page is not in the context');

    const batching = `{ integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 2 } } } } }`;
    const second = await page(html(wire.url, ingestKey, batching));
    await second.evaluate((ada) => {
      analytics.identify(ada);
      analytics.track('Batched One');
      analytics.track('Batched Two');
      analytics.track('Batched Three');
    }, ada);
    await until('a batch', () => wire.seen.some(({ path }) => path === '/v1/b'));
    await person(ada, 7);
    expect.deepEqual([...tab.errors, ...second.errors], []);
    expect.deepEqual(await quarantine(), []);
    const paths = new Set(wire.seen.map(({ path }) => path));
    for (const path of ['p', 'i', 't', 'g']) expect.ok(paths.has(`/v1/${path}`), `${path} of ${[...paths]}`);
    await countsOnce(wire, ada, ids.after);
    return '8 events, 2 people, settings from here, single calls and batches, a second delivery counted nothing';
  },
};
