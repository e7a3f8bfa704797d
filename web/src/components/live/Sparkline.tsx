// Who came (up) and went (down), minute by minute over the last hour. Time runs from left to right in
// every language, as on all charts.

import { useTranslation } from 'react-i18next';
import type { LiveFlow } from '../../api/types';
import { useFormat } from '../../lib/format';

const BAR = 3;
const HALF = 14;

export function Sparkline({ minutes, width }: { minutes: LiveFlow[]; width?: number | string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const most = Math.max(1, ...minutes.flatMap(({ entered, left }) => [entered, left]));
  const sum = (pick: (flow: LiveFlow) => number) => minutes.reduce((total, flow) => total + pick(flow), 0);
  // A single person still shows.
  const height = (n: number) => (n === 0 ? 0 : Math.max(1.5, (n / most) * (HALF - 1)));
  return (
    <svg
      role="img"
      aria-label={t('live.spark', { entered: format.count(sum(({ entered }) => entered)), left: format.count(sum(({ left }) => left)) })}
      viewBox={`0 0 ${60 * BAR} ${2 * HALF}`}
      width={width ?? '100%'}
      height={2 * HALF}
      preserveAspectRatio="none"
      style={{ display: 'block' }}
    >
      <line x1={0} x2={60 * BAR} y1={HALF} y2={HALF} stroke="var(--hairline)" vectorEffect="non-scaling-stroke" />
      {minutes.map(({ entered, left }, at) => (
        // Minutes have no other name than their place.
        <g key={at}>
          <rect x={at * BAR + 0.5} width={BAR - 1} y={HALF - height(entered)} height={height(entered)} fill="var(--good)" />
          <rect x={at * BAR + 0.5} width={BAR - 1} y={HALF} height={height(left)} fill="var(--bad)" />
        </g>
      ))}
    </svg>
  );
}
