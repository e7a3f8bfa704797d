// Whom a learning split tells apart: nobody, or people by their state, a value, or segments; and who has won where.

import { Button, Group, MultiSelect, NativeSelect, SimpleGrid, Stack, TagsInput, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFrameworks, useLifecycle, useSegments } from '../../../api/queries';
import { AttributeField } from '../../../components/AttributeField';
import { useNames } from '../../../lib/names';
import { beginContext, contextsOf, NAMED_MAX, textsOf, valuesIn, withContext, withWinner } from '../model/context';
import type { ActionOf, LearningContext } from '../types';
import { useContextName } from '../words';

const KINDS = ['none', 'state', 'attribute', 'segments'] as const;
type Learn = ActionOf<'learn'>;

/** The states of a lifecycle; without a key: of the workspace's. */
function useStates(lifecycle: string | null | undefined) {
  const own = useLifecycle();
  const frameworks = useFrameworks();
  if (!lifecycle || lifecycle === 'default') return (own.data?.states ?? []).filter(({ key }) => key !== 'none');
  return frameworks.data?.frameworks.find(({ key }) => key === lifecycle)?.states ?? [];
}

export function ContextField({ action, onAction }: { action: Learn; onAction: (action: Learn, about?: string) => void }) {
  const { t } = useTranslation();
  const { context } = action;
  const states = useStates(context?.kind === 'state' ? context.lifecycle : undefined);
  const keys = states.map(({ key }) => key);
  const put = (next: LearningContext | undefined, about?: string) => onAction(withContext(action, next, keys), about);
  return (
    <Stack gap="xs" role="group" aria-label={t('learn.context.label')}>
      <NativeSelect size="sm" maw={320} label={t('learn.context.label')} description={t('learn.context.lead')} value={context?.kind ?? 'none'} onChange={(event) => put(beginContext(event.currentTarget.value))} data={KINDS.map((kind) => ({ value: kind, label: t(`learn.context.kinds.${kind}`) }))} />
      {context?.kind === 'state' && <States context={context} states={states} onChange={put} />}
      {context?.kind === 'attribute' && (
        <>
          <AttributeField label={t('learn.context.attribute')} value={context.attribute} onChange={(attribute) => put({ ...context, attribute }, 'context attribute')} />
          <TagsInput size="sm" maw={420} label={t('learn.context.values')} description={t('learn.context.valuesLead')} maxTags={NAMED_MAX} value={textsOf(context.values)} onChange={(texts) => put({ ...context, values: valuesIn(texts) })} />
        </>
      )}
      {context?.kind === 'segments' && <Segments context={context} onChange={put} />}
      {context && <Winners action={action} contexts={contextsOf(context, keys)} onAction={onAction} />}
    </Stack>
  );
}

interface KindProps<Kind extends LearningContext['kind']> {
  context: Extract<LearningContext, { kind: Kind }>;
  onChange: (context: LearningContext) => void;
}

function States({ context, states, onChange }: KindProps<'state'> & { states: { key: string; name: string }[] }) {
  const { t } = useTranslation();
  const names = useNames();
  const frameworks = useFrameworks();
  const all = frameworks.data?.frameworks ?? [];
  const chosen = context.states ?? [];
  const toggle = (key: string) => {
    const next = chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key];
    const { states: _before, ...rest } = context;
    onChange(next.length > 0 ? { ...rest, states: next } : rest);
  };
  return (
    <>
      {all.length > 0 && <NativeSelect size="sm" maw={320} label={t('learn.context.lifecycle')} value={context.lifecycle ?? ''} onChange={(event) => onChange({ kind: 'state', ...(event.currentTarget.value && { lifecycle: event.currentTarget.value }) })} data={[{ value: '', label: t('learn.context.own') }, ...all.map(({ key, name }) => ({ value: key, label: name }))]} />}
      <Stack gap={4} role="group" aria-label={t('learn.context.states')}>
        <Text size="sm" fw={500}>{t('learn.context.states')}</Text>
        <Text size="xs" c="dimmed">{t('learn.context.statesLead')}</Text>
        <Group gap="xs">
          {states.map((state) => <Button key={state.key} size="compact-sm" variant={chosen.includes(state.key) ? 'filled' : 'default'} aria-pressed={chosen.includes(state.key)} onClick={() => toggle(state.key)}>{names.state(state)}</Button>)}
        </Group>
      </Stack>
    </>
  );
}

function Segments({ context, onChange }: KindProps<'segments'>) {
  const { t } = useTranslation();
  const segments = useSegments();
  return <MultiSelect size="sm" maw={420} label={t('learn.context.segments')} description={t('learn.context.segmentsLead')} searchable maxValues={NAMED_MAX} value={context.segments} onChange={(ids) => onChange({ ...context, segments: ids })} data={(segments.data?.segments ?? []).map(({ id, name }) => ({ value: id, label: name }))} />;
}

function Winners({ action, contexts, onAction }: { action: Learn; contexts: string[]; onAction: (action: Learn) => void }) {
  const { t } = useTranslation();
  const called = useContextName(action.context);
  if (contexts.length < 2) return null;
  return (
    <Stack gap={4} role="group" aria-label={t('learn.context.winners')}>
      <Text size="sm" fw={500}>{t('learn.context.winners')}</Text>
      <SimpleGrid cols={2} spacing="sm" verticalSpacing="xs" maw={420}>
        {contexts.map((context) => (
          <NativeSelect key={context} size="xs" label={called(context)} aria-label={t('learn.context.winnerOf', { name: called(context) })} value={action.winners?.[context] ?? ''} onChange={(event) => onAction(withWinner(action, context, event.currentTarget.value || undefined))} data={[{ value: '', label: t('learn.context.asAll') }, ...action.paths.map(({ id, name }) => ({ value: id, label: name || id }))]} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}
