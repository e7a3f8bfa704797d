// Who entered a segment and who left it, newest first; by itself while the segment is live.

import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { LiveWatch, WatchTransition } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Moves } from '../../components/live/Moves';
import { Sparkline } from '../../components/live/Sparkline';
import { Section } from '../../components/Page';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useAsOf } from '../../lib/asOf';

const PAGE = 50;

interface Props {
  id: string;
  /** The segment with its numbers, if it is watched. */
  watch: LiveWatch | undefined;
  /** What the stream told since the page was opened. */
  told: WatchTransition[];
}

export function EntriesSection({ id, watch, told }: Props) {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const query = useInfiniteQuery({
    queryKey: ['segment-transitions', id, asOf.chosen],
    queryFn: ({ pageParam }) =>
      body(client.GET('/api/segments/{id}/transitions', { params: { path: { id }, query: { to: asOf.chosen, limit: PAGE, before: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  const read = query.data?.pages.flatMap((page) => page.transitions) ?? [];
  const known = new Set(read.map((move) => move.id));
  const moves = [...told.filter((move) => !known.has(move.id)), ...read];
  const knownFrom = query.data?.pages.at(-1)?.known_from;
  const minutes = watch?.now.places[0]?.minutes ?? [];
  return (
    <Section title={t('live.entries')} lead={t('live.entriesLead')}>
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {minutes.length > 0 && <Sparkline minutes={minutes} width={240} />}
      {query.isSuccess && moves.length === 0 && <Text size="sm" c="dimmed">{t('live.noMoves')}</Text>}
      {moves.length > 0 && (
        <Scroll label={t('live.entries')} maxHeight={360}>
          <Moves moves={moves} watches={watch ? [watch] : []} />
          {query.hasNextPage && (
            <Group justify="center" my="sm">
              <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('common.loadMore')}</Button>
            </Group>
          )}
        </Scroll>
      )}
      {knownFrom && <Text size="xs" c="dimmed" mt="xs">{t('live.knownFrom')} <When at={knownFrom} /></Text>}
    </Section>
  );
}
