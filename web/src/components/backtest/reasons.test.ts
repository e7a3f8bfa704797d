import { expect, it } from 'vitest';
import { foldedReasons } from './reasons';

const counts = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, at) => [`reason-${at}`, at + 1]));

it('shows the most frequent reasons and the sum of the others', () => {
  const { shown, others } = foldedReasons(counts(9), false);
  expect(shown.map(([, n]) => n)).toEqual([9, 8, 7, 6, 5]);
  expect(others).toEqual({ reasons: 4, n: 10 });
});

it('shows few reasons, and all when asked to', () => {
  expect(foldedReasons(counts(6), false)).toMatchObject({ shown: { length: 6 }, others: null });
  expect(foldedReasons(counts(9), true)).toMatchObject({ shown: { length: 9 }, others: null });
});
