import { describe, expect, it } from 'vitest';
import { changesOf, propertiesOf, updateOf, valueIn, valuesOf, written } from './values';

describe('values of attributes', () => {
  it('read as they were written', () => {
    for (const value of ['plain', '5', 'true', 5, -1.5, true, false, ['a', 1], { a: 1 }]) expect(valueIn(written(value))).toEqual(value);
  });

  it('are changed in rows and back', () => {
    const action = { kind: 'update' as const, set: { plan: 'pro', trial: null, seats: 5 }, add: { points: -3 }, append: { tags: ['a', 'b'] }, remove: { lists: ['old'] } };
    expect(updateOf(changesOf(action))).toEqual(action);
  });

  it('are left out while they say nothing', () => {
    expect(updateOf([{ how: 'set', name: '', value: 'x' }, { how: 'add', name: 'points', value: 'many' }, { how: 'append', name: 'tags', value: '' }])).toEqual({ kind: 'update' });
  });

  it('of events come from users and events, too', () => {
    const properties = { plan: { profile: 'plan' }, amount: { event: 'amount' }, source: 'journey', code: '7', list: [1] };
    expect(valuesOf(propertiesOf(properties))).toEqual(properties);
  });
});
