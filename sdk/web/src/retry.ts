// When a request that failed is tried again: pure, so that it can be checked.

const FIRST_MS = 1_000;
const LONGEST_MS = 120_000;
/** A server may ask for more patience than this; a page rarely lives as long. */
const TOLD_LONGEST_MS = 3_600_000;

/** What to do after an answer. */
export type Verdict = 'done' | 'retry' | 'split' | 'drop';

/** Only what can succeed later is sent again; anything else would be sent for ever. */
export function verdict(status: number): Verdict {
  if (status >= 200 && status < 300) return 'done';
  if (status === 413) return 'split';
  return status >= 500 || status === 429 || status === 408 || status === 425 ? 'retry' : 'drop';
}

/** Exponential backoff with full jitter: browsers that failed together do not come back together. */
export function backoff(failures: number, chance: number): number {
  return chance * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20));
}

/** Milliseconds that a `Retry-After` asks for: seconds, or an instant. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (!header?.trim()) return undefined;
  const seconds = Number(header);
  const wait = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), TOLD_LONGEST_MS);
}
