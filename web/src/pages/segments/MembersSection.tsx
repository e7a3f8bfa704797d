// Who is in a segment, page by page.

import { Button, Group, SimpleGrid, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';

const PAGE = 100;

export function MembersSection({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const asOf = useAsOf();
  const query = useInfiniteQuery({
    queryKey: ['members', id, asOf.chosen],
    queryFn: ({ pageParam }) =>
      body(client.GET('/api/segments/{id}/members', { params: { path: { id }, query: { as_of: asOf.chosen, limit: PAGE, after: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: asOf.refetchInterval,
  });
  const pages = query.data?.pages ?? [];
  const users = pages.flatMap((page) => page.users);
  const first = pages[0];
  return (
    <Section
      title={t('segment.members')}
      lead={first && t('segment.membersLead', { count: first.count, shown: format.count(first.count), when: format.dateTime(first.as_of) })}
    >
      {query.isError && <ErrorPanel error={query.error} retry={() => void query.refetch()} />}
      {first && users.length === 0 && <Text size="sm" c="dimmed">{t('common.nobody')}</Text>}
      <SimpleGrid component="ul" cols={{ base: 2, sm: 4, lg: 6 }} spacing="sm" verticalSpacing={6} m={0} p={0}>
        {users.map((user) => (
          <li key={user} style={{ listStyle: 'none', minWidth: 0 }}>
            <AppLink to={`/people/${encodeURIComponent(user)}?why=${encodeURIComponent(id)}`} size="sm" style={{ overflowWrap: 'anywhere' }}>{user}</AppLink>
          </li>
        ))}
      </SimpleGrid>
      {query.hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('common.loadMore')}</Button>
        </Group>
      )}
    </Section>
  );
}
