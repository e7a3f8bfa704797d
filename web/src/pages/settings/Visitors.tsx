// What browsers and apps get that cannot prove whose they are, and the secret with which a server of yours proves it.

import { Button, Code, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { type ContactPolicy, outreach } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Notice } from '../../components/Notice';
import { Copy } from './Copy';

const UNPROVEN = ['nothing', 'impersonal', 'everything'] as const;

interface Props {
  policy: ContactPolicy;
  onChange: (part: Partial<ContactPolicy>) => void;
}

export function Visitors({ policy, onChange }: Props) {
  const { t } = useTranslation();
  const make = useMutation({ mutationFn: outreach.makeVisitorSecret });
  return (
    <Stack gap="sm">
      <NativeSelect
        maw={480}
        label={t('policy.unproven')}
        description={t('policy.unprovenLead')}
        value={policy.unproven ?? 'impersonal'}
        onChange={(event) => onChange({ unproven: UNPROVEN.find((known) => known === event.currentTarget.value) ?? 'impersonal' })}
        data={UNPROVEN.map((value) => ({ value, label: t(`policy.unprovenWhat.${value}`) }))}
      />
      <Stack gap={6}>
        <Text size="sm" fw={500}>{t('policy.secret')}</Text>
        <Text size="xs" c="dimmed">{t('policy.secretLead')}</Text>
        <Group><Button size="xs" variant="default" loading={make.isPending} onClick={() => make.mutate()}>{t('policy.makeSecret')}</Button></Group>
        {make.isError && <ErrorPanel error={make.error} />}
        {make.data && (
          <Notice role="status" color="teal" p="xs">
            <Text size="sm" mb={4}>{t('policy.secretOnce')}</Text>
            <Group gap="xs"><Code dir="ltr" style={{ overflowWrap: 'anywhere' }}>{make.data.secret}</Code><Copy text={make.data.secret} what={t('policy.secret')} /></Group>
          </Notice>
        )}
      </Stack>
      <TextInput maw={320} label={t('policy.inboxElement')} description={t('policy.inboxElementLead')} placeholder="inbox" dir="ltr" value={policy.inbox_element ?? ''} onChange={(event) => onChange({ inbox_element: event.currentTarget.value })} />
    </Stack>
  );
}
