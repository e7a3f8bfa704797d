// One sentence about an event.

import { ActionIcon, Button, Group, NumberInput, Stack } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Catalogue } from '../../api/types';
import { Field, Pick } from '../../components/Pick';
import { type Condition, type CountOp, COUNTS, type EventRow } from '../../lib/rows';
import { ConditionFields } from './ConditionFields';

interface Props {
  row: EventRow;
  onChange: (row: EventRow) => void;
  catalogue: Catalogue | undefined;
}

const ANY = '*';
const EVER = 'ever';
const SPANS = ['24h', '7d', '14d', '30d', '60d', '90d', '180d', '365d'];

export function EventRowFields({ row, onChange, catalogue }: Props) {
  const { t } = useTranslation();
  const change = (part: Partial<EventRow>) => onChange({ ...row, ...part });
  const events = catalogue?.events ?? [];
  const properties = row.event === ANY ? events.flatMap((event) => event.properties) : (events.find(({ name }) => name === row.event)?.properties ?? []);
  const names = [...new Set([...events.map(({ name }) => name), ...(row.event && row.event !== ANY ? [row.event] : [])])];
  const spans = [...new Set([...SPANS, ...(row.last ? [row.last] : [])])];
  const setCondition = (at: number, condition: Condition) => change({ where: row.where.map((old, index) => (index === at ? condition : old)) });
  return (
    <Stack gap={8}>
      <Group gap={8}>
        <Pick
          label={t('rows.did')}
          width={100}
          value={row.did ? 'did' : 'not'}
          onChange={(value) => change({ did: value === 'did' })}
          options={[{ value: 'did', label: t('rows.did') }, { value: 'not', label: t('rows.didNot') }]}
        />
        <Pick
          label={t('rows.event')}
          width={165}
          searchable
          value={row.event}
          onChange={(event) => change({ event })}
          options={[{ value: ANY, label: t('rows.anyEvent') }, ...names.map((name) => ({ value: name, label: name }))]}
        />
        <Pick
          label={t('rows.count')}
          width={100}
          value={row.op}
          onChange={(op) => change({ op: op as CountOp })}
          options={COUNTS.map((op) => ({ value: op, label: t(`counts.${op}`) }))}
        />
        <NumberInput size="xs" w={62} min={0} allowDecimal={false} aria-label={t('rows.times')} value={row.times} onChange={(value) => change({ times: Number(value) })} />
        <Field>{t('rows.timesWord', { count: row.times })}</Field>
        <Pick
          label={t('rows.when')}
          width={135}
          value={row.last ?? EVER}
          onChange={(value) => change({ last: value === EVER ? null : value })}
          options={[{ value: EVER, label: t('rows.ever') }, ...spans.map((span) => ({ value: span, label: t('rows.inLast', { span }) }))]}
        />
      </Group>
      {row.where.map((condition, at) => (
        <Group key={at} gap={8} ps="md">
          <Field>{at === 0 ? t('rows.where') : t('rows.and')}</Field>
          <ConditionFields condition={condition} properties={properties} nameLabel={t('rows.property')} onChange={(next) => setCondition(at, next)} />
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t('rows.removeCondition')} onClick={() => change({ where: row.where.filter((_, index) => index !== at) })}>
            <IconX size={14} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        variant="subtle"
        color="gray"
        size="compact-xs"
        leftSection={<IconPlus size={12} />}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => change({ where: [...row.where, { property: properties[0]?.name ?? '', op: 'eq', value: '' }] })}
      >
        {t('rows.addWhere')}
      </Button>
    </Stack>
  );
}
