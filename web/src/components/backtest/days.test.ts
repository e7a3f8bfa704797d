import { expect, it } from 'vitest';
import { everyDay } from './days';

it('has the days between, on which nothing happened', () => {
  const days = [{ day: '2026-02-27', entered: 2, held_out: 1 }, { day: '2026-03-02', entered: 3, held_out: 0 }];
  expect(everyDay(days).map(({ day, entered, held_out }) => `${day} ${entered} ${held_out}`)).toEqual(['2026-02-27 2 1', '2026-02-28 0 0', '2026-03-01 0 0', '2026-03-02 3 0']);
  expect(everyDay([])).toEqual([]);
});
