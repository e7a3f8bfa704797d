import { expect, test } from 'vitest';
import type { ActionOf } from '../types';
import { beginContext, contextsOf, textsOf, valuesIn, winnerOf, withContext, withWinner } from './context';

const learn: ActionOf<'learn'> = { kind: 'learn', paths: [{ id: 'a', share: 1 }, { id: 'b', share: 1 }], goals: [] };
const STATES = ['new', 'active', 'gone'];

test('contexts are the states in their order, the values, or the segments, and others last', () => {
  expect(contextsOf(undefined, STATES)).toEqual([]);
  expect(contextsOf(beginContext('state'), STATES)).toEqual(['new', 'active', 'gone', 'others']);
  expect(contextsOf({ kind: 'state', states: ['gone', 'new'] }, STATES)).toEqual(['new', 'gone', 'others']);
  expect(contextsOf({ kind: 'attribute', attribute: 'plan', values: ['free', 3, true] }, STATES)).toEqual(['free', '3', 'true', 'others']);
  expect(contextsOf({ kind: 'segments', segments: ['vip'] }, STATES)).toEqual(['vip', 'others']);
  expect(beginContext('none')).toBeUndefined();
});

test('values are read as what they look like, once each, and at most seven', () => {
  expect(valuesIn(['free', ' 3 ', 'true', '"3"', 'free', ''])).toEqual(['free', 3, true, '3']);
  expect(valuesIn('abcdefghi'.split(''))).toHaveLength(7);
  const values = ['free', 3, true, '3'];
  expect(valuesIn(textsOf(values))).toEqual(values);
});

test('a winner is for all or for one context, and goes with the context', () => {
  const all = withWinner(learn, null, 'a');
  expect([winnerOf(all, null), winnerOf(all, 'vip')]).toEqual(['a', 'a']);
  const segments = withContext(all, { kind: 'segments', segments: ['vip'] }, STATES);
  const one = withWinner(segments, 'vip', 'b');
  expect([winnerOf(one, 'vip'), winnerOf(one, 'others')]).toEqual(['b', 'a']);
  expect(withWinner(one, 'vip', undefined)).toEqual(segments);
  expect(withContext(one, { kind: 'segments', segments: ['loyal'] }, STATES)).not.toHaveProperty('winners');
  expect(withContext(one, undefined, STATES)).toEqual(all);
});
