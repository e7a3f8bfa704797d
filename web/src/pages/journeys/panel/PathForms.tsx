// Paths: by a condition, by chance, and by what is learned.

import { ActionIcon, Button, CloseButton, Group, NativeSelect, NumberInput, Paper, SegmentedControl, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconCopy, IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalogue } from '../../../api/queries';
import { Name } from '../../../components/Pick';
import { useFormat } from '../../../lib/format';
import { eventName } from '../../campaigns/draft';
import { EventField } from '../../campaigns/EventField';
import { freePath } from '../model/begin';
import { spared } from '../model/graph';
import { answersBefore } from '../model/answers';
import type { ActionOf, JourneyInput, LearningGoal, RandomPath, SplitPath } from '../types';
import { AnswerField } from './AnswerField';
import { AudienceField } from './AudienceField';
import { ContextField } from './ContextField';
import { SpanField, type StepProps } from './fields';

const PATHS_MAX = 20;
const GOALS_MAX = 10;
const FLOOR = 0.05;

interface PathProps {
  id: string;
  name: string | undefined;
  onName: (name: string | undefined) => void;
  onRemove: (() => void) | null;
  onCopy: () => void;
  children?: ReactNode;
}

/** One path: its name, and what can be done with it. */
function PathCard({ id, name, onName, onRemove, onCopy, children }: PathProps) {
  const { t } = useTranslation();
  return (
    <Paper p="sm" role="group" aria-label={t('panel.path', { name: name || id })}>
      <Stack gap="xs">
        <Group wrap="nowrap" align="flex-end" gap={6}>
          <TextInput size="sm" style={{ flex: 1 }} label={t('panel.pathName')} placeholder={id} dir="auto" value={name ?? ''} onChange={(event) => onName(event.currentTarget.value || undefined)} />
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('panel.copyPath', { name: name || id })} title={t('panel.copyPath', { name: name || id })} onClick={onCopy}><IconCopy size={17} stroke={1.7} /></ActionIcon>
          {onRemove && <CloseButton size="lg" aria-label={t('panel.removePath', { name: name || id })} onClick={onRemove} />}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}

export function SplitForm({ journey, step, action, onAction, onCopyPath }: StepProps<ActionOf<'split'>>) {
  const { t } = useTranslation();
  const put = (at: number, path: SplitPath, about?: string) => onAction({ ...action, paths: action.paths.map((one, i) => (i === at ? spared(path) : one)) }, about);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('split.lead')}</Text>
      {action.paths.map((path, at) => (
        <PathCard key={path.id} id={path.id} name={path.name} onName={(name) => put(at, { ...path, name } as SplitPath, `path ${path.id}`)} onRemove={action.paths.length > 1 ? () => onAction({ ...action, paths: action.paths.filter((_, i) => i !== at) }) : null} onCopy={() => onCopyPath(path.id)}>
          <SplitCondition journey={journey} step={step.id} path={path} onChange={(next) => put(at, next, `when ${path.id}`)} />
        </PathCard>
      ))}
      {action.paths.length < PATHS_MAX && <AddPath onClick={() => onAction({ ...action, paths: [...action.paths, spared({ id: freePath(action.paths.map(({ id }) => id)), next: action.otherwise })] })} />}
    </Stack>
  );
}

function AddPath({ onClick }: { onClick: () => void }) {
  const { t } = useTranslation();
  return <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={onClick}>{t('panel.addPath')}</Button>;
}

const BYS = ['segment', 'event', 'answer'] as const;

function byOf(path: SplitPath): (typeof BYS)[number] {
  if (path.segment !== undefined) return 'segment';
  if (path.event !== undefined) return 'event';
  return path.answer === undefined ? 'segment' : 'answer';
}

