// To whom: everybody, a saved segment, or a definition written here; and who is held out, so that the
// effect can be told.

import { Grid, MultiSelect, NativeSelect, NumberInput, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePolicy } from '../../../api/outreach';
import { useCatalogue, useSegments, validate } from '../../../api/queries';
import type { Definition } from '../../../api/types';
import { ErrorPanel } from '../../../components/ErrorPanel';
import { Section } from '../../../components/Page';
import { Notice } from '../../../components/Notice';
import { useRested } from '../../../lib/debounce';
import { useFormat } from '../../../lib/format';
import { emptyEventRow, jsonOf, type Rows, rowsOf } from '../../../lib/rows';
import { DefinitionEditor } from '../../segments/DefinitionEditor';
import { ProblemList } from '../../segments/ProblemList';
import { RowBuilder } from '../../segments/RowBuilder';
import { CONTROL, segmentOf } from '../draft';
import { ReachPanel } from './ReachPanel';
import type { StepProps } from './step';

const MODES = ['everybody', 'segment', 'rows', 'text'] as const;
type Mode = (typeof MODES)[number];
const REST_MS = 300;

export default function AudienceStep({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  const [mode, setMode] = useState<Mode>(draft.audience === undefined ? 'everybody' : segmentOf(draft.audience) !== null ? 'segment' : 'text');
  const choose = (next: string) => {
    setMode(next as Mode);
    if (next === 'everybody') change({ audience: undefined });
    else if (next === 'segment' && segmentOf(draft.audience) === null) change({ audience: undefined });
    else if (next !== 'segment' && segmentOf(draft.audience) !== null) change({ audience: undefined });
  };
  const text = typeof draft.audience === 'string' ? draft.audience : '';
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack gap="lg">
          <Section title={t('audience.who')} lead={t('audience.lead')}>
            <Stack gap="md">
              <SegmentedControl
                size="xs"
                fullWidth
                aria-label={t('audience.who')}
                value={mode}
                onChange={choose}
                data={MODES.map((value) => ({ value, label: t(`audience.mode.${value}`) }))}
              />
              {mode === 'everybody' && <Text size="sm" c="dimmed">{t('audience.everybody')}</Text>}
              {mode === 'segment' && <SegmentChoice value={segmentOf(draft.audience)} onChange={(id) => change({ audience: { type: 'segment', id } })} />}
              {(mode === 'rows' || mode === 'text') && <Written key={mode} mode={mode} value={text} onChange={(audience) => change({ audience: audience.trim() === '' ? undefined : audience })} onText={() => setMode('text')} />}
            </Stack>
          </Section>
          <ControlSection draft={draft} change={change} started={started} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <ReachPanel draft={draft} />
      </Grid.Col>
    </Grid>
  );
}

export function SegmentChoice({ value, onChange }: { value: string | null; onChange: (id: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const segments = useSegments();
  const known = segments.data?.segments ?? [];
  return (
    <NativeSelect
      label={t('audience.segment')}
      maw={420}
      value={value ?? ''}
      onChange={(event) => event.currentTarget.value && onChange(event.currentTarget.value)}
      data={[
        ...(value === null ? [{ value: '', label: t('audience.choose') }] : []),
        ...known.map(({ id, name, count }) => ({ value: id, label: count === null ? name : `${name} (${format.count(count)})` })),
      ]}
    />
  );
}

interface WrittenProps {
  mode: 'rows' | 'text';
  value: string;
  onChange: (definition: string) => void;
  onText: () => void;
}

/** A definition as sentences or as text. */
export function Written({ mode, value, onChange, onText }: WrittenProps) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const [rows, setRows] = useState<Rows | null>(null);
  const written = useRested(value, REST_MS);
  const check = useQuery({ queryKey: ['validate', written], queryFn: ({ signal }) => validate(written as Definition, signal), enabled: written.trim() !== '' });
  const settled = written === value;
  const read = settled && check.data?.valid ? rowsOf(check.data.json) : null;
  const most = catalogue.data?.events.filter(({ derived }) => !derived).toSorted((a, b) => b.count - a.count)[0]?.name ?? '';
  const shown = rows ?? read ?? (value.trim() === '' ? { joiner: 'all' as const, rows: [emptyEventRow(most)] } : null);
  const changeRows = (next: Rows) => {
    setRows(next);
    const json = jsonOf(next);
    if (json) void validate(json).then((answer) => answer.text && onChange(answer.text));
  };
  return (
    <Stack gap="md">
      {mode === 'rows' && shown && <RowBuilder rows={shown} onChange={changeRows} catalogue={catalogue.data} />}
      {mode === 'rows' && !shown && settled && check.data && (
        <Notice variant="light" color="gray" p="xs">{t('segment.onlyText')} <button type="button" className="link-button" onClick={onText}>{t('audience.mode.text')}</button></Notice>
      )}
      {mode === 'text' && <DefinitionEditor value={value} onChange={onChange} problems={settled ? (check.data?.problems ?? []) : []} catalogue={catalogue.data} />}
      {mode === 'rows' && value && <div className="definition" data-written>{value}</div>}
      <ProblemList problems={settled && value.trim() !== '' ? (check.data?.problems ?? []) : []} />
      {check.isError && <ErrorPanel error={check.error} />}
    </Stack>
  );
}

function ControlSection({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  const share = draft.control ?? CONTROL;
  const groups = usePolicy().data?.groups ?? [];
  return (
    <Section title={t('audience.control')} lead={t('audience.controlLead')}>
      {draft.transactional ? <Text size="sm">{t('audience.noControl')}</Text> : (
        <NumberInput
          w={180}
          label={t('audience.controlShare')}
          suffix=" %"
          min={0}
          max={99}
          decimalScale={1}
          disabled={started}
          value={Math.round(share * 1000) / 10}
          onChange={(value) => typeof value === 'number' && change({ control: Math.min(Math.max(value, 0), 99) / 100 })}
        />
      )}
      {!draft.transactional && groups.length > 0 && (
        <MultiSelect
          mt="md"
          maw={420}
          label={t('audience.groups')}
          description={t('audience.groupsLead')}
          disabled={started}
          value={draft.control_groups ?? []}
          onChange={(chosen) => change({ control_groups: chosen })}
          data={groups.map(({ id, name }) => ({ value: id, label: name || id }))}
          data-groups
        />
      )}
      {!draft.transactional && share === 0 && (draft.control_groups ?? []).length === 0 && <Notice mt="sm" color="yellow">{t('audience.blind')}</Notice>}
    </Section>
  );
}
