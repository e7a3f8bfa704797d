// One watched segment: how many are in it now, and who comes and goes.

import { Box, Group, Paper, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { LiveWatch } from '../../api/types';
import { AppLink, CountLink } from '../../components/AppLink';
import { Moving } from '../../components/live/Moving';
import { Sparkline } from '../../components/live/Sparkline';
import { WatchStatus } from '../../components/live/WatchStatus';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { FlowText } from './FlowText';

interface Props {
  watch: LiveWatch;
  exactAsOf: string | null;
}

export function SegmentCard({ watch, exactAsOf }: Props) {
  const { t } = useTranslation();
  const links = useLinks();
  const format = useFormat();
  const place = watch.now.places[0];
  const users = place?.users ?? null;
  return (
    <Paper component="li" p="md" data-watch={watch.key} style={{ listStyle: 'none', minWidth: 0 }}>
      <Group justify="space-between" align="flex-start" wrap="nowrap" gap="xs">
        <AppLink to={`/segments/${encodeURIComponent(watch.id)}`} fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>{watch.name}</AppLink>
        <WatchStatus now={watch.now} />
      </Group>
      <Group justify="space-between" align="flex-end" mt={6} wrap="nowrap">
        <Text fz={26} fw={650} lh={1.2} className="numbers">
          {users === null ? '–' : (
            <Moving value={users}>
              <CountLink filter={{ segment: watch.id, asOf: links.chosen && (exactAsOf ?? undefined) }} label={`${watch.name}: ${format.count(users)}`}>{format.count(users)}</CountLink>
            </Moving>
          )}
        </Text>
        {place && (
          <Box ta="end">
            <Text size="xs" c="dimmed">{t('live.lastMinute')}</Text>
            <FlowText flow={place.last_minute} />
          </Box>
        )}
      </Group>
      {place && (
        <>
          <Box mt={6}><Sparkline minutes={place.minutes} /></Box>
          <Group justify="space-between" gap="4px 12px" mt={4}>
            <Text size="xs" c="dimmed" component="span">{t('live.lastHour')} <FlowText flow={place.last_hour} size="xs" /></Text>
            <Text size="xs" c="dimmed" component="span">{t('live.lastDay')} <FlowText flow={place.last_day} size="xs" /></Text>
          </Group>
        </>
      )}
    </Paper>
  );
}
