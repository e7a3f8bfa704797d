// What is live, on a page: asked for once, then kept up by the stream.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { type ApiError, body, client } from '../api/client';
import { type Connection, follow, type ServerEvent } from '../api/stream';
import { begin, type LiveState, take } from './live';

/** What the stream told is shown together this often: faster than anybody reads costs only work. */
const SHOW_EVERY_MS = 250;

/** A view that turns out to be old is asked for again, but not more often than this. */
const AGAIN_AFTER_MS = 5_000;

interface Options {
  /** Key of one definition; without it all. */
  watch?: string;
  /** Whether events are wanted too. */
  events?: boolean;
  /** Only events of this name. */
  event?: string;
  enabled?: boolean;
}

export function useLive({ watch, events = false, event = '', enabled = true }: Options) {
  const queries = useQueryClient();
  const queryKey = ['live', watch ?? null];
  const query = useQuery({
    queryKey,
    queryFn: () => body(client.GET('/api/live', { params: { query: { watch } } })),
    enabled,
    // The stream goes on from where the view was taken.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [state, setState] = useState<LiveState | null>(null);
  const [connection, setConnection] = useState<Connection>('connecting');
  const [refused, setRefused] = useState<ApiError | null>(null);
  const lastId = useRef('');
  const askedAt = useRef(0);
  const view = query.data;

  useEffect(() => {
    if (!view) return;
    askedAt.current = Date.now();
    setState((old) => {
      if (!old) {
        lastId.current = view.last_id;
        return begin(view);
      }
      return { ...old, watches: view.watches };
    });
  }, [view]);

  const started = state !== null;
  const kinds = events ? 'transitions,events,counts' : 'transitions,counts';
  useEffect(() => {
    if (!enabled || !started) return;
    const params = new URLSearchParams({ kind: kinds });
    if (watch) params.set('watch', watch);
    if (event) params.set('event', event);
    let waiting: ServerEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      const told = waiting;
      waiting = [];
      setState((old) => {
        if (!old) return old;
        const next = take(old, told);
        if (next.stale && Date.now() - askedAt.current > AGAIN_AFTER_MS) {
          askedAt.current = Date.now();
          void queries.invalidateQueries({ queryKey: ['live', watch ?? null] });
        }
        return next.state;
      });
    };
    const stop = follow(params, lastId.current, {
      events: (told) => {
        waiting.push(...told);
        lastId.current = told.at(-1)!.id || lastId.current;
        timer ??= setTimeout(show, SHOW_EVERY_MS);
      },
      connection: setConnection,
      refused: setRefused,
    });
    return () => {
      stop();
      clearTimeout(timer);
      if (waiting.length > 0) show();
    };
  }, [enabled, started, kinds, watch, event, queries]);

  return { query, state, connection, refused };
}
