// Who moved from where to where, as a table whose cells lead to those people.

import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Key } from '../api/types';
import { useFormat } from '../lib/format';
import type { PeopleFilter } from '../lib/links';
import { CountLink } from './AppLink';
import { Scroll } from './Scroll';

interface Props {
  keys: Key[];
  matrix: number[][];
  header: (key: Key) => ReactNode;
  name: (key: Key) => string;
  /** The people who went from one to the other. */
  people: (from: Key, to: Key) => PeopleFilter;
  colour: (key: string) => string;
  /** What can be done about those who go from one to the other. */
  action?: ((from: Key, to: Key) => ReactNode) | undefined;
}

export function MatrixTable({ keys, matrix, header, name, people, colour, action }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const shown = keys.map((_, at) => matrix[at]?.some((n) => n > 0) || matrix.some((row) => (row[at] ?? 0) > 0));
  return (
    <Scroll label={t('transitions.table')} minWidth={action ? 700 : 560}>
      <Table verticalSpacing={6} horizontalSpacing={8} aria-label={t('transitions.table')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col" c="dimmed" fw={500} fz="xs">{t('transitions.corner')}</Table.Th>
            {keys.map((key, at) => shown[at] && <Table.Th key={key.key} scope="col">{header(key)}</Table.Th>)}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((from, row) => shown[row] && (
            <Table.Tr key={from.key}>
              <Table.Th scope="row" style={{ whiteSpace: 'nowrap' }}>{header(from)}</Table.Th>
              {keys.map((to, column) => {
                if (!shown[column]) return null;
                const n = matrix[row]?.[column] ?? 0;
                const total = matrix[row]?.reduce((sum, value) => sum + value, 0) ?? 0;
                const strength = total > 0 ? Math.round((n / total) * 26) : 0;
                const background = n > 0 && from.key !== to.key
                  ? `color-mix(in srgb, ${colour(to.key)} ${8 + strength}%, transparent)`
                  : undefined;
                return (
                  <Table.Td key={to.key} style={{ background, ...(action && { whiteSpace: 'nowrap' }) }} className="numbers">
                    {n === 0 ? <span aria-label="0" style={{ opacity: 0.35 }}>·</span> : from.key === 'none' && to.key === 'none' ? format.count(n) : (
                      <CountLink filter={people(from, to)} label={t('transitions.cell', { count: n, shown: format.count(n), from: name(from), to: name(to) })}>
                        {format.count(n)}
                      </CountLink>
                    )}
                    {action?.(from, to)}
                  </Table.Td>
                );
              })}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scroll>
  );
}
