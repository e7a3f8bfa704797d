// What came of a backtest, as far as it is the same for journeys and campaigns: who on which day, and how many
// messages each would have got.

import { Stack, Table, Text } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { BacktestDecision, BacktestResult } from '../../api/backtests';
import { useFormat } from '../../lib/format';
import { useOutreachNames } from '../../lib/outreach';
import { Facts } from '../../pages/people/Facts';
import { AppLink } from '../AppLink';
import { Chart } from '../charts/Chart';
import { useChartLook } from '../charts/useChartLook';
import { Notice } from '../Notice';
import { NumbersTable } from '../NumbersTable';
import { Reason } from '../outreach/Reason';
import { Section } from '../Page';
import { When } from '../When';
import { everyDay } from './days';

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

export function Messages({ result }: { result: BacktestResult }) {
  const { t } = useTranslation();
  const format = useFormat();
  const people = result.messages.reduce((sum, { users }) => sum + users, 0);
  return (
    <Section title={t('backtest.messages')} lead={result.worst ? t('backtest.sentInAll', { shown: format.count(result.sent) }) : t('backtest.noMessages')}>
      <Table verticalSpacing={6} maw={480} className="numbers" aria-label={t('backtest.messages')}>
        <Table.Thead><Table.Tr><Table.Th scope="col">{t('backtest.perPerson')}</Table.Th><Table.Th scope="col" ta="end">{t('common.users')}</Table.Th><Table.Th scope="col" ta="end">{t('common.share')}</Table.Th></Table.Tr></Table.Thead>
        <Table.Tbody>
          {result.messages.map(({ messages, users }) => (
            <Table.Tr key={messages}><Table.Th scope="row" fw={450}>{format.count(messages)}</Table.Th><Table.Td ta="end">{format.count(users)}</Table.Td><Table.Td ta="end" c="dimmed">{format.percent(people > 0 ? users / people : 0)}</Table.Td></Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {result.worst && <Text size="sm" mt="sm">{t('backtest.worst', { shown: format.count(result.worst.messages) })} <AppLink to={`/people/${encodeURIComponent(result.worst.user)}`} size="sm" underline="always">{result.worst.user}</AppLink></Text>}
      {result.waiting > 0 && <Text size="sm" mt="sm">{t('backtest.waiting', { shown: format.count(result.waiting) })}</Text>}
      <Reasons title={t('backtest.withheld')} counts={result.withheld} />
      <Reasons title={t('backtest.delayed')} counts={result.delayed} />
      <Reasons title={t('backtest.heldOut')} counts={result.groups} />
      {result.limits.map(({ limit, most, over }) => (
        <Notice key={limit} mt="md" color="yellow" data-limit={limit} title={t(`backtest.limit.${limit}`, { most: format.count(most), over: format.count(over) })}>{t('backtest.limitLead')}</Notice>
      ))}
    </Section>
  );
}

/** What was decided about a message, each time. */
export function Decisions({ messages, name }: { messages: BacktestDecision[]; name?: (campaign: string) => ReactNode }) {
  const names = useOutreachNames();
  if (messages.length === 0) return null;
  return (
    <Stack gap={2} mt="xs">
      {messages.map((one) => (
        <Text key={`${one.message} ${one.at}`} size="sm" data-outcome={one.outcome}>
          {name && <>{name(one.campaign)} · </>}
          {names.state(one.outcome)}
          {one.variant && <> · <bdi>{one.variant}</bdi></>}
          {one.reason && <> · <Reason code={one.reason} /></>}
          {one.detail && <> · <bdi>{one.detail}</bdi></>}
          {' '}<Text span size="xs" c="dimmed"><When at={one.at} /></Text>
        </Text>
      ))}
    </Stack>
  );
}

/** Counts by reason, most first. */
export function Counts({ title, counts, name }: { title: string; counts: Record<string, number>; name: (reason: string) => ReactNode }) {
  const format = useFormat();
  const rows = Object.entries(counts).toSorted((a, b) => b[1] - a[1]);
  return (
    <Table verticalSpacing={4} maw={480} className="numbers" aria-label={title}>
      <Table.Tbody>{rows.map(([reason, n]) => <Table.Tr key={reason}><Table.Th scope="row" fw={450}>{name(reason)}</Table.Th><Table.Td ta="end">{format.count(n)}</Table.Td></Table.Tr>)}</Table.Tbody>
    </Table>
  );
}

function Reasons({ title, counts }: { title: string; counts: Record<string, number> }) {
  if (Object.keys(counts).length === 0) return null;
  return (
    <>
      <Text size="sm" fw={600} mt="md">{title}</Text>
      <Counts title={title} counts={counts} name={(reason) => <Reason code={reason} />} />
    </>
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
