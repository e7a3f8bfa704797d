// The journeys that come with the server can be drawn, and nothing is wrong with them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemsOf } from './checks';
import { read } from './read';

const folder = join(import.meta.dirname, '../../../../../docs/journeys');
const files = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.story.json'));

describe('journeys to begin with', () => {
  it('are there', () => expect(files).toEqual(expect.arrayContaining(['cart-24h.json', 'two-minute-window.json'])));

  for (const file of files) {
    it(`are whole: ${file}`, () => {
      const { journey, problem } = read(readFileSync(join(folder, file), 'utf8'));
      expect(problem).toBeNull();
      expect(problemsOf(journey!)).toEqual([]);
    });
  }
});
