// Separating a person that was joined by mistake.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from '../../components/ErrorPanel';
import { useSeparate } from './identityQueries';

export function SeparateDialog({ id, person, onClose }: { id: string; person: string; onClose: () => void }) {
  const { t } = useTranslation();
  const separate = useSeparate(id, onClose);
  return (
    <Modal opened onClose={onClose} title={t('identity.separateTitle', { id: person })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('identity.separateLead')}</Text>
        {separate.isError && <ErrorPanel error={separate.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button loading={separate.isPending} onClick={() => separate.mutate(person)}>{t('identity.separate')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
