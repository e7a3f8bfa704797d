// Active and new users per day.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Overview } from '../../api/types';
import { Chart } from '../../components/charts/Chart';
import { useChartLook } from '../../components/charts/useChartLook';
import { Section } from '../../components/Page';
import { NumbersTable } from '../../components/NumbersTable';
import { useFormat } from '../../lib/format';

export function ActivityChart({ daily }: { daily: Overview['daily'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const option = useMemo(() => ({
    ...look.base,
    legend: { show: true, top: 0, [look.rtl ? 'right' : 'left']: 0, textStyle: { color: look.dim }, icon: 'circle', itemWidth: 10 },
    grid: { ...(look.base.grid as object), top: 36 },
    xAxis: { ...look.categoryAxis(daily.map((day) => format.day(day.day))), boundaryGap: true },
    yAxis: look.valueAxis(format.compact),
    series: [
      { type: 'bar', name: t('activity.active'), data: daily.map((day) => day.active), itemStyle: { color: look.accent, borderRadius: [3, 3, 0, 0] }, barMaxWidth: 14 },
      { type: 'line', name: t('activity.new'), data: daily.map((day) => day.new), showSymbol: false, color: '#3b82f6', lineStyle: { width: 2 } },
    ],
  }), [daily, look, format, t]);
  return (
    <Section title={t('activity.daily')} lead={t('activity.dailyLead', { count: daily.length, zone: format.zone })}>
      <Chart option={option} height={220} label={t('activity.daily')} />
      <NumbersTable
        caption={t('activity.daily')}
        columns={[t('common.day'), t('activity.active'), t('activity.new'), t('activity.events')]}
        rows={daily.map((day) => [format.fullDay(day.day), format.count(day.active), format.count(day.new), format.count(day.events)])}
      />
    </Section>
  );
}
