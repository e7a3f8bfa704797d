// Differences as points with their intervals, and zero as a line: an interval that crosses it tells
// nothing yet.

import { useDirection } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../../lib/format';
import classes from './IntervalPlot.module.css';
import { scaleOf } from './scale';

interface Row {
  key: string;
  label: string;
  value: number;
  low: number;
  high: number;
  significant: boolean;
  /** Whether more is a loss. */
  unwanted?: boolean;
}

const NAMES = 130;
const WIDTH = 720;
const ROW = 34;
const TOP = 10;
const AXIS = 26;

interface Props {
  rows: Row[];
  /** What the differences are against, if not control. */
  caption?: string | undefined;
}

export function IntervalPlot({ rows, caption }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const rtl = useDirection().dir === 'rtl';
  const scale = scaleOf(rows.flatMap(({ low, high, value }) => [low, high, value]));
  const height = TOP + rows.length * ROW + AXIS;
  const plot = WIDTH - NAMES - 24;
  // Greater is to the right in every direction of reading; only the names change sides.
  const x = (value: number) => (rtl ? 12 : NAMES) + scale.at(value) * plot;
  const points = (value: number) => format.change(Math.round(value * 10_000) / 100);
  const label = rows.map((row) => t('effect.rowLabel', { arm: row.label, value: points(row.value), low: points(row.low), high: points(row.high) })).join('; ');
  return (
    <figure style={{ margin: 0 }}>
      <div className={classes.scroll} role="region" aria-label={t('effect.plot')} tabIndex={0}>
        <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label} className={classes.plot} direction="ltr">
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line x1={x(tick)} x2={x(tick)} y1={TOP} y2={height - AXIS} className={tick === 0 ? classes.zero : classes.grid} />
              <text x={x(tick)} y={height - 8} textAnchor="middle" className={classes.tick}>{points(tick)}</text>
            </g>
          ))}
          {rows.map((row, at) => {
            const y = TOP + at * ROW + ROW / 2;
            const tone = !row.significant ? classes.open : row.value > 0 !== (row.unwanted ?? false) ? classes.more : classes.less;
            return (
              <g key={row.key} className={tone} data-interval={row.key}>
                <text x={rtl ? WIDTH - 4 : 4} y={y + 4} textAnchor={rtl ? 'end' : 'start'} className={classes.name}>{row.label}</text>
                <line x1={x(row.low)} x2={x(row.high)} y1={y} y2={y} className={classes.bar} />
                {[row.low, row.high].map((end) => <line key={end} x1={x(end)} x2={x(end)} y1={y - 6} y2={y + 6} className={classes.bar} />)}
                <circle cx={x(row.value)} cy={y} r={6} className={classes.point} />
              </g>
            );
          })}
        </svg>
      </div>
      <figcaption className={classes.caption}>{caption ?? t('effect.caption')}</figcaption>
    </figure>
  );
}
