// Catalogs: rows that messages look up by id, uploaded from a file and looked at.

import { Anchor, Button, Checkbox, Code, FileInput, Group, Modal, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';
import { EmptyState } from '../../components/EmptyState';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { useCatalogRows, useCatalogs, useDeleteCatalog, useUploadCatalog } from './catalogQueries';

const FORMS = ['csv', 'ndjson', 'json'] as const;
type Form = (typeof FORMS)[number];

/** How a file is written, by its ending. */
const formOf = (name: string): Form => (/\.csv$/i.test(name) ? 'csv' : /\.json$/i.test(name) ? 'json' : 'ndjson');

const nameOf = (file: string) => file.replace(/\.[^.]*$/, '').toLowerCase().replace(/[^a-z0-9_]+/g, '_').replace(/^[^a-z]+/, '');

function Upload({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState('');
  const [key, setKey] = useState('id');
  const [form, setForm] = useState<Form>('csv');
  const [replace, setReplace] = useState(false);
  const upload = useUploadCatalog(onClose);
  const choose = (chosen: File | null) => {
    setFile(chosen);
    if (!chosen) return;
    setForm(formOf(chosen.name));
    setName((own) => own || nameOf(chosen.name));
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t('data.catalogs.upload')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (file) upload.mutate({ name, key, format: form, replace, file });
        }}
      >
        <Stack>
          <FileInput required label={t('data.catalogs.file')} placeholder={t('data.catalogs.chooseFile')} accept=".csv,.ndjson,.jsonl,.json" value={file} onChange={choose} />
          <TextInput required label={t('data.catalogs.name')} description={t('data.catalogs.nameHint')} dir="ltr" value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Group grow align="flex-start">
            <TextInput required label={t('data.catalogs.key')} dir="ltr" value={key} onChange={(event) => setKey(event.currentTarget.value)} />
            <Select label={t('data.catalogs.form')} data={FORMS.map((value) => ({ value, label: value === 'csv' ? 'CSV' : value === 'json' ? 'JSON' : 'NDJSON' }))} value={form} onChange={(next) => setForm(FORMS.find((known) => known === next) ?? 'csv')} allowDeselect={false} />
          </Group>
          <Checkbox label={t('data.catalogs.replace')} checked={replace} onChange={(event) => setReplace(event.currentTarget.checked)} />
          {upload.isError && <ErrorPanel error={upload.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
            <Button type="submit" disabled={!file} loading={upload.isPending}>{t('data.catalogs.upload')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Delete({ name, onClose }: { name: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useDeleteCatalog(onClose);
  return (
    <Modal opened={name !== null} onClose={onClose} title={t('data.catalogs.deleteTitle', { name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('data.catalogs.deleteLead')}</Text>
        {remove.isError && <ErrorPanel error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
          <Button color="red.8" loading={remove.isPending} onClick={() => name && remove.mutate(name)}>{t('data.catalogs.delete')}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const shown = (value: unknown) => (value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));

function Rows({ name }: { name: string }) {
  const { t } = useTranslation();
  const [item, setItem] = useState('');
  const query = useCatalogRows(name, item.trim());
  return (
    <Section title={t('data.catalogs.rowsOf', { name })} lead={<>{t('data.catalogs.use')} <Code dir="ltr">{`{{ catalog.${name}[event.id].column }}`}</Code></>}>
      <Stack gap="sm">
        <TextInput size="xs" maw={320} label={t('data.catalogs.find')} value={item} onChange={(event) => setItem(event.currentTarget.value)} />
        <Query query={query} height={200}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.rows);
            const columns = [...new Set(rows.flatMap((row) => Object.keys(row.columns)))];
            if (rows.length === 0) return <Text size="sm" c="dimmed">{t('data.catalogs.noRows')}</Text>;
            return (
              <>
                <Scroll label={t('data.catalogs.rowsOf', { name })} maxHeight={480}>
                  <Table stickyHeader aria-label={t('data.catalogs.rowsOf', { name })}>
                    <Table.Thead>
                      <Table.Tr>{columns.map((column) => <Table.Th key={column} scope="col"><bdi>{column}</bdi></Table.Th>)}</Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {rows.map((row) => (
                        <Table.Tr key={row.id}>{columns.map((column) => <Table.Td key={column}><bdi>{shown(row.columns[column])}</bdi></Table.Td>)}</Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Scroll>
                {query.hasNextPage && <Button size="xs" variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} style={{ alignSelf: 'flex-start' }}>{t('common.loadMore')}</Button>}
              </>
            );
          }}
        </Query>
      </Stack>
    </Section>
  );
}

function List({ catalogs, open, remove }: { catalogs: Schemas['Catalog'][]; open: (name: string) => void; remove: (name: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Scroll label={t('data.tabs.catalogs')} minWidth={480}>
      <Table aria-label={t('data.tabs.catalogs')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('data.catalogs.name')}</Table.Th>
            <Table.Th scope="col" ta="end">{t('data.catalogs.rows')}</Table.Th>
            <Table.Th scope="col">{t('data.catalogs.changed')}</Table.Th>
            <Table.Th scope="col"><span className="visually-hidden">{t('data.catalogs.delete')}</span></Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {catalogs.map(({ name, rows, updated_at }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row"><Anchor component="button" type="button" onClick={() => open(name)}><bdi>{name}</bdi></Anchor></Table.Th>
              <Table.Td ta="end" className="numbers">{format.count(rows)}</Table.Td>
              <Table.Td><When at={updated_at} /></Table.Td>
              <Table.Td ta="end"><Button size="compact-xs" variant="default" aria-label={t('data.catalogs.deleteOf', { name })} onClick={() => remove(name)}>{t('data.catalogs.delete')}</Button></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scroll>
  );
}

export function CatalogsTab() {
  const { t } = useTranslation();
  const query = useCatalogs();
  const [open, setOpen] = useParam('catalog', null, '');
  const [uploading, setUploading] = useState(false);
  const [removing, setRemoving] = useState<string | null>(null);
  const upload = <Button size="xs" onClick={() => setUploading(true)}>{t('data.catalogs.upload')}</Button>;
  return (
    <Query query={query} height={240}>
      {({ catalogs }) => (
        <Stack gap="lg">
          <Section title={t('data.tabs.catalogs')} lead={t('data.catalogs.lead')}>
            {catalogs.length === 0 ? <EmptyState title={t('data.catalogs.none')}>{upload}</EmptyState> : (
              <Stack gap="sm">
                <List catalogs={catalogs} open={setOpen} remove={setRemoving} />
                <Group>{upload}</Group>
              </Stack>
            )}
          </Section>
          {catalogs.some(({ name }) => name === open) && <Rows key={open} name={open} />}
          <Upload opened={uploading} onClose={() => setUploading(false)} />
          <Delete name={removing} onClose={() => setRemoving(null)} />
        </Stack>
      )}
    </Query>
  );
}
