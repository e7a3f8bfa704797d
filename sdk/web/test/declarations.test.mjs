import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { declarations } from '../scripts/declarations.mjs';

const typed = join(import.meta.dirname, 'typed');
const schema = JSON.parse(readFileSync(join(typed, 'schema.json'), 'utf8'));

test('the registry becomes the declarations that calls.ts is compiled with', () => {
  const golden = join(typed, 'events.d.ts');
  const written = declarations(schema);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, written);
  assert.equal(written, readFileSync(golden, 'utf8'));
});

test('the catalogue, which knows kinds only, does as well', () => {
  const properties = [
    { name: 'amount', kinds: ['float', 'int'] },
    { name: 'when', kinds: ['time'] },
    { name: 'tags', kinds: ['list'] },
    { name: 'odd', kinds: ['bool', 'text'] },
  ];
  const written = declarations({ events: [{ name: 'Sold', properties }], attributes: [{ name: 'plan', kinds: ['text'] }] });
  assert.match(written, /Sold: \{\n {6}amount\?: number;\n {6}odd\?: boolean \| string;\n {6}tags\?: readonly unknown\[\];\n {6}when\?: string \| Date;\n {4}\};/);
  assert.match(written, /interface PerennialTraits \{\n {4}plan\?: string;/);
});

test('open declarations allow what is not known', () => {
  assert.match(declarations(schema, { open: true }), /interface PerennialEvents \{\n {4}\[event: string\]: object;/);
});
