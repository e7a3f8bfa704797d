// Flows between the same groups at two instants: from on the reading side's start, to on its end.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Key } from '../../api/types';
import { useFormat } from '../../lib/format';
import { Chart } from './Chart';
import { useChartLook } from './useChartLook';

interface Props {
  keys: Key[];
  matrix: number[][];
  name: (key: Key) => string;
  colour: (key: string) => string;
  height?: number;
  onPick?: (from: Key, to: Key) => void;
}

interface Link {
  source: string;
  target: string;
  value: number;
  from: number;
  to: number;
}

const FEWEST_FOR_LABEL = 0.012;

export function SankeyChart({ keys, matrix, name, colour, height = 340, onPick }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const option = useMemo(() => {
    const links: Link[] = [];
    matrix.forEach((row, from) => row.forEach((value, to) => {
      const none = (at: number) => keys[at]?.key === 'none' || keys[at]?.key === 'inactive';
      if (value === 0 || (none(from) && none(to))) return;
      // A chart cannot be mirrored, so right to left the later side is drawn first.
      const ends = look.rtl ? [`t${to}`, `f${from}`] : [`f${from}`, `t${to}`];
      links.push({ source: ends[0]!, target: ends[1]!, value, from, to });
    }));
    const total = links.reduce((sum, link) => sum + link.value, 0);
    const side = (prefix: 'f' | 't', of: 'from' | 'to') => keys.flatMap((key, at) => {
      const value = links.filter((link) => link[of] === at).reduce((sum, link) => sum + link.value, 0);
      if (value === 0) return [];
      const left = (prefix === 'f') !== look.rtl;
      return [{
        name: `${prefix}${at}`,
        itemStyle: { color: colour(key.key), borderWidth: 0 },
        label: {
          show: value / total > FEWEST_FOR_LABEL,
          position: left ? 'right' : 'left',
          formatter: `${name(key)}  {n|${format.count(value)}}`,
        },
      }];
    });
    const read = (id: string) => name(keys[Number(id.slice(1))]!);
    return {
      ...look.base,
      tooltip: {
        ...(look.base.tooltip as object),
        trigger: 'item',
        formatter: ({ dataType, data, name: id, value }: { dataType: string; data: Link; name: string; value: number }) =>
          dataType === 'edge'
            ? `${read(`f${data.from}`)} ${look.rtl ? '←' : '→'} ${read(`t${data.to}`)}<br><b>${format.count(data.value)}</b>`
            : `${read(id)}<br><b>${format.count(value)}</b>`,
      },
      series: [{
        type: 'sankey',
        left: 4,
        right: 4,
        top: 8,
        bottom: 8,
        nodeWidth: 10,
        nodeGap: 10,
        layoutIterations: 0,
        draggable: false,
        label: { color: look.ink, fontSize: 12, textBorderColor: look.surface, textBorderWidth: 3, rich: { n: { color: look.dim, fontSize: 12 } } },
        lineStyle: { color: look.rtl ? 'source' : 'target', opacity: 0.28, curveness: 0.5 },
        emphasis: { focus: 'adjacency', lineStyle: { opacity: 0.5 } },
        data: [...side('f', 'from'), ...side('t', 'to')],
        links,
      }],
    };
  }, [keys, matrix, look, format, name, colour]);

  return (
    <Chart
      option={option}
      height={height}
      label={t('transitions.chart')}
      onPick={(data) => {
        const { from, to } = data as Partial<Link>;
        if (from !== undefined && to !== undefined) onPick?.(keys[from]!, keys[to]!);
      }}
    />
  );
}
