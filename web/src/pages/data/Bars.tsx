// How often something was in each hour, oldest first. Time runs from left to right in every language,
// as on all charts.

import { useTranslation } from 'react-i18next';
import { useFormat } from '../../lib/format';

interface Props {
  values: number[];
  label: string;
  height?: number;
  wide?: boolean;
}

export function Bars({ values, label, height = 24, wide = false }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const most = Math.max(1, ...values);
  const sum = values.reduce((total, value) => total + value, 0);
  return (
    <svg role="img" aria-label={`${label}: ${t('data.inHours', { shown: format.count(sum), hours: format.count(values.length) })}`} viewBox={`0 0 ${values.length * 4} ${height}`} width={wide ? '100%' : 96} height={height} preserveAspectRatio="none" style={{ display: 'block' }}>
      <line x1={0} x2={values.length * 4} y1={height} y2={height} stroke="var(--hairline)" vectorEffect="non-scaling-stroke" />
      {values.map((value, at) => {
        // One alone still shows.
        const tall = value === 0 ? 0 : Math.max(2, (value / most) * height);
        return <rect key={at} x={at * 4 + 0.5} width={3} y={height - tall} height={tall} fill="var(--bad)" />;
      })}
    </svg>
  );
}
