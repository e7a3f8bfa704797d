// The message as somebody would see it, while it is being written.

import { Autocomplete, Group, Stack, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useContext, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../../api/client';
import { type Channel, type Content, outreach } from '../../../api/outreach';
import { ErrorPanel } from '../../../components/ErrorPanel';
import { Section } from '../../../components/Page';
import { Notice } from '../../../components/Notice';
import { useRested } from '../../../lib/debounce';
import { DEFAULT_LOCALE, sparedContent } from '../draft';
import { TriggerEvent } from './Personalise';
import { Problems } from './Problems';
import { Rendered } from './Rendered';

const REST_MS = 350;
const SUGGESTED = 10;

interface Props {
  channel: Channel;
  content: Record<string, Content>;
  locale: string;
  /** What servers say that earlier steps ask, by step. */
  answers?: Record<string, object> | undefined;
  /** What else it can be shown with. */
  children?: ReactNode;
}

/** People to show it as: those that a search finds. */
function useSuggestions(text: string) {
  return useQuery({
    queryKey: ['people-suggested', text],
    queryFn: () => body(client.GET('/api/users', { params: { query: { limit: SUGGESTED, query: text || undefined } } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

/** What the person's latest event of the trigger said, so that its values are true ones. */
function useLatestEvent(user: string, event: string): Record<string, unknown> | undefined {
  const rested = useRested(user, REST_MS);
  const query = useQuery({
    queryKey: ['latest-event', rested, event],
    queryFn: () => body(client.GET('/api/users/{id}/events', { params: { path: { id: rested }, query: { name: event, limit: 1 } } })),
    enabled: rested !== '' && event !== '',
    retry: false,
    staleTime: 60_000,
  });
  return query.data?.events[0]?.properties;
}

export function UserField({ value, onChange, label, placeholder }: { value: string; onChange: (id: string) => void; label: string; placeholder?: string }) {
  const people = useSuggestions(useRested(value, REST_MS));
  return (
    <Autocomplete
      size="xs"
      style={{ flex: '1 1 160px' }}
      label={label}
      placeholder={placeholder ?? ''}
      value={value}
      onChange={onChange}
      data={[...new Set((people.data?.users ?? []).map(({ id }) => id))]}
      filter={({ options }) => options}
    />
  );
}

export function PreviewPane({ channel, content, locale, answers, children }: Props) {
  const { t } = useTranslation();
  const [user, setUser] = useState('');
  const latest = useLatestEvent(user.trim(), useContext(TriggerEvent));
  const input = {
    content: Object.fromEntries(Object.entries(content).map(([key, one]) => [key, sparedContent(one)])),
    ...(locale !== DEFAULT_LOCALE && { locale }),
    ...(user.trim() && { user: user.trim() }),
    ...(latest && { properties: latest }),
    ...(answers && { answers }),
  };
  const rested = useRested(JSON.stringify(input), REST_MS);
  const query = useQuery({
    queryKey: ['message-preview', rested],
    queryFn: ({ signal }) => outreach.preview(JSON.parse(rested) as typeof input, signal),
    placeholderData: keepPreviousData,
  });
  const preview = query.data;
  return (
    <Section title={t('content.preview')}>
      <Stack gap="sm">
        <Group>
          <UserField label={t('content.as')} placeholder={t('content.nobody')} value={user} onChange={setUser} />
        </Group>
        {children}
        {query.isError && <ErrorPanel error={query.error} />}
        {preview && !query.isError && (
          <>
            {preview.stopped && <Notice color="yellow" title={t('content.stopped')}><bdi>{preview.stopped}</bdi></Notice>}
            <Rendered channel={channel} preview={preview} content={content} />
            {channel === 'email' && <Text size="xs" c="dimmed">{t('content.pictures')}</Text>}
            <Problems problems={preview.problems} />
          </>
        )}
      </Stack>
    </Section>
  );
}
