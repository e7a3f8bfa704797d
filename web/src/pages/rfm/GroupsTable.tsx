// The named groups with their size and worth.

import { Table, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Rfm } from '../../api/types';
import { CountLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { StateBadge } from '../../components/StateBadge';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';
import type { Picked } from './RfmPage';
import { Scroll } from '../../components/Scroll';

interface Props {
  rfm: Rfm;
  onPick: (picked: Picked) => void;
}

export function GroupsTable({ rfm, onPick }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useNames();
  const range = ([low, high]: number[]) => (low === high ? format.count(low!) : `${format.count(low!)}–${format.count(high!)}`);
  return (
    <Section title={t('rfm.groups')} lead={t('rfm.groupsLead')}>
      <Scroll label={t('rfm.groups')} minWidth={720}>
        <Table highlightOnHover aria-label={t('rfm.groups')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('rfm.group')}</Table.Th>
              <Table.Th scope="col">R · F · M</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.users')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.share')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('rfm.orders')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('rfm.revenue')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('rfm.averageRevenue')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="numbers">
            {rfm.groups.map((group) => (
              <Table.Tr key={group.key}>
                <Table.Th scope="row">
                  <UnstyledButton onClick={() => onPick({ title: names.group(group), definition: { type: 'rfm', is: [group.key] } })}>
                    <StateBadge of={group} kind="group" />
                  </UnstyledButton>
                </Table.Th>
                <Table.Td c="dimmed"><span className="keep-ltr">{range(group.r)} · {range(group.f)} · {range(group.m)}</span></Table.Td>
                <Table.Td ta="end" fw={600}>
                  <CountLink filter={{ definition: { type: 'rfm', is: [group.key] } }} label={`${names.group(group)}: ${format.count(group.users)}`}>{format.count(group.users)}</CountLink>
                </Table.Td>
                <Table.Td ta="end">{format.percent(group.share)}</Table.Td>
                <Table.Td ta="end">{format.count(group.orders)}</Table.Td>
                <Table.Td ta="end">{format.amount(group.revenue)}</Table.Td>
                <Table.Td ta="end">{format.amount(group.average_revenue)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
    </Section>
  );
}
