// Every number of people leads to exactly those people, and equals what the API says.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, fixedInstant, go, launch, numberIn, open, settled } from './browser.mjs';

let browser;
let instant;
let page;
let close;

before(async () => {
  instant = await fixedInstant();
  browser = await launch();
  ({ page, close } = await open(browser));
});

after(async () => {
  await close?.();
  await browser?.close();
});

/** The number of people the people page says it lists. */
async function listed() {
  await page.waitForURL(/\/people\?/);
  await settled(page);
  const status = page.getByRole('status').filter({ hasText: /people|person/ });
  if (await page.getByText('Nobody matches').count()) return 0;
  return numberIn(await status.first().innerText());
}

test('the overview shows the API’s states, and a tile leads to its people', async () => {
  const overview = await api(`/api/overview?compare=30d&as_of=${instant}`);
  await go(page, '/', { as_of: instant, compare: '30d', lang: 'en' });
  for (const state of overview.states) {
    const link = page.locator(`main a[href^="/people?state=${state.key}&"]`).first();
    assert.equal(numberIn(await link.evaluate((anchor) => anchor.firstChild.textContent)), state.users, state.key);
  }
  const largest = overview.states.toSorted((a, b) => b.users - a.users)[0];
  await page.locator(`main a[href^="/people?state=${largest.key}&"]`).first().click();
  assert.equal(await listed(), largest.users);
});

test('a transition leads to the people who moved', async () => {
  const { transitions } = await api(`/api/overview?compare=30d&as_of=${instant}`);
  await go(page, '/', { as_of: instant, compare: '30d', lang: 'en' });
  const moves = transitions.matrix.flatMap((row, from) => row.map((users, to) => ({ from, to, users })));
  const none = transitions.states.length - 1;
  const move = moves.filter(({ from, to, users }) => from !== to && from !== none && to !== none && users > 0).toSorted((a, b) => a.users - b.users)[0];
  assert.ok(move, 'somebody moved in 30 days');
  const label = `from ${name(transitions.states[move.from])} to ${name(transitions.states[move.to])}`;
  await page.getByRole('link', { name: new RegExp(`${label}$`, 'i') }).click();
  assert.equal(await listed(), move.users);
  await page.getByRole('row').nth(1).waitFor();
});

test('active people are the API’s, and lead to them', async () => {
  const { active } = await api(`/api/overview?as_of=${instant}`);
  await go(page, '/', { as_of: instant, lang: 'en' });
  await page.getByRole('link', { name: /Active, 30 days/ }).click();
  assert.equal(await listed(), active.month);
});

test('a cell of the RFM grid leads to its people', async () => {
  const rfm = await api(`/api/rfm?as_of=${instant}`);
  const cell = rfm.cells.filter(({ users }) => users > 0).toSorted((a, b) => a.users - b.users)[0];
  await go(page, '/rfm', { as_of: instant, lang: 'en' });
  await page.locator(`[data-cell="${cell.r}-${cell.f}"]`).click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('link', { name: 'All people' }).waitFor();
  assert.ok((await drawer.innerText()).includes(cell.users === 1 ? '1 person' : `${cell.users.toLocaleString('en')} people`));
  await drawer.getByRole('link', { name: 'All people' }).click();
  assert.equal(await listed(), cell.users);
});

test('a group of the RFM table leads to its people', async () => {
  const rfm = await api(`/api/rfm?as_of=${instant}`);
  const group = rfm.groups.filter(({ users }) => users > 0)[0];
  await go(page, '/rfm', { as_of: instant, lang: 'en' });
  await page.getByRole('link', { name: new RegExp(`\\b${name(group)}: `, 'i') }).click();
  assert.equal(await listed(), group.users);
});

test('a group of the RFM table is the audience of a new campaign', async () => {
  const { groups } = await api('/api/rfm');
  const group = groups.find(({ users }) => users > 0);
  await go(page, '/rfm', { lang: 'en' });
  await page.getByRole('rowheader', { name: new RegExp(name(group), 'i') }).first().getByRole('button').click();
  await page.getByRole('dialog').getByRole('link', { name: 'Write to them' }).click();
  await page.waitForURL(/\/campaigns\/new/);
  await page.getByText('Text', { exact: true }).click();
  const editor = page.getByRole('textbox', { name: 'Definition in text form' });
  assert.equal((await editor.innerText()).trim(), `rfm is "${group.key}"`);
});

test('a person is found by id, with events in the zone of the workspace', async () => {
  const { users } = await api(`/api/users?limit=1&as_of=${instant}`);
  await go(page, '/people', { as_of: instant, lang: 'en' });
  await page.getByRole('searchbox').fill(users[0].id);
  await page.getByRole('link', { name: users[0].id, exact: true }).first().click();
  await page.getByRole('heading', { level: 1, name: users[0].id }).waitFor();
  await settled(page);
  await page.locator('main ol li time').first().waitFor();
});

function name(key) {
  return key.name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
