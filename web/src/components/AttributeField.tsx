// A name of an attribute: one that is known, or any other.

import { Autocomplete } from '@mantine/core';
import { useCatalogue } from '../api/queries';

interface Props {
  label: string;
  description?: string;
  value: string;
  onChange: (name: string) => void;
  error?: string | undefined;
  required?: boolean;
  disabled?: boolean;
}

export function AttributeField({ label, description, value, onChange, error, required = false, disabled = false }: Props) {
  const catalogue = useCatalogue();
  const known = [...new Set((catalogue.data?.attributes ?? []).map(({ name }) => name))];
  return <Autocomplete size="sm" maw={320} label={label} {...(description && { description })} error={error} required={required} disabled={disabled} value={value} onChange={onChange} data={known} limit={20} />;
}
