// What a person did, newest first, page by page.

import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { User, UserEvent } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { wallTime } from '../../lib/zone';
import classes from './Timeline.module.css';

const PAGE = 50;

function Row({ event }: { event: UserEvent }) {
  const format = useFormat();
  const properties = Object.entries(event.properties);
  return (
    <li className={classes.event}>
      <time className={classes.time} dateTime={event.time} title={format.inOwnZone(event.time) ?? event.time}>{format.time(event.time)}</time>
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={600}>{event.name}</Text>
        {properties.length > 0 && (
          <Group gap="4px 14px" mt={2}>
            {properties.map(([name, value]) => (
              <Text key={name} size="xs" component="span" style={{ overflowWrap: 'anywhere' }}>
                <bdi><Text span inherit c="dimmed">{name}</Text> {format.value(value)}</bdi>
              </Text>
            ))}
          </Group>
        )}
      </div>
    </li>
  );
}

function byDay(events: UserEvent[], zone: string): [string, UserEvent[]][] {
  const days = new Map<string, UserEvent[]>();
  for (const event of events) {
    const day = wallTime(event.time, zone).slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), event]);
  }
  return [...days];
}

export function Timeline({ user }: { user: User }) {
  const { t } = useTranslation();
  const format = useFormat();
  const asOf = useAsOf();
  const [name, setName] = useParam('event', null, '');
  const query = useInfiniteQuery({
    queryKey: ['user-events', user.id, name, asOf.chosen],
    queryFn: ({ pageParam }) =>
      body(client.GET('/api/users/{id}/events', {
        params: { path: { id: user.id }, query: { name: name || undefined, limit: PAGE, before: pageParam, as_of: asOf.chosen } },
      })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: asOf.refetchInterval,
  });
  const events = query.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <Section
      title={t('person.timeline')}
      lead={t('person.timelineLead', { zone: format.zone })}
      actions={
        <Select
          size="xs"
          w={190}
          clearable
          aria-label={t('person.filterEvents')}
          placeholder={t('rows.anyEvent')}
          value={name || null}
          onChange={(value) => setName(value ?? '')}
          data={user.summary.map(({ event }) => event)}
        />
      }
    >
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      <Stack gap="md">
        {byDay(events, format.zone).map(([day, list]) => (
          <section key={day}>
            <Text size="xs" fw={600} c="dimmed" mb={4}>{format.fullDay(day)}</Text>
            <ol className={classes.list}>{list.map((event) => <Row key={event.id} event={event} />)}</ol>
          </section>
        ))}
      </Stack>
      {query.hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('common.loadMore')}</Button>
        </Group>
      )}
    </Section>
  );
}
