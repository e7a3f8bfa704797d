// Some of the people of a backtest, ten at a time.

import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFew } from '../Few';
import { Section } from '../Page';

interface Props<T> {
  lead: string;
  all: T[];
  id: (one: T) => string;
  row: (one: T) => ReactNode;
}

export function People<T>({ lead, all, id, row }: Props<T>) {
  const { t } = useTranslation();
  const { shown, holder, more } = useFew(all);
  if (all.length === 0) return null;
  return (
    <Section title={t('backtest.sample')} lead={lead}>
      <Stack ref={holder} gap="md">{shown.map((one) => <div key={id(one)} data-person>{row(one)}</div>)}</Stack>
      {more}
    </Section>
  );
}
