// What else a message can ask: whether its user is in a segment, and a row of a catalog.

import { Anchor, Autocomplete, Button, Group, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSegments } from '../../../api/queries';
import { useCatalogRows, useCatalogs } from '../../data/catalogQueries';
import { byMembership, lookedUp } from './personal';

interface Props {
  /** Properties of the event that triggers the campaign. */
  trigger: string[];
  attributes: string[];
  onInsert: (text: string) => void;
}

const within = { comboboxProps: { withinPortal: false }, maxDropdownHeight: 180 };

function Membership({ onInsert }: Pick<Props, 'onInsert'>) {
  const { t } = useTranslation();
  const segments = useSegments().data?.segments ?? [];
  const [id, setId] = useState<string | null>(null);
  const [members, setMembers] = useState('');
  const [others, setOthers] = useState('');
  return (
    <Stack gap="xs">
      <Select size="xs" searchable label={t('content.lookUp.segment')} data={segments.map((one) => ({ value: one.id, label: one.name }))} value={id} onChange={setId} {...within} />
      <TextInput size="xs" dir="auto" label={t('content.lookUp.members')} value={members} onChange={(event) => setMembers(event.currentTarget.value)} />
      <TextInput size="xs" dir="auto" label={t('content.lookUp.others')} value={others} onChange={(event) => setOthers(event.currentTarget.value)} />
      <Button size="xs" disabled={!id} onClick={() => id && onInsert(byMembership(id, members, others))}>{t('content.insert')}</Button>
    </Stack>
  );
}

function Row({ trigger, attributes, onInsert }: Props) {
  const { t } = useTranslation();
  const catalogs = useCatalogs().data?.catalogs ?? [];
  const [catalog, setCatalog] = useState(catalogs[0]?.name ?? '');
  const [by, setBy] = useState('');
  const [column, setColumn] = useState('');
  const first = useCatalogRows(catalog, '', catalog !== '').data?.pages[0]?.rows[0];
  const source = trigger.includes(by) ? 'event' : 'profile';
  return (
    <Stack gap="xs">
      <Select size="xs" label={t('content.lookUp.catalog')} data={catalogs.map((one) => one.name)} value={catalog || null} onChange={(next) => setCatalog(next ?? '')} allowDeselect={false} {...within} />
      <Autocomplete size="xs" label={t('content.lookUp.by')} data={[...new Set([...trigger, ...attributes])]} limit={30} value={by} onChange={setBy} {...within} />
      <Autocomplete size="xs" label={t('content.lookUp.column')} data={Object.keys(first?.columns ?? {})} value={column} onChange={setColumn} {...within} />
      <Button size="xs" disabled={!catalog || !by.trim() || !column.trim()} onClick={() => onInsert(lookedUp(catalog, source, by.trim(), column.trim(), ''))}>{t('content.insert')}</Button>
    </Stack>
  );
}

export function LookUp({ trigger, attributes, onInsert }: Props) {
  const { t } = useTranslation();
  const catalogs = useCatalogs().data?.catalogs ?? [];
  const [open, setOpen] = useState<'segment' | 'catalog' | null>(null);
  const button = (what: 'segment' | 'catalog') => (
    <Anchor component="button" type="button" size="xs" aria-expanded={open === what} onClick={() => setOpen(open === what ? null : what)}>{t(`content.lookUp.${what}`)}</Anchor>
  );
  return (
    <Stack gap="xs">
      <Group gap="sm">{button('segment')}{catalogs.length > 0 && button('catalog')}</Group>
      {open === 'segment' && <Membership onInsert={onInsert} />}
      {open === 'catalog' && <Row trigger={trigger} attributes={attributes} onInsert={onInsert} />}
    </Stack>
  );
}
