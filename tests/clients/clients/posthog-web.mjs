// PostHog's library for browsers, from its own build: gzip that is called a text.

const html = (url, key, options = '') => `<!doctype html><title>Shop</title>
<script src="/packages/posthog-js/dist/array.js"></script>
<script>
  posthog.init('${key}', { api_host: '${url}', autocapture: false, opt_out_useragent_filter: true, request_queue_config: { flush_interval_ms: 300 }, ${options} });
</script>`;

export default {
  name: 'posthog-web',
  package: 'posthog-js',
  needs: ['chromium'],
  async run({ ingestKey, run, relay, page, person, events, quarantine, until, countsOnce, expect }) {
    const wire = await relay();
    const ada = `${run}-ada`;
    const tab = await page(html(wire.url, ingestKey));
    await tab.waitForFunction(() => window.posthog?.__loaded);
    const ids = await tab.evaluate(async ([ada, run]) => {
      const before = posthog.get_distinct_id();
      posthog.capture('Looked Around', { path: '/' });
      posthog.identify(ada, { email: 'ada@example.com', plan: 'pro' }, { first: 'x' });
      posthog.capture('Order Completed', { total: 99.5, products: [{ sku: 'K1' }] });
      posthog.setPersonProperties({ city: 'Rome' });
      posthog.group('company', run + '-acme', { seats: 7 });
      posthog.capture('Item Added', { sku: 'K1' });
      await new Promise((done) => setTimeout(done, 4000));
      posthog.reset();
      const after = posthog.get_distinct_id();
      posthog.capture('After Logout');
      await new Promise((done) => setTimeout(done, 4000));
      posthog.opt_out_capturing();
      posthog.capture('Never');
      await new Promise((done) => setTimeout(done, 1000));
      return { before, after };
    }, [ada, run]);
    const found = await person(ada, 4);
    expect.deepEqual([found.user_ids, found.anonymous_ids], [[ada], [ids.before]]);
    const all = await events(ada);
    const names = all.map(({ name }) => name).filter((name) => !name.startsWith('$')).sort();
    expect.deepEqual(names, ['Item Added', 'Looked Around', 'Order Completed']);
    expect.ok(all.some(({ name }) => name === '$pageview'), 'the page view is missing');
    const order = all.find(({ name }) => name === 'Order Completed');
    expect.deepEqual([order.properties.total, order.properties['products.sku']], [99.5, ['K1']]);
    expect.ok(Math.abs(Date.now() - new Date(order.time)) < 60_000, order.time);
    const { email, plan, city, first } = found.attributes;
    expect.deepEqual({ email, plan, city, first }, { email: 'ada@example.com', plan: 'pro', city: 'Rome', first: 'x' });
    expect.equal((await person(`group:company:${run}-acme`)).attributes.seats, 7);
    const stranger = await person(ids.after, 1);
    expect.notEqual(stranger.id, found.id);
    expect.ok(!(await events(ids.after)).some(({ name }) => name === 'Never'), 'an opt-out was not kept');
    expect.deepEqual(await quarantine(), []);
    expect.deepEqual(tab.errors, []);
    const posts = wire.seen.filter(({ method, path }) => method === 'POST' && path.startsWith('/e/'));
    expect.ok(posts.some(({ body }) => body[0] === 0x1f && body[1] === 0x8b), 'nothing was gzipped');

    const failing = await relay();
    const second = await page(html(failing.url, ingestKey));
    await until('the configuration', () => failing.seen.some(({ path }) => path.startsWith('/array/')));
    failing.fail({ status: 503, headers: {} });
    await second.evaluate((ada) => {
      posthog.identify(ada);
      posthog.capture('Tried Again');
    }, ada);
    await until('the event that failed', async () => (await events(ada)).some(({ name }) => name === 'Tried Again'));
    await countsOnce(wire, ada, ids.after);
    return `${all.length + 2} events, 2 people and a company, nothing after opt-out, a 503 survived, gzip read, a second delivery counted nothing`;
  },
};
