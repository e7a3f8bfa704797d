// What the journey would have done over a past period of what really happened: who would have come in, which steps
// they would have taken, and how many messages each would have got. It sends nothing.

import { Button, Group, Progress, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
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
import { ask } from '../api';
import { Path } from '../Path';
import type { Journey, JourneyRun } from '../types';
import { useJourneyWords } from '../words';

/** How it stands with a backtest; `result` once it is done. */
interface Backtest {
  id: string;
  status: 'running' | 'done' | 'failed';
  /** 0 to 1. */
  progress: number;
  error?: string | null;
  result?: BacktestResult | null;
}

interface BacktestResult {
  from: string;
  to: string;
  /** How long it ran. */
  took_ms: number;
  entered: number;
  held_out: number;
  days: { day: string; entered: number }[];
  steps: { step: string; name: string; entered: number; waiting: number; exited: number }[];
  /** How many people would have got so many messages. */
  messages: { messages: number; users: number }[];
  worst: { user: string; messages: number } | null;
  withheld: Record<string, number>;
  sample: (JourneyRun & { user: string })[];
}

const LOOK_EVERY_MS = 500;
const USUAL_DAYS = 30;

const backtests = {
  start: (id: string, from: string, to: string) => ask<Backtest>('POST', '/api/journeys/{id}/backtest', { params: { path: { id } }, body: { from, to } }),
  look: (id: string) => ask<Backtest>('GET', '/api/journeys/backtests/{id}', { params: { path: { id } } }),
  cancel: (id: string) => ask<unknown>('DELETE', '/api/journeys/backtests/{id}', { params: { path: { id } } }),
};

export default function BacktestTab({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { now } = useSession();
  const queries = useQueryClient();
  const day = (instant: string) => wallTime(instant, format.zone).slice(0, 10);
  const [from, setFrom] = useState(() => day(daysBefore(now, USUAL_DAYS)));
  const [to, setTo] = useState(() => day(now));
  const [run, setRun] = useParam('backtest', null, '');
  const start = useMutation({
    mutationFn: () => backtests.start(journey.id, instantOf(`${from}T00:00`, format.zone), instantOf(`${to}T00:00`, format.zone)),
    onSuccess: (begun) => {
      queries.setQueryData(['backtest', begun.id], begun);
      setRun(begun.id);
    },
  });
  const query = useQuery({
    queryKey: ['backtest', run],
    queryFn: () => backtests.look(run),
    enabled: run !== '',
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? LOOK_EVERY_MS : false),
  });
  const cancel = useMutation({ mutationFn: () => backtests.cancel(run), onSuccess: () => setRun('') });
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
  const withheld = Object.entries(result.withheld).toSorted((a, b) => b[1] - a[1]);
  return (
    <>
      <Section title={t('backtest.days')} lead={t('report.daysLead', { zone: format.zone })}>
        <Facts
          label={t('backtest.title')}
          rows={[
            [t('numbers.entered'), format.count(result.entered)],
            [t('numbers.control'), format.count(result.held_out)],
            [t('backtest.took'), t('backtest.seconds', { shown: format.count(Math.round(result.took_ms / 10) / 100) })],
          ]}
        />
        <Days days={result.days} />
      </Section>
      <Section title={t('numbers.steps')}>
        <Scroll label={t('numbers.steps')} minWidth={480}>
          <Table verticalSpacing={6} className="numbers" aria-label={t('numbers.steps')}>
            <Table.Thead><Table.Tr>{[t('numbers.step'), t('numbers.entered'), t('numbers.waiting'), t('numbers.exited')].map((name, at) => <Table.Th key={name} scope="col" ta={at > 0 ? 'end' : undefined}>{name}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>
              {result.steps.map((step) => (
                <Table.Tr key={step.step}>
                  <Table.Th scope="row" fw={500}><bdi>{words.stepName(journey.definition, step.step)}</bdi></Table.Th>
                  {[step.entered, step.waiting, step.exited].map((n, at) => <Table.Td key={['entered', 'waiting', 'exited'][at]} ta="end">{format.count(n)}</Table.Td>)}
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
        {result.worst && <Text size="sm" mt="sm">{t('backtest.worst', { shown: format.count(result.worst.messages) })} <AppLink to={`/people/${encodeURIComponent(result.worst.user)}`} size="sm">{result.worst.user}</AppLink></Text>}
        {withheld.length > 0 && (
          <>
            <Text size="sm" fw={600} mt="md">{t('numbers.withheld')}</Text>
            <Table verticalSpacing={4} maw={480} className="numbers" aria-label={t('numbers.withheld')}>
              <Table.Tbody>{withheld.map(([reason, n]) => <Table.Tr key={reason}><Table.Th scope="row" fw={450}><Reason code={reason} /></Table.Th><Table.Td ta="end">{format.count(n)}</Table.Td></Table.Tr>)}</Table.Tbody>
            </Table>
          </>
        )}
      </Section>
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

function Days({ days }: { days: BacktestResult['days'] }) {
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
      <NumbersTable caption={t('backtest.days')} columns={[t('common.day'), t('numbers.entered')]} rows={days.map(({ day, entered }) => [format.fullDay(day), format.count(entered)])} />
    </>
  );
}
