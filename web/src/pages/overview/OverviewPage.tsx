// What a retention team asks every morning: how many are in which state, who moved, who is active.

import { SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { body, client } from '../../api/client';
import type { Overview } from '../../api/types';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { ActivityChart } from './ActivityChart';
import { ActivityTiles } from './ActivityTiles';
import { StateTiles } from './StateTiles';
import { TransitionSection } from './TransitionSection';

// Seen once in the life of a server, so not part of the first screen.
const FirstEvent = lazy(() => import('./FirstEvent'));

type Compare = '1d' | '7d' | '30d';

const COMPARISONS: Compare[] = ['1d', '7d', '30d'];

function useCompare(): [Compare, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const raw = params.get('compare') as Compare;
  const set = (value: string) =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      next.set('compare', value);
      return next;
    });
  return [COMPARISONS.includes(raw) ? raw : '1d', set];
}

function Content({ overview, compare }: { overview: Overview; compare: Compare }) {
  if (overview.events === 0) return <Suspense fallback={null}><FirstEvent /></Suspense>;
  return (
    <Stack gap="lg">
      <StateTiles overview={overview} />
      <TransitionSection transitions={overview.transitions} compare={compare} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <ActivityChart daily={overview.daily} />
        <ActivityTiles overview={overview} />
      </SimpleGrid>
    </Stack>
  );
}

export default function OverviewPage() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const [compare, setCompare] = useCompare();
  const query = useQuery({
    queryKey: ['overview', asOf.chosen, compare],
    queryFn: () => body(client.GET('/api/overview', { params: { query: { as_of: asOf.chosen, compare } } })),
    placeholderData: keepPreviousData,
    refetchInterval: asOf.refetchInterval,
  });
  return (
    <Page
      title={t('overview.title')}
      lead={query.data && t('overview.lead', { when: format.exact(query.data.as_of) })}
      actions={
        <>
          <Text size="sm" c="dimmed" visibleFrom="sm">{t('overview.compare')}</Text>
          <SegmentedControl
            size="sm"
            value={compare}
            onChange={setCompare}
            aria-label={t('overview.compare')}
            data={COMPARISONS.map((value) => ({ value, label: t(`overview.against.${value}`) }))}
          />
        </>
      }
    >
      <Query query={query} height={420}>{(overview) => <Content overview={overview} compare={compare} />}</Query>
    </Page>
  );
}
