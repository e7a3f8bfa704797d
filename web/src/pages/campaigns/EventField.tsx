// An event by its name, with comparisons of its properties.

import { Button, CloseButton, Group, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalogue } from '../../api/queries';
import type { Json } from '../../api/types';
import { Name } from '../../components/Pick';
import { type Condition, conditionJson, conditionOf, hasValue } from '../../lib/rows';
import { ConditionFields } from '../segments/ConditionFields';
import { eventName } from './draft';

interface Props {
  label: string;
  value: unknown;
  onChange: (event: unknown) => void;
}

const whole = ({ property, op, value }: Condition) => property !== '' && (!hasValue(op) || value.trim() !== '');

function conditionsOf(event: unknown): Condition[] {
  const where = (event as Json | null)?.where;
  if (!Array.isArray(where)) return [];
  return where.map((one) => conditionOf(one as Json, 'property')).filter((one) => one !== null);
}

export function EventField({ label, value, onChange }: Props) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const name = eventName(value);
  const [conditions, setConditions] = useState(() => conditionsOf(value));
  const properties = catalogue.data?.events.find((event) => event.name === name)?.properties ?? [];
  const put = (next: string, where: Condition[]) => {
    setConditions(where);
    const said = where.filter(whole).map((one) => conditionJson(one, 'property'));
    onChange(said.length > 0 ? { event: next, where: said } : next);
  };
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Name label={label} width={240} value={name} known={(catalogue.data?.events ?? []).map((event) => event.name)} onChange={(next) => put(next, conditions)} />
        <Button size="compact-xs" variant="subtle" leftSection={<IconPlus size={14} />} onClick={() => put(name, [...conditions, { property: '', op: 'eq', value: '' }])}>{t('rows.addWhere')}</Button>
      </Group>
      {conditions.map((condition, at) => (
        // eslint-disable-next-line react/no-array-index-key
        <Group key={at} gap="xs">
          <ConditionFields condition={condition} properties={properties} nameLabel={t('rows.property')} onChange={(next) => put(name, conditions.map((one, i) => (i === at ? next : one)))} />
          <CloseButton size="sm" aria-label={t('rows.removeCondition')} onClick={() => put(name, conditions.filter((_, i) => i !== at))} />
        </Group>
      ))}
    </Stack>
  );
}
