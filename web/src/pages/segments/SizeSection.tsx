// The size of a segment, day by day.

import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { Chart } from '../../components/charts/Chart';
import { useChartLook } from '../../components/charts/useChartLook';
import { NumbersTable } from '../../components/NumbersTable';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';

const SPANS = ['30', '90', '365'];

function SizeChart({ days }: { days: { day: string; count: number }[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const option = useMemo(() => ({
    ...look.base,
    xAxis: look.categoryAxis(days.map((day) => format.day(day.day))),
    yAxis: look.valueAxis(format.compact),
    series: [{ type: 'line', name: t('common.users'), data: days.map((day) => day.count), showSymbol: false, color: look.accent, areaStyle: { opacity: 0.1 }, lineStyle: { width: 2 } }],
  }), [days, look, format, t]);
  return (
    <>
      <Chart option={option} height={200} label={t('segment.size')} />
      <NumbersTable caption={t('segment.size')} columns={[t('common.day'), t('common.users')]} rows={days.map((day) => [format.fullDay(day.day), format.count(day.count)])} />
    </>
  );
}

export function SizeSection({ id }: { id: string }) {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const [days, setDays] = useParam('days', SPANS, '30');
  const query = useQuery({
    queryKey: ['segment-trend', id, asOf.chosen, days],
    queryFn: () => body(client.GET('/api/segments/{id}/trend', { params: { path: { id }, query: { days: Number(days), as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Section
      title={t('segment.size')}
      actions={
        <SegmentedControl size="xs" value={days} onChange={setDays} aria-label={t('lifecycle.trendSpan')} data={SPANS.map((value) => ({ value, label: t('common.days', { count: Number(value) }) }))} />
      }
    >
      <Query query={query} height={200}>{(trend) => <SizeChart days={trend.days} />}</Query>
    </Section>
  );
}
