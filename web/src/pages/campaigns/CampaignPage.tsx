// One campaign: where it stands, what became of its messages, what they caused, what it is.

import { Button, Grid, Group, Skeleton, Stack, Table, Text } from '@mantine/core';
import { IconCopy, IconPencil } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { type Campaign, useCampaign, useReport } from '../../api/outreach';
import { AppLink } from '../../components/AppLink';
import { StatusBadge } from '../../components/outreach/StatusBadge';
import { Page, Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { English } from '../../components/Told';
import { When } from '../../components/When';
import { loadPart } from '../../i18n';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { Problems } from './content/Problems';
import { DefinitionFacts } from './DefinitionFacts';
import { ApprovalSection } from './ApprovalSection';
import { Report } from './report/Report';
import { ReportControls, useReportControls } from './report/ReportControls';
import { StatusActions } from './StatusActions';
import { TestSend } from './TestSend';

const Backtest = lazy(() => loadPart('backtest').then(() => import('./report/Backtest')));

export default function CampaignPage() {
  const { id = '' } = useParams();
  const query = useCampaign(id);
  return <Query query={query} height={420}>{(campaign) => <Known key={id} campaign={campaign} />}</Query>;
}

function Known({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const links = useLinks();
  const asOf = useAsOf();
  const { id, status, definition } = campaign;
  const over = status === 'stopped' || status === 'ended';
  const draft = status === 'draft';
  const controls = useReportControls();
  const report = useReport(id, { as_of: asOf.chosen, ...controls.query }, status === 'running' && !asOf.chosen);
  return (
    <Page
      title={definition.name}
      lead={
        <Group component="span" gap="sm">
          <AppLink to="/campaigns" size="sm">{t('campaigns.title')}</AppLink>
          <span data-status={status}><StatusBadge status={status} /></span>
          {definition.description && <span>{definition.description}</span>}
        </Group>
      }
      actions={
        <>
          <StatusActions campaign={campaign} />
          {!over && <Button component={Link} to={links.to(`/campaigns/${encodeURIComponent(id)}/edit`)} variant="default" leftSection={<IconPencil size={16} />}>{t('campaign.edit')}</Button>}
          <Button component={Link} to={links.to(`/campaigns/new?copy=${encodeURIComponent(id)}`)} variant="default" leftSection={<IconCopy size={16} />}>{t('campaign.copy')}</Button>
        </>
      }
    >
      <Problems problems={draft ? campaign.problems : campaign.problems.filter(({ error }) => error)} />
      {!draft && <ReportControls controls={controls} />}
      {!draft && <Query query={report} height={320}>{(known) => <Report campaign={campaign} report={known} confidence={Number(controls.confidence)} />}</Query>}
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Section title={t('campaign.definition')}><DefinitionFacts definition={definition} /></Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="lg">
            {(campaign.approval_needed || campaign.approval) && !over && <ApprovalSection campaign={campaign} />}
            <Times campaign={campaign} />
            <TestSend campaign={campaign} />
          </Stack>
        </Grid.Col>
      </Grid>
      {campaign.runs.length > 0 && <Runs campaign={campaign} />}
      {definition.trigger.kind !== 'api' && (
        <Suspense fallback={<Skeleton height={180} radius="lg" role="status" aria-label={t('common.loading')} />}>
          <Backtest campaign={campaign} />
        </Suspense>
      )}
    </Page>
  );
}

function Times({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const rows: [string, string | null][] = [
    [t('campaign.created'), campaign.created_at],
    [t('campaign.started'), campaign.started_at],
    [t('campaign.next'), campaign.next_at],
    [t('campaign.ended'), campaign.ended_at],
  ];
  const people: [string, string][] = [[t('campaign.madeBy'), campaign.created_by], [t('campaign.editedBy'), campaign.edited_by]];
  return (
    <Section title={t('campaign.times')}>
      <Table verticalSpacing={6} aria-label={t('campaign.times')} className="facts">
        <Table.Tbody>
          {rows.map(([name, at]) => at && (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400} c="dimmed" px={0}>{name}</Table.Th>
              <Table.Td px={0} ta="end"><When at={at} /></Table.Td>
            </Table.Tr>
          ))}
          {people.map(([name, who]) => who && (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400} c="dimmed" px={0}>{name}</Table.Th>
              <Table.Td px={0} ta="end"><bdi>{who}</bdi></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function Runs({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t('campaign.runs')} lead={t('campaign.runsLead')}>
      <Scroll label={t('campaign.runs')} minWidth={560} maxHeight={420}>
        <Table verticalSpacing={6} aria-label={t('campaign.runs')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('campaign.due')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('reach.audience')}</Table.Th>
              <Table.Th scope="col">{t('campaign.ended')}</Table.Th>
              <Table.Th scope="col">{t('campaign.note')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {campaign.runs.map((run) => (
              <Table.Tr key={run.run}>
                <Table.Th scope="row" fw={500}><When at={run.due_at} /></Table.Th>
                <Table.Td ta="end" className="numbers">{format.count(run.audience)}</Table.Td>
                <Table.Td>{run.ended_at ? <When at={run.ended_at} /> : t('campaign.goesOn')}</Table.Td>
                <Table.Td><Text size="sm">{run.note ? <English>{run.note}</English> : '–'}</Text></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
    </Section>
  );
}
