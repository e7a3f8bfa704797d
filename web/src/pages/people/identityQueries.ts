// Questions and changes of who is who.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { body, client } from '../../api/client';

const path = (id: string) => ({ params: { path: { id } } });

export function useIdentity(id: string) {
  return useQuery({ queryKey: ['identity', id], queryFn: () => body(client.GET('/api/users/{id}/identity', path(id))) });
}

/** A change after which everything about people asks again. */
function useChange<T>(change: (input: T) => Promise<unknown>, done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      done();
      await Promise.all([['identity'], ['user'], ['users']].map((queryKey) => queries.invalidateQueries({ queryKey })));
    },
  });
}

export const useSeparate = (id: string, done: () => void) =>
  useChange((person: string) => body(client.POST('/api/users/{id}/separate', { ...path(id), body: { person } })), done);

export const useMerge = (id: string, done: () => void) =>
  useChange((other: string) => body(client.POST('/api/users/{id}/merge', { ...path(id), body: { other } })), done);

/** What a merge would do; nothing is done. */
export function usePlan() {
  return useMutation({
    mutationFn: (ids: { user_id?: string; anonymous_id?: string; alias: string }) =>
      body(client.POST('/api/identity/plan', { body: { identities: [], ...ids } })),
  });
}
