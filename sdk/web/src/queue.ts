// Events that the server does not have yet, kept over reloads and closed tabs.
//
// Every tab writes under names of its own (`perennial.q.TAB.ORDER`), one entry for each event, so that no
// two tabs ever write the same entry. What a closed tab left is adopted by another: a tab holds a Web Lock
// while it lives, so a free lock says that its owner is gone. Where there are no locks (pages without
// https), what has waited for a while is adopted; if its owner lives, both send it and it counts once.

import type { Message } from './types.js';

/** One event, as it is sent. */
export interface Item {
  messageId: string;
  json: string;
  /** Bytes of the text. */
  size: number;
  /** Sorts by when the event was taken. */
  order: string;
  /** Its name in the storage, if it is there. */
  key: string | undefined;
  /** Older events that were dropped before it, as its context says. */
  dropped: number;
  adopted: boolean;
}

/** How much is kept. */
export interface Bounds {
  events: number;
  bytes: number;
}

/** Without locks: an event that waited for so long has probably lost its tab. */
const ABANDONED_MS = 10_000;

/** Opens the queue of this tab. `storage`: nothing if the browser has none; then it lives in memory. */
export function openQueue(name: string, storage: Storage | undefined, bounds: Bounds, lost: (items: Item[]) => void) {
  const prefix = `${name}.q.`;
  const tab = Math.random().toString(36).slice(2, 10) || 'tab';
  const locks = storage && typeof navigator === 'object' ? navigator.locks : undefined;
  let items: Item[] = [];
  let bytes = 0;
  let inFlight = 0;
  let counter = 0;
  let dropped = 0;
  let release = () => {};
  let lifetime = new Promise<void>((done) => (release = done));

  const keys = () => attempt(() => Object.keys(storage ?? {}).filter((key) => key.startsWith(prefix))) ?? [];

  /** Holds the lock of a tab until this page goes; calls back with whether it got it. */
  function hold(owner: string, ifAvailable: boolean): Promise<boolean> {
    return new Promise((answer) => {
      locks
        ?.request(`${prefix}${owner}`, { ifAvailable }, (lock) => {
          answer(lock !== null);
          return lock ? lifetime : undefined;
        })
        .catch(() => answer(false));
    });
  }

  function forget(gone: Item[]) {
    const set = new Set(gone);
    items = items.filter((item) => !set.has(item));
    for (const { key, size } of gone) {
      bytes -= size;
      if (key) attempt(() => storage?.removeItem(key));
    }
  }

  /** Drops the oldest beyond the bounds, but never what is on its way. */
  function trim(room: number) {
    const gone: Item[] = [];
    let left = bytes;
    for (const item of items.slice(inFlight)) {
      if (items.length - gone.length + room <= bounds.events && left <= bounds.bytes) break;
      gone.push(item);
      left -= item.size;
    }
    if (gone.length === 0) return;
    dropped += gone.reduce((sum, item) => sum + 1 + item.dropped, 0);
    forget(gone);
    lost(gone);
  }

  /** Takes over what a tab left. */
  function take(owner: string, before: number) {
    const known = new Set(items.map(({ key }) => key));
    const found: Item[] = [];
    for (const key of keys()) {
      const [of, order = ''] = key.slice(prefix.length).split('.');
      if (of !== owner || known.has(key) || parseInt(order, 36) > before) continue;
      const item = attempt(() => read(key, order, storage?.getItem(key) ?? ''));
      if (item) found.push(item);
      else attempt(() => storage?.removeItem(key));
    }
    const waiting = [...items.slice(inFlight), ...found].sort((a, b) => (a.order < b.order ? -1 : 1));
    items = [...items.slice(0, inFlight), ...waiting];
    bytes += found.reduce((sum, { size }) => sum + size, 0);
    trim(0);
    return found.length;
  }

  return {
    /** Events that wait. */
    size: () => items.length,

    /** Makes room for one more event. Answers how many were dropped since the last one. */
    makeRoom(): number {
      trim(1);
      const report = dropped;
      dropped = 0;
      return report;
    },

    add(message: Message, now: number) {
      const order = `${now.toString(36).padStart(9, '0')}-${(counter++).toString(36).padStart(6, '0')}`;
      const json = JSON.stringify(message);
      const key = `${prefix}${tab}.${order}`;
      const kept = attempt(() => (storage?.setItem(key, json), storage !== undefined)) ?? false;
      const item = itemOf(message, json, order, kept ? key : undefined, false);
      items.push(item);
      bytes += item.size;
    },

    /** The oldest events, as many as fit into one request. */
    head(count: number, size: number): Item[] {
      // Another tab may have delivered what this one adopted.
      const gone = items.filter(({ adopted, key }) => adopted && key && attempt(() => storage?.getItem(key)) === null);
      if (gone.length > 0) forget(gone);
      return firstThatFit(items, count, size);
    },

    /** How many of the oldest are on their way. */
    flying: (count: number) => void (inFlight = count),

    /** What is not on its way, in pieces of one request each. */
    rest(count: number, size: number): Item[][] {
      const pieces: Item[][] = [];
      for (let at = inFlight; at < items.length; ) {
        const piece = firstThatFit(items.slice(at), count, size);
        pieces.push(piece);
        at += piece.length;
      }
      return pieces;
    },

    remove: forget,

    /** Forgets everything, of all tabs. */
    clear() {
      for (const key of keys()) attempt(() => storage?.removeItem(key));
      items = [];
      bytes = inFlight = dropped = 0;
    },

    /** Says that this tab lives, as long as the page does. */
    live: () => (locks ? hold(tab, false).then(() => {}) : Promise.resolve()),

    /** The page goes, perhaps into the browser's cache, where it may hold nothing. */
    freeze() {
      release();
      lifetime = new Promise((done) => (release = done));
    },

    /** Adopts what closed tabs left. Answers how many events that were. */
    async adopt(now: number): Promise<number> {
      const owners = new Set(keys().map((key) => key.slice(prefix.length).split('.')[0] ?? ''));
      let found = 0;
      for (const owner of owners) {
        if (owner === tab) continue;
        if (!locks) found += take(owner, now - ABANDONED_MS);
        else if (await hold(owner, true)) found += take(owner, Infinity);
      }
      return found;
    },
  };
}

/** The first events of a list that fit into one request; one always does. */
export function firstThatFit(items: Item[], count: number, size: number): Item[] {
  let sum = 0;
  let end = 0;
  for (const item of items) {
    sum += item.size;
    if (end > 0 && (end >= count || sum > size)) break;
    end += 1;
  }
  return items.slice(0, end);
}

function read(key: string, order: string, json: string): Item {
  const message = JSON.parse(json) as Message;
  if (typeof message.messageId !== 'string') throw new Error('no message');
  return itemOf(message, json, order, key, true);
}

function itemOf({ messageId, context }: Message, json: string, order: string, key: string | undefined, adopted: boolean): Item {
  const dropped = typeof context.dropped === 'number' ? context.dropped : 0;
  return { messageId, json, size: new TextEncoder().encode(json).length, order, key, dropped, adopted };
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
