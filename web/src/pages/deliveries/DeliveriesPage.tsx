// All messages: to whom, of which campaign, how far they came and why not further. Filters stand in the
// address.

import { Button, Group, NativeSelect, Paper, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useSearchParams } from 'react-router';
import { CHANNELS } from '../../api/outreach';
import { AppLink } from '../../components/AppLink';
import { EmptyState } from '../../components/EmptyState';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Page } from '../../components/Page';
import { useRested } from '../../lib/debounce';
import { STATES, useOutreachNames } from '../../lib/outreach';
import { REASON_CODES } from '../../lib/reasonCodes.gen';
import { DeliveryTable } from './DeliveryTable';
import { RetryAll } from './RetryAll';
import { useCampaignNames, useDeliveries } from './useDeliveries';

const DeliveryDrawer = lazy(() => import('./DeliveryDrawer'));

const PAGE = 100;

export default function DeliveriesPage() {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const names = useCampaignNames();
  const get = (name: string) => params.get(name) ?? undefined;
  const filter = { campaign: get('campaign'), user: get('user'), state: get('state'), channel: get('channel'), reason: get('reason') };
  const set = (name: string, value: string | null) =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    }, { replace: true });
  const filtered = Object.values(filter).some(Boolean);
  const { query, deliveries, showMore } = useDeliveries(filter, PAGE);
  const open = get('delivery');
  return (
    <Page title={t('deliveries.title')} lead={t('deliveries.lead')}>
      <Paper>
        <Stack>
          <Filters filter={filter} set={set} names={names} />
          {filter.state === 'failed' && <RetryAll filter={filter} />}
          {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
          {query.isPending && <Skeleton height={200} radius="md" />}
          {query.data && deliveries.length === 0 && (filtered ? <Text size="sm" c="dimmed">{t('deliveries.noMatch')}</Text> : (
            <EmptyState title={t('deliveries.empty')}><Text size="sm" c="dimmed" ta="center">{t('deliveries.emptyLead')} <AppLink to="/campaigns" size="sm" underline="always">{t('campaigns.title')}</AppLink></Text></EmptyState>
          ))}
          {deliveries.length > 0 && <DeliveryTable deliveries={deliveries} names={names} onOpen={(id) => set('delivery', id)} />}
          {showMore && <Group justify="center"><Button variant="default" loading={query.isFetchingNextPage} onClick={showMore} data-more>{t('common.loadMore')}</Button></Group>}
        </Stack>
      </Paper>
      {open && <Suspense fallback={null}><DeliveryDrawer id={open} names={names} onClose={() => set('delivery', null)} /></Suspense>}
    </Page>
  );
}

interface FiltersProps {
  filter: Record<'campaign' | 'user' | 'state' | 'channel' | 'reason', string | undefined>;
  set: (name: string, value: string | null) => void;
  names: Map<string, string>;
}

function Filters({ filter, set, names }: FiltersProps) {
  const { t } = useTranslation();
  const words = useOutreachNames();
  const { pathname } = useLocation();
  const [user, setUser] = useState(filter.user ?? '');
  const rested = useRested(user, 300);
  useEffect(() => {
    // This page stays on the screen until the next one is loaded: it must not call anybody back.
    const left = window.location.pathname !== pathname;
    if (!left && rested.trim() !== (filter.user ?? '')) set('user', rested.trim());
    // Only what is written sets the address; the address does not write the field.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rested]);
  const choice = (name: 'campaign' | 'state' | 'channel' | 'reason', any: string, options: { value: string; label: string }[]) => {
    const value = filter[name] ?? '';
    const known = value === '' || options.some((option) => option.value === value);
    return (
      <NativeSelect
        aria-label={any}
        maw={220}
        value={value}
        onChange={(event) => set(name, event.currentTarget.value)}
        data={[{ value: '', label: any }, ...options, ...(known ? [] : [{ value, label: name === 'reason' ? words.reason(value) : value }])]}
      />
    );
  };
  return (
    <Group gap="sm">
      <TextInput data-search type="search" style={{ flex: '1 1 200px' }} maw={320} aria-label={t('deliveries.searchUser')} placeholder={t('deliveries.searchUser')} leftSection={<IconSearch size={16} />} value={user} onChange={(event) => setUser(event.currentTarget.value)} />
      {choice('campaign', t('deliveries.anyCampaign'), [...names].map(([value, label]) => ({ value, label })))}
      {choice('state', t('deliveries.anyState'), STATES.map((value) => ({ value, label: words.state(value) })))}
      {choice('channel', t('deliveries.anyChannel'), CHANNELS.map((value) => ({ value, label: words.channel(value) })))}
      {choice('reason', t('deliveries.anyReason'), REASON_CODES.map((value) => ({ value, label: words.reason(value) })))}
    </Group>
  );
}
