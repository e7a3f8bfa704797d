// One Chromium for all clients, which knows no other host than this machine, and pages that load a
// package's own browser build from another origin than the server's.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const packages = join(import.meta.dirname, '..', 'node_modules');

/** Some libraries take an agent with "Headless" in its name for a robot and send nothing. */
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

const KINDS = { '.js': 'text/javascript', '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.json': 'application/json' };

/** Where Chromium is; nothing: nowhere. */
export function chromiumPath() {
  const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'];
  return places.find((path) => path && existsSync(path));
}

let launched;

/** Packages are installed by the time a browser is wanted, and not before. */
async function launch(options) {
  const { chromium } = await import('playwright-core');
  return chromium.launch(options);
}

/** The browser, started when it is first asked for. */
export function browser() {
  launched ??= launch({
    executablePath: chromiumPath(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--ignore-certificate-errors',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-blink-features=AutomationControlled',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
    ],
  });
  return launched;
}

/** Ends it, if it was started. */
export async function closeBrowser() {
  await (await launched)?.close();
}

/** Serves pages, and the files of installed packages under /packages/. */
export async function startSite() {
  const pages = new Map();
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, 'http://site');
    const found = pages.has(pathname) ? Buffer.from(pages.get(pathname)) : packageFile(pathname);
    const kind = pages.has(pathname) ? KINDS['.html'] : (KINDS[extname(pathname)] ?? 'application/octet-stream');
    answer.writeHead(found ? 200 : 404, { 'content-type': kind }).end(found ?? '');
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const contexts = [];
  return {
    origin,
    /** Opens a page with this HTML in a browser without a past; `errors` are those of its scripts. */
    async open(html, path = '/index.html') {
      pages.set(path, html);
      const context = await (await browser()).newContext({ userAgent: AGENT, ignoreHTTPSErrors: true });
      contexts.push(context);
      const page = await context.newPage();
      page.errors = [];
      page.on('pageerror', (error) => page.errors.push(String(error)));
      page.setDefaultTimeout(20_000);
      await page.goto(origin + path);
      return page;
    },
    async close() {
      // A browser that has gone is closed.
      for (const context of contexts) await context.close().catch(() => {});
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function packageFile(pathname) {
  if (!pathname.startsWith('/packages/')) return undefined;
  const path = normalize(join(packages, pathname.slice('/packages/'.length)));
  return path.startsWith(packages) && existsSync(path) ? readFileSync(path) : undefined;
}
