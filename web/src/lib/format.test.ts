import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../i18n';
import { inkOn } from './colours';
import { makeFormat } from './format';
import { spansOf } from './history';
import { peoplePath, readDefinition } from './links';

describe('formatting', () => {
  it('follows the language', () => {
    expect(makeFormat('en', 'UTC').count(4372)).toBe('4,372');
    expect(makeFormat('tr', 'UTC').count(4372)).toBe('4.372');
    expect(makeFormat('tr', 'UTC').percent(0.125)).toBe('%12,5');
    expect(makeFormat('id', 'UTC').fullDay('2011-12-09')).toBe('9 Des 2011');
  });

  it('shows ranges, and one number as itself', () => {
    const { range } = makeFormat('en', 'UTC');
    expect([range(3, 5), range(1001, 2000), range(2, 2)]).toEqual(['3–5', '1,001–2,000', '2']);
  });

  it('shows the zone with every time', () => {
    expect(makeFormat('en', 'UTC').dateTime('2011-12-09T12:50:00.000Z')).toContain('\u2066UTC\u2069');
    expect(makeFormat('en', 'Europe/Istanbul').dateTime('2011-07-09T12:50:00.000Z')).toContain('3:50');
  });

  it('shows days as they are, whatever the zone', () => {
    for (const { code } of LANGUAGES) {
      expect(makeFormat(code, 'America/Los_Angeles').fullDay('2011-12-09')).toBe(makeFormat(code, 'Asia/Tokyo').fullDay('2011-12-09'));
    }
  });

  it('shows changes with their sign', () => {
    const { change } = makeFormat('en', 'UTC');
    expect([change(12), change(0), change(-3)]).toEqual(['+12', '0', '-3']);
  });

  it('shows values without brackets', () => {
    const { value } = makeFormat('en', 'UTC');
    expect(value(['a', 1, null])).toBe('a, 1, –');
    expect(value({ plan: 'pro', seats: 3 })).toBe('plan: pro, seats: 3');
    expect(value(true)).toBe('true');
  });
});

describe('ink', () => {
  it('reads on its ground', () => {
    expect(inkOn('#ffffff')).toBe('#0b1215');
    expect(inkOn('#0f766e')).toBe('#ffffff');
    expect(inkOn('#fcd34d')).toBe('#0b1215');
  });
});

describe('spans of states', () => {
  const changes = [
    { at: '2026-01-11T00:00:00.000Z', from: 'new', to: 'active' },
    { at: '2026-01-01T00:00:00.000Z', from: null, to: 'new' },
    { at: '2026-03-01T00:00:00.000Z', from: 'active', to: 'dormant' },
  ];
  it('join one another up to the end', () => {
    const spans = spansOf(changes, '2026-01-21T00:00:00.000Z');
    expect(spans.map(({ state, share }) => [state, share])).toEqual([['new', 0.5], ['active', 0.5]]);
    expect(spans[0]!.to).toBe(spans[1]!.from);
  });
  it('of nothing are none', () => {
    expect(spansOf([], '2026-01-01T00:00:00.000Z')).toEqual([]);
  });
});

describe('addresses', () => {
  it('carry a definition there and back', () => {
    const definition = { type: 'rfm', r: [5, 5], f: [1, 1] };
    const params = new URL(peoplePath({ definition }), 'http://x').searchParams;
    expect(readDefinition(params.get('definition'))).toEqual(definition);
    expect(readDefinition('did "A"')).toBe('did "A"');
    expect(readDefinition('{broken')).toBe('{broken');
  });
  it('keep the chosen instant unless they name their own', () => {
    expect(peoplePath({ state: 'new' }, '2026-01-01T00:00:00Z')).toContain('as_of=2026');
    expect(peoplePath({ asOf: '2025-01-01T00:00:00Z' }, '2026-01-01T00:00:00Z')).toContain('as_of=2025');
    expect(peoplePath({})).toBe('/people');
  });
});
