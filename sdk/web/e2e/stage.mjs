// What the browser tests share: the real server behind a gateway that can fail on demand, a site of
// another origin, and Chromium.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { server as running } from './server.mjs';

const { url: server, admin, key } = running;
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
export { admin, key, server };

/** Asks the API; `undefined` where it says that there is nothing. */
export async function api(path) {
  const answer = await fetch(server + path, { headers: admin ? { authorization: `Bearer ${admin}` } : {} });
  if (answer.status === 404) return undefined;
  assert.ok(answer.ok, `${path}: HTTP ${answer.status}`);
  return answer.json();
}

/** Everything that was sent of a person, oldest first. */
export async function eventsOf(id) {
  const found = await api(`/api/users/${encodeURIComponent(id)}/events?limit=1000`);
  return (found?.events ?? []).filter(({ derived }) => !derived).toReversed();
}

const listen = async (handle) => {
  const listener = createServer(handle);
  await new Promise((done) => listener.listen(0, '127.0.0.1', done));
  const close = () => {
    listener.closeAllConnections();
    return new Promise((done) => listener.close(done));
  };
  return { port: listener.address().port, close };
};

/** Passes everything on to the server, keeps what was sent, and answers as it is told before that. */
async function gateway() {
  const batches = [];
  const faults = [];
  let up = true;
  const { port, close } = await listen(async (request, response) => {
    if (!up) return request.socket.destroy();
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    if (request.url === '/v1/batch' && request.method === 'POST') {
      const fault = faults.shift();
      batches.push({ ...JSON.parse(body.toString()), at: Date.now(), status: fault?.status ?? 200 });
      if (fault) {
        const { status, headers } = fault;
        response.writeHead(status, { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Retry-After', ...headers });
        return response.end(fault.body ?? '');
      }
    }
    const { host: _, connection: __, ...headers } = request.headers;
    const answer = await fetch(server + request.url, { method: request.method, headers, ...(body.length && { body }) });
    const { 'content-encoding': ___, 'transfer-encoding': ____, 'content-length': _____, ...told } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, told);
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  // What a closing page sends may leave a browser that is told to be offline: the way ends here, too.
  const reachable = (yes) => (up = yes);
  return { url: `http://127.0.0.1:${port}`, batches, faults, reachable, close, sent: () => batches.flatMap(({ batch }) => batch) };
}

/** The snippet of the README, with our settings. */
export const snippet = (host, settings, then = '') => `<script>
!function(w,d,h){var p=w.perennial=w.perennial||[];if(p.load)return;"load track page identify group alias reset consent optOut optIn flush on".split(" ").forEach(function(m){p[m]=function(){p.push([m,[].slice.call(arguments),Date.now()])}});var s=d.createElement("script");s.async=1;s.src=h+"/sdk/perennial.js";d.head.appendChild(s)}(window,document,"${host}");
perennial.load(${JSON.stringify({ key, flushInterval: 50, ...settings })});
${then}
</script>`;

let browser;
let used = 0;

/** A site, a gateway and a browser's profile for one test; all of it goes with the test. */
export async function stage(t, settings = {}, { then, headers = {}, html, host = '127.0.0.1', launch = {}, init } = {}) {
  browser ??= await chromium.launch({
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
      '--host-resolver-rules=MAP *.test 127.0.0.1',
      // A page that a test serves without a network comes from nowhere, and may otherwise not ask this machine.
      '--disable-features=LocalNetworkAccessChecks',
    ],
  });
  const to = await gateway();
  const page = html ? html(to.url) : `<!doctype html><title>Shop</title>${snippet(to.url, settings, then)}<h1>Shop</h1>`;
  const site = await listen((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(page);
  });
  const context = await browser.newContext({ locale: 'tr-TR', timezoneId: 'Europe/Istanbul', ...launch });
  if (init) await context.addInitScript(init);
  const errors = [];
  t.after(async () => {
    await context.close();
    await site.close();
    await to.close();
  });
  const home = `http://${host}:${site.port}`;
  return {
    ...to,
    context,
    home,
    errors,
    /** Opens a page of the site and waits for the library. */
    async open(path = '/') {
      const tab = await context.newPage();
      tab.on('pageerror', (error) => errors.push(String(error)));
      await tab.goto(home + path);
      await loaded(tab);
      return tab;
    },
  };
}

export const loaded = (tab) => tab.waitForFunction(() => window.perennial && !Array.isArray(window.perennial));

/** A name that no other test and no other run has. */
export const somebody = (name) => `${name}-${process.pid}-${Date.now().toString(36)}-${(used += 1)}`;

/** Waits until something holds. */
export async function until(what, holds, patience = 15_000) {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await holds();
    if (answer) return answer;
    assert.ok(Date.now() < end, `in ${patience} ms it did not come to this: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Sends what waits and says whether all of it arrived. */
export const flush = (tab) => tab.evaluate(() => window.perennial.flush());

/** What the browser keeps under our name. */
export const stored = (tab) => tab.evaluate(() => Object.entries(localStorage).filter(([name]) => name.startsWith('perennial')));

export async function close() {
  await browser?.close();
  await running.close();
}
