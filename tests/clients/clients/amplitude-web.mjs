// Amplitude's library for browsers, from its own build.

const html = (url, key, options = '') => `<!doctype html><title>Shop</title>
<script src="/packages/@amplitude/analytics-browser/lib/scripts/amplitude-min.umd.js"></script>
<script>
  window.ready = amplitude.init('${key}', undefined, {
    serverUrl: '${url}/2/httpapi', remoteConfig: { fetchRemoteConfig: true, serverUrl: '${url}/config' },
    enableDiagnostics: false, autocapture: { attribution: true, pageViews: true, sessions: false, formInteractions: false, fileDownloads: false, elementInteractions: false },
    flushIntervalMillis: 200, minIdLength: 1, ${options}
  }).promise;
</script>`;

export default {
  name: 'amplitude-web',
  package: '@amplitude/analytics-browser',
  needs: ['chromium'],
  async run({ ingestKey, run, relay, page, person, events, quarantine, until, countsOnce, expect }) {
    const wire = await relay();
    const ada = `${run}-ada`;
    const tab = await page(html(wire.url, ingestKey));
    const ids = await tab.evaluate(async ([ada, run]) => {
      await ready;
      const before = amplitude.getDeviceId();
      await amplitude.track('Looked Around', { path: '/' }).promise;
      amplitude.setUserId(ada);
      await amplitude.identify(new amplitude.Identify().set('plan', 'pro').setOnce('first', 'x').add('logins', 2).append('tags', 'a')).promise;
      await amplitude.track('Order Completed', { total: 99.5, products: [{ sku: 'K1' }] }).promise;
      await amplitude.revenue(new amplitude.Revenue().setProductId('K1').setPrice(10).setQuantity(3)).promise;
      amplitude.setGroup('company', run + '-acme');
      await amplitude.groupIdentify('company', run + '-acme', new amplitude.Identify().set('seats', 7)).promise;
      amplitude.reset();
      const after = amplitude.getDeviceId();
      await amplitude.track('After Logout').promise;
      amplitude.setOptOut(true);
      amplitude.track('Never');
      await new Promise((done) => setTimeout(done, 500));
      return { before, after };
    }, [ada, run]);
    const found = await person(ada, 4);
    expect.deepEqual(found.anonymous_ids, [ids.before]);
    const all = await events(ada);
    const names = all.map(({ name }) => name).sort();
    expect.deepEqual(names, ['Looked Around', 'Order Completed', '[Amplitude] Page Viewed', 'revenue_amount']);
    const order = all.find(({ name }) => name === 'Order Completed');
    // The address is looked up and dropped.
    expect.deepEqual([order.properties.total, order.properties['context.ip']], [99.5, undefined]);
    expect.equal(all.find(({ name }) => name === 'revenue_amount').properties.revenue, 30);
    expect.deepEqual([found.attributes.plan, found.attributes.company], ['pro', `${run}-acme`]);
    const { logins, tags, first } = found.attributes;
    expect.deepEqual({ logins, tags, first }, { logins: 2, tags: ['a'], first: 'x' });
    expect.ok(!JSON.stringify(found.attributes).includes('EMPTY'), 'EMPTY is shown as data');
    expect.equal((await person(`group:company:${run}-acme`)).attributes.seats, 7);
    const stranger = await person(ids.after, 1);
    expect.notEqual(stranger.id, found.id);
    expect.ok(!(await events(ids.after)).some(({ name }) => name === 'Never'), 'an opt-out was not kept');
    expect.deepEqual(await quarantine(), []);
    expect.deepEqual(tab.errors, []);

    const failing = await relay();
    const second = await page(html(failing.url, ingestKey, 'fetchRemoteConfig: false, enableRequestBodyCompression: true,'));
    failing.fail({ status: 503, headers: { 'content-type': 'application/json' }, body: Buffer.from('{"code":503}') });
    await second.evaluate(async (ada) => {
      await ready;
      amplitude.setUserId(ada);
      amplitude.track('Tried Again', { note: 'n'.repeat(5_000) });
    }, ada);
    await until('the event that failed', async () => (await events(ada)).some(({ name }) => name === 'Tried Again'));
    expect.ok(failing.seen.some(({ headers }) => headers['content-encoding'] === 'gzip'), 'nothing was gzipped');
    await countsOnce(wire, ada, ids.after);
    return '6 events, 2 people and a company, nothing after opt-out, a 503 survived, gzip read, a second delivery counted nothing';
  },
};
