// One server for all clients, over a data directory of its own.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** A program that is built already, as in a release; nothing: the one of this checkout. */
const given = process.env.PERENNIAL_PROGRAM;

/** Builds the program, if it must. */
export function buildServer() {
  if (given) return;
  execFileSync('cargo', ['build', '--quiet', '--package', 'cli'], { cwd: root, stdio: 'inherit' });
}

/** Makes keys, and serves. `blocks`: no file may have more, which is how a full disk looks to a program. */
export async function startServer(target, { blocks } = {}) {
  const program = given ?? join(target, 'debug', 'perennial');
  const folder = mkdtempSync(join(tmpdir(), 'perennial-clients-'));
  const data = join(folder, 'data');
  const key = (scope) => {
    const words = ['key', 'create', '--data-dir', data, '--scope', scope, '--label', `clients ${scope}`];
    return execFileSync(program, words, { encoding: 'utf8' }).match(/pk_\S+/)[0];
  };
  const ingestKey = key('ingest');
  const adminKey = key('admin');
  // One server on two addresses: with a certificate that signs itself, and plain.
  const listen = ['--listen', '127.0.0.1:0', '--tls-self-signed', 'localhost,127.0.0.1', '--listen-plain', '127.0.0.1:0'];
  const words = ['serve', '--data-dir', data, ...listen];
  const limited = ['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, program, ...words];
  const served = blocks ? await serve('sh', limited) : await serve(program, words);
  return {
    url: served.plain,
    ingestKey,
    adminKey,
    /** The address with a certificate. */
    tls: async () => served.secure,
    async stop() {
      await served.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a server and waits until it listens on both addresses. */
async function serve(program, words) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stderr.on('data', (bytes) => (said += bytes));
  const [plain, secure] = await new Promise((done, failed) => {
    child.stdout.on('data', (bytes) => {
      out += bytes;
      const found = ['http', 'https'].map((scheme) => out.match(new RegExp(`listening on (${scheme}://\\S+)`))?.[1]);
      if (found.every(Boolean)) done(found);
    });
    child.on('exit', (code) => failed(new Error(`perennial ${words.join(' ')} ended with ${code}:\n${out}${said}`)));
  });
  child.removeAllListeners('exit');
  const stop = () =>
    new Promise((done) => {
      if (child.exitCode !== null) return done();
      child.on('exit', done);
      child.kill('SIGTERM');
    });
  return { plain, secure, stop };
}
