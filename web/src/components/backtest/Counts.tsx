// Counts by reason, most first; where there are many, the rest is one row with its sum until somebody asks.

import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../../lib/format';
import { foldedReasons } from './reasons';

interface Props {
  title: string;
  counts: Record<string, number>;
  name: (reason: string) => ReactNode;
}

export function Counts({ title, counts, name }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [all, { toggle }] = useDisclosure(false);
  const folds = foldedReasons(counts, false).others !== null;
  const { shown, others } = foldedReasons(counts, all);
  return (
    <>
      <Table verticalSpacing={4} maw={480} className="numbers" aria-label={title}>
        <Table.Tbody>
          {shown.map(([reason, n]) => <Table.Tr key={reason}><Table.Th scope="row" fw={450}>{name(reason)}</Table.Th><Table.Td ta="end">{format.count(n)}</Table.Td></Table.Tr>)}
          {others && <Table.Tr><Table.Th scope="row" fw={450} c="dimmed">{t('backtest.otherReasons', { shown: format.count(others.reasons) })}</Table.Th><Table.Td ta="end">{format.count(others.n)}</Table.Td></Table.Tr>}
        </Table.Tbody>
      </Table>
      {folds && <Button size="compact-xs" variant="subtle" color="gray" c="dimmed" fw={500} mt={4} aria-expanded={all} onClick={toggle}>{all ? t('backtest.fewReasons') : t('backtest.allReasons')}</Button>}
    </>
  );
}
