// What a person can ask for, on their page: erasing after a look at what it covers, and the receipt.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, go, launch, open, screenshot, track } from './browser.mjs';

let browser;
const mark = `privacy-${Date.now()}`;
const [ada, phone, bob] = ['ada', 'phone', 'bob'].map((name) => `${mark}-${name}`);

before(async () => {
  const context = { device: { model: 'Pixel 9', manufacturer: 'Google' }, os: { name: 'Android', version: '15' }, app: { version: '3.1.0' } };
  await track({ userId: ada, anonymousId: phone, event: 'Bought', messageId: `${mark}-1`, context });
  await track({ userId: bob, event: 'Bought', messageId: `${mark}-2` });
  browser = await launch();
});

after(() => browser?.close());

test('a person shows their devices, is erased after a look, and leaves a receipt without their id', async (t) => {
  const { page, errors, close } = await open(browser);
  t.after(close);
  await go(page, `/people/${ada}`);
  await page.getByText('Pixel 9').first().waitFor();
  const before = (await api('/api/erasures')).erasures.length;
  await page.getByRole('button', { name: 'Erase', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Attribute changes').waitFor();
  const erase = dialog.getByRole('button', { name: 'Erase', exact: true });
  assert.equal(await erase.isDisabled(), true, 'the id has to be written');
  await screenshot(page, 'privacy');
  await dialog.getByLabel(`Write ${ada} to confirm`).fill(ada);
  await erase.click();
  await page.waitForURL('**/settings');
  await page.getByText('Erasures').first().waitFor();
  const { erasures } = await api('/api/erasures');
  assert.equal(erasures.length, before + 1);
  assert.equal(JSON.stringify(erasures).includes(ada), false);
  await screenshot(page, 'privacy-settings');
  assert.equal((await api(`/api/users/${bob}`)).id, bob);
  assert.equal((await api(`/api/users/${phone}`).catch((error) => error.message ?? String(error))).id, undefined);
  assert.deepEqual(errors.filter((error) => !error.includes('404')), []);
});
