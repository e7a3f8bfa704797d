// Users of each arm and what they did. They count from the draw on, whether or not a message reached them.

import { Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Campaign, GoalReport } from '../../../api/outreach';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { useFormat } from '../../../lib/format';
import { useArmNames } from './Report';

export function ArmsTable({ campaign, goal }: { campaign: Campaign; goal: GoalReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = useArmNames(campaign);
  const money = goal.arms.some(({ revenue }) => revenue !== null);
  return (
    <Section title={t('arms.title')} lead={t('arms.lead', { event: goal.event, within: goal.within })}>
      {campaign.definition.variant_by && <Text size="sm" mb="xs" maw={680}>{t('variantBy.arms')}</Text>}
      <Scroll label={t('arms.title')} minWidth={640}>
        <Table verticalSpacing={6} aria-label={t('arms.title')} className="numbers" data-arms>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('arms.arm')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.users')}</Table.Th>
              <Table.Th scope="col" ta="end" title={t('arms.completeHint')}>{t('arms.complete')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('arms.converted')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('arms.rate')}</Table.Th>
              {money && <Table.Th scope="col" ta="end">{t('arms.revenue')}</Table.Th>}
              {money && <Table.Th scope="col" ta="end">{t('arms.perUser')}</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {goal.arms.map((arm) => (
              <Table.Tr key={arm.arm}>
                <Table.Th scope="row" fw={600}><bdi>{name(arm.arm)}</bdi></Table.Th>
                <Table.Td ta="end">{format.count(arm.users)}</Table.Td>
                <Table.Td ta="end">{format.count(arm.complete)}</Table.Td>
                <Table.Td ta="end">{format.count(arm.converted)}</Table.Td>
                <Table.Td ta="end">
                  {arm.rate ? (
                    <>
                      {format.percent(arm.rate.value, 2)}
                      <Text size="xs" c="dimmed"><bdi>{format.percent(arm.rate.low, 2)} – {format.percent(arm.rate.high, 2)}</bdi></Text>
                    </>
                  ) : '–'}
                </Table.Td>
                {money && <Table.Td ta="end">{arm.revenue === null ? '–' : format.amount(arm.revenue)}</Table.Td>}
                {money && <Table.Td ta="end">{arm.revenue_per_user === null ? '–' : format.amount(arm.revenue_per_user)}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
    </Section>
  );
}
