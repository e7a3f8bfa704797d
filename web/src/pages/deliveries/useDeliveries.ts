// Messages, newest first, page by page: each begins where the one before ended.

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type DeliveryFilter, outreach, useCampaigns } from '../../api/outreach';

const LOOK_EVERY_MS = 5_000;

export function useDeliveries(filter: DeliveryFilter, limit: number) {
  const query = useInfiniteQuery({
    queryKey: ['deliveries', filter, limit],
    queryFn: ({ pageParam }) => outreach.deliveries({ ...filter, limit, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    // Long lists stand still.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) <= 1 ? LOOK_EVERY_MS : false),
  });
  const deliveries = useMemo(() => query.data?.pages.flatMap((page) => page.deliveries) ?? [], [query.data]);
  return {
    query,
    deliveries,
    /** Shows more; nothing: there are no more. */
    showMore: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
  };
}

export function useCampaignNames(): Map<string, string> {
  const { data } = useCampaigns();
  return useMemo(() => new Map((data?.campaigns ?? []).map(({ id, name }) => [id, name])), [data]);
}
