// What each path of a split by chance, or by what was learned, brought about.

import { Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Section } from '../../../components/Page';
import type { Journey, PathsReport } from '../types';
import { usePathNames } from '../words';
import { Goal } from './GoalsSection';

export function PathsSection({ journey, paths }: { journey: Journey; paths: PathsReport[] }) {
  const { t } = useTranslation();
  const names = usePathNames(journey.definition);
  if (paths.length === 0) return null;
  return (
    <Section title={t('journeyPaths.title')} lead={t('journeyPaths.lead')}>
      <Stack gap="xl">
        {paths.map((one) => (
          <div key={one.step} data-paths={one.step}>
            <Text fw={650} mb="sm"><bdi>{names.step(one.step) ?? one.name}</bdi></Text>
            <Stack gap="xl">
              {one.goals.map((goal) => {
                const arm = (code: string) => names.path(one.step, code) ?? goal.arms.find((known) => known.arm === code)?.name ?? code;
                return <Goal key={goal.goal} goal={goal} group={t('journeyPaths.path')} arm={arm} against={t('journeyPaths.against', { name: arm(goal.arms[0]?.arm ?? '') })} />;
              })}
            </Stack>
          </div>
        ))}
      </Stack>
    </Section>
  );
}
