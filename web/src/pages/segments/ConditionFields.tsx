// A comparison: name, operator, value.

import { useTranslation } from 'react-i18next';
import type { Catalogue } from '../../api/types';
import { Name, Pick } from '../../components/Pick';
import { COMPARISONS, type Comparison, type Condition, textOf } from '../../lib/rows';

interface Props {
  condition: Condition;
  properties: { name: string; examples: Catalogue['attributes'][number]['examples'] }[];
  nameLabel: string;
  onChange: (condition: Condition) => void;
}

export function ConditionFields({ condition, properties, nameLabel, onChange }: Props) {
  const { t } = useTranslation();
  const { property, op, value } = condition;
  const examples = properties.find(({ name }) => name === property)?.examples ?? [];
  return (
    <>
      <Name label={nameLabel} value={property} known={properties.map(({ name }) => name)} onChange={(next) => onChange({ property: next, op, value })} />
      <Pick
        label={t('rows.operator')}
        width={140}
        value={op}
        onChange={(next) => onChange({ property, op: next as Comparison, value })}
        options={COMPARISONS.map((name) => ({ value: name, label: t(`ops.${name}`) }))}
      />
      {op !== 'exists' && op !== 'not_exists' && (
        <Name label={t('rows.value')} width={130} value={value} known={examples.map(textOf)} onChange={(next) => onChange({ property, op, value: next })} />
      )}
    </>
  );
}
