// All campaigns: where they stand, what they sent, when they are due.

import { Badge, Button, Group, NativeSelect, Paper, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type CampaignSummary, CHANNELS, useCampaigns } from '../../api/outreach';
import { AppLink } from '../../components/AppLink';
import { EmptyState } from '../../components/EmptyState';
import { StatusBadge } from '../../components/outreach/StatusBadge';
import { Page, Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { deliveriesPath, useOutreachNames } from '../../lib/outreach';
import { useParam } from '../../lib/params';
import { Gallery, Plays } from './Plays';

const STATUSES = ['draft', 'scheduled', 'running', 'paused', 'stopped', 'ended'] as const;

function CampaignRow({ campaign }: { campaign: CampaignSummary }) {
  const format = useFormat();
  const names = useOutreachNames();
  return (
    <Table.Tr>
      <Table.Th scope="row" maw={340}>
        <AppLink to={`/campaigns/${encodeURIComponent(campaign.id)}`} fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>{campaign.name}</AppLink>
        {campaign.labels.length > 0 && <Group gap={4} mt={2}>{campaign.labels.map((label) => <Badge key={label} size="xs" variant="default" tt="none" fw={500}>{label}</Badge>)}</Group>}
      </Table.Th>
      <Table.Td><StatusBadge status={campaign.status} /></Table.Td>
      <Table.Td><Text size="sm">{names.channel(campaign.channel)}</Text></Table.Td>
      <Table.Td><Text size="sm">{names.trigger(campaign.trigger)}</Text></Table.Td>
      <Table.Td ta="end" className="numbers">
        {campaign.sent > 0 ? <AppLink to={deliveriesPath({ campaign: campaign.id })} size="sm">{format.count(campaign.sent)}</AppLink> : '–'}
      </Table.Td>
      <Table.Td>{campaign.next_at ? <When at={campaign.next_at} /> : '–'}</Table.Td>
      <Table.Td><When at={campaign.updated_at} dateOnly /></Table.Td>
    </Table.Tr>
  );
}

function CampaignsTable({ campaigns }: { campaigns: CampaignSummary[] }) {
  const { t } = useTranslation();
  return (
    <Scroll label={t('campaigns.title')} minWidth={860}>
      <Table highlightOnHover aria-label={t('campaigns.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('campaigns.name')}</Table.Th>
            <Table.Th scope="col">{t('campaigns.status')}</Table.Th>
            <Table.Th scope="col">{t('campaigns.channel')}</Table.Th>
            <Table.Th scope="col">{t('campaigns.trigger')}</Table.Th>
            <Table.Th scope="col" ta="end">{t('campaigns.sent')}</Table.Th>
            <Table.Th scope="col">{t('campaigns.next')}</Table.Th>
            <Table.Th scope="col">{t('campaigns.changed')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{campaigns.map((campaign) => <CampaignRow key={campaign.id} campaign={campaign} />)}</Table.Tbody>
      </Table>
    </Scroll>
  );
}

function Filtered({ campaigns }: { campaigns: CampaignSummary[] }) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const [wanted, setWanted] = useParam('query', null, '');
  const [status, setStatus] = useParam('status', STATUSES, '');
  const [channel, setChannel] = useParam('channel', CHANNELS, '');
  const matches = (campaign: CampaignSummary) =>
    (status === '' || campaign.status === status) && (channel === '' || campaign.channel === channel) &&
    `${campaign.name} ${campaign.id} ${campaign.labels.join(' ')}`.toLowerCase().includes(wanted.toLowerCase());
  const found = campaigns.filter(matches);
  return (
    <Stack>
      <Group gap="sm">
        <TextInput data-search type="search" style={{ flex: '1 1 220px' }} maw={360} aria-label={t('campaigns.search')} placeholder={t('campaigns.search')} leftSection={<IconSearch size={16} />} value={wanted} onChange={(event) => setWanted(event.currentTarget.value)} />
        <NativeSelect aria-label={t('campaigns.status')} value={status} onChange={(event) => setStatus(event.currentTarget.value)} data={[{ value: '', label: t('campaigns.anyStatus') }, ...STATUSES.map((value) => ({ value, label: names.status(value) }))]} />
        <NativeSelect aria-label={t('campaigns.channel')} value={channel} onChange={(event) => setChannel(event.currentTarget.value)} data={[{ value: '', label: t('campaigns.anyChannel') }, ...CHANNELS.map((value) => ({ value, label: names.channel(value) }))]} />
      </Group>
      {found.length === 0 ? <Text size="sm" c="dimmed">{t('campaigns.noMatch')}</Text> : <CampaignsTable campaigns={found} />}
    </Stack>
  );
}

export default function CampaignsPage() {
  const { t } = useTranslation();
  const query = useCampaigns();
  const [choosing, setChoosing] = useState(false);
  return (
    <Page
      title={t('campaigns.title')}
      lead={t('campaigns.lead')}
      actions={<Button leftSection={<IconPlus size={16} />} aria-haspopup="dialog" onClick={() => setChoosing(true)}>{t('campaigns.new')}</Button>}
    >
      <Paper>
        <Query query={query}>
          {({ campaigns }) => campaigns.length === 0 ? <EmptyState title={t('campaigns.empty')}><Text size="sm" c="dimmed">{t('campaigns.emptyLead')}</Text></EmptyState> : <Filtered campaigns={campaigns} />}
        </Query>
      </Paper>
      <Section title={t('plays.title')} lead={t('plays.lead')}><Plays /></Section>
      <Gallery opened={choosing} onClose={() => setChoosing(false)} />
    </Page>
  );
}
