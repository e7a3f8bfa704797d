import { describe, expect, it } from 'vitest';
import { type Box, layout, type Line } from './layout';

const box = (id: string): Box => ({ id, width: 200, height: 60 });
const boxes = (...ids: string[]) => ids.map(box);
const lines = (...pairs: string[]): Line[] => pairs.map((pair) => ({ id: pair, from: pair[0]!, to: pair[1]! }));
const centre = (at: { x: number }) => at.x + 100;

describe('the layout', () => {
  it('puts a chain in one column, in order', () => {
    const { boxes: at, layers } = layout(boxes('a', 'b', 'c'), lines('ab', 'bc'));
    expect(layers).toEqual([['a'], ['b'], ['c']]);
    expect(new Set([...at.values()].map(({ x }) => x)).size).toBe(1);
    expect(at.get('b')!.y).toBeGreaterThan(at.get('a')!.y + 60);
  });

  it('puts paths side by side in their order and their source above their middle', () => {
    const { boxes: at, layers } = layout(boxes('a', 'b', 'c', 'd'), lines('ab', 'ac', 'ad'));
    expect(layers[1]).toEqual(['b', 'c', 'd']);
    expect(centre(at.get('a')!)).toBe(centre(at.get('c')!));
    expect(at.get('c')!.x - at.get('b')!.x).toBeGreaterThanOrEqual(200);
  });

  it('mirrors the order of paths', () => {
    const { boxes: at, layers } = layout(boxes('a', 'b', 'c'), lines('ab', 'ac'), true);
    expect(layers[1]).toEqual(['c', 'b']);
    expect(at.get('b')!.x).toBeGreaterThan(at.get('c')!.x);
  });

  it('puts what several paths lead to below all of them', () => {
    const { boxes: at } = layout(boxes('a', 'b', 'c', 'd', 'e'), lines('ab', 'bc', 'cd', 'ae', 'ed'));
    expect(at.get('d')!.y).toBeGreaterThan(at.get('c')!.y);
    expect(at.get('d')!.y).toBeGreaterThan(at.get('e')!.y);
  });

  it('gives paths that come together at once a layer for their names', () => {
    const { boxes: at, lines: drawn } = layout(boxes('a', 'b'), [{ id: '1', from: 'a', to: 'b' }, { id: '2', from: 'a', to: 'b' }]);
    expect(drawn.get('1')).toHaveLength(3);
    expect(drawn.get('1')![1]!.x).toBeLessThan(drawn.get('2')![1]!.x - 100);
    expect(at.get('b')!.y).toBeGreaterThan(60);
  });

  it('lets a long line pass beside boxes, never through one', () => {
    const all = boxes('a', 'b', 'c', 'd');
    const { boxes: at, lines: drawn } = layout(all, lines('ab', 'bc', 'cd', 'ad'));
    for (const point of drawn.get('ad')!.slice(1, -1)) {
      for (const id of ['b', 'c']) {
        const { x, y } = at.get(id)!;
        const inside = point.x > x && point.x < x + 200 && point.y > y - 1 && point.y < y + 61;
        expect(inside, id).toBe(false);
      }
    }
  });

  it('draws loops without turning the picture around', () => {
    const { layers, lines: drawn } = layout(boxes('a', 'b', 'c'), lines('ab', 'bc', 'ca'));
    expect(layers).toEqual([['a'], ['b'], ['c']]);
    expect(drawn.get('ca')).toHaveLength(2);
  });

  it('never lets boxes of a layer overlap, whatever the graph', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 60; round += 1) {
      const size = 2 + random(24);
      const all = Array.from({ length: size }, (_, at) => box(`n${at}`));
      const some = Array.from({ length: size * 2 }, (_, at) => ({ id: `e${at}`, from: `n${random(size)}`, to: `n${random(size)}` }));
      const { boxes: at, layers } = layout(all, some);
      for (const layer of layers) {
        layer.slice(1).forEach((id, i) => expect(at.get(id)!.x - at.get(layer[i]!)!.x).toBeGreaterThanOrEqual(200));
      }
      expect(layers.flat().toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    }
  });

  it('is the same every time, and quick for a large journey', () => {
    const many = Array.from({ length: 400 }, (_, at) => box(`n${at}`));
    const tree = many.slice(1).map(({ id }, at) => ({ id: `e${at}`, from: `n${Math.floor(at / 2)}`, to: id }));
    expect(layout(many, tree)).toEqual(layout(many, tree));
  });
});
