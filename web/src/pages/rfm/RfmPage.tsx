// Recency, frequency and value: the grid, the groups, the health of the whole, and who moved.

import { Anchor, Grid, Stack } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { body, client } from '../../api/client';
import type { Json, Rfm } from '../../api/types';
import { EmptyState } from '../../components/EmptyState';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { GroupsTable } from './GroupsTable';
import { HealthSection } from './HealthSection';
import { PeopleDrawer } from './PeopleDrawer';
import { RfmGrid } from './RfmGrid';
import { RfmTransitions } from './RfmTransitions';

/** Whose people are being looked at. */
export interface Picked {
  title: string;
  definition: Json;
}

function Content({ rfm }: { rfm: Rfm }) {
  const { t } = useTranslation();
  const [picked, setPicked] = useState<Picked | null>(null);
  if (rfm.scored === 0) {
    return (
      <EmptyState title={t('rfm.empty', { event: rfm.settings.event })}>
        <Anchor component={Link} to="/settings" size="sm">{t('rfm.emptyHint')}</Anchor>
      </EmptyState>
    );
  }
  return (
    <Stack gap="lg">
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 8 }}><RfmGrid rfm={rfm} onPick={setPicked} /></Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}><HealthSection rfm={rfm} /></Grid.Col>
      </Grid>
      <GroupsTable rfm={rfm} onPick={setPicked} />
      <RfmTransitions />
      <PeopleDrawer picked={picked} onClose={() => setPicked(null)} />
    </Stack>
  );
}

export default function RfmPage() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const query = useQuery({
    queryKey: ['rfm', asOf.chosen],
    queryFn: () => body(client.GET('/api/rfm', { params: { query: { as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
    refetchInterval: asOf.refetchInterval,
  });
  return (
    <Page title={t('rfm.title')} lead={query.data && t('overview.lead', { when: format.exact(query.data.as_of) })}>
      <Query query={query} height={420}>{(rfm) => <Content rfm={rfm} />}</Query>
    </Page>
  );
}
