// What went wrong, in the words of the server, with its hint and a way to go on.

import { Alert, Button, Container, Group, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api/client';
import { forgetKey } from '../api/key';

interface Props {
  error: unknown;
  retry?: () => void;
  /** Stands alone on the page. */
  page?: boolean;
}

export function ErrorPanel({ error, retry, page }: Props) {
  const { t } = useTranslation();
  const known = error instanceof ApiError ? error : undefined;
  const network = known?.status === 0;
  const message = network ? t('error.network') : error instanceof Error ? error.message : String(error);
  const panel = (
    <Alert color="red" variant="light" radius="lg" icon={<IconAlertTriangle />} title={t('error.title')} role="alert">
      <Text size="sm">{network ? message : <bdi lang="en" dir="ltr">{message}</bdi>}</Text>
      {known?.hint && <Text size="sm" mt={4}><bdi lang="en" dir="ltr">{known.hint}</bdi></Text>}
      {known && known.problems.length > 0 && (
        <List size="sm" mt="xs">
          {known.problems.map((problem) => (
            <List.Item key={`${problem.code}${problem.path}${problem.line}`}>
              <bdi lang="en" dir="ltr">
                {problem.message}
                {problem.hint && ` – ${problem.hint}`}
              </bdi>
            </List.Item>
          ))}
        </List>
      )}
      <Group mt="sm" gap="xs">
        {retry && <Button size="compact-sm" variant="default" onClick={retry}>{t('common.retry')}</Button>}
        {known?.status === 401 && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              forgetKey();
              location.reload();
            }}
          >
            {t('login.again')}
          </Button>
        )}
        {known && !network && <Text size="xs" c="dimmed" className="keep-ltr">{known.code}</Text>}
      </Group>
    </Alert>
  );
  return page ? <Container size="sm" py="xl">{panel}</Container> : panel;
}
