// Of a journey as a whole: who comes in and how often, who is held out, what it is to bring about, and who is out.

import { Accordion, Button, CloseButton, Group, MultiSelect, NativeSelect, NumberInput, Paper, Stack, Switch, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { usePolicy } from '../../../api/outreach';
import { useCatalogue } from '../../../api/queries';
import { Notice } from '../../../components/Notice';
import { HoursFields } from '../../../components/outreach/HoursFields';
import { Name } from '../../../components/Pick';
import { CONTROL, eventName } from '../../campaigns/draft';
import { TriggerFields } from '../../campaigns/steps/TriggerFields';
import { AgainFields } from '../../campaigns/steps/WhenStep';
import { freeId } from '../model/begin';
import { spared } from '../model/graph';
import type { JourneyGoal, JourneyInput } from '../types';
import { AudienceField } from './AudienceField';
import { SpanField } from './fields';
import { HappeningField } from './HappeningField';

const GOALS_MAX = 20;
const EXITS_MAX = 20;
const LABELS_MAX = 8;

interface Props {
  journey: JourneyInput;
  id: string;
  onChange: (journey: JourneyInput, about?: string) => void;
}

export function EntryPanel({ journey, id, onChange }: Props) {
  const { t } = useTranslation();
  const set = (part: { [name in keyof JourneyInput]?: JourneyInput[name] | undefined }, about?: string) => onChange(spared({ ...journey, ...part }) as JourneyInput, about);
  return (
    <Stack gap="md" data-step="#entry">
      <TextInput size="sm" label={t('entry.name')} required maxLength={200} dir="auto" value={journey.name} onChange={(event) => set({ name: event.currentTarget.value }, 'name')} />
      <Accordion multiple defaultValue={['who']} variant="separated" radius="md" order={3}>
        <Part name="who"><Who journey={journey} id={id} set={set} /></Part>
        <Part name="control"><Control journey={journey} set={set} /></Part>
        <Part name="goals"><Goals journey={journey} set={set} /></Part>
        <Part name="out"><Out journey={journey} set={set} /></Part>
        <Part name="messages"><Messages journey={journey} set={set} /></Part>
        <Part name="about">
          <Stack gap="sm">
            <Textarea size="sm" label={t('campaignRules.description')} autosize minRows={2} dir="auto" value={journey.description ?? ''} onChange={(event) => set({ description: event.currentTarget.value || undefined }, 'description')} />
            <TagsInput size="sm" label={t('campaignRules.labels')} value={journey.labels ?? []} onChange={(labels) => set({ labels: labels.length > 0 ? labels : undefined })} maxTags={LABELS_MAX} splitChars={[',']} />
          </Stack>
        </Part>
      </Accordion>
    </Stack>
  );
}

function Part({ name, children }: { name: 'who' | 'control' | 'goals' | 'out' | 'messages' | 'about'; children: React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <Accordion.Item value={name}>
      <Accordion.Control><Text size="sm" fw={600} component="span">{t(`entry.part.${name}`)}</Text></Accordion.Control>
      <Accordion.Panel>{children}</Accordion.Panel>
    </Accordion.Item>
  );
}

interface PartProps {
  journey: JourneyInput;
  set: (part: { [name in keyof JourneyInput]?: JourneyInput[name] | undefined }, about?: string) => void;
}

function Who({ journey, id, set }: PartProps & { id: string }) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const { entry } = journey;
  const properties = entry.kind === 'event' ? (catalogue.data?.events.find(({ name }) => name === eventName(entry.event))?.properties ?? []).map(({ name }) => name) : [];
  return (
    <Stack gap="md">
      <TriggerFields trigger={entry} onChange={(next) => set({ entry: next, ...(next.kind !== 'event' && { key: undefined }) }, `entry ${next.kind}`)} disabled={false} request={`POST /api/journeys/${id}/enter`} />
      <Stack gap={4}>
        <Text size="sm" fw={500}>{t('entry.audience')}</Text>
        <AudienceField label={t('entry.audience')} value={journey.audience} onChange={(audience) => set({ audience }, 'audience')} everybody />
      </Stack>
      <AgainFields again={journey.again ?? { kind: 'always' }} onChange={(again) => set({ again }, 'again')} />
      {entry.kind === 'event' && (
        <Stack gap={2}>
          <Text size="sm" fw={500}>{t('entry.key')}</Text>
          <Text size="xs" c="dimmed">{t('entry.keyLead')}</Text>
          <Name label={t('entry.key')} width={260} value={journey.key ?? ''} known={properties} onChange={(key) => set({ key: key || undefined }, 'key')} />
        </Stack>
      )}
    </Stack>
  );
}

function Control({ journey, set }: PartProps) {
  const { t } = useTranslation();
  const groups = usePolicy().data?.groups ?? [];
  const share = journey.control ?? CONTROL;
  if (journey.transactional) return <Text size="sm">{t('audience.noControl')}</Text>;
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('entry.controlLead')}</Text>
      <NumberInput size="sm" w={180} label={t('audience.controlShare')} suffix=" %" min={0} max={99} decimalScale={1} value={Math.round(share * 1000) / 10} onChange={(value) => typeof value === 'number' && set({ control: Math.min(Math.max(value, 0), 99) / 100 }, 'control')} />
      {groups.length > 0 && <MultiSelect size="sm" label={t('audience.groups')} value={journey.control_groups ?? []} onChange={(chosen) => set({ control_groups: chosen.length > 0 ? chosen : undefined })} data={groups.map((group) => ({ value: group.id, label: group.name || group.id }))} />}
      {share === 0 && (journey.control_groups ?? []).length === 0 && <Notice color="yellow">{t('entry.blind')}</Notice>}
    </Stack>
  );
}

