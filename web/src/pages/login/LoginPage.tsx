// Asks for an admin key and tries it before keeping it.

import { Button, Center, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { forgetKey, storeKey } from '../../api/key';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Logo } from '../../components/shell/Logo';

export default function LoginPage({ onSignedIn }: { onSignedIn: () => void }) {
  const { t } = useTranslation();
  const [key, setKey] = useState('');
  const attempt = useMutation({
    mutationFn: async () => {
      storeKey(key.trim());
      await body(client.GET('/api/segments'));
    },
    onSuccess: onSignedIn,
    onError: forgetKey,
  });
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper w="100%" maw={420} shadow="sm" p="xl">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            attempt.mutate();
          }}
        >
          <Stack>
            <Logo />
            <Title order={1}>{t('login.title')}</Title>
            <Text size="sm" c="dimmed">{t('login.lead')}</Text>
            <PasswordInput label={t('login.key')} value={key} onChange={(event) => setKey(event.currentTarget.value)} autoComplete="current-password" required data-autofocus />
            <Button type="submit" loading={attempt.isPending} disabled={key.trim() === ''}>{t('login.enter')}</Button>
            {attempt.isError && <ErrorPanel error={attempt.error} />}
            <Text size="xs" c="dimmed">{t('login.how')}</Text>
            <pre className="definition" style={{ margin: 0 }}>perennial key create --scope admin</pre>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
