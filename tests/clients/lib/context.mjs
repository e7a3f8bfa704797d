// What a client's test is given: addresses, keys, questions to the public API, Python, a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { browser, startSite } from './browser.mjs';
import { pythonPath, targetDirectory } from './install.mjs';
import { startRelay } from './relay.mjs';
import { startServer } from './server.mjs';

/** How long what was sent may take to be visible, and how often it is looked for. */
const VISIBLE_MS_MAX = 20_000;
const LOOK_MS = 50;

const scripts = join(import.meta.dirname, '..', 'clients');

/** A context for one client. */
export async function context(server, name) {
  const closing = [];
  const run = `${name}-${Math.random().toString(36).slice(2, 8)}`;
  const { url, ingestKey, adminKey } = server;

  /** Asks the API with the admin key. `missing`: what a 404 stands for. */
  async function admin(path, { body, missing, ...options } = {}) {
    const headers = { authorization: `Bearer ${adminKey}`, ...(body && { 'content-type': 'application/json' }) };
    const method = body ? 'POST' : 'GET';
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body), ...options });
    if (answer.status === 404 && missing !== undefined) return missing;
    assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer.json();
  }

  /** Waits until a question has an answer that is not false. */
  async function until(what, question) {
    for (const end = Date.now() + VISIBLE_MS_MAX; Date.now() < end; await delay(LOOK_MS)) {
      const found = await question();
      if (found) return found;
    }
    throw new Error(`did not happen within ${VISIBLE_MS_MAX / 1000} s: ${what}`);
  }

  const user = (id) => admin(`/api/users/${encodeURIComponent(id)}`, { missing: null });

  /** A person, when they have at least so many events. */
  const person = (id, events = 0) =>
    until(`"${id}" with ${events} events`, async () => {
      const found = await user(id);
      return found && found.events >= events && found;
    });

  /** All events that were sent of a person, in order of time. */
  async function events(id) {
    const { events } = await admin(`/api/users/${encodeURIComponent(id)}/events?limit=1000`, { missing: { events: [] } });
    return events.filter(({ derived }) => !derived).sort((a, b) => a.time.localeCompare(b.time));
  }

  /** What was rejected of this client, told by the prefix of its ids. */
  async function quarantine() {
    const { samples } = await admin('/api/errors?limit=1000');
    return samples.filter(({ raw }) => raw.includes(run));
  }

  async function relay() {
    const made = await startRelay(url);
    closing.push(made.close);
    return made;
  }

  let site;
  async function page(html) {
    if (!site) {
      site = await startSite();
      closing.push(site.close);
    }
    return site.open(html);
  }

  /** Runs a script that stands beside the clients; what it printed, as JSON if it is that. */
  function python(script, env = {}) {
    return new Promise((done, failed) => {
      const options = { env: { ...process.env, PYTHONPATH: pythonPath(), PYTHONDONTWRITEBYTECODE: '1', ...env } };
      const child = spawn('python3', [join(scripts, script)], options);
      let out = '';
      let said = '';
      child.stdout.on('data', (bytes) => (out += bytes));
      child.stderr.on('data', (bytes) => (said += bytes));
      child.on('exit', (code) => {
        if (code !== 0) return failed(new Error(`${script} ended with ${code}:\n${out}${said}`));
        done({ out, said });
      });
    });
  }

  /** Delivers everything once more: nothing of it may count. */
  async function countsOnce(relay, ...ids) {
    const counted = async () => Promise.all(ids.map(async (id) => [(await user(id)).events, (await user(id)).attributes]));
    const before = await counted();
    assert.ok((await relay.replay()) > 0, 'nothing was sent');
    assert.deepEqual(await counted(), before, 'a second delivery counted');
  }

  return {
    url, ingestKey, run, admin, user, person, events, quarantine, until, relay, page, python, browser, countsOnce, delay,
    tlsUrl: await server.tls(),
    /** A server of its own whose files may have so many blocks. */
    async limitedServer(blocks) {
      const made = await startServer(targetDirectory(), { blocks });
      closing.push(made.stop);
      return made;
    },
    expect: assert,
    async close() {
      for (const end of closing.reverse()) await end();
    },
  };
}
