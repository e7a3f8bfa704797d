// mParticle's web client in Chromium, over TLS.

export default {
  name: 'mparticle-web',
  package: '@mparticle/web-sdk',
  needs: ['node', 'chromium', 'tls'],
  async run(ctx) {
    const { expect, run, ingestKey: key } = ctx;
    const ada = `${run}-ada`;
    const host = new URL(ctx.tlsUrl).host;
    const page = await ctx.page(`<!doctype html><title>shop</title>
      <script>window.mParticle = { config: { domain: ${JSON.stringify(host)}, isDevelopmentMode: true, logLevel: 'none' } };</script>
      <script src="/packages/@mparticle/web-sdk/dist/mparticle.js"></script>`);
    const sent = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname.endsWith('/events')) sent.push([url.pathname, request.postData()]);
    });
    const mpid = () => page.evaluate(() => window.mParticle.Identity.getCurrentUser()?.getMPID());
    await page.evaluate((key) => window.mParticle.init(key, window.mParticle.config), key);
    const anonymous = await ctx.until('a number', mpid);
    await page.evaluate(() => {
      const { mParticle } = window;
      mParticle.logEvent('Song Played', mParticle.EventType.Other, { genre: 'jazz' });
      mParticle.logPageView('Home', { from: 'mail' });
    });
    await page.evaluate((id) => new Promise((done) =>
      window.mParticle.Identity.login({ userIdentities: { customerid: id, email: `${id}@example.com` } }, done)), ada);
    const known = await ctx.until('another number', async () => (await mpid()) !== anonymous && mpid());
    await page.evaluate(() => {
      const { mParticle } = window;
      mParticle.Identity.getCurrentUser().setUserAttribute('plan', 'pro');
      const product = mParticle.eCommerce.createProduct('Shoe', 'SKU-1', 99.5, 1);
      mParticle.eCommerce.logProductAction(mParticle.ProductActionType.Purchase, product, {}, {}, { Id: 't1', Revenue: 99.5, Tax: 5, Shipping: 3 });
    });
    const person = await ctx.until('one person', async () => {
      const found = await ctx.user(ada);
      return found && found.attributes.plan === 'pro' && found;
    });
    expect.equal(person.anonymous_ids.length, 1);
    const events = await ctx.until('their events', async () => {
      const found = await ctx.events(ada);
      const all = ['Song Played', 'Screen Viewed', 'Purchase'];
      return all.every((name) => found.some((event) => event.name === name)) && found;
    });
    const one = (name) => {
      const found = events.filter((event) => event.name === name);
      expect.equal(found.length, 1, `${name}: ${events.map((event) => event.name)}`);
      return found[0].properties;
    };
    expect.equal(one('Song Played').genre, 'jazz');
    expect.equal(one('Screen Viewed').from, 'mail');
    expect.equal(one('Purchase').total_amount, 99.5);
    expect.equal(one('Purchase').transaction_id, 't1');
    expect.deepEqual(one('Purchase')['products.id'], ['SKU-1']);

    const before = (await ctx.user(ada)).events;
    expect.ok(sent.length >= 4, String(sent.length));
    for (const [path, body] of sent) {
      const answer = await fetch(ctx.url + path, { method: 'POST', body });
      expect.equal(answer.status, 202);
    }
    expect.equal((await ctx.user(ada)).events, before, 'a second delivery counted');
    await page.evaluate(() => new Promise((done) => window.mParticle.Identity.logout({}, done)));
    expect.equal(await ctx.until('the number of before', async () => (await mpid()) === anonymous && mpid()), anonymous);
    expect.notEqual(known, anonymous);
    await page.evaluate((id) => new Promise((done) => window.mParticle.Identity.login({ userIdentities: { customerid: id } }, done)), ada);
    expect.equal(await ctx.until('the number of the person', async () => (await mpid()) === known && mpid()), known);
    await page.evaluate(() => window.mParticle.setOptOut(true));
    await ctx.until('the opt-out', async () => (await ctx.user(ada)).attributes['consent.tracking'] === false);
    expect.deepEqual(await ctx.quarantine(), []);
    expect.deepEqual(page.errors, []);
    return `${events.length} events, anonymous and known are one person, the same number after every login, opted out`;
  },
};
