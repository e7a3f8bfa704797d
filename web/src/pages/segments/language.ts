// What the editor knows of the segment language: how words are coloured, and where a problem is.
// Meaning and errors come from the server.

import { StreamLanguage } from '@codemirror/language';
import type { Problem } from '../../api/types';

export const KEYWORDS = [
  'did', 'not', 'and', 'or', 'at', 'least', 'most', 'exactly', 'times', 'in', 'last', 'next', 'where', 'any', 'event', 'of', 'then', 'for',
  'with', 'same', 'within', 'after', 'before', 'first', 'since', 'between', 'mostly', 'rarely', 'is', 'own', 'baseline', 'below', 'above', 'segment',
  'lifecycle', 'rfm', 'was', 'from', 'score', 'reachable', 'by', 'contains', 'starts', 'ends', 'matches', 'exists', 'days', 'bucket', 'true', 'false',
];

const FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max', 'distinct'];
const keyword = new Set(KEYWORDS);
const functions = new Set(FUNCTIONS);

export const segmentLanguage = StreamLanguage.define({
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return 'string';
    if (stream.match(/^-?\d+(?:\.\d+)?(?:ms|[smhdw])?\b/)) return 'number';
    const word = stream.match(/^[\p{L}_$][\p{L}\p{N}_.$-]*/u);
    if (Array.isArray(word)) {
      const lower = word[0]!.toLowerCase();
      if (functions.has(lower)) return 'variableName.function';
      return keyword.has(lower) ? 'keyword' : null;
    }
    stream.next();
    return null;
  },
});

/** Where in the text a problem lies; null if it does not say. At least one character long, and
 * inside the text. */
export function rangeOf(text: string, problem: Pick<Problem, 'line' | 'column' | 'found'>): { from: number; to: number } | null {
  if (!problem.line || !problem.column) return null;
  const lines = text.split('\n');
  const line = lines[problem.line - 1];
  if (line === undefined) return null;
  const start = lines.slice(0, problem.line - 1).reduce((sum, earlier) => sum + earlier.length + 1, 0);
  // Columns count characters, the editor counts UTF-16 units.
  const before = [...line].slice(0, problem.column - 1).join('').length;
  const rest = line.slice(before);
  const found = problem.found && rest.startsWith(problem.found) ? problem.found : /^("(?:[^"\\]|\\.)*"?|[\p{L}\p{N}_.$-]+|\S)/u.exec(rest)?.[0];
  const from = Math.min(start + before, text.length);
  const to = Math.min(from + Math.max(found?.length ?? 1, 1), text.length);
  return to > from ? { from, to } : text.length > 0 ? { from: text.length - 1, to: text.length } : null;
}
