// Who is who on the page of a person: what was joined, what would be, and apart again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, go, launch, open, screenshot, track } from './browser.mjs';

let browser;
const mark = `identity-${Date.now()}`;
const [ada, tablet, bob] = ['ada', 'tablet', 'bob'].map((name) => `${mark}-${name}`);

before(async () => {
  await track({ anonymousId: tablet, event: 'Browsed', messageId: `${mark}-1` });
  await track({ userId: ada, anonymousId: tablet, event: 'Bought', messageId: `${mark}-2` });
  await track({ userId: bob, event: 'Bought', messageId: `${mark}-3` });
  browser = await launch();
});

after(() => browser?.close());

test('two people are joined after a look at what that does, and separated again', async (t) => {
  const { page, errors, close } = await open(browser);
  t.after(close);
  await go(page, `/people/${ada}`);
  const graph = page.getByRole('heading', { name: 'Who they turned out to be' });
  await graph.waitFor();
  await page.getByLabel('Merge with another person').fill(bob);
  await page.getByRole('button', { name: 'Show what would happen' }).click();
  await page.getByText(`${bob} becomes part of ${ada}, with the whole past.`).waitFor();
  assert.equal((await api(`/api/users/${bob}`)).id, bob, 'nothing was done yet');
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  const separate = page.getByRole('button', { name: `Separate: ${bob}` });
  await separate.waitFor();
  await screenshot(page, 'identity');
  assert.equal((await api(`/api/users/${bob}`)).id, ada);
  await separate.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Separate', exact: true }).click();
  await separate.waitFor({ state: 'detached' });
  const apart = await api(`/api/users/${bob}`);
  assert.deepEqual([apart.id, apart.events], [bob, 1]);
  assert.deepEqual(errors, []);
});
