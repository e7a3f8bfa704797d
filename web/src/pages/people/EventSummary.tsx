// How often a person did what, and when last.

import { Badge, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { User } from '../../api/types';
import { Section } from '../../components/Page';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';

export function EventSummary({ user }: { user: User }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t('person.summary')}>
      <Table verticalSpacing={6} aria-label={t('person.summary')}>
        <Table.Tbody>
          {user.summary.map((event) => (
            <Table.Tr key={event.event}>
              <Table.Th scope="row" px={0} fw={500}>
                {event.event}
                {event.derived && <Badge ms={8} size="xs" variant="light" color="gray" tt="none" title={t('person.derivedTitle')}>{t('person.derived')}</Badge>}
                <Text size="xs" c="dimmed" fw={400}>{t('person.last')} <When at={event.last_at} dateOnly /></Text>
              </Table.Th>
              <Table.Td px={0} ta="end" fw={600} className="numbers">{format.count(event.count)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
