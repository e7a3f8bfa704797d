// Every text the dashboard uses exists in every language, none is left over, and the languages
// agree on what is filled in.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '.';

const source = join(import.meta.dirname, '..');
const PLURAL = /_(zero|one|two|few|many|other)$/;

function flat(node: object, prefix = ''): Map<string, string> {
  const all = new Map<string, string>();
  for (const [name, value] of Object.entries(node)) {
    if (typeof value === 'string') all.set(prefix + name, value);
    else for (const [inner, text] of flat(value, `${prefix}${name}.`)) all.set(inner, text);
  }
  return all;
}

const locales = join(source, 'i18n/locales');
const textsOf = (code: string) =>
  readdirSync(locales, { recursive: true, encoding: 'utf8' })
    .filter((name) => name === `${code}.json` || name.endsWith(`/${code}.json`))
    .flatMap((name) => [...flat(JSON.parse(readFileSync(join(locales, name), 'utf8')))]);
const texts = new Map(LANGUAGES.map(({ code }) => [code as string, new Map(textsOf(code))]));
const english = texts.get('en')!;
const baseKeys = (code: string) => new Set([...texts.get(code)!.keys()].map((key) => key.replace(PLURAL, '')));
const plurals = new Set([...english.keys()].filter((key) => key.endsWith('_other')).map((key) => key.replace(PLURAL, '')));

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'));
const used = files.flatMap((name) => [...readFileSync(join(source, name), 'utf8').matchAll(/\bt\(\s*(['`])([^'`]+)\1/g)].map((match) => match[2]!));

/** A used key as a pattern: what is put in at run time may be anything. */
const patternOf = (key: string) => new RegExp(`^${key.split(/\$\{[^}]+\}/).map((part) => part.replaceAll('.', '\\.')).join('[a-z0-9_]+')}$`);
const fields = (text: string) => [...new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map((match) => match[1]!))].sort();

describe('texts', () => {
  it('are found in the source', () => {
    expect(used.length).toBeGreaterThan(200);
  });

  it('exist for every use', () => {
    const keys = [...baseKeys('en')];
    expect(used.filter((key) => !keys.some((known) => patternOf(key).test(known)))).toEqual([]);
  });

  it('are all used', () => {
    const patterns = [...new Set(used)].map(patternOf);
    expect([...baseKeys('en')].filter((key) => !patterns.some((pattern) => pattern.test(key)))).toEqual([]);
  });

  for (const { code } of LANGUAGES) {
    it(`are complete in ${code}`, () => {
      expect([...baseKeys(code)].sort()).toEqual([...baseKeys('en')].sort());
      expect([...texts.get(code)!].filter(([, text]) => text.trim() === '')).toEqual([]);
    });

    it(`have every plural of ${code}`, () => {
      const categories = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
      for (const key of plurals) {
        const has = categories.filter((category) => texts.get(code)!.has(`${key}_${category}`));
        expect(has.toSorted(), key).toEqual(categories.toSorted());
      }
    });

    it(`fill in nothing unknown in ${code}`, () => {
      for (const [key, text] of texts.get(code)!) {
        const original = english.get(key) ?? english.get(key.replace(PLURAL, '_other'))!;
        const surplus = fields(text).filter((field) => !fields(original).includes(field));
        expect(surplus, key).toEqual([]);
        if (!PLURAL.test(key)) expect(fields(text), key).toEqual(fields(original));
      }
    });
  }
});
