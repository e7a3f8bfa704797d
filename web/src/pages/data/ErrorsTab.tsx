// What was sent and not accepted as it came: how often, since when, by example, and how to mend it.

import { Anchor, Badge, Button, Group, Select, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import type { Errors, ErrorKind } from '../../api/types';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { Bars } from './Bars';

const COLOURS = { rejected: 'red', event_dropped: 'orange', property_dropped: 'yellow', accepted: 'gray' } as const;
const SAMPLES = 25;
const ASK_EVERY_MS = 5_000;

function useErrors(filter: { code?: string; source?: string; event?: string }) {
  return useInfiniteQuery({
    queryKey: ['errors', filter],
    queryFn: ({ pageParam }) => body(client.GET('/api/errors', { params: { query: { ...filter, limit: SAMPLES, before: pageParam } } })),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }: Errors) => next ?? undefined,
    refetchInterval: ASK_EVERY_MS,
  });
}

const known = (kinds: ErrorKind[], field: 'code' | 'source' | 'event') => [...new Set(kinds.map((kind) => kind[field]).filter(Boolean))].sort();

function Kinds({ errors, choose }: { errors: Errors; choose: (code: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t('data.kinds')} lead={t('data.kindsLead')}>
      <Scroll label={t('data.kinds')} minWidth={760}>
        <Table verticalSpacing={8} aria-label={t('data.kinds')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('data.what')}</Table.Th>
              <Table.Th scope="col">{t('data.source')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('data.count')}</Table.Th>
              <Table.Th scope="col">{t('data.lastDay')}</Table.Th>
              <Table.Th scope="col">{t('data.lastSeen')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {errors.kinds.map((kind) => (
              <Table.Tr key={`${kind.code} ${kind.source} ${kind.event} ${kind.outcome}`}>
                <Table.Th scope="row" fw={400}>
                  <Group gap={8}>
                    <Anchor component="button" type="button" size="sm" fw={550} onClick={() => choose(kind.code)} aria-label={t('data.only', { code: kind.code })}><bdi>{kind.code}</bdi></Anchor>
                    <Badge size="xs" variant="dot" color={COLOURS[kind.outcome]}>{t(`data.outcome.${kind.outcome}`)}</Badge>
                  </Group>
                  <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{kind.event && <><bdi>{kind.event}</bdi> · </>}<span lang="en" dir="ltr">{kind.hint}</span></Text>
                </Table.Th>
                <Table.Td><bdi>{kind.source}</bdi></Table.Td>
                <Table.Td ta="end" className="numbers">{format.count(kind.count)}</Table.Td>
                <Table.Td><Bars values={kind.trend} label={t('data.trendOf', { code: kind.code })} /></Table.Td>
                <Table.Td><When at={kind.last_at} /></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
    </Section>
  );
}

export function ErrorsTab() {
  const { t } = useTranslation();
  const [code, setCode] = useParam('code', null, '');
  const [source, setSource] = useParam('source', null, '');
  const [event, setEvent] = useParam('name', null, '');
  const all = useErrors({});
  const query = useErrors({ code: code || undefined, source: source || undefined, event: event || undefined });
  const kinds = all.data?.pages[0]?.kinds ?? [];
  const pick = (label: string, value: string, set: (value: string) => void, field: 'code' | 'source' | 'event') => (
    <Select size="xs" clearable searchable style={{ flex: '1 1 180px' }} aria-label={label} placeholder={label} value={value || null} onChange={(next) => set(next ?? '')} data={known(kinds, field)} />
  );
  return (
    <Stack gap="lg">
      <Group gap="xs">
        {pick(t('data.code'), code, setCode, 'code')}
        {pick(t('data.source'), source, setSource, 'source')}
        {pick(t('data.event'), event, setEvent, 'event')}
      </Group>
      <Query query={query} height={320}>
        {({ pages }) => {
          const first = pages[0]!;
          const samples = pages.flatMap((page) => page.samples);
          if (first.kinds.length === 0) return <Text size="sm" c="dimmed">{t('data.noErrors')}</Text>;
          const total = first.hours.map((_, at) => first.kinds.reduce((sum, kind) => sum + (kind.trend[at] ?? 0), 0));
          return (
            <Stack gap="lg">
              <Section title={t('data.trend')}><Bars values={total} label={t('data.trend')} height={72} wide /></Section>
              <Kinds errors={first} choose={setCode} />
              <Section title={t('data.samples')} lead={t('data.samplesLead')}>
                <Stack gap="md" component="ol" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
                  {samples.map((sample) => (
                    <li key={sample.id}>
                      <Group gap="4px 12px">
                        <Text size="sm" fw={600}><bdi>{sample.code}</bdi></Text>
                        <Text size="xs" c="dimmed"><bdi>{sample.source}</bdi> · <When at={sample.at} /></Text>
                      </Group>
                      <Text size="sm" lang="en" dir="ltr" style={{ overflowWrap: 'anywhere' }}>{sample.message}; {sample.hint}</Text>
                      <Scroll label={t('data.raw', { code: sample.code })} maxHeight={120}>
                        <pre className="definition" dir="ltr" style={{ margin: 0, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{sample.raw}</pre>
                      </Scroll>
                    </li>
                  ))}
                </Stack>
                {query.hasNextPage && <Button mt="sm" size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>{t('common.loadMore')}</Button>}
              </Section>
            </Stack>
          );
        }}
      </Query>
    </Stack>
  );
}
