// Campaigns through the dashboard, from a channel to a report: a provider is made and tried, a campaign
// written, previewed, reviewed and sent to a receiver that this test runs; every message is accounted for.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { api, base, fixedInstant, go, idle, launch, numberIn, open, screenshot, seriousProblems, settled, sidewaysScroll } from './browser.mjs';

// Names of this run only: a second run on the same server begins anew.
const run = Date.now().toString(36);
const NAME = `Probe ${run}`;
const PROVIDER = `Receiver ${run}`;
const LANGUAGES = ['en', 'tr', 'ar', 'id'];
/** Whether on a phone. */
const SIZES = { en: [false, true], tr: [false], ar: [false, true], id: [true] };

let browser;
let receiver;
let received = [];
let address;
let campaign;
let policyBefore;
/** Whom the campaign is for, in the words of whatever data the server has. */
let audience;
let country;
let goal;

const put = async (path, body) => {
  const key = process.env.PERENNIAL_KEY;
  const answer = await fetch(base + path, { method: 'PUT', headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: HTTP ${answer.status} ${answer.ok ? '' : await answer.text()}`);
  return answer.json();
};

before(async () => {
  receiver = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${receiver.address().port}`;
  // At whatever hour this runs: nothing is held back for the hour or for what was sent before.
  policyBefore = await api('/api/settings/contact-policy');
  await put('/api/settings/contact-policy', { ...policyBefore, caps: [], gaps: [], quiet: [], legal_hours: false });
  // An event with money, and of the countries the one with the most people that are still few.
  const { attributes, events } = await api('/api/catalogue');
  goal = events.find(({ properties }) => properties.some(({ name }) => name === 'amount')).name;
  let best = 0;
  for (const value of attributes.find(({ name }) => name === 'country').examples) {
    const definition = `did "${goal}" in last 90d and country = "${value}"`;
    const { count } = await api('/api/segments/preview', { definition });
    if (count > best && count < 500) [best, country, audience] = [count, value, definition];
  }
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (policyBefore) await put('/api/settings/contact-policy', policyBefore);
  const { providers } = await api('/api/providers');
  const made = providers.find(({ name }) => name === PROVIDER);
  if (made) await fetch(`${base}/api/providers/${made.id}`, { method: 'DELETE', headers: process.env.PERENNIAL_KEY ? { authorization: `Bearer ${process.env.PERENNIAL_KEY}` } : {} });
  receiver?.closeAllConnections();
  await new Promise((resolve) => receiver?.close(resolve));
});

test('a provider is made, tried and shown with its state', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/settings', { tab: 'channels', lang: 'en' });
  await page.getByRole('button', { name: 'New provider' }).click();
  const form = page.getByRole('dialog', { name: 'New provider' });
  await form.getByLabel('Kind').selectOption('webhook');
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill(PROVIDER);
  await form.getByLabel('Also addresses of private networks').check();
  assert.deepEqual(await seriousProblems(page), []);
  await form.getByRole('button', { name: 'Make provider' }).click();
  await form.waitFor({ state: 'hidden' });
  const { providers } = await api('/api/providers');
  const made = providers.find(({ name }) => name === PROVIDER);
  assert.deepEqual(made.secrets, ['secret'], 'its secret was made and is not shown');

  await page.getByRole('button', { name: `Test ${PROVIDER}` }).click();
  const dialog = page.getByRole('dialog', { name: `Test “${PROVIDER}”` });
  await dialog.getByLabel('Where to').fill(`${address}/test`);
  await dialog.getByRole('button', { name: 'Send test' }).click();
  await dialog.locator('[data-tested="true"]').waitFor();
  assert.deepEqual(received.map(({ path }) => path), ['/test']);
  assert.ok(received[0].headers['webhook-signature'], 'it is signed');

  await dialog.getByLabel('Where to').fill('http://127.0.0.1:1/');
  await dialog.getByRole('button', { name: 'Send test' }).click();
  await dialog.locator('[data-tested="false"]').waitFor();
  assert.match(await dialog.locator('[data-tested]').innerText(), /No connection/);
  assert.deepEqual(errors, []);
  await close();
});

