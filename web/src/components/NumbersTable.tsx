// The numbers behind a chart, folded away until someone asks.

import { Button, Table } from '@mantine/core';
import { useDisclosure, useId } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { Scroll } from './Scroll';

interface Props {
  caption: string;
  columns: string[];
  rows: string[][];
}

export function NumbersTable({ caption, columns, rows }: Props) {
  const { t } = useTranslation();
  const [open, { toggle }] = useDisclosure(false);
  const id = useId();
  return (
    <>
      <Button variant="subtle" color="gray" size="compact-xs" fw={500} c="dimmed" mt={6} onClick={toggle} aria-expanded={open} aria-controls={id}>
        {open ? t('common.hideNumbers') : t('common.showNumbers')}
      </Button>
      <div id={id}>
        {open && (
          <Scroll label={caption} maxHeight={280}>
            <Table verticalSpacing={4} stickyHeader className="numbers" aria-label={caption}>
              <Table.Thead>
                <Table.Tr>{columns.map((column) => <Table.Th key={column} scope="col">{column}</Table.Th>)}</Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.toReversed().map((row) => (
                  <Table.Tr key={row[0]}>{row.map((cell, at) => <Table.Td key={columns[at]}>{cell}</Table.Td>)}</Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Scroll>
        )}
      </div>
    </>
  );
}
