import { describe, expect, it } from 'vitest';
import { chance, scaleOf } from './scale';

describe('the axis of intervals', () => {
  it('holds all values and zero', () => {
    const scale = scaleOf([0.012, 0.004, 0.021]);
    expect(scale.low).toBe(0);
    expect(scale.high).toBeGreaterThanOrEqual(0.021);
    expect(scale.at(scale.low)).toBe(0);
    expect(scale.at(scale.high)).toBe(1);
  });

  it('marks round numbers, zero among them', () => {
    const { ticks } = scaleOf([-0.013, 0.027]);
    expect(ticks).toContain(0);
    expect(ticks).toEqual([-0.02, -0.01, 0, 0.01, 0.02, 0.03]);
  });

  it('stands without values', () => {
    for (const values of [[], [0], [Number.NaN]]) {
      const scale = scaleOf(values);
      expect(scale.high).toBeGreaterThan(scale.low);
      expect(scale.ticks.length).toBeLessThan(12);
    }
  });

  it('lies left of zero if everything does', () => {
    const scale = scaleOf([-0.4, -0.1]);
    expect(scale.at(0)).toBeLessThanOrEqual(1);
    expect(scale.at(-0.4)).toBeGreaterThanOrEqual(0);
  });
});

describe('a chance', () => {
  it('is written with two digits, or as less than the least', () => {
    expect(chance(0.0042)).toContain('p = 0.0042');
    expect(chance(0.7312)).toContain('p = 0.73');
    expect(chance(1e-9)).toContain('p < 0.0001');
  });
});
