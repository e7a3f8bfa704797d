// Journeys of a person, newest first: which way they went, and why.

import { Accordion, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AppLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { journeys } from './api';
import { Path } from './Path';
import type { JourneyRun } from './types';
import { useJourneyWords } from './words';

export default function PersonJourneys({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['user-journeys', id], queryFn: () => journeys.ofUser(id) });
  return (
    <Section title={t('nav.journeys')} lead={t('path.lead')}>
      <Query query={query} height={60}>
        {({ runs }) => runs.length === 0 ? <Text size="sm" c="dimmed">{t('path.none')}</Text> : (
          <Accordion variant="separated" radius="md" order={3} data-runs={runs.length}>
            {runs.map((run) => <Run key={run.run} run={run} />)}
          </Accordion>
        )}
      </Query>
    </Section>
  );
}

function Run({ run }: { run: JourneyRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const [opened, setOpened] = useState(false);
  // Names of steps are those of now; a version that is gone shows ids.
  const journey = useQuery({ queryKey: ['journey', run.journey], queryFn: () => journeys.one(run.journey), enabled: opened, retry: false, staleTime: 60_000 });
  const standing = run.held_out !== null ? t('path.control') : run.exit ? t('path.out', { reason: words.reason(run.exit.reason) }) : t('path.goesOn');
  return (
    <Accordion.Item value={run.run}>
      <Accordion.Control onClick={() => setOpened(true)}>
        <Group justify="space-between" gap="xs" component="span">
          <Text component="span" size="sm" fw={600}><bdi>{run.name}</bdi></Text>
          <Text component="span" size="xs" c="dimmed">{standing} · <When at={run.entered_at} dateOnly /></Text>
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <Text size="xs" c="dimmed"><AppLink to={`/journeys/${encodeURIComponent(run.journey)}`} size="xs">{t('path.open')}</AppLink> · {t('journey.version', { number: format.count(run.version) })}</Text>
        <Path run={run} definition={journey.data?.definition} />
      </Accordion.Panel>
    </Accordion.Item>
  );
}
