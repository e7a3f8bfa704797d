// Where ids and decisions are kept: localStorage, cookies, or memory where the browser allows neither.

import type { Persistence } from './types.js';

/** Small values under names. Nothing here throws. */
export interface Store {
  readonly kind: Persistence;
  get(name: string): string | null;
  set(name: string, value: string): void;
  remove(name: string): void;
}

/** The longest that browsers keep a cookie. */
const COOKIE_SECONDS = 34_560_000;

/** What was asked for, or the next that works. */
export function openStore(wanted: Persistence, name: string, cookieDomain?: string): Store {
  const local = localStorageOrNothing();
  if (wanted === 'localStorage' && local) return over(local);
  if (wanted !== 'memory') {
    const cookies = cookieStore(cookieDomain);
    const probe = `${name}.probe`;
    cookies.set(probe, '1');
    const works = cookies.get(probe) === '1';
    cookies.remove(probe);
    if (works) return cookies;
    if (local) return over(local);
  }
  return memoryStore();
}

/** The browser's storage if it can be written: private windows and blocked cookies forbid that. */
export function localStorageOrNothing(): Storage | undefined {
  try {
    const storage = window.localStorage;
    const probe = 'perennial.probe';
    storage.setItem(probe, '1');
    storage.removeItem(probe);
    return storage;
  } catch {
    return undefined;
  }
}

/** Values that last as long as the page. */
export function memoryStore(): Store {
  const values = new Map<string, string>();
  return {
    kind: 'memory',
    get: (name) => values.get(name) ?? null,
    set: (name, value) => void values.set(name, value),
    remove: (name) => void values.delete(name),
  };
}

function over(storage: Storage): Store {
  return {
    kind: 'localStorage',
    get: (name) => attempt(() => storage.getItem(name)) ?? null,
    set: (name, value) => void attempt(() => storage.setItem(name, value)),
    remove: (name) => void attempt(() => storage.removeItem(name)),
  };
}

function cookieStore(domain: string | undefined): Store {
  const write = (name: string, value: string, seconds: number) =>
    void attempt(() => {
      const where = `path=/; samesite=lax${domain ? `; domain=${domain}` : ''}${location.protocol === 'https:' ? '; secure' : ''}`;
      document.cookie = `${name}=${encodeURIComponent(value)}; max-age=${seconds}; ${where}`;
    });
  return {
    kind: 'cookie',
    get: (name) =>
      attempt(() => {
        const found = document.cookie.split('; ').find((cookie) => cookie.startsWith(`${name}=`));
        return found ? decodeURIComponent(found.slice(name.length + 1)) : null;
      }) ?? null,
    set: (name, value) => write(name, value, COOKIE_SECONDS),
    remove: (name) => write(name, '', 0),
  };
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
