import { describe, expect, it } from 'vitest';
import type { Live, LiveCounts, LivePlace, WatchTransition } from '../api/types';
import { begin, KEPT, lastMinute, mentions, take, whyPath } from './live';

const none = { entered: 0, left: 0 };
const place = (users: number, entered = 0): LivePlace => ({
  key: 'in', users, last_minute: { entered, left: 1 }, last_hour: none, last_day: none, minutes: [],
});
const counts = (watch: string, users: number): LiveCounts => ({
  watch, status: 'live', joining: null, reason: null, places: [place(users, users)],
});
const transition = (n: number): WatchTransition => ({
  id: `msg_${n}`, watch: 'segment/keen', user: `u${n}`, at: '2026-01-01T00:00:00.000Z', recorded_at: '2026-01-01T00:00:00.000Z',
  kind: 'entered', from: null, to: 'in', cause: 'record', correction: 'none',
});
const event = (n: number) => ({
  user: `u${n}`, name: 'Purchase', time: '2026-01-01T00:00:00.000Z', received_at: '2026-01-01T00:00:00.000Z', properties: { amount: n, tags: ['Shoes'] },
});
const view: Live = {
  as_of: '2026-01-01T00:00:00.000Z',
  exact_as_of: null,
  watches: [{ key: 'segment/keen', kind: 'segment', id: 'keen', name: 'Keen', places: [{ key: 'in', name: 'In' }], now: counts('segment/keen', 2) }],
  transitions: [transition(1)],
  events: [event(1)],
  last_id: 'a-1',
};
const told = (name: string, id: string, data: unknown) => ({ name, id, data });

describe('what is live', () => {
  it('takes in what is told, newest first and each once', () => {
    const { state, stale } = take(begin(view), [
      told('transition', 'a-2', transition(2)),
      told('transition', 'a-2', transition(2)),
      told('transition', 'a-3', transition(1)),
      told('transition', 'a-3', { ...transition(9), cause: 'definition' }),
      told('event', 'a-4', event(2)),
      told('event', 'a-5', event(3)),
      told('skipped', 'a-5', { events: 7 }),
      told('counts', 'a-5', { exact_as_of: '2026-01-01T00:00:05.000Z', watches: [counts('segment/keen', 3)], gone: [] }),
    ]);
    expect(stale).toBe(false);
    expect(state.transitions.map(({ id }) => id)).toEqual(['msg_2', 'msg_1']);
    expect(state.events.map(({ user }) => user)).toEqual(['u3', 'u2', 'u1']);
    expect(new Set(state.events.map(({ key }) => key)).size).toBe(3);
    expect(state.watches[0]!.now.places[0]!.users).toBe(3);
    expect([state.skipped, state.exactAsOf]).toEqual([7, '2026-01-01T00:00:05.000Z']);
    expect(lastMinute(state.watches)).toEqual({ entered: 3, left: 1 });
  });

  it('keeps a bounded number and whatever did not change as it was', () => {
    const first = begin(view);
    const many = Array.from({ length: 3 * KEPT }, (_, n) => told('event', `a-${n}`, event(n)));
    const { state } = take(first, many);
    expect(state.events).toHaveLength(KEPT);
    expect(state.events[0]!.user).toBe(`u${3 * KEPT - 1}`);
    expect(state.watches[0]).toBe(first.watches[0]);
    expect(state.transitions).toBe(first.transitions);
  });

  it('asks again for what only the view knows', () => {
    const news = (watches: LiveCounts[], gone: string[]) => [told('counts', 'a-2', { exact_as_of: null, watches, gone })];
    expect(take(begin(view), news([counts('segment/other', 1)], [])).stale).toBe(true);
    expect(take(begin(view), news([], ['segment/keen'])).stale).toBe(true);
    expect(take(begin(view), [told('missed', '', { reason: 'restarted', transitions: true, events: true })]).stale).toBe(true);
  });

  it('finds texts in events', () => {
    for (const text of ['', 'purch', 'U3', 'shoes', 'amount', ' 3 ']) expect(mentions(event(3), text)).toBe(true);
    expect(mentions(event(3), 'refund')).toBe(false);
  });

  it('leads to the reason, as of the instant', () => {
    expect(whyPath({ ...transition(1), user: 'ada@example.com' })).toBe('/people/ada%40example.com?as_of=2026-01-01T00%3A00%3A00.000Z&why=keen');
    expect(whyPath({ ...transition(1), watch: 'lifecycle/default' })).toBe('/people/u1?as_of=2026-01-01T00%3A00%3A00.000Z');
  });
});
