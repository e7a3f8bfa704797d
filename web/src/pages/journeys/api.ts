// Journeys over the API: what is asked, and how long an answer holds.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { body, client } from '../../api/client';
import type { Schemas } from '../../api/types';
import type { EnterInput, Journey, JourneyAction, JourneyInput, JourneyPlay, PublishInput } from './types';

/** The ids that stand in an address. */
const at = (id: string) => ({ params: { path: { id } } });

// A form fills in field by field; whether it is right is for the server to say.
const sent = (input: JourneyInput) => input as Schemas['JourneyInput'];
const journeyOf = (answer: Promise<Schemas['Journey']>) => answer as Promise<Journey>;

export const journeys = {
  list: () => body(client.GET('/api/journeys')),
  plays: () => body(client.GET('/api/journeys/plays')) as Promise<{ plays: JourneyPlay[] }>,
  one: (id: string) => journeyOf(body(client.GET('/api/journeys/{id}', at(id)))),
  create: (input: JourneyInput) => journeyOf(body(client.POST('/api/journeys', { body: sent(input) }))),
  update: (id: string, input: JourneyInput) => journeyOf(body(client.PUT('/api/journeys/{id}', { ...at(id), body: sent(input) }))),
  remove: (id: string) => body(client.DELETE('/api/journeys/{id}', at(id))),
  check: (input: JourneyInput, signal?: AbortSignal) => body(client.POST('/api/journeys/check', { body: sent(input), signal: signal ?? null })),
  review: (id: string) => body(client.GET('/api/journeys/{id}/review', at(id))),
  publish: (id: string, input: PublishInput) => journeyOf(body(client.POST('/api/journeys/{id}/publish', { ...at(id), body: input }))),
  act: (id: string, action: JourneyAction) => journeyOf(body(client.POST(`/api/journeys/{id}/${action}`, at(id)))),
  report: (id: string, query: ReportQuery) => body(client.GET('/api/journeys/{id}/report', { params: { path: { id }, query } })),
  waiting: (id: string, query: { step: string; after?: string | undefined }) => body(client.GET('/api/journeys/{id}/waiting', { params: { path: { id }, query } })),
  enter: (id: string, input: EnterInput) => body(client.POST('/api/journeys/{id}/enter', { ...at(id), body: input })),
  learning: (id: string) => body(client.GET('/api/journeys/{id}/learning', at(id))),
  ofLifecycle: (lifecycle: string, within: string) => body(client.GET('/api/lifecycle/journeys', { params: { query: { lifecycle, within } } })),
  ofUser: (id: string) => body(client.GET('/api/users/{id}/journeys', at(id))),
};

/** Whom a report is about, by when they came in. */
export interface ReportQuery {
  from?: string | undefined;
  to?: string | undefined;
}

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

export function useJourneyReport(id: string, query: ReportQuery, status: string, enabled = true) {
  return useQuery({
    queryKey: ['journey-report', id, query],
    queryFn: () => journeys.report(id, query),
    placeholderData: keepPreviousData,
    refetchInterval: lively(status) ? LOOK_EVERY_MS : false,
    enabled,
  });
}

/** What learning splits have learned; asked again while people are split. */
export function useJourneyLearning(id: string, status: string, enabled: boolean) {
  return useQuery({ queryKey: ['journey-learning', id], queryFn: () => journeys.learning(id), refetchInterval: lively(status) ? LOOK_EVERY_MS : false, enabled });
}

/** The journeys that act on each state of a lifecycle, and who moved within a time. */
export function useLifecycleJourneys(lifecycle: string, within: string) {
  return useQuery({ queryKey: ['lifecycle-journeys', lifecycle, within], queryFn: () => journeys.ofLifecycle(lifecycle, within), placeholderData: keepPreviousData });
}

/** Forgets what is known of journeys, so that it is asked again. */
export function useForgetJourneys() {
  const queries = useQueryClient();
  return (id?: string) => Promise.all([
    queries.invalidateQueries({ queryKey: ['journeys'] }),
    queries.invalidateQueries({ queryKey: ['lifecycle-journeys'] }),
    ...(id ? ['journey', 'journey-report', 'journey-learning', 'journey-waiting', 'journey-review'].map((name) => queries.invalidateQueries({ queryKey: [name, id] })) : []),
  ]);
}
