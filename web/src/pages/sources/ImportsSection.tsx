// Imports on a schedule: folders and buckets that are looked through again and again, how each went,
// and a run at once. They are made by the API or the command line, where their secrets are.

import { Badge, Button, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { ImportSource } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';

const QUERY_KEY = ['imports'];

/** Milliseconds between two looks while something runs, and otherwise. */
const BUSY_MS = 1_000;
const QUIET_MS = 15_000;

/** Where files come from, in one line. */
function placeOf(place: ImportSource['place']): string {
  return place.kind === 'directory' ? `${place.path || '.'}/` : `${place.bucket}/${place.prefix ?? ''}`;
}

function State({ of }: { of: ImportSource }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (of.running) {
    return (
      <Stack gap={2} role="status">
        <Badge variant="light">{t('imports.running')}</Badge>
        {of.reading !== null && <Text size="xs" c="dimmed"><bdi>{of.reading}</bdi> · {t('imports.rowsRead', { shown: format.count(of.rows_read) })}</Text>}
      </Stack>
    );
  }
  if (of.last_run?.error) {
    return (
      <Stack gap={2}>
        <Badge size="sm" color="red" variant="dot">{t('imports.failed')}</Badge>
        <Text size="xs" style={{ overflowWrap: 'anywhere' }}><bdi>{of.last_run.error}</bdi></Text>
      </Stack>
    );
  }
  if (of.paused) return <Badge color="gray" variant="light">{t('imports.paused')}</Badge>;
  return of.next_at === null ? null : <Text size="xs" c="dimmed">{t('imports.next')} <When at={of.next_at} /></Text>;
}

function Run({ of }: { of: ImportSource }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const run = useMutation({
    mutationFn: () => body(client.POST('/api/imports/{id}/run', { params: { path: { id: of.id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: QUERY_KEY }),
  });
  return (
    <>
      <Button size="compact-xs" variant="default" disabled={of.running} loading={run.isPending} onClick={() => run.mutate()}>
        {t('imports.run')}<span className="visually-hidden">&nbsp;{of.name}</span>
      </Button>
      {run.isError && <ErrorPanel error={run.error} />}
    </>
  );
}

export default function ImportsSection() {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useQuery({
    queryKey: QUERY_KEY,
    queryFn: () => body(client.GET('/api/imports')),
    refetchInterval: ({ state }) => (state.data?.sources.some((source) => source.running) ? BUSY_MS : QUIET_MS),
  });
  return (
    <Section title={t('imports.title')} lead={t('imports.lead')}>
      <Query query={query} height={80}>
        {({ sources }) => sources.length === 0 ? (
          <>
            <Text size="sm" c="dimmed" mb={8}>{t('imports.none')}</Text>
            <pre className="definition" style={{ margin: 0 }}>perennial imports add --help</pre>
          </>
        ) : (
          <Scroll label={t('imports.title')} minWidth={820}>
            <Table verticalSpacing={6} aria-label={t('imports.title')}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('imports.name')}</Table.Th>
                  <Table.Th scope="col">{t('imports.files')}</Table.Th>
                  <Table.Th scope="col">{t('imports.last')}</Table.Th>
                  <Table.Th scope="col">{t('imports.accepted')}</Table.Th>
                  <Table.Th scope="col">{t('imports.duplicates')}</Table.Th>
                  <Table.Th scope="col">{t('imports.rejected')}</Table.Th>
                  <Table.Th scope="col">{t('imports.state')}</Table.Th>
                  <Table.Th><span className="visually-hidden">{t('imports.run')}</span></Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {sources.map((source) => (
                  <Table.Tr key={source.id}>
                    <Table.Th scope="row" fw={500}>
                      <bdi>{source.name}</bdi> <Text size="xs" c="dimmed" fw={400}><bdi>{placeOf(source.place)}</bdi> · {source.format}</Text>
                    </Table.Th>
                    <Table.Td className="numbers">{format.count(source.files)}</Table.Td>
                    <Table.Td>{source.last_run ? <When at={source.last_run.ended_at} /> : '–'}</Table.Td>
                    <Table.Td className="numbers">{source.last_run ? format.count(source.last_run.accepted) : '–'}</Table.Td>
                    <Table.Td className="numbers">{source.last_run ? format.count(source.last_run.duplicates) : '–'}</Table.Td>
                    <Table.Td className="numbers">{source.last_run ? format.count(source.last_run.rejected) : '–'}</Table.Td>
                    <Table.Td maw={280}><State of={source} /></Table.Td>
                    <Table.Td ta="end"><Run of={source} /></Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Scroll>
        )}
      </Query>
    </Section>
  );
}
