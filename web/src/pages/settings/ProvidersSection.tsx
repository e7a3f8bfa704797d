// Providers of all channels: how each is doing, tried with a button, changed, deleted.

import { Badge, Button, Group, Modal, Paper, SimpleGrid, Stack, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { outreach, type Provider, useProviders } from '../../api/outreach';
import { EmptyState } from '../../components/EmptyState';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { useOutreachNames } from '../../lib/outreach';
import { Tested } from '../campaigns/TestSend';
import { DnsDialog } from './DnsDialog';
import { FeedbackAddresses } from './FeedbackAddresses';
import { ProviderForm } from './ProviderForm';
import { TEST_TO } from './providerKinds';

const ACTIONS = ['test', 'edit', 'delete'] as const;
const ACTIONS_OF_MAIL = ['test', 'dns', 'edit', 'delete'] as const;
type Action = (typeof ACTIONS_OF_MAIL)[number];
type Opened = { what: 'new' } | { what: Action; provider: Provider } | null;

export function ProvidersSection() {
  const { t } = useTranslation();
  const query = useProviders();
  const [opened, setOpened] = useState<Opened>(null);
  const close = () => setOpened(null);
  return (
    <Section
      title={t('providers.title')}
      lead={t('providers.lead')}
      actions={<Button size="sm" leftSection={<IconPlus size={16} />} onClick={() => setOpened({ what: 'new' })}>{t('providers.new')}</Button>}
    >
      <Query query={query} height={120}>
        {({ providers }) => providers.length === 0 ? (
          <EmptyState title={t('providers.empty')}><Text size="sm" c="dimmed" ta="center">{t('providers.emptyLead')}</Text></EmptyState>
        ) : (
          <Stack component="ul" m={0} p={0} gap="md">
            {providers.map((provider) => <Card key={provider.id} provider={provider} onOpen={(what) => setOpened({ what, provider })} />)}
          </Stack>
        )}
      </Query>
      {opened?.what === 'new' && <ProviderForm onClose={close} />}
      {opened?.what === 'edit' && <ProviderForm provider={opened.provider} onClose={close} />}
      {opened?.what === 'test' && <TestDialog provider={opened.provider} onClose={close} />}
      {opened?.what === 'dns' && <DnsDialog provider={opened.provider} onClose={close} />}
      {opened?.what === 'delete' && <DeleteDialog provider={opened.provider} onClose={close} />}
    </Section>
  );
}

function Card({ provider, onOpen }: { provider: Provider; onOpen: (what: Action) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useOutreachNames();
  const { status } = provider;
  const numbers = (['waiting', 'sending', 'sent', 'failed'] as const).map((name) => [t(`providers.status.${name}`), format.count(status[name])] as const);
  return (
    <Paper component="li" p="md" style={{ listStyle: 'none' }} data-provider={provider.id}>
      <Stack gap="sm">
        <Group justify="space-between" gap="sm">
          <Group gap="sm">
            <Text fw={650}><bdi>{provider.name}</bdi></Text>
            <Badge variant="default" tt="none">{names.channel(provider.channel)}</Badge>
            <Text size="xs" c="dimmed">{t(`providers.kinds.${provider.settings.kind}`)}</Text>
          </Group>
          <Group gap="xs">
            {(provider.settings.kind === 'smtp' ? ACTIONS_OF_MAIL : ACTIONS).map((what) => (
              <Button key={what} size="compact-sm" variant="default" {...(what === 'delete' && { c: 'var(--bad)' })} onClick={() => onOpen(what)}>{t(`providers.action.${what}`)}<VisuallyHidden>{` ${provider.name}`}</VisuallyHidden></Button>
            ))}
          </Group>
        </Group>
        <SimpleGrid cols={{ base: 2, sm: 4 }} component="dl" m={0} spacing="xs">
          {numbers.map(([label, shown]) => (
            <div key={label}><Text component="dt" size="xs" c="dimmed">{label}</Text><Text component="dd" m={0} fw={600} className="numbers">{shown}</Text></div>
          ))}
        </SimpleGrid>
        {status.paused_until && <Text size="sm" c="var(--bad)">{t('providers.paused', { at: format.dateTime(status.paused_until) })}</Text>}
        {status.waiting > 0 && <Text size="xs" c="dimmed">{t('providers.oldest', { seconds: format.count(Math.round(status.oldest_seconds)) })}</Text>}
        {status.last_error && <Text size="sm">{t('providers.lastError')} <bdi>{status.last_error}</bdi></Text>}
        {provider.feedback_addresses.length > 0 && <FeedbackAddresses provider={provider} />}
      </Stack>
    </Paper>
  );
}

function TestDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation();
  const [to, setTo] = useState('');
  const test = useMutation({ mutationFn: () => outreach.testProvider(provider.id, to.trim()) });
  return (
    <Modal opened onClose={onClose} title={t('providers.testOf', { name: provider.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          test.mutate();
        }}
      >
        <Stack>
          <TextInput label={t('providers.to')} description={t('providers.toHint')} placeholder={TEST_TO[provider.settings.kind]} required value={to} onChange={(event) => setTo(event.currentTarget.value)} dir="ltr" data-autofocus />
          {test.isError && <ErrorPanel error={test.error} />}
          {test.data && <Tested tested={test.data} />}
          <Group justify="flex-end"><Button type="submit" loading={test.isPending} disabled={to.trim() === ''}>{t('test.send')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}

function DeleteDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => outreach.deleteProvider(provider.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['providers'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('providers.deleteOf', { name: provider.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('providers.deleteLead', { shown: format.count(provider.status.waiting + provider.status.sending) })}</Text>
        {remove.isError && <ErrorPanel error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('providers.action.delete')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
