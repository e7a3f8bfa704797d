// A calendar and a clock in the workspace's zone.

import '@mantine/dates/styles.layer.css';
import 'dayjs/locale/ar';
import 'dayjs/locale/id';
import 'dayjs/locale/tr';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { DatePicker } from '@mantine/dates';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../api/session';
import { daysBefore, instantOf, wallTime } from '../../lib/zone';

interface Props {
  value: string;
  chosen: boolean;
  onChoose: (instant: string | null) => void;
}

const QUICK_DAYS = [1, 7, 30, 90];

export default function AsOfPicker({ value, chosen, onChoose }: Props) {
  const { t, i18n } = useTranslation();
  const { workspace, now } = useSession();
  const [wall, setWall] = useState(() => wallTime(value, workspace.zone));
  const [day, time] = [wall.slice(0, 10), wall.slice(11, 16)];
  return (
    <Stack gap="sm">
      <DatePicker
        locale={i18n.language}
        value={day}
        defaultDate={day}
        onChange={(next) => next && setWall(`${next.slice(0, 10)}T${time}`)}
        ariaLabels={{ previousMonth: t('asOf.previousMonth'), nextMonth: t('asOf.nextMonth') }}
      />
      <TextInput
        type="time"
        size="sm"
        label={t('asOf.time', { zone: workspace.zone })}
        value={time}
        onChange={(event) => event.currentTarget.value && setWall(`${day}T${event.currentTarget.value}`)}
      />
      <Group gap={6}>
        {QUICK_DAYS.map((days) => (
          <Button key={days} size="compact-xs" variant="light" onClick={() => onChoose(daysBefore(now, days))}>
            {t('asOf.daysAgo', { count: days })}
          </Button>
        ))}
      </Group>
      <Group justify="space-between">
        <Button size="sm" variant="subtle" disabled={!chosen} onClick={() => onChoose(null)}>{t('asOf.now')}</Button>
        <Button size="sm" onClick={() => onChoose(instantOf(wall, workspace.zone))}>{t('asOf.choose')}</Button>
      </Group>
      <Text size="xs" c="dimmed" maw={250}>{t('asOf.explain')}</Text>
    </Stack>
  );
}
