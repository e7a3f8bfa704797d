// One person: who they are, what they did, where they stand and why.

import { Badge, Grid, Group, Stack } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { body, client } from '../../api/client';
import type { User } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { loadParts } from '../../i18n';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { EventSummary } from './EventSummary';
import { Identity } from './Identity';
import { IdentityGraphView } from './IdentityGraphView';
import { PersonSegments } from './PersonSegments';
import { PrivacyCard } from './PrivacyCard';
import { Standing } from './Standing';
import { StateHistory } from './StateHistory';
import { Timeline } from './Timeline';

const Devices = lazy(() => import('./Devices'));
const PersonJourneys = lazy(() => loadParts('journeys', 'said').then(() => import('../journeys/PersonJourneys')));
const MessagesCard = lazy(() => import('./MessagesCard'));

function Content({ user }: { user: User }) {
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Stack gap="lg">
          <Standing user={user} />
          <Identity user={user} />
          <IdentityGraphView id={user.id} />
          <Suspense fallback={null}><Devices id={user.id} /></Suspense>
          <EventSummary user={user} />
          <PrivacyCard id={user.id} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack gap="lg">
          <StateHistory user={user} />
          <PersonSegments user={user} />
          <Suspense fallback={null}><PersonJourneys id={user.id} /></Suspense>
          <Suspense fallback={null}><MessagesCard id={user.id} /></Suspense>
          <Timeline user={user} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

export default function PersonPage() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const { id = '' } = useParams();
  const query = useQuery({
    queryKey: ['user', id, asOf.chosen],
    queryFn: () => body(client.GET('/api/users/{id}', { params: { path: { id }, query: { as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
    refetchInterval: asOf.refetchInterval,
  });
  const user = query.data;
  return (
    <Page
      title={id}
      lead={
        <Group component="span" gap="xs">
          <AppLink to="/people" size="sm">{t('people.title')}</AppLink>
          {user && <span>{t('person.lead', { count: user.events, shown: format.count(user.events), first: format.date(user.first_seen_at), last: format.date(user.last_seen_at) })}</span>}
          {user && !user.known && <Badge size="sm" variant="default">{t('people.anonymous')}</Badge>}
        </Group>
      }
    >
      <Query query={query} height={420}>{(known) => <Content user={known} />}</Query>
    </Page>
  );
}
