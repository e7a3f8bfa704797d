// Active and new users of the last day, week and month, and how sticky the product is.

import { Group, SimpleGrid, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Json, Overview } from '../../api/types';
import { CountLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { activeInLast, newInLast } from '../../lib/definitions';
import { useFormat } from '../../lib/format';

interface Row {
  label: string;
  day: number;
  week: number;
  month: number;
  people: (span: string) => Json;
}

export function ActivityTiles({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows: Row[] = [
    { label: t('activity.active'), ...overview.active, people: activeInLast },
    { label: t('activity.new'), ...overview.new_users, people: newInLast },
  ];
  const spans = [['day', '24h'], ['week', '7d'], ['month', '30d']] as const;
  const facts = [
    [t('activity.stickiness'), format.percent(overview.active.stickiness), t('activity.stickinessHint')],
    [t('activity.users'), <CountLink key="users" filter={{}}>{format.count(overview.users)}</CountLink>, undefined],
    [t('activity.events'), format.compact(overview.events), format.count(overview.events)],
  ] as const;
  return (
    <Section title={t('activity.title')}>
      <Table verticalSpacing={6} aria-label={t('activity.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col"><span className="visually-hidden">{t('activity.what')}</span></Table.Th>
            {spans.map(([span]) => <Table.Th key={span} scope="col" c="dimmed" fw={500} fz="xs">{t(`activity.${span}`)}</Table.Th>)}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.label}>
              <Table.Th scope="row" fw={500}>{row.label}</Table.Th>
              {spans.map(([span, duration]) => (
                <Table.Td key={span} fz="lg" fw={600}>
                  <CountLink filter={{ definition: row.people(duration) }} label={`${row.label}, ${t(`activity.${span}`)}: ${format.count(row[span])}`}>
                    {format.count(row[span])}
                  </CountLink>
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <SimpleGrid cols={3} mt="md">
        {facts.map(([label, value, hint]) => (
          <div key={label} title={hint}>
            <Text size="xs" c="dimmed">{label}</Text>
            <Group gap={4}><Text fw={600} className="numbers">{value}</Text></Group>
          </div>
        ))}
      </SimpleGrid>
    </Section>
  );
}
