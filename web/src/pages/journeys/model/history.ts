// What was written, so that it can be taken back and done again.

/** Steps back at most: a journey is at most some 100 kB. */
const DEEPEST = 200;

export interface History<T> {
  past: T[];
  now: T;
  future: T[];
  /** What the last change was about; further ones about the same are one with it. */
  about: string | null;
}

export function begin<T>(now: T): History<T> {
  return { past: [], now, future: [], about: null };
}

/** `about`: what is being written, so that a word is taken back at once and not letter by letter. */
export function write<T>(history: History<T>, now: T, about: string | null = null): History<T> {
  if (now === history.now) return history;
  if (about !== null && about === history.about) return { ...history, now, future: [] };
  return { past: [...history.past, history.now].slice(-DEEPEST), now, future: [], about };
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], about: null };
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...future] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.now], now: after, future, about: null };
}
