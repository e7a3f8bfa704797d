// The page of sources: what is copied works with this server, and what arrives shows where it came from.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { base, go, idle, launch, open, screenshot, seriousProblems, sidewaysScroll, track } from './browser.mjs';

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

const card = (page, name) => page.locator('section').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) });

test('a set-up has this address and the key that was given, and is copied whole', async () => {
  const { page, errors, close } = await open(browser);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(base).origin });
  await go(page, '/sources', { lang: 'en' });
  assert.match(await card(page, 'Segment').locator('pre').innerText(), new RegExp(`cdnURL: '${base}'`));
  assert.match(await card(page, 'Segment').locator('pre').innerText(), /YOUR_KEY/);
  await page.getByRole('textbox', { name: 'Your key' }).fill(' pk_from_the_test ');
  await card(page, 'Segment').getByRole('tab', { name: 'Python' }).click();
  await card(page, 'Segment').getByRole('button', { name: 'Copy: Segment Python' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /analytics\.write_key = 'pk_from_the_test'\n/);
  assert.match(copied, new RegExp(`analytics\\.host = '${base}'`));
  assert.match(await card(page, 'CleverTap').innerText(), /https only/);
  assert.deepEqual(errors, []);
  await close();
});

test('an event shows at the source that sent it, and leads to its person', async () => {
  const { page, close } = await open(browser);
  await go(page, '/sources', { lang: 'en' });
  const user = `source-test-${Date.now()}`;
  await track({ userId: user, event: 'Source Test', context: { library: { name: '@segment/analytics-node' } } });
  const told = page.locator('[data-source="segment"]');
  await told.getByText('Source Test').waitFor();
  assert.match(await told.innerText(), new RegExp(`Last event: Source Test, .*${user}`));
  assert.doesNotMatch(await page.locator('[data-source="posthog"]').innerText(), /Source Test/);
  await told.getByRole('link', { name: user }).click();
  await page.getByRole('heading', { level: 1, name: user }).waitFor();
  await close();
});

test('the snippet of our own SDK, as it is copied, sends', async () => {
  const { page, close } = await open(browser);
  await go(page, '/sources', { lang: 'en' });
  const key = process.env.PERENNIAL_INGEST_KEY ?? process.env.PERENNIAL_KEY;
  await page.getByRole('textbox', { name: 'Your key' }).fill(key);
  const snippet = await card(page, 'Our own web SDK').locator('pre').innerText();
  const shop = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>A shop</title>${snippet}`);
  });
  await new Promise((done) => shop.listen(0, '127.0.0.1', done));
  const site = await open(browser);
  await site.page.goto(`http://127.0.0.1:${shop.address().port}/`);
  await page.locator('[data-source="perennial"]').getByText('Page Viewed').waitFor();
  assert.deepEqual(site.errors, []);
  await site.close();
  shop.close();
  await close();
});

test('the page can be used by keyboard alone', async () => {
  const { page, close } = await open(browser);
  await go(page, '/', { lang: 'en' });
  await page.keyboard.press('g');
  await page.keyboard.press('e');
  await page.waitForURL(`${base}/sources**`);
  await page.getByRole('tab', { name: 'HTML' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.match(await card(page, 'Our own web SDK').locator('pre').innerText(), /npm install/);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Copy: Perennial JavaScript');
  await close();
});

for (const [name, options] of Object.entries({
  wide: { language: 'en' },
  'phone-arabic': { language: 'ar', width: 390, height: 844, scheme: 'dark' },
  'phone-turkish': { language: 'tr', width: 360, height: 780 },
})) {
  test(`it is readable: ${name}`, async () => {
    const { language, ...look } = options;
    const { page, errors, close } = await open(browser, look);
    await go(page, '/sources', { lang: language });
    await idle(page);
    await screenshot(page, `sources-${name}`);
    assert.deepEqual(await seriousProblems(page), []);
    assert.equal(await sidewaysScroll(page), 0, 'it fits its window');
    assert.deepEqual(errors, []);
    await close();
  });
}
