// Writing a message: from the gallery to a draft, with blocks and with source, with what Gmail and WhatsApp want, in
// two directions, as a real person would see it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { api, base, go, idle, launch, open, removeSegment, screenshot, seriousProblems, settled, sidewaysScroll } from './browser.mjs';

const run = Date.now().toString(36);
const LANGUAGES = ['en', 'tr', 'ar', 'id'];
const made = { campaigns: [], segments: [] };
let browser;

before(async () => {
  browser = await launch();
});

after(async () => {
  await browser?.close();
  const headers = process.env.PERENNIAL_KEY ? { authorization: `Bearer ${process.env.PERENNIAL_KEY}` } : {};
  for (const id of made.campaigns) await fetch(`${base}/api/campaigns/${id}`, { method: 'DELETE', headers });
  for (const id of made.segments) await removeSegment(id);
});

/** Saves the draft under a name and gives what is stored of it. */
async function saved(page, name) {
  await page.getByRole('textbox', { name: 'Name of the campaign' }).fill(name);
  await page.getByRole('button', { name: 'Save draft' }).click();
  await page.waitForURL(/\/campaigns\/.+\/edit/);
  await settled(page);
  const id = decodeURIComponent(new URL(page.url()).pathname.split('/')[2]);
  made.campaigns.push(id);
  return (await api(`/api/campaigns/${id}`)).definition;
}

const contentOf = (definition, locale = 'default') => definition.variants[0].content[locale];

test('a play of the gallery becomes a draft, with the segments that it needs', async () => {
  const { plays } = await api('/api/plays');
  const play = plays.find(({ id }) => id === 'abandoned-cart');
  const missing = play.segments.filter(({ exists }) => !exists).map(({ id }) => id);
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns', { lang: 'en' });
  await page.getByRole('button', { name: 'New campaign' }).click();
  const gallery = page.getByRole('dialog', { name: 'New campaign' });
  await gallery.locator('[data-play]').first().waitFor();
  assert.equal(await gallery.locator('[data-play]').count(), plays.length, 'every play of the server is offered');
  await screenshot(page, 'gallery');
  assert.deepEqual(await seriousProblems(page), []);
  // With the keyboard alone.
  await gallery.getByRole('link', { name: 'Abandoned cart, 24 hours' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/play=abandoned-cart/);
  await settled(page);
  if (missing.length > 0) {
    await page.locator('[data-missing]').first().waitFor();
    assert.deepEqual(await page.locator('[data-missing]').evaluateAll((items) => items.map((item) => item.dataset.missing)), missing);
    assert.match(await page.locator('[data-missing]').first().innerText(), /Add To Cart/, 'it says what will be made');
    await screenshot(page, 'gallery-segments');
    made.segments.push(...missing);
    await page.getByRole('button', { name: 'Make them and go on' }).click();
  }
  await page.getByRole('textbox', { name: 'Name of the campaign' }).waitFor();
  const definition = await saved(page, `Cart ${run}`);
  assert.deepEqual(definition.trigger, play.definition.trigger);
  assert.deepEqual(definition.variants, play.definition.variants, 'what it says arrives unchanged');
  const { segments } = await api('/api/segments');
  assert.ok(segments.some(({ id }) => id === 'cart-left'));
  assert.deepEqual(errors, []);
  await close();
});

test('a play that is not there is told', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { play: 'nothing', lang: 'en' });
  await page.getByText('There is no play “nothing”.').waitFor();
  assert.deepEqual(errors, []);
  await close();
});

