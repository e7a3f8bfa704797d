// What a step changes or writes, another journey, and leaving.

import { Autocomplete, Button, CloseButton, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalogue } from '../../../api/queries';
import { useJourneys } from '../api';
import { spared } from '../model/graph';
import { type Change, CHANGES, changesOf, type Property, propertiesOf, SOURCES, updateOf, valuesOf } from '../model/values';
import type { ActionOf } from '../types';
import type { StepProps } from './fields';

export function UpdateForm({ action, onAction }: StepProps<ActionOf<'update'>>) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  // Rows keep their place while a name is being written, even if two are the same for a moment.
  const [rows, setRows] = useState(() => changesOf(action));
  const put = (next: Change[], about?: string) => {
    setRows(next);
    onAction(updateOf(next), about);
  };
  const set = (at: number, part: Partial<Change>, about?: string) => put(rows.map((row, i) => (i === at ? { ...row, ...part } : row)), about);
  const known = [...new Set((catalogue.data?.attributes ?? []).map(({ name }) => name))];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('update.lead')}</Text>
      {rows.map((row, at) => (
        // eslint-disable-next-line react/no-array-index-key
        <Stack key={at} gap={6} role="group" aria-label={t('update.change', { number: at + 1 })} style={{ borderBottom: '1px solid var(--hairline)', paddingBottom: 10 }}>
          <Group gap="xs" wrap="nowrap">
            <NativeSelect size="sm" style={{ flex: 1 }} aria-label={t('update.how')} value={row.how} onChange={(event) => set(at, { how: event.currentTarget.value as Change['how'] })} data={CHANGES.map((how) => ({ value: how, label: t(`update.hows.${how}`) }))} />
            <CloseButton aria-label={t('update.remove', { number: at + 1 })} onClick={() => put(rows.filter((_, i) => i !== at))} />
          </Group>
          <Group gap="xs" grow align="flex-start">
            <Autocomplete size="sm" aria-label={t('content.attribute')} placeholder={t('content.attribute')} value={row.name} onChange={(name) => set(at, { name }, `name ${at}`)} data={known} limit={20} />
            {row.how !== 'clear' && <TextInput size="sm" aria-label={t('update.value')} placeholder={t('update.value')} dir="auto" value={row.value} error={row.how === 'add' && row.value.trim() !== '' && Number.isNaN(Number(row.value)) ? t('update.noNumber') : undefined} onChange={(event) => set(at, { value: event.currentTarget.value }, `value ${at}`)} />}
          </Group>
        </Stack>
      ))}
      <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => put([...rows, { how: 'set', name: '', value: '' }])}>{t('update.add')}</Button>
      <Text size="xs" c="dimmed">{t('update.values')}</Text>
    </Stack>
  );
}

export function EmitForm({ action, onAction }: StepProps<ActionOf<'emit'>>) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const [rows, setRows] = useState(() => propertiesOf(action.properties ?? {}));
  const put = (next: Property[], about?: string) => {
    setRows(next);
    const properties = valuesOf(next);
    onAction(spared({ ...action, properties: Object.keys(properties).length > 0 ? properties : undefined }) as ActionOf<'emit'>, about);
  };
  const set = (at: number, part: Partial<Property>, about?: string) => put(rows.map((row, i) => (i === at ? { ...row, ...part } : row)), about);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('emit.lead')}</Text>
      <Autocomplete size="sm" label={t('emit.event')} value={action.event} onChange={(event) => onAction({ ...action, event }, 'event')} data={[...new Set((catalogue.data?.events ?? []).map(({ name }) => name))]} limit={20} />
      <Text size="sm" fw={600}>{t('emit.properties')}</Text>
      {rows.map((row, at) => (
        // eslint-disable-next-line react/no-array-index-key
        <Group key={at} gap="xs" wrap="nowrap" role="group" aria-label={t('emit.property', { number: at + 1 })}>
          <TextInput size="xs" style={{ flex: 1 }} aria-label={t('content.pairName')} placeholder={t('content.pairName')} value={row.name} onChange={(event) => set(at, { name: event.currentTarget.value }, `name ${at}`)} />
          <NativeSelect size="xs" w={112} aria-label={t('emit.source')} value={row.source} onChange={(event) => set(at, { source: event.currentTarget.value as Property['source'] })} data={SOURCES.map((source) => ({ value: source, label: t(`emit.sources.${source}`) }))} />
          <TextInput size="xs" style={{ flex: 1 }} dir="auto" aria-label={t('content.pairValue')} placeholder={t('content.pairValue')} value={row.value} onChange={(event) => set(at, { value: event.currentTarget.value }, `value ${at}`)} />
          <CloseButton size="sm" aria-label={t('emit.remove', { number: at + 1 })} onClick={() => put(rows.filter((_, i) => i !== at))} />
        </Group>
      ))}
      <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => put([...rows, { name: '', source: 'value', value: '' }])}>{t('emit.add')}</Button>
    </Stack>
  );
}

export function OtherJourneyForm({ action, onAction }: StepProps<ActionOf<'journey'>>) {
  const { t } = useTranslation();
  const all = useJourneys().data?.journeys ?? [];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">{t('otherJourney.lead')}</Text>
      <NativeSelect size="sm" label={t('otherJourney.which')} value={action.journey} onChange={(event) => onAction({ ...action, journey: event.currentTarget.value })} data={[{ value: '', label: t('palette.choose') }, ...(action.journey && !all.some(({ id }) => id === action.journey) ? [{ value: action.journey, label: action.journey }] : []), ...all.map(({ id, name }) => ({ value: id, label: name }))]} />
    </Stack>
  );
}

export function ExitForm({ action, onAction }: StepProps<ActionOf<'exit'>>) {
  const { t } = useTranslation();
  return <TextInput size="sm" label={t('exit.reason')} description={t('exit.reasonLead')} placeholder="completed" value={action.reason ?? ''} onChange={(event) => onAction(spared({ ...action, reason: event.currentTarget.value.trim() || undefined }) as ActionOf<'exit'>, 'reason')} />;
}
