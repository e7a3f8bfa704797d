// Shows what would change, state by state, before anything does.

import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { StateDefinition } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { StateBadge } from '../../components/StateBadge';

interface Props {
  before: StateDefinition[];
  /** The new definitions; null: the dialog is closed. */
  after: StateDefinition[] | null;
  onClose: () => void;
  onSaved: () => void;
}

export function ReviewDefinitions({ before, after, onClose, onSaved }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (states: StateDefinition[]) => body(client.PUT('/api/lifecycle/definition', { body: { states } })),
    onSuccess: async () => {
      await queries.invalidateQueries();
      onClose();
      onSaved();
    },
  });
  const old = (key: string) => before.find((state) => state.key === key);
  const changed = after?.filter((state) => state.definition !== old(state.key)?.definition || state.name !== old(state.key)?.name);
  return (
    <Modal opened={after !== null} onClose={onClose} size="lg" title={t('lifecycle.reviewTitle')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm" c="dimmed">{t('lifecycle.reviewLead')}</Text>
        {changed?.length === 0 && <Text size="sm">{t('lifecycle.nothing')}</Text>}
        {changed?.map((state) => (
          <Stack key={state.key} gap={6}>
            <StateBadge of={state} fw={600} />
            <Text size="xs" c="dimmed">{t('lifecycle.before')}</Text>
            <div className="definition" style={{ opacity: 0.85 }}>{old(state.key)?.definition ?? '–'}</div>
            <Text size="xs" c="dimmed">{t('lifecycle.after')}</Text>
            <div className="definition" style={{ borderColor: 'var(--mantine-primary-color-filled)' }}>{state.definition}</div>
          </Stack>
        ))}
        {save.isError && <ErrorPanel error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button loading={save.isPending} disabled={!changed?.length} onClick={() => after && save.mutate(after)}>{t('lifecycle.apply')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
