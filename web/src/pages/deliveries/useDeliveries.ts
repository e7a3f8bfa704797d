// Messages page by page, newest first, and the names of their campaigns.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type DeliveryFilter, outreach, useCampaigns } from '../../api/outreach';

const LOOK_EVERY_MS = 5_000;

export function useDeliveries(filter: DeliveryFilter, limit: number) {
  return useInfiniteQuery({
    queryKey: ['deliveries', filter, limit],
    queryFn: ({ pageParam }) => outreach.deliveries({ ...filter, before: pageParam, limit }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.more ? last.deliveries.at(-1)?.decided_at : undefined),
    // Only the first page follows the clock; older ones stand still.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 1) > 1 ? false : LOOK_EVERY_MS),
  });
}

export function useCampaignNames(): Map<string, string> {
  const { data } = useCampaigns();
  return useMemo(() => new Map((data?.campaigns ?? []).map(({ id, name }) => [id, name])), [data]);
}
