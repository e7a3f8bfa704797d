// The server that browser tests send to: the one at PERENNIAL_URL, with PERENNIAL_INGEST_KEY for sending and
// PERENNIAL_KEY as admin key if it asks for one; or else one of our own, of the program PERENNIAL_PROGRAM
// over a fresh directory, whose clock is that of the machine.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a server may take to start. */
const PATIENCE = 60_000;

async function own(program) {
  const folder = mkdtempSync(join(tmpdir(), 'perennial-sdk-'));
  const data = join(folder, 'data');
  const createKey = (scope) => execFileSync(program, ['key', 'create', '--data-dir', data, '--scope', scope], { encoding: 'utf8' }).trim();
  const [admin, key] = [createKey('admin'), createKey('ingest')];
  const server = spawn(program, ['serve', '--data-dir', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => server.once('exit', done));
  const url = await new Promise((found, failed) => {
    let said = '';
    const wait = setTimeout(() => failed(new Error(`the server did not listen in ${PATIENCE} ms:\n${said}`)), PATIENCE);
    const hear = (text) => {
      said += text;
      const address = said.match(/listening on (http:\/\/\S+)/);
      if (address) {
        clearTimeout(wait);
        found(address[1].replace(/\/$/, ''));
      }
    };
    server.stdout.setEncoding('utf8').on('data', hear);
    server.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    ended.then((code) => failed(new Error(`the server ended with ${code}:\n${said}`)));
  });
  const close = async () => {
    // It writes a last checkpoint before it ends.
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, admin, key, close };
}

function running() {
  const { PERENNIAL_URL: url, PERENNIAL_KEY: admin, PERENNIAL_INGEST_KEY: key = admin } = process.env;
  assert.ok(url, 'set PERENNIAL_PROGRAM to the program, or PERENNIAL_URL to the address of a running server');
  assert.ok(key, 'set PERENNIAL_INGEST_KEY to what `perennial key create --data-dir DIR --scope ingest` prints');
  return { url: url.replace(/\/$/, ''), admin, key, close: async () => {} };
}

/** Asked anew by each file of tests, so that none sees what another sent. */
export const server = process.env.PERENNIAL_PROGRAM && !process.env.PERENNIAL_URL ? await own(process.env.PERENNIAL_PROGRAM) : running();
