// Pop-ups, banners and the inbox in a real browser: what an event brings, how it behaves, and what the report
// says of it afterwards. PERENNIAL_PICTURES names a folder for pictures of what is seen.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { admin, api, close, flush, server, somebody, stage, until } from './stage.mjs';

after(close);

async function ask(method, path, body) {
  const headers = { 'content-type': 'application/json', ...(admin && { authorization: `Bearer ${admin}` }) };
  const answer = await fetch(server + path, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
  return answer.json();
}

before(() => ask('PUT', '/api/settings/contact-policy', { control: 0, caps: [], gaps: [], quiet: [], legal_hours: false }));

/** A campaign that an event of its own triggers, started; its id is that of the event. */
async function campaign(content, more = {}) {
  const id = somebody('c').toLowerCase();
  const channel = content.default?.kind === 'inbox' || content.kind === 'inbox' ? 'inbox' : 'on_site';
  const own = content.kind ? { default: content } : content;
  const variants = [{ id: 'a', content: own }];
  await ask('POST', '/api/campaigns', { id, name: id, channel, control: 0, trigger: { kind: 'event', event: id }, variants, ...more });
  await ask('POST', `/api/campaigns/${id}/status`, { action: 'start' });
  return id;
}

const funnel = async (id) => (await api(`/api/campaigns/${id}/report`)).funnel;
const track = (tab, event, properties = {}) => tab.evaluate(([event, properties]) => window.perennial.track(event, properties), [event, properties]);
const dialog = (tab) => tab.locator('[data-perennial] [role=dialog]');
const banner = (tab) => tab.locator('[data-perennial] [role=region]');

async function picture(tab, name) {
  const folder = process.env.PERENNIAL_PICTURES;
  await tab.waitForTimeout(300);
  if (folder) await tab.screenshot({ path: join(folder, `${name}.png`) });
}

const sale = (more) => ({
  kind: 'in_app',
  layout: 'modal',
  title: 'Sale <b>now</b>',
  body: 'Hello {{ event.name_of | default: "you" }}',
  buttons: [
    { id: 'go', title: 'To the shop', link: '#shop' },
    { id: 'no', title: 'Not now' },
  ],
  ...more,
});

test('an event brings a modal within a second, which keeps the focus, and a click is in the report', async (t) => {
  const { open, errors } = await stage(t);
  const id = await campaign(sale());
  const tab = await open();
  await tab.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<button id="before">Before</button>'));
  await tab.focus('#before');
  const began = Date.now();
  await track(tab, id, { name_of: '<img src=x onerror=window.hit=1>' });
  await dialog(tab).waitFor();
  assert.ok(Date.now() - began < 3_000, `${Date.now() - began} ms`);
  assert.equal(await dialog(tab).getAttribute('aria-modal'), 'true');
  const name = await dialog(tab).evaluate((box) => box.getRootNode().getElementById(box.getAttribute('aria-labelledby')).textContent);
  assert.equal(name, 'Sale <b>now</b>', 'text is text');
  assert.equal(await tab.evaluate(() => window.hit), undefined);
  assert.match(await dialog(tab).locator('p').textContent(), /Hello <img/);
  await picture(tab, 'modal');
  // The focus goes round inside.
  const focused = () => tab.evaluate(() => document.querySelector('[data-perennial]').shadowRoot.activeElement?.textContent);
  assert.equal(await focused(), 'To the shop');
  const round = [];
  for (let n = 0; n < 3; n += 1) {
    await tab.keyboard.press('Tab');
    round.push(await focused());
  }
  assert.deepEqual(round, ['Not now', '×', 'To the shop']);
  await tab.keyboard.press('Shift+Tab');
  assert.equal(await focused(), '×');
  await dialog(tab).getByText('To the shop').click();
  await dialog(tab).waitFor({ state: 'detached' });
  assert.match(tab.url(), /#shop$/);
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'before', 'the focus is given back');
  const told = await until('the click is in the report', async () => {
    const found = await funnel(id);
    return found.clicked === 1 && found;
  });
  assert.deepEqual([told.sent, told.opened, told.waiting], [1, 1, 0]);
  // It does not come again, neither on this page nor on the next.
  await tab.reload();
  await tab.waitForTimeout(500);
  assert.equal(await dialog(tab).count(), 0);
  assert.deepEqual(errors, []);
});

test('Escape closes, and limits of a session are kept over pages', async (t) => {
  const { open } = await stage(t);
  const id = await campaign(sale({ limits: { shows: 9, per_session: 1 } }));
  const tab = await open();
  await track(tab, id);
  await dialog(tab).waitFor();
  await tab.keyboard.press('Escape');
  await dialog(tab).waitFor({ state: 'detached' });
  await until('it is told', async () => (await funnel(id)).opened === 1);
  await track(tab, id);
  assert.equal(await flush(tab), true);
  await tab.reload();
  await tab.waitForTimeout(700);
  assert.equal(await dialog(tab).count(), 0, 'once in a session');
  assert.equal((await funnel(id)).queued, 2);
});

test('a banner does not take the focus, follows what lets it be shown, and reads from the right in Arabic', async (t) => {
  const { open } = await stage(t, {}, { launch: { locale: 'ar-EG' } });
  const own = sale({ layout: 'banner_bottom', when: { kind: 'scrolled', percent: 60 }, background: '#14532d' });
  const id = await campaign({ default: own, ar: { ...own, title: 'تخفيضات اليوم', body: 'وفّر حتى ٣٠٪ على كل شيء', buttons: [{ id: 'go', title: 'إلى المتجر', link: '#shop' }] } });
  const tab = await open();
  await tab.evaluate(() => {
    document.body.insertAdjacentHTML('beforeend', '<div style="height:5000px"></div>');
    window.perennial.identify({ locale: 'ar' });
  });
  await flush(tab);
  await track(tab, id);
  assert.equal(await flush(tab), true);
  await tab.waitForTimeout(500);
  assert.equal(await banner(tab).count(), 0, 'nothing was scrolled');
  await tab.evaluate(() => scrollTo(0, 4000));
  await banner(tab).waitFor();
  assert.match(await banner(tab).textContent(), /تخفيضات اليوم/);
  const look = await banner(tab).evaluate((box) => {
    const { direction, color } = getComputedStyle(box);
    const [cross, text] = [box.querySelector('.close'), box.querySelector('h2')].map((part) => part.getBoundingClientRect().x);
    return { direction, color, left: cross < text };
  });
  assert.deepEqual(look, { direction: 'rtl', color: 'rgb(255, 255, 255)', left: true });
  assert.equal(await tab.evaluate(() => document.activeElement === document.body), true);
  await picture(tab, 'banner-arabic');
  await banner(tab).getByLabel(/إغلاق|Close/).click();
  await banner(tab).waitFor({ state: 'detached' });
});

test('a document of its own runs nothing and reaches nothing of the page', async (t) => {
  const { open, errors } = await stage(t);
  const html = '<h1>Own</h1><p>{{ event.words }}</p><a href="#from-frame" data-button="own">Go</a>';
  const id = await campaign(sale({ layout: 'html', html, buttons: [] }));
  const tab = await open();
  await track(tab, id, { words: '<script>top.hit = 1</script><img src="x" onerror="top.hit = 1">' });
  await dialog(tab).waitFor();
  assert.equal(await tab.locator('[data-perennial] iframe').getAttribute('sandbox'), 'allow-scripts');
  const frame = tab.frameLocator('[data-perennial] iframe');
  await frame.getByText('Own').waitFor();
  await tab.waitForTimeout(200);
  assert.equal(await tab.evaluate(() => window.hit), undefined);
  assert.equal(await tab.title(), 'Shop');
  await picture(tab, 'html');
  await frame.getByText('Go').click();
  await dialog(tab).waitFor({ state: 'detached' });
  assert.match(tab.url(), /#from-frame$/);
  await until('the click is told', async () => (await funnel(id)).clicked === 1);
  assert.deepEqual(errors, []);
});

test('cards come into the inbox, are read in the panel, and thrown out for good', async (t) => {
  const { open } = await stage(t);
  const [first, second] = [await campaign({ kind: 'inbox', title: 'First', body: 'Line one\nLine two', link: '#first', buttons: [{ id: 'a', title: 'Look', link: '#look' }] }), await campaign({ kind: 'inbox', title: 'Second', pinned: true })];
  const tab = await open();
  await tab.evaluate(() => {
    window.heard = [];
    window.perennial.on('inbox', ({ unread }) => window.heard.push(unread));
  });
  await track(tab, first);
  await flush(tab);
  await track(tab, second);
  await tab.waitForFunction(() => window.perennial.inbox.unread() === 2);
  assert.deepEqual(await tab.evaluate(() => window.perennial.inbox.list().map(({ title }) => title)), ['Second', 'First']);
  await tab.evaluate(() => window.perennial.inbox.open());
  await dialog(tab).waitFor();
  assert.equal(await dialog(tab).locator('article').count(), 2);
  await picture(tab, 'inbox');
  assert.equal(await tab.evaluate(() => window.perennial.inbox.unread()), 0);
  await dialog(tab).getByText('Look').click();
  await dialog(tab).getByLabel('Kaldır: Second').or(dialog(tab).getByLabel('Remove: Second')).click();
  assert.equal(await dialog(tab).locator('article').count(), 1);
  await tab.keyboard.press('Escape');
  await dialog(tab).waitFor({ state: 'detached' });
  await until('it is told', async () => (await funnel(first)).clicked === 1 && (await funnel(second)).opened === 1);
  await tab.reload();
  await tab.waitForFunction(() => window.perennial.inbox?.list().length === 1);
  assert.equal(await tab.evaluate(() => window.perennial.inbox.unread()), 0);
});

test('what is about somebody is shown to whoever proves to be them', async (t) => {
  const { open } = await stage(t);
  const { secret } = await ask('POST', '/api/settings/visitor-secret', {});
  const id = await campaign(sale({ title: 'Hello {{ profile.name | default: "you" }}' }));
  const ada = somebody('ada');
  const tab = await open();
  await tab.evaluate((ada) => window.perennial.identify(ada, { name: 'Ada' }), ada);
  await track(tab, id);
  await flush(tab);
  await tab.waitForTimeout(600);
  assert.equal(await dialog(tab).count(), 0, 'anybody could say so');
  const signature = createHmac('sha256', secret).update(ada).digest('hex');
  await tab.evaluate(([ada, signature]) => window.perennial.identify(ada, {}, { signature }), [ada, signature]);
  await dialog(tab).waitFor();
  assert.match(await dialog(tab).textContent(), /Hello Ada/);
  await dialog(tab).getByText('Not now').click();
  await dialog(tab).waitFor({ state: 'detached' });
  // Whoever logs out leaves nothing behind.
  await tab.evaluate(() => window.perennial.reset());
  assert.deepEqual(await tab.evaluate(() => window.perennial.inbox.list()), []);
});
