// The three faces of an answer: on its way, failed, there.

import { Skeleton, Stack } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from './ErrorPanel';

interface Props<T> {
  query: UseQueryResult<T>;
  /** Height of the placeholder in pixels. */
  height?: number;
  children: (data: T) => ReactNode;
}

export function Query<T>({ query, height = 160, children }: Props<T>) {
  const { t } = useTranslation();
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  return (
    <Stack gap="sm" role="status" aria-label={t('common.loading')}>
      <Skeleton height={20} width="30%" />
      <Skeleton height={height} radius="md" />
    </Stack>
  );
}
