// The data page and keys: declared on the page, checked when sent, seen among the errors, discarded.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, go, launch, open, screenshot, seriousProblems, sidewaysScroll, track } from './browser.mjs';

// Names of this run only: a second run on the same server begins anew.
const run = Date.now().toString(36);
const NAME = `Probe ${run}`;
const TWIN = `probe_${run}`;

let browser;
let sent = 0;

const send = (event, properties, more = {}) =>
  track({ event, userId: 'data-page', messageId: `${run}-${(sent += 1)}`, properties, ...more });

const schemaEvent = async (name) => (await api('/api/schema')).events.find((event) => event.name === name);

before(async () => {
  await send(NAME, { amount: 3, plan: 'gold' });
  await send(NAME, { amount: 4 });
  await send(TWIN, {});
  browser = await launch();
});

after(() => browser?.close());

test('an event is declared on its page, and what is sent is checked from then on', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/data');
  assert.match(await page.getByRole('region', { name: 'Names that look like one' }).innerText(), new RegExp(TWIN), 'near names are suggested');
  await page.getByRole('searchbox', { name: 'Search Events' }).fill(NAME);
  await page.getByRole('button', { name: `Open ${NAME}` }).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByLabel('Description').fill('Sent by a test');
  await drawer.getByLabel('Owner').fill('tests');
  const amount = drawer.getByRole('group', { name: 'amount' });
  await amount.getByLabel('Type of amount').click();
  await page.getByRole('option', { name: 'Number', exact: true }).click();
  await amount.getByLabel('Required').check();
  await drawer.getByLabel('Values not as declared').click();
  await page.getByRole('option', { name: 'Leave the event out' }).click();
  await screenshot(page, 'data-event');
  assert.deepEqual(await seriousProblems(page), []);
  await drawer.getByRole('button', { name: 'Declare', exact: true }).click();
  await drawer.waitFor({ state: 'hidden' });
  const { declared } = await schemaEvent(NAME);
  assert.equal(declared.owner, 'tests');
  assert.deepEqual({ type: declared.properties.amount.type, required: declared.properties.amount.required }, { type: 'number', required: true });

  await send(NAME, { amount: 'a lot' });
  assert.equal((await schemaEvent(NAME)).seen.count, 2, 'it was left out');
  await go(page, '/data', { tab: 'errors', name: NAME });
  const kinds = page.getByRole('table', { name: 'What is wrong' });
  await kinds.getByText('schema.property_type').waitFor();
  assert.match(await kinds.innerText(), /Event left out/i);
  assert.match(await page.getByRole('region', { name: /What was sent: schema\.property_type/ }).first().innerText(), /a lot/);
  await screenshot(page, 'data-errors-one');
  assert.deepEqual(errors, []);
  await close();
});

