// All watched segments: those that move first, those that are computed when asked in a list below.

import { Button, Group, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { LiveWatch } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { EmptyState } from '../../components/EmptyState';
import { useReason } from '../../components/live/WatchStatus';
import { Section } from '../../components/Page';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { SegmentCard } from './SegmentCard';

/** Cards that are shown before somebody asks for more. */
const CARDS = 24;

function NotLive({ watches }: { watches: LiveWatch[] }) {
  const { t } = useTranslation();
  const reason = useReason();
  return (
    <div>
      <Text size="sm" fw={600}>{t('live.whenAsked')}</Text>
      <Stack component="ul" gap={4} m={0} p={0} mt={4}>
        {watches.map((watch) => (
          <li key={watch.key} data-watch={watch.key} style={{ listStyle: 'none' }}>
            <Group gap={8} component="span">
              <AppLink to={`/segments/${encodeURIComponent(watch.id)}`} size="sm">{watch.name}</AppLink>
              <Text span size="xs" c="dimmed">{reason(watch.now.reason)}</Text>
            </Group>
          </li>
        ))}
      </Stack>
    </div>
  );
}

interface Props {
  segments: LiveWatch[];
  exactAsOf: string | null;
}

export function SegmentCards({ segments, exactAsOf }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [wanted, setWanted] = useParam('query', null, '');
  const [all, { open }] = useDisclosure(false);
  const found = segments.filter(({ name, id }) => `${name} ${id}`.toLowerCase().includes(wanted.toLowerCase()));
  const moving = found.filter(({ now }) => now.status !== 'not_live');
  const still = found.filter(({ now }) => now.status === 'not_live');
  const shown = all ? moving : moving.slice(0, CARDS);
  return (
    <Section
      title={t('segments.title')}
      actions={segments.length > 0 && (
        <TextInput
          data-search
          type="search"
          size="xs"
          aria-label={t('segments.search')}
          placeholder={t('segments.search')}
          leftSection={<IconSearch size={14} />}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      )}
    >
      {segments.length === 0 ? (
        <EmptyState title={t('segments.empty')}><AppLink to="/segments/new">{t('segments.new')}</AppLink></EmptyState>
      ) : (
        <Stack gap="md">
          {shown.length > 0 && <SimpleGrid component="ul" cols={{ base: 1, xs: 2, lg: 3 }} spacing="md" m={0} p={0}>{shown.map((watch) => <SegmentCard key={watch.key} watch={watch} exactAsOf={exactAsOf} />)}</SimpleGrid>}
          {shown.length < moving.length && (
            <Group justify="center"><Button variant="default" onClick={open}>{t('common.more', { shown: format.count(moving.length - shown.length) })}</Button></Group>
          )}
          {still.length > 0 && <NotLive watches={still} />}
        </Stack>
      )}
    </Section>
  );
}
