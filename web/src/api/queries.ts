// Questions that more than one page asks.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useAsOf } from '../lib/asOf';
import { body, client } from './client';
import type { Definition } from './types';

export function useCatalogue() {
  return useQuery({
    queryKey: ['catalogue'],
    queryFn: () => body(client.GET('/api/catalogue')),
    staleTime: 60_000,
  });
}

export function useLifecycle() {
  const asOf = useAsOf();
  return useQuery({
    queryKey: ['lifecycle', asOf.chosen],
    queryFn: () => body(client.GET('/api/lifecycle', { params: { query: { as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
    refetchInterval: asOf.refetchInterval,
  });
}

/** Stage frameworks beside the workspace's lifecycle, and ready ones. */
export function useFrameworks() {
  return useQuery({ queryKey: ['frameworks'], queryFn: () => body(client.GET('/api/frameworks')), staleTime: 60_000 });
}

export function useSegments() {
  const asOf = useAsOf();
  return useQuery({
    queryKey: ['segments', asOf.chosen],
    queryFn: () => body(client.GET('/api/segments', { params: { query: { as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
    refetchInterval: asOf.refetchInterval,
  });
}

/** Count and sample of a definition at an instant; `null` asks nothing. */
export function usePreview(definition: Definition | null | undefined, asOf: string | undefined, sample: number) {
  return useQuery({
    queryKey: ['preview', definition, asOf, sample],
    queryFn: ({ signal }) =>
      body(client.POST('/api/segments/preview', { body: { definition: definition!, as_of: asOf, sample }, signal })),
    enabled: Boolean(definition),
    placeholderData: keepPreviousData,
  });
}

/** All problems of a definition, and its other form. */
export function validate(definition: Definition, signal?: AbortSignal) {
  return body(client.POST('/api/segments/validate', { body: { definition }, signal }));
}
