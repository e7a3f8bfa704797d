// CleverTap's web client, whose first answer must never fail, against a server that can write nothing.

/** Blocks of 512 bytes: what a server needs to start, and little more. */
const BLOCKS = 20_000;

export default {
  name: 'clevertap-read-only',
  package: 'clevertap-web-sdk',
  needs: ['node', 'chromium', 'tls'],
  async run(ctx) {
    const { expect } = ctx;
    const server = await ctx.limitedServer(BLOCKS);
    const fill = (n) => {
      const text = Array.from({ length: 3_000 }, () => Math.random().toString(36).slice(2)).join('');
      const event = { type: 'track', event: 'Filled', userId: 'u', messageId: `f-${n}`, properties: { text: text.slice(0, 30_000) } };
      const headers = { authorization: `Bearer ${server.ingestKey}` };
      return fetch(`${server.url}/v1/track`, { method: 'POST', headers, body: JSON.stringify(event) });
    };
    let n = 0;
    while ((await fill(n)).status === 200) expect.ok((n += 1) < 1_000, 'the limit has no effect');
    expect.equal((await fill(n)).status, 503);

    const page = await ctx.page('<!doctype html><title>shop</title><script src="/packages/clevertap-web-sdk/clevertap.min.js"></script>');
    await page.evaluate(({ key, host }) => {
      window.clevertap.privacy.push({ optOut: false });
      window.clevertap.init(key, '', host);
    }, { key: server.ingestKey, host: new URL(await server.tls()).host });
    const guid = await ctx.until('a guid', () => page.evaluate(() => window.clevertap.getCleverTapID()));
    expect.match(guid, /^[0-9a-f]{32}$/);
    await page.evaluate(() => window.clevertap.event.push('Kept', {}));
    const held = await ctx.until('what is held', async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      const found = Number(text.match(/perennial_records_held (\d+)/)?.[1]);
      return found >= 2 && found;
    });
    // The browser is not silenced: a login is answered too, and with the same guid each time.
    await page.evaluate(() => window.clevertap.onUserLogin.push({ Site: { Identity: 'ada' } }));
    await ctx.until('the login', async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return Number(text.match(/perennial_records_held (\d+)/)?.[1]) > held;
    });
    return `a guid, and ${held} records held, after the disk took ${n} events`;
  },
};
