// The fields that declarations of events, properties and attributes share.

import { Checkbox, Select, TagsInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ValueType } from '../../api/types';

const TYPES: ValueType[] = ['any', 'text', 'number', 'integer', 'boolean', 'time', 'list'];

export const STATUSES = ['proposed', 'live', 'blocked'] as const;

export interface ValueFields {
  type?: ValueType;
  pii?: boolean;
  allowed?: unknown[];
}

/** A text as a value of the declared type, as far as it is one. */
function read(text: string, type: ValueType): unknown {
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  const number = type === 'number' || type === 'integer';
  return number && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

interface Props<T> {
  name: string;
  value: T;
  onChange: (value: T) => void;
}

export function ValueTypeFields<T extends ValueFields>({ name, value, onChange }: Props<T>) {
  const { t } = useTranslation();
  const type = value.type ?? 'any';
  return (
    <>
      <Select
        size="xs"
        label={t('data.valueType')}
        aria-label={t('data.typeOf', { name })}
        allowDeselect={false}
        value={type}
        onChange={(next) => next && onChange({ ...value, type: next as ValueType })}
        data={TYPES.map((of) => ({ value: of, label: t(`data.type.${of}`) }))}
      />
      <TagsInput
        size="xs"
        label={t('data.allowed')}
        aria-label={t('data.allowedOf', { name })}
        placeholder={value.allowed?.length ? undefined : t('data.anyValue')}
        value={(value.allowed ?? []).map(String)}
        onChange={(texts) => onChange({ ...value, allowed: texts.map((text) => read(text, type)) })}
      />
      <Checkbox size="xs" label={t('data.pii')} checked={value.pii ?? false} onChange={(event) => onChange({ ...value, pii: event.currentTarget.checked })} />
    </>
  );
}
