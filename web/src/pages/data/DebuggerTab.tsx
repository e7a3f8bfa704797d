// Events as they are accepted, of one source or all, and what was wrong with others.

import { Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Freshness } from '../../components/live/Freshness';
import { Query } from '../../components/Query';
import type { ShownEvent } from '../../lib/live';
import { useParam } from '../../lib/params';
import { useLive } from '../../lib/useLive';
import { EventStream } from '../live/EventStream';

/** What client libraries call themselves. */
const LIBRARY = 'context.library.name';

const sourceOf = ({ properties }: ShownEvent) => (typeof properties[LIBRARY] === 'string' ? properties[LIBRARY] : '');

export function DebuggerTab() {
  const { t } = useTranslation();
  const [name, setName] = useParam('event', null, '');
  const [source, setSource] = useState('');
  const { query, state, connection, refused } = useLive({ events: true, event: name });
  return (
    <Stack gap="md">
      {refused && <ErrorPanel error={refused} />}
      <Query query={query} height={420}>
        {() => {
          if (!state) return null;
          const sources = [...new Set(state.events.map(sourceOf).filter(Boolean))].sort();
          const events = source ? state.events.filter((event) => sourceOf(event) === source) : state.events;
          return (
            <>
              <Group justify="space-between" gap="xs">
                <Text size="sm" c="dimmed" component="div"><Freshness exactAsOf={state.exactAsOf} connection={connection} /></Text>
                <Select size="xs" clearable aria-label={t('data.library')} placeholder={t('data.library')} value={source || null} onChange={(next) => setSource(next ?? '')} data={sources} />
              </Group>
              <EventStream events={events} skipped={state.skipped} name={name} setName={setName} />
            </>
          );
        }}
      </Query>
    </Stack>
  );
}
