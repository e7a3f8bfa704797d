// Events and attributes as they are seen and as they are declared, what looks like one, and what
// becomes of the rest.

import { Anchor, Badge, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Schema, SchemaAttribute, SchemaEvent } from '../../api/types';
import { EmptyState } from '../../components/EmptyState';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { SendExample } from '../../components/SendExample';
import { When } from '../../components/When';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { AttributeDrawer } from './AttributeDrawer';
import { EventDrawer } from './EventDrawer';
import { PoliciesForm } from './PoliciesForm';
import { StatusBadge, Types } from './Standing';
import { Suggestions } from './Suggestions';
import { useSchema } from './queries';

/** Rows before somebody asks for more. */
const ROWS = 50;

interface Props<T> {
  title: string;
  lead: string;
  rows: T[];
  columns: string[];
  row: (of: T) => React.ReactNode;
  text: (of: T) => string;
}

/** A list with a search over everything its rows say. */
function Listed<T>({ title, lead, rows, columns, row, text }: Props<T>) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState(ROWS);
  const wanted = search.trim().toLowerCase();
  const found = rows.filter((of) => text(of).toLowerCase().includes(wanted));
  return (
    <Section
      title={title}
      lead={lead}
      actions={<TextInput size="xs" type="search" aria-label={t('data.search', { what: title })} placeholder={t('help.search')} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />}
    >
      {found.length === 0 ? (
        <Text size="sm" c="dimmed">{t('data.nothing')}</Text>
      ) : (
        <Scroll label={title} minWidth={680}>
          <Table highlightOnHover verticalSpacing={8} aria-label={title}>
            <Table.Thead>
              <Table.Tr>{columns.map((column) => <Table.Th key={column} scope="col">{column}</Table.Th>)}</Table.Tr>
            </Table.Thead>
            <Table.Tbody>{found.slice(0, shown).map(row)}</Table.Tbody>
          </Table>
        </Scroll>
      )}
      {found.length > shown && <Button mt="sm" size="xs" variant="default" onClick={() => setShown(shown + ROWS)}>{t('common.loadMore')}</Button>}
    </Section>
  );
}

function Name({ name, open, label }: { name: string; open: () => void; label: string }) {
  return (
    <Anchor component="button" type="button" size="sm" fw={550} ta="start" onClick={open} aria-label={label} style={{ overflowWrap: 'anywhere' }}>
      <bdi>{name}</bdi>
    </Anchor>
  );
}

function Unused() {
  const { t } = useTranslation();
  return <Badge size="xs" variant="default" title={t('data.unusedHint')}>{t('data.unused')}</Badge>;
}

function Content({ schema }: { schema: Schema }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [event, setEvent] = useParam('event', null, '');
  const [attribute, setAttribute] = useParam('attribute', null, '');
  const opened = schema.events.find(({ name }) => name === event);
  const openedAttribute = schema.attributes.find(({ name }) => name === attribute);
  const columns = [t('data.name'), t('data.status'), t('data.seen'), t('data.lastSeen')];
  const eventRow = (of: SchemaEvent) => (
    <Table.Tr key={of.name}>
      <Table.Th scope="row"><Name name={of.name} open={() => setEvent(of.name)} label={t('data.open', { name: of.name })} /></Table.Th>
      <Table.Td><StatusBadge of={of} /></Table.Td>
      <Table.Td className="numbers">{of.seen ? format.count(of.seen.count) : '–'}</Table.Td>
      <Table.Td>{of.seen ? <When at={of.seen.last_at} dateOnly /> : '–'}</Table.Td>
      <Table.Td><Text size="xs" c="dimmed">{t('data.properties', { count: of.properties.length, shown: format.count(of.properties.length) })}</Text></Table.Td>
    </Table.Tr>
  );
  const attributeRow = (of: SchemaAttribute) => (
    <Table.Tr key={of.name}>
      <Table.Th scope="row">
        <Group gap={8}><Name name={of.name} open={() => setAttribute(of.name)} label={t('data.open', { name: of.name })} />{of.unused && <Unused />}</Group>
      </Table.Th>
      <Table.Td><StatusBadge of={of} /></Table.Td>
      <Table.Td className="numbers">{of.seen ? format.count(of.seen.count) : '–'}</Table.Td>
      <Table.Td>{of.seen ? <When at={of.seen.last_at} dateOnly /> : '–'}</Table.Td>
      <Table.Td><Types seen={of.seen} /></Table.Td>
    </Table.Tr>
  );
  if (schema.events.length === 0 && schema.attributes.length === 0) {
    return <EmptyState title={t('empty.noEvents')}><Text size="sm">{t('empty.send')}</Text><SendExample /></EmptyState>;
  }
  const words = (of: SchemaEvent) => [of.name, ...of.properties.map(({ name }) => name), of.declared?.owner, of.declared?.description].join(' ');
  return (
    <Stack gap="lg">
      {schema.suggestions.length > 0 && <Suggestions suggestions={schema.suggestions} />}
      <Listed title={t('data.events')} lead={t('data.eventsLead')} rows={schema.events} columns={[...columns, t('data.propertiesOf')]} row={eventRow} text={words} />
      <Listed title={t('data.attributes')} lead={t('data.attributesLead')} rows={schema.attributes} columns={[...columns, t('data.types')]} row={attributeRow} text={({ name }) => name} />
      <PoliciesForm policies={schema.policies} />
      <EventDrawer key={`event ${event}`} event={opened ?? null} onClose={() => setEvent('')} />
      <AttributeDrawer key={`attribute ${attribute}`} attribute={openedAttribute ?? null} onClose={() => setAttribute('')} />
    </Stack>
  );
}

export function SchemaTab() {
  const query = useSchema();
  return <Query query={query} height={420}>{(schema) => <Content schema={schema} />}</Query>;
}
