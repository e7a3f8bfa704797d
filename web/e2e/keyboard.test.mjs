// The dashboard without a mouse.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fixedInstant, go, launch, open, settled } from './browser.mjs';

let browser;
let page;
let close;
let instant;

before(async () => {
  instant = await fixedInstant();
  browser = await launch();
  ({ page, close } = await open(browser));
});

after(async () => {
  await close?.();
  await browser?.close();
});

test('the first tab stop skips to the content', async () => {
  await go(page, '/', { lang: 'en' });
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
});

test('two keys go to a page and keep the chosen instant', async () => {
  await go(page, '/', { as_of: instant, lang: 'en' });
  for (const [letter, path] of [['s', '/segments'], ['p', '/people'], ['v', '/live'], ['r', '/rfm'], ['l', '/lifecycle'], ['c', '/campaigns'], ['j', '/journeys'], ['m', '/deliveries'], ['e', '/sources'], ['o', '/']]) {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await page.waitForURL((url) => url.pathname === path && url.searchParams.get('as_of') === instant);
    await settled(page);
  }
});

test('slash goes to the search, from any page', async () => {
  await go(page, '/rfm', { lang: 'en' });
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.matches('[data-search]'));
  assert.match(page.url(), /\/people/);
});

test('a question mark shows the keys, escape hides them', async () => {
  await go(page, '/', { lang: 'en' });
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('another instant is chosen and stands in the address', async () => {
  await go(page, '/', { lang: 'en' });
  await page.getByRole('button', { name: /^(As of|Live)/ }).click();
  await page.getByRole('button', { name: '7 days ago' }).click();
  await page.waitForURL(/as_of=/);
  await settled(page);
  const chosen = new URL(page.url()).searchParams.get('as_of');
  const days = (Date.parse(instant) - Date.parse(chosen)) / 86_400_000;
  assert.ok(Math.abs(days - 7) < 0.1, `${days} days`);
});