test('an event is discarded after a warning, and let in again', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/data', { event: NAME });
  const drawer = page.getByRole('dialog').first();
  await drawer.getByRole('button', { name: 'Discard', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Discard “${NAME}”?` });
  assert.match(await dialog.innerText(), /\(2\)/);
  await dialog.getByRole('button', { name: 'Discard', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await drawer.getByRole('button', { name: 'Lift the block' }).waitFor();
  const gone = await schemaEvent(NAME);
  assert.deepEqual([gone.seen, gone.discarded.blocked], [null, true]);
  await send(NAME, { amount: 1 });
  assert.equal((await schemaEvent(NAME)).seen, null, 'nothing is let in');
  await drawer.getByRole('button', { name: 'Lift the block' }).click();
  await drawer.getByRole('button', { name: 'Discard', exact: true }).waitFor();
  await send(NAME, { amount: 1 });
  assert.equal((await schemaEvent(NAME)).seen.count, 1);
  assert.deepEqual(errors, []);
  await close();
});

test('the debugger shows an event as it is accepted', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/data', { tab: 'live' });
  await page.getByText('Live', { exact: true }).last().waitFor();
  await send(`Seen ${run}`, { n: 1 }, { context: { library: { name: `library-${run}` } } });
  await page.locator(`[data-event="Seen ${run}"]`).waitFor();
  await page.getByRole('combobox', { name: 'Any library' }).click();
  await page.getByRole('option', { name: `library-${run}` }).click();
  assert.equal(await page.locator('[data-event]').count(), 1);
  assert.deepEqual(errors, []);
  await close();
});

test('tabs, tables and the drawer are reached by keyboard', async () => {
  const { page, close } = await open(browser);
  await go(page, '/data');
  await page.getByRole('tab', { name: 'Schema' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tab', { name: 'Errors', selected: true }).waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.getByRole('tab', { name: 'Schema', selected: true }).waitFor();
  const first = page.getByRole('button', { name: /^Open / }).first();
  await first.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await close();
});

test('the event drawer fits a phone, from right to left', async () => {
  const { page, errors, close } = await open(browser, { width: 390, height: 844 });
  await go(page, '/data', { event: TWIN, lang: 'ar' });
  await page.getByRole('dialog').waitFor();
  await screenshot(page, 'data-event-phone-arabic');
  assert.equal(await sidewaysScroll(page), 0);
  assert.deepEqual(await seriousProblems(page), []);
  assert.deepEqual(errors, []);
  await close();
});

test('a key is made, shown once and revoked', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/settings');
  const label = `test ${run}`;
  await page.getByLabel('What for').fill(label);
  await page.getByLabel('Records a second').first().fill('50');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const key = await page.getByText(/^pk_/).innerText();
  const row = page.getByRole('row', { name: new RegExp(label) });
  await row.waitFor();
  assert.match(await row.innerText(), /50/);
  assert.equal((await api('/api/keys')).keys.filter((known) => known.label === label).length, 1);
  await go(page, '/settings');
  assert.equal(await page.getByText(key).count(), 0, 'it is shown once');
  await page.getByRole('button', { name: `Revoke ${label}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await row.waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await close();
});

test('rows of a catalog are uploaded from a file, looked at, found and deleted', async () => {
  const { page, errors, close } = await open(browser);
  const name = `shoes_${run}`;
  await go(page, '/data', { tab: 'catalogs' });
  await page.getByRole('button', { name: 'Upload rows' }).first().click();
  const dialog = page.getByRole('dialog');
  const rows = 'sku,title,price\n7,"Boot, high",59.5\nA-1,<b>Sandal</b>,\n';
  await dialog.locator('input[type=file]').setInputFiles({ name: 'Shoes.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('button', { name: 'Upload rows' }).click();
  await dialog.getByText('there is no id in the column "id"').waitFor();
  await dialog.getByRole('textbox', { name: 'Column with the ids' }).fill('sku');
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'data-catalog-upload');
  await dialog.getByRole('button', { name: 'Upload rows' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('table', { name: 'Catalogs' }).getByRole('button', { name, exact: true }).click();
  const table = page.getByRole('table', { name: `Rows of ${name}` });
  await table.getByText('Boot, high').waitFor();
  assert.match(await table.innerText(), /<b>Sandal<\/b>/, 'what is written is shown as it is');
  await screenshot(page, 'data-catalog');
  assert.deepEqual(await seriousProblems(page), []);
  assert.equal(await sidewaysScroll(page), 0);
  await page.getByRole('textbox', { name: 'Row with the id' }).fill('A-1');
  await page.getByText('Boot, high').waitFor({ state: 'hidden' });
  await page.getByRole('textbox', { name: 'Row with the id' }).fill('none');
  await page.getByText('No such row.').waitFor();
  await page.getByRole('button', { name: `Delete the catalog ${name}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('table', { name: `Rows of ${name}` }).waitFor({ state: 'hidden' });
  assert.equal((await api('/api/catalogs')).catalogs.some((catalog) => catalog.name === name), false);
  assert.deepEqual(errors.filter((error) => !/422|404/.test(error)), []);
  await close();
});
