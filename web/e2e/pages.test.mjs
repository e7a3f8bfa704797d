// Every page, in a wide window and on a phone, in light and dark, in English and in Arabic: it
// shows real numbers, logs no error, has no serious accessibility problem and fits its window.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, fixedInstant, go, idle, launch, open, screenshot, seriousProblems, sidewaysScroll, track } from './browser.mjs';

let browser;
let pages;
let instant;

before(async () => {
  instant = await fixedInstant();
  const { users } = await api(`/api/users?limit=1&as_of=${instant}`);
  const { segments } = await api('/api/segments');
  pages = { overview: '/', live: '/live', lifecycle: '/lifecycle', rfm: '/rfm', segments: '/segments', 'new-segment': '/segments/new', people: '/people', journeys: '/journeys', data: '/data', 'data-errors': '/data?tab=errors', 'data-debugger': '/data?tab=live', sources: '/sources', settings: '/settings' };
  pages.person = `/people/${encodeURIComponent(users[0].id)}`;
  if (segments[0]) {
    pages.segment = `/segments/${segments[0].id}`;
    pages.why = `${pages.person}?why=${segments[0].id}`;
  }
  // Something that is refused, so that there is an error to look at.
  await track({ event: 'Nobody', messageId: 'pages-nobody' });
  browser = await launch();
});

after(() => browser?.close());

async function visit(view, { language, ...options }) {
  const { page, errors, close } = await open(browser, options);
  // Collected, so that one run shows them all.
  const problems = [];
  for (const [name, path] of Object.entries(pages)) {
    await go(page, path, { as_of: instant, lang: language });
    // Charts come last, in chunks of their own.
    await idle(page);
    await screenshot(page, `${name}-${view}`);
    assert.match(await page.locator('main').innerText(), /\d/, `${name} shows numbers`);
    assert.equal(await page.getByRole('alert').count(), 0, `${name} shows no error`);
    assert.deepEqual(errors, [], `${name} logs no error`);
    problems.push(...(await seriousProblems(page)).map((text) => `${name}: ${text}`));
    assert.equal(await sidewaysScroll(page), 0, `${name} fits its window`);
    assert.equal(await page.locator('html').getAttribute('dir'), language === 'ar' ? 'rtl' : 'ltr', `${name} reads in its direction`);
    assert.equal(await page.locator('html').getAttribute('lang'), language, `${name} says its language`);
  }
  await close();
  assert.deepEqual(problems, [], 'every page is accessible');
}

test('wide, light, English', () => visit('wide', { language: 'en' }));
test('wide, dark, Turkish', () => visit('dark', { language: 'tr', scheme: 'dark' }));
test('wide, light, Arabic from right to left', () => visit('arabic', { language: 'ar' }));
test('phone, light, English', () => visit('phone', { language: 'en', width: 390, height: 844 }));
test('phone, dark, Arabic', () => visit('phone-arabic', { language: 'ar', width: 390, height: 844, scheme: 'dark' }));
test('phone, light, Indonesian', () => visit('phone-indonesian', { language: 'id', width: 360, height: 780 }));

test('Arabic puts the navigation on the right', async () => {
  const { page, close } = await open(browser);
  await go(page, '/', { lang: 'ar' });
  const box = await page.getByRole('navigation').boundingBox();
  assert.ok(box.x > 1000, `navigation at ${box.x}`);
  await go(page, '/segments');
  assert.equal(await page.locator('html').getAttribute('lang'), 'ar', 'the language is remembered');
  await close();
});

test('an address that leads nowhere says so', async () => {
  const { page, close } = await open(browser);
  await go(page, '/people/nobody-has-this-id');
  await page.getByRole('alert').waitFor();
  assert.match(await page.getByRole('alert').innerText(), /nobody-has-this-id/);
  await close();
});

for (const lang of ['en', 'ar']) {
  test(`the trend fills its card, in ${lang}`, async () => {
    const { page, close } = await open(browser);
    await go(page, '/lifecycle', { lang });
    const chart = page.locator('svg').filter({ has: page.locator('path[fill-opacity="0.75"]') }).first();
    await chart.waitFor();
    const share = () => chart.evaluate((svg) => {
      const widths = [...svg.querySelectorAll('path[fill-opacity="0.75"]')].map((path) => path.getBBox().width);
      return Math.max(...widths) / svg.getBoundingClientRect().width;
    });
    assert.ok((await share()) > 0.85, `the areas take ${await share()} of the width`);
    await close();
  });
}
