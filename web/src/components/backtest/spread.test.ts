import { describe, expect, it } from 'vitest';
import { atMost, bucketsOf } from './spread';

/** Counts from pairs of messages and users. */
const counts = (...pairs: [number, number][]) => pairs.map(([messages, users]) => ({ messages, users }));
const said = (all: ReturnType<typeof counts>) => bucketsOf(all).map(({ from, to, users }) => `${from}-${to}:${users}`);

describe('buckets of messages per person', () => {
  it('are the numbers themselves as long as these are few', () => {
    expect(said(counts([0, 4], [1, 3], [3, 1]))).toEqual(['0-0:4', '1-1:3', '2-2:0', '3-3:1']);
    expect(said(counts([2, 5]))).toEqual(['2-2:5']);
    expect(said([])).toEqual([]);
  });

  it('grow with the numbers, and the empty ones between are there', () => {
    expect(said(counts([0, 1], [1, 2], [2, 3], [3, 4], [5, 5], [6, 6], [411, 7]))).toEqual(['0-0:1', '1-1:2', '2-2:3', '3-5:9', '6-10:6', '11-20:0', '21-50:0', '51-100:0', '101-200:0', '201-500:7']);
  });

  it('begin and end where somebody is', () => {
    expect(said(counts([1, 0], [7, 2], [11, 1], [90, 0]))).toEqual(['6-10:2', '11-20:1']);
  });

  it('hold everybody once, whatever the numbers are', () => {
    const all = Array.from({ length: 5200 }, (_, messages) => ({ messages, users: (messages * 7919) % 13 }));
    const buckets = bucketsOf(all);
    expect(buckets.reduce((sum, { users }) => sum + users, 0)).toBe(all.reduce((sum, { users }) => sum + users, 0));
    for (const [at, { from, to }] of buckets.entries()) {
      expect(from).toBeLessThanOrEqual(to);
      if (at > 0) expect(from).toBe(buckets[at - 1]!.to + 1);
      expect(buckets[at]!.users).toBe(all.filter(({ messages }) => messages >= from && messages <= to).reduce((sum, { users }) => sum + users, 0));
    }
    expect(buckets.length).toBeLessThan(16);
  });
});

it('says what most people get at most', () => {
  const all = counts([10, 1], [1, 4], [2, 4], [3, 1]);
  expect([0.5, 0.9, 1].map((share) => atMost(all, share))).toEqual([2, 3, 10]);
  expect(atMost([], 0.5)).toBe(0);
});