function SplitCondition({ journey, step, path, onChange }: { journey: JourneyInput; step: string; path: SplitPath; onChange: (path: SplitPath) => void }) {
  const { t } = useTranslation();
  const [by, setBy] = useState(() => byOf(path));
  const asked = answersBefore(journey, step);
  // What asks no server before it can ask for no answer, unless it does already.
  const bys = BYS.filter((one) => one !== 'answer' || asked.length > 0 || path.answer !== undefined);
  const choose = (next: string) => {
    setBy(next as (typeof BYS)[number]);
    const { segment: _segment, event: _event, answer: _answer, ...rest } = path;
    onChange(next === 'answer' ? { ...rest, answer: { step: asked[0] ?? '' } } : rest);
  };
  return (
    <Stack gap="xs">
      <SegmentedControl size="xs" aria-label={t('split.by')} value={by} onChange={choose} data={bys.map((one) => ({ value: one, label: t(`split.bys.${one}`) }))} />
      {by === 'answer' && <AnswerField journey={journey} asked={asked} value={path.answer ?? { step: '' }} onChange={(answer) => onChange({ ...path, answer })} />}
      {by === 'segment' && <AudienceField label={t('audience.segment')} value={path.segment} onChange={(segment) => onChange({ ...path, segment })} everybody={false} />}
      {by === 'event' && (
        <>
          <Text size="xs" c="dimmed">{t('split.eventLead')}</Text>
          <EventField label={t('rows.event')} value={path.event} onChange={(event) => onChange({ ...path, event })} />
        </>
      )}
    </Stack>
  );
}

interface SharesProps {
  paths: RandomPath[];
  onChange: (paths: RandomPath[], about?: string) => void;
  onCopyPath: (path: string) => void;
  /** Shares decide. */
  shares: boolean;
}

function Shares({ paths, onChange, onCopyPath, shares }: SharesProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const all = paths.reduce((sum, { share }) => sum + (share ?? 1), 0);
  const put = (at: number, path: RandomPath, about?: string) => onChange(paths.map((one, i) => (i === at ? spared(path) : one)), about);
  return (
    <>
      {paths.map((path, at) => (
        <PathCard key={path.id} id={path.id} name={path.name} onName={(name) => put(at, { ...path, name } as RandomPath, `path ${path.id}`)} onRemove={paths.length > 2 ? () => onChange(paths.filter((_, i) => i !== at)) : null} onCopy={() => onCopyPath(path.id)}>
          {shares && (
            <Group gap="xs" align="flex-end">
              <NumberInput size="sm" w={120} label={t('content.share')} min={0} max={1000} value={path.share ?? 1} onChange={(share) => put(at, { ...path, share: typeof share === 'number' ? share : 0 }, `share ${path.id}`)} />
              {all > 0 && <Text size="sm" c="dimmed" pb={8} className="numbers">{format.percent((path.share ?? 1) / all, 1)}</Text>}
            </Group>
          )}
        </PathCard>
      ))}
      {paths.length < PATHS_MAX && <AddPath onClick={() => onChange([...paths, spared({ id: freePath(paths.map(({ id }) => id)), share: 1, next: paths[0]?.next })])} />}
    </>
  );
}

export function RandomForm({ action, onAction, onCopyPath }: StepProps<ActionOf<'random'>>) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('random.lead')}</Text>
      <Shares paths={action.paths} shares onChange={(paths, about) => onAction({ ...action, paths }, about)} onCopyPath={onCopyPath} />
      <Switch label={t('random.anew')} description={t('random.anewLead')} checked={action.anew ?? false} onChange={(event) => onAction(spared({ ...action, anew: event.currentTarget.checked || undefined }) as ActionOf<'random'>)} />
    </Stack>
  );
}

