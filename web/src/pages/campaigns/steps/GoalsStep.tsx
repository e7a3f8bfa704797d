// What the campaign is to bring about. The first goal decides.

import { Box, Button, CloseButton, Grid, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Goal } from '../../../api/outreach';
import { useCatalogue } from '../../../api/queries';
import { Section } from '../../../components/Page';
import { Name } from '../../../components/Pick';
import { eventName } from '../draft';
import { EventField } from '../EventField';
import { DecisionFields } from './DecisionFields';
import { ReachPanel } from './ReachPanel';
import type { StepProps } from './step';

const GOALS_MAX = 20;
const WITHIN = '7d';
/** Names under which money usually goes. */
const MONEY = /amount|revenue|value|price|total/i;

export default function GoalsStep({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  const goals = draft.goals ?? [];
  const put = (at: number, goal: Goal) => change({ goals: goals.map((one, i) => (i === at ? goal : one)) });
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Section title={t('goals.title')} lead={t('goals.lead')}>
          <Stack gap="md">
            {goals.length === 0 && <Text size="sm" c="dimmed">{t('goals.none')}</Text>}
            {goals.map((goal, at) => (
              // eslint-disable-next-line react/no-array-index-key
              <GoalRow key={at} number={at + 1} goal={goal} onChange={(next) => put(at, next)} onRemove={() => change({ goals: goals.filter((_, i) => i !== at), ...(draft.decision?.goal && { decision: { ...draft.decision, goal: 0 } }) })} />
            ))}
            {goals.length < GOALS_MAX && (
              <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => change({ goals: [...goals, { event: '', within: WITHIN }] })}>
                {t('goals.add')}
              </Button>
            )}
          </Stack>
        </Section>
        {goals.length > 0 && <Box mt="lg"><DecisionFields draft={draft} change={change} started={started} /></Box>}
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <ReachPanel draft={draft} />
      </Grid.Col>
    </Grid>
  );
}

interface RowProps {
  number: number;
  goal: Goal;
  onChange: (goal: Goal) => void;
  onRemove: () => void;
}

function GoalRow({ number, goal, onChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const properties = catalogue.data?.events.find(({ name }) => name === eventName(goal.event))?.properties.map(({ name }) => name) ?? [];
  const likely = [...properties].sort((a, b) => Number(MONEY.test(b)) - Number(MONEY.test(a)));
  return (
    <Stack gap="xs" role="group" aria-label={t('goals.goal', { number })} p="sm" style={{ border: '1px solid var(--hairline)', borderRadius: 10 }}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" fw={600}>{number === 1 ? t('goals.first') : t('goals.goal', { number })}</Text>
        <CloseButton size="sm" aria-label={t('goals.remove', { number })} onClick={onRemove} />
      </Group>
      <EventField label={t('rows.event')} value={goal.event} onChange={(event) => onChange({ ...goal, event })} />
      <Group gap="md" align="flex-end">
        <TextInput size="xs" w={120} label={t('goals.within')} placeholder={WITHIN} value={goal.within} onChange={(event) => onChange({ ...goal, within: event.currentTarget.value })} dir="ltr" />
        <Stack gap={2}>
          <Text size="xs" fw={500}>{t('goals.revenue')}</Text>
          <Name label={t('goals.revenue')} value={goal.revenue ?? ''} known={likely} onChange={(revenue) => onChange({ ...goal, revenue })} />
        </Stack>
      </Group>
    </Stack>
  );
}
