// Erasing a person, after seeing what goes, and writing the id once more.

import { Alert, Button, Checkbox, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Query } from '../../components/Query';
import { useFormat } from '../../lib/format';
import { Facts } from './Facts';
import { useErase, useErasePreview } from './privacyQueries';

export function EraseDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const preview = useErasePreview(id);
  const erase = useErase(id, () => void navigate('/settings'));
  const [typed, setTyped] = useState('');
  const [suppress, setSuppress] = useState(false);
  return (
    <Modal opened onClose={onClose} title={t('privacy.eraseTitle', { id })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Query query={preview} height={160}>
        {(covered) => (
          <form onSubmit={(event) => {
            event.preventDefault();
            if (typed === id) erase.mutate(suppress);
          }}>
            <Stack>
              <Text size="sm">{t('privacy.eraseLead')}</Text>
              <Facts
                label={t('privacy.covers')}
                rows={[
                  [t('privacy.ids'), covered.identity.persons.flatMap((person) => [...person.user_ids, ...person.anonymous_ids, ...person.identities.map(({ value }) => value)]).join(', ')],
                  [t('activity.events'), format.count(covered.events)],
                  [t('privacy.changes'), format.count(covered.attribute_changes)],
                ]}
              />
              {covered.backups.length > 0 && (
                <Alert color="yellow" title={t('privacy.backups')}>
                  {covered.backups.map(({ folder, made_at }) => <Text key={folder} size="sm" style={{ overflowWrap: 'anywhere' }}>{folder} ({format.date(made_at)})</Text>)}
                </Alert>
              )}
              {covered.segments.length > 0 && <Alert color="yellow" title={t('privacy.named')}>{covered.segments.join(', ')}</Alert>}
              <Checkbox label={t('privacy.alsoSuppress')} checked={suppress} onChange={(event) => setSuppress(event.currentTarget.checked)} />
              <TextInput label={t('privacy.confirm', { id })} value={typed} autoComplete="off" onChange={(event) => setTyped(event.currentTarget.value)} />
              {erase.isError && <ErrorPanel error={erase.error} />}
              <Group justify="flex-end">
                <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
                <Button type="submit" color="red.8" disabled={typed !== id} loading={erase.isPending}>{t('privacy.erase')}</Button>
              </Group>
            </Stack>
          </form>
        )}
      </Query>
    </Modal>
  );
}
