// Questions and changes of catalogs.

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { body, client } from '../../api/client';
import type { Schemas } from '../../api/types';

const KEY = ['catalogs'];
const PAGE = 100;

export function useCatalogs() {
  return useQuery({ queryKey: KEY, queryFn: () => body(client.GET('/api/catalogs')) });
}

/** Rows page by page, or the one of an id; an id that is not there is no failure but no row. */
export function useCatalogRows(name: string, item: string, enabled = true) {
  return useInfiniteQuery({
    enabled,
    queryKey: [...KEY, name, item],
    queryFn: async ({ pageParam }): Promise<Schemas['CatalogRows']> => {
      const query = item ? { item } : { after: pageParam, limit: PAGE };
      const reply = await client.GET('/api/catalogs/{id}', { params: { path: { id: name }, query } });
      return item && reply.response.status === 404 ? { rows: [], next: null } : body(Promise.resolve(reply));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
}

interface Upload {
  name: string;
  key: string;
  format: 'csv' | 'ndjson' | 'json';
  replace: boolean;
  file: File;
}

function useChange<T>(change: (input: T) => Promise<unknown>, done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEY });
      done();
    },
  });
}

export const useUploadCatalog = (done: () => void) =>
  useChange(async ({ name, file, ...query }: Upload) => {
    const text = await file.text();
    const params = { path: { id: name }, query };
    return body(client.POST('/api/catalogs/{id}', { params, body: text, bodySerializer: (raw) => raw, headers: { 'content-type': 'application/octet-stream' } }));
  }, done);

export const useDeleteCatalog = (done: () => void) =>
  useChange((name: string) => body(client.DELETE('/api/catalogs/{id}', { params: { path: { id: name } } })), done);
