// The states in order of precedence, with their definitions, readable or being edited.

import { Button, Group, Stack, Text } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Lifecycle } from '../../api/types';
import { CountLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { StartJourney } from '../../components/StartJourney';
import { StateBadge } from '../../components/StateBadge';
import { inState } from '../../lib/definitions';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';
import { DefinitionsForm } from './DefinitionsForm';

function StateRow({ state, position }: { state: Lifecycle['states'][number]; position: number }) {
  const format = useFormat();
  const names = useNames();
  const { t } = useTranslation();
  return (
    <Group component="li" align="flex-start" gap="md" wrap="wrap" style={{ listStyle: 'none' }}>
      <Group w={190} gap="sm" wrap="nowrap" align="baseline">
        <Text c="dimmed" size="xs" className="numbers" w={14}>{format.count(position)}</Text>
        <div>
          <Group gap={4} wrap="nowrap">
            <StateBadge of={state} fw={600} />
            <StartJourney entry={{ to: state.key }} label={t('stateJourneys.startFor', { state: names.state(state) })} />
          </Group>
          <Text size="sm" c="dimmed" className="numbers">
            <CountLink filter={{ state: state.key }}>{t('common.people', { count: state.users, shown: format.count(state.users) })}</CountLink>
            {' · '}
            {format.percent(state.share)}
          </Text>
        </div>
      </Group>
      <div className="definition" style={{ flex: '1 1 320px', minWidth: 0 }}>{state.definition}</div>
    </Group>
  );
}

export function StatesSection({ lifecycle }: { lifecycle: Lifecycle }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [editing, setEditing] = useState(false);
  const keys = lifecycle.states.map((state) => state.key);
  return (
    <Section
      title={t('lifecycle.states')}
      lead={t('lifecycle.statesLead')}
      actions={!editing && (
        <Button variant="default" size="xs" leftSection={<IconPencil size={14} />} onClick={() => setEditing(true)}>{t('lifecycle.edit')}</Button>
      )}
    >
      {editing ? (
        <DefinitionsForm states={lifecycle.states} onDone={() => setEditing(false)} />
      ) : (
        <Stack gap="sm" component="ol" m={0} p={0}>
          {lifecycle.states.map((state, at) => <StateRow key={state.key} state={state} position={at + 1} />)}
        </Stack>
      )}
      {lifecycle.unassigned > 0 && (
        <Text size="sm" c="dimmed" mt="md">
          <CountLink filter={{ definition: inState('none', keys) }}>
            {t('lifecycle.unassigned', { count: lifecycle.unassigned, shown: format.count(lifecycle.unassigned) })}
          </CountLink>
        </Text>
      )}
    </Section>
  );
}
