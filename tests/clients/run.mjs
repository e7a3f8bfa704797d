// Real, unmodified client libraries against a real server:
//   node tests/clients/run.mjs [part of a name …]
//
// Prints one line for each client and ends with 1 if one failed. Libraries are installed when they are
// missing: those of Node beside this file, those of Python in cargo's target directory. How a client is
// added stands in README.md.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromiumPath, closeBrowser } from './lib/browser.mjs';
import { context } from './lib/context.mjs';
import { install, pythonReady, targetDirectory, versionOf } from './lib/install.mjs';
import { buildServer, startServer } from './lib/server.mjs';

/** A client that takes longer has hung. */
const CLIENT_MS_MAX = 90_000;

const wanted = process.argv.slice(2);
const folder = join(import.meta.dirname, 'clients');
const target = targetDirectory();
await install();

const clients = [];
for (const file of readdirSync(folder).filter((name) => name.endsWith('.mjs')).sort()) {
  const client = (await import(pathToFileURL(join(folder, file)).href)).default;
  if (wanted.length === 0 || wanted.some((part) => client.name.includes(part))) clients.push(client);
}
buildServer();
const server = await startServer(target);
const failed = [];
try {
  for (const client of clients) {
    const missing = await whatIsMissing(client);
    if (missing) {
      console.log(`skip ${client.name}: ${missing}`);
      continue;
    }
    const title = client.package ? `${client.name} ${versionOf(client.package)}` : client.name;
    const ctx = await context(server, client.name);
    try {
      const summary = await within(CLIENT_MS_MAX, client.run(ctx));
      console.log(`ok   ${title}: ${summary}`);
    } catch (error) {
      failed.push(client.name);
      console.log(`FAIL ${title}\n${indented(error)}`);
    } finally {
      await ctx.close();
    }
  }
} finally {
  await closeBrowser();
  await server.stop();
}
if (clients.length === 0) console.log(`no client is named like ${wanted.join(', ')}`);
process.exit(failed.length > 0 || clients.length === 0 ? 1 : 0);

/** Why a client cannot run here; nothing: it can. */
async function whatIsMissing({ needs = [] }) {
  if (needs.includes('chromium') && !chromiumPath()) return 'there is no Chromium';
  if (needs.includes('python')) return pythonReady(target);
  if (needs.includes('tls') && !(await server.tls())) return 'this server does not speak TLS';
  return undefined;
}

async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function place(error) {
  return error.stack.split('\n').filter((line) => line.includes('/clients/')).slice(0, 3).join('\n');
}

function indented(error) {
  const text = error?.code === 'ERR_ASSERTION' ? `${error.message}\n${place(error)}` : (error?.stack ?? String(error));
  return text.split('\n').map((line) => `     ${line}`).join('\n');
}

