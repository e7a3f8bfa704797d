// What came of a backtest, as far as it is the same for journeys and campaigns: who on which day, and what was decided
// about messages.

import { Stack, Text } from '@mantine/core';
import { Fragment, type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { BacktestDecision, BacktestResult } from '../../api/backtests';
import { useFormat } from '../../lib/format';
import { Facts } from '../../pages/people/Facts';
import { Chart } from '../charts/Chart';
import { useChartLook } from '../charts/useChartLook';
import { useFew } from '../Few';
import { Notice } from '../Notice';
import { NumbersTable } from '../NumbersTable';
import { Reason } from '../outreach/Reason';
import { Section } from '../Page';
import { English } from '../Told';
import { When } from '../When';
import { Counts } from './Counts';
import { everyDay } from './days';

/** The last instant of a period, of which the end is the first that is not in it. */
const lastInstant = (end: string) => new Date(Date.parse(end) - 1).toISOString();

/** `entered`: what it is called that somebody came in, or was found. */
export function Days({ result, entered }: { result: BacktestResult; entered: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const assumed = Object.values(result.assumed).reduce((sum, n) => sum + n, 0);
  return (
    <Section title={t('backtest.days')} lead={t('backtest.daysLead', { zone: format.zone })}>
      <div data-backtest={result.entered} />
      {result.reachable === 'assumed' && (
        <Notice mb="md" color="yellow" title={t('backtest.assumed')} data-assumed={assumed}>
          {t('backtest.assumedLead', { shown: format.count(assumed), sent: format.count(result.sent) })}
          <Counts title={t('backtest.assumed')} counts={result.assumed} name={(reason) => <Reason code={reason} />} />
        </Notice>
      )}
      <Facts
        label={t('backtest.title')}
        rows={[
          [t('backtest.period'), <Fragment key="period"><bdi>{format.date(result.from)}</bdi> – <bdi>{format.date(lastInstant(result.to))}</bdi></Fragment>],
          [entered, format.count(result.entered)],
          [t('backtest.people'), format.count(result.people)],
          [t('backtest.heldOut'), format.count(result.held_out)],
          [t('backtest.looked'), t('backtest.lookedAt', { users: format.count(result.users), rows: format.count(result.rows) })],
          [t('backtest.took'), t('backtest.seconds', { shown: format.count(Math.round(result.took_ms / 10) / 100) })],
        ]}
      />
      <DaysChart days={result.days} entered={entered} />
      {result.answers_assumed > 0 && <Notice mt="md" color="blue" title={t('backtest.answersAssumed', { shown: format.count(result.answers_assumed) })} />}
      {result.unanswered > 0 && <Notice mt="md" color="yellow" title={t('backtest.unanswered', { shown: format.count(result.unanswered) })} />}
      {result.endless > 0 && <Notice mt="md" color="yellow" title={t('backtest.endless', { shown: format.count(result.endless) })} />}
    </Section>
  );
}

/** What was decided about a message, each time. `name`: of the step that sends it, which has one variant only. */
export function Decisions({ messages, name }: { messages: BacktestDecision[]; name?: (campaign: string) => ReactNode }) {
  const { t } = useTranslation();
  const { shown, holder, more } = useFew(messages);
  if (messages.length === 0) return null;
  return (
    <Stack ref={holder} gap={2} mt="xs">
      {shown.map((one) => (
        <Text key={`${one.message} ${one.at}`} size="sm" data-outcome={one.outcome}>
          {name && <>{name(one.campaign)} · </>}
          {t(`backtest.outcome.${one.outcome}`)}
          {!name && one.variant && <> · <bdi>{one.variant}</bdi></>}
          {one.reason && <> · <Reason code={one.reason} /></>}
          {one.detail && <> · <English>{one.detail}</English></>}
          {' '}<Text span size="xs" c="dimmed"><When at={one.at} /></Text>
        </Text>
      ))}
      {more}
    </Stack>
  );
}

function DaysChart({ days: some, entered: called }: { days: BacktestResult['days']; entered: string }) {
  const days = useMemo(() => everyDay(some), [some]);
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const option = useMemo(() => ({
    ...look.base,
    xAxis: { ...look.categoryAxis(days.map(({ day }) => format.day(day))), boundaryGap: true },
    yAxis: look.valueAxis(format.compact),
    series: [{ type: 'bar', name: called, data: days.map(({ entered }) => entered), color: look.accent, itemStyle: { borderRadius: [3, 3, 0, 0] }, barMaxWidth: 18 }],
  }), [days, look, format, called]);
  return (
    <>
      <Chart option={option} height={220} label={t('backtest.days')} />
      <NumbersTable caption={t('backtest.days')} columns={[t('common.day'), called, t('backtest.heldOut')]} rows={days.map((day) => [format.fullDay(day.day), format.count(day.entered), format.count(day.held_out)])} />
    </>
  );
}
