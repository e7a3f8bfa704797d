// Begins a backtest of a period, shows how far it is, and what came of it. It sends nothing.

import { Button, Checkbox, Group, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Backtest, type BacktestResult, backtests, type Period } from '../../api/backtests';
import { useSession } from '../../api/session';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { daysBefore, wallTime } from '../../lib/zone';
import { ErrorPanel } from '../ErrorPanel';
import { Notice } from '../Notice';
import { Section } from '../Page';
import { periodOf, wrongDays } from './period';

const LOOK_EVERY_MS = 500;
const USUAL_DAYS = 30;

interface Props {
  begin: (period: Period) => Promise<Backtest>;
  children: (result: BacktestResult) => ReactNode;
}

export function Trial({ begin, children }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { now } = useSession();
  const queries = useQueryClient();
  const day = (instant: string) => wallTime(instant, format.zone).slice(0, 10);
  const [from, setFrom] = useState(() => day(daysBefore(now, USUAL_DAYS)));
  const [to, setTo] = useState(() => day(now));
  const [assumed, setAssumed] = useState(false);
  const [run, setRun] = useParam('backtest', null, '');
  const start = useMutation({
    mutationFn: () => begin(periodOf({ from, to, assumed }, { zone: format.zone, now })),
    onSuccess: (begun) => {
      queries.setQueryData(['backtest', begun.id], begun);
      setRun(begun.id);
    },
  });
  const query = useQuery({
    queryKey: ['backtest', run],
    queryFn: () => backtests.one(run),
    enabled: run !== '',
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? LOOK_EVERY_MS : false),
  });
  const cancel = useMutation({ mutationFn: () => backtests.cancel(run), onSuccess: () => setRun('') });
  const running = query.data?.status === 'running';
  const wrong = wrongDays({ from, to });
  return (
    <Stack gap="lg" data-trial={query.data?.status ?? ''}>
      <Section title={t('backtest.title')} lead={t('backtest.lead')}>
        <Group gap="md" align="flex-end">
          <TextInput type="date" label={t('backtest.from')} max={to || undefined} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput type="date" label={t('backtest.to')} min={from || undefined} error={wrong ? t('backtest.wrongPeriod') : undefined} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
          <Button loading={start.isPending} disabled={wrong || running} onClick={() => start.mutate()}>{t('backtest.run')}</Button>
        </Group>
        <Checkbox mt="md" checked={assumed} onChange={(event) => setAssumed(event.currentTarget.checked)} label={t('backtest.assume')} description={t('backtest.assumeLead')} />
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
      {query.data?.status === 'done' && query.data.result && <Fragment key={query.data.id}>{children(query.data.result)}</Fragment>}
    </Stack>
  );
}
