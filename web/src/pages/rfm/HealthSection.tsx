// One number for the whole customer base, and what the scores are made of.

import { Group, Progress, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Rfm } from '../../api/types';
import { CountLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { inGroup } from '../../lib/definitions';
import { useFormat } from '../../lib/format';

/** Least and greatest value of 4R + 2F + M for scores from 1 to 5. */
const LEAST = 7;
const GREATEST = 35;

type Measure = Record<string, unknown> | null;

export function HealthSection({ rfm }: { rfm: Rfm }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { settings } = rfm;
  const groups = settings.groups.map((group) => group.key);
  const property = (measure: Measure, kind: string) => (measure && typeof measure[kind] === 'string' ? String(measure[kind]) : undefined);
  const distinct = property(settings.frequency as Measure, 'distinct');
  const sum = property(settings.monetary as Measure, 'sum');
  const average = property(settings.monetary as Measure, 'avg');
  const facts: [string, React.ReactNode][] = [
    [t('rfm.scored'), <CountLink key="scored" filter={{ definition: { type: 'rfm', is: groups } }}>{format.count(rfm.scored)}</CountLink>],
    [t('rfm.inactive'), <CountLink key="inactive" filter={{ definition: inGroup('inactive', groups) }}>{format.count(rfm.inactive)}</CountLink>],
    [t('rfm.event'), settings.event],
    [t('rfm.window'), settings.window ?? t('rfm.allTime')],
    [t('rfm.frequency'), distinct ? t('rfm.distinct', { property: distinct }) : t('rfm.count')],
    [t('rfm.monetary'), sum ? t('rfm.sum', { property: sum }) : average ? t('rfm.average', { property: average }) : '–'],
  ];
  return (
    <Section title={t('rfm.health')} lead={t('rfm.healthLead')}>
      <Stack gap="sm">
        <Group align="baseline" gap={6}>
          <Text fz={40} fw={680} lh={1} className="numbers" style={{ letterSpacing: '-0.03em' }}>{format.count(Math.round(rfm.health * 10) / 10)}</Text>
          <Text c="dimmed" size="sm">{t('rfm.of', { greatest: format.count(GREATEST) })}</Text>
        </Group>
        <Progress value={((rfm.health - LEAST) / (GREATEST - LEAST)) * 100} aria-label={t('rfm.health')} />
        <Table verticalSpacing={7} aria-label={t('rfm.settings')} mt="xs">
          <Table.Tbody>
            {facts.map(([label, value]) => (
              <Table.Tr key={label}>
                <Table.Th scope="row" fw={400} c="dimmed" px={0}>{label}</Table.Th>
                <Table.Td ta="end" px={0} fw={500} className="numbers">{value}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Stack>
    </Section>
  );
}
