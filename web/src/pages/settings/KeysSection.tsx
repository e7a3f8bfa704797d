// Keys: made, listed, revoked. A key is shown once.

import { Button, Code, CopyButton, Group, Modal, NumberInput, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { forgetKey, storedKey } from '../../api/key';
import type { ApiKey, KeyInput } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';

const SCOPES = ['ingest', 'read', 'admin'] as const;
const QUERY_KEY = ['keys'];

function NewKey() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [input, setInput] = useState<KeyInput>({ scope: 'ingest', label: '' });
  const make = useMutation({
    mutationFn: () => body(client.POST('/api/keys', { body: input })),
    onSuccess: () => queries.invalidateQueries({ queryKey: QUERY_KEY }),
  });
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <Select w={150} allowDeselect={false} label={t('keys.scope')} value={input.scope} onChange={(scope) => scope && setInput({ ...input, scope: scope as KeyInput['scope'] })} data={SCOPES.map((scope) => ({ value: scope, label: t(`keys.scopes.${scope}`) }))} />
        <TextInput style={{ flex: '1 1 160px' }} label={t('keys.label')} maxLength={200} value={input.label} onChange={(event) => setInput({ ...input, label: event.currentTarget.value })} />
        <NumberInput w={170} label={t('keys.limit')} placeholder={t('keys.noLimit')} min={1} max={1_000_000} allowDecimal={false} hideControls value={input.events_per_second ?? ''} onChange={(value) => setInput({ ...input, events_per_second: typeof value === 'number' ? value : undefined })} />
        <Button loading={make.isPending} onClick={() => make.mutate()}>{t('keys.make')}</Button>
      </Group>
      <Text size="xs" c="dimmed">{t(`keys.about.${input.scope}`)}</Text>
      {make.isError && <ErrorPanel error={make.error} />}
      {make.data && (
        <Stack gap={6} role="status">
          <Text size="sm" fw={600}>{t('keys.once')}</Text>
          <Group gap="xs">
            <Code dir="ltr" style={{ overflowWrap: 'anywhere' }}>{make.data.key}</Code>
            <CopyButton value={make.data.key}>
              {({ copied, copy }) => <Button size="compact-sm" variant="default" onClick={copy}>{copied ? t('common.copied') : t('common.copy')}</Button>}
            </CopyButton>
          </Group>
        </Stack>
      )}
    </Stack>
  );
}

function Revoke({ of }: { of: ApiKey }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const revoke = useMutation({
    mutationFn: () => body(client.DELETE('/api/keys/{id}', { params: { path: { id: of.id } } })),
    onSuccess: async () => {
      close();
      await queries.invalidateQueries({ queryKey: QUERY_KEY });
    },
  });
  const name = of.label || of.id;
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={open}>{t('keys.revoke')}<span className="visually-hidden">&nbsp;{name}</span></Button>
      <Modal opened={opened} onClose={close} title={t('keys.revokeOf', { name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <Stack>
          <Text size="sm">{t('keys.revokeLead')}</Text>
          {revoke.isError && <ErrorPanel error={revoke.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>{t('common.cancel')}</Button>
            <Button color="red.8" loading={revoke.isPending} onClick={() => revoke.mutate()}>{t('keys.revoke')}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

export function KeysSection() {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useQuery({ queryKey: QUERY_KEY, queryFn: () => body(client.GET('/api/keys')) });
  return (
    <Section title={t('settings.keys')} lead={t('settings.keysLead')}>
      <Stack>
        <NewKey />
        <Query query={query} height={80}>
          {({ keys }) => (
            <Scroll label={t('settings.keys')} minWidth={620}>
              <Table verticalSpacing={6} aria-label={t('settings.keys')}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th scope="col">{t('keys.label')}</Table.Th>
                    <Table.Th scope="col">{t('keys.scope')}</Table.Th>
                    <Table.Th scope="col">{t('keys.limit')}</Table.Th>
                    <Table.Th scope="col">{t('keys.made')}</Table.Th>
                    <Table.Th><span className="visually-hidden">{t('keys.revoke')}</span></Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {keys.map((key) => (
                    <Table.Tr key={key.id}>
                      <Table.Th scope="row" fw={500}><bdi>{key.label || '–'}</bdi> <Text span size="xs" c="dimmed" fw={400}><bdi>{key.id}</bdi></Text></Table.Th>
                      <Table.Td>{t(`keys.scopes.${key.scope}`)}</Table.Td>
                      <Table.Td className="numbers">{key.events_per_second === null ? t('keys.noLimit') : format.count(key.events_per_second)}</Table.Td>
                      <Table.Td><When at={key.created_at} dateOnly /></Table.Td>
                      <Table.Td ta="end"><Revoke of={key} /></Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Scroll>
          )}
        </Query>
        {storedKey() && (
          <Button
            variant="default"
            style={{ alignSelf: 'flex-start' }}
            onClick={() => {
              forgetKey();
              location.assign('/');
            }}
          >
            {t('settings.signOut')}
          </Button>
        )}
      </Stack>
    </Section>
  );
}
