// People as the server lists them, page by page.

import { Button, Group, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { body, client } from '../../api/client';
import { EmptyState } from '../../components/EmptyState';
import { ErrorPanel } from '../../components/ErrorPanel';
import { SendExample } from '../../components/SendExample';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { PeopleSkeleton, PeopleTable } from './PeopleTable';

const PAGE = 50;

interface Props {
  /** A definition in text form, instead of the saved segment in the address. */
  segment?: string;
}

export function ListedPeople({ segment }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const asOf = useAsOf();
  const [params] = useSearchParams();
  const filter = {
    query: params.get('query') ?? undefined,
    state: params.get('state') ?? undefined,
    segment: segment ?? params.get('segment') ?? undefined,
  };
  const query = useInfiniteQuery({
    queryKey: ['users', filter, asOf.chosen],
    queryFn: ({ pageParam }) =>
      body(client.GET('/api/users', { params: { query: { ...filter, as_of: asOf.chosen, limit: PAGE, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: asOf.refetchInterval,
  });
  if (query.isError && !query.data) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <PeopleSkeleton />;
  const users = query.data.pages.flatMap((page) => page.users);
  const total = query.data.pages[0]?.total ?? 0;
  const filtered = Object.values(filter).some(Boolean);
  if (users.length === 0) {
    return filtered ? <EmptyState title={t('people.noMatch')} /> : <EmptyState title={t('empty.noEvents')}><SendExample /></EmptyState>;
  }
  return (
    <>
      <Text size="sm" c="dimmed" role="status">{t('common.people', { count: total, shown: format.count(total) })}</Text>
      <PeopleTable users={users} />
      {query.hasNextPage && (
        <Group justify="center">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('common.loadMore')}</Button>
        </Group>
      )}
    </>
  );
}
