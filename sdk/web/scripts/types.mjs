#!/usr/bin/env node
// Makes `track` type-checked: asks a server which events, properties and attributes there are and
// writes them as a TypeScript declaration file.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { declarations } from './declarations.mjs';

const HELP = `perennial-types --host URL [--key KEY] [--out FILE] [--open]

  --host URL   the server, as in https://events.example.com
  --key KEY    a key that may read (perennial key create --scope admin); default: PERENNIAL_KEY
  --out FILE   default: perennial-events.d.ts; "-" prints
  --open       names that the server does not know are allowed too

Example: perennial-types --host http://127.0.0.1:7300 --out src/perennial-events.d.ts`;

const options = { host: { type: 'string' }, key: { type: 'string' }, out: { type: 'string', default: 'perennial-events.d.ts' }, open: { type: 'boolean' }, help: { type: 'boolean' } };

function stop(message) {
  console.error(message);
  process.exit(1);
}

function read() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return stop(`${error.message}\n\n${HELP}`);
  }
}

const { host, key = process.env.PERENNIAL_KEY, out, open, help } = read();
if (help || !host) stop(help ? HELP : `--host is missing\n\n${HELP}`);

/** A JSON answer; nothing where there is no such path. */
async function ask(path) {
  const address = new URL(path, host);
  let answer;
  try {
    answer = await fetch(address, { headers: key ? { authorization: `Bearer ${key}` } : {} });
  } catch (error) {
    stop(`${address} cannot be reached: ${error.cause?.message ?? error.message}`);
  }
  if (answer.status === 404) return undefined;
  if (!answer.ok) {
    const body = await answer.json().catch(() => undefined);
    stop(`${address}: HTTP ${answer.status} ${body?.error?.message ?? ''}${answer.status === 401 ? '; give a key with --key or PERENNIAL_KEY' : ''}`);
  }
  return answer.json();
}

const schema = (await ask('/api/schema')) ?? (await ask('/api/catalogue'));
if (!schema) stop(`${host} has neither /api/schema nor /api/catalogue: is it a Perennial server?`);
const text = declarations(schema, { open });
if (out === '-') console.log(text);
else {
  writeFileSync(out, text);
  console.log(`${out}: ${schema.events.length} events, ${schema.attributes.length} attributes`);
}
