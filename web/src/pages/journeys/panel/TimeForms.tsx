// Waiting: for a time, and until something happens.

import { Button, CloseButton, Group, NativeSelect, Paper, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { AttributeField } from '../../../components/AttributeField';
import { Weekdays } from '../../../components/outreach/HoursFields';
import { freePath } from '../model/begin';
import { spared } from '../model/graph';
import type { ActionOf, WaitPath } from '../types';
import { OwnWay, SpanField, type StepProps } from './fields';
import { HappeningField } from './HappeningField';

const MODES = ['for', 'until', 'both', 'date', 'attribute'] as const;
type Mode = (typeof MODES)[number];
const WAYS_MAX = 10;

function modeOf(action: ActionOf<'wait'>): Mode {
  if (action.attribute !== undefined) return 'attribute';
  if (action.date !== undefined) return 'date';
  if (action.until === undefined) return 'for';
  return action.for === undefined ? 'until' : 'both';
}

function begin(mode: Mode, old: ActionOf<'wait'>): ActionOf<'wait'> {
  switch (mode) {
    case 'for': return { kind: 'wait', for: old.for ?? '1d' };
    case 'until': return { kind: 'wait', until: old.until ?? '09:00' };
    case 'both': return { kind: 'wait', for: old.for ?? '1d', until: old.until ?? '09:00' };
    case 'date': return { kind: 'wait', date: old.date ?? '' };
    default: return { kind: 'wait', attribute: old.attribute ?? '' };
  }
}

export function WaitForm({ journey, step, action, onAction }: StepProps<ActionOf<'wait'>>) {
  const { t } = useTranslation();
  const mode = modeOf(action);
  const set = (part: Partial<ActionOf<'wait'>> | { missing: string | undefined; offset?: string | undefined }, about?: string) => onAction(spared({ ...action, ...part }) as ActionOf<'wait'>, about);
  return (
    <Stack gap="sm">
      <NativeSelect size="sm" label={t('wait.mode')} value={mode} onChange={(event) => onAction(begin(event.currentTarget.value as Mode, action))} data={MODES.map((one) => ({ value: one, label: t(`wait.modes.${one}`) }))} />
      {(mode === 'for' || mode === 'both') && <SpanField label={t('wait.for')} value={action.for} onChange={(span) => set({ for: span }, 'for')} />}
      {(mode === 'until' || mode === 'both') && (
        <>
          <TextInput size="sm" type="time" maw={160} label={t('wait.until')} description={t('wait.local')} value={action.until ?? ''} onChange={(event) => set({ until: event.currentTarget.value }, 'until')} />
          <Stack gap={4}>
            <Text size="sm" fw={500}>{t('wait.weekdays')}</Text>
            <Weekdays label={t('wait.weekdays')} value={action.weekdays ?? []} onChange={(weekdays) => onAction(spared({ ...action, weekdays: weekdays.length > 0 ? weekdays : undefined }) as ActionOf<'wait'>)} />
          </Stack>
        </>
      )}
      {mode === 'date' && <TextInput size="sm" type="datetime-local" maw={260} label={t('wait.date')} description={t('wait.dateLead')} value={action.date ?? ''} onChange={(event) => set({ date: event.currentTarget.value }, 'date')} />}
      {mode === 'attribute' && (
        <>
          <AttributeField label={t('wait.attribute')} description={t('wait.attributeLead')} value={action.attribute ?? ''} onChange={(attribute) => set({ attribute }, 'attribute')} />
          <SpanField label={t('wait.offset')} optional signed placeholder="-2d" description={t('wait.offsetLead')} value={action.offset} onChange={(offset) => set({ missing: action.missing, offset: offset || undefined }, 'offset')} />
          <OwnWay label={t('way.missing')} description={t('wait.missingLead')} journey={journey} from={step.id} value={action.missing} first={step.next} onChange={(missing) => set({ missing })} />
        </>
      )}
    </Stack>
  );
}

const SINCE = ['now', 'entry', 'before'] as const;

export function WaitForForm({ journey, action, onAction }: StepProps<ActionOf<'wait_for'>>) {
  const { t } = useTranslation();
  const put = (at: number, path: WaitPath, about?: string) => onAction({ ...action, any: action.any.map((one, i) => (i === at ? path : one)) }, about);
  const since = action.since === undefined ? 'now' : action.since === 'entry' ? 'entry' : 'before';
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('waitFor.lead')}</Text>
      {action.any.map((path, at) => (
        // Paths keep their place while their id is the same.
        <Paper key={path.id} p="sm" role="group" aria-label={t('panel.path', { name: path.name || path.id })}>
          <Stack gap="xs">
            <Group justify="space-between" wrap="nowrap" align="flex-end">
              <TextInput size="sm" style={{ flex: 1 }} label={t('panel.pathName')} placeholder={path.id} dir="auto" value={path.name ?? ''} onChange={(event) => put(at, spared({ ...path, name: event.currentTarget.value || undefined }), `path ${path.id}`)} />
              {action.any.length > 1 && <CloseButton aria-label={t('panel.removePath', { name: path.name || path.id })} onClick={() => onAction({ ...action, any: action.any.filter((_, i) => i !== at) })} />}
            </Group>
            <HappeningField journey={journey} value={path.when} onChange={(when) => put(at, { ...path, when }, `when ${path.id}`)} />
          </Stack>
        </Paper>
      ))}
      {action.any.length < WAYS_MAX && (
        <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => onAction({ ...action, any: [...action.any, spared({ id: freePath(action.any.map(({ id }) => id)), when: { kind: 'event', event: '' }, next: action.any[0]?.next })] })}>
          {t('waitFor.add')}
        </Button>
      )}
      <SpanField label={t('waitFor.within')} value={action.within} onChange={(within) => onAction({ ...action, within }, 'within')} />
      <Text size="xs" c="dimmed">{t('waitFor.late')}</Text>
      <NativeSelect
        size="sm"
        label={t('waitFor.since')}
        value={since}
        onChange={(event) => onAction(spared({ ...action, since: { now: undefined, entry: 'entry', before: '10m' }[event.currentTarget.value as (typeof SINCE)[number]] }) as ActionOf<'wait_for'>)}
        data={SINCE.map((one) => ({ value: one, label: t(`waitFor.sinces.${one}`) }))}
      />
      {since === 'before' && <SpanField label={t('waitFor.before')} placeholder="10m" value={action.since} onChange={(span) => onAction({ ...action, since: span }, 'since')} />}
    </Stack>
  );
}
