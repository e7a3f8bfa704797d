// What a journey brought about, against those who would have come in and were held out.

import { Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Notice } from '../../../components/Notice';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { useFormat } from '../../../lib/format';
import { IntervalPlot } from '../../campaigns/report/IntervalPlot';
import type { JourneyGoalReport, JourneyReport } from '../types';

export function GoalsSection({ report }: { report: JourneyReport }) {
  const { t } = useTranslation();
  return (
    <Section title={t('journeyGoals.title')} lead={t('journeyGoals.lead')}>
      {report.goals.length === 0 ? <Text size="sm" c="dimmed">{t('journeyGoals.none')}</Text> : <Stack gap="xl">{report.goals.map((goal) => <Goal key={goal.goal} goal={goal} />)}</Stack>}
    </Section>
  );
}

/** Sign and number, set apart, because they change places in right-to-left text otherwise. */
const apart = (text: string) => `\u2066${text}\u2069`;

function Goal({ goal }: { goal: JourneyGoalReport }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const { effect } = goal;
  const arm = (code: string) => (i18n.exists(`journeyGoals.arm.${code}`) ? t(`journeyGoals.arm.${code}`) : code);
  const points = (value: number) => apart(format.change(Math.round(value * 10_000) / 100));
  const significant = effect !== null && (effect.low > 0 || effect.high < 0);
  return (
    <div data-goal={goal.goal}>
      <Text fw={600} size="sm" mb={6}><bdi>{goal.name}</bdi></Text>
      <Scroll label={goal.name} minWidth={480}>
        <Table verticalSpacing={4} aria-label={goal.name} className="numbers" maw={640}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('journeyGoals.group')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.users')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('journeyGoals.reached')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.share')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('journeyGoals.revenue')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {goal.arms.map((one) => (
              <Table.Tr key={one.arm}>
                <Table.Th scope="row" fw={450}><bdi>{arm(one.arm)}</bdi></Table.Th>
                <Table.Td ta="end">{format.count(one.users)}</Table.Td>
                <Table.Td ta="end">{format.count(one.converted)}</Table.Td>
                <Table.Td ta="end">{one.users > 0 ? format.percent(one.converted / one.users) : '–'}</Table.Td>
                <Table.Td ta="end">{one.revenue === null ? '–' : format.amount(one.revenue)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
      {effect ? (
        <Stack gap="xs" mt="sm">
          <Notice color={!significant ? 'gray' : effect.difference > 0 ? 'teal' : 'red'} title={!significant ? t('effect.open') : effect.difference > 0 ? t('effect.more') : t('effect.less')} data-significant={significant}>
            <Text size="sm" className="numbers">
              {t('journeyGoals.effect', { points: points(effect.difference), low: points(effect.low), high: points(effect.high) })}
              {effect.lift !== null && ` · ${t('effect.lift')} ${apart(`${effect.lift > 0 ? '+' : ''}${format.percent(effect.lift)}`)}`}
            </Text>
          </Notice>
          <IntervalPlot rows={[{ key: goal.goal, label: goal.name, value: effect.difference, low: effect.low, high: effect.high, significant }]} />
        </Stack>
      ) : goal.refusal && <Notice mt="sm" color="gray" title={t('effect.none')}><bdi>{goal.refusal}</bdi></Notice>}
    </div>
  );
}
