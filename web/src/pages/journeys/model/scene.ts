// A journey as it is drawn: the entry, its steps, where paths end, and the lines between them.

import type { JourneyInput, JourneyStep } from '../types';
import { START } from './edit';
import { stepOf, type Way, waysOf } from './graph';
import { type Box, layout, type Layout, type Line, loops } from './layout';

export const ENTRY = '#entry';

/** What a box is: the entry, a step, or where a path ends. */
export type Item =
  | { kind: 'entry'; id: string }
  | { kind: 'step'; id: string; step: JourneyStep }
  /** People are out. */
  | { kind: 'end'; id: string; from: string; path: string }
  /** The path goes on at a step further up, or at one that is not there. */
  | { kind: 'jump'; id: string; from: string; path: string; to: string; missing: boolean };

export interface Edge {
  id: string;
  /** Nothing: from the entry. */
  step: string | null;
  path: string;
  from: string;
  to: string;
  /** Of several ways out of its step: its name is shown. */
  named: boolean;
}

export interface Scene {
  items: Item[];
  edges: Edge[];
  layout: Layout;
}

export interface Sizes {
  entry: { width: number; height: number };
  step: { width: number; height: number };
  end: { width: number; height: number };
}

const edgeId = (step: string | null, path: string) => `${step ?? ENTRY}/${path}`;

export function sceneOf(journey: JourneyInput, sizes: Sizes, mirrored: boolean): Scene {
  const items: Item[] = [{ kind: 'entry', id: ENTRY }, ...journey.steps.map((step): Item => ({ kind: 'step', id: step.id, step }))];
  const edges: Edge[] = [];
  const first = journey.steps[0];
  if (first) edges.push({ id: edgeId(null, START.path), step: null, path: START.path, from: ENTRY, to: first.id, named: false });
  const back = loops(
    items.map(({ id }) => id),
    [...edges, ...journey.steps.flatMap((step) => waysOf(step).flatMap((way) => (way.to !== undefined && stepOf(journey, way.to) ? [{ id: edgeId(step.id, way.path), from: step.id, to: way.to }] : [])))],
  );
  for (const step of journey.steps) {
    const ways = waysOf(step);
    for (const way of ways) {
      const edge = { id: edgeId(step.id, way.path), step: step.id, path: way.path, from: step.id, named: ways.length > 1 || way.path !== 'next' };
      const target = stepOf(journey, way.to);
      if (target && !back.has(edge.id)) edges.push({ ...edge, to: target.id });
      else {
        const end = endOf(step, way, target === undefined);
        items.push(end);
        edges.push({ ...edge, to: end.id });
      }
    }
  }
  const boxes: Box[] = items.map(({ id, kind }) => ({ id, ...(kind === 'entry' ? sizes.entry : kind === 'step' ? sizes.step : sizes.end) }));
  const lines: Line[] = edges.map(({ id, from, to }) => ({ id, from, to }));
  return { items, edges, layout: layout(boxes, lines, mirrored) };
}

function endOf(step: JourneyStep, { path, to }: Way, missing: boolean): Item {
  const id = `#end/${step.id}/${path}`;
  return to === undefined ? { kind: 'end', id, from: step.id, path } : { kind: 'jump', id, from: step.id, path, to, missing };
}

/** The box that an arrow key leads to from another. */
export function neighbour(scene: Scene, id: string, key: 'up' | 'down' | 'left' | 'right'): string | null {
  const shown = new Set(scene.items.filter(({ kind }) => kind === 'entry' || kind === 'step').map((item) => item.id));
  if (key === 'down') return scene.edges.find(({ from, to }) => from === id && shown.has(to))?.to ?? null;
  if (key === 'up') return scene.edges.find(({ from, to }) => to === id && shown.has(from))?.from ?? null;
  const layer = scene.layout.layers.find((ids) => ids.includes(id))?.filter((one) => shown.has(one)) ?? [];
  return layer[layer.indexOf(id) + (key === 'left' ? -1 : 1)] ?? null;
}
