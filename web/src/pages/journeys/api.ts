// Journeys over the API: what is asked, and how long an answer holds.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { body, client } from '../../api/client';
import type { ContentProblem, Journey, JourneyAction, JourneyInput, JourneyPlay, JourneyReport, JourneyReview, JourneyRun, JourneySummary, PublishInput, WaitingList } from './types';

interface Wish {
  params?: { path?: Record<string, string>; query?: Record<string, string | number | undefined> };
  body?: unknown;
  signal?: AbortSignal | null;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Asks an address by its template, as the client does for those of the document. */
export function ask<T>(method: Method, path: string, wish: Wish = {}): Promise<T> {
  const call = client[method] as unknown as (path: string, wish: Wish) => Promise<{ data?: T; error?: unknown; response: Response }>;
  return body<T>(call(path, wish));
}

const at = (id: string): Wish => ({ params: { path: { id } } });

export const journeys = {
  list: () => ask<{ journeys: JourneySummary[] }>('GET', '/api/journeys'),
  plays: () => ask<{ plays: JourneyPlay[] }>('GET', '/api/journeys/plays'),
  one: (id: string) => ask<Journey>('GET', '/api/journeys/{id}', at(id)),
  create: (input: JourneyInput) => ask<Journey>('POST', '/api/journeys', { body: input }),
  update: (id: string, input: JourneyInput) => ask<Journey>('PUT', '/api/journeys/{id}', { ...at(id), body: input }),
  remove: (id: string) => ask<unknown>('DELETE', '/api/journeys/{id}', at(id)),
  check: (input: JourneyInput, signal?: AbortSignal) => ask<{ problems: ContentProblem[] }>('POST', '/api/journeys/check', { body: input, signal: signal ?? null }),
  review: (id: string) => ask<JourneyReview>('GET', '/api/journeys/{id}/review', at(id)),
  publish: (id: string, input: PublishInput) => ask<Journey>('POST', '/api/journeys/{id}/publish', { ...at(id), body: input }),
  act: (id: string, action: JourneyAction) => ask<Journey>('POST', `/api/journeys/{id}/${action}`, at(id)),
  report: (id: string, query: { from?: string | undefined; to?: string | undefined }) => ask<JourneyReport>('GET', '/api/journeys/{id}/report', { params: { path: { id }, query } }),
  waiting: (id: string, step: string) => ask<WaitingList>('GET', '/api/journeys/{id}/waiting', { params: { path: { id }, query: { step } } }),
  ofUser: (id: string) => ask<{ runs: JourneyRun[] }>('GET', '/api/users/{id}/journeys', at(id)),
};

/** How often numbers of journeys under way are asked for. */
const LOOK_EVERY_MS = 5_000;

const lively = (status: string | undefined) => status === 'running';

export function useJourneys() {
  return useQuery({ queryKey: ['journeys'], queryFn: journeys.list, refetchInterval: LOOK_EVERY_MS });
}

export function useJourneyPlays() {
  return useQuery({ queryKey: ['journey-plays'], queryFn: journeys.plays, staleTime: 600_000 });
}

/** One journey; asked again while it is under way. */
export function useJourney(id: string) {
  return useQuery({ queryKey: ['journey', id], queryFn: () => journeys.one(id), refetchInterval: ({ state }) => (lively(state.data?.status) ? LOOK_EVERY_MS : false) });
}

export function useJourneyReport(id: string, query: { from?: string | undefined; to?: string | undefined }, status: string, enabled = true) {
  return useQuery({
    queryKey: ['journey-report', id, query],
    queryFn: () => journeys.report(id, query),
    placeholderData: keepPreviousData,
    refetchInterval: lively(status) ? LOOK_EVERY_MS : false,
    enabled,
  });
}

/** Forgets what is known of journeys, so that it is asked again. */
export function useForgetJourneys() {
  const queries = useQueryClient();
  return (id?: string) => Promise.all([
    queries.invalidateQueries({ queryKey: ['journeys'] }),
    ...(id ? ['journey', 'journey-report', 'journey-review'].map((name) => queries.invalidateQueries({ queryKey: [name, id] })) : []),
  ]);
}
