// Discarding an event, after seeing what goes.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { SchemaEvent } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { useFormat } from '../../lib/format';
import { useDiscardEvent } from './queries';

export function DiscardDialog({ event, opened, onClose }: { event: SchemaEvent; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const discard = useDiscardEvent(event.name, onClose);
  const count = event.seen?.count ?? 0;
  return (
    <Modal opened={opened} onClose={onClose} title={t('data.discardTitle', { name: event.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('data.discardLead', { shown: format.count(count) })}</Text>
        {!event.unused && <Text size="sm" fw={600}>{t('data.discardUsed')}</Text>}
        {discard.isError && <ErrorPanel error={discard.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button color="red.8" loading={discard.isPending} onClick={() => discard.mutate()}>{t('data.discard')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
