// Who the visitor is. Read anew each time, so that all tabs agree about a login or logout.

import { uuid } from './random.js';
import type { Store } from './storage.js';

/** The ids that stand in messages. */
export interface Ids {
  anonymousId: string;
  userId?: string | undefined;
  groupId?: string | undefined;
  /** What proves the user's id. */
  signature?: string | undefined;
}

/** The ids in a store under one name. */
export function ids(store: Store, name: string) {
  const key = `${name}.id`;
  const write = (value: Ids) => {
    store.set(key, JSON.stringify(value));
    return value;
  };
  const read = (): Ids => {
    try {
      const value: unknown = JSON.parse(store.get(key) ?? 'null');
      if (value && typeof (value as Ids).anonymousId === 'string') return value as Ids;
    } catch {
      // Somebody else's text: a new visitor.
    }
    return write({ anonymousId: uuid() });
  };
  return {
    read,
    write,
    known: () => store.get(key) !== null,
    /** Another person on the same device begins with an anonymous id of their own: sharing one would join the two. */
    login(userId: string, signature?: string): Ids {
      const before = read();
      const proof = signature ? { signature } : {};
      if (before.userId === userId) return signature && signature !== before.signature ? write({ ...before, ...proof }) : before;
      return write(before.userId ? { anonymousId: uuid(), userId, ...proof } : { ...before, userId, ...proof });
    },
    reset: () => write({ anonymousId: uuid() }),
    forget: () => store.remove(key),
  };
}