test('blocks are written as MJML that renders, come back as blocks, and leave foreign source alone', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  await page.getByRole('textbox', { name: 'Subject', exact: true }).fill('Blocks');
  await page.getByRole('button', { name: 'Begin with an example' }).click();
  const blocks = page.getByRole('list', { name: 'Blocks' });
  const kinds = () => page.locator('[data-block]').evaluateAll((items) => items.map((item) => item.dataset.block));
  assert.deepEqual(await kinds(), ['heading', 'text', 'button', 'footer']);
  await blocks.getByRole('textbox', { name: 'Words' }).first().fill('Spring & <more>');
  await page.getByRole('button', { name: 'Add block' }).click();
  await page.getByRole('menuitem', { name: 'Things of the event' }).click();
  await page.getByRole('button', { name: 'Add block' }).click();
  await page.getByRole('menuitem', { name: 'Columns' }).click();
  await page.getByRole('group', { name: 'Column 1' }).getByRole('textbox', { name: 'Words' }).fill('**Left** side');
  await page.getByRole('group', { name: 'Column 2' }).getByRole('textbox', { name: 'Words' }).fill('Right side');
  // Moved with the keyboard.
  await page.getByRole('button', { name: 'Move block 6 up' }).focus();
  await page.keyboard.press('Enter');
  assert.deepEqual(await kinds(), ['heading', 'text', 'button', 'footer', 'columns', 'products']);
  await page.getByRole('button', { name: 'Remove block 2' }).click();
  assert.deepEqual(await kinds(), ['heading', 'button', 'footer', 'columns', 'products']);
  const frame = page.frameLocator('[data-rendered="email"] iframe');
  await frame.getByText('Spring & <more>').waitFor();
  await frame.locator('strong', { hasText: 'Left' }).waitFor();
  await idle(page);
  await screenshot(page, 'blocks');
  assert.deepEqual(await seriousProblems(page), []);

  const definition = await saved(page, `Blocks ${run}`);
  const { body, form } = contentOf(definition);
  assert.equal(form, 'mjml');
  const shown = await api('/api/messages/preview', { content: definition.variants[0].content, properties: { items: [{ name: 'Tea', price: 3, image: 'https://example.com/t.png', url: 'https://example.com/t' }] } });
  assert.deepEqual(shown.problems.filter(({ error }) => error), []);
  assert.match(shown.rendered.html, /Spring &amp; &lt;more&gt;/);
  assert.match(shown.rendered.html, /<strong>Tea<\/strong><br ?\/?>3/, 'a row for each thing of the event');

  // Read back from what is stored.
  await page.reload();
  await settled(page);
  await page.locator('[data-blocks="5"]').waitFor();
  const mode = page.getByRole('radiogroup', { name: 'Written as' });
  await mode.getByText('MJML').click();
  const source = page.getByRole('textbox', { name: 'Text', exact: true });
  assert.match(body, /css-class="block-columns"/);
  await source.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText('<!-- by hand -->');
  await mode.getByText('Blocks').click();
  await page.getByText('These lines were not written by blocks').waitFor();
  assert.equal(await page.locator('[data-block]').count(), 0, 'nothing is thrown away unasked');
  await page.getByRole('button', { name: 'Begin anew with blocks' }).click();
  await page.locator('[data-blocks="4"]').waitFor();
  assert.deepEqual(errors, []);
  await close();
});

test('an offer for Gmail is shown in the list of e-mails and stored', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  await page.getByRole('textbox', { name: 'Subject', exact: true }).fill('Shoes for less');
  await page.getByRole('button', { name: 'Begin with an example' }).click();
  await page.getByRole('textbox', { name: 'Beside the subject' }).fill('Until Sunday');
  const offer = page.getByRole('group', { name: 'Offer in Gmail’s promotions' });
  await offer.getByRole('switch').check();
  await offer.getByRole('textbox', { name: 'What is offered' }).fill('20 % off');
  await offer.getByRole('textbox', { name: 'Code', exact: true }).fill('SHOES');
  await offer.getByLabel('From', { exact: true }).fill('2030-03-01T08:00');
  await offer.getByLabel('Until', { exact: true }).fill('2030-03-08T20:00');
  await offer.getByRole('textbox', { name: 'Picture of the offer' }).fill('https://example.com/shoes.png');
  await offer.getByRole('textbox', { name: 'Where the picture leads' }).fill('https://example.com/shoes');
  await offer.getByRole('textbox', { name: 'Price' }).fill('40.00');
  await offer.getByRole('textbox', { name: 'Discount' }).fill('10.00');
  await offer.getByRole('textbox', { name: 'Currency' }).fill('EUR');
  const inbox = page.locator('[data-inbox]');
  await inbox.locator('[data-gmail-offer]').getByText('20 % off').waitFor();
  await inbox.getByText('SHOES', { exact: true }).waitFor();
  await inbox.locator('[data-preheader]').getByText('Until Sunday').waitFor();
  await page.getByRole('button', { name: 'More fields' }).click();
  await page.getByRole('textbox', { name: 'Answers go to' }).fill('answers@example.com');
  await idle(page);
  await screenshot(page, 'gmail-offer');
  assert.deepEqual(await seriousProblems(page), []);
  const definition = await saved(page, `Offer ${run}`);
  const stored = contentOf(definition);
  const { starts_at: starts, ends_at: ends, ...rest } = stored.offer;
  assert.deepEqual(rest, { description: '20 % off', code: 'SHOES', image: 'https://example.com/shoes.png', link: 'https://example.com/shoes', price: '40.00', discount: '10.00', currency: 'EUR' });
  assert.ok(Date.parse(starts) < Date.parse(ends));
  assert.equal(stored.reply_to, 'answers@example.com');
  assert.equal(stored.preheader, 'Until Sunday');
  // A dark screen and a small one.
  await page.getByRole('switch', { name: 'Dark' }).check();
  await page.locator('[data-dark="true"]').waitFor();
  await page.getByText('Phone', { exact: true }).click();
  await page.locator('[data-width="phone"]').waitFor();
  await screenshot(page, 'email-dark-phone');
  assert.deepEqual(errors, []);
  await close();
});

