// The shape of lines: straight down, across in the gap between layers, and down again.

import type { Point } from '../model/layout';

/** How far above its end a line goes across: below it stand a name and a button. */
const NAMED = 72;
const PLAIN = 26;
const CORNER = 8;
const NAME_ABOVE = 52;
const PLUS_ABOVE = 24;
const PLUS_BELOW = 32;

export function lineThrough(points: Point[], named: boolean): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M ${first.x} ${first.y}`;
  let here = first;
  rest.forEach((next, at) => {
    const bend = next.y - (at === 0 && named ? NAMED : PLAIN);
    const across = next.x - here.x;
    if (across !== 0) {
      const corner = Math.min(CORNER, Math.abs(across) / 2, Math.max(bend - here.y, 0), next.y - bend);
      const side = Math.sign(across) * corner;
      path += ` V ${bend - corner} Q ${here.x} ${bend} ${here.x + side} ${bend} H ${next.x - side} Q ${next.x} ${bend} ${next.x} ${bend + corner}`;
    }
    path += ` V ${next.y}`;
    here = next;
  });
  return path;
}

/** Where the name and the button of a line stand: on its own way, never where lines have come together. */
export function spotsOf(points: Point[], named: boolean): { name: Point; plus: Point } {
  const start = points[0] ?? { x: 0, y: 0 };
  const next = points[1] ?? start;
  return named ? { name: { x: next.x, y: next.y - NAME_ABOVE }, plus: { x: next.x, y: next.y - PLUS_ABOVE } } : { name: start, plus: { x: start.x, y: start.y + PLUS_BELOW } };
}
