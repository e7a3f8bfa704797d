// Credited beside caused: that a message was there before a conversion, and what it changed, are two things.

import { SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Campaign, GoalReport } from '../../../api/outreach';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { useFormat } from '../../../lib/format';
import { useArmNames } from './Report';

export function CreditSection({ campaign, goal }: { campaign: Campaign; goal: GoalReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = useArmNames(campaign);
  const { credited, effect } = goal;
  const tenth = (value: number) => format.count(Math.round(value * 10) / 10);
  const caused = effect?.extra_converted;
  const windows = credited.sent ? t('credit.windowsSent', { click: credited.click, view: credited.view, sent: credited.sent }) : t('credit.windows', { click: credited.click, view: credited.view });
  const money = (value: number | null) => (value === null ? [] : [format.amount(value)]);
  const rows = [
    ...credited.through.map(({ of, conversions, revenue }) => ({ key: `through ${of}`, label: t(`credit.through.${of}`), cells: [tenth(conversions), ...money(revenue)] })),
    ...(credited.variants.length > 1 ? credited.variants.map(({ of, conversions, revenue }) => ({ key: `variant ${of}`, label: name(of), cells: [tenth(conversions), ...money(revenue)] })) : []),
  ];
  return (
    <Section title={t('credit.title')} lead={windows}>
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" component="dl" m={0}>
          <Tile label={t('credit.credited')} value={tenth(credited.conversions)} below={credited.revenue === null ? undefined : t('credit.revenue', { shown: format.amount(credited.revenue) })} mark="credited" />
          <Tile label={t('credit.caused')} value={caused ? tenth(caused.value) : '–'} below={caused ? t('effect.between', { low: tenth(caused.low), high: tenth(caused.high) }) : t('credit.unknown')} mark="caused" />
        </SimpleGrid>
        <Text size="sm">{t('credit.sentence')}</Text>
        <Scroll label={t('credit.credited')}>
          <Table verticalSpacing={6} aria-label={t('credit.credited')} className="numbers" data-credit>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('credit.part')}</Table.Th>
                <Table.Th scope="col" ta="end">{t('credit.conversions')}</Table.Th>
                {credited.revenue !== null && <Table.Th scope="col" ta="end">{t('arms.revenue')}</Table.Th>}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ key, label, cells }) => (
                <Table.Tr key={key}>
                  <Table.Th scope="row" fw={500}><bdi>{label}</bdi></Table.Th>
                  {/* eslint-disable-next-line react/no-array-index-key */}
                  {cells.map((cell, at) => <Table.Td key={at} ta="end">{cell}</Table.Td>)}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Scroll>
      </Stack>
    </Section>
  );
}

function Tile({ label, value, below, mark }: { label: string; value: string; below: string | undefined; mark: string }) {
  return (
    <div data-tile={mark}>
      <Text component="dt" size="xs" c="dimmed">{label}</Text>
      <Text component="dd" m={0} fz={26} fw={660} lh={1.25} className="numbers"><bdi>{value}</bdi></Text>
      {below && <Text component="dd" m={0} size="xs" c="dimmed" className="numbers"><bdi>{below}</bdi></Text>}
    </div>
  );
}