test('a message of WhatsApp is written part by part and shown as a bubble', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('whatsapp');
  await page.getByRole('textbox', { name: 'Name of the template' }).fill('order_update');
  await page.getByRole('textbox', { name: 'Its language' }).fill('en_US');
  await page.getByRole('combobox', { name: 'Header' }).selectOption('image');
  await page.getByRole('textbox', { name: 'Address' }).fill('https://example.com/order.png');
  await page.getByRole('textbox', { name: 'What the template says' }).fill('Hello {{1}}, your order {{2}} is here.');
  for (const [place, value] of [['{{1}}', '{{ profile.country | default: "there" }}'], ['{{2}}', '1042']]) {
    await page.getByRole('button', { name: 'Add value' }).click();
    await page.getByRole('textbox', { name: place, exact: true }).fill(value);
  }
  await page.getByRole('textbox', { name: 'Footer' }).fill('Answer STOP to leave');
  const buttons = [['quick_reply', 'Thanks', 'What comes back', 'thanks'], ['url', 'See it', 'End of the address', 'o/1042'], ['phone', 'Call us', null, null], ['copy_code', 'Copy code', 'Code', 'AGAIN']];
  for (const [at, [kind, title, field, value]] of buttons.entries()) {
    await page.getByRole('button', { name: 'Add button' }).click();
    const button = page.getByRole('group', { name: `Button ${at + 1}` });
    await button.getByRole('combobox', { name: 'What it does' }).selectOption(kind);
    await button.getByRole('textbox', { name: 'What it says' }).fill(title);
    if (field) await button.getByRole('textbox', { name: field }).fill(value);
  }
  const bubble = page.locator('[data-whatsapp]');
  await bubble.getByText('Hello there, your order 1042 is here.').waitFor();
  await bubble.getByText('Call us').waitFor();
  await idle(page);
  await screenshot(page, 'whatsapp');
  assert.deepEqual(await seriousProblems(page), []);
  const stored = contentOf(await saved(page, `WhatsApp ${run}`));
  assert.deepEqual(stored, {
    kind: 'whatsapp',
    template: 'order_update',
    language: 'en_US',
    header: { kind: 'image', value: 'https://example.com/order.png' },
    parameters: ['{{ profile.country | default: "there" }}', '1042'],
    buttons: buttons.map(([kind, title, , value]) => ({ kind, title, value: value ?? '' })),
    wording: 'Hello {{1}}, your order {{2}} is here.',
    footer: 'Answer STOP to leave',
    body: '',
  });
  assert.deepEqual(errors, []);
  await close();
});

test('a notification is shown as both telephones show it, a text message with its length', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  const channel = page.getByRole('combobox', { name: 'Channel' });
  await channel.selectOption('push');
  await page.getByRole('textbox', { name: 'Title' }).fill('Your order');
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('It is on its way and will be there tomorrow between nine and noon.');
  await page.getByRole('textbox', { name: 'Picture' }).fill('https://example.com/parcel.png');
  await page.locator('[data-notification="android"] [data-title]').first().getByText('Your order').waitFor();
  await page.getByText('iOS', { exact: true }).click();
  await page.locator('[data-notification="ios"]').waitFor();
  await screenshot(page, 'push-preview');
  assert.deepEqual(await seriousProblems(page), []);
  await channel.selectOption('sms');
  const text = page.getByRole('textbox', { name: 'Text', exact: true });
  await text.fill('x'.repeat(161));
  await page.locator('[data-sms="gsm7"][data-parts="2"]').waitFor();
  await text.fill('Kargonuz yarın orada, teşekkürler');
  await page.locator('[data-sms="ucs2"][data-parts="1"]').waitFor();
  await page.getByText('Because of these characters').waitFor();
  await screenshot(page, 'sms-length');
  assert.deepEqual(errors, []);
  await close();
});

