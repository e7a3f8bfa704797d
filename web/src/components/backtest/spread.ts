// How many people would have got how many messages, as few rows that hold everybody.

import type { BacktestResult } from '../../api/backtests';

type Count = BacktestResult['messages'][number];

/** People who would have got at least `from` and at most `to` messages. */
export interface Bucket {
  from: number;
  to: number;
  users: number;
}

/** Up to here every number is a row of its own, if nobody got more. */
const EACH_MAX = 10;

/** 0, 1, 2, 5, 10, 20, 50, 100 and so on: the last number of each bucket. */
function* bounds(): Generator<number> {
  yield 0;
  for (let ten = 1; ; ten *= 10) for (const one of [1, 2, 5]) yield one * ten;
}

function ends(most: number): number[] {
  if (most <= EACH_MAX) return Array.from({ length: most + 1 }, (_, number) => number);
  const all: number[] = [];
  for (const bound of bounds()) {
    all.push(bound);
    if (bound >= most) return all;
  }
  return all;
}

/**
 * Everybody in exactly one bucket, in order, from the first in which somebody is to that of whoever got most; those
 * between in which nobody is are there, too.
 */
export function bucketsOf(counts: Count[]): Bucket[] {
  const some = counts.filter(({ users }) => users > 0);
  if (some.length === 0) return [];
  const least = Math.min(...some.map(({ messages }) => messages));
  const buckets = ends(Math.max(...some.map(({ messages }) => messages)))
    .map((to, at, all) => ({ from: at === 0 ? 0 : all[at - 1]! + 1, to, users: 0 }))
    .filter(({ to }) => to >= least);
  for (const { messages, users } of some) buckets.find(({ to }) => messages <= to)!.users += users;
  return buckets;
}

/** The least number of messages that at least this share of the people would not have got more than. */
export function atMost(counts: Count[], share: number): number {
  const inOrder = counts.toSorted((a, b) => a.messages - b.messages);
  const enough = inOrder.reduce((sum, { users }) => sum + users, 0) * share;
  let seen = 0;
  for (const { messages, users } of inOrder) {
    seen += users;
    if (users > 0 && seen >= enough) return messages;
  }
  return 0;
}
