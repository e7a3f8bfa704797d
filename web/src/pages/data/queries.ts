// Questions and changes of the schema registry.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { body, client } from '../../api/client';
import type { AttributeDeclaration, EventDeclaration, SchemaPolicies } from '../../api/types';

const KEY = ['schema'];

export function useSchema() {
  return useQuery({ queryKey: KEY, queryFn: () => body(client.GET('/api/schema')) });
}

export function useSchemaChanges(name: string) {
  return useQuery({
    queryKey: [...KEY, 'changes', name],
    queryFn: () => body(client.GET('/api/schema/changes', { params: { query: { name, limit: 20 } } })),
  });
}

/** A change after which everything that shows names asks again. */
function useChange<T>(change: (input: T) => Promise<unknown>, done?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      done?.();
      await Promise.all([KEY, ['catalogue'], ['errors']].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
}

const path = (id: string) => ({ params: { path: { id } } });

export const useDeclareEvent = (name: string, done?: () => void) =>
  useChange((declared: EventDeclaration) => body(client.PUT('/api/schema/events/{id}', { ...path(name), body: declared })), done);

export const useUndeclareEvent = (name: string, done?: () => void) =>
  useChange((_: void) => body(client.DELETE('/api/schema/events/{id}', path(name))), done);

export const useDiscardEvent = (name: string, done?: () => void) =>
  useChange((_: void) => body(client.POST('/api/schema/events/{id}/discard', path(name))), done);

export const useLiftDiscard = (name: string, done?: () => void) =>
  useChange((_: void) => body(client.DELETE('/api/schema/events/{id}/discard', path(name))), done);

export const useDeclareAttribute = (name: string, done?: () => void) =>
  useChange((declared: AttributeDeclaration) => body(client.PUT('/api/schema/attributes/{id}', { ...path(name), body: declared })), done);

export const useUndeclareAttribute = (name: string, done?: () => void) =>
  useChange((_: void) => body(client.DELETE('/api/schema/attributes/{id}', path(name))), done);

export const useSetPolicies = () =>
  useChange((policies: SchemaPolicies) => body(client.PUT('/api/schema/policies', { body: policies })));
