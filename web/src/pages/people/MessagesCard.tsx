// Messages to a person, newest first, each with its reason.

import { Button, Group, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { deliveriesPath } from '../../lib/outreach';
import { useParam } from '../../lib/params';
import { DeliveryTable } from '../deliveries/DeliveryTable';
import { useCampaignNames, useDeliveries } from '../deliveries/useDeliveries';

const DeliveryDrawer = lazy(() => import('../deliveries/DeliveryDrawer'));

const SHOWN = 20;

export default function MessagesCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const names = useCampaignNames();
  const [open, setOpen] = useParam('delivery', null, '');
  const { query, deliveries, showMore } = useDeliveries({ user: id }, SHOWN);
  return (
    <Section title={t('deliveries.messages')} actions={deliveries.length > 0 && <AppLink to={deliveriesPath({ user: id })} size="sm">{t('deliveries.all')}</AppLink>}>
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {query.data && deliveries.length === 0 && <Text size="sm" c="dimmed">{t('deliveries.noneToPerson')}</Text>}
      {deliveries.length > 0 && <DeliveryTable deliveries={deliveries} names={names} onOpen={setOpen} ofPerson />}
      {showMore && <Group justify="center" mt="md"><Button variant="default" loading={query.isPlaceholderData} onClick={showMore}>{t('common.loadMore')}</Button></Group>}
      {open && <Suspense fallback={null}><DeliveryDrawer id={open} names={names} onClose={() => setOpen('')} /></Suspense>}
    </Section>
  );
}