test('a campaign is written step by step, reviewed with a count, and sent', async () => {
  received = [];
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { lang: 'en' });
  await page.getByRole('textbox', { name: 'Name of the campaign' }).fill(NAME);

  // To whom.
  await page.getByText('Text', { exact: true }).click();
  const editor = page.getByRole('textbox', { name: 'Definition in text form' });
  await editor.click();
  await page.keyboard.insertText(audience);
  await page.getByRole('button', { name: 'Next: Content' }).click();

  // What: another channel, a personal value, a second variant.
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('webhook');
  await page.getByRole('combobox', { name: 'Provider' }).selectOption({ label: PROVIDER });
  await page.getByRole('textbox', { name: 'URL' }).fill(`${address}/message`);
  const body = page.getByRole('textbox', { name: 'Text', exact: true });
  await body.click();
  await page.keyboard.insertText('{"country": "');
  await page.getByRole('button', { name: 'Put a personal value into: Text' }).click();
  const picker = page.getByRole('dialog', { name: 'Put a personal value into: Text' });
  await picker.getByLabel('Attribute').first().fill('country');
  await picker.getByLabel('Said without it').fill('none');
  await picker.getByRole('button', { name: 'Insert', exact: true }).click();
  await page.keyboard.insertText('"}');
  await page.locator('[data-rendered="webhook"]').getByText('{"country": "none"}').waitFor();
  await page.getByRole('button', { name: 'Add variant' }).click();
  assert.match(await page.getByRole('radiogroup', { name: 'Variant', exact: true }).innerText(), /A · 50%\s+B · 50%/);
  await screenshot(page, 'campaign-content');
  assert.deepEqual(await seriousProblems(page), []);

  // When, and what for.
  await page.getByRole('button', { name: 'Next: When' }).click();
  await page.getByRole('combobox', { name: 'Trigger' }).selectOption('recurring');
  await page.getByRole('combobox', { name: 'Trigger' }).selectOption('once');
  await page.getByRole('button', { name: 'Next: Goals' }).click();
  await page.getByRole('button', { name: 'Add goal' }).click();
  await page.getByRole('combobox', { name: 'Event' }).fill(goal);
  await page.getByRole('combobox', { name: 'Property with the revenue' }).fill('amount');
  await page.getByRole('button', { name: 'Next: Review' }).click();

  // The review says how many; a draft is a draft until then.
  const start = page.locator('[data-start]');
  await start.and(page.getByRole('button', { name: /Send to \d+ people now/ })).waitFor();
  const definition = { name: '-', channel: 'webhook', trigger: { kind: 'once' }, audience, variants: [{ id: 'a', content: { default: { kind: 'webhook', url: 'https://example.com/' } } }], control: 0.1, goals: [{ event: goal, within: '7d', revenue: 'amount' }] };
  const reach = await api('/api/campaigns/reach', definition);
  assert.ok(reach.messages > 0, 'there is somebody to write to');
  assert.equal(numberIn(await start.innerText()), reach.messages);
  await page.getByRole('button', { name: 'Save draft' }).click();
  await page.waitForURL(/\/campaigns\/.+\/edit\?.*step=review/);
  await settled(page);
  assert.equal(await page.getByRole('textbox', { name: 'Name of the campaign' }).inputValue(), NAME);
  assert.equal(received.length, 0, 'nothing is sent by saving');
  await start.and(page.getByRole('button', { name: /Send to \d+ people now/ })).waitFor();
  await screenshot(page, 'campaign-review');
  assert.deepEqual(await seriousProblems(page), []);
  await start.click();
  await page.waitForURL(/\/campaigns\/[^/]+$/);
  campaign = decodeURIComponent(new URL(page.url()).pathname.split('/')[2]);

  // Until everybody has been decided about and everything is sent.
  let report;
  for (;;) {
    report = await api(`/api/campaigns/${campaign}/report`);
    if (report.funnel.decided > 0 && report.funnel.waiting === 0 && report.funnel.sent === received.length) break;
    await page.waitForTimeout(200);
  }
  assert.ok(received.every(({ path, body: text }) => path === '/message' && JSON.parse(text).country === country), 'each is told what is known of them');
  assert.deepEqual(errors, []);
  await close();
});

