// Receipts of erasures, suppressions that can be lifted, and test users.

import { Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { ErasureReceipt } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { useLift } from '../people/privacyQueries';

const LOOK_EVERY_MS = 2_000;

const fileOf = (receipt: ErasureReceipt) => `data:application/json,${encodeURIComponent(JSON.stringify(receipt, null, 2))}`;

function Receipt({ receipt }: { receipt: ErasureReceipt }) {
  const { t } = useTranslation();
  const format = useFormat();
  const removed = receipt.places.reduce((sum, { removed }) => sum + removed, 0);
  const found = receipt.verification?.found.length;
  return (
    <Table.Tr>
      <Table.Td>{format.date(receipt.asked_at)}</Table.Td>
      <Table.Td>{receipt.asked_by}</Table.Td>
      <Table.Td><Badge variant="default">{receipt.state === 'done' ? t('erasures.done') : t('erasures.running')}</Badge></Table.Td>
      <Table.Td ta="end">{format.count(removed)}</Table.Td>
      <Table.Td>{found === undefined ? '–' : found === 0 ? t('erasures.nothing') : t('erasures.found', { count: found, shown: format.count(found) })}</Table.Td>
      <Table.Td><Anchor size="sm" href={fileOf(receipt)} download={`erasure-${receipt.id}.json`}>{t('erasures.download')}</Anchor></Table.Td>
    </Table.Tr>
  );
}

function Receipts() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ['erasures'],
    queryFn: () => body(client.GET('/api/erasures')),
    refetchInterval: ({ state }) => (state.data?.erasures.some(({ verification }) => !verification) ? LOOK_EVERY_MS : false),
  });
  return (
    <Query query={query}>
      {({ erasures }) => erasures.length === 0 ? <Text size="sm" c="dimmed">{t('erasures.none')}</Text> : (
        <Table.ScrollContainer minWidth={560}>
          <Table aria-label={t('erasures.title')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('erasures.asked')}</Table.Th><Table.Th>{t('erasures.by')}</Table.Th><Table.Th>{t('erasures.state')}</Table.Th>
                <Table.Th ta="end">{t('erasures.removed')}</Table.Th><Table.Th>{t('erasures.verification')}</Table.Th><Table.Th>{t('erasures.receipt')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>{erasures.map((receipt) => <Receipt key={receipt.id} receipt={receipt} />)}</Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Query>
  );
}

function Suppressions() {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useQuery({ queryKey: ['suppressions'], queryFn: () => body(client.GET('/api/suppressions')) });
  const lift = useLift();
  return (
    <Query query={query}>
      {({ suppressions }) => (
        <Stack gap="xs">
          {suppressions.length === 0 && <Text size="sm" c="dimmed">{t('erasures.noSuppressions')}</Text>}
          {suppressions.map(({ id, at, by, reason, ids, refused }) => (
            <Group key={id} justify="space-between" gap="sm">
              <Text size="sm">{t('erasures.suppression', { at: format.date(at), by, count: ids, ids: format.count(ids), refused: format.count(refused) })} {reason}</Text>
              <Button size="compact-xs" variant="default" aria-label={`${t('erasures.lift')}: ${id}`} loading={lift.isPending} onClick={() => lift.mutate(id)}>{t('erasures.lift')}</Button>
            </Group>
          ))}
          {lift.isError && <ErrorPanel error={lift.error} />}
        </Stack>
      )}
    </Query>
  );
}

function TestUsers() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['test-users'], queryFn: () => body(client.GET('/api/test-users')) });
  return (
    <Query query={query}>
      {({ test_users }) => test_users.length === 0 ? <Text size="sm" c="dimmed">{t('erasures.noTestUsers')}</Text> : (
        <Group gap="sm">{test_users.map(({ id }) => <AppLink key={id} to={`/people/${encodeURIComponent(id)}`} size="sm">{id}</AppLink>)}</Group>
      )}
    </Query>
  );
}

export function PrivacySection() {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t('erasures.title')} lead={t('erasures.lead')}><Receipts /></Section>
      <Section title={t('erasures.suppressions')} lead={t('erasures.suppressionsLead')}><Suppressions /></Section>
      <Section title={t('erasures.testUsers')}><TestUsers /></Section>
    </>
  );
}
