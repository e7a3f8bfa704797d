// Mixpanel's library for browsers, from its own build.

const html = (url, key) => `<!doctype html><title>Shop</title>
<script src="/packages/mixpanel-browser/dist/mixpanel.umd.js"></script>
<script>
  mixpanel.init('${key}', {
    api_host: '${url}', track_pageview: true, persistence: 'localStorage', record_sessions_percent: 0,
    batch_flush_interval_ms: 300, batch_autostart: true, autocapture: false, ignore_dnt: true, api_payload_format: 'base64',
  });
</script>`;

export default {
  name: 'mixpanel-web',
  package: 'mixpanel-browser',
  needs: ['chromium'],
  async run({ ingestKey, run, relay, page, person, events, user, quarantine, until, delay, countsOnce, expect }) {
    const wire = await relay();
    const ada = `${run}-ada`;
    const tab = await page(html(wire.url, ingestKey));
    const ids = await tab.evaluate(async ([ada, run]) => {
      const before = mixpanel.get_distinct_id();
      mixpanel.track('Looked Around', { path: '/' });
      mixpanel.identify(ada);
      mixpanel.track('Order Completed', { total: 99.5, products: [{ sku: 'K1' }] });
      mixpanel.people.set({ $email: 'ada@example.com', plan: 'pro' });
      mixpanel.people.set_once({ first: 'x' });
      mixpanel.people.increment('logins', 2);
      mixpanel.people.append('tags', 'a');
      mixpanel.people.union('tags', ['b']);
      mixpanel.people.unset('gone');
      mixpanel.set_group('company', run + '-acme');
      mixpanel.get_group('company', run + '-acme').set({ seats: 7 });
      mixpanel.track('Item Added', { sku: 'K1' });
      await new Promise((done) => setTimeout(done, 1500));
      mixpanel.reset();
      const after = mixpanel.get_distinct_id();
      mixpanel.track('After Logout');
      mixpanel.opt_in_tracking();
      await new Promise((done) => setTimeout(done, 1000));
      mixpanel.opt_out_tracking();
      mixpanel.track('Never');
      await new Promise((done) => setTimeout(done, 800));
      return { before, after };
    }, [ada, run]);
    const bare = (id) => id.replace('$device:', '');
    const found = await person(ada, 4);
    expect.deepEqual(found.anonymous_ids, [bare(ids.before)]);
    const all = await events(ada);
    const names = all.map(({ name }) => name).sort();
    expect.deepEqual(names, ['$mp_web_page_view', 'Item Added', 'Looked Around', 'Order Completed']);
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.deepEqual([order.properties.total, order.properties['products.sku']], [99.5, ['K1']]);
    expect.ok(Math.abs(Date.now() - new Date(order.time)) < 60_000, order.time);
    expect.deepEqual([found.attributes.email, found.attributes.plan], ['ada@example.com', 'pro']);
    const { logins, tags, first } = found.attributes;
    // The library queues each kind of operation for itself and sends them in an order of its own.
    expect.deepEqual({ logins, tags: tags.sort(), first }, { logins: 2, tags: ['a', 'b'], first: 'x' });
    expect.equal((await person(`group:company:${run}-acme`)).attributes.seats, 7);
    const stranger = await person(bare(ids.after), 2);
    expect.notEqual(stranger.id, found.id);
    expect.equal(stranger.attributes['consent.tracking'], true);
    expect.ok(!(await events(stranger.id)).some(({ name }) => name === 'Never'), 'an opt-out was not kept');
    expect.deepEqual(await quarantine(), []);
    expect.deepEqual(tab.errors, []);

    // Lost events come again after a failure.
    const failing = await relay();
    failing.fail({ status: 503, headers: {} });
    const second = await page(html(failing.url, ingestKey));
    await second.evaluate((ada) => {
      mixpanel.identify(ada);
      mixpanel.track('Tried Again');
    }, ada);
    await until('the event that failed', async () => (await events(ada)).some(({ name }) => name === 'Tried Again'));
    await second.close();
    await delay(200);
    await countsOnce(wire, ada, bare(ids.after));
    expect.ok(await user(ada));
    return '8 events, 2 people and a company, opt-in kept, nothing after opt-out, a 503 survived, a second delivery counted nothing';
  },
};
