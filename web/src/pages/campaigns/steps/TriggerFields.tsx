// When a campaign sends: on a schedule, because of what a user does, or when a request asks.

import { Button, CloseButton, Group, NativeSelect, NumberInput, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Recurrence, Trigger } from '../../../api/outreach';
import { useLifecycle, useSegments } from '../../../api/queries';
import { useSession } from '../../../api/session';
import { AppLink } from '../../../components/AppLink';
import { Weekdays } from '../../../components/outreach/HoursFields';
import { useNames } from '../../../lib/names';
import { useOutreachNames } from '../../../lib/outreach';
import { wallTime } from '../../../lib/zone';
import { EventField } from '../EventField';

export const TRIGGERS = ['once', 'dates', 'recurring', 'event', 'enters', 'leaves', 'state', 'api'] as const;
type Kind = (typeof TRIGGERS)[number];

const HOUR_MS = 3_600_000;
const EVERY = ['hour', 'day', 'week', 'month'] as const;
const DAY_RULES = ['any', 'never', 'only'] as const;

interface Props {
  trigger: Trigger;
  onChange: (trigger: Trigger) => void;
  disabled: boolean;
  /** The request of `api`. */
  request?: string;
}

export function TriggerFields({ trigger, onChange, disabled, request = 'POST /api/campaigns/…/send' }: Props) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const { workspace, now } = useSession();
  /** The next full hour but one, as a clock in the workspace's zone shows it. */
  const soon = () => `${wallTime(Date.parse(now) + 2 * HOUR_MS, workspace.zone).slice(0, 13)}:00`;
  const begin = (kind: Kind): Trigger => {
    switch (kind) {
      case 'once': return { kind };
      case 'dates': return { kind, at: [soon()] };
      case 'recurring': return { kind, every: 'day', at: ['09:00'] };
      case 'event': return { kind, event: '' };
      case 'enters':
      case 'leaves': return { kind, segment: '' };
      case 'state': return { kind, to: [] };
      default: return { kind: 'api' };
    }
  };
  return (
    <fieldset disabled={disabled} style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
      <Stack gap="md">
      <NativeSelect
        maw={420}
        label={t('when.trigger')}
        disabled={disabled}
        value={trigger.kind}
        onChange={(event) => onChange(begin(event.currentTarget.value as Kind))}
        data={[
          { group: t('when.schedule'), items: (['once', 'dates', 'recurring'] as const).map((kind) => ({ value: kind, label: names.trigger(kind) })) },
          { group: t('when.behaviour'), items: (['event', 'enters', 'leaves', 'state'] as const).map((kind) => ({ value: kind, label: names.trigger(kind) })) },
          { group: t('when.request'), items: [{ value: 'api', label: names.trigger('api') }] },
        ]}
      />
      {trigger.kind === 'once' && <Once at={trigger.at} onChange={(at) => onChange(at === undefined ? { kind: 'once' } : { kind: 'once', at })} soon={soon} />}
      {trigger.kind === 'dates' && <Dates at={trigger.at} onChange={(at) => onChange({ kind: 'dates', at })} soon={soon} />}
      {trigger.kind === 'recurring' && <Recurring value={trigger} onChange={(value) => onChange({ ...value, kind: 'recurring' })} />}
      {trigger.kind === 'event' && <EventField label={t('rows.event')} value={trigger.event} onChange={(event) => onChange({ kind: 'event', event })} />}
      {(trigger.kind === 'enters' || trigger.kind === 'leaves') && <SegmentField value={trigger.segment} onChange={(segment) => onChange({ kind: trigger.kind, segment })} />}
      {trigger.kind === 'state' && <StateFields value={trigger} onChange={onChange} />}
      {trigger.kind === 'api' && <Text size="sm" c="dimmed">{t('when.apiHint')} <span className="keep-ltr">{request}</span></Text>}
      </Stack>
    </fieldset>
  );
}

function Once({ at, onChange, soon }: { at: string | undefined; onChange: (at: string | undefined) => void; soon: () => string }) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  return (
    <Group gap="md" align="flex-end">
      <NativeSelect
        w={200}
        label={t('when.start')}
        value={at === undefined ? 'now' : 'later'}
        onChange={(event) => onChange(event.currentTarget.value === 'now' ? undefined : soon())}
        data={[{ value: 'now', label: t('when.atStart') }, { value: 'later', label: t('when.later') }]}
      />
      {at !== undefined && <TextInput type="datetime-local" label={t('when.at', { zone: workspace.zone })} value={at} onChange={(event) => onChange(event.currentTarget.value)} />}
    </Group>
  );
}

function Dates({ at, onChange, soon }: { at: string[]; onChange: (at: string[]) => void; soon: () => string }) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  return (
    <Stack gap="xs" role="group" aria-label={t('when.at', { zone: workspace.zone })}>
      <Text size="sm" fw={500}>{t('when.at', { zone: workspace.zone })}</Text>
      {at.map((one, i) => (
        // eslint-disable-next-line react/no-array-index-key
        <Group key={i} gap="xs">
          <TextInput size="xs" type="datetime-local" aria-label={t('when.at', { zone: workspace.zone })} value={one} onChange={(event) => onChange(at.map((old, j) => (j === i ? event.currentTarget.value : old)))} />
          {at.length > 1 && <CloseButton size="sm" aria-label={t('when.removeTime')} onClick={() => onChange(at.filter((_, j) => j !== i))} />}
        </Group>
      ))}
      <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => onChange([...at, at.at(-1) ?? soon()])}>{t('when.addTime')}</Button>
    </Stack>
  );
}

