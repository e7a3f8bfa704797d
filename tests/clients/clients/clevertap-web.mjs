// CleverTap's web client in Chromium, over TLS: by script tags, by fetch, and with its own encryption.

const ask = (page, what, argument) => page.evaluate(what, argument);

/** Starts the client on a page, in one of its three ways of sending. */
async function start(ctx, config) {
  const page = await ctx.page('<!doctype html><title>shop</title><script src="/packages/clevertap-web-sdk/clevertap.min.js"></script>');
  page.sent = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol === 'https:' && url.pathname === '/a') page.sent.push(url.pathname + url.search);
  });
  const settings = { key: ctx.ingestKey, host: new URL(ctx.tlsUrl).host, config };
  await ask(page, ({ key, host, config }) => {
    window.clevertap.privacy.push({ optOut: false });
    window.clevertap.init(key, '', host, undefined, config);
    window.clevertap.pageChanged?.();
  }, settings);
  page.guid = async () => ctx.until('a guid', () => ask(page, () => window.clevertap.getCleverTapID()));
  await page.guid();
  return page;
}

async function visit(ctx, name, config) {
  const { expect, run } = ctx;
  const ada = `${run}-${name}-ada`;
  const page = await start(ctx, config);
  const guid = await page.guid();
  await ask(page, () => {
    const { clevertap } = window;
    clevertap.event.push('Product viewed', { 'Product name': 'Shoe', Price: 59.5, When: new Date(1700000000000), flag: true });
    clevertap.event.push('Charged', { Amount: 300, 'Payment mode': 'card', 'Charged ID': 'o-1', Items: [{ Category: 'Books', Quantity: 1 }, { Category: 'Shoes', Quantity: 2 }] });
  });
  await ctx.person(guid, 2);
  await ask(page, (id) => window.clevertap.onUserLogin.push({ Site: { Identity: id, Email: `${id}@example.com`, Name: 'Ada', plan: 'pro', DOB: new Date(315532800000) } }), ada);
  const person = await ctx.until('one person', async () => {
    const found = await ctx.user(ada);
    return found && found.attributes.plan === 'pro' && found;
  });
  expect.deepEqual(person.anonymous_ids, [guid]);
  expect.equal(person.attributes.name, 'Ada');
  expect.equal(person.attributes.email, `${ada}@example.com`);
  const events = await ctx.events(ada);
  const seen = events.find((event) => event.name === 'Product viewed');
  expect.equal(seen.properties.Price, 59.5);
  expect.equal(seen.properties['Product name'], 'Shoe');
  expect.match(String(seen.properties.When), /^2023-11-14T22:13:20/);
  expect.ok(Math.abs(Date.parse(seen.time) - Date.now()) < 120_000, seen.time);
  const bought = events.filter((event) => event.name === 'Charged');
  expect.equal(bought.length, 1);
  expect.deepEqual(bought[0].properties['Items.Category'], ['Books', 'Shoes']);
  expect.ok(events.some((event) => event.name === 'Page Viewed' && event.properties.url?.startsWith('http://')), JSON.stringify(events.map((event) => event.name)));
  expect.ok(!events.some((event) => event.name === 'wzrk_fetch'));
  return { page, guid, ada };
}

/** Delivers everything that a page sent once more: nothing of it may count. */
async function again(ctx, page, id) {
  const counted = async () => (await ctx.user(id)).events;
  const before = await counted();
  for (const path of page.sent) {
    const answer = await fetch(ctx.url + path);
    ctx.expect.equal(answer.status, 200);
    ctx.expect.match(await answer.text(), /\$WZRK_WR\.s\('/);
  }
  ctx.expect.equal(await counted(), before, 'a second delivery counted');
}

export default {
  name: 'clevertap-web',
  package: 'clevertap-web-sdk',
  needs: ['node', 'chromium', 'tls'],
  async run(ctx) {
    const { expect, run } = ctx;
    const { page, guid, ada } = await visit(ctx, 'script', {});

    // What a loop pushes arrives once each, though the client sends much of it twice.
    await ask(page, () => {
      for (let n = 0; n < 200; n += 1) window.clevertap.event.push('Looped', { n });
    });
    const looped = await ctx.until('200 looped events', async () => {
      const found = (await ctx.events(ada)).filter((event) => event.name === 'Looped');
      return found.length >= 200 && found;
    });
    await ctx.delay(3_000);
    const settled = (await ctx.events(ada)).filter((event) => event.name === 'Looped');
    expect.equal(settled.length, 200, `${looped.length} at first`);
    expect.equal(new Set(settled.map((event) => event.properties.n)).size, 200);
    await again(ctx, page, ada);

    // Somebody else on the same browser, and the first one on another.
    const bob = `${run}-bob`;
    await ask(page, (id) => window.clevertap.onUserLogin.push({ Site: { Identity: id } }), bob);
    await ctx.until('a guid of another person', async () => (await page.guid()) !== guid);
    await ask(page, () => window.clevertap.event.push('As bob', {}));
    const other = await ctx.person(bob, 1);
    expect.ok((await ctx.events(bob)).some((event) => event.name === 'As bob'));
    expect.ok(!other.user_ids.includes(ada));
    const second = await start(ctx, {});
    await ask(second, (id) => window.clevertap.onUserLogin.push({ Site: { Identity: id } }), ada);
    await ctx.until('the guid of the first browser', async () => (await second.guid()) === guid);

    // Out, and nothing more is sent; the choice is on the profile.
    await ask(second, () => window.clevertap.privacy.push({ optOut: true }));
    await ctx.until('the opt-out', async () => (await ctx.user(ada)).attributes['consent.tracking'] === false);
    await ctx.until('the mark of the opt-out', async () => (await second.guid()).endsWith(':OO'));
    const n = second.sent.length;
    await ask(second, () => window.clevertap.event.push('Not sent', {}));
    await ctx.delay(500);
    expect.equal(second.sent.length, n);

    const fetched = await visit(ctx, 'fetch', { enableFetchApi: true });
    const sealed = await visit(ctx, 'sealed', { enableEncryptionInTransit: true });
    await again(ctx, fetched.page, fetched.ada);
    await again(ctx, sealed.page, sealed.ada);
    expect.ok(sealed.page.sent.length > 0);
    expect.deepEqual(await ctx.quarantine(), []);
    return '200 events in a loop counted once each, 2 logins on one browser, 1 guid on two, opted out, by script, fetch and encrypted';
  },
};
