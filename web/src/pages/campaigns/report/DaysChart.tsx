// Messages by day.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { CampaignDay } from '../../../api/outreach';
import { Chart } from '../../../components/charts/Chart';
import { useChartLook } from '../../../components/charts/useChartLook';
import { NumbersTable } from '../../../components/NumbersTable';
import { messageColour } from '../../../components/outreach/StatusBadge';
import { Section } from '../../../components/Page';
import { useFormat } from '../../../lib/format';
import { useOutreachNames } from '../../../lib/outreach';

const SERIES = ['sent', 'opened', 'clicked', 'failed'] as const;

export function DaysChart({ days }: { days: CampaignDay[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const names = useOutreachNames();
  const option = useMemo(() => ({
    ...look.base,
    legend: { show: true, top: 0, [look.rtl ? 'right' : 'left']: 0, textStyle: { color: look.dim }, icon: 'circle', itemWidth: 10 },
    grid: { ...(look.base.grid as object), top: 36 },
    xAxis: { ...look.categoryAxis(days.map(({ day }) => format.day(day))), boundaryGap: true },
    yAxis: look.valueAxis(format.compact),
    series: SERIES.map((name) => ({
      type: name === 'sent' ? 'bar' : 'line',
      name: names.state(name),
      data: days.map((day) => day[name]),
      color: messageColour(name),
      ...(name === 'sent' ? { itemStyle: { borderRadius: [3, 3, 0, 0] }, barMaxWidth: 18 } : { showSymbol: days.length < 3, lineStyle: { width: 2 } }),
    })),
  }), [days, look, format, names]);
  return (
    <Section title={t('report.days')} lead={t('report.daysLead', { zone: format.zone })}>
      <Chart option={option} height={220} label={t('report.days')} />
      <NumbersTable caption={t('report.days')} columns={[t('common.day'), ...SERIES.map(names.state)]} rows={days.map((day) => [format.fullDay(day.day), ...SERIES.map((name) => format.count(day[name]))])} />
    </Section>
  );
}
