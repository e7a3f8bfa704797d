// How a campaign is judged and who lets it go, through the dashboard: the period and confidence of a report, a
// winner, credited beside caused, messages that are sent again, approvals, control groups.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { api, base, go, idle, launch, open, screenshot, seriousProblems, settled, sidewaysScroll } from './browser.mjs';

const run = Date.now().toString(36);
const PROVIDER = `Judge ${run}`;
const SIZES = { en: [false, true], tr: [true], ar: [false, true], id: [false] };
const headers = { 'content-type': 'application/json', ...(process.env.PERENNIAL_KEY && { authorization: `Bearer ${process.env.PERENNIAL_KEY}` }) };

let browser;
let receiver;
let provider;
let policyBefore;
let goal;
/** The receiver refuses everything for good. */
let rejects = false;
let received = [];
let campaign;

async function put(path, body) {
  const answer = await fetch(base + path, { method: 'PUT', headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: HTTP ${answer.status} ${answer.ok ? '' : await answer.text()}`);
  return answer.json();
}

/** Waits until everything of a campaign has an outcome. */
async function finished(id) {
  for (;;) {
    const report = await api(`/api/campaigns/${id}/report`);
    const { funnel } = report;
    if (funnel.decided > 0 && funnel.waiting === 0 && (await api(`/api/campaigns/${id}`)).status === 'ended') return report;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const definition = (name, more) => ({
  name,
  channel: 'webhook',
  provider,
  trigger: { kind: 'once' },
  control: 0.2,
  variants: ['a', 'b'].map((id) => ({ id, name: { a: 'Plain', b: 'Bold' }[id], content: { default: { kind: 'webhook', url: `http://127.0.0.1:${receiver.address().port}/`, body: '{}' } } })),
  goals: [{ event: goal, within: '7d', revenue: 'amount' }],
  ...more,
});

before(async () => {
  receiver = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      if (!rejects) received.push(request.headers['webhook-id']);
      response.writeHead(rejects ? 400 : 200).end('{}');
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  policyBefore = await api('/api/settings/contact-policy');
  await put('/api/settings/contact-policy', { ...policyBefore, caps: [], gaps: [], quiet: [], legal_hours: false });
  const { events } = await api('/api/catalogue');
  goal = events.find(({ properties }) => properties.some(({ name }) => name === 'amount')).name;
  ({ id: provider } = await api('/api/providers', { name: PROVIDER, settings: { kind: 'webhook', private_networks: true } }));
  const { attributes } = await api('/api/catalogue');
  const [country] = attributes.find(({ name }) => name === 'country').examples;
  const input = definition(`Judged ${run}`, { audience: `country = "${country}"` });
  ({ id: campaign } = await api('/api/campaigns', input));
  await api(`/api/campaigns/${campaign}/status`, { action: 'start' });
  await finished(campaign);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  if (policyBefore) await put('/api/settings/contact-policy', policyBefore);
  if (provider) await fetch(`${base}/api/providers/${provider}`, { method: 'DELETE', headers });
  receiver?.closeAllConnections();
  await new Promise((resolve) => receiver?.close(resolve));
});

test('period and confidence of a report stand in the address and change what is counted', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, `/campaigns/${campaign}`, { lang: 'en' });
  const controls = page.locator('[data-report-controls]');
  await controls.getByLabel('Confidence').selectOption('0.99');
  await page.waitForURL(/confidence=0\.99/);
  await idle(page);
  const { funnel } = await api(`/api/campaigns/${campaign}/report?confidence=0.99`);
  assert.equal(await page.locator('[data-funnel] [data-step="decided"]').getAttribute('data-count'), String(funnel.decided));
  // Nobody was drawn before the campaign was made.
  await controls.getByLabel('Drawn until').fill('2020-01-01');
  await page.getByText('Nobody has been decided about yet.').waitFor();
  await controls.getByRole('button', { name: 'Show everything' }).click();
  await page.locator('[data-funnel] [data-step="decided"]').waitFor();
  assert.equal(new URL(page.url()).searchParams.get('until'), null);
  assert.deepEqual(await seriousProblems(page), []);
  assert.deepEqual(errors, []);
  await close();
});

