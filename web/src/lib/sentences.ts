// What the server says, in the language of the page: a code with values, as `sentences.gen.ts` lists them. What has no
// words here stays the English that stands beside the code.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { components } from '../api/schema.gen';
import { type Format, useFormat } from './format';
import { useOutreachNames } from './outreach';
import { type Kind, SENTENCES } from './sentences.gen';

export type Sentence = components['schemas']['Sentence'];

const UNITS: Record<string, string> = { ms: 'millisecond', s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' };
const LENGTHS: readonly [number, string][] = [[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1_000, 'second'], [1, 'millisecond']];

const ofUnit = (n: number, unit: string, language: string) => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(n);

/** `24h` as 24 hours; what is no duration stays as it is. */
export function spanWords(span: string, language: string): string {
  const [, sign, number, unit] = /^(-?)(\d+)(ms|s|m|h|d|w)$/.exec(span.trim()) ?? [];
  if (number === undefined || unit === undefined) return span;
  return (sign ?? '') + ofUnit(Number(number), UNITS[unit]!, language);
}

/** A length of time in the two largest units that it has. */
export function lengthWords(ms: number, language: string): string {
  const said: string[] = [];
  let left = Math.max(0, Math.round(ms));
  for (const [length, unit] of LENGTHS) {
    if (left < length || said.length === 2) continue;
    said.push(ofUnit(Math.floor(left / length), unit, language));
    left %= length;
  }
  return said.length === 0 ? ofUnit(0, 'second', language) : new Intl.ListFormat(language, { type: 'unit' }).format(said);
}

/** Set apart from the words around it, whose direction may be another: braces and quotes change places otherwise. */
export const apart = (text: string) => `\u2068${text}\u2069`;

/** The words that values of some kinds have elsewhere. */
export interface Words {
  reason: (code: string) => string;
  became: (code: string) => string;
  unread: (code: string) => string;
}

/** A value as it is put in. */
export function said(value: unknown, kind: Kind, words: Words, format: Format): string {
  const { language } = format;
  if (Array.isArray(value)) return new Intl.ListFormat(language, kind === 'any' ? { type: 'disjunction' } : { type: 'unit' }).format(value.map((one) => apart(String(one))));
  if (typeof value === 'number') {
    switch (kind) {
      case 'number':
      case 'count': return apart(format.count(value));
      case 'share': return apart(format.percent(value, 2));
      case 'chance': return apart(new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(value));
      case 'lasted': return apart(lengthWords(value, language));
      default: return apart(String(value));
    }
  }
  const text = String(value);
  switch (kind) {
    case 'span': return apart(spanWords(text, language));
    case 'instant': return apart(Number.isNaN(Date.parse(text)) ? text : format.exact(text));
    case 'reason': return apart(words.reason(text));
    case 'became': return apart(words.became(text));
    case 'unread': return apart(words.unread(text));
    default: return apart(text);
  }
}

/** Says sentences; nothing: there are no words for it here. */
export function useSentences(): (sentence: Sentence | null | undefined) => string | null {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const names = useOutreachNames();
  return useMemo(() => {
    const words: Words = {
      reason: names.reason,
      became: (code) => (i18n.exists(`happening.did.${code}`) ? t(`happening.did.${code}`) : code),
      unread: (code) => (i18n.exists(`said.unread.${code}`) ? t(`said.unread.${code}`) : code),
    };
    return (sentence) => {
      const kinds = sentence && SENTENCES[sentence.code];
      if (!kinds) return null;
      const [group, word] = sentence.code.split('.') as [string, string];
      const values: Record<string, string | number> = {};
      for (const [name, kind] of Object.entries(kinds)) {
        const value = sentence.values[name];
        if (value === undefined) return null;
        values[name] = said(value, kind, words, format);
        if (kind === 'count') values.count = Number(value);
      }
      return i18n.exists(`said.${group}.${word}`, values) ? t(`said.${group}.${word}`, values) : null;
    };
  }, [t, i18n, format, names]);
}