test('the report closes: every number is the sum of those below it', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, `/campaigns/${campaign}`, { lang: 'en' });
  await idle(page);
  const counts = Object.fromEntries(await page.locator('[data-funnel] [data-step]').evaluateAll((rows) => rows.map((row) => [row.dataset.step, Number(row.dataset.count)])));
  const { funnel } = await api(`/api/campaigns/${campaign}/report`);
  assert.equal(counts.decided, (counts.held_out ?? 0) + (counts.withheld ?? 0) + counts.queued);
  assert.equal(counts.queued, counts.sent + (counts.failed ?? 0) + (counts.waiting ?? 0));
  assert.deepEqual([counts.decided, counts.sent], [funnel.decided, funnel.sent]);
  assert.equal(counts.sent, received.length);
  await page.locator('[data-arms]').waitFor();
  assert.equal(await page.locator('[data-interval], [data-no-effect]').count() > 0, true, 'it shows an effect or why there is none');
  await screenshot(page, 'campaign-report');
  assert.deepEqual(await seriousProblems(page), []);
  // Every reason leads to its messages.
  await page.locator('[data-funnel] [data-step="held_out"] a').click();
  await page.waitForURL(/\/deliveries\?.*state=held_out/);
  await settled(page);
  await page.locator('[data-delivery]').first().waitFor();
  assert.equal(await page.locator('[data-delivery]').count(), Math.min(counts.held_out, 100));
  assert.deepEqual(errors, []);
  await close();
});

test('an effect is drawn as an interval, and arms that are off are told', async () => {
  // A real effect takes days; its picture is checked with numbers of which the truth is known.
  const report = await api(`/api/campaigns/${campaign}/report`);
  const interval = (value, low, high) => ({ value, low, high });
  const effect = (arm, difference, significant) => ({
    arm, difference, significant, lift: interval(0.24, 0.08, 0.41), p_value: 0.004, extra_converted: interval(41.2, 13, 69), revenue_per_user: null, extra_revenue: interval(2060.5, 650, 3470),
  });
  const [known] = report.goals;
  const goals = [{ ...known, effect: effect('all', interval(0.021, 0.006, 0.036), true), variants: [effect('a', interval(0.034, 0.012, 0.056), true), effect('b', interval(0.008, -0.011, 0.027), false)], groups: [], no_effect_because: null }];
  for (const lang of ['en', 'ar']) {
    const { page, errors, close } = await open(browser, { scheme: lang === 'ar' ? 'dark' : 'light' });
    await page.route(`**/api/campaigns/${campaign}/report*`, (route) => route.fulfill({ json: { ...report, goals, sample_ratio: { p_value: 0.00002, mismatch: true } } }));
    await go(page, `/campaigns/${campaign}`, { lang });
    await page.locator('[data-mismatch]').waitFor();
    await page.locator('[data-significant="true"]').waitFor();
    const rows = await page.locator('[data-interval]').evaluateAll((groups) => groups.map((group) => {
      const [bar] = group.querySelectorAll('line');
      return { arm: group.dataset.interval, from: Number(bar.getAttribute('x1')), to: Number(bar.getAttribute('x2')), at: Number(group.querySelector('circle').getAttribute('cx')) };
    }));
    const zero = Number(await page.locator('svg line[class*="zero"]').getAttribute('x1'));
    assert.deepEqual(rows.map(({ arm }) => arm), ['all', 'a', 'b']);
    for (const { arm, from, to, at } of rows) assert.ok(from < at && at < to, `${arm}: the estimate lies inside its interval`);
    assert.ok(rows[0].from > zero && rows[1].from > zero && rows[2].from < zero, 'only what is open crosses zero');
    assert.ok(Math.abs((rows[0].at - zero) / (rows[1].at - zero) - 21 / 34) < 0.01, 'lengths are true');
    await idle(page);
    await screenshot(page, `campaign-effect-${lang}`);
    assert.deepEqual(await seriousProblems(page), []);
    assert.equal(await sidewaysScroll(page), 0);
    assert.deepEqual(errors, []);
    await close();
  }
});

