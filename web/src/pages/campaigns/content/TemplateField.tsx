// A text of a message, with a button that puts personal values where the cursor is.

import { Group, Input, Skeleton, Stack, Textarea, TextInput } from '@mantine/core';
import { useId } from '@mantine/hooks';
import { lazy, Suspense, useRef } from 'react';
import { Personalise } from './Personalise';

const SourceEditor = lazy(() => import('./SourceEditor'));

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  kind: 'line' | 'text' | 'source';
  /** Values can be put in. */
  template: boolean;
  required?: boolean | undefined;
  placeholder?: string | undefined;
  description?: string | undefined;
}

export function TemplateField({ label, value, onChange, kind, template, required, placeholder, description }: Props) {
  const id = useId();
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const source = useRef<((text: string) => void) | null>(null);
  const insert = (text: string) => {
    if (kind === 'source') return source.current?.(text);
    const { selectionStart, selectionEnd } = field.current ?? {};
    const from = selectionStart ?? value.length;
    const to = selectionEnd ?? from;
    onChange(value.slice(0, from) + text + value.slice(to));
    return undefined;
  };
  const shared = { id, value, placeholder, ref: field, dir: 'auto', required, onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value) };
  return (
    <Stack gap={3}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Input.Label labelElement={kind === 'source' ? 'div' : 'label'} htmlFor={kind === 'source' ? undefined : id} required={required ?? false}>{label}</Input.Label>
        {template && <Personalise field={label} onInsert={insert} />}
      </Group>
      {description && <Input.Description>{description}</Input.Description>}
      {kind === 'line' && <TextInput {...shared} />}
      {kind === 'text' && <Textarea {...shared} autosize minRows={3} maxRows={12} />}
      {kind === 'source' && (
        <Suspense fallback={<Skeleton height={200} radius="md" />}>
          <SourceEditor label={label} value={value} onChange={onChange} insert={source} />
        </Suspense>
      )}
    </Stack>
  );
}
