// Measures what BENCHMARKS.md states, with the released program on this machine:
//   node scripts/bench.mjs [--source online_retail.csv.gz] [--users 20000]
// It needs `cargo build --release` first. Everything happens in a temporary folder.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, openSync, writeSync, fsyncSync, closeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at > 0 ? process.argv[at + 1] : otherwise;
};
const program = option('--program', 'target/release/perennial');
const source = option('--source', '../shared/data/online_retail/online_retail.csv.gz');
const users = option('--users', '20000');
const folder = mkdtempSync(join(tmpdir(), 'perennial-bench-'));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const run = (...words) => execFileSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });

/** Starts a server and gives its address and a way to end it. */
async function serve(...words) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  const address = await new Promise((done, failed) => {
    child.stdout.on('data', (bytes) => {
      out += bytes;
      const found = out.match(/listening on (http:\/\/\S+)/);
      if (found) done(found[1]);
    });
    child.on('exit', () => failed(new Error(`${words.join(' ')} ended:\n${out}`)));
  });
  return { address, end: () => new Promise((done) => { child.removeAllListeners('exit'); child.on('exit', done); child.kill('SIGTERM'); }) };
}

function ask(address, method, path, body, headers = {}) {
  return new Promise((done, failed) => {
    const url = new URL(path, address);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const length = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const asked = request(url, { method, agent, headers: { ...length, ...headers } }, (answer) => {
      let data = '';
      answer.on('data', (bytes) => (data += bytes));
      answer.on('end', () => (answer.statusCode === 200 ? done(JSON.parse(data)) : failed(new Error(`${answer.statusCode} ${data}`))));
    });
    asked.on('error', failed);
    asked.end(text);
  });
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

/** Milliseconds of repeated calls, one after the other: median, 99th percentile, worst. */
async function repeat(n, call) {
  for (let i = 0; i < 3; i++) await call(i);
  const times = [];
  for (let i = 0; i < n; i++) {
    const from = performance.now();
    await call(i + 3);
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  return `p50 ${quantile(times, 0.5).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms, worst ${times.at(-1).toFixed(2)} ms`;
}

function report(label, value) {
  console.log(`${label.padEnd(58)} ${value}`);
}

function importing(label, file, ...words) {
  const dir = join(folder, `into-${label}`);
  const from = performance.now();
  const summary = JSON.parse(run('import', '--data-dir', dir, '--summary', 'json', ...words, file));
  const seconds = (performance.now() - from) / 1000;
  const n = summary.accepted ?? summary.rows;
  report(`import ${label}, whole process`, `${Math.round(n / seconds).toLocaleString('en')} events/s (${n.toLocaleString('en')} in ${seconds.toFixed(2)} s, ${(statSync(file).size / n).toFixed(0)} bytes a row)`);
  const again = performance.now();
  run('import', '--data-dir', dir, '--summary', 'json', ...words, file);
  report(`import ${label} again (all repeated)`, `${((performance.now() - again) / 1000).toFixed(2)} s`);
}

/** What the disk itself allows: appends of 16 KiB, each synced. */
function disk() {
  const file = openSync(join(folder, 'disk'), 'w');
  const block = Buffer.alloc(16384, 7);
  const from = performance.now();
  const n = 300;
  for (let i = 0; i < n; i++) {
    writeSync(file, block);
    fsyncSync(file);
  }
  closeSync(file);
  return `${((performance.now() - from) / n).toFixed(2)} ms a synced append of 16 KiB`;
}

const definitions = {
  'count with filter': 'did "Purchase" at least 3 times in last 90d where amount > 20',
  'sum': 'sum(amount) of "Purchase" in last 365d > 1000',
  'and not': 'did "Purchase" in last 180d and not did "Purchase" in last 60d',
  'distinct and attribute': 'distinct(stock_code) of "Purchase" in last 180d >= 30 and country = "Germany"',
  'first time': 'did "Purchase" in last 60d where first time',
  'sequence': 'did "Purchase" then "Refund" within 30d in last 365d',
  'since': 'not did "Purchase" after last "Refund"',
  'absence': 'did "Purchase" and then not "Purchase" for 60d',
  'affinity': 'mostly stock_code is "85123A" in "Purchase" in last 365d',
  'lifecycle': 'lifecycle is "at_risk"',
  'lifecycle for a while': 'lifecycle is "at_risk" for at least 7d',
  'rfm': 'rfm is "champions"',
};

try {
  report('machine', `${cpus()[0].model.trim()}, ${cpus().length} cores; ${disk()}`);
  const shop = join(folder, 'shop');
  const from = performance.now();
  run('demo', '--users', users, '--data-dir', shop, '--exit');
  report(`demo with ${users} people, to its summary`, `${((performance.now() - from) / 1000).toFixed(1)} s`);
  for (const format of ['ndjson', 'csv']) {
    const file = join(folder, `events.${format}`);
    run('export', 'events', '--data-dir', shop, '--format', format, '--out', file);
    const map = ['user=user_id', 'time=time', 'event=event', 'id=event_id'].flatMap((pair) => ['--map', pair]);
    importing(format, file, '--format', format, ...map);
  }
  const server = await serve('demo', '--data-set', 'online-retail', '--source', source, '--data-dir', join(folder, 'retail'), '--listen', '127.0.0.1:0');
  for (const [label, definition] of Object.entries(definitions)) {
    const { count } = await ask(server.address, 'POST', '/api/segments/preview', { definition });
    report(`preview, ${label} (${count} users)`, await repeat(50, () => ask(server.address, 'POST', '/api/segments/preview', { definition })));
  }
  report('overview', await repeat(20, () => ask(server.address, 'GET', '/api/overview')));
  await server.end();

  const empty = join(folder, 'empty');
  const key = run('key', 'create', '--data-dir', empty, '--scope', 'ingest').trim();
  const ingest = await serve('serve', '--data-dir', empty, '--listen', '127.0.0.1:0');
  const basic = { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` };
  const event = (i) => ({ event: 'Ping', userId: `u${i % 50}`, messageId: `m${i}-${Date.now()}`, properties: { n: i, page: '/home' } });
  report('acknowledgement of one event over HTTP, idle', await repeat(1000, (i) => ask(ingest.address, 'POST', '/v1/track', event(i), basic)));
  const n = 2000;
  const batches = 100;
  const start = performance.now();
  for (let b = 0; b < batches; b++) {
    const batch = Array.from({ length: n }, (_, i) => ({ type: 'track', ...event(b * n + i) }));
    await ask(ingest.address, 'POST', '/v1/batch', { batch }, basic);
  }
  report(`HTTP batches of ${n}, one client making them`, `${Math.round((n * batches * 1000) / (performance.now() - start)).toLocaleString('en')} events/s`);
  await ingest.end();
} finally {
  agent.destroy();
  rmSync(folder, { recursive: true, force: true });
}
