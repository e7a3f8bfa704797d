// Where everything stands on the canvas: from top to bottom, paths side by side in their order.
//
// Layers by the longest way from the start (Sugiyama's method): a long edge passes a place of its own in every layer
// between, so that it crosses no box. Within a layer the order is that of a walk through the graph, improved by a few
// sweeps of the mean of neighbours; places are then the nearest to the mean of the neighbours that keep order and
// distance (isotonic regression). The same graph always gives the same picture; mirrored for right-to-left pages.

export interface Box {
  id: string;
  width: number;
  height: number;
}

export interface Line {
  id: string;
  from: string;
  to: string;
}

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  /** Upper left corners. */
  boxes: Map<string, Point>;
  /** From the lower edge of one box through free places to the upper edge of another. */
  lines: Map<string, Point[]>;
  layers: string[][];
  width: number;
  height: number;
}

const GAP_X = 44;
export const GAP_Y = 92;
/** What a line between boxes needs: the width of its label. */
const LANE = 132;
const SWEEPS = 6;
const ROUNDS = 24;
/** How much more it counts that a line is straight than that a box stands over its paths. */
const STRAIGHT = 4;

interface Place {
  id: string;
  width: number;
  height: number;
  rank: number;
  x: number;
  lane: boolean;
  up: Place[];
  down: Place[];
}

export function layout(boxes: Box[], lines: Line[], mirrored = false): Layout {
  const index = new Map(boxes.map((box) => [box.id, box]));
  const known = lines.filter(({ from, to }) => index.has(from) && index.has(to) && from !== to);
  const back = loops(boxes.map(({ id }) => id), known);
  const forward = known.filter(({ id }) => !back.has(id));
  const ranks = ranksOf(boxes, forward);
  const places = new Map<string, Place>(boxes.map((box) => [box.id, { ...box, rank: ranks.get(box.id)!, x: 0, lane: false, up: [], down: [] }]));
  const chains = new Map<string, Place[]>();
  for (const line of forward) chains.set(line.id, chainOf(places, line));
  const layers = ordered(boxes, places, forward, chains);
  settle(layers);
  return drawn(boxes, known, places, chains, layers, mirrored);
}

/** Ids of lines that lead back to where a walk came from. */
export function loops(boxes: string[], lines: Line[]): Set<string> {
  const out = grouped(lines, ({ from }) => from);
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<string>();
  const visit = (start: string) => {
    // With a list of its own: a journey may be a chain of hundreds.
    const stack = [{ id: start, at: 0 }];
    state.set(start, 'open');
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const line = out.get(top.id)?.[top.at];
      top.at += 1;
      if (!line) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(line.to) === 'open') back.add(line.id);
      else if (!state.has(line.to)) {
        state.set(line.to, 'open');
        stack.push({ id: line.to, at: 0 });
      }
    }
  };
  for (const id of boxes) if (!state.has(id)) visit(id);
  return back;
}

/** Layers from the top. Where paths part and come together at once there is a layer between, for their names. */
function ranksOf(boxes: Box[], lines: Line[]): Map<string, number> {
  const out = grouped(lines, ({ from }) => from);
  const into = grouped(lines, ({ to }) => to);
  const left = new Map(boxes.map(({ id }) => [id, into.get(id)?.length ?? 0]));
  const ranks = new Map(boxes.map(({ id }) => [id, 0]));
  const ready = boxes.map(({ id }) => id).filter((id) => left.get(id) === 0);
  for (let at = 0; at < ready.length; at += 1) {
    const id = ready[at]!;
    const parts = (out.get(id)?.length ?? 0) > 1;
    for (const { to } of out.get(id) ?? []) {
      const span = parts && into.get(to)!.length > 1 ? 2 : 1;
      ranks.set(to, Math.max(ranks.get(to)!, ranks.get(id)! + span));
      left.set(to, left.get(to)! - 1);
      if (left.get(to) === 0) ready.push(to);
    }
  }
  return ranks;
}

function grouped<T>(all: T[], by: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(by(one), [...(groups.get(by(one)) ?? []), one]);
  return groups;
}

/** The places that a line passes, with both its ends. */
function chainOf(places: Map<string, Place>, { id, from, to }: Line): Place[] {
  const start = places.get(from)!;
  const end = places.get(to)!;
  const chain = [start];
  for (let rank = start.rank + 1; rank < end.rank; rank += 1) {
    chain.push({ id: `${id}#${rank}`, width: LANE, height: 0, rank, x: 0, lane: true, up: [], down: [] });
  }
  chain.push(end);
  chain.slice(1).forEach((place, at) => {
    const before = chain[at]!;
    before.down.push(place);
    place.up.push(before);
  });
  return chain;
}

