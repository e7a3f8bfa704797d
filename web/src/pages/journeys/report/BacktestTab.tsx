// What the journey would have done over a past period of what really happened: who would have come in, which steps
// they would have taken, and how many messages each would have got. It sends nothing.

import { Button, Group, Progress, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../../../api/session';
import { AppLink } from '../../../components/AppLink';
import { Chart } from '../../../components/charts/Chart';
import { useChartLook } from '../../../components/charts/useChartLook';
import { ErrorPanel } from '../../../components/ErrorPanel';
import { Notice } from '../../../components/Notice';
import { NumbersTable } from '../../../components/NumbersTable';
import { Reason } from '../../../components/outreach/Reason';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { useFormat } from '../../../lib/format';
import { useParam } from '../../../lib/params';
import { daysBefore, instantOf, wallTime } from '../../../lib/zone';
import { Facts } from '../../people/Facts';
import { journeys } from '../api';
import { everyDay } from '../model/days';
import { Path } from '../Path';
import type { BacktestResult } from '../types';
import type { Journey } from '../types';
import { useJourneyWords } from '../words';

const LOOK_EVERY_MS = 500;
const USUAL_DAYS = 30;

export default function BacktestTab({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { now } = useSession();
  const queries = useQueryClient();
  const day = (instant: string) => wallTime(instant, format.zone).slice(0, 10);
  const [from, setFrom] = useState(() => day(daysBefore(now, USUAL_DAYS)));
  const [to, setTo] = useState(() => day(now));
  const [run, setRun] = useParam('backtest', null, '');
  // What is still to come cannot be tried.
  const latest = (instant: string) => (Date.parse(instant) > Date.parse(now) ? now : instant);
  const start = useMutation({
    mutationFn: () => journeys.startBacktest(journey.id, { from: instantOf(`${from}T00:00`, format.zone), to: latest(instantOf(`${to}T00:00`, format.zone)) }),
    onSuccess: (begun) => {
      queries.setQueryData(['backtest', begun.id], begun);
      setRun(begun.id);
    },
  });
  const query = useQuery({
    queryKey: ['backtest', run],
    queryFn: () => journeys.backtest(run),
    enabled: run !== '',
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? LOOK_EVERY_MS : false),
  });
  const cancel = useMutation({ mutationFn: () => journeys.cancelBacktest(run), onSuccess: () => setRun('') });
  const running = query.data?.status === 'running';
  const wrong = from === '' || to === '' || to <= from;
  return (
    <Stack gap="lg">
      <Section title={t('backtest.title')} lead={t('backtest.lead')}>
        <Group gap="md" align="flex-end">
          <TextInput type="date" label={t('backtest.from')} max={to || undefined} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput type="date" label={t('backtest.to')} min={from || undefined} error={wrong ? t('report.wrongPeriod') : undefined} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          <Button loading={start.isPending} disabled={wrong || running} onClick={() => start.mutate()}>{t('backtest.run')}</Button>
        </Group>
        {start.isError && <ErrorPanel error={start.error} />}
        {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
        {running && query.data && (
          <Group mt="md" gap="md" role="status">
            <Progress style={{ flex: 1 }} value={query.data.progress * 100} aria-label={t('backtest.progress')} animated />
            <Text size="sm" className="numbers">{format.percent(query.data.progress, 0)}</Text>
            <Button size="compact-sm" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>{t('common.cancel')}</Button>
          </Group>
        )}
        {query.data?.status === 'cancelled' && <Notice mt="md" color="gray" title={t('backtest.cancelled')} />}
        {query.data?.status === 'failed' && <Notice mt="md" color="red" role="alert" title={t('backtest.failed')}><bdi>{query.data.error}</bdi></Notice>}
      </Section>
      {query.data?.status === 'done' && query.data.result && <Result journey={journey} result={query.data.result} />}
    </Stack>
  );
}

function Result({ journey, result }: { journey: Journey; result: BacktestResult }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const people = result.messages.reduce((sum, { users }) => sum + users, 0);
  const goalName = (id: string) => journey.definition.goals?.find((goal) => goal.id === id)?.name || id;
  return (
    <>
      <Section title={t('backtest.days')} lead={t('report.daysLead', { zone: format.zone })}>
        <div data-backtest={result.entered} />
        <Facts
          label={t('backtest.title')}
          rows={[
            [t('numbers.entered'), format.count(result.entered)],
            [t('backtest.people'), format.count(result.people)],
            [t('numbers.control'), format.count(result.held_out)],
            [t('backtest.looked'), t('backtest.lookedAt', { users: format.count(result.users), rows: format.count(result.rows) })],
            [t('backtest.took'), t('backtest.seconds', { shown: format.count(Math.round(result.took_ms / 10) / 100) })],
          ]}
        />
        <Days days={result.days} />
        {result.assumed > 0 && <Notice mt="md" color="blue" title={t('backtest.assumed', { shown: format.count(result.assumed) })} />}
        {result.unanswered > 0 && <Notice mt="md" color="yellow" title={t('backtest.unanswered', { shown: format.count(result.unanswered) })} />}
        {result.endless > 0 && <Notice mt="md" color="yellow" title={t('backtest.endless', { shown: format.count(result.endless) })} />}
      </Section>
      <Section title={t('numbers.steps')}>
        <Scroll label={t('numbers.steps')} minWidth={480}>
          <Table verticalSpacing={6} className="numbers" aria-label={t('numbers.steps')}>
            <Table.Thead><Table.Tr>{[t('numbers.step'), t('numbers.entered'), t('numbers.moved'), t('numbers.waiting'), t('numbers.exited'), t('messageState.sent')].map((name, at) => <Table.Th key={name} scope="col" ta={at > 0 ? 'end' : undefined}>{name}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>
              {result.steps.map((step) => (
                <Table.Tr key={step.step}>
                  <Table.Th scope="row" fw={500}><bdi>{journey.definition.steps.some(({ id }) => id === step.step) ? words.stepName(journey.definition, step.step) : step.name}</bdi></Table.Th>
                  {[step.entered, Object.values(step.moved).reduce((sum, n) => sum + n, 0), step.waiting, step.exited, step.sent].map((n, at) => <Table.Td key={['entered', 'moved', 'waiting', 'exited', 'sent'][at]} ta="end">{format.count(n)}</Table.Td>)}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Scroll>
      </Section>
      <Section title={t('backtest.messages')} lead={result.worst ? undefined : t('backtest.noMessages')}>
        <Table verticalSpacing={6} maw={480} className="numbers" aria-label={t('backtest.messages')}>
          <Table.Thead><Table.Tr><Table.Th scope="col">{t('backtest.perPerson')}</Table.Th><Table.Th scope="col" ta="end">{t('common.users')}</Table.Th><Table.Th scope="col" ta="end">{t('common.share')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {result.messages.map(({ messages, users }) => (
              <Table.Tr key={messages}><Table.Th scope="row" fw={450}>{format.count(messages)}</Table.Th><Table.Td ta="end">{format.count(users)}</Table.Td><Table.Td ta="end" c="dimmed">{format.percent(people > 0 ? users / people : 0)}</Table.Td></Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        {result.worst && <Text size="sm" mt="sm">{t('backtest.worst', { shown: format.count(result.worst.messages) })} <AppLink to={`/people/${encodeURIComponent(result.worst.user)}`} size="sm" underline="always">{result.worst.user}</AppLink></Text>}
        <Reasons title={t('numbers.withheld')} counts={result.withheld} />
        <Reasons title={t('backtest.delayed')} counts={result.delayed} />
      </Section>
      {Object.keys(result.exits).length > 0 && (
        <Section title={t('numbers.exits')}>
          <Counts title={t('numbers.exits')} counts={result.exits} name={(reason) => <bdi>{words.reason(reason)}</bdi>} />
        </Section>
      )}
      {result.goals.length > 0 && (
        <Section title={t('backtest.goals')} lead={t('backtest.goalsLead')}>
          <Table verticalSpacing={6} maw={560} className="numbers" aria-label={t('backtest.goals')}>
            <Table.Thead><Table.Tr><Table.Th scope="col">{t('backtest.goal')}</Table.Th><Table.Th scope="col" ta="end">{t('numbers.entered')}</Table.Th><Table.Th scope="col" ta="end">{t('numbers.control')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{result.goals.map(({ goal, entered, held_out: heldOut }) => <Table.Tr key={goal}><Table.Th scope="row" fw={450}><bdi>{goalName(goal)}</bdi></Table.Th><Table.Td ta="end">{format.count(entered)}</Table.Td><Table.Td ta="end">{format.count(heldOut)}</Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        </Section>
      )}
      <Section title={t('backtest.sample')} lead={t('backtest.sampleLead')}>
        <Stack gap="lg">
          {result.sample.map((one) => (
            <div key={one.run}>
              <AppLink to={`/people/${encodeURIComponent(one.user)}`} size="sm" fw={600}>{one.user}</AppLink>
              <Path run={one} definition={journey.definition} />
            </div>
          ))}
        </Stack>
      </Section>
    </>
  );
}

/** Counts by reason, most first. */
function Counts({ title, counts, name }: { title: string; counts: Record<string, number>; name: (reason: string) => ReactNode }) {
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

function Days({ days: some }: { days: BacktestResult['days'] }) {
  const days = useMemo(() => everyDay(some), [some]);
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const option = useMemo(() => ({
    ...look.base,
    xAxis: { ...look.categoryAxis(days.map(({ day }) => format.day(day))), boundaryGap: true },
    yAxis: look.valueAxis(format.compact),
    series: [{ type: 'bar', name: t('numbers.entered'), data: days.map(({ entered }) => entered), color: look.accent, itemStyle: { borderRadius: [3, 3, 0, 0] }, barMaxWidth: 18 }],
  }), [days, look, format, t]);
  return (
    <>
      <Chart option={option} height={220} label={t('backtest.days')} />
      <NumbersTable caption={t('backtest.days')} columns={[t('common.day'), t('numbers.entered'), t('numbers.control')]} rows={days.map((day) => [format.fullDay(day.day), format.count(day.entered), format.count(day.held_out)])} />
    </>
  );
}
