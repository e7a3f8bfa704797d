// Messages, newest first, more of them when asked for, and the names of their campaigns. A whole run is
// decided at one instant, so pages cannot be told apart by time: more is a longer first page.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { type DeliveryFilter, outreach, useCampaigns } from '../../api/outreach';

const LOOK_EVERY_MS = 5_000;

/** What the server gives at once at most. */
export const DELIVERIES_MAX = 1_000;

const GROWTH = 4;

export function useDeliveries(filter: DeliveryFilter, first: number) {
  const key = JSON.stringify(filter);
  // Another filter begins with the first page again.
  const [grown, setGrown] = useState({ key, limit: first });
  const limit = grown.key === key ? grown.limit : first;
  const query = useQuery({
    queryKey: ['deliveries', filter, limit],
    queryFn: () => outreach.deliveries({ ...filter, limit }),
    placeholderData: keepPreviousData,
    // Long pages stand still.
    refetchInterval: limit === first ? LOOK_EVERY_MS : false,
  });
  const more = query.data?.more ?? false;
  return {
    query,
    deliveries: query.data?.deliveries ?? [],
    /** Shows more; nothing: there are no more, or more than can be shown. */
    showMore: more && limit < DELIVERIES_MAX ? () => setGrown({ key, limit: Math.min(limit * GROWTH, DELIVERIES_MAX) }) : undefined,
    cut: more && limit >= DELIVERIES_MAX,
  };
}

export function useCampaignNames(): Map<string, string> {
  const { data } = useCampaigns();
  return useMemo(() => new Map((data?.campaigns ?? []).map(({ id, name }) => [id, name])), [data]);
}