/** A report whose truth is known: a real winner takes days. */
async function planted() {
  const report = await api(`/api/campaigns/${campaign}/report`);
  const interval = (value, low, high) => ({ value, low, high });
  const effect = (arm, name, difference) => ({ arm, name, difference, significant: true, lift: interval(0.3, 0.1, 0.5), p_value: 0.004, extra_converted: interval(34.2, 10.1, 58.3), revenue_per_user: null, extra_revenue: null });
  const [known] = report.goals;
  const goals = [{
    ...known,
    effect: effect('all', 'all', interval(0.03, 0.01, 0.05)),
    variants: [],
    groups: [effect('workspace', 'workspace', interval(0.031, 0.001, 0.06)), effect('campaign', 'campaign', interval(0.03, 0.008, 0.052))],
    no_effect_because: null,
    credited: { ...known.credited, conversions: 120.5, revenue: 6040, through: [{ of: 'click', conversions: 80.5, revenue: 4020 }, { of: 'view', conversions: 40, revenue: 2020 }], variants: [{ of: 'a', conversions: 50, revenue: 2500 }, { of: 'b', conversions: 70.5, revenue: 3540 }] },
  }];
  const arms = ['a', 'b'].map((arm, at) => ({ arm, name: ['Plain', 'Bold'][at], users: 1_000 + at, converted: [100, 160][at] }));
  const verdict = {
    ...report.verdict, verdict: 'winner', winner: 'b', tied: [], decided_at: '2026-03-05T00:00:00.000Z', looked_at: '2026-03-09T00:00:00.000Z', looks: 7, open: 12, arms,
    pairs: [{ first: 'a', second: 'b', difference: interval(0.06, 0.02, 0.1), p_value: 0.003, better: 'b' }], winner_sent_since: '2026-03-05T00:00:03.000Z',
  };
  const warnings = [{ code: 'no_one_click', message: 'm', hint: 'h' }];
  return { ...report, goals, verdict, warnings, sample_ratio: { p_value: 0.4, mismatch: false } };
}

for (const lang of Object.keys(SIZES)) {
  test(`a winner, and credited beside caused, are shown in ${lang}`, async () => {
    const report = await planted();
    for (const phone of SIZES[lang]) {
      const { page, errors, close } = await open(browser, { ...(phone && { width: 390, height: 844 }), scheme: lang === 'tr' ? 'dark' : 'light' });
      await page.route(`**/api/campaigns/${campaign}/report*`, (route) => route.fulfill({ json: report }));
      await go(page, `/campaigns/${campaign}`, { lang });
      await page.locator('[data-verdict="winner"][data-winner="b"]').waitFor();
      assert.match(await page.locator('[data-verdict]').innerText(), /Bold/);
      await page.locator('[data-winner-sent]').waitFor();
      assert.equal(await page.locator('[data-pairs] tbody tr').count(), 1);
      if (lang === 'en') {
        assert.match(await page.locator('[data-tile="credited"]').innerText(), /120\.5/);
        assert.match(await page.locator('[data-tile="caused"]').innerText(), /34\.2[\s\S]*10\.1 to 58\.3/);
      }
      assert.equal(await page.locator('[data-credit] tbody tr').count(), 4);
      await page.locator('[data-groups]').waitFor();
      await page.locator('[data-warning="no_one_click"]').waitFor();
      await idle(page);
      await screenshot(page, `judged-${lang}${phone ? '-phone' : ''}`);
      assert.equal(await sidewaysScroll(page), 0);
      assert.deepEqual(await seriousProblems(page), []);
      assert.deepEqual(errors, []);
      await close();
    }
  });
}

test('the log of deliveries goes on page by page through one run', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/deliveries', { campaign, lang: 'en' });
  const all = (await api(`/api/deliveries?campaign=${campaign}&limit=1000`)).deliveries.map(({ id }) => id);
  const shown = () => page.locator('[data-delivery]').evaluateAll((rows) => rows.map((row) => row.dataset.delivery));
  await page.locator('[data-delivery]').first().waitFor();
  assert.deepEqual(await shown(), all.slice(0, 100));
  if (all.length > 100) {
    await page.locator('[data-more]').click();
    await page.waitForFunction(() => document.querySelectorAll('[data-delivery]').length > 100);
    assert.deepEqual(await shown(), all.slice(0, 200));
  }
  assert.deepEqual(errors, []);
  await close();
});

test('failed messages are sent again, one and all, and are not there twice', async () => {
  rejects = true;
  received = [];
  const { users } = await api('/api/users?limit=5');
  const { id } = await api('/api/campaigns', definition(`Lost ${run}`, { trigger: { kind: 'api' }, control: 0 }));
  await api(`/api/campaigns/${id}/status`, { action: 'start' });
  await put('/api/settings/contact-policy', { ...policyBefore, control: 0, caps: [], gaps: [], quiet: [], legal_hours: false });
  await api(`/api/campaigns/${id}/send`, { users: users.map((user) => user.id) });
  const failed = async () => (await api(`/api/deliveries?campaign=${id}&state=failed`)).deliveries;
  while ((await failed()).length < users.length) await new Promise((resolve) => setTimeout(resolve, 100));
  rejects = false;
  const { page, errors, close } = await open(browser);
  await go(page, '/deliveries', { campaign: id, state: 'failed', lang: 'en' });
  const [first] = await failed();
  await page.locator(`[data-delivery="${first.id}"]`).getByRole('button', { name: /^Why/ }).click();
  const drawer = page.getByRole('dialog', { name: 'One message' });
  await drawer.locator('[data-retry]').click();
  await drawer.getByText('Message Retried').waitFor();
  await screenshot(page, 'delivery-retried');
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await page.locator('[data-retry-all]').click();
  assert.deepEqual(await seriousProblems(page), []);
  await page.locator('[data-retry-confirm]').click();
  await page.locator(`[data-retried="${users.length - 1}"]`).waitFor();
  await screenshot(page, 'deliveries-retried');
  while (received.length < users.length) await page.waitForTimeout(100);
  await page.waitForTimeout(500);
  assert.equal(new Set(received).size, received.length);
  assert.equal(received.length, users.length);
  assert.deepEqual(errors, []);
  await api(`/api/campaigns/${id}/status`, { action: 'stop' });
  await close();
});

