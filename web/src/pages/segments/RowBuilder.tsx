// Sentences: who did, or did not, what, how often, with which properties, and when.

import { ActionIcon, Button, Group, Menu, Paper, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useLifecycle } from '../../api/queries';
import type { Catalogue } from '../../api/types';
import { Field, Pick } from '../../components/Pick';
import { useNames } from '../../lib/names';
import { emptyEventRow, type Joiner, type Row, type Rows } from '../../lib/rows';
import { ConditionFields } from './ConditionFields';
import { EventRowFields } from './EventRowFields';

interface Props {
  rows: Rows;
  onChange: (rows: Rows) => void;
  catalogue: Catalogue | undefined;
}

export function RowBuilder({ rows, onChange, catalogue }: Props) {
  const { t } = useTranslation();
  const replace = (at: number, row: Row) => onChange({ ...rows, rows: rows.rows.map((old, index) => (index === at ? row : old)) });
  const remove = (at: number) => onChange({ ...rows, rows: rows.rows.filter((_, index) => index !== at) });
  const add = (row: Row) => onChange({ ...rows, rows: [...rows.rows, row] });
  const firstEvent = catalogue?.events[0]?.name ?? '';
  return (
    <Stack gap="xs">
      {rows.rows.map((row, at) => (
        // Rows have no identity of their own; their place is one.
        <Stack key={at} gap="xs">
          {at > 0 && (
            <Text size="xs" fw={650} tt="uppercase" c="dimmed" ps="sm">{rows.joiner === 'all' ? t('rows.and') : t('rows.or')}</Text>
          )}
          <Paper p="sm" bg="var(--page-background)" role="group" aria-label={t('rows.row', { number: at + 1 })}>
            <Group justify="space-between" align="flex-start" wrap="nowrap">
              <div style={{ flex: 1, minWidth: 0 }}>
                <RowFields row={row} onChange={(next) => replace(at, next)} catalogue={catalogue} />
              </div>
              <ActionIcon variant="subtle" color="gray" aria-label={t('rows.remove')} onClick={() => remove(at)}><IconX size={16} /></ActionIcon>
            </Group>
          </Paper>
        </Stack>
      ))}
      <Group justify="space-between">
        <Menu position="bottom-start">
          <Menu.Target><Button variant="light" size="xs" leftSection={<IconPlus size={14} />}>{t('rows.add')}</Button></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => add(emptyEventRow(firstEvent))}>{t('rows.addEvent')}</Menu.Item>
            <Menu.Item onClick={() => add({ kind: 'profile', property: '', op: 'eq', value: '' })}>{t('rows.addProfile')}</Menu.Item>
            <Menu.Item onClick={() => add({ kind: 'lifecycle', state: '' })}>{t('rows.addLifecycle')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
        {rows.rows.length > 1 && (
          <SegmentedControl
            size="xs"
            value={rows.joiner}
            onChange={(joiner) => onChange({ ...rows, joiner: joiner as Joiner })}
            aria-label={t('rows.joiner')}
            data={[{ value: 'all', label: t('rows.all') }, { value: 'any', label: t('rows.any') }]}
          />
        )}
      </Group>
    </Stack>
  );
}

interface RowProps {
  row: Row;
  onChange: (row: Row) => void;
  catalogue: Catalogue | undefined;
}

function RowFields({ row, onChange, catalogue }: RowProps) {
  const { t } = useTranslation();
  const names = useNames();
  const lifecycle = useLifecycle();
  if (row.kind === 'event') return <EventRowFields row={row} onChange={onChange} catalogue={catalogue} />;
  if (row.kind === 'profile') {
    return (
      <Group gap={8}>
        <Field>{t('rows.attribute')}</Field>
        <ConditionFields
          condition={row}
          properties={catalogue?.attributes ?? []}
          nameLabel={t('rows.attributeName')}
          onChange={(condition) => onChange({ kind: 'profile', ...condition })}
        />
      </Group>
    );
  }
  return (
    <Group gap={8}>
      <Field>{t('rows.lifecycle')}</Field>
      <Pick
        label={t('people.state')}
        value={row.state}
        onChange={(state) => onChange({ kind: 'lifecycle', state })}
        options={(lifecycle.data?.states ?? []).map((state) => ({ value: state.key, label: names.state(state) }))}
      />
    </Group>
  );
}
