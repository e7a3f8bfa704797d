// Pop-ups and inbox cards of ours in CleverTap's web client, over TLS: in the answer to the event that brings
// them about. CLIENTS_PICTURES names a folder for pictures of what is seen.

import { join } from 'node:path';

const ask = (page, what, argument) => page.evaluate(what, argument);

async function start(ctx) {
  const page = await ctx.page('<!doctype html><title>shop</title><h1>Shop</h1><button id="inbox">Inbox</button><script src="/packages/clevertap-web-sdk/clevertap.min.js"></script>');
  const settings = { key: ctx.ingestKey, host: new URL(ctx.tlsUrl).host };
  await ask(page, ({ key, host }) => {
    window.clevertap.privacy.push({ optOut: false });
    window.clevertap.init(key, '', host, undefined, {});
  }, settings);
  await ctx.until('a guid', () => ask(page, () => window.clevertap.getCleverTapID()));
  return page;
}

async function campaign(ctx, name, content, more = {}) {
  const id = `${ctx.run}-${name}`.toLowerCase();
  const channel = content.kind === 'inbox' ? 'inbox' : 'on_site';
  const body = { id, name: id, channel, control: 0, trigger: { kind: 'event', event: id }, variants: [{ id: 'a', content: { default: content } }], ...more };
  await ctx.admin('/api/campaigns', { body });
  await ctx.admin(`/api/campaigns/${id}/status`, { body: { action: 'start' } });
  // The client says when it was in whole seconds: an event of the second of the start was before it.
  await ctx.delay(1_100);
  return id;
}

const push = (page, id) => ask(page, (name) => window.clevertap.event.push(name, { item: 'shoe' }), id);
const funnel = async (ctx, id) => (await ctx.admin(`/api/campaigns/${id}/report`)).funnel;

async function picture(page, name) {
  if (process.env.CLIENTS_PICTURES) await page.screenshot({ path: join(process.env.CLIENTS_PICTURES, `${name}.png`) });
}

/** The frame with a text, once it is there. */
const frameWith = (ctx, page, text) =>
  ctx.until(`a frame that says ${text}`, async () => {
    for (const frame of page.frames()) {
      const said = await frame.evaluate(() => document.body?.innerText ?? '').catch(() => '');
      if (frame !== page.mainFrame() && said.includes(text)) return frame;
    }
    return undefined;
  });

export default {
  name: 'clevertap-messages',
  package: 'clevertap-web-sdk',
  needs: ['node', 'chromium', 'tls'],
  async run(ctx) {
    const { expect, run } = ctx;
    await ctx.admin('/api/settings/contact-policy', { method: 'PUT', body: { control: 0, caps: [], gaps: [], quiet: [], legal_hours: false } });
    const page = await start(ctx);
    const shop = new URL('/index.html?sale=1', page.url()).href;
    const sale = { kind: 'in_app', layout: 'modal', title: 'Sale <b>now</b>', body: 'For your {{ event.item }}', buttons: [{ id: 'go', title: 'To the shop', link: shop }, { id: 'no', title: 'Not now' }] };

    const modal = await campaign(ctx, 'modal', sale);
    const began = Date.now();
    await push(page, modal);
    let frame = await frameWith(ctx, page, 'Sale <b>now</b>');
    const took = Date.now() - began;
    expect.ok(await frame.evaluate(() => document.body.innerText.includes('For your shoe')));
    await page.waitForTimeout(300);
    await picture(page, 'clevertap-modal');
    await ctx.until('it is told that it was seen', async () => (await funnel(ctx, modal)).opened === 1);
    await frame.locator('.jsCT_CTA').click();
    await page.waitForURL(/sale=1/);
    const clicked = await ctx.until('the click', async () => {
      const found = await funnel(ctx, modal);
      return found.clicked === 1 && found;
    });
    expect.deepEqual([clicked.queued, clicked.sent, clicked.opened, clicked.waiting], [1, 1, 1, 0]);

    // A banner in Arabic on another browser.
    const second = await start(ctx);
    const bar = await campaign(ctx, 'bar', { ...sale, layout: 'banner_bottom', title: 'تخفيضات اليوم', body: 'وفّر حتى ٣٠٪', background: '#14532d' });
    await push(second, bar);
    frame = await frameWith(ctx, second, 'تخفيضات اليوم');
    expect.equal(await frame.evaluate(() => getComputedStyle(document.getElementById('contentDiv')).direction), 'rtl');
    await second.waitForTimeout(300);
    await picture(second, 'clevertap-banner');
    // Closed, it does not come again.
    await frame.locator('button[aria-label="×"]').click();
    await ctx.until('it is gone', async () => !(await second.locator('iframe').count()));
    await ask(second, () => window.clevertap.event.push('Another', {}));
    await second.waitForTimeout(1_000);
    expect.equal(await second.locator('iframe').count(), 0);

    const card = await campaign(ctx, 'card', { kind: 'inbox', title: 'News for you', body: 'Read <i>this</i>', link: shop, tags: ['Offers'] });
    await push(second, card);
    await ctx.until('the card is handed out', async () => (await funnel(ctx, card)).sent === 1);
    await second.waitForTimeout(1_000);
    await second.click('#inbox');
    await second.getByText('News for you').first().waitFor();
    await second.waitForTimeout(500);
    await picture(second, 'clevertap-inbox');
    await ctx.until('the card is seen', async () => (await funnel(ctx, card)).opened === 1);

    // Whoever logs in with somebody's id is told nothing of them.
    const ada = `${run}-ada`;
    await ask(second, (id) => window.clevertap.onUserLogin.push({ Site: { Identity: id, Name: 'Ada' } }), ada);
    await ctx.person(ada);
    const own = await campaign(ctx, 'own', { ...sale, title: 'Hello {{ profile.name | default: "you" }}' });
    await push(second, own);
    await ctx.until('it is decided', async () => (await funnel(ctx, own)).queued === 1);
    await second.waitForTimeout(1_000);
    expect.equal((await funnel(ctx, own)).sent, 0);
    const events = await ctx.events(ada);
    expect.ok(!events.some(({ name }) => name.startsWith('Notification ')), 'receipts are no events');
    return `a modal ${took} ms after its event, a banner from the right, a card, a click that the report has`;
  },
};
