// All journeys: where they stand, who came in, who is in, who was held out.

import { Button, Group, NativeSelect, Paper, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { AppLink, CountLink } from '../../components/AppLink';
import { EmptyState } from '../../components/EmptyState';
import { StatusBadge } from '../../components/outreach/StatusBadge';
import { Page, Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { useOutreachNames } from '../../lib/outreach';
import { useParam } from '../../lib/params';
import { useJourneys } from './api';
import { JourneyPlays, NewJourney } from './NewJourney';
import { NewStateJourney } from './NewStateJourney';
import { enteredDefinition } from './numbers';
import type { JourneySummary } from './types';

const STATUSES = ['draft', 'running', 'paused', 'stopped'] as const;

function JourneyRow({ journey }: { journey: JourneySummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { id, name } = journey;
  return (
    <Table.Tr data-journey={id}>
      <Table.Th scope="row" maw={360}>
        <AppLink to={`/journeys/${encodeURIComponent(id)}`} fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>{name}</AppLink>
      </Table.Th>
      <Table.Td><StatusBadge status={journey.status} /></Table.Td>
      <Table.Td ta="end" className="numbers">{journey.entered > 0 ? <CountLink filter={{ definition: enteredDefinition(id) }} label={t('numbers.whoEntered')}>{format.count(journey.entered)}</CountLink> : '–'}</Table.Td>
      <Table.Td ta="end" className="numbers">{journey.waiting > 0 ? <AppLink to={`/journeys/${encodeURIComponent(id)}?view=numbers`} size="sm">{format.count(journey.waiting)}</AppLink> : '–'}</Table.Td>
      <Table.Td ta="end" className="numbers">{journey.held_out > 0 ? format.count(journey.held_out) : '–'}</Table.Td>
      <Table.Td><When at={journey.updated_at} dateOnly /></Table.Td>
    </Table.Tr>
  );
}

function JourneysTable({ journeys }: { journeys: JourneySummary[] }) {
  const { t } = useTranslation();
  return (
    <Scroll label={t('nav.journeys')} minWidth={760}>
      <Table highlightOnHover aria-label={t('nav.journeys')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('campaigns.name')}</Table.Th>
            <Table.Th scope="col">{t('campaigns.status')}</Table.Th>
            <Table.Th scope="col" ta="end">{t('numbers.entered')}</Table.Th>
            <Table.Th scope="col" ta="end">{t('numbers.inProgress')}</Table.Th>
            <Table.Th scope="col" ta="end">{t('numbers.control')}</Table.Th>
            <Table.Th scope="col">{t('campaigns.changed')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{journeys.map((journey) => <JourneyRow key={journey.id} journey={journey} />)}</Table.Tbody>
      </Table>
    </Scroll>
  );
}

function Filtered({ journeys }: { journeys: JourneySummary[] }) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const [wanted, setWanted] = useParam('query', null, '');
  const [status, setStatus] = useParam('status', STATUSES, '');
  const found = journeys.filter((journey) => (status === '' || journey.status === status) && `${journey.name} ${journey.id}`.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <Stack>
      <Group gap="sm">
        <TextInput data-search type="search" style={{ flex: '1 1 220px' }} maw={360} aria-label={t('journeys.search')} placeholder={t('journeys.search')} leftSection={<IconSearch size={16} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
        <NativeSelect aria-label={t('campaigns.status')} value={status} onChange={(event) => setStatus(event.currentTarget.value)} data={[{ value: '', label: t('campaigns.anyStatus') }, ...STATUSES.map((value) => ({ value, label: names.status(value) }))]} />
      </Group>
      {found.length === 0 ? <Text size="sm" c="dimmed">{t('journeys.noMatch')}</Text> : <JourneysTable journeys={found} />}
    </Stack>
  );
}

export default function JourneysPage() {
  const { t } = useTranslation();
  const query = useJourneys();
  const [making, setMaking] = useState(false);
  // A link may ask for a journey of a change of state.
  const [params, setParams] = useSearchParams();
  const close = () => setParams((old) => {
    const next = new URLSearchParams(old);
    for (const name of ['from', 'to']) next.delete(name);
    return next;
  }, { replace: true });
  return (
    <Page
      title={t('nav.journeys')}
      lead={t('journeys.lead')}
      actions={<Button leftSection={<IconPlus size={16} />} aria-haspopup="dialog" onClick={() => setMaking(true)}>{t('journeys.new')}</Button>}
    >
      <Paper>
        <Query query={query}>
          {({ journeys }) => journeys.length === 0 ? <EmptyState title={t('journeys.empty')}><Text size="sm" c="dimmed">{t('journeys.emptyLead')}</Text></EmptyState> : <Filtered journeys={journeys} />}
        </Query>
      </Paper>
      <Section title={t('journeyPlays.title')} lead={t('journeyPlays.lead')}><JourneyPlays /></Section>
      {making && <NewJourney onClose={() => setMaking(false)} />}
      {params.has('to') && <NewStateJourney key={params.toString()} onClose={close} />}
    </Page>
  );
}
