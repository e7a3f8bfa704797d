// What a person did and what became of them, newest first, page by page.

import { Badge, Button, Group, Select, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { User, UserEvent, WatchTransition } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { MoveMarks, MoveText } from '../../components/live/Moves';
import { Section } from '../../components/Page';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { whyPath } from '../../lib/live';
import { useParam } from '../../lib/params';
import { useWatches } from '../../lib/watchNames';
import { wallTime } from '../../lib/zone';
import classes from './Timeline.module.css';

const PAGE = 50;

/** Transitions that are shown among the events. */
const MOVES = 1000;

/** An event or a transition, at its instant. */
type Entry = { at: string; key: string; event: UserEvent } | { at: string; key: string; move: WatchTransition };

function Row({ event }: { event: UserEvent }) {
  const { t } = useTranslation();
  const format = useFormat();
  const properties = Object.entries(event.properties);
  return (
    <li className={classes.event} data-derived={event.derived || undefined}>
      <time className={classes.time} dateTime={event.time} title={format.inOwnZone(event.time) ?? event.time}>{format.time(event.time)}</time>
      <div style={{ minWidth: 0 }}>
        <Group gap={8}>
          <Text size="sm" fw={600}>{event.name}</Text>
          {event.derived && <Badge size="xs" variant="light" color="gray" tt="none" title={t('person.derivedTitle')}>{t('person.derived')}</Badge>}
        </Group>
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

function MoveRow({ move }: { move: WatchTransition }) {
  const { t } = useTranslation();
  const format = useFormat();
  const watches = useWatches();
  return (
    <li className={classes.event} data-move={move.kind}>
      <time className={classes.time} dateTime={move.at} title={format.inOwnZone(move.at) ?? move.at}>{format.time(move.at)}</time>
      <div style={{ minWidth: 0 }}>
        <MoveText move={move} watches={watches.data ?? []} />
        <Group gap={8}>
          <AppLink to={whyPath(move)} size="xs" aria-label={t('live.whyLabel', { person: move.user, when: format.exact(move.at) })}>{t('live.why')}</AppLink>
          <MoveMarks move={move} />
        </Group>
      </div>
    </li>
  );
}

function byDay(entries: Entry[], zone: string): [string, Entry[]][] {
  const days = new Map<string, Entry[]>();
  for (const entry of entries) {
    const day = wallTime(entry.at, zone).slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days];
}

/** Events and transitions together, newest first: what an event brought about stands above it. */
function together(events: UserEvent[], moves: WatchTransition[], complete: boolean): Entry[] {
  const oldest = complete ? undefined : events.at(-1)?.time;
  const entries: Entry[] = [
    ...moves.filter(({ at }) => !oldest || at >= oldest).map((move) => ({ at: move.at, key: move.id, move })),
    ...events.map((event) => ({ at: event.time, key: event.id, event })),
  ];
  return entries.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
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
  const moves = useQuery({
    queryKey: ['user-transitions', user.id, asOf.chosen],
    queryFn: () => body(client.GET('/api/users/{id}/transitions', { params: { path: { id: user.id }, query: { to: asOf.chosen, limit: MOVES } } })),
    refetchInterval: asOf.refetchInterval,
  });
  const events = query.data?.pages.flatMap((page) => page.events) ?? [];
  // Whoever asks for events of one name asks for nothing else.
  const entries = together(events, name ? [] : (moves.data?.transitions ?? []), query.isSuccess && !query.hasNextPage);
  return (
    <Section
      title={t('person.timeline')}
      lead={t('person.timelineLead', { zone: format.zone })}
      actions={
        <Select
          size="xs"
          w={190}
          clearable
          aria-label={t('live.filterEvents')}
          placeholder={t('rows.anyEvent')}
          value={name || null}
          onChange={(value) => setName(value ?? '')}
          data={user.summary.map(({ event }) => event)}
        />
      }
    >
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {moves.isError && <ErrorPanel error={moves.error} retry={() => void moves.refetch()} />}
      <Stack gap="md">
        {byDay(entries, format.zone).map(([day, list]) => (
          <section key={day}>
            <Text size="xs" fw={600} c="dimmed" mb={4}>{format.fullDay(day)}</Text>
            <ol className={classes.list}>
              {list.map((entry) => ('event' in entry ? <Row key={entry.key} event={entry.event} /> : <MoveRow key={entry.key} move={entry.move} />))}
            </ol>
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
