// One tile per lifecycle state: how many, what share, what changed.

import { Box, Group, Paper, SimpleGrid, Text } from '@mantine/core';
import { IconArrowDownRight, IconArrowUpRight } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Overview } from '../../api/types';
import { CountLink } from '../../components/AppLink';
import { StateBadge } from '../../components/StateBadge';
import { stateColour } from '../../lib/colours';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';

type State = Overview['states'][number];

/** States whose growth is bad news. */
const UNWELCOME = new Set(['at_risk', 'dormant', 'churned']);

function Change({ state }: { state: State }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (state.change === 0) return <Text size="xs" c="dimmed">{t('overview.unchanged')}</Text>;
  const up = state.change > 0;
  const good = up !== UNWELCOME.has(state.key);
  const Arrow = up ? IconArrowUpRight : IconArrowDownRight;
  return (
    <Group gap={2} wrap="nowrap" c={good ? 'var(--good)' : 'var(--bad)'} title={t('overview.before', { shown: format.count(state.before) })}>
      <Arrow size={15} aria-hidden />
      <Text size="xs" fw={600} className="numbers">{format.change(state.change)}</Text>
    </Group>
  );
}

export function StateTiles({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useNames();
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: overview.states.length > 6 ? 4 : Math.max(overview.states.length, 3) }} spacing="md">
      {overview.states.map((state) => (
        <Paper key={state.key} p="md" style={{ overflow: 'hidden', position: 'relative' }}>
          <StateBadge of={state} />
          <Text fz={28} fw={650} lh={1.2} mt={6} style={{ letterSpacing: '-0.02em' }}>
            <CountLink filter={{ state: state.key }} label={t('overview.tile', { shown: format.count(state.users), state: names.state(state) })}>
              {format.count(state.users)}
            </CountLink>
          </Text>
          <Group justify="space-between" mt={4} wrap="nowrap">
            <Text size="xs" c="dimmed" className="numbers">{format.percent(state.share)}</Text>
            <Change state={state} />
          </Group>
          <Box mt={10} h={4} style={{ borderRadius: 2, background: 'var(--hairline)' }}>
            <Box h={4} w={state.users === 0 ? 0 : `${Math.max(state.share * 100, 0.5)}%`} style={{ borderRadius: 2, background: stateColour(state.key) }} />
          </Box>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
