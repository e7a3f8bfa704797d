import { describe, expect, it } from 'vitest';
import { emptyEventRow, jsonOf, type Rows, rowsOf, textOf, valueOf } from './rows';

const rows: Rows = {
  joiner: 'all',
  rows: [
    { kind: 'event', did: true, event: 'Purchase', op: 'ge', times: 3, where: [{ property: 'amount', op: 'gt', value: '50' }], last: '30d' },
    { kind: 'event', did: false, event: '*', op: 'ge', times: 1, where: [], last: null },
    { kind: 'profile', property: 'country', op: 'eq', value: 'TR' },
    { kind: 'profile', property: 'renewal_date', op: 'exists', value: '' },
    { kind: 'lifecycle', state: 'at_risk' },
  ],
};

describe('rows', () => {
  it('say what the JSON form says', () => {
    expect(jsonOf(rows)).toEqual({
      type: 'all',
      of: [
        { type: 'event', event: 'Purchase', op: 'ge', value: 3, where: [{ property: 'amount', op: 'gt', value: 50 }], within: { last: '30d' } },
        { type: 'not', of: { type: 'event', event: '*', op: 'ge', value: 1 } },
        { type: 'profile', attribute: 'country', op: 'eq', value: 'TR' },
        { type: 'profile', attribute: 'renewal_date', op: 'exists' },
        { type: 'lifecycle', is: ['at_risk'] },
      ],
    });
  });

  it('come back from the JSON they write', () => {
    for (const joiner of ['all', 'any'] as const) {
      const some = { ...rows, joiner };
      expect(rowsOf(jsonOf(some))).toEqual(some);
    }
  });

  it('write one row without a group', () => {
    const json = jsonOf({ joiner: 'any', rows: [emptyEventRow('Purchase')] });
    expect(json).toMatchObject({ type: 'event', event: 'Purchase' });
    expect(rowsOf(json)?.rows).toEqual([emptyEventRow('Purchase')]);
  });

  it('write nothing while a row is not complete', () => {
    expect(jsonOf({ joiner: 'all', rows: [] })).toBeNull();
    expect(jsonOf({ joiner: 'all', rows: [emptyEventRow('')] })).toBeNull();
    expect(jsonOf({ joiner: 'all', rows: [{ ...emptyEventRow('A'), where: [{ property: 'x', op: 'eq', value: ' ' }] }] })).toBeNull();
    expect(jsonOf({ joiner: 'all', rows: [{ ...emptyEventRow('A'), times: 1.5 }] })).toBeNull();
  });

  it('leave alone what they cannot say', () => {
    const foreign = [
      { type: 'sequence', steps: [{ event: 'A' }, { event: 'B' }] },
      { type: 'event', event: 'A', measure: { sum: 'amount' }, op: 'gt', value: 5 },
      { type: 'event', event: ['A', 'B'], op: 'ge', value: 1 },
      { type: 'event', event: 'A', op: 'ge', value: 1, within: { last: '30d', hours: [9, 17] } },
      { type: 'event', event: 'A', op: 'ge', value: 1, where: [{ any: [] }] },
      { type: 'profile', attribute: 'a', op: 'eq', value: 1, for_at_least: '3d' },
      { type: 'profile', attribute: 'a', op: 'in', value: [1, 2] },
      { type: 'lifecycle', is: ['new', 'active'] },
      { type: 'not', of: { type: 'profile', attribute: 'a', op: 'exists' } },
      'text',
      null,
    ];
    for (const json of foreign) expect(rowsOf(json), JSON.stringify(json)).toBeNull();
  });

  it('read the count written out', () => {
    expect(rowsOf({ type: 'event', event: ['A'], measure: { count: {} }, op: 'ge', value: 1 })?.rows).toEqual([{ ...emptyEventRow('A'), last: null }]);
  });
});

describe('values of fields', () => {
  it('are what they look like', () => {
    expect(valueOf('50')).toBe(50);
    expect(valueOf(' -2.5 ')).toBe(-2.5);
    expect(valueOf('true')).toBe(true);
    expect(valueOf('"50"')).toBe('50');
    expect(valueOf('2.10.1')).toBe('2.10.1');
    expect(valueOf('')).toBe('');
  });

  it('are written so that they are read the same', () => {
    for (const value of [50, -2.5, true, false, '50', 'true', 'TR', '"quoted"', ' padded ', '']) {
      expect(valueOf(textOf(value)), String(value)).toBe(value);
    }
  });
});
