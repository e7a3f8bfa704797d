// The instant all pages ask about. It lives in the URL (`as_of`); without it the workspace's own
// "now" counts, which moves with the clock if the session is live.

import { useCallback } from 'react';
import { useSearchParams } from 'react-router';
import { useSession } from '../api/session';

const LIVE_REFETCH_MS = 3000;

export interface AsOf {
  /** The chosen instant, if one was chosen. */
  chosen: string | undefined;
  /** The chosen instant, or the workspace's now. */
  effective: string;
  /** Answers follow the clock. */
  live: boolean;
  /** For queries: how often to ask again. */
  refetchInterval: number | false;
  choose: (instant: string | null) => void;
}

export function useAsOf(): AsOf {
  const session = useSession();
  const [params, setParams] = useSearchParams();
  const raw = params.get('as_of');
  const chosen = raw && !Number.isNaN(Date.parse(raw)) ? raw : undefined;
  const live = session.live && !chosen;
  const choose = useCallback(
    (instant: string | null) =>
      setParams((old) => {
        const next = new URLSearchParams(old);
        if (instant) next.set('as_of', instant);
        else next.delete('as_of');
        return next;
      }),
    [setParams],
  );
  return {
    chosen,
    effective: chosen ?? session.now,
    live,
    refetchInterval: live ? LIVE_REFETCH_MS : false,
    choose,
  };
}
