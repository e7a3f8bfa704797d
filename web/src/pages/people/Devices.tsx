// What a person can be reached on: devices, and whether messages may be sent where.

import { Badge, Group, Stack, Switch, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { Device, Reach, SubscriptionChanges, UserSubscriptions } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';

const path = (id: string) => ({ params: { path: { id } } });

/** Model and system in a line, as far as they are known. */
function name({ id, facts }: Device): string {
  const text = (key: string) => (typeof facts[key] === 'string' ? (facts[key] as string) : '');
  const what = [text('device.manufacturer'), text('device.model') || text('device.browser') || text('device.kind')];
  const system = [text('device.os'), text('device.os_version')];
  return [what, system].map((words) => words.filter(Boolean).join(' ')).filter(Boolean).join(', ') || id;
}

function DeviceRow({ device }: { device: Device }) {
  const { t } = useTranslation();
  const format = useFormat();
  const app = device.facts['app.version'];
  return (
    <Stack component="li" gap={4} py={8} style={{ listStyle: 'none', borderTop: '1px solid var(--hairline)' }}>
      <Text size="sm" fw={600}>{name(device)}</Text>
      <Text size="xs" c="dimmed">
        {[device.id, typeof app === 'string' && t('devices.app', { version: app }), t('devices.seen', { at: format.date(device.last_seen_at) })].filter(Boolean).join(' · ')}
      </Text>
      {device.tokens.length > 0 && (
        <Group gap={6}>
          {device.tokens.map(({ kind, token }) => <Badge key={kind} variant="default" tt="none" fw={500} maw="100%">{`${kind} ${token}`}</Badge>)}
        </Group>
      )}
    </Stack>
  );
}

function Place({ reach }: { reach: Reach }) {
  const { t } = useTranslation();
  const state = reach.blocked_by ?? 'reachable';
  return (
    <Group component="li" justify="space-between" gap="xs" style={{ listStyle: 'none' }}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{`${t(`devices.channel.${reach.channel}`)}: ${reach.to}`}</Text>
      <Text size="xs" c={reach.blocked_by ? undefined : 'dimmed'} fw={reach.blocked_by ? 600 : undefined}>
        {t(`devices.state.${state}`)}
      </Text>
    </Group>
  );
}

function Choices({ known, change, busy }: { known: UserSubscriptions; change: (changes: SubscriptionChanges) => void; busy: boolean }) {
  const { t } = useTranslation();
  return (
    <Stack gap={6} role="group" aria-label={t('devices.choices')}>
      {known.channels.map(({ channel, subscribed }) => (
        <Switch
          key={channel}
          size="xs"
          label={t(`devices.channel.${channel}`)}
          checked={subscribed ?? true}
          disabled={busy}
          onChange={({ currentTarget }) => change({ channels: { [channel]: currentTarget.checked }, topics: {}, devices: {} })}
        />
      ))}
      {known.topics.map((topic) => (
        <Switch
          key={topic.id}
          size="xs"
          ms="lg"
          label={`${t(`devices.channel.${topic.channel}`)}: ${topic.name}`}
          checked={topic.subscribed}
          disabled={busy}
          onChange={({ currentTarget }) => change({ channels: {}, topics: { [topic.id]: currentTarget.checked }, devices: {} })}
        />
      ))}
    </Stack>
  );
}

function Subscriptions({ id }: { id: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const queryKey = ['subscriptions', id];
  const query = useQuery({ queryKey, queryFn: () => body(client.GET('/api/users/{id}/subscriptions', path(id))) });
  const change = useMutation({
    mutationFn: (changes: SubscriptionChanges) => body(client.PUT('/api/users/{id}/subscriptions', { ...path(id), body: changes })),
    onSuccess: async (known) => {
      queries.setQueryData(queryKey, known);
      await queries.invalidateQueries({ queryKey: ['user'] });
    },
  });
  return (
    <Section title={t('devices.subscriptions')} lead={t('devices.subscriptionsLead')}>
      <Query query={query} height={120}>
        {(known) => (
          <Stack gap="md">
            <Choices known={known} change={change.mutate} busy={change.isPending} />
            {change.isError && <ErrorPanel error={change.error} />}
            {known.reach.length === 0 ? (
              <Text size="sm" c="dimmed">{t('devices.nowhere')}</Text>
            ) : (
              <Stack component="ul" gap={4} m={0} p={0} aria-label={t('devices.places')}>
                {known.reach.map((reach) => <Place key={`${reach.channel} ${reach.to}`} reach={reach} />)}
              </Stack>
            )}
          </Stack>
        )}
      </Query>
    </Section>
  );
}

export default function Devices({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['devices', id], queryFn: () => body(client.GET('/api/users/{id}/devices', path(id))) });
  return (
    <>
      <Section title={t('devices.title')}>
        <Query query={query} height={80}>
          {({ devices, total }) => (
            <Stack gap={6}>
              {total === 0 && <Text size="sm" c="dimmed">{t('devices.none')}</Text>}
              <Stack component="ul" gap={0} m={0} p={0}>{devices.map((device) => <DeviceRow key={device.id} device={device} />)}</Stack>
              {total > devices.length && <Text size="xs" c="dimmed">{t('devices.more', { count: total - devices.length })}</Text>}
            </Stack>
          )}
        </Query>
      </Section>
      <Subscriptions id={id} />
    </>
  );
}
