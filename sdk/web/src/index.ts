// The library as a module: one object whose calls may be made before it is loaded, and on a server, where
// they do nothing.

import { begin, type Tell } from './core.js';
import type { Happenings, Inbox, Perennial, Settings } from './types.js';

export type * from './types.js';

/** Calls kept before `load`. */
const WAITING_MAX = 1000;

/** Calls by name; `load`, `flush` and `on` are there from the beginning. */
export const CALLS = ['track', 'page', 'identify', 'group', 'alias', 'reset', 'consent', 'optOut', 'optIn'] as const;

/** A call that was made at an instant. */
export type Call = [name: string, rest: unknown[], at: number];

/** A library of its own, for a page that speaks to two servers: give each `load` another `name`. */
export function createPerennial(defaultHost?: string): Perennial & { replay(calls: Call[]): void } {
  type Core = ReturnType<typeof begin>;
  const listeners: { [Name in keyof Happenings]?: Set<(happening: Happenings[Name]) => void> } = {};
  const waiting: Call[] = [];
  let core: Core | undefined;

  const tell: Tell = (name, happening) => {
    const set = listeners[name];
    if (name === 'error' && !set?.size) console.warn('perennial:', (happening as Happenings['error']).message);
    for (const callback of set ?? []) {
      try {
        callback(happening);
      } catch (error) {
        console.error(error);
      }
    }
  };

  /** The page goes on, whatever happens here. */
  const guarded = (name: string, action: () => void) => {
    try {
      action();
    } catch (error) {
      tell('error', { code: 'call.failed', message: `${name}: ${String(error)}` });
    }
  };

  function call(name: string, rest: unknown[], at: number) {
    if (typeof document === 'undefined') return;
    if (core) {
      const make = core.calls[name as keyof Core['calls']] as (at: number, ...rest: unknown[]) => void;
      guarded(name, () => make(at, ...rest));
    } else {
      waiting.push([name, rest, at]);
      if (waiting.length > WAITING_MAX) waiting.shift();
    }
  }

  function load(settings: Settings) {
    if (core || typeof document === 'undefined') return;
    const host = (settings?.host ?? defaultHost)?.replace(/\/+$/, '');
    if (!host || !settings.key) {
      tell('error', { code: 'load.incomplete', message: 'load needs { key, host }: an ingest key and the address of the server' });
      return;
    }
    guarded('load', () => (core = begin({ ...settings, host }, tell)));
    for (const [name, rest, at] of waiting.splice(0)) call(name, rest, at);
    tell('ready', ready());
  }

  const ready = (): Happenings['ready'] => {
    const { anonymousId = '', userId } = core?.who() ?? {};
    return { anonymousId, userId };
  };

  function on<Name extends keyof Happenings>(name: Name, callback: (happening: Happenings[Name]) => void) {
    const set = ((listeners[name] as Set<typeof callback> | undefined) ??= new Set()) as Set<typeof callback>;
    set.add(callback);
    if (name === 'ready' && core) callback(ready() as Happenings[Name]);
    if (name === 'inbox' && core) callback({ cards: core.inbox.list(), unread: core.inbox.unread() } as Happenings[Name]);
    return () => void set.delete(callback);
  }

  /** The inbox once it is there; before, an empty one. */
  const inbox: Inbox = {
    list: () => core?.inbox.list() ?? [],
    unread: () => core?.inbox.unread() ?? 0,
    markRead: (id) => core?.inbox.markRead(id),
    dismiss: (id) => core?.inbox.dismiss(id),
    clicked: (id, button, url) => core?.inbox.clicked(id, button, url),
    refresh: () => core?.inbox.refresh() ?? Promise.resolve(),
    open: (settings) => core?.inbox.open(settings) ?? (() => {}),
  };

  const api: Record<string, unknown> = {
    load,
    on,
    inbox,
    flush: () => (core ? core.flush() : Promise.resolve(false)),
    replay(calls: Call[]) {
      for (const [name, rest, at] of calls) {
        if (name === 'load' || name === 'on' || name === 'flush') (api[name] as (...rest: unknown[]) => void)(...rest);
        else call(name, rest, at);
      }
    },
  };
  for (const name of CALLS) api[name] = (...rest: unknown[]) => call(name, rest, Date.now());
  return api as unknown as ReturnType<typeof createPerennial>;
}

/** The library of this page. */
export const perennial: Perennial = createPerennial();
export default perennial;
