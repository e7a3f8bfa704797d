// Counts by reason: the most frequent ones, and all others together.

/** Reasons that are shown when there are more. */
const SHOWN = 5;

export interface Reasons {
  shown: [string, number][];
  /** How many reasons are left, and their sum; nothing: none. */
  others: { reasons: number; n: number } | null;
}

/** Most first. One reason is never folded away alone: its row would take as much place. */
export function foldedReasons(counts: Record<string, number>, all: boolean): Reasons {
  const rows = Object.entries(counts).toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  if (all || rows.length <= SHOWN + 1) return { shown: rows, others: null };
  const others = rows.slice(SHOWN);
  return { shown: rows.slice(0, SHOWN), others: { reasons: others.length, n: others.reduce((sum, [, n]) => sum + n, 0) } };
}