test('one message goes to a test user, and is not counted', async () => {
  const { deliveries } = await api(`/api/deliveries?campaign=${campaign}&state=sent&limit=1`);
  const [{ user }] = deliveries;
  const before = await api(`/api/campaigns/${campaign}/report`);
  await put(`/api/users/${encodeURIComponent(user)}/test-user`, { test_user: true });
  const { page, errors, close } = await open(browser);
  try {
    received = [];
    await go(page, `/campaigns/${campaign}`, { lang: 'en' });
    await page.getByRole('combobox', { name: 'Test user' }).selectOption(user);
    await page.getByRole('combobox', { name: 'Variant', exact: true }).last().selectOption('b');
    await page.getByRole('button', { name: 'Send test' }).click();
    await page.locator('[data-tested="true"]').waitFor();
    assert.equal(received.length, 1);
    assert.equal((await api(`/api/campaigns/${campaign}/report`)).funnel.sent, before.funnel.sent);
    assert.deepEqual(errors, []);
  } finally {
    await put(`/api/users/${encodeURIComponent(user)}/test-user`, { test_user: false });
    await close();
  }
});

test('a message says why it was sent or not, in the log and on its person', async () => {
  const { page, errors, close } = await open(browser);
  const { deliveries } = await api(`/api/deliveries?campaign=${campaign}&state=held_out&limit=1`);
  const [held] = deliveries;
  await go(page, '/deliveries', { campaign, user: held.user, lang: 'en' });
  await page.locator(`[data-delivery="${held.id}"]`).getByRole('button', { name: /^Why/ }).click();
  const drawer = page.getByRole('dialog', { name: 'One message' });
  await drawer.locator('[data-about="control"][data-passed="false"]').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('delivery'), held.id, 'the address says which one is open');
  await screenshot(page, 'delivery-why');
  assert.deepEqual(await seriousProblems(page), []);
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await go(page, `/people/${encodeURIComponent(held.user)}`, { lang: 'en' });
  await page.locator(`[data-delivery="${held.id}"][data-state="held_out"]`).waitFor();
  assert.deepEqual(errors, []);
  await close();
});

test('a campaign on a schedule is paused, resumed and stopped, each after a question', async () => {
  const { page, errors, close } = await open(browser);
  const input = { name: `Weekly ${run}`, channel: 'in_app', trigger: { kind: 'recurring', every: 'week', weekdays: ['monday'], at: ['09:00'] }, variants: [{ id: 'a', content: { default: { kind: 'in_app', layout: 'alert', title: 'Hello' } } }], goals: [{ event: goal, within: '7d' }] };
  const { id } = await api('/api/campaigns', input);
  await go(page, `/campaigns/${id}`, { lang: 'en' });
  for (const [action, status] of [['Start', 'scheduled'], ['Pause', 'paused'], ['Resume', 'running'], ['Stop', 'stopped']]) {
    await page.getByRole('button', { name: action, exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `${action} “${input.name}”?` });
    if (action === 'Start') await dialog.getByRole('list', { name: 'Reach' }).waitFor();
    await dialog.getByRole('button', { name: action, exact: true }).click();
    await page.locator(`[data-status="${status}"]`).waitFor();
    assert.equal((await api(`/api/campaigns/${id}`)).status, status);
  }
  assert.equal(await page.getByRole('link', { name: 'Edit' }).count(), 0, 'what is over cannot be changed');
  assert.deepEqual(errors, []);
  await close();
});

