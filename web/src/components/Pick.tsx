// Small pieces of a sentence: words, choices, names with suggestions.

import { Autocomplete, Select, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export function Field({ children }: { children: ReactNode }) {
  return <Text component="span" size="sm">{children}</Text>;
}

interface PickProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  options: { value: string; label: string }[];
  width?: number;
  searchable?: boolean;
}

export function Pick({ label, value, onChange, options, width = 150, searchable = false }: PickProps) {
  return (
    <Select
      size="xs"
      w={width}
      aria-label={label}
      placeholder={label}
      allowDeselect={false}
      searchable={searchable}
      value={value || null}
      onChange={(next) => next !== null && onChange(next)}
      data={options}
    />
  );
}

interface NameProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  known: string[];
  width?: number;
}

/** A name: one of the known ones, or any other. */
export function Name({ label, value, onChange, known, width = 160 }: NameProps) {
  return <Autocomplete size="xs" w={width} aria-label={label} placeholder={label} value={value} onChange={onChange} data={[...new Set(known)]} limit={12} />;
}
