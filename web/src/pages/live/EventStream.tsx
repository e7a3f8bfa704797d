// Events as they are accepted: by name, by person, by text, and held still to be read.

import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalogue } from '../../api/queries';
import { AppLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { Scroll } from '../../components/Scroll';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { mentions, type ShownEvent } from '../../lib/live';
import classes from './EventStream.module.css';

interface Props {
  events: ShownEvent[];
  skipped: number;
  name: string;
  setName: (name: string) => void;
}

function Row({ event }: { event: ShownEvent }) {
  const format = useFormat();
  const links = useLinks();
  const properties = Object.entries(event.properties);
  return (
    <li className={classes.event} data-event={event.name}>
      <time className={classes.time} dateTime={event.received_at} title={format.exact(event.time)}>{format.time(event.received_at)}</time>
      <div style={{ minWidth: 0 }}>
        <Group gap="4px 12px">
          <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}><bdi>{event.name}</bdi></Text>
          <AppLink to={links.since(`/people/${encodeURIComponent(event.user)}`, event.received_at)} size="sm" style={{ overflowWrap: 'anywhere' }}>{event.user}</AppLink>
        </Group>
        {properties.length > 0 && (
          <Group gap="2px 14px">
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

export function EventStream({ events, skipped, name, setName }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const catalogue = useCatalogue();
  const [person, setPerson] = useState('');
  const [text, setText] = useState('');
  const [held, hold] = useState<ShownEvent[] | null>(null);
  const wanted = (event: ShownEvent) =>
    (!name || event.name === name) && event.user.toLowerCase().includes(person.trim().toLowerCase()) && mentions(event, text);
  const shown = (held ?? events).filter(wanted);
  const newer = held ? events.findIndex(({ key }) => key === held[0]?.key) : 0;
  const waiting = newer < 0 ? events.length : newer;
  return (
    <Section
      title={t('live.events')}
      lead={t('live.eventsLead')}
      actions={
        <Button
          size="xs"
          variant={held ? 'filled' : 'default'}
          leftSection={held ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
          onClick={() => hold(held ? null : events)}
        >
          {held ? t('live.resume', { count: waiting, shown: format.count(waiting) }) : t('live.pause')}
        </Button>
      }
    >
      <Group gap="xs" mb="sm">
        <Select
          size="xs"
          style={{ flex: '1 1 100%' }}
          clearable
          searchable
          aria-label={t('live.filterEvents')}
          placeholder={t('rows.anyEvent')}
          value={name || null}
          onChange={(value) => setName(value ?? '')}
          data={(catalogue.data?.events ?? []).filter(({ derived }) => !derived).map((event) => event.name)}
        />
        <TextInput size="xs" style={{ flex: '1 1 110px' }} type="search" aria-label={t('people.person')} placeholder={t('people.person')} value={person} onChange={(event) => setPerson(event.currentTarget.value)} />
        <TextInput size="xs" style={{ flex: '1 1 110px' }} type="search" aria-label={t('live.text')} placeholder={t('live.text')} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      </Group>
      {shown.length === 0 ? (
        <Text size="sm" c="dimmed">{events.length === 0 ? t('live.noEvents') : t('live.noMatch')}</Text>
      ) : (
        <Scroll label={t('live.events')} maxHeight={520}>
          <ol className={classes.list}>{shown.map((event) => <Row key={event.key} event={event} />)}</ol>
        </Scroll>
      )}
      {skipped > 0 && <Text size="xs" c="dimmed" mt="xs">{t('live.skipped', { count: skipped, shown: format.count(skipped) })}</Text>}
    </Section>
  );
}