test('a person sees their own values and language, and a language of its own reads from the right', async () => {
  const { attributes } = await api('/api/catalogue');
  const attribute = attributes.some(({ name }) => name === 'name') ? 'name' : 'country';
  const { users } = await api('/api/users?limit=200');
  let person;
  let value;
  for (const { id } of users) {
    const { attributes: own } = await api(`/api/users/${encodeURIComponent(id)}`);
    if (typeof own[attribute] === 'string') [person, value] = [id, own[attribute]];
    if (person) break;
  }
  assert.ok(person, `somebody has ${attribute}`);
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  await page.getByRole('textbox', { name: 'Subject', exact: true }).fill('For ');
  await page.getByRole('button', { name: 'Put a personal value into: Subject' }).click();
  const picker = page.getByRole('dialog', { name: 'Put a personal value into: Subject' });
  await picker.getByLabel('Attribute').first().fill(attribute);
  await picker.getByLabel('Said without it').fill('nobody');
  await picker.getByRole('button', { name: 'Insert', exact: true }).click();
  await page.getByRole('button', { name: 'Begin with an example' }).click();
  const subject = page.locator('[data-rendered] [data-subject]');
  await subject.getByText('For nobody').waitFor();
  await page.getByRole('textbox', { name: 'As this person' }).or(page.getByRole('combobox', { name: 'As this person' })).first().fill(person);
  await subject.getByText(`For ${value}`).waitFor();
  // The same blocks in Arabic stand on the other side.
  await page.getByRole('combobox', { name: 'Language' }).or(page.getByRole('textbox', { name: 'Language' })).last().fill('ar');
  await page.getByRole('button', { name: 'Add language' }).click();
  await page.getByRole('tab', { name: 'Arabic' }).and(page.locator('[aria-selected="true"]')).waitFor();
  await page.locator('[data-rendered][dir="rtl"]').waitFor();
  const definition = await saved(page, `Personal ${run}`);
  assert.match(contentOf(definition, 'ar').body, /css-class="blocks blocks-rtl"/);
  assert.match(contentOf(definition, 'ar').body, /align="right"/);
  assert.match(contentOf(definition).subject, /default: "nobody"/);
  assert.deepEqual(errors, []);
  await close();
});

for (const lang of LANGUAGES) {
  test(`the composer is right in ${lang}`, async () => {
    const made = await api('/api/campaigns', { name: `Pages ${lang} ${run}`, channel: 'whatsapp', trigger: { kind: 'once' }, variants: [{ id: 'a', content: { default: { kind: 'whatsapp', template: 't', language: 'en', header: { kind: 'document', value: 'https://example.com/a.pdf' }, wording: 'Hello {{1}}', parameters: ['you'], buttons: [{ kind: 'url', title: 'See', value: 'a' }] } } }] });
    const push = await api('/api/campaigns', { name: `Push ${lang} ${run}`, channel: 'push', trigger: { kind: 'once' }, variants: [{ id: 'a', content: { default: { kind: 'push', title: 'Your order', body: 'It is here', image: 'https://example.com/a.png', buttons: [{ id: 'a', title: 'See' }] } } }] });
    const pages = { gallery: '/campaigns', 'composer-blocks': '/campaigns/new?play=win-back&step=content&locale=ar', 'composer-whatsapp': `/campaigns/${made.id}/edit?step=content`, 'composer-push': `/campaigns/${push.id}/edit?step=content` };
    const problems = [];
    try {
      for (const phone of [false, true]) {
        const { page, errors, close } = await open(browser, { ...(phone && { width: 390, height: 844 }), scheme: phone ? 'dark' : 'light' });
        for (const [name, path] of Object.entries(pages)) {
          await go(page, path, { lang });
          await idle(page);
          await screenshot(page, `${name}-${lang}${phone ? '-phone' : ''}`);
          assert.equal(await page.locator('[role="alert"]').count(), 0, `${name} shows no error`);
          assert.deepEqual(errors, [], `${name} logs no error`);
          assert.equal(await sidewaysScroll(page), 0, `${name} fits its window`);
          problems.push(...(await seriousProblems(page)).map((text) => `${name}: ${text}`));
        }
        await close();
      }
      assert.deepEqual(problems, [], 'every page is accessible');
    } finally {
      const headers = process.env.PERENNIAL_KEY ? { authorization: `Bearer ${process.env.PERENNIAL_KEY}` } : {};
      for (const { id } of [made, push]) await fetch(`${base}/api/campaigns/${id}`, { method: 'DELETE', headers });
    }
  });
}
