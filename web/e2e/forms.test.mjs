// Two forms of what is decided by what people said and what they are: topics under Settings, and variants of a campaign
// that go by an attribute. Against a server of its own: it makes topics for everybody, and sends.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { close as closeServer } from './own.mjs';

// Only now: it takes the address of the server from the environment.
const { api, go, idle, launch, open, screenshot, seriousProblems, sidewaysScroll } = await import('./browser.mjs');
const { ask, sure, until } = await import('./asking.mjs');

// Names of this run only: a second run on the same server begins anew.
const run = Date.now().toString(36);
const NEWS = `weekly-news-${run}`;
const CITY = `city_${run}`;
const FILED = `filed-${run}`;
/** Cities of the people of this run, and nothing of one of them. */
const PEOPLE = { ada: 'Riga', bob: 'Oslo', cem: 'Rome', dan: 'riga', eve: null };
/** As a file or the API writes it: values of any kind and spelling. */
const BY = { attribute: CITY, values: { 10: 'south', Oslo: 'north', Riga: 'north', Rome: 'south', true: 'north', 'Washington, D.C.': 'rest' }, default: 'rest' };
/** In each language: whether on a phone. */
const SIZES = { en: [false, true], tr: [false], ar: [false, true], id: [true] };

let browser;
let receiver;
let address;
let provider;
let mail;
const received = [];

const topics = async () => (await api('/api/subscriptions/topics')).topics;
const topicNow = async (id) => (await topics()).find((topic) => topic.id === id);
const definitionOf = async (id) => (await api(`/api/campaigns/${id}`)).definition;
const variant = (id) => ({ id, share: 1, content: { default: { kind: 'webhook', url: `${address}/${id}`, body: '{"user": "{{ profile.id }}"}' } } });
const filed = () => ({ id: FILED, name: `Filed ${run}`, channel: 'webhook', provider, trigger: { kind: 'once' }, control: 0, audience: `${CITY} exists or name = "eve ${run}"`, variants: ['north', 'south', 'rest'].map(variant), variant_by: BY, goals: [{ event: 'Purchase', within: '7d' }] });

