// The DNS records that mail of a provider needs: what they say, and what to add.

import { Badge, Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type DnsRecord, outreach, type Provider } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Copy } from './Copy';

const COLORS: Record<string, string> = { good: 'green.8', weak: 'yellow.8', missing: 'red.8', wrong: 'red.8', unknown: 'gray.7' };

export function DnsDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation();
  const check = useQuery({ queryKey: ['providers', provider.id, 'dns'], queryFn: () => outreach.checkDns(provider.id), staleTime: 0, gcTime: 0, retry: false, refetchOnWindowFocus: false });
  return (
    <Modal opened onClose={onClose} size="xl" title={t('providers.dns.title', { name: provider.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('providers.dns.lead')}</Text>
        {check.isFetching && <Text size="sm" c="dimmed" role="status">{t('providers.dns.asking')}</Text>}
        {check.isError && <ErrorPanel error={check.error} />}
        {check.data && !check.isFetching && (
          <>
            <Text size="sm" fw={600} role="status">{check.data.right ? t('providers.dns.right', { domain: check.data.domain }) : t('providers.dns.notRight', { domain: check.data.domain })}</Text>
            <Table.ScrollContainer minWidth={620}>
              <Table verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('providers.dns.purpose')}</Table.Th>
                    <Table.Th>{t('providers.dns.state')}</Table.Th>
                    <Table.Th>{t('providers.dns.record')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>{check.data.records.map((record) => <Row key={`${record.purpose} ${record.name}`} record={record} />)}</Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </>
        )}
        <Group justify="flex-end"><Button variant="default" loading={check.isFetching} onClick={() => check.refetch()}>{t('providers.dns.again')}</Button></Group>
      </Stack>
    </Modal>
  );
}

function Row({ record }: { record: DnsRecord }) {
  const { t } = useTranslation();
  const { purpose, kind, name, value, found, state, advice } = record;
  const purposeName = t(`providers.dns.purposes.${purpose}`);
  const lines: [string, string][] = [[t('providers.dns.name'), name], [t('providers.dns.value'), value]];
  return (
    <Table.Tr data-purpose={purpose} data-state={state}>
      <Table.Td style={{ verticalAlign: 'top' }}>{purposeName}</Table.Td>
      <Table.Td style={{ verticalAlign: 'top' }}><Badge color={COLORS[state] ?? 'gray.7'} tt="none">{t(`providers.dns.states.${state}`)}</Badge></Table.Td>
      <Table.Td>
        <Stack gap={4}>
          {lines.map(([label, text]) => (
            <Group key={label} gap="xs" wrap="nowrap" align="flex-start">
              <Text size="xs" style={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}><Text span size="xs" c="dimmed">{label} ({kind}): </Text><bdi className="keep-ltr">{text}</bdi></Text>
              <Copy text={text} what={`${purposeName}, ${label}`} />
            </Group>
          ))}
          {found.length > 0 && state !== 'good' && <Text size="xs" style={{ overflowWrap: 'anywhere' }}><Text span size="xs" c="dimmed">{t('providers.dns.found')}: </Text><bdi className="keep-ltr">{found.join(' · ')}</bdi></Text>}
          {advice && <Text size="xs"><bdi>{advice}</bdi></Text>}
        </Stack>
      </Table.Td>
    </Table.Tr>
  );
}
