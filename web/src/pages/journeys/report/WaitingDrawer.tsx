// Who waits at a step, those who have waited longest first.

import { Button, Drawer, Stack, Text, useDirection } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { AppLink } from '../../../components/AppLink';
import { Query } from '../../../components/Query';
import { When } from '../../../components/When';
import { useFormat } from '../../../lib/format';
import { journeys } from '../api';
import type { Journey } from '../types';
import { useJourneyWords } from '../words';

export function WaitingDrawer({ journey, step, onClose }: { journey: Journey; step: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const format = useFormat();
  const words = useJourneyWords();
  const query = useInfiniteQuery({
    queryKey: ['journey-waiting', journey.id, step],
    queryFn: ({ pageParam }) => journeys.waiting(journey.id, { step, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  return (
    <Drawer opened onClose={onClose} position={dir === 'rtl' ? 'left' : 'right'} title={t('numbers.waitAt', { name: words.stepName(journey.definition, step) })} closeButtonProps={{ 'aria-label': t('common.close') }} data-waiting={step}>
      <Query query={query}>
        {({ pages }) => {
          const waiting = pages.flatMap((page) => page.waiting);
          const left = (pages.at(-1)?.total ?? 0) - waiting.length;
          return waiting.length === 0 ? <Text size="sm" c="dimmed">{t('common.nobody')}</Text> : (
            <Stack gap={0}>
              <Stack gap={0} component="ul" m={0} p={0}>
                {waiting.map(({ user, run, since, version }) => (
                  <li key={run} style={{ listStyle: 'none', borderTop: '1px solid var(--hairline)', padding: '7px 0' }}>
                    <AppLink to={`/people/${encodeURIComponent(user)}`} size="sm" style={{ overflowWrap: 'anywhere' }}>{user}</AppLink>
                    <Text size="xs" c="dimmed">{t('numbers.waitsSince')} <When at={since} />{journey.published !== null && version !== journey.published && ` · ${t('journey.version', { number: format.count(version) })}`}</Text>
                  </li>
                ))}
              </Stack>
              {query.hasNextPage && <Button mt="sm" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{`${t('common.loadMore')} (${format.count(left)})`}</Button>}
            </Stack>
          );
        }}
      </Query>
    </Drawer>
  );
}
