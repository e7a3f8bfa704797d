// A chart that is loaded when it is first needed. It takes a description in words; the numbers
// themselves stand in a table near it, which the caller provides.

import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { EChartProps } from './EChart';

const EChart = lazy(() => import('./EChart'));

export function Chart(props: EChartProps) {
  return (
    <Suspense fallback={<Skeleton height={props.height} radius="md" />}>
      <EChart {...props} />
    </Suspense>
  );
}
