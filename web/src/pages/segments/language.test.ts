import { describe, expect, it } from 'vitest';
import { rangeOf } from './language';

const marked = (text: string, line: number | null, column: number | null, found: string | null = null) => {
  const range = rangeOf(text, { line, column, found });
  return range && text.slice(range.from, range.to);
};

describe('where a problem lies', () => {
  it('is the word at its column', () => {
    expect(marked('did "Purchas" at leest 3 times', 1, 18)).toBe('leest');
  });
  it('is a whole quoted name', () => {
    expect(marked('did "Purchas" in last 3d', 1, 5)).toBe('"Purchas"');
  });
  it('is what was found, if that stands there', () => {
    expect(marked('a in last 30 days', 1, 11, '30 days')).toBe('30 days');
  });
  it('counts characters, not code units', () => {
    expect(marked('did "😀😀" att', 1, 10)).toBe('att');
  });
  it('finds later lines', () => {
    expect(marked('did "A"\nand nto did "B"', 2, 5)).toBe('nto');
  });
  it('is the last character if the text ends too early', () => {
    expect(marked('did', 1, 4)).toBe('d');
  });
  it('is nowhere if it does not say', () => {
    expect(marked('did', null, null)).toBeNull();
    expect(marked('', 1, 1)).toBeNull();
    expect(marked('did', 5, 1)).toBeNull();
  });
});