/** Everybody of a backtest is in one of the rows of the table. */
const spreadAddsUp = async (page, { people, worst }) => {
  const rows = await page.locator('[data-bucket]').evaluateAll((all) => all.map((row) => Number(row.dataset.bucket)));
  assert.equal(rows.reduce((sum, n) => sum + n, 0), people);
  assert.ok(rows.length <= 20, 'however many messages somebody would have got');
  if (worst) assert.equal(await page.locator('[data-worst]').getAttribute('data-worst'), String(worst.messages));
};

test('a draft is tried on the past, also as if everybody could be reached, and nothing is sent', async () => {
  const { page, errors, close } = await open(browser);
  const content = (body) => ({ default: { kind: 'email', subject: body, form: 'html', body: `<p>${body} <a href="{{ unsubscribe_url }}">Unsubscribe</a></p>` } });
  const input = { name: `Tried ${run}`, channel: 'email', control: 0.2, trigger: { kind: 'event', event: goal }, again: { kind: 'always' }, variants: [{ id: 'a', content: content('A') }, { id: 'b', content: content('B') }] };
  const { id } = await api('/api/campaigns', input);
  received = [];
  await go(page, `/campaigns/${id}`, { lang: 'en' });
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.locator('[data-trial="done"]').waitFor({ timeout: 60_000 });
  const result = async () => (await api(`/api/backtests/${new URL(page.url()).searchParams.get('backtest')}`)).result;
  const known = await result();
  assert.ok(known.entered > 0);
  await page.locator(`[data-backtest="${known.entered}"]`).waitFor({ state: 'attached' });
  await spreadAddsUp(page, known);
  if (await page.locator('[data-more]').count()) await page.locator('[data-more]').getByRole('button').last().click();
  assert.equal(known.found.length, await page.locator('[data-outcome]').count(), 'each message is decided once: nothing is put off here');
  await page.getByLabel('Assume that everybody can be reached').check();
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.locator('[data-assumed]').waitFor({ timeout: 60_000 });
  const assumed = await result();
  await spreadAddsUp(page, assumed);
  assert.equal(assumed.sent, known.sent + Object.values(assumed.assumed).reduce((sum, n) => sum + n, 0));
  assert.equal(received.length, 0);
  assert.equal((await api(`/api/campaigns/${id}`)).status, 'draft');
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'campaign-backtest');
  assert.deepEqual(errors, []);
  await close();
});

test('what keeps a campaign from being started is told, and the draft is kept', async () => {
  const { page, close } = await open(browser);
  // Of text messages no test makes a provider.
  await go(page, '/campaigns/new', { step: 'content', lang: 'en' });
  const name = `Welcome ${run}`;
  await page.getByRole('textbox', { name: 'Name of the campaign' }).fill(name);
  await page.getByRole('combobox', { name: 'Channel' }).selectOption('sms');
  await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Welcome');
  await page.getByRole('button', { name: 'Next: When' }).click();
  await page.getByRole('combobox', { name: 'Trigger' }).selectOption('api');
  await page.getByRole('button', { name: 'Next: Goals' }).click();
  await page.getByRole('button', { name: 'Next: Review' }).click();
  await page.getByRole('button', { name: 'Start and wait for the trigger' }).click();
  await page.waitForURL(/\/campaigns\/.+\/edit/);
  await page.getByRole('alert').getByText('campaign.no_provider').waitFor();
  const { campaigns } = await api('/api/campaigns');
  const kept = campaigns.find((one) => one.name === name);
  assert.equal(kept.status, 'draft');
  // A draft is deleted after a question.
  await go(page, `/campaigns/${kept.id}`, { lang: 'en' });
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.waitForURL(/\/campaigns$/);
  assert.equal((await api('/api/campaigns')).campaigns.some((one) => one.name === name), false);
  await close();
});

