// What a person can ask for: questions and changes.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { body, client } from '../../api/client';

const path = (id: string) => ({ params: { path: { id } } });

export function usePrivacy(id: string) {
  return useQuery({ queryKey: ['privacy', id], queryFn: () => body(client.GET('/api/users/{id}/privacy', path(id))) });
}

export function useErasePreview(id: string) {
  return useQuery({ queryKey: ['erase', id], queryFn: () => body(client.GET('/api/users/{id}/erase', path(id))), gcTime: 0 });
}

/** A change after which every answer about people is another one. */
function useChange<T>(change: (input: T) => Promise<unknown>, done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      done();
      await queries.invalidateQueries();
    },
  });
}

/** The person's own questions are not asked again: nobody has the id any more. */
export function useErase(id: string, done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (suppress: boolean) => body(client.POST('/api/users/{id}/erase', { ...path(id), body: { confirm: id, suppress } })),
    onSuccess: () => {
      done();
      queries.clear();
    },
  });
}

export const useSuppress = (id: string) =>
  useChange((reason: string) => body(client.POST('/api/suppressions', { body: { id, reason } })), () => undefined);

export const useLift = () =>
  useChange((id: string) => body(client.DELETE('/api/suppressions/{id}', path(id))), () => undefined);

export const useTestUser = (id: string) =>
  useChange((test_user: boolean) => body(client.PUT('/api/users/{id}/test-user', { ...path(id), body: { test_user } })), () => undefined);

/** Everything of a person as a file. */
export function useExport(id: string) {
  return useMutation({
    mutationFn: async () => {
      const document_ = await body(client.GET('/api/users/{id}/export', path(id)));
      const url = URL.createObjectURL(new Blob([JSON.stringify(document_, null, 2)], { type: 'application/json' }));
      const link = Object.assign(document.createElement('a'), { href: url, download: 'person.json' });
      link.click();
      URL.revokeObjectURL(url);
    },
  });
}
