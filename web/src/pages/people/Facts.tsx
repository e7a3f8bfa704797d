// Names and values in two columns.

import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

export function Facts({ label, rows }: { label: string; rows: [string, ReactNode][] }) {
  return (
    <Table verticalSpacing={6} aria-label={label} layout="fixed" className="facts">
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={400} c="dimmed" px={0} style={{ overflowWrap: 'anywhere' }}>{name}</Table.Th>
            <Table.Td px={0} ta="end" style={{ overflowWrap: 'anywhere' }} className="numbers">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