test('where campaigns need approval the page says who may give it', async () => {
  await put('/api/settings/contact-policy', { ...policyBefore, approval: true });
  try {
    const { id } = await api('/api/campaigns', definition(`Guarded ${run}`, { trigger: { kind: 'api' } }));
    for (const [lang, phone] of [['en', false], ['ar', true]]) {
      const { page, close } = await open(browser, phone ? { width: 390, height: 844 } : {});
      await go(page, `/campaigns/${id}`, { lang });
      await page.locator('[data-approval="missing"]').waitFor();
      assert.equal(await sidewaysScroll(page), 0);
      assert.deepEqual(await seriousProblems(page), []);
      await screenshot(page, `approval-${lang}`);
      await close();
    }
    const { page, close } = await open(browser);
    await go(page, `/campaigns/${id}`, { lang: 'en' });
    await page.getByRole('button', { name: 'Approve this version' }).click();
    // Whoever asks is the one who made it.
    await page.getByRole('alert').getByText('campaign.own_approval').waitFor();
    await go(page, `/campaigns/${id}/edit`, { step: 'review', lang: 'en' });
    await page.locator('[data-approval-needed]').waitFor();
    await fetch(`${base}/api/campaigns/${id}`, { method: 'DELETE', headers });
    await close();
  } finally {
    await put('/api/settings/contact-policy', policyBefore);
  }
});

test('a control group is made, named by a campaign, and asked for with its reach', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/settings', { tab: 'contact', lang: 'en' });
  await page.getByRole('button', { name: 'Add control group' }).click();
  const group = page.getByRole('group', { name: `Control group ${(policyBefore.groups ?? []).length + 1}` });
  await group.getByLabel('Id').fill('no-discounts');
  await group.getByLabel('Name').fill('No discounts');
  await group.getByLabel('Share').fill('10');
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'policy-groups');
  await page.getByRole('button', { name: 'Save policy' }).click();
  await page.getByText('Saved. It holds from now on.').waitFor();
  assert.deepEqual((await api('/api/settings/contact-policy')).groups.at(-1), { id: 'no-discounts', name: 'No discounts', share: 0.1 });
  await go(page, '/campaigns/new', { lang: 'en' });
  await page.getByRole('textbox', { name: 'Name of the campaign' }).fill(`Grouped ${run}`);
  // The field itself lies under what is chosen; the keyboard opens it like a click beside.
  await page.getByRole('combobox', { name: 'Control groups that it respects' }).focus();
  await page.keyboard.press('Space');
  const asked = page.waitForRequest((request) => request.url().endsWith('/api/campaigns/reach') && (request.postDataJSON().control_groups ?? []).includes('no-discounts'));
  await page.getByRole('option', { name: 'No discounts' }).click();
  await page.keyboard.press('Escape');
  // Whoever can be reached on the channel of the draft is counted with the group in view.
  assert.equal((await (await asked).response()).status(), 200);
  await settled(page);
  await screenshot(page, 'audience-groups');
  assert.deepEqual(errors, []);
  await put('/api/settings/contact-policy', policyBefore);
  await close();
});

test('the rule for a winner is written with the goals', async () => {
  const { page, errors, close } = await open(browser);
  await go(page, '/campaigns/new', { play: 'welcome', step: 'goals', lang: 'en' });
  const fields = page.locator('[data-decision]');
  await fields.getByLabel('Confidence').selectOption('0.9');
  await fields.getByLabel('Hoped-for difference (points)').fill('3');
  await fields.getByLabel('A tie below (points)').fill('1');
  await fields.getByLabel('Credit after a click').fill('3d');
  assert.deepEqual(await seriousProblems(page), []);
  await screenshot(page, 'campaign-decision');
  await page.getByRole('textbox', { name: 'Name of the campaign' }).fill(`Ruled ${run}`);
  await page.getByRole('button', { name: 'Save draft' }).click();
  await page.waitForURL(/\/campaigns\/.+\/edit/);
  const { campaigns } = await api('/api/campaigns');
  const { id } = campaigns.find(({ name }) => name === `Ruled ${run}`);
  const saved = (await api(`/api/campaigns/${id}`)).definition;
  assert.deepEqual([saved.decision.confidence, saved.decision.expected, saved.decision.tie_margin], [0.9, 0.03, 0.01]);
  assert.equal(saved.attribution.click, '3d');
  await fetch(`${base}/api/campaigns/${id}`, { method: 'DELETE', headers });
  assert.deepEqual(errors, []);
  await close();
});
