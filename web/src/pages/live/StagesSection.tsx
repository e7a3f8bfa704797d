// A watched lifecycle: its states, how many are in each now, and who comes and goes.

import { Group, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { LiveWatch } from '../../api/types';
import { AppLink, CountLink } from '../../components/AppLink';
import { Moving } from '../../components/live/Moving';
import { Sparkline } from '../../components/live/Sparkline';
import { useReason, WatchStatus } from '../../components/live/WatchStatus';
import { Section } from '../../components/Page';
import { Scroll } from '../../components/Scroll';
import { StateBadge } from '../../components/StateBadge';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { LIFECYCLE, useWatchNames } from '../../lib/watchNames';
import { FlowText } from './FlowText';

interface Props {
  watch: LiveWatch;
  exactAsOf: string | null;
}

export function StagesSection({ watch, exactAsOf }: Props) {
  const { t } = useTranslation();
  const links = useLinks();
  const format = useFormat();
  const names = useWatchNames([watch]);
  const reason = useReason();
  const own = watch.key === LIFECYCLE;
  const title = names.watch(watch.key);
  const named = (key: string) => watch.places.find((place) => place.key === key) ?? { key, name: key };
  return (
    <div data-watch={watch.key}>
      <Section title={title} actions={<WatchStatus now={watch.now} />}>
        {watch.now.places.length === 0 ? (
          <Group gap="md">
            <Text size="sm" c="dimmed">{reason(watch.now.reason)}</Text>
            {own && <AppLink to="/lifecycle" size="sm">{t('live.openLifecycle')}</AppLink>}
          </Group>
        ) : (
          <Scroll label={title} minWidth={560}>
            <Table verticalSpacing={6} aria-label={title}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('live.state')}</Table.Th>
                  <Table.Th scope="col" ta="end">{t('common.users')}</Table.Th>
                  <Table.Th scope="col" ta="end">{t('live.lastMinute')}</Table.Th>
                  <Table.Th scope="col" ta="end">{t('live.lastHour')}</Table.Th>
                  <Table.Th scope="col" ta="end">{t('live.lastDay')}</Table.Th>
                  <Table.Th scope="col" w={190}>{t('live.perMinute')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {watch.now.places.map((place) => (
                  <Table.Tr key={place.key}>
                    <Table.Th scope="row" fw={500}><StateBadge of={named(place.key)} /></Table.Th>
                    <Table.Td ta="end" fw={600} className="numbers">
                      {place.users === null ? '–' : (
                        <Moving value={place.users}>
                          {own ? <CountLink filter={{ state: place.key, asOf: links.chosen && (exactAsOf ?? undefined) }}>{format.count(place.users)}</CountLink> : format.count(place.users)}
                        </Moving>
                      )}
                    </Table.Td>
                    <Table.Td ta="end"><FlowText flow={place.last_minute} /></Table.Td>
                    <Table.Td ta="end"><FlowText flow={place.last_hour} /></Table.Td>
                    <Table.Td ta="end"><FlowText flow={place.last_day} /></Table.Td>
                    <Table.Td><Sparkline minutes={place.minutes} width={180} /></Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Scroll>
        )}
      </Section>
    </div>
  );
}
