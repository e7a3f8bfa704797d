// Who waits at a step.

import { Drawer, useDirection } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { PersonIds } from '../../../components/PersonIds';
import { Query } from '../../../components/Query';
import { journeys } from '../api';
import type { Journey } from '../types';
import { useJourneyWords } from '../words';

export function WaitingDrawer({ journey, step, onClose }: { journey: Journey; step: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const words = useJourneyWords();
  const query = useQuery({ queryKey: ['journey-waiting', journey.id, step], queryFn: () => journeys.waiting(journey.id, step) });
  return (
    <Drawer opened onClose={onClose} position={dir === 'rtl' ? 'left' : 'right'} title={t('numbers.waitAt', { name: words.stepName(journey.definition, step) })} closeButtonProps={{ 'aria-label': t('common.close') }} data-waiting={step}>
      <Query query={query}>{({ users, total }) => <PersonIds ids={users} total={total} />}</Query>
    </Drawer>
  );
}