/** Layers in the order of a walk, then with fewer crossings. */
function ordered(boxes: Box[], places: Map<string, Place>, lines: Line[], chains: Map<string, Place[]>): Place[][] {
  const layers: Place[][] = [];
  const seen = new Set<Place>();
  const add = (place: Place) => {
    if (seen.has(place)) return;
    seen.add(place);
    (layers[place.rank] ??= []).push(place);
  };
  const out = grouped(lines, ({ from }) => from);
  const walked = new Set<string>();
  for (const { id: start } of boxes) {
    const stack = [start];
    while (stack.length > 0) {
      const id = stack.pop()!;
      if (walked.has(id)) continue;
      walked.add(id);
      add(places.get(id)!);
      // Lanes stand in the order of their paths, between the boxes of the other paths.
      for (const line of out.get(id) ?? []) chains.get(line.id)!.slice(1).forEach(add);
      stack.push(...(out.get(id) ?? []).map(({ to }) => to).toReversed());
    }
  }
  const crossed = () => crossings(layers);
  let best = layers.map((layer) => [...layer]);
  let fewest = crossed();
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : layers.toReversed()) sortByMean(layers, layer, down ? 'up' : 'down');
    const now = crossed();
    if (now < fewest) {
      fewest = now;
      best = layers.map((layer) => [...layer]);
    }
  }
  return best;
}

/** Where each place stands in its layer. */
const standing = (layers: Place[][]) => new Map<Place, number>(layers.flatMap((layer) => layer.map((place, at): [Place, number] => [place, at])));

function sortByMean(layers: Place[][], layer: Place[], side: 'up' | 'down'): void {
  const at = standing(layers);
  const mean = new Map(layer.map((place) => {
    const near = place[side];
    return [place, near.length > 0 ? near.reduce((sum, one) => sum + at.get(one)!, 0) / near.length : at.get(place)!];
  }));
  layer.sort((a, b) => mean.get(a)! - mean.get(b)! || at.get(a)! - at.get(b)!);
}

/** How often lines between neighbouring layers cross. */
function crossings(layers: Place[][]): number {
  const at = standing(layers);
  let count = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((place) => place.up.map((above) => [at.get(above)!, at.get(place)!] as const));
    for (let a = 0; a < ends.length; a += 1) {
      for (let b = a + 1; b < ends.length; b += 1) {
        if ((ends[a]![0] - ends[b]![0]) * (ends[a]![1] - ends[b]![1]) < 0) count += 1;
      }
    }
  }
  return count;
}

/** Puts every place as near to the mean of its neighbours as order and distance allow. */
function settle(layers: Place[][]): void {
  for (const layer of layers) place(layer, layer.map(() => 0));
  for (let round = 0; round < ROUNDS; round += 1) {
    const down = round % 2 === 0;
    for (const layer of down ? layers : layers.toReversed()) {
      const wanted = layer.map((one) => {
        // Going up, a box stands over its paths; those without any stay where they came from.
        const near = down ? one.up : one.down;
        const all = near.length > 0 ? near : [one];
        return all.reduce((sum, { x }) => sum + x, 0) / all.length;
      });
      place(layer, wanted);
    }
  }
}

/** The nearest centres to those wanted (least squares) that keep order and distance: isotonic regression. */
function place(layer: Place[], wanted: number[]): void {
  let offset = 0;
  const offsets = layer.map((one, at) => {
    const before = layer[at - 1];
    if (before) offset += (before.width + one.width) / 2 + GAP_X;
    return offset;
  });
  const blocks: { mean: number; weight: number; size: number }[] = [];
  layer.forEach((one, at) => {
    let block = { mean: wanted[at]! - offsets[at]!, weight: one.lane ? STRAIGHT : 1, size: 1 };
    for (let last = blocks.at(-1); last && last.mean > block.mean; last = blocks.at(-1)) {
      blocks.pop();
      const weight = last.weight + block.weight;
      block = { mean: (last.mean * last.weight + block.mean * block.weight) / weight, weight, size: last.size + block.size };
    }
    blocks.push(block);
  });
  let at = 0;
  for (const { mean, size } of blocks) {
    for (let i = 0; i < size; i += 1, at += 1) layer[at]!.x = mean + offsets[at]!;
  }
}

function drawn(boxes: Box[], lines: Line[], places: Map<string, Place>, chains: Map<string, Place[]>, layers: Place[][], mirrored: boolean): Layout {
  const all = layers.flat();
  const left = Math.min(...all.map(({ x, width }) => x - width / 2), 0);
  const right = Math.max(...all.map(({ x, width }) => x + width / 2), 0);
  const x = (centre: number) => Math.round(mirrored ? right - centre : centre - left);
  let y = 0;
  const tops = layers.map((layer) => {
    const top = y;
    // Below names alone no box has to be got around.
    y += Math.max(...layer.map(({ height }) => height)) + (layer.every(({ lane }) => lane) ? GAP_Y / 2 : GAP_Y);
    return top;
  });
  const top = (one: Place): Point => ({ x: x(one.x), y: tops[one.rank]! });
  const bottom = (one: Place): Point => ({ x: x(one.x), y: tops[one.rank]! + one.height });
  const points = new Map<string, Point[]>();
  for (const line of lines) {
    const chain = chains.get(line.id);
    const start = places.get(line.from)!;
    const end = places.get(line.to)!;
    points.set(line.id, [bottom(start), ...(chain ?? []).slice(1, -1).map((lane) => ({ x: x(lane.x), y: tops[lane.rank]! })), top(end)]);
  }
  return {
    boxes: new Map(boxes.map(({ id, width }) => [id, { x: x(places.get(id)!.x) - width / 2, y: tops[places.get(id)!.rank]! }])),
    lines: points,
    layers: layers.map((layer) => {
      const ids = layer.filter(({ lane }) => !lane).map(({ id }) => id);
      return mirrored ? ids.toReversed() : ids;
    }),
    width: Math.round(right - left),
    height: y - GAP_Y,
  };
}