function Recurring({ value, onChange }: { value: Recurrence; onChange: (value: Recurrence) => void }) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const set = (part: { [name in keyof Recurrence]?: Recurrence[name] | undefined }) => {
    const next = { ...value, ...part };
    onChange(Object.fromEntries(Object.entries(next).filter(([, one]) => one !== undefined)) as unknown as Recurrence);
  };
  const rule = (name: 'weekends' | 'holidays') => (
    <NativeSelect size="xs" w={170} label={t(`when.${name}`)} value={value[name] ?? 'any'} onChange={(event) => set({ [name]: event.currentTarget.value === 'any' ? undefined : event.currentTarget.value })} data={DAY_RULES.map((one) => ({ value: one, label: t(`when.rule.${one}`) }))} />
  );
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        <NumberInput size="xs" w={100} label={t('when.interval')} min={1} max={1000} allowDecimal={false} value={value.interval ?? 1} onChange={(interval) => set({ interval: typeof interval === 'number' && interval > 1 ? interval : undefined })} />
        <NativeSelect size="xs" w={140} label={t('when.every')} value={value.every} onChange={(event) => set({ every: event.currentTarget.value, at: [event.currentTarget.value === 'hour' ? '00:00' : '09:00'], weekdays: undefined, days_of_month: undefined })} data={EVERY.map((one) => ({ value: one, label: t(`when.unit.${one}`) }))} />
        <TagsInput size="xs" style={{ flex: '1 1 180px' }} label={value.every === 'hour' ? t('when.minutes') : t('when.times', { zone: workspace.zone })} placeholder="09:00" value={value.at} onChange={(at) => set({ at })} splitChars={[',', ' ']} />
      </Group>
      {value.every === 'week' && <Weekdays label={t('when.weekdays')} value={value.weekdays ?? []} onChange={(weekdays) => set({ weekdays })} />}
      {value.every === 'month' && (
        <TagsInput size="xs" maw={320} label={t('when.monthDays')} description={t('when.lastDay')} value={(value.days_of_month ?? []).map(String)} onChange={(days) => set({ days_of_month: days.map(Number).filter((day) => Number.isInteger(day) && day !== 0 && day >= -31 && day <= 31) })} splitChars={[',', ' ']} />
      )}
      <Group gap="sm" align="flex-end">
        <TextInput size="xs" type="date" label={t('when.first')} value={value.start ?? ''} onChange={(event) => set({ start: event.currentTarget.value || undefined })} />
        <TextInput size="xs" type="date" label={t('when.last')} value={value.end ?? ''} onChange={(event) => set({ end: event.currentTarget.value || undefined })} />
        <NumberInput size="xs" w={120} label={t('when.count')} min={1} allowDecimal={false} value={value.count ?? ''} onChange={(count) => set({ count: typeof count === 'number' ? count : undefined })} />
      </Group>
      <Group gap="sm" align="flex-end">
        {rule('weekends')}
        {rule('holidays')}
        <TextInput size="xs" w={110} label={t('when.country')} placeholder="TR" maxLength={2} value={value.country ?? ''} onChange={(event) => set({ country: event.currentTarget.value.toUpperCase() || undefined })} />
      </Group>
    </Stack>
  );
}

export function SegmentField({ value, onChange }: { value: string; onChange: (segment: string) => void }) {
  const { t } = useTranslation();
  const segments = useSegments();
  return (
    <Stack gap={4}>
      <NativeSelect
        maw={420}
        label={t('audience.segment')}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        data={[{ value: '', label: t('audience.choose') }, ...(segments.data?.segments ?? []).map(({ id, name }) => ({ value: id, label: name }))]}
      />
      <AppLink to="/segments/new" size="xs">{t('segments.new')}</AppLink>
    </Stack>
  );
}

export function StateFields({ value, onChange }: { value: Trigger & { kind: 'state' }; onChange: (trigger: Trigger) => void }) {
  const { t } = useTranslation();
  const names = useNames();
  const lifecycle = useLifecycle();
  const states = (lifecycle.data?.states ?? []).filter(({ key }) => key !== 'none');
  const some = (label: string, chosen: string[], change: (keys: string[]) => void) => (
    <Stack gap={4} role="group" aria-label={label}>
      <Text size="sm" fw={500}>{label}</Text>
      <Group gap="xs">
        {states.map((state) => {
          const on = chosen.includes(state.key);
          return (
            <Button key={state.key} size="compact-sm" variant={on ? 'filled' : 'default'} aria-pressed={on} onClick={() => change(on ? chosen.filter((key) => key !== state.key) : [...chosen, state.key])}>
              {names.state(state)}
            </Button>
          );
        })}
      </Group>
    </Stack>
  );
  return (
    <Stack gap="sm">
      {some(t('when.into'), value.to, (to) => onChange({ ...value, to }))}
      {some(t('when.outOf'), value.from ?? [], (from) => onChange({ ...value, from }))}
    </Stack>
  );
}
