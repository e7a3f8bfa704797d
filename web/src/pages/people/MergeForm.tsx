// Joining another person to this one, after seeing what that would do.

import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { IdentityGraph, IdentityPlan } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { useMerge, usePlan } from './identityQueries';
import { shownIdentity } from './IdentityGraphView';

type Change = IdentityPlan['changes'][number];

function useChangeText() {
  const { t } = useTranslation();
  return (change: Change, user: string): string => {
    switch (change.change) {
      case 'create_user': return t('identity.create_user');
      case 'add_user_id': return t('identity.add_user_id', { user_id: change.user_id, user });
      case 'add_identity': return t('identity.add_identity', { identity: shownIdentity(change.identity), user });
      case 'add_anonymous_id': return t('identity.add_anonymous_id', { anonymous_id: change.anonymous_id, user });
      case 'move_anonymous_id': return t('identity.move_anonymous_id', { anonymous_id: change.anonymous_id, from: change.from, user });
      case 'merge': return t('identity.merge_change', { from: change.from, user });
      case 'claim': return t('identity.claim_change', { identity: shownIdentity(change.identity), owner: change.owner });
    }
  };
}

export function MergeForm({ graph }: { graph: IdentityGraph }) {
  const { t } = useTranslation();
  const text = useChangeText();
  const [other, setOther] = useState('');
  const plan = usePlan();
  const merge = useMerge(graph.id, () => {
    setOther('');
    plan.reset();
  });
  const user_id = graph.persons.flatMap((person) => person.user_ids)[0];
  const anonymous_id = graph.persons.flatMap((person) => person.anonymous_ids)[0];
  const own = user_id ? { user_id } : { ...(anonymous_id ? { anonymous_id } : {}) };
  const error = merge.error ?? plan.error;
  return (
    <form onSubmit={(event) => {
      event.preventDefault();
      plan.mutate({ ...own, alias: other.trim() });
    }}>
      <Stack gap="xs">
        <TextInput
          label={t('identity.merge')}
          placeholder={t('identity.other')}
          value={other}
          onChange={(event) => {
            setOther(event.currentTarget.value);
            plan.reset();
            merge.reset();
          }}
        />
        {plan.data && (
          <Text size="sm" role="status">
            {plan.data.changes.length === 0 ? t('identity.nothing') : plan.data.changes.map((change) => text(change, plan.data.user ?? graph.id)).join(' ')}
          </Text>
        )}
        {error && <ErrorPanel error={error} />}
        <Group justify="flex-end">
          <Button type="submit" variant="default" size="xs" disabled={other.trim() === ''} loading={plan.isPending}>{t('identity.preview')}</Button>
          {plan.data?.changes.some(({ change }) => change === 'merge') && (
            <Button size="xs" loading={merge.isPending} onClick={() => merge.mutate(other.trim())}>{t('identity.confirm')}</Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
