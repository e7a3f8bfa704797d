// Addresses inside the dashboard. They keep the chosen instant, so that following a number never
// changes what the number was about.

import { useCallback } from 'react';
import { useSearchParams } from 'react-router';
import type { Definition } from '../api/types';

/** Filters of the people page, as they stand in its address. */
export interface PeopleFilter {
  state?: string | undefined;
  segment?: string | undefined;
  query?: string | undefined;
  /** A definition that is not saved. */
  definition?: Definition | undefined;
  /** A second definition that held at `wasAt`. */
  was?: Definition | undefined;
  wasAt?: string | undefined;
  /** Asks about this instant instead of the chosen one. */
  asOf?: string | undefined;
}

const written = (definition: Definition | undefined) =>
  typeof definition === 'object' ? JSON.stringify(definition) : definition;

/** The address of the people page with these filters. */
export function peoplePath(filter: PeopleFilter, asOf?: string): string {
  const params = new URLSearchParams();
  const set = (name: string, value: string | undefined) => value && params.set(name, value);
  set('state', filter.state);
  set('segment', filter.segment);
  set('query', filter.query);
  set('definition', written(filter.definition));
  set('was', written(filter.was));
  set('was_at', filter.wasAt);
  set('as_of', filter.asOf ?? asOf);
  const search = params.toString();
  return search ? `/people?${search}` : '/people';
}

/** A change of the lifecycle's state with which people come into a journey. */
export interface StateEntry {
  /** Of this lifecycle; without it: of the workspace's. */
  lifecycle?: string | undefined;
  /** Only out of this state; without it: out of any. */
  from?: string | undefined;
  to: string;
}

/** The address at which a journey is begun whose people come in by this change. No path below `/journeys`: there
 * every word may be the id of a journey. */
export function startJourneyPath({ lifecycle, from, to }: StateEntry): string {
  return `/journeys?${new URLSearchParams({ ...(lifecycle !== undefined && { lifecycle }), ...(from !== undefined && { from }), to })}`;
}

/** A definition as it stands in an address: JSON if it looks like an object, else text. */
export function readDefinition(raw: string | null): Definition | undefined {
  if (!raw) return undefined;
  if (!raw.startsWith('{')) return raw;
  try {
    return JSON.parse(raw) as Definition;
  } catch {
    return raw;
  }
}

/** Makes addresses that keep the chosen instant. */
export function useLinks() {
  const [params] = useSearchParams();
  const asOf = params.get('as_of') ?? undefined;
  const to = useCallback(
    (path: string) => {
      if (!asOf || path.includes('as_of=')) return path;
      return `${path}${path.includes('?') ? '&' : '?'}as_of=${encodeURIComponent(asOf)}`;
    },
    [asOf],
  );
  /** A path about something that happened later than the chosen instant: then as of that. */
  const since = useCallback(
    (path: string, at: string | null) => (asOf && at ? `${path}?as_of=${encodeURIComponent(at)}` : path),
    [asOf],
  );
  const people = useCallback((filter: PeopleFilter) => peoplePath(filter, asOf), [asOf]);
  return { to, since, people, chosen: asOf };
}
