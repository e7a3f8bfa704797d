// Everything that failed and that the filters show, sent again after being asked once more.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type DeliveryFilter, outreach } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Notice } from '../../components/Notice';
import { useFormat } from '../../lib/format';
import { useOutreachNames } from '../../lib/outreach';

export function RetryAll({ filter }: { filter: DeliveryFilter }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useOutreachNames();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const { state: _state, ...wish } = filter;
  const narrowed = Object.values(wish).some(Boolean);
  const retry = useMutation({
    mutationFn: () => outreach.retryAll(wish),
    onSuccess: async () => {
      setAsked(false);
      await queries.invalidateQueries({ queryKey: ['deliveries'] });
    },
  });
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button size="compact-sm" variant="light" leftSection={<IconRefresh size={14} />} disabled={!narrowed} onClick={() => setAsked(true)} data-retry-all>{t('retry.all')}</Button>
        <Text size="xs" c="dimmed">{narrowed ? t('retry.lead') : t('retry.narrow')}</Text>
      </Group>
      {retry.data && (
        <Notice color={retry.data.retried > 0 ? 'teal' : 'gray'} role="status" data-retried={retry.data.retried}>
          {t('retry.done', { shown: format.count(retry.data.retried) })}
          {retry.data.refused.map(({ reason, count }) => <Text key={reason} size="sm">{t('retry.refused', { reason: words.refusal(reason), shown: format.count(count) })}</Text>)}
          {retry.data.more && <Text size="sm">{t('retry.more')}</Text>}
        </Notice>
      )}
      {asked && (
        <Modal opened onClose={() => setAsked(false)} title={t('retry.ask')} closeButtonProps={{ 'aria-label': t('common.close') }}>
          <Stack>
            <Text size="sm">{t('retry.askLead')}</Text>
            {retry.isError && <ErrorPanel error={retry.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setAsked(false)}>{t('common.cancel')}</Button>
              <Button loading={retry.isPending} onClick={() => retry.mutate()} data-retry-confirm>{t('retry.again')}</Button>
            </Group>
          </Stack>
        </Modal>
      )}
    </Stack>
  );
}
