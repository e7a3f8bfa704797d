// People for whom one definition held at an earlier instant and another holds now. The server
// lists the members of each; who is in both lists is found here.

import { Alert, Button, Group, Text } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { Definition, UserRow } from '../../api/types';
import { EmptyState } from '../../components/EmptyState';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { PeopleSkeleton, PeopleTable } from './PeopleTable';

const IDS_PER_REQUEST = 10_000;
/** Bounds the work of a page: beyond so many requests the list is cut, and says so. */
const MOST_REQUESTS = 20;
const ROWS = 25;

interface Ids {
  ids: string[];
  complete: boolean;
}

async function membersOf(definition: Definition, asOf: string | undefined): Promise<Ids> {
  const ids: string[] = [];
  let after: string | undefined;
  for (let request = 0; request < MOST_REQUESTS; request += 1) {
    const page = await body(client.POST('/api/segments/members', { body: { definition, as_of: asOf, limit: IDS_PER_REQUEST, after } }));
    ids.push(...page.users);
    if (!page.next) return { ids, complete: true };
    after = page.next;
  }
  return { ids, complete: false };
}

async function inBoth(was: Definition, wasAt: string, is: Definition, asOf: string | undefined): Promise<Ids> {
  const [before, after] = await Promise.all([membersOf(was, wasAt), membersOf(is, asOf)]);
  const earlier = new Set(before.ids);
  return { ids: after.ids.filter((id) => earlier.has(id)), complete: before.complete && after.complete };
}

interface Props {
  was: Definition;
  wasAt: string;
  is: Definition;
}

export function MovedPeople({ was, wasAt, is }: Props) {
  const asOf = useAsOf();
  const query = useQuery({
    queryKey: ['moved', was, wasAt, is, asOf.chosen],
    queryFn: () => inBoth(was, wasAt, is, asOf.chosen),
  });
  return <Query query={query}>{(moved) => <Rows {...moved} />}</Query>;
}

function Rows({ ids, complete }: Ids) {
  const { t } = useTranslation();
  const format = useFormat();
  const asOf = useAsOf();
  const [shown, setShown] = useState(ROWS);
  const people = useQueries({
    queries: ids.slice(0, shown).map((id) => ({
      queryKey: ['user', id, asOf.chosen],
      queryFn: () => body(client.GET('/api/users/{id}', { params: { path: { id }, query: { as_of: asOf.chosen } } })),
    })),
  });
  if (ids.length === 0) return <EmptyState title={t('people.noMatch')} />;
  const rows: UserRow[] = people.flatMap((person) => (person.data ? [person.data] : []));
  return (
    <>
      <Text size="sm" c="dimmed" role="status">{t('common.people', { count: ids.length, shown: format.count(ids.length) })}</Text>
      {!complete && <Alert variant="light" color="yellow">{t('people.partial', { shown: format.count(ids.length) })}</Alert>}
      {rows.length === 0 ? <PeopleSkeleton /> : <PeopleTable users={rows} />}
      {shown < ids.length && (
        <Group justify="center">
          <Button variant="default" onClick={() => setShown((old) => old + ROWS)}>{t('common.loadMore')}</Button>
        </Group>
      )}
    </>
  );
}
