// All saved segments: how large, how fresh, where used.

import { Button, Paper, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSegments } from '../../api/queries';
import type { Segment } from '../../api/types';
import { AppLink, CountLink } from '../../components/AppLink';
import { EmptyState } from '../../components/EmptyState';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { useLinks } from '../../lib/links';
import { useParam } from '../../lib/params';
import { ExampleSegments } from './ExampleSegments';
import { UsedIn } from './UsedIn';
import { Scroll } from '../../components/Scroll';

function SegmentsTable({ segments }: { segments: Segment[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Scroll label={t('segments.title')} minWidth={680}>
      <Table highlightOnHover aria-label={t('segments.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('segments.name')}</Table.Th>
            <Table.Th scope="col" ta="end">{t('common.users')}</Table.Th>
            <Table.Th scope="col">{t('segments.updated')}</Table.Th>
            <Table.Th scope="col">{t('segments.usedIn')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {segments.map((segment) => (
            <Table.Tr key={segment.id}>
              <Table.Th scope="row" maw={420}>
                <AppLink to={`/segments/${encodeURIComponent(segment.id)}`} fw={600} size="sm">{segment.name}</AppLink>
                <Text size="xs" c="dimmed" fw={400} lineClamp={1}>{segment.description || <span className="keep-ltr">{segment.definition}</span>}</Text>
              </Table.Th>
              <Table.Td ta="end" fw={600}>
                {segment.count === null ? '–' : (
                  <CountLink filter={{ segment: segment.id }} label={`${segment.name}: ${format.count(segment.count)}`}>{format.count(segment.count)}</CountLink>
                )}
              </Table.Td>
              <Table.Td><When at={segment.updated_at} dateOnly /></Table.Td>
              <Table.Td><UsedIn segment={segment} /></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scroll>
  );
}

export default function SegmentsPage() {
  const { t } = useTranslation();
  const links = useLinks();
  const query = useSegments();
  const [wanted, setWanted] = useParam('query', null, '');
  const matches = (segment: Segment) => `${segment.name} ${segment.id} ${segment.definition}`.toLowerCase().includes(wanted.toLowerCase());
  return (
    <Page
      title={t('segments.title')}
      lead={t('segments.lead')}
      actions={<Button component={Link} to={links.to('/segments/new')} leftSection={<IconPlus size={16} />}>{t('segments.new')}</Button>}
    >
      <Paper>
        <Query query={query}>
          {({ segments }) => segments.length === 0 ? (
            <EmptyState title={t('segments.empty')}><ExampleSegments /></EmptyState>
          ) : (
            <Stack>
              <TextInput
                data-search
                type="search"
                maw={360}
                aria-label={t('segments.search')}
                placeholder={t('segments.search')}
                leftSection={<IconSearch size={16} />}
                value={wanted}
                onChange={(event) => setWanted(event.currentTarget.value)}
              />
              <SegmentsTable segments={segments.filter(matches)} />
            </Stack>
          )}
        </Query>
      </Paper>
    </Page>
  );
}
