// Lets people into a journey that is entered by requests: ids are pasted, and what became of them is told.

import { Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from '../../components/ErrorPanel';
import { useFormat } from '../../lib/format';
import { Facts } from '../people/Facts';
import { journeys, useForgetJourneys } from './api';
import { idsIn, USERS_MAX } from './model/ids';
import type { Journey } from './types';

/** Unknown ids that are shown. */
const SHOWN = 20;

/** `randomUUID` is not there on pages without TLS. */
const newRequest = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export function EnterDialog({ journey, onClose }: { journey: Journey; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const forget = useForgetJourneys();
  const [text, setText] = useState('');
  // The same list sent again, as after a lost answer, lets nobody in twice; another list is another request.
  const [request, setRequest] = useState(newRequest);
  const users = idsIn(text);
  const tooMany = users.length > USERS_MAX;
  const enter = useMutation({
    mutationFn: () => journeys.enter(journey.id, { users, request }),
    onSuccess: () => forget(journey.id),
  });
  const write = (next: string) => {
    setText(next);
    setRequest(newRequest());
    enter.reset();
  };
  return (
    <Modal opened onClose={onClose} title={t('letIn.title', { name: journey.definition.name })} size="lg" closeButtonProps={{ 'aria-label': t('common.close') }} data-enter>
      <Stack>
        <Text size="sm">{t('letIn.lead', { shown: format.count(USERS_MAX) })}</Text>
        <Textarea label={t('letIn.ids')} autosize minRows={5} maxRows={14} value={text} onChange={(event) => write(event.currentTarget.value)} error={tooMany ? t('letIn.tooMany', { shown: format.count(users.length), most: format.count(USERS_MAX) }) : undefined} styles={{ input: { fontFamily: 'monospace' } }} spellCheck={false} data-autofocus />
        {enter.isError && <ErrorPanel error={enter.error} />}
        {enter.data && (
          <div role="status" data-entered={enter.data.entered}>
            <Facts
              label={t('letIn.result')}
              rows={[
                [t('numbers.entered'), format.count(enter.data.entered)],
                [t('numbers.control'), format.count(enter.data.held_out)],
                [t('letIn.refused'), format.count(enter.data.refused)],
                [t('letIn.unknown'), format.count(enter.data.unknown.length)],
              ]}
            />
            {enter.data.refused > 0 && <Text size="xs" c="dimmed">{t('letIn.refusedLead')}</Text>}
            {enter.data.unknown.length > 0 && <Text size="sm" mt="xs" style={{ overflowWrap: 'anywhere' }} data-unknown><bdi>{enter.data.unknown.slice(0, SHOWN).join(', ')}</bdi>{enter.data.unknown.length > SHOWN && ` ${t('common.more', { shown: format.count(enter.data.unknown.length - SHOWN) })}`}</Text>}
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{enter.data ? t('common.close') : t('common.cancel')}</Button>
          <Button disabled={users.length === 0 || tooMany || enter.isSuccess} loading={enter.isPending} onClick={() => enter.mutate()}>{t('letIn.do', { shown: format.count(users.length) })}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
