// One message to a test user, now; it is neither decided nor counted.

import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { type Campaign, outreach, type ProviderTested } from '../../api/outreach';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Reason } from '../../components/outreach/Reason';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Notice } from '../../components/Notice';
import { useFormat } from '../../lib/format';

export function Tested({ tested }: { tested: ProviderTested }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Notice role="status" color={tested.accepted ? 'teal' : 'red'} title={tested.accepted ? t('test.accepted', { ms: format.count(Math.round(tested.took_ms)) }) : t('test.refused')} data-tested={tested.accepted}>
      {tested.code && <Text size="sm"><Reason code={tested.code} /> <Text span size="xs" c="dimmed" className="keep-ltr">{tested.code}</Text></Text>}
      {tested.detail && <Text size="sm"><bdi>{tested.detail}</bdi></Text>}
      {tested.provider_id && <Text size="xs" c="dimmed">{t('test.id')} <span className="keep-ltr">{tested.provider_id}</span></Text>}
    </Notice>
  );
}

/** `variant`: the one that is being written; without it, one can be chosen. */
export function TestSend({ campaign, variant: fixed }: { campaign: Campaign; variant?: string }) {
  const { t } = useTranslation();
  const users = useQuery({ queryKey: ['test-users'], queryFn: () => body(client.GET('/api/test-users')) });
  const [user, setUser] = useState('');
  const [chosen, setVariant] = useState('');
  const variant = fixed ?? chosen;
  const { variants } = campaign.definition;
  const send = useMutation({
    mutationFn: (to: string) => outreach.testCampaign(campaign.id, { user: to, ...(variant && { variant }) }),
  });
  return (
    <Section title={t('test.title')} lead={t('test.lead')}>
      <Query query={users} height={40}>
        {({ test_users: known }) => {
          const to = user || known[0]?.id;
          if (!to) return <Text size="sm" c="dimmed">{t('test.noUsers')} <AppLink to="/people" size="sm" underline="always">{t('nav.people')}</AppLink></Text>;
          return (
            <Stack gap="sm">
              <Group gap="sm" align="flex-end">
                <NativeSelect label={t('test.user')} value={to} onChange={(event) => setUser(event.currentTarget.value)} data={known.map(({ id }) => id)} />
                {fixed === undefined && variants.length > 1 && <NativeSelect label={t('content.variant')} value={variant || (variants[0]?.id ?? '')} onChange={(event) => setVariant(event.currentTarget.value)} data={variants.map(({ id, name }) => ({ value: id, label: name || id.toUpperCase() }))} />}
                <Button variant="default" loading={send.isPending} onClick={() => send.mutate(to)}>{t('test.send')}</Button>
              </Group>
              {send.isError && <ErrorPanel error={send.error} />}
              {send.data && <Tested tested={send.data} />}
            </Stack>
          );
        }}
      </Query>
    </Section>
  );
}
