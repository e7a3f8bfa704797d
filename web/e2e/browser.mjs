// What all browser tests share: one Chromium, a page that reports every error, the API for
// comparison, and the accessibility check.
//
// A server must be running at PERENNIAL_URL. PERENNIAL_KEY is an admin key, if it asks for one;
// PERENNIAL_INGEST_KEY is a key for sending, which every server asks for.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const base = (process.env.PERENNIAL_URL ?? '').replace(/\/$/, '');
const key = process.env.PERENNIAL_KEY;
const ingestKey = process.env.PERENNIAL_INGEST_KEY ?? key;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const results = join(import.meta.dirname, '..', 'test-results');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

assert.ok(base, 'set PERENNIAL_URL to the address of a running server, as in http://127.0.0.1:7300');
mkdirSync(results, { recursive: true });

/** Starts the browser. The caller closes it. */
export function launch() {
  return chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Asks the API, as a script would. */
export async function api(path, body) {
  const headers = { ...(key && { authorization: `Bearer ${key}` }), ...(body && { 'content-type': 'application/json' }) };
  const answer = await fetch(base + path, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  assert.ok(answer.ok, `${path}: HTTP ${answer.status} ${answer.ok ? '' : await answer.text()}`);
  return answer.json();
}

/**
 * Sends one event, as a client library would. Without a time it is of what now means here: later than
 * everything else it would move that for other tests.
 */
export async function track(sent) {
  const event = { timestamp: (await api('/api/session')).now, ...sent };
  assert.ok(ingestKey, 'set PERENNIAL_INGEST_KEY to what `perennial key create --data-dir DIR --scope ingest` prints');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${ingestKey}` };
  const answer = await fetch(`${base}/v1/track`, { method: 'POST', headers, body: JSON.stringify(event) });
  assert.ok(answer.ok, `HTTP ${answer.status}: ${await answer.text()}`);
}

/** Deletes a segment if it is there. */
export async function removeSegment(id) {
  await fetch(`${base}/api/segments/${id}`, { method: 'DELETE', headers: key ? { authorization: `Bearer ${key}` } : {} });
}

/** An instant at which all numbers stand still, so that pages and API can be compared. */
export async function fixedInstant() {
  return (await api('/api/session')).now;
}

/** A page in a context of its own, and the list of errors it has met. */
export async function open(browser, { width = 1360, height = 900, scheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale: 'en-US' });
  // Frames of previews run nothing of ours and have no storage.
  if (key) await context.addInitScript((value) => window === window.top && sessionStorage.setItem('perennial.key', value), key);
  const page = await context.newPage();
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.setDefaultTimeout(20_000);
  watch(page);
  return { page, errors, close: () => context.close() };
}

/** Opens an address of the dashboard and waits until it shows its answers. */
export async function go(page, path, parameters = {}) {
  const address = new URL(path, base);
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  await page.goto(address.href);
  await settled(page);
}

const waiting = new WeakMap();

/** Counts requests that have no answer yet. A stream never ends. */
function watch(page) {
  const requests = new Set();
  waiting.set(page, requests);
  page.on('request', (request) => request.url().includes('/api/live/stream') || requests.add(request));
  for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => requests.delete(request));
}

/** Waits until nothing but streams has been loading for a while. */
export async function idle(page) {
  const requests = waiting.get(page);
  for (let calm = 0; calm < 10; calm = requests.size === 0 ? calm + 1 : 0) await page.waitForTimeout(50);
}

/** Waits until the page has a title and nothing on it is still loading. */
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.mantine-Skeleton-root, .mantine-Loader-root').length === 0);
}

/** The number a text shows in English or with Latin digits. */
export const numberIn = (text) => Number(String(text).replace(/[^\d]/g, ''));

/** Everything axe calls serious or critical, in words. */
export async function seriousProblems(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
}

/** Pixels by which the page is wider than the window. */
export const sidewaysScroll = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export const screenshot = (page, name) => page.screenshot({ path: join(results, `${name}.png`), fullPage: true });
