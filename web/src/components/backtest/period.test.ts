import { expect, it } from 'vitest';
import { periodOf, wrongDays } from './period';

const now = '2026-03-05T10:00:00.000Z';

it('begins and ends with local days, and not after now', () => {
  const days = { from: '2026-03-01', to: '2026-03-04', assumed: false };
  const period = periodOf(days, { zone: 'Europe/Istanbul', now });
  expect([period.from, period.to].map((at) => new Date(at).toISOString())).toEqual(['2026-02-28T21:00:00.000Z', '2026-03-03T21:00:00.000Z']);
  expect(period.reachable).toBe('known');
  const open = periodOf({ ...days, to: '2026-03-06', assumed: true }, { zone: 'UTC', now });
  expect([open.to, open.reachable]).toEqual([now, 'assumed']);
});

it('needs a day between', () => {
  expect([['2026-03-01', '2026-03-02'], ['2026-03-01', '2026-03-01'], ['2026-03-02', '2026-03-01'], ['', '2026-03-01'], ['2026-03-01', '']].map(([from, to]) => wrongDays({ from: from!, to: to! }))).toEqual([false, true, true, true, true]);
});
