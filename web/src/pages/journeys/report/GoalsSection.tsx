// What a journey brought about, against those who would have come in and were held out.

import { Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Notice } from '../../../components/Notice';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { Told } from '../../../components/Told';
import { useFormat } from '../../../lib/format';
import { spanWords } from '../../../lib/sentences';
import { IntervalPlot } from '../../campaigns/report/IntervalPlot';
import { chance } from '../../campaigns/report/scale';
import type { JourneyGoalReport, JourneyReport } from '../types';

export function GoalsSection({ report }: { report: JourneyReport }) {
  const { t, i18n } = useTranslation();
  const arm = (code: string) => (i18n.exists(`journeyGoals.arm.${code}`) ? t(`journeyGoals.arm.${code}`) : code);
  return (
    <Section title={t('journeyGoals.title')} lead={t('journeyGoals.lead')}>
      {report.goals.length === 0 ? <Text size="sm" c="dimmed">{t('journeyGoals.none')}</Text> : <Stack gap="xl">{report.goals.map((goal) => <Goal key={goal.goal} goal={goal} group={t('journeyGoals.group')} arm={arm} />)}</Stack>}
    </Section>
  );
}

/** Sign and number, set apart, because they change places in right-to-left text otherwise. */
export const apart = (text: string) => `\u2066${text}\u2069`;

interface GoalProps {
  goal: JourneyGoalReport;
  /** What the arms are. */
  group: string;
  /** What an arm is called. */
  arm: (code: string) => string;
  /** What the differences are against, if not control. */
  against?: string | undefined;
  /** Whether reaching it is a loss. */
  unwanted?: boolean;
}

/** One goal: who reached it in each arm, and what the arms differ by. */
export function Goal({ goal, group, arm, against, unwanted = false }: GoalProps) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const money = goal.arms.some(({ revenue }) => revenue !== null);
  const { effects } = goal;
  const [only] = effects;
  return (
    <div data-goal={goal.goal}>
      <Text size="sm" mb={6}><Text span fw={600} size="sm"><bdi>{goal.name}</bdi></Text> <Text span size="sm" c="dimmed">{t('journeyGoals.within', { span: spanWords(goal.within, i18n.language) })}</Text></Text>
      <Scroll label={goal.name} minWidth={560}>
        <Table verticalSpacing={4} aria-label={goal.name} className="numbers" maw={820}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{group}</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.users')}</Table.Th>
              <Table.Th scope="col" ta="end" title={t('journeyGoals.completeHint')}>{t('journeyGoals.complete')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('journeyGoals.reached')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.share')}</Table.Th>
              {money && <Table.Th scope="col" ta="end">{t('journeyGoals.revenue')}</Table.Th>}
              {money && <Table.Th scope="col" ta="end">{t('journeyGoals.perUser')}</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {goal.arms.map((one) => (
              <Table.Tr key={one.arm} data-arm={one.arm}>
                <Table.Th scope="row" fw={450}><bdi>{arm(one.arm)}</bdi></Table.Th>
                <Table.Td ta="end">{format.count(one.users)}</Table.Td>
                <Table.Td ta="end">{format.count(one.complete)}</Table.Td>
                <Table.Td ta="end">{format.count(one.converted)}</Table.Td>
                <Table.Td ta="end">
                  {one.rate ? (
                    <>
                      {format.percent(one.rate.value, 2)}
                      <Text size="xs" c="dimmed"><bdi>{format.percent(one.rate.low, 2)} – {format.percent(one.rate.high, 2)}</bdi></Text>
                    </>
                  ) : '–'}
                </Table.Td>
                {money && <Table.Td ta="end">{one.revenue === null ? '–' : format.amount(one.revenue)}</Table.Td>}
                {money && <Table.Td ta="end">{one.revenue_per_user === null ? '–' : format.amount(one.revenue_per_user)}</Table.Td>}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
      {only ? (
        <Stack gap="xs" mt="sm">
          {effects.length === 1 && against === undefined && <Effect effect={only} unwanted={unwanted} />}
          <IntervalPlot rows={effects.map((one) => ({ key: one.arm, label: arm(one.arm), ...one.difference, significant: one.significant, unwanted }))} caption={against} />
        </Stack>
      ) : goal.no_effect_because && <Notice mt="sm" color="gray" title={t('effect.none')} data-no-effect><Told code={goal.no_effect_because_code} text={goal.no_effect_because} /></Notice>}
    </div>
  );
}

function Effect({ effect: { difference, lift, extra_converted: extra, extra_revenue: revenue, p_value: p, significant }, unwanted }: { effect: JourneyGoalReport['effects'][number]; unwanted: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const points = (value: number) => apart(format.change(Math.round(value * 10_000) / 100));
  const signed = (text: string, value: number) => apart(value > 0 ? `+${text}` : text);
  const more = [
    lift && `${t('effect.lift')} ${signed(format.percent(lift.value), lift.value)}`,
    `${t('effect.extra')} ${signed(format.count(Math.round(extra.value * 10) / 10), extra.value)}`,
    revenue && `${t('effect.extraRevenue')} ${signed(format.amount(revenue.value), revenue.value)}`,
    apart(chance(p)),
  ].filter(Boolean);
  const [greater, smaller] = unwanted ? [t('journeyGoals.moreLost'), t('journeyGoals.fewerLost')] : [t('effect.more'), t('effect.less')];
  const title = !significant ? t('effect.open') : difference.value > 0 ? greater : smaller;
  return (
    <Notice color={!significant ? 'gray' : difference.value > 0 !== unwanted ? 'teal' : 'red'} title={title} data-significant={significant}>
      <Text size="sm" className="numbers">{t('journeyGoals.effect', { points: points(difference.value), low: points(difference.low), high: points(difference.high) })}</Text>
      <Text size="sm" c="dimmed" className="numbers">{more.join(' · ')}</Text>
    </Notice>
  );
}
