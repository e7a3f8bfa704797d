// Colours, fonts and mirroring of charts. ECharts knows nothing of right-to-left pages: the x axis
// is inverted and the y axis moved to the right by hand.

import { useComputedColorScheme, useDirection } from '@mantine/core';
import { useMemo } from 'react';

export interface ChartLook {
  rtl: boolean;
  ink: string;
  dim: string;
  line: string;
  surface: string;
  accent: string;
  /** Options common to all charts. */
  base: Record<string, unknown>;
  categoryAxis: (labels: string[]) => Record<string, unknown>;
  valueAxis: (formatter: (value: number) => string) => Record<string, unknown>;
}

export function useChartLook(): ChartLook {
  const dark = useComputedColorScheme('light') === 'dark';
  const { dir } = useDirection();
  return useMemo(() => makeLook(dark, dir === 'rtl'), [dark, dir]);
}

function makeLook(dark: boolean, rtl: boolean): ChartLook {
  const ink = dark ? '#dfe5e8' : '#1f2a30';
  const dim = dark ? '#a3adb3' : '#5b6670';
  const line = dark ? '#2c3335' : '#e9eeee';
  const surface = dark ? '#1b2022' : '#ffffff';
  const text = { color: dim, fontSize: 12 };
  return {
    rtl,
    ink,
    dim,
    line,
    surface,
    accent: dark ? '#2fa08c' : '#0f766e',
    base: {
      // Live pages redraw every few seconds; movement would only distract.
      animation: false,
      textStyle: { fontFamily: '"Inter Variable", "Noto Sans Arabic Variable", system-ui, sans-serif' },
      // The margins hold the labels; the library's own estimate halves the plot on a mirrored axis.
      grid: { top: 12, bottom: 28, left: 48, right: 48, [rtl ? 'left' : 'right']: 12, outerBoundsMode: 'none' },
      tooltip: {
        trigger: 'axis',
        confine: true,
        backgroundColor: surface,
        borderColor: line,
        textStyle: { color: ink, fontSize: 12, align: rtl ? 'right' : 'left' },
        extraCssText: `direction:${rtl ? 'rtl' : 'ltr'};border-radius:8px;box-shadow:0 4px 16px #0002`,
      },
    },
    categoryAxis: (labels) => ({
      type: 'category',
      data: labels,
      inverse: rtl,
      boundaryGap: false,
      axisLine: { lineStyle: { color: line } },
      axisTick: { show: false },
      axisLabel: { ...text, hideOverlap: true },
    }),
    valueAxis: (formatter) => ({
      type: 'value',
      position: rtl ? 'right' : 'left',
      splitNumber: 3,
      axisLabel: { ...text, formatter },
      splitLine: { lineStyle: { color: line } },
    }),
  };
}