test('an e-mail is previewed in a frame that runs nothing, at two widths and from right to left', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { play: 'win-back', step: 'content', lang: 'en' });
  const rendered = page.locator('[data-rendered="email"]');
  await rendered.locator('[data-subject]').getByText('We have not seen you for a while').waitFor();
  const frame = rendered.locator('iframe');
  assert.equal(await frame.getAttribute('sandbox'), '', 'it may do nothing');
  await page.getByRole('tab', { name: 'Arabic' }).click();
  await page.locator('[data-rendered][dir="rtl"] [data-subject]').getByText('اشتقنا إليك').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('locale'), 'ar');
  await page.getByText('Phone', { exact: true }).click();
  assert.ok((await page.locator('[data-width="phone"]').boundingBox()).width <= 375);
  await screenshot(page, 'campaign-preview-arabic');
  // A mistake is told with its place.
  await page.getByRole('textbox', { name: 'Subject', exact: true }).fill('Hello {{ profile.country | nothing');
  await page.locator('[data-problems="errors"]').waitFor();
  assert.match(await page.locator('[data-problems="errors"]').innerText(), /subject/);
  assert.deepEqual(errors, []);
  await close();
});

test('the contact policy is changed and kept', async () => {
  const { page, errors, close } = await open(browser);
  const policy = await api('/api/settings/contact-policy');
  await go(page, '/settings', { tab: 'contact', lang: 'en' });
  await page.getByRole('button', { name: 'Add cap' }).click();
  const cap = page.getByRole('group', { name: `Cap ${policy.caps.length + 1}` });
  await cap.getByLabel('At most').fill('1');
  await cap.getByLabel('Within').fill('1h');
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByText('Saved. It holds from now on.').waitFor();
  const after = await api('/api/settings/contact-policy');
  assert.deepEqual(after.caps.at(-1), { most: 1, within: '1h', channels: [], labels: [] });
  await put('/api/settings/contact-policy', policy);
  assert.deepEqual(errors, []);
  await close();
});

for (const lang of LANGUAGES) {
  test(`the pages of campaigns are right in ${lang}`, async () => {
    const pages = {
      campaigns: '/campaigns',
      'campaign-new': '/campaigns/new?play=at-risk-rescue',
      'campaign-message': '/campaigns/new?play=win-back&step=content',
      'campaign-when': '/campaigns/new?play=win-back&step=when',
      'campaign-goals': '/campaigns/new?play=welcome&step=goals',
      'campaign-overview': '/campaigns/new?play=storm-notice&step=review',
      campaign: `/campaigns/${campaign}`,
      deliveries: `/deliveries?campaign=${campaign}`,
      channels: '/settings?tab=channels',
      policy: '/settings?tab=contact',
    };
    const problems = [];
    for (const phone of SIZES[lang]) {
      const { page, errors, close } = await open(browser, { ...(phone && { width: 390, height: 844 }), scheme: lang === 'tr' || (lang === 'ar' && phone) ? 'dark' : 'light' });
      for (const [name, path] of Object.entries(pages)) {
        await go(page, path, { lang });
        await idle(page);
        await screenshot(page, `${name}-${lang}${phone ? '-phone' : ''}`);
        assert.equal(await page.locator('[role="alert"]:not([data-mismatch])').count(), 0, `${name} shows no error`);
        assert.deepEqual(errors, [], `${name} logs no error`);
        assert.equal(await sidewaysScroll(page), 0, `${name} fits its window`);
        problems.push(...(await seriousProblems(page)).map((text) => `${name}: ${text}`));
      }
      await close();
    }
    assert.deepEqual(problems, [], 'every page is accessible');
  });
}

test('a report as of an earlier instant knows nothing of later messages', async () => {
  const instant = new Date(Date.parse(await fixedInstant()) - 86_400_000).toISOString();
  const { page, close } = await open(browser);
  await go(page, `/campaigns/${campaign}`, { as_of: instant, lang: 'en' });
  await page.getByText('Nobody has been decided about yet.').waitFor();
  await close();
});
