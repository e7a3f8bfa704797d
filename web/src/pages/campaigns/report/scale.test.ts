import { describe, expect, it } from 'vitest';
import { scaleOf } from './scale';

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
