// Draws one ECharts option and keeps it in step with size and data.

import { BarChart, LineChart, SankeyChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';

use([BarChart, LineChart, SankeyChart, AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

export interface EChartProps {
  option: EChartsCoreOption;
  height: number;
  /** What the chart shows, for those who cannot see it. */
  label: string;
  /** Called with the data of what was clicked. */
  onPick?: (data: unknown) => void;
}

export default function EChart({ option, height, label, onPick }: EChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init> | null>(null);
  const pick = useRef(onPick);
  pick.current = onPick;

  useEffect(() => {
    const drawn = init(holder.current!, undefined, { renderer: 'svg' });
    chart.current = drawn;
    drawn.on('click', (event) => pick.current?.(event.data));
    const resized = new ResizeObserver(() => drawn.resize());
    resized.observe(holder.current!);
    return () => {
      resized.disconnect();
      drawn.dispose();
    };
  }, []);

  useEffect(() => chart.current?.setOption(option, { notMerge: true }), [option]);

  return <div ref={holder} role="img" aria-label={label} style={{ height, width: '100%', direction: 'ltr' }} />;
}
