// What the server says is wrong with what is being written.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRested } from '../../lib/debounce';
import { journeys } from './api';
import type { ContentProblem, Journey, JourneyInput } from './types';

const REST_MS = 600;
const NONE: ContentProblem[] = [];

export function useCheck(draft: JourneyInput, journey: Journey): { problems: ContentProblem[]; error: unknown } {
  const text = JSON.stringify(draft);
  const asked = useRested(text, REST_MS);
  const known = JSON.stringify(journey.definition) === asked;
  const query = useQuery({
    queryKey: ['journey-check', asked],
    queryFn: ({ signal }) => journeys.check(JSON.parse(asked) as JourneyInput, signal),
    placeholderData: keepPreviousData,
    enabled: !known,
    retry: false,
  });
  if (known) return { problems: journey.problems, error: null };
  // A form that the server cannot even read: its reason stands in place of a list.
  return { problems: query.isError ? NONE : (query.data?.problems ?? NONE), error: query.error };
}
