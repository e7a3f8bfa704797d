// Users per state over time, stacked.

import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { Trend } from '../../api/types';
import { Chart } from '../../components/charts/Chart';
import { useChartLook } from '../../components/charts/useChartLook';
import { NumbersTable } from '../../components/NumbersTable';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { stateColour } from '../../lib/colours';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';
import { useParam } from '../../lib/params';

const SPANS = ['30', '90', '365'];

function TrendChart({ trend }: { trend: Trend }) {
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const names = useNames();
  const option = useMemo(() => ({
    ...look.base,
    legend: { top: 0, [look.rtl ? 'right' : 'left']: 0, textStyle: { color: look.dim }, icon: 'circle', itemWidth: 10, type: 'scroll' },
    grid: { ...(look.base.grid as object), top: 36 },
    xAxis: look.categoryAxis(trend.days.map((day) => format.day(day.day))),
    yAxis: look.valueAxis(format.compact),
    series: trend.states.map((state, at) => ({
      type: 'line',
      stack: 'users',
      name: names.state(state),
      color: stateColour(state.key),
      showSymbol: false,
      lineStyle: { width: 1 },
      areaStyle: { opacity: 0.75 },
      data: trend.days.map((day) => day.counts[at] ?? 0),
    })),
  }), [trend, look, format, names.state]);
  return (
    <>
      <Chart option={option} height={300} label={t('lifecycle.trend')} />
      <NumbersTable
        caption={t('lifecycle.trend')}
        columns={[t('common.day'), ...trend.states.map(names.state)]}
        rows={trend.days.map((day) => [format.fullDay(day.day), ...day.counts.map(format.count)])}
      />
    </>
  );
}

export function TrendSection() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const [days, setDays] = useParam('days', SPANS, '90');
  const query = useQuery({
    queryKey: ['lifecycle-trend', asOf.chosen, days],
    queryFn: () => body(client.GET('/api/lifecycle/trend', { params: { query: { days: Number(days), as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Section
      title={t('lifecycle.trend')}
      actions={
        <SegmentedControl
          size="xs"
          value={days}
          onChange={setDays}
          aria-label={t('lifecycle.trendSpan')}
          data={SPANS.map((value) => ({ value, label: t('common.days', { count: Number(value) }) }))}
        />
      }
    >
      <Query query={query} height={300}>{(trend) => <TrendChart trend={trend} />}</Query>
    </Section>
  );
}