before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url, user: JSON.parse(Buffer.concat(parts).toString() || '{}').user });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${receiver.address().port}`;
  provider = (await sure('POST', '/api/providers', { name: `Receiver ${run}`, settings: { kind: 'webhook', private_networks: true } })).id;
  mail = (await sure('POST', '/api/providers', { name: `Mail ${run}`, settings: { kind: 'smtp', host: '127.0.0.1', port: 1, security: 'none', from: 'news@example.com' } })).id;
  // At whatever hour this runs: nothing is held back for the hour or for what was sent before.
  const policy = await api('/api/settings/contact-policy');
  await sure('PUT', '/api/settings/contact-policy', { ...policy, control: 0, caps: [], gaps: [], quiet: [], legal_hours: false });
  for (const [name, city] of Object.entries(PEOPLE)) {
    await sure('POST', '/v1/identify', { userId: `${name}-${run}`, traits: { name: `${name} ${run}`, ...(city && { [CITY]: city }) } }, process.env.PERENNIAL_INGEST_KEY);
  }
  await until('people are there', () => ask('GET', `/api/users/eve-${run}`), ({ ok }) => ok);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  receiver?.closeAllConnections();
  await new Promise((resolve) => (receiver ? receiver.close(resolve) : resolve()));
  await closeServer();
});

test('a topic is added, changed and removed, and refused where it is wrong', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/settings', { tab: 'topics', lang: 'en' });
  const before = await topics();

  // By keyboard alone: what is wrong is told at its field.
  await page.getByRole('button', { name: 'New topic' }).focus();
  await page.keyboard.press('Enter');
  const form = page.getByRole('dialog', { name: 'New topic' });
  const name = form.getByRole('textbox', { name: 'Name' });
  const id = form.getByRole('textbox', { name: 'Id' });
  await name.waitFor();
  await page.keyboard.press('Enter');
  await form.getByText('Write a name.').waitFor();
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  await page.keyboard.type(`Weekly news ${run}`);
  assert.equal(await id.inputValue(), NEWS, 'the name suggests an id');
  await page.keyboard.press('Tab');
  await page.keyboard.type(' X');
  await page.keyboard.press('Enter');
  await form.getByText('Use 1 to 64 of a–z, 0–9, - and _.').waitFor();
  assert.deepEqual(await topics(), before, 'nothing is saved that is wrong');
  await id.fill(NEWS);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  assert.ok(await form.getByRole('radio', { name: /double opt-in/ }).isChecked(), 'ways are chosen by keys');
  await form.getByText('Subscription Requested').waitFor();
  await screenshot(page, 'topic-form');
  assert.deepEqual(await seriousProblems(page), []);
  await form.getByRole('button', { name: 'Add topic' }).press('Enter');
  await form.waitFor({ state: 'hidden' });
  await page.getByText('Saved. It holds from now on.').waitFor();
  assert.deepEqual(await topicNow(NEWS), { id: NEWS, name: `Weekly news ${run}`, channel: 'email', subscribed_by_default: false, double_opt_in: true });

  // The same id is not taken twice, and the one of a saved topic stays.
  await page.getByRole('button', { name: 'New topic' }).click();
  await form.getByRole('textbox', { name: 'Name' }).fill('Other');
  await id.fill(NEWS);
  await form.getByRole('button', { name: 'Add topic' }).click();
  await form.getByText('Another topic has this id.').waitFor();
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'hidden' });
  // Meanwhile somebody else adds one: it stays.
  await sure('PUT', '/api/subscriptions/topics', { topics: [...(await topics()), { id: `offers-${run}`, name: `Offers ${run}`, channel: 'sms', subscribed_by_default: true }] });
  await page.getByRole('button', { name: `Edit Weekly news ${run}` }).click();
  const edit = page.getByRole('dialog', { name: `Edit Weekly news ${run}` });
  assert.equal(await edit.getByRole('textbox', { name: 'Id' }).isEditable(), false, 'the id stays');
  await edit.getByRole('radio', { name: /Everybody, until/ }).check();
  await edit.getByRole('button', { name: 'Save topic' }).click();
  await edit.waitFor({ state: 'hidden' });
  assert.deepEqual(await topicNow(NEWS), { id: NEWS, name: `Weekly news ${run}`, channel: 'email', subscribed_by_default: true });
  const row = page.locator(`[data-topic="${NEWS}"]`);
  await row.getByText('Everybody gets it who has not unsubscribed').waitFor();
  await page.getByRole('button', { name: `Move Offers ${run} up` }).click();
  await until('people see it first', topics, (all) => all.findIndex((one) => one.id === `offers-${run}`) < all.findIndex((one) => one.id === NEWS));

  // A campaign that goes holds it, and the refusal says which.
  const campaign = { name: `Holder ${run}`, channel: 'email', provider: mail, topic: NEWS, trigger: { kind: 'api' }, variants: [{ id: 'a', content: { default: { kind: 'email', subject: 'News', form: 'html', body: '<a href="{{ unsubscribe_url }}">no more</a>' } } }] };
  const holder = await sure('POST', '/api/campaigns', campaign);
  await sure('POST', `/api/campaigns/${holder.id}/status`, { action: 'start' });
  await page.getByRole('button', { name: `Remove Weekly news ${run}` }).click();
  const remove = page.getByRole('dialog', { name: `Remove Weekly news ${run}?` });
  await remove.getByRole('button', { name: 'Remove' }).click();
  await remove.locator('[data-in-use]').getByText(`the campaign "Holder ${run}"`).waitFor();
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'topic-in-use');
  await sure('POST', `/api/campaigns/${holder.id}/status`, { action: 'stop' });
  await remove.getByRole('button', { name: 'Remove' }).click();
  await remove.waitFor({ state: 'hidden' });
  assert.equal(await topicNow(NEWS), undefined);
  assert.ok(await topicNow(`offers-${run}`), 'the other one stays');
  // The refusals are answers of HTTP, which browsers report.
  assert.deepEqual(errors.filter((error) => !error.includes('409')), []);
  await close();
});

test('the wizard says who gets a campaign because of its topic, or without one', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { step: 'when', lang: 'en' });
  const meaning = page.locator('[data-topic-meaning]');
  assert.match(await meaning.innerText(), /everybody who has not unsubscribed from the channel E-mail/);
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('sms');
  await page.getByRole('button', { name: 'Next: When' }).click();
  assert.match(await meaning.innerText(), /channel SMS/);
  await page.getByRole('combobox', { name: 'Topic' }).selectOption(`offers-${run}`);
  assert.match(await meaning.innerText(), /who has not unsubscribed from it/);
  await page.getByRole('combobox', { name: 'Topic' }).selectOption('');
  await page.getByRole('switch', { name: 'Transactional' }).check();
  assert.equal(await meaning.innerText(), '');
  assert.deepEqual(await seriousProblems(page), []);
  assert.deepEqual(errors, []);
  await close();
});

test('variants by an attribute are written, and marked until they are complete', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  await page.getByRole('textbox', { name: 'Name of the campaign' }).fill(`By hand ${run}`);
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('webhook');
  await page.getByRole('textbox', { name: 'URL' }).fill(`${address}/a`);
  await page.getByRole('button', { name: 'Add variant' }).click();
  assert.match(await page.getByRole('radiogroup', { name: 'Variant', exact: true }).innerText(), /A · 50%\s+B · 50%/);
  const how = page.getByRole('radiogroup', { name: 'What decides who gets which variant' });
  await how.getByRole('radio', { name: 'Chance' }).focus();
  await page.keyboard.press('ArrowRight');
  const fields = page.locator('[data-variant-by]');
  await fields.waitFor();
  const save = page.getByRole('button', { name: 'Save draft' });
  assert.ok(await save.isDisabled(), 'what is incomplete is not saved');
  assert.match(await page.locator('[data-incomplete]').innerText(), /Choose the attribute\.\s+Write at least one value/);
  assert.equal(await page.getByRole('radiogroup', { name: 'Variant', exact: true }).innerText().then((text) => text.includes('%')), false, 'there are no shares');
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'variants-incomplete');

  // On another step it is told, too, and one comes back.
  await page.getByRole('button', { name: 'Next: When' }).click();
  await page.getByRole('button', { name: 'Go to the variants' }).click();

  const attribute = fields.getByRole('combobox', { name: 'Attribute' });
  await attribute.fill(CITY.slice(0, 4));
  await page.getByRole('option', { name: CITY, exact: true }).click();
  const values = (of) => fields.getByRole('combobox', { name: `Values that get ${of}` });
  await values('A').focus();
  await page.keyboard.type('Riga,Oslo,');
  await values('B').focus();
  await page.keyboard.type('Rome');
  await page.keyboard.press('Enter');
  await page.keyboard.type('riga');
  await page.keyboard.press('Enter');
  // A value has one variant.
  await page.keyboard.type('Oslo');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await fields.getByRole('combobox', { name: 'Everybody else gets' }).selectOption('b');
  await page.locator('[data-incomplete]').waitFor({ state: 'detached' });
  await save.click();
  await page.waitForURL(/\/campaigns\/[^/]+\/edit/);
  const id = decodeURIComponent(new URL(page.url()).pathname.split('/')[2]);
  assert.deepEqual((await definitionOf(id)).variant_by, { attribute: CITY, values: { Oslo: 'b', Riga: 'a', Rome: 'b', riga: 'b' }, default: 'b' });

  // A variant that goes takes along what named it; chance again leaves nothing behind.
  await page.getByRole('radiogroup', { name: 'Variant', exact: true }).getByText('B', { exact: true }).click();
  await page.getByRole('button', { name: 'Remove variant b' }).click();
  await page.locator('[data-incomplete]').getByText('Choose what everybody else gets.').waitFor();
  await how.getByRole('radio', { name: 'An attribute' }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('[data-incomplete]').waitFor({ state: 'detached' });
  await save.click();
  await until('it is saved', () => definitionOf(id), (now) => now.variants.length === 1);
  assert.equal((await definitionOf(id)).variant_by, undefined);
  assert.deepEqual(errors, []);
  await close();
});

test('variants by an attribute that a file wrote are shown and kept, and the report speaks of no winner', async () => {
  await sure('POST', '/api/campaigns', filed());
  assert.deepEqual((await definitionOf(FILED)).variant_by, BY);
  const { page, errors, close } = await open(browser);
  await go(page, `/campaigns/${FILED}/edit`, { step: 'content', lang: 'en' });
  const fields = page.locator('[data-variant-by]');
  assert.equal(await fields.getByRole('combobox', { name: 'Attribute' }).inputValue(), CITY);
  assert.match(await fields.innerText(), /Washington, D\.C\./);
  await page.getByRole('textbox', { name: 'Name of the campaign' }).fill(`Filed anew ${run}`);
  await page.getByRole('button', { name: 'Save draft' }).click();
  await until('it is saved', () => definitionOf(FILED), ({ name }) => name === `Filed anew ${run}`);
  assert.deepEqual((await definitionOf(FILED)).variant_by, BY, 'nothing is lost');
  await screenshot(page, 'variants-by-attribute');
  await page.getByRole('button', { name: 'Next: When' }).click();
  await page.getByRole('button', { name: 'Next: Goals' }).click();
  await page.getByText('go by an attribute, not by chance, so none can win').waitFor();
  await page.getByRole('button', { name: 'Next: Review' }).click();
  await page.getByText('By the attribute').waitFor();

  await sure('POST', `/api/campaigns/${FILED}/status`, { action: 'start' });
  const people = Object.keys(PEOPLE);
  await until('everybody is sent theirs', async () => received.filter(({ user }) => user?.endsWith(run)), (all) => all.length === people.length);
  const got = Object.fromEntries(received.map(({ path, user }) => [user.split('-')[0], path.slice(1)]));
  assert.deepEqual(got, { ada: 'north', bob: 'north', cem: 'south', dan: 'rest', eve: 'rest' });
  await go(page, `/campaigns/${FILED}`, { lang: 'en' });
  await page.locator('[data-by-attribute]').getByText('variants are not compared with each other').waitFor();
  await page.locator('[data-arms]').waitFor();
  assert.equal(await page.locator('[data-verdict], [data-pairs]').count(), 0, 'nothing has won or could');
  assert.match(await page.locator('main').innerText(), /Oslo[^]*Riga[^]*everybody else/);
  assert.deepEqual(await seriousProblems(page), []);
  assert.deepEqual(errors, []);
  await close();
});

for (const [lang, sizes] of Object.entries(SIZES)) {
  test(`the forms are right in ${lang}`, async () => {
    const own = { id: `tea-${run}`, name: lang === 'ar' ? 'الشاي' : 'Tea', channel: 'email', subscribed_by_default: false, double_opt_in: true };
    await sure('PUT', '/api/subscriptions/topics', { topics: [{ id: 'offers', name: 'Offers', channel: 'sms', subscribed_by_default: true }, own] });
    for (const phone of sizes) {
      const { page, errors, close } = await open(browser, { ...(phone && { width: 390, height: 844 }), scheme: lang === 'ar' && phone ? 'dark' : 'light' });
      const check = async (name) => {
        await idle(page);
        await screenshot(page, `${name}-${lang}${phone ? '-phone' : ''}`);
        assert.deepEqual(await seriousProblems(page), [], name);
        assert.equal(await sidewaysScroll(page), 0, `${name} fits its window`);
        assert.deepEqual(errors, [], name);
      };
      const pages = { topics: '/settings?tab=topics', variants: `/campaigns/new?copy=${FILED}&step=content`, 'variants-decision': `/campaigns/new?copy=${FILED}&step=goals`, 'variants-when': '/campaigns/new?step=when', 'variants-report': `/campaigns/${FILED}` };
      for (const [name, path] of Object.entries(pages)) {
        await go(page, path, { lang });
        await check(name);
      }
      await go(page, '/settings?tab=topics', { lang });
      await page.locator(`[data-topic="${own.id}"]`).getByRole('button').nth(2).click();
      await page.getByRole('dialog').getByRole('radio').first().waitFor();
      await check('topic-edit');
      await close();
    }
  });
}
