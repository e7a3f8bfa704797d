// Rows of people.

import { Badge, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { UserRow } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { Scroll } from '../../components/Scroll';

const ATTRIBUTES_SHOWN = 3;

export function PeopleTable({ users }: { users: UserRow[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Scroll label={t('people.title')} minWidth={720}>
      <Table highlightOnHover aria-label={t('people.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('people.person')}</Table.Th>
            <Table.Th scope="col">{t('people.state')}</Table.Th>
            <Table.Th scope="col" ta="end">{t('people.events')}</Table.Th>
            <Table.Th scope="col">{t('people.firstSeen')}</Table.Th>
            <Table.Th scope="col">{t('people.lastSeen')}</Table.Th>
            <Table.Th scope="col">{t('people.attributes')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {users.map((user) => (
            <Table.Tr key={user.id}>
              <Table.Th scope="row">
                <AppLink to={`/people/${encodeURIComponent(user.id)}`} size="sm" fw={550} style={{ overflowWrap: 'anywhere' }}>{user.id}</AppLink>
                {!user.known && <Badge ms={8} size="xs" variant="default">{t('people.anonymous')}</Badge>}
              </Table.Th>
              <Table.Td>{user.state ? <StateBadge of={user.state} /> : <Text size="sm" c="dimmed">{t('states.none')}</Text>}</Table.Td>
              <Table.Td ta="end" className="numbers">{format.count(user.events)}</Table.Td>
              <Table.Td><When at={user.first_seen_at} dateOnly /></Table.Td>
              <Table.Td><When at={user.last_seen_at} dateOnly /></Table.Td>
              <Table.Td>
                <Text size="xs" c="dimmed" lineClamp={1}>
                  {Object.entries(user.attributes).slice(0, ATTRIBUTES_SHOWN).map(([name, value]) => `${name}: ${format.value(value)}`).join(' · ') || '–'}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scroll>
  );
}

export function PeopleSkeleton() {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" role="status" aria-label={t('common.loading')}>
      {[...'12345678'].map((row) => <Skeleton key={row} height={22} />)}
    </Stack>
  );
}
