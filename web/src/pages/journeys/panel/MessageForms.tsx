// Messages of a step: the channel, and what is said in each language in short.

import { Button, CloseButton, Group, NativeSelect, Paper, Stack, Text } from '@mantine/core';
import { IconPencil, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../../api/client';
import { CHANNELS, type Channel, useProviders } from '../../../api/outreach';
import { AppLink } from '../../../components/AppLink';
import { useOutreachNames } from '../../../lib/outreach';
import { DEFAULT_LOCALE, emptyDraft, onChannel } from '../../campaigns/draft';
import { emptyMessage } from '../model/begin';
import { spared } from '../model/graph';
import type { ActionOf, JourneyInput, StepMessage } from '../types';
import { useJourneyWords } from '../words';
import { ObjectField, OwnWay, SpanField, type StepProps } from './fields';
import { MessageEditor } from './MessageEditor';

const MESSAGES_MAX = 9;

export function MessageForm({ journey, step, action, onAction }: StepProps<ActionOf<'message'>>) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <MessageFields journey={journey} step={step.id} message={action.message} title={step.name || t('step.kind.message')} onChange={(message, about) => onAction({ ...action, message }, about)} />
      <OwnWay label={t('way.unreachable')} description={t('message.unreachableLead')} journey={journey} from={step.id} value={action.unreachable} first={step.next} onChange={(unreachable) => onAction(spared({ ...action, unreachable }) as ActionOf<'message'>)} />
    </Stack>
  );
}

/** A server that is asked: what is said to it, and how long it may take. */
export function WebhookForm({ journey, step, action, onAction }: StepProps<ActionOf<'webhook'>>) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('webhook.lead')}</Text>
      <MessageFields journey={journey} step={step.id} message={action.message} title={step.name || t('step.kind.webhook')} only onChange={(message, about) => onAction({ ...action, message }, about)} />
      <SpanField label={t('webhook.within')} placeholder="30s" value={action.within} onChange={(within) => onAction({ ...action, within }, 'within')} />
      <Text size="xs" c="dimmed">{t('webhook.use')} <bdi className="keep-ltr">{`{{ answer.${step.id}.NAME }}`}</bdi></Text>
      <ObjectField key={step.id} label={t('webhook.assumed')} description={t('webhook.assumedLead')} value={action.assumed} onChange={(assumed) => onAction(spared({ ...action, assumed }) as ActionOf<'webhook'>, 'assumed')} />
    </Stack>
  );
}

const CHOICES = ['engaged', 'first'] as const;

export function BestChannelForm({ journey, step, action, onAction }: StepProps<ActionOf<'best_channel'>>) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const { messages } = action;
  const unused = CHANNELS.find((channel) => !messages.some((one) => one.channel === channel)) ?? 'email';
  const put = (next: StepMessage[], about?: string) => onAction({ ...action, messages: next }, about);
  return (
    <Stack gap="sm">
      <NativeSelect size="sm" label={t('message.choose')} value={action.choose ?? 'engaged'} onChange={(event) => onAction(spared({ ...action, choose: event.currentTarget.value === 'first' ? 'first' : undefined }) as ActionOf<'best_channel'>)} data={CHOICES.map((one) => ({ value: one, label: t(`message.choices.${one}`) }))} />
      {messages.map((message, at) => (
        // Messages have no identity but their place.
        // eslint-disable-next-line react/no-array-index-key
        <Paper key={at} p="sm" role="group" aria-label={names.channel(message.channel)}>
          <Group justify="space-between" mb={6}>
            <Text size="sm" fw={600}>{names.channel(message.channel)}</Text>
            {messages.length > 2 && <CloseButton size="sm" aria-label={t('message.remove', { channel: names.channel(message.channel) })} onClick={() => put(messages.filter((_, i) => i !== at))} />}
          </Group>
          <MessageFields journey={journey} step={step.id} message={message} title={names.channel(message.channel)} onChange={(next, about) => put(messages.map((one, i) => (i === at ? next : one)), about && `${about} ${at}`)} />
        </Paper>
      ))}
      {messages.length < MESSAGES_MAX && <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => put([...messages, emptyMessage(unused)])}>{t('message.add')}</Button>}
      <OwnWay label={t('way.unreachable')} description={t('message.unreachableLead')} journey={journey} from={step.id} value={action.unreachable} first={step.next} onChange={(unreachable) => onAction(spared({ ...action, unreachable }) as ActionOf<'best_channel'>)} />
    </Stack>
  );
}

