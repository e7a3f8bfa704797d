// One event: what is seen of it, what is declared, and what can be done about it.

import { Button, Checkbox, Drawer, Group, Paper, SegmentedControl, Stack, Text, Textarea, TextInput, useDirection } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EventDeclaration, PropertyDeclaration, SchemaEvent } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { useFormat } from '../../lib/format';
import { Facts } from '../people/Facts';
import { When } from '../../components/When';
import { Changes } from './Changes';
import { STATUSES, ValueTypeFields } from './DeclarationFields';
import { DiscardDialog } from './DiscardDialog';
import { PolicyPick } from './PoliciesForm';
import { Types } from './Standing';
import { useDeclareEvent, useLiftDiscard, useUndeclareEvent } from './queries';

/** What a declaration begins with: the properties as they are seen. */
function begun(event: SchemaEvent): EventDeclaration {
  if (event.declared) return event.declared;
  const seen = event.properties.filter(({ name }) => !name.startsWith('context.') && !name.startsWith('$'));
  const property = (types: { type: PropertyDeclaration['type'] }[] = []): PropertyDeclaration => ({ type: types.length === 1 ? types[0]!.type : 'any' });
  return { status: 'live', properties: Object.fromEntries(seen.map(({ name, seen: values }) => [name, property(values?.types)])) };
}

function Content({ event, onClose }: { event: SchemaEvent; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [declared, declare] = useState(() => begun(event));
  const [adding, setAdding] = useState('');
  const [discarding, { open, close }] = useDisclosure(false);
  const save = useDeclareEvent(event.name, onClose);
  const remove = useUndeclareEvent(event.name, onClose);
  const lift = useLiftDiscard(event.name);
  const properties = declared.properties ?? {};
  const setProperty = (name: string, of: PropertyDeclaration) => declare({ ...declared, properties: { ...properties, [name]: of } });
  const dropProperty = (name: string) => declare({ ...declared, properties: Object.fromEntries(Object.entries(properties).filter(([known]) => known !== name)) });
  const names = [...new Set([...event.properties.map(({ name }) => name), ...Object.keys(properties)])].sort();
  const seen = (name: string) => event.properties.find((property) => property.name === name);
  const add = () => {
    if (adding.trim()) setProperty(adding.trim(), { type: 'any' });
    setAdding('');
  };
  return (
    <Stack>
      {event.seen && (
        <Facts
          label={t('data.seen')}
          rows={[
            [t('data.seen'), format.count(event.seen.count)],
            [t('common.users'), format.count(event.seen.users)],
            [t('people.firstSeen'), <When key="first" at={event.seen.first_at} />],
            [t('people.lastSeen'), <When key="last" at={event.seen.last_at} />],
          ]}
        />
      )}
      {event.discarded && (
        <Text size="sm">
          {t('data.discardedBy', { by: event.discarded.by })} <When at={event.discarded.at} />
        </Text>
      )}
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={t('data.status')}
        value={declared.status ?? 'live'}
        onChange={(status) => declare({ ...declared, status: status as (typeof STATUSES)[number] })}
        data={STATUSES.map((status) => ({ value: status, label: t(`data.statuses.${status}`) }))}
      />
      <Textarea size="sm" autosize label={t('data.description')} value={declared.description ?? ''} onChange={(change) => declare({ ...declared, description: change.currentTarget.value })} />
      <TextInput size="sm" label={t('data.owner')} value={declared.owner ?? ''} onChange={(change) => declare({ ...declared, owner: change.currentTarget.value })} />
      <PolicyPick label={t('data.of.undefined_properties')} value={declared.undefined_properties} onChange={(value) => declare({ ...declared, undefined_properties: value })} />
      <PolicyPick label={t('data.of.mistyped')} value={declared.mistyped} onChange={(value) => declare({ ...declared, mistyped: value })} />
      {names.map((name) => {
        const of = properties[name];
        const values = seen(name)?.seen ?? null;
        return (
          <Paper key={name} withBorder p="sm" role="group" aria-label={name}>
            <Stack gap={6}>
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}><bdi>{name}</bdi></Text>
              <Group gap="xs" justify="space-between">
                <Types seen={values} />
                {values && <Text size="xs" c="dimmed" className="numbers">{format.count(values.count)}</Text>}
              </Group>
              {values && values.samples.length > 0 && <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}><bdi>{values.samples.map(format.value).join(' · ')}</bdi></Text>}
              <Checkbox
                size="xs"
                label={t('data.declareProperty', { name })}
                checked={of !== undefined}
                onChange={(change) => (change.currentTarget.checked ? setProperty(name, { type: values?.types.length === 1 ? values.types[0]!.type : 'any' }) : dropProperty(name))}
              />
              {of && (
                <>
                  <ValueTypeFields name={name} value={of} onChange={(next) => setProperty(name, next)} />
                  <Checkbox size="xs" label={t('data.required')} checked={of.required ?? false} onChange={(change) => setProperty(name, { ...of, required: change.currentTarget.checked })} />
                </>
              )}
            </Stack>
          </Paper>
        );
      })}
      <Group align="flex-end" gap="xs">
        <TextInput size="xs" style={{ flex: 1 }} label={t('data.newProperty')} value={adding} onChange={(change) => setAdding(change.currentTarget.value)} onKeyDown={(pressed) => pressed.key === 'Enter' && add()} />
        <Button size="xs" variant="default" onClick={add}>{t('data.add')}</Button>
      </Group>
      {save.isError && <ErrorPanel error={save.error} />}
      {remove.isError && <ErrorPanel error={remove.error} />}
      {lift.isError && <ErrorPanel error={lift.error} />}
      <Group gap="xs">
        <Button loading={save.isPending} onClick={() => save.mutate(declared)}>{event.declared ? t('data.save') : t('data.declare')}</Button>
        {event.declared && <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>{t('data.undeclare')}</Button>}
        {event.discarded?.blocked ? (
          <Button variant="default" loading={lift.isPending} onClick={() => lift.mutate()}>{t('data.lift')}</Button>
        ) : (
          <Button variant="default" onClick={open}>{t('data.discard')}</Button>
        )}
      </Group>
      <DiscardDialog event={event} opened={discarding} onClose={close} />
      <Changes name={event.name} />
    </Stack>
  );
}

export function EventDrawer({ event, onClose }: { event: SchemaEvent | null; onClose: () => void }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  return (
    <Drawer
      opened={event !== null}
      onClose={onClose}
      position={dir === 'rtl' ? 'left' : 'right'}
      title={<Text fw={650} style={{ overflowWrap: 'anywhere' }}><bdi>{event?.name}</bdi></Text>}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {event && <Content event={event} onClose={onClose} />}
    </Drawer>
  );
}
