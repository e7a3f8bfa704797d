// People named by a definition that is not saved, or by two: one that held before and one that
// holds now. The server counts and samples definitions; who is in both is found here.

import { Alert, Anchor, Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { body, client } from '../../api/client';
import { usePreview } from '../../api/queries';
import type { Definition, Preview, UserRow } from '../../api/types';
import { EmptyState } from '../../components/EmptyState';
import { Query } from '../../components/Query';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { PeopleSkeleton, PeopleTable } from './PeopleTable';

/** Most ids asked of the server at once. */
const MOST = 10_000;
const PAGE = 25;

interface Props {
  definition: Definition;
  was?: Definition | undefined;
  wasAt?: string | undefined;
}

export function DefinedPeople({ definition, was, wasAt }: Props) {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const format = useFormat();
  const links = useLinks();
  const now = usePreview(definition, asOf.chosen, MOST);
  const then = usePreview(was, wasAt, MOST);
  return (
    <Query query={now}>
      {(preview) => (
        <Stack>
          <Group gap="xs" align="flex-start">
            {was && wasAt && (
              <Stack gap={4} style={{ flex: '1 1 260px' }}>
                <Badge variant="light" color="gray" tt="none">{t('people.was', { when: format.dateTime(wasAt) })}</Badge>
                <div className="definition">{then.data?.text ?? '…'}</div>
              </Stack>
            )}
            <Stack gap={4} style={{ flex: '1 1 260px' }}>
              <Badge variant="light" tt="none">{t('people.is', { when: format.dateTime(preview.as_of) })}</Badge>
              <div className="definition">{preview.text}</div>
            </Stack>
          </Group>
          <Group gap="md">
            {!was && (
              <Button component={Link} size="xs" variant="default" to={links.to(`/segments/new?definition=${encodeURIComponent(preview.text)}`)}>{t('rfm.save')}</Button>
            )}
            <Anchor component={Link} to={links.to('/people')} size="sm">{t('people.clear')}</Anchor>
          </Group>
          {was ? <Query query={then}>{(before) => <Both before={before} after={preview} />}</Query> : (
            <Ids ids={preview.sample} total={preview.count} partial={preview.sample.length < preview.count} />
          )}
        </Stack>
      )}
    </Query>
  );
}

function Both({ before, after }: { before: Preview; after: Preview }) {
  const earlier = new Set(before.sample);
  const ids = after.sample.filter((id) => earlier.has(id));
  const partial = before.sample.length < before.count || after.sample.length < after.count;
  return <Ids ids={ids} total={ids.length} partial={partial} />;
}

function Ids({ ids, total, partial }: { ids: string[]; total: number; partial: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const asOf = useAsOf();
  const [shown, setShown] = useState(PAGE);
  const people = useQueries({
    queries: ids.slice(0, shown).map((id) => ({
      queryKey: ['user', id, asOf.chosen],
      queryFn: () => body(client.GET('/api/users/{id}', { params: { path: { id }, query: { as_of: asOf.chosen } } })),
    })),
  });
  if (total === 0) return <EmptyState title={t('people.noMatch')} />;
  const rows: UserRow[] = people.flatMap((person) => (person.data ? [person.data] : []));
  return (
    <>
      <Text size="sm" c="dimmed" role="status">{t('common.people', { count: total, shown: format.count(total) })}</Text>
      {partial && <Alert variant="light" color="yellow">{t('people.partial', { shown: format.count(ids.length) })}</Alert>}
      {rows.length === 0 && people.some((person) => person.isPending) ? <PeopleSkeleton /> : <PeopleTable users={rows} />}
      {shown < ids.length && (
        <Group justify="center">
          <Button variant="default" onClick={() => setShown((old) => old + PAGE)}>{t('common.loadMore')}</Button>
        </Group>
      )}
    </>
  );
}
