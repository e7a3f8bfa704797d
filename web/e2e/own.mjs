// A server of a test's own, for what cannot be tried on the server that all tests share: the demo stands still at its
// last event, and nothing goes on there by itself. With PERENNIAL_PROGRAM it is that program over a fresh directory,
// whose clock is that of the machine; without, the server at PERENNIAL_URL, which must not be the demo.
//
// Import it before `browser.mjs`, which takes the address from the environment.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a server may take to start. */
const PATIENCE = 120_000;

/** Starts the program; gives how to end it. */
async function start(program) {
  const folder = mkdtempSync(join(tmpdir(), 'perennial-e2e-'));
  const data = join(folder, 'data');
  const createKey = (scope) => execFileSync(program, ['key', 'create', '--data-dir', data, '--scope', scope], { encoding: 'utf8' }).trim();
  const [admin, ingest] = [createKey('admin'), createKey('ingest')];
  const server = spawn(program, ['serve', '--data-dir', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => server.once('exit', done));
  let said = '';
  const url = await new Promise((found, failed) => {
    const wait = setTimeout(() => failed(new Error(`the server did not listen in ${PATIENCE} ms:\n${said}`)), PATIENCE);
    server.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const address = said.match(/listening on (http:\/\/\S+)/);
      if (!address) return;
      clearTimeout(wait);
      found(address[1]);
    });
    server.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    ended.then((code) => failed(new Error(`the server ended with ${code}:\n${said}`)));
  });
  Object.assign(process.env, { PERENNIAL_URL: url, PERENNIAL_KEY: admin, PERENNIAL_INGEST_KEY: ingest });
  return async () => {
    // It writes a last checkpoint before it ends.
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}

const { PERENNIAL_PROGRAM: program, PERENNIAL_URL: url } = process.env;
assert.ok(program || url, 'set PERENNIAL_PROGRAM to the program, or PERENNIAL_URL to the address of a server whose now is the clock');

/** Ends the server, if this started one. */
export const close = program ? await start(program) : async () => {};
