import { describe, expect, it } from 'vitest';
import { lineThrough, spotsOf } from './lines';

describe('a line', () => {
  it('is straight between boxes above each other', () => {
    expect(lineThrough([{ x: 10, y: 0 }, { x: 10, y: 92 }], false)).toBe('M 10 0 V 92');
  });

  it('goes across in the gap, with round corners, in both directions', () => {
    for (const x of [200, -200]) {
      const path = lineThrough([{ x: 0, y: 0 }, { x, y: 92 }], true);
      expect(path.startsWith('M 0 0 V 12 Q 0 20')).toBe(true);
      expect(path.endsWith(`Q ${x} 20 ${x} 28 V 92`)).toBe(true);
    }
  });

  it('never turns back where there is little room', () => {
    const path = lineThrough([{ x: 0, y: 0 }, { x: 3, y: 74 }], true);
    expect(path).not.toContain('NaN');
    const heights = [...path.matchAll(/[VQ][^VQ]*?(-?[\d.]+)(?= |$)/g)].map((match) => Number(match[1]));
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(0);
  });

  it('has its name and button on a way of its own', () => {
    const points = [{ x: 0, y: 0 }, { x: 100, y: 92 }, { x: 50, y: 200 }];
    expect(spotsOf(points, true).plus.x).toBe(100);
    expect(spotsOf(points, false).plus).toEqual({ x: 0, y: 32 });
  });
});
