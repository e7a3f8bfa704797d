// Which attribute decides who gets which variant, the values of each, and what everybody else gets.

import { NativeSelect, Stack, TagsInput, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Variant, VariantBy } from '../../../api/outreach';
import { useCatalogue } from '../../../api/queries';
import { AttributeField } from '../../../components/AttributeField';
import { Notice } from '../../../components/Notice';
import { type Incomplete, incomplete, unreached, VALUES_MAX, valuesOf, withValues } from '../variantBy';

/** Kinds of which no value is ever the same as a text. */
const NEVER = ['list', 'time'];

interface Props {
  by: VariantBy;
  variants: Variant[];
  onChange: (by: VariantBy) => void;
  disabled: boolean;
}

export function VariantByFields({ by, variants, onChange, disabled }: Props) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const missing = incomplete(by, variants);
  const say = useIncomplete();
  const wrong = (...of: Incomplete[]) => missing.filter((one) => of.includes(one)).map(say)[0];
  const attribute = catalogue.data?.attributes.find(({ name }) => name === by.attribute);
  const examples = (attribute?.examples ?? []).filter((value) => typeof value !== 'object').map(String);
  const unmatched = attribute !== undefined && attribute.kinds.length > 0 && attribute.kinds.every((kind) => NEVER.includes(kind));
  const nobody = unreached(by, variants);
  const named = ({ id, name }: Variant) => name || id.toUpperCase();
  const free = examples.filter((value) => !(value in by.values));
  return (
    <Stack gap="md" role="group" aria-label={t('variantBy.by.attribute')} data-variant-by>
      <AttributeField label={t('variantBy.attribute')} description={t('variantBy.attributeLead')} required value={by.attribute} onChange={(name) => onChange({ ...by, attribute: name })} error={wrong('attribute', 'attribute_long')} disabled={disabled} />
      {unmatched && <Notice color="yellow" p="xs">{t('variantBy.unmatched')}</Notice>}
      <Stack gap="xs">
        {variants.map((one, at) => (
          <TagsInput
            key={one.id}
            size="sm"
            label={t('variantBy.values', { name: named(one) })}
            {...(at === 0 && { description: t('variantBy.valuesLead') })}
            {...(at === 0 && { error: wrong('values', 'too_many') })}
            disabled={disabled}
            maxTags={VALUES_MAX}
            isDuplicate={(value, written) => written.includes(value)}
            value={valuesOf(by, one.id)}
            onChange={(values) => onChange(withValues(by, one.id, values))}
            data={free}
            data-values={one.id}
          />
        ))}
        {missing.length === 0 && nobody.length > 0 && <Text size="sm" c="dimmed" role="status">{t('variantBy.nobody', { names: variants.filter(({ id }) => nobody.includes(id)).map(named).join(', ') })}</Text>}
      </Stack>
      <NativeSelect
        size="sm"
        maw={320}
        label={t('variantBy.others')}
        description={t('variantBy.othersLead')}
        required
        error={wrong('default')}
        disabled={disabled}
        value={by.default}
        onChange={(event) => onChange({ ...by, default: event.currentTarget.value })}
        data={[...(variants.some(({ id }) => id === by.default) ? [] : [{ value: by.default, label: by.default || t('variantBy.choose') }]), ...variants.map((one) => ({ value: one.id, label: named(one) }))]}
      />
    </Stack>
  );
}

/** What is missing, in words. */
export function useIncomplete(): (what: Incomplete) => string {
  const { t } = useTranslation();
  return (what) => t(`variantBy.missing.${what}`, { most: VALUES_MAX });
}
