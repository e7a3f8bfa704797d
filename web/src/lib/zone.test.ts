import { describe, expect, it } from 'vitest';
import { daysBefore, instantOf, wallTime } from './zone';

describe('wall times', () => {
  it('are read in the zone', () => {
    expect(wallTime('2026-01-15T22:30:00.000Z', 'Europe/Istanbul')).toBe('2026-01-16T01:30');
    expect(wallTime('2011-12-09T12:50:00.000Z', 'Europe/London')).toBe('2011-12-09T12:50');
    expect(wallTime('2011-07-09T12:50:00.000Z', 'Europe/London')).toBe('2011-07-09T13:50');
  });

  it('become instants and come back', () => {
    for (const zone of ['UTC', 'Europe/London', 'Asia/Jakarta', 'America/St_Johns']) {
      for (const wall of ['2026-01-01T00:00', '2026-03-29T12:00', '2026-07-01T23:59']) {
        expect(wallTime(instantOf(wall, zone), zone), `${zone} ${wall}`).toBe(wall);
      }
    }
  });

  it('of a day alone are its first minute', () => {
    expect(instantOf('2026-07-01', 'Asia/Jakarta')).toBe('2026-06-30T17:00:00.000Z');
  });

  it('that a zone skips are moved past the gap, not lost', () => {
    expect(instantOf('2026-03-29T01:30', 'Europe/London')).toMatch(/^2026-03-29T0[01]:30/);
  });

  it('go back by days of 24 hours', () => {
    expect(daysBefore('2026-03-30T10:00:00.000Z', 30)).toBe('2026-02-28T10:00:00.000Z');
  });
});
