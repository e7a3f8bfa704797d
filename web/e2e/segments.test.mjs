// The builder: an error is shown where it is, mended, counted, saved, explained and deleted.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, fixedInstant, go, launch, numberIn, open, removeSegment, screenshot, settled } from './browser.mjs';

const ID = 'browser_test';
let browser;
let instant;
let event;

before(async () => {
  instant = await fixedInstant();
  const { events } = await api('/api/catalogue');
  event = events.toSorted((a, b) => b.count - a.count)[0].name;
  await removeSegment(ID);
  browser = await launch();
});

after(async () => {
  await removeSegment(ID);
  await browser?.close();
});

async function write(page, text) {
  const editor = page.getByRole('textbox', { name: 'Definition in text form' });
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(text);
}

test('a mistake is marked, mended, saved and deleted', async () => {
  const { page, errors, close } = await open(browser);
  const right = `did "${event}" at least 2 times in last 90d`;
  const expected = await api('/api/segments/preview', { definition: right, as_of: instant });

  await go(page, '/segments/new', { as_of: instant, lang: 'en' });
  await page.getByText('Text', { exact: true }).click();
  await write(page, right.replace('least', 'leest'));
  await page.locator('[data-problems]').waitFor();
  assert.match(await page.locator('[data-problems]').innerText(), /Line 1, column \d+/);
  await page.locator('.cm-lintRange-error').first().waitFor();
  await screenshot(page, 'segment-with-problem');
  await page.getByRole('textbox', { name: 'Name' }).fill('Browser test');
  assert.ok(await page.getByRole('button', { name: 'Create segment' }).isDisabled(), 'a wrong definition cannot be saved');

  await write(page, right);
  await page.locator(`[data-count="${expected.count}"]`).waitFor();
  assert.equal(await page.locator('[data-problems]').count(), 0);
  await screenshot(page, 'segment-mended');
  await page.getByRole('button', { name: 'Create segment' }).click();

  await page.waitForURL(new RegExp(`/segments/${ID}`));
  await settled(page);
  const saved = await api(`/api/segments/${ID}?as_of=${instant}`);
  assert.equal(saved.count, expected.count);
  assert.ok((await page.locator('main').innerText()).includes(saved.definition));

  const member = page.locator('main ul a').first();
  await member.click();
  await page.waitForURL(/\/people\/.*why=/);
  await page.getByText('In this segment', { exact: true }).waitFor();
  await screenshot(page, 'person-why');

  await go(page, `/segments/${ID}`, { as_of: instant, lang: 'en' });
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  assert.ok((await dialog.innerText()).includes(expected.count.toLocaleString('en')), 'the review says how many people it concerns');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.waitForURL(/\/segments(\?|$)/);
  assert.deepEqual(errors.filter((text) => !/404/.test(text)), []);
  await close();
});

test('sentences write the text and count at once', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/segments/new', { as_of: instant, lang: 'en' });
  const written = page.locator('[data-written]');
  await written.waitFor();
  assert.ok((await written.innerText()).includes(`"${event}"`), 'it begins with an event that exists');
  await page.getByRole('textbox', { name: 'Number of times' }).fill('3');
  await page.waitForFunction(() => /3/.test(document.querySelector('[data-written]')?.textContent.replace(/last \d+d/, '') ?? ''));
  const text = await written.innerText();
  const expected = await api('/api/segments/preview', { definition: text, as_of: instant });
  await page.locator(`[data-count="${expected.count}"]`).waitFor();
  assert.equal(numberIn(await page.locator('[data-count]').innerText()), expected.count);

  // And the text comes back as the same sentence.
  await page.getByText('Text', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Definition in text form' }).waitFor();
  await page.getByText('Sentences', { exact: true }).click();
  assert.equal(await page.getByRole('textbox', { name: 'Number of times' }).inputValue(), '3');
  assert.deepEqual(errors, []);
  await close();
});

test('event names are completed inside quotes', async () => {
  const { page, close } = await open(browser);
  await go(page, '/segments/new', { as_of: instant, lang: 'en' });
  await page.getByText('Text', { exact: true }).click();
  await write(page, '');
  await page.keyboard.type('did "');
  await page.keyboard.press('Control+Space');
  const option = page.getByRole('option', { name: event }).first();
  await option.waitFor();
  await option.click();
  assert.ok((await page.locator('.cm-content').innerText()).includes(`did "${event}"`));
  await close();
});
