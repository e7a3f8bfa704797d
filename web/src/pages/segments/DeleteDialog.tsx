// Deleting a segment, after seeing whom and what it concerns.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { body, client } from '../../api/client';
import type { Segment } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { UsedIn } from './UsedIn';

interface Props {
  segment: Segment;
  opened: boolean;
  onClose: () => void;
}

export function DeleteDialog({ segment, opened, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const links = useLinks();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => body(client.DELETE('/api/segments/{id}', { params: { path: { id: segment.id } } })),
    onSuccess: async () => {
      await navigate(links.to('/segments'));
      queries.removeQueries({ queryKey: ['segment', segment.id] });
      await queries.invalidateQueries({ queryKey: ['segments'] });
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title={t('segment.deleteTitle', { name: segment.name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('segment.deleteLead', { count: segment.count ?? 0, shown: format.count(segment.count ?? 0) })}</Text>
        {segment.used_in.length > 0 && <Group gap="xs"><Text size="sm">{t('segments.usedIn')}:</Text><UsedIn segment={segment} /></Group>}
        {remove.isError && <ErrorPanel error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('segment.delete')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
