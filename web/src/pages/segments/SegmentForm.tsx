// Writes a segment: as sentences or as text, with its size while it is being written.

import { Alert, Button, Grid, Group, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { body, client } from '../../api/client';
import { useCatalogue, validate } from '../../api/queries';
import type { Json } from '../../api/types';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Section } from '../../components/Page';
import { useRested } from '../../lib/debounce';
import { useLinks } from '../../lib/links';
import { emptyEventRow, jsonOf, type Rows, rowsOf } from '../../lib/rows';
import { DefinitionEditor } from './DefinitionEditor';
import { JsonView } from './JsonView';
import { LivePreview } from './LivePreview';
import { ProblemList } from './ProblemList';
import { RowBuilder } from './RowBuilder';

const REST_MS = 300;

interface Draft {
  name: string;
  description: string;
  definition: string;
}

interface Props {
  initial: Draft;
  /** The saved segment being changed. */
  id?: string;
  onDone?: () => void;
}

export function SegmentForm({ initial, id, onDone }: Props) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const [draft, setDraft] = useState<Draft>({ name: initial.name, description: initial.description, definition: initial.definition });
  const [mode, setMode] = useState<'rows' | 'text'>(initial.definition ? 'text' : 'rows');
  const [rows, setRows] = useState<Rows>({ joiner: 'all', rows: [emptyEventRow('')] });
  const change = (part: Partial<Draft>) => setDraft((old) => ({ ...old, ...part }));

  const written = useRested(draft.definition, REST_MS);
  const check = useQuery({
    queryKey: ['validate', written],
    queryFn: ({ signal }) => validate(written, signal),
    enabled: written.trim() !== '',
  });
  const settled = written === draft.definition;
  const valid = settled && check.data?.valid === true;
  const problems = settled && written.trim() !== '' ? (check.data?.problems ?? []) : [];
  const asRows = valid ? rowsOf(check.data?.json) : null;

  const chooseMode = (next: string) => {
    if (next === 'rows' && asRows) setRows(asRows);
    setMode(next as 'rows' | 'text');
  };
  // A new segment begins as a sentence that already counts somebody.
  const mostFrequent = catalogue.data?.events.filter(({ derived }) => !derived).toSorted((a, b) => b.count - a.count)[0]?.name;
  const untouched = mode === 'rows' && draft.definition === '' && rows.rows.length === 1 && rows.rows[0]?.kind === 'event' && rows.rows[0].event === '';
  useEffect(() => {
    if (mostFrequent && untouched) changeRows({ joiner: 'all', rows: [emptyEventRow(mostFrequent)] });
    // Only the arrival of the catalogue fills the sentence in.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [mostFrequent]);

  const rowsCannot = mode === 'text' && draft.definition.trim() !== '' && !asRows;

  const changeRows = (next: Rows) => {
    setRows(next);
    const json = jsonOf(next);
    if (json) void printed(json).then((text) => text !== null && change({ definition: text }));
    else change({ definition: '' });
  };

  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Section
          title={t('segment.who')}
          actions={
            <SegmentedControl
              size="xs"
              value={mode}
              onChange={chooseMode}
              aria-label={t('segment.mode')}
              data={[
                { value: 'rows', label: t('segment.rows'), disabled: rowsCannot },
                { value: 'text', label: t('segment.text') },
              ]}
            />
          }
        >
          <Stack gap="md">
            {mode === 'rows' && <RowBuilder rows={rows} onChange={changeRows} catalogue={catalogue.data} />}
            {mode === 'text' && rowsCannot && valid && <Alert variant="light" color="gray" p="xs">{t('segment.onlyText')}</Alert>}
            {mode === 'text' ? (
              <DefinitionEditor value={draft.definition} onChange={(definition) => change({ definition })} problems={problems} catalogue={catalogue.data} />
            ) : (
              draft.definition && <div className="definition" data-written>{draft.definition}</div>
            )}
            <ProblemList problems={problems} />
            {check.isError && <ErrorPanel error={check.error} retry={() => void check.refetch()} />}
            {valid && check.data?.json && <JsonView json={check.data.json as Json} />}
          </Stack>
        </Section>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Stack gap="lg">
          <LivePreview definition={valid ? written : null} waiting={!settled || check.isFetching} />
          <SaveSection draft={draft} change={change} ready={valid} id={id} onDone={onDone} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

/** The text form of a JSON definition, as the server prints it. */
async function printed(json: Json): Promise<string | null> {
  const answer = await validate(json);
  return answer.text ?? null;
}

interface SaveProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  ready: boolean;
  id: string | undefined;
  onDone: (() => void) | undefined;
}

function SaveSection({ draft, change, ready, id, onDone }: SaveProps) {
  const { t } = useTranslation();
  const links = useLinks();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: () =>
      id
        ? body(client.PUT('/api/segments/{id}', { params: { path: { id } }, body: draft }))
        : body(client.POST('/api/segments', { body: draft })),
    onSuccess: async (segment) => {
      await queries.invalidateQueries();
      onDone?.();
      if (!id) await navigate(links.to(`/segments/${encodeURIComponent(segment.id)}`));
    },
  });
  return (
    <Section title={t('segment.save')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm">
          <TextInput label={t('segments.name')} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} required />
          <TextInput label={t('segment.description')} value={draft.description} onChange={(event) => change({ description: event.currentTarget.value })} />
          {save.isError && <ErrorPanel error={save.error} />}
          <Group>
            <Button type="submit" loading={save.isPending} disabled={!ready || draft.name.trim() === ''}>{id ? t('segment.saveChanges') : t('segment.create')}</Button>
            {onDone && <Button variant="default" onClick={onDone}>{t('common.cancel')}</Button>}
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
