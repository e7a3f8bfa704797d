// Messages as rows; each opens what happened to it and why.

import { Badge, Button, Table, Text, VisuallyHidden } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Delivery } from '../../api/outreach';
import { AppLink } from '../../components/AppLink';
import { Reason } from '../../components/outreach/Reason';
import { MessageState } from '../../components/outreach/StatusBadge';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useOutreachNames } from '../../lib/outreach';

interface Props {
  deliveries: Delivery[];
  names: Map<string, string>;
  onOpen: (id: string) => void;
  /** The person is known from the page around. */
  ofPerson?: boolean;
}

export function DeliveryTable({ deliveries, names, onOpen, ofPerson }: Props) {
  const { t } = useTranslation();
  const words = useOutreachNames();
  return (
    <Scroll label={t('deliveries.title')} minWidth={ofPerson ? 520 : 820}>
      <Table highlightOnHover verticalSpacing={6} aria-label={t('deliveries.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('deliveries.decided')}</Table.Th>
            <Table.Th scope="col">{t('deliveries.state')}</Table.Th>
            {!ofPerson && <Table.Th scope="col">{t('deliveries.user')}</Table.Th>}
            <Table.Th scope="col">{t('deliveries.campaign')}</Table.Th>
            {!ofPerson && <Table.Th scope="col">{t('deliveries.channel')}</Table.Th>}
            <Table.Th scope="col"><VisuallyHidden>{t('deliveries.why')}</VisuallyHidden></Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deliveries.map((delivery) => (
            <Table.Tr key={delivery.id} data-delivery={delivery.id} data-state={delivery.state}>
              <Table.Td><When at={delivery.decided_at} /></Table.Td>
              <Table.Td>
                <MessageState state={delivery.state} />
                {delivery.reason && <Text size="xs" c="dimmed" component="div"><Reason code={delivery.reason} size="xs" /></Text>}
              </Table.Td>
              {!ofPerson && <Table.Td><AppLink to={`/people/${encodeURIComponent(delivery.user)}`} size="sm" style={{ overflowWrap: 'anywhere' }}>{delivery.user}</AppLink></Table.Td>}
              <Table.Td maw={260}>
                <AppLink to={`/campaigns/${encodeURIComponent(delivery.campaign)}`} size="sm" style={{ overflowWrap: 'anywhere' }}>{names.get(delivery.campaign) ?? delivery.campaign}</AppLink>
                {delivery.variant && <Badge ms={6} size="xs" variant="default" tt="none">{delivery.variant}</Badge>}
              </Table.Td>
              {!ofPerson && <Table.Td><Text size="sm">{words.channel(delivery.channel)}</Text></Table.Td>}
              <Table.Td ta="end"><Button size="compact-xs" variant="default" onClick={() => onOpen(delivery.id)}>{t('deliveries.why')}<VisuallyHidden>{` ${delivery.user} ${names.get(delivery.campaign) ?? delivery.campaign}`}</VisuallyHidden></Button></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scroll>
  );
}
