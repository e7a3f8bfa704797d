// Every sentence of the server is said in every language, with all of its values.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next from 'i18next';
import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../i18n';
import { makeFormat } from './format';
import { lengthWords, said, spanWords, type Words } from './sentences';
import { type Kind, SENTENCES } from './sentences.gen';

const textsOf = (code: string) => JSON.parse(readFileSync(join(import.meta.dirname, `../i18n/locales/said/${code}.json`), 'utf8')) as object;
const words: Words = { reason: (code) => `reason ${code}`, became: (code) => `became ${code}`, unread: (code) => `unread ${code}` };
const english = makeFormat('en', 'UTC');

/** Without the marks that set a value apart. */
const bare = (text: string) => text.replace(/[\u2066-\u2069]/g, '');

/** A value of a kind that no sentence says by itself. */
const SAMPLES: Record<Kind, unknown> = {
  text: 'Xyz', number: 4711, count: 4711, share: 0.4711, chance: 0.4711, span: '47h', lasted: 47_000, instant: '2026-03-01T09:00:00.000Z',
  all: ['Xyz', 'Uvw'], any: ['Xyz', 'Uvw'], reason: 'quiet_hours', became: 'opened', unread: 'not_json',
};

describe('values', () => {
  it('are said by what they are, each set apart', () => {
    const cases: [unknown, Kind, string][] = [
      ['a "b"', 'text', 'a "b"'],
      [1234, 'text', '1234'],
      [1234, 'number', '1,234'],
      [0.95, 'share', '95%'],
      [0.05, 'chance', '0.0500'],
      ['24h', 'span', '24 hours'],
      ['soon', 'span', 'soon'],
      [90_061_001, 'lasted', '1 day, 1 hour'],
      ['2026-03-01T09:00:00.000Z', 'instant', 'Mar 1, 2026, 09:00:00 AM UTC'],
      ['never', 'instant', 'never'],
      ['quiet_hours', 'reason', 'reason quiet_hours'],
      ['opened', 'became', 'became opened'],
      ['not_json', 'unread', 'unread not_json'],
    ];
    for (const [value, kind, expected] of cases) {
      const text = said(value, kind, words, english);
      expect(bare(text), kind).toBe(expected);
      expect([text.at(0), text.at(-1)], kind).toEqual(['\u2068', '\u2069']);
    }
    expect(bare(said(['a', 'b', 'c'], 'any', words, english))).toBe('a, b, or c');
    expect(said(['a', 'b'], 'all', words, english)).toBe('\u2068a\u2069, \u2068b\u2069');
  });

  it('have lengths in two units at most', () => {
    expect(lengthWords(0, 'en')).toBe('0 seconds');
    expect(lengthWords(120_000, 'en')).toBe('2 minutes');
    expect(lengthWords(86_400_000, 'tr')).toBe('1 gün');
    expect(spanWords('3d', 'id')).toBe('3 hari');
    expect(spanWords('-2d', 'en')).toBe('-2 days');
  });
});

describe('sentences', () => {
  for (const { code: language } of LANGUAGES) {
    it(`are said in ${language} with all values`, async () => {
      const own = i18next.createInstance();
      await own.init({ lng: language, resources: { [language]: { translation: textsOf(language) } }, interpolation: { escapeValue: false } });
      const format = makeFormat(language, 'UTC');
      for (const [code, kinds] of Object.entries(SENTENCES)) {
        const values: Record<string, string | number> = {};
        for (const [name, kind] of Object.entries(kinds)) {
          values[name] = said(SAMPLES[kind], kind, words, format);
          if (kind === 'count') values.count = SAMPLES[kind] as number;
        }
        expect(own.exists(`said.${code}`, values), code).toBe(true);
        const text = own.t(`said.${code}`, values);
        for (const [name, value] of Object.entries(values)) if (name !== 'count') expect(text, code).toContain(String(value));
        expect(text, code).not.toContain('{{');
      }
    });
  }
});
