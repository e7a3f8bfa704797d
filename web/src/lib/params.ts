// One filter that lives in the address.

import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

/** A parameter of the address with a default that is left out of it. With `allowed`, anything
 * else in the address counts as the default. */
export function useParam(name: string, allowed: readonly string[] | null, fallback: string): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const raw = params.get(name);
  const value = raw !== null && (allowed === null || allowed.includes(raw)) ? raw : fallback;
  const set = useCallback(
    (next: string) =>
      setParams(
        (old) => {
          const changed = new URLSearchParams(old);
          if (next === fallback) changed.delete(name);
          else changed.set(name, next);
          return changed;
        },
        { replace: true },
      ),
    [setParams, name, fallback],
  );
  return [value, set];
}
