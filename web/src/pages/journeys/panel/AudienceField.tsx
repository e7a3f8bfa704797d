// Whom it is about: everybody, a saved segment, or a definition written here.

import { SegmentedControl, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { validate } from '../../../api/queries';
import type { Definition } from '../../../api/types';
import { SegmentChoice, Written } from '../../campaigns/steps/AudienceStep';
import { savedSegment } from '../model/audience';

const MODES = ['everybody', 'segment', 'rows', 'text'] as const;
type Mode = (typeof MODES)[number];

interface Props {
  label: string;
  value: unknown;
  onChange: (value: unknown) => void;
  /** It may be left out. */
  everybody: boolean;
}

export function AudienceField({ label, value, onChange, everybody }: Props) {
  const { t } = useTranslation();
  const saved = savedSegment(value);
  const [mode, setMode] = useState<Mode>(saved !== null ? 'segment' : value !== undefined && value !== null ? 'text' : everybody ? 'everybody' : 'segment');
  const json = typeof value === 'object' && value !== null && saved === null;
  // A definition in JSON form is shown as people write it.
  const read = useQuery({ queryKey: ['validate', value], queryFn: ({ signal }) => validate(value as Definition, signal), enabled: json });
  const choose = (next: string) => {
    setMode(next as Mode);
    if (next === 'everybody' || (next === 'segment') !== (saved !== null)) onChange(undefined);
  };
  const text = saved !== null ? '' : typeof value === 'string' ? value : (read.data?.text ?? '');
  return (
    <Stack gap="sm" role="group" aria-label={label}>
      <SegmentedControl size="xs" fullWidth aria-label={label} value={mode} onChange={choose} data={MODES.filter((one) => everybody || one !== 'everybody').map((one) => ({ value: one, label: t(`audience.mode.${one}`) }))} />
      {mode === 'segment' && <SegmentChoice value={saved} onChange={(id) => onChange({ type: 'segment', id })} />}
      {(mode === 'rows' || mode === 'text') && (!json || read.data) && <Written key={mode} mode={mode} value={text} onChange={(written) => onChange(written.trim() === '' ? undefined : written)} onText={() => setMode('text')} />}
    </Stack>
  );
}
