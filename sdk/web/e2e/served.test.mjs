// What the server serves for other origins, and the declarations that are written from what it knows.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { admin, close, flush, server, somebody, stage } from './stage.mjs';

const root = join(import.meta.dirname, '..');

after(close);

test('scripts and source maps are there for every origin, and asked for again by their tag', async () => {
  for (const [name, kind] of [['perennial.js', 'text/javascript'], ['perennial.esm.js', 'text/javascript'], ['perennial.js.map', 'application/json'], ['perennial.esm.js.map', 'application/json'], ['perennial-web.tgz', 'application/gzip']]) {
    const url = `${server}/sdk/${name}`;
    const answer = await fetch(url);
    assert.equal(answer.status, 200, name);
    assert.ok(answer.headers.get('content-type').startsWith(kind), name);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.match(answer.headers.get('cache-control'), /max-age=300/);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), readFileSync(join(root, 'dist', name)), name);
    const etag = answer.headers.get('etag');
    const again = await fetch(url, { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304, name);
    assert.equal(again.headers.get('access-control-allow-origin'), '*', 'a module that is not sent again is still allowed');
    assert.equal((await fetch(url, { headers: { 'if-none-match': `W/${etag}` } })).status, 304);
    assert.equal((await fetch(url, { headers: { 'if-none-match': '"another"' } })).status, 200);
  }
  assert.equal((await fetch(`${server}/sdk/nothing.js`)).status, 404);
});

test('the package that npm installs from the server has library, types and the writer of declarations', async () => {
  const archive = gunzipSync(Buffer.from(await (await fetch(`${server}/sdk/perennial-web.tgz`)).arrayBuffer())).toString('latin1');
  for (const file of ['package.json', 'dist/perennial.js', 'dist/perennial.esm.js', 'dist/types/index.d.ts', 'scripts/types.mjs', 'scripts/declarations.mjs', 'README.md']) {
    assert.ok(archive.includes(`package/${file}\0`), file);
  }
});

test('what was tracked can be written as declarations', async (t) => {
  const { open } = await stage(t);
  const tab = await open();
  const name = somebody('Typed Event');
  await tab.evaluate((name) => window.perennial.track(name, { amount: 1.5, vip: true, items: [{ sku: 'a' }] }), name);
  assert.equal(await flush(tab), true);
  const words = ['scripts/types.mjs', '--host', server, '--out', '-'];
  const env = { ...process.env, ...(admin && { PERENNIAL_KEY: admin }) };
  const written = execFileSync(process.execPath, words, { cwd: root, encoding: 'utf8', env });
  const [, body] = written.match(new RegExp(`"${name}": \\{([^]*?)\\n {4}\\};`));
  assert.match(body, /amount\?: number;/);
  assert.match(body, /vip\?: boolean;/);
  assert.match(body, /items\?: readonly \{\s*sku\?: unknown;/);
  assert.doesNotMatch(body, /context/);
});

test('a server that does not answer or wants a key is said in words', () => {
  const run = (...words) => {
    try {
      return execFileSync(process.execPath, ['scripts/types.mjs', ...words], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return error.stderr;
    }
  };
  assert.match(run('--host', 'http://127.0.0.1:9'), /cannot be reached/);
  assert.match(run(), /--host is missing/);
  assert.match(run('--hots', 'x'), /--hots/);
});
