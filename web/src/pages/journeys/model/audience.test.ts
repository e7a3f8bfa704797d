import { describe, expect, it } from 'vitest';
import { savedSegment } from './audience';

describe('a saved segment', () => {
  it('is an id, or a definition that names it alone', () => {
    expect(savedSegment('cart-left')).toBe('cart-left');
    expect(savedSegment({ type: 'segment', id: 'cart-left' })).toBe('cart-left');
  });

  it('is nothing that is written', () => {
    for (const other of ['did "Purchase"', 'country = "TR"', { type: 'all', of: [] }, undefined, null]) expect(savedSegment(other)).toBeNull();
  });
});
