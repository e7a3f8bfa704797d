// The chance of coming back, by the length of silence so far, on a logarithmic axis.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useLifecycle } from '../../api/queries';
import type { Thresholds } from '../../api/types';
import { Chart } from '../../components/charts/Chart';
import { useChartLook } from '../../components/charts/useChartLook';
import { NumbersTable } from '../../components/NumbersTable';
import { stateColour } from '../../lib/colours';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';

/** The shortest silence a logarithmic axis can show, in days. */
const SHORTEST = 0.1;

export function ReturnCurve({ thresholds }: { thresholds: Thresholds }) {
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const names = useNames();
  const lifecycle = useLifecycle();
  const states = lifecycle.data?.states;
  const option = useMemo(() => {
    const marks = thresholds.proposals.flatMap(({ state, gap_days }) => {
      if (gap_days === null || gap_days < SHORTEST) return [];
      const name = names.state(states?.find(({ key }) => key === state) ?? { key: state, name: state });
      return [{ xAxis: gap_days, lineStyle: { color: stateColour(state), width: 2, type: 'solid' }, label: { formatter: name, color: look.ink, position: 'end', distance: 4 } }];
    });
    const points = thresholds.curve.filter((point) => point.gap_days >= SHORTEST);
    return {
      ...look.base,
      grid: { ...(look.base.grid as object), top: 34, bottom: 44 },
      tooltip: {
        ...(look.base.tooltip as object),
        formatter: ([point]: { data: [number, number] }[]) =>
          point ? t('thresholds.tip', { days: format.count(Math.round(point.data[0] * 10) / 10), chance: format.percent(point.data[1]) }) : '',
      },
      xAxis: {
        type: 'log',
        inverse: look.rtl,
        min: points[0]?.gap_days ?? SHORTEST,
        max: 'dataMax',
        name: t('thresholds.axis'),
        nameLocation: 'middle',
        nameGap: 28,
        nameTextStyle: { color: look.dim },
        axisLabel: { color: look.dim, formatter: (days: number) => format.count(Math.round(days * 10) / 10) },
        axisLine: { lineStyle: { color: look.line } },
        splitLine: { lineStyle: { color: look.line } },
      },
      yAxis: { ...look.valueAxis((share) => format.percent(share, 0)), min: 0, max: 1, interval: 0.25 },
      series: [{
        type: 'line',
        data: points.map((point) => [point.gap_days, point.return_probability]),
        showSymbol: false,
        color: look.accent,
        lineStyle: { width: 2.5 },
        areaStyle: { opacity: 0.08 },
        markLine: { symbol: 'none', silent: true, data: marks },
      }],
    };
  }, [thresholds, look, format, names.state, states, t]);
  return (
    <div>
      <Chart option={option} height={280} label={t('thresholds.chart', { horizon: thresholds.horizon })} />
      <NumbersTable
        caption={t('thresholds.title')}
        columns={[t('thresholds.axis'), t('thresholds.level')]}
        rows={thresholds.curve.map((point) => [format.count(Math.round(point.gap_days * 100) / 100), format.percent(point.return_probability)])}
      />
    </div>
  );
}