/** The same on another channel, as the campaigns' editor moves it. */
function moved(message: StepMessage, channel: Channel): StepMessage {
  const { variants } = onChannel({ ...emptyDraft(message.channel), variants: [{ id: 'a', content: message.content }] }, channel);
  return { channel, content: variants[0]!.content };
}

interface FieldsProps {
  journey: JourneyInput;
  /** Id of the step that sends it. */
  step: string;
  message: StepMessage;
  title: string;
  /** The channel stays as it is. */
  only?: boolean;
  onChange: (message: StepMessage, about?: string) => void;
}

function MessageFields({ journey, step, message, title, only = false, onChange }: FieldsProps) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const words = useJourneyWords();
  const [editing, setEditing] = useState(false);
  const providers = useProviders();
  const topics = useQuery({ queryKey: ['topics'], queryFn: () => body(client.GET('/api/subscriptions/topics')) });
  const own = (providers.data?.providers ?? []).filter(({ channel }) => channel === message.channel);
  const about = (topics.data?.topics ?? []).filter(({ channel }) => channel === message.channel);
  const pulled = message.channel === 'in_app' || message.channel === 'on_site' || message.channel === 'inbox';
  return (
    <Stack gap="sm">
      {!only && <NativeSelect size="sm" label={t('content.channel')} value={message.channel} onChange={(event) => onChange(moved(message, event.currentTarget.value as Channel))} data={CHANNELS.map((channel) => ({ value: channel, label: names.channel(channel) }))} />}
      <Paper p="sm" bg="var(--page-background)">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" lineClamp={3} style={{ overflowWrap: 'anywhere' }}><bdi>{words.said(message)}</bdi></Text>
            <Text size="xs" c="dimmed">{Object.keys(message.content).map((code) => (code === DEFAULT_LOCALE ? t('content.allOthers') : code)).join(', ')}</Text>
          </div>
          <Button size="compact-sm" leftSection={<IconPencil size={14} />} style={{ flex: 'none' }} aria-haspopup="dialog" onClick={() => setEditing(true)}>{t('message.write')}</Button>
        </Group>
      </Paper>
      {!pulled && own.length > 0 && (
        <NativeSelect size="sm" label={t('content.provider')} value={message.provider ?? ''} onChange={(event) => onChange(spared({ ...message, provider: event.currentTarget.value || undefined }) as StepMessage)} data={[{ value: '', label: t('content.oldest', { name: own[0]?.name }) }, ...own.map(({ id, name }) => ({ value: id, label: name }))]} />
      )}
      {!pulled && providers.data && own.length === 0 && <Text size="sm">{t('content.noProvider')} <AppLink to="/settings?tab=channels" size="sm" underline="always">{t('content.makeProvider')}</AppLink></Text>}
      {about.length > 0 && (
        <NativeSelect size="sm" label={t('campaignRules.topic')} value={message.topic ?? ''} onChange={(event) => onChange(spared({ ...message, topic: event.currentTarget.value || undefined }) as StepMessage)} data={[{ value: '', label: t('campaignRules.noTopic') }, ...about.map(({ id, name }) => ({ value: id, label: name }))]} />
      )}
      {editing && <MessageEditor journey={journey} step={step} message={message} title={title} onChange={onChange} onClose={() => setEditing(false)} />}
    </Stack>
  );
}