export function LearnForm({ action, onAction, onCopyPath }: StepProps<ActionOf<'learn'>>) {
  const { t } = useTranslation();
  const set = (part: { [name in keyof ActionOf<'learn'>]?: ActionOf<'learn'>[name] | undefined }, about?: string) => onAction(spared({ ...action, ...part }) as ActionOf<'learn'>, about);
  const mode = action.mode ?? 'automatic';
  const putGoal = (at: number, goal: LearningGoal, about?: string) => set({ goals: action.goals.map((one, i) => (i === at ? spared(goal) : one)) }, about);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('learn.lead')}</Text>
      <NativeSelect size="sm" label={t('learn.mode')} value={mode} onChange={(event) => set({ mode: event.currentTarget.value === 'manual' ? 'manual' : undefined })} data={(['automatic', 'manual'] as const).map((one) => ({ value: one, label: t(`learn.modes.${one}`) }))} />
      <Shares paths={action.paths} shares={mode === 'manual'} onChange={(paths, about) => set({ paths }, about)} onCopyPath={onCopyPath} />
      <Text size="sm" fw={600}>{t('learn.goals')}</Text>
      {action.goals.map((goal, at) => (
        // eslint-disable-next-line react/no-array-index-key
        <LearnGoal key={at} number={at + 1} goal={goal} onChange={(next) => putGoal(at, next, `goal ${at}`)} onRemove={action.goals.length > 1 ? () => set({ goals: action.goals.filter((_, i) => i !== at) }) : null} />
      ))}
      {action.goals.length < GOALS_MAX && <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => set({ goals: [...action.goals, { event: '', within: '7d' }] })}>{t('goals.add')}</Button>}
      {mode === 'automatic' && (
        <NumberInput size="sm" maw={260} label={t('learn.floor')} description={t('learn.floorLead')} suffix=" %" min={1} max={Math.floor(100 / Math.max(action.paths.length, 2))} decimalScale={1} placeholder={`${FLOOR * 100} %`} value={action.floor === undefined ? '' : Math.round(action.floor * 1000) / 10} onChange={(value) => set({ floor: typeof value === 'number' ? value / 100 : undefined }, 'floor')} />
      )}
      <ContextField action={action} onAction={onAction} />
      <NativeSelect size="sm" maw={320} label={t('learn.winner')} description={t('learn.winnerLead')} value={action.winner ?? ''} onChange={(event) => set({ winner: event.currentTarget.value || undefined })} data={[{ value: '', label: t('learn.noWinner') }, ...action.paths.map(({ id, name }) => ({ value: id, label: name || id }))]} />
    </Stack>
  );
}

function LearnGoal({ number, goal, onChange, onRemove }: { number: number; goal: LearningGoal; onChange: (goal: LearningGoal) => void; onRemove: (() => void) | null }) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const properties = catalogue.data?.events.find(({ name }) => name === eventName(goal.event))?.properties.map(({ name }) => name) ?? [];
  return (
    <Paper p="sm" role="group" aria-label={t('goals.goal', { number })}>
      <Stack gap="xs">
        <Group justify="space-between"><Text size="sm" fw={600}>{t('goals.goal', { number })}</Text>{onRemove && <CloseButton size="sm" aria-label={t('goals.remove', { number })} onClick={onRemove} />}</Group>
        <EventField label={t('rows.event')} value={goal.event} onChange={(event) => onChange({ ...goal, event })} />
        <Group gap="sm" align="flex-start">
          <SpanField label={t('goals.within')} placeholder="7d" value={goal.within} onChange={(within) => onChange({ ...goal, within })} />
          <NumberInput size="sm" w={110} label={t('learn.value')} value={goal.value ?? 1} onChange={(value) => onChange({ ...goal, ...(typeof value === 'number' && { value }) })} />
          <Stack gap={2}>
            <Text size="sm" fw={500}>{t('goals.revenue')}</Text>
            <Name label={t('goals.revenue')} value={goal.revenue ?? ''} known={properties} onChange={(revenue) => onChange({ ...goal, revenue: revenue || undefined } as LearningGoal)} />
          </Stack>
        </Group>
      </Stack>
    </Paper>
  );
}
