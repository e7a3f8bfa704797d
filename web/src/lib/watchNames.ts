// Names of watched definitions and their places, as people read them.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../api/client';
import type { LiveWatch } from '../api/types';
import { useNames } from './names';

/** Key of the workspace's own lifecycle. */
export const LIFECYCLE = 'lifecycle/default';

export function useWatchNames(watches: LiveWatch[]) {
  const { t } = useTranslation();
  const names = useNames();
  const known = useMemo(() => new Map(watches.map((watch) => [watch.key, watch])), [watches]);
  const watch = (key: string) => (key === LIFECYCLE ? t('lifecycle.title') : (known.get(key)?.name ?? key.replace(/^[a-z]+\//, '')));
  const place = (key: string, place: string | null) => {
    if (place === null) return t('states.none');
    return names.state(known.get(key)?.places.find((one) => one.key === place) ?? { key: place, name: place });
  };
  return { watch, place };
}

/** All definitions with their names, for pages that do not follow them. */
export function useWatches() {
  return useQuery({
    queryKey: ['watches'],
    queryFn: () => body(client.GET('/api/live', { params: { query: { latest: 0 } } })),
    select: ({ watches }) => watches,
    staleTime: 30_000,
  });
}
