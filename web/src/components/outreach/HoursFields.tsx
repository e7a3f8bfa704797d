// Local hours, as in 22:00 to 08:00, on all days or on some.

import { Button, Chip, CloseButton, Group, Stack, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { LocalHours } from '../../api/outreach';

export const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** A Monday, for the names of days. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

export function useWeekdays(): { value: string; label: string }[] {
  const { i18n } = useTranslation();
  const name = new Intl.DateTimeFormat(i18n.language, { weekday: 'short', timeZone: 'UTC' });
  return WEEKDAYS.map((value, at) => ({ value, label: name.format(MONDAY + at * DAY_MS) }));
}

interface DaysProps {
  label: string;
  value: string[];
  onChange: (days: string[]) => void;
}

/** Some days of the week; none means all. */
export function Weekdays({ label, value, onChange }: DaysProps) {
  const days = useWeekdays();
  return (
    <Chip.Group multiple value={value} onChange={onChange}>
      <Group gap={4} role="group" aria-label={label}>
        {days.map((day) => <Chip key={day.value} size="xs" variant="light" value={day.value}>{day.label}</Chip>)}
      </Group>
    </Chip.Group>
  );
}

interface Props {
  label: string;
  value: LocalHours[];
  onChange: (hours: LocalHours[]) => void;
}

export function HoursFields({ label, value, onChange }: Props) {
  const { t } = useTranslation();
  const put = (at: number, part: Partial<LocalHours>) => onChange(value.map((hours, i) => (i === at ? { ...hours, ...part } : hours)));
  return (
    <Stack gap="xs" role="group" aria-label={label}>
      {value.map((hours, at) => (
        // Hours have no identity but their place.
        // eslint-disable-next-line react/no-array-index-key
        <Group key={at} gap="xs" align="center">
          <TextInput size="xs" type="time" w={110} aria-label={t('hours.from')} value={hours.from} onChange={(event) => put(at, { from: event.currentTarget.value })} />
          <span aria-hidden>–</span>
          <TextInput size="xs" type="time" w={110} aria-label={t('hours.to')} value={hours.to} onChange={(event) => put(at, { to: event.currentTarget.value })} />
          <Weekdays label={t('hours.days')} value={hours.weekdays ?? []} onChange={(weekdays) => put(at, { weekdays })} />
          <CloseButton aria-label={t('hours.remove')} onClick={() => onChange(value.filter((_, i) => i !== at))} />
        </Group>
      ))}
      <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => onChange([...value, { from: '22:00', to: '08:00', weekdays: [] }])}>
        {t('hours.add')}
      </Button>
    </Stack>
  );
}