function Goals({ journey, set }: PartProps) {
  const { t } = useTranslation();
  const goals = journey.goals ?? [];
  const put = (at: number, goal: JourneyGoal, about?: string) => set({ goals: goals.map((one, i) => (i === at ? (spared(goal) as JourneyGoal) : one)) }, about);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('entry.goalsLead')}</Text>
      {goals.map((goal, at) => (
        <Paper key={goal.id} p="sm" role="group" aria-label={t('goals.goal', { number: at + 1 })}>
          <Stack gap="xs">
            <Group justify="space-between" wrap="nowrap" align="flex-end">
              <TextInput size="sm" style={{ flex: 1 }} label={at === 0 ? t('goals.first') : t('goals.goal', { number: at + 1 })} placeholder={goal.id} dir="auto" value={goal.name ?? ''} onChange={(event) => put(at, { ...goal, name: event.currentTarget.value || undefined } as JourneyGoal, `goal name ${goal.id}`)} />
              <CloseButton aria-label={t('goals.remove', { number: at + 1 })} onClick={() => set({ goals: goals.length > 1 ? goals.filter((_, i) => i !== at) : undefined })} />
            </Group>
            <HappeningField journey={journey} messages={false} value={goal.when} onChange={(when) => put(at, { ...goal, when }, `goal when ${goal.id}`)} />
            <SpanField label={t('entry.within')} placeholder="14d" value={goal.within} onChange={(within) => put(at, { ...goal, within }, `goal within ${goal.id}`)} />
            {goal.when.kind === 'event' && <Revenue goal={goal} onChange={(revenue) => put(at, { ...goal, revenue } as JourneyGoal, `goal revenue ${goal.id}`)} />}
            <Switch label={t('entry.goalExits')} checked={goal.exits ?? false} onChange={(event) => put(at, { ...goal, exits: event.currentTarget.checked || undefined } as JourneyGoal)} />
          </Stack>
        </Paper>
      ))}
      {goals.length < GOALS_MAX && <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => set({ goals: [...goals, { id: freeId('goal', goals.map((goal) => goal.id)), when: { kind: 'event', event: '' }, within: '14d' }] })}>{t('goals.add')}</Button>}
    </Stack>
  );
}

function Revenue({ goal, onChange }: { goal: JourneyGoal; onChange: (revenue: string | undefined) => void }) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const event = goal.when.kind === 'event' ? eventName(goal.when.event) : '';
  const properties = catalogue.data?.events.find(({ name }) => name === event)?.properties.map(({ name }) => name) ?? [];
  return (
    <Stack gap={2}>
      <Text size="sm" fw={500}>{t('goals.revenue')}</Text>
      <Name label={t('goals.revenue')} width={220} value={goal.revenue ?? ''} known={properties} onChange={(name) => onChange(name || undefined)} />
    </Stack>
  );
}

function Out({ journey, set }: PartProps) {
  const { t } = useTranslation();
  const exits = journey.exits ?? [];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('entry.exitsLead')}</Text>
      {exits.map((happening, at) => (
        // eslint-disable-next-line react/no-array-index-key
        <Paper key={at} p="sm" role="group" aria-label={t('entry.exit', { number: at + 1 })}>
          <Group justify="space-between" mb={4}><Text size="sm" fw={600}>{t('entry.exit', { number: at + 1 })}</Text><CloseButton size="sm" aria-label={t('entry.removeExit', { number: at + 1 })} onClick={() => set({ exits: exits.length > 1 ? exits.filter((_, i) => i !== at) : undefined })} /></Group>
          <HappeningField journey={journey} value={happening} onChange={(next) => set({ exits: exits.map((one, i) => (i === at ? next : one)) }, `exit ${at}`)} />
        </Paper>
      ))}
      {exits.length < EXITS_MAX && <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => set({ exits: [...exits, { kind: 'event', event: '' }] })}>{t('entry.addExit')}</Button>}
      <SpanField label={t('entry.timeout')} optional placeholder="90d" value={journey.timeout} onChange={(timeout) => set({ timeout: timeout || undefined }, 'timeout')} />
    </Stack>
  );
}

function Messages({ journey, set }: PartProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Switch label={t('campaignRules.transactional')} description={t('campaignRules.transactionalLead')} checked={journey.transactional ?? false} onChange={(event) => set({ transactional: event.currentTarget.checked || undefined })} />
      <NumberInput size="sm" w={160} label={t('campaignRules.priority')} min={0} max={100} allowDecimal={false} value={journey.priority ?? 50} onChange={(value) => set({ priority: typeof value === 'number' ? value : undefined }, 'priority')} />
      <NativeSelect size="sm" label={t('delivery.on_quiet')} value={journey.on_quiet ?? 'delay'} onChange={(event) => set({ on_quiet: event.currentTarget.value === 'discard' ? 'discard' : undefined })} data={(['delay', 'discard'] as const).map((value) => ({ value, label: t(`delivery.quiet.${value}`) }))} />
      <Stack gap={4}>
        <Text size="sm" fw={500}>{t('delivery.hours')}</Text>
        <HoursFields label={t('delivery.hours')} value={journey.hours ?? []} onChange={(hours) => set({ hours: hours.length > 0 ? hours : undefined })} />
      </Stack>
    </Stack>
  );
}
