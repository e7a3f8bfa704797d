// Small fields that the forms of steps share.

import { NativeSelect, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isSpan } from '../model/checks';
import { waysOf, withWay } from '../model/graph';
import { objectIn } from '../model/values';
import type { JourneyInput, JourneyStep } from '../types';
import { useJourneyWords } from '../words';

/** What every form of a step gets. */
export interface StepProps<Action = JourneyStep['do']> {
  journey: JourneyInput;
  step: JourneyStep;
  action: Action;
  /** `about`: which field is written, so that it is taken back as one. */
  onAction: (action: Action, about?: string) => void;
  onStep: (step: JourneyStep, about?: string) => void;
  /** Makes a path that does what another does, with its steps. */
  onCopyPath: (path: string) => void;
}

interface SpanProps {
  label: string;
  value: string | undefined;
  onChange: (span: string) => void;
  placeholder?: string;
  /** It may be left empty, or be negative. */
  optional?: boolean;
  signed?: boolean;
  description?: ReactNode;
}

/** A duration, as in `24h`. */
export function SpanField({ label, value = '', onChange, placeholder = '24h', optional, signed, description }: SpanProps) {
  const { t } = useTranslation();
  const { span } = useJourneyWords();
  const fine = isSpan(signed ? value.replace(/^-/, '') : value) || (optional && value.trim() === '');
  return (
    <TextInput
      size="sm"
      maw={260}
      label={label}
      description={description ?? (value && fine ? <bdi>{span(value)}</bdi> : t('panel.spanHint'))}
      placeholder={placeholder}
      classNames={{ input: 'keep-ltr' }}
      value={value}
      error={fine ? undefined : t('panel.spanWrong')}
      onChange={(event) => onChange(event.currentTarget.value.trim())}
    />
  );
}

interface ObjectProps {
  label: string;
  description: string;
  value: unknown;
  onChange: (value: object | undefined) => void;
}

/** An object in JSON; it is changed when it is whole, or empty. What `value` is later is not looked at. */
export function ObjectField({ label, description, value, onChange }: ObjectProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  return (
    <Textarea
      size="sm"
      label={label}
      description={description}
      autosize
      minRows={2}
      maxRows={8}
      spellCheck={false}
      classNames={{ input: 'keep-ltr' }}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
      value={text}
      error={objectIn(text) === null ? t('webhook.noObject') : undefined}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        const read = objectIn(next);
        if (read !== null) onChange(read);
      }}
    />
  );
}

interface TargetProps {
  label: string;
  journey: JourneyInput;
  /** The step from which it leads. */
  from: string;
  value: string | undefined;
  onChange: (to: string | undefined) => void;
}

/** Where a way leads. */
export function TargetField({ label, journey, from, value, onChange }: TargetProps) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const known = value === undefined || journey.steps.some(({ id }) => id === value);
  return (
    <NativeSelect
      size="sm"
      label={label}
      value={value ?? ''}
      error={known ? undefined : t('canvas.missing', { name: value })}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      data={[
        { value: '', label: t('canvas.completed') },
        ...(known ? [] : [{ value: value!, label: value! }]),
        ...journey.steps.filter(({ id }) => id !== from).map((step) => ({ value: step.id, label: `${words.step(step)} (${step.id})` })),
      ]}
    />
  );
}

/** Where all ways of a step lead. */
export function WaysFields({ journey, step, onStep }: Pick<StepProps, 'journey' | 'step' | 'onStep'>) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const ways = waysOf(step);
  if (ways.length === 0) return null;
  return (
    <Stack gap="xs" role="group" aria-label={t('panel.then')}>
      <Text size="sm" fw={600}>{t('panel.then')}</Text>
      {ways.map(({ path, to }) => <TargetField key={path} label={words.path(step, path, journey)} journey={journey} from={step.id} value={to} onChange={(next) => onStep(withWay(step, path, next))} />)}
    </Stack>
  );
}

interface OwnWayProps {
  label: string;
  description: string;
  journey: JourneyInput;
  from: string;
  value: string | undefined;
  onChange: (to: string | undefined) => void;
  /** Where it leads at first. */
  first: string | undefined;
}

/** A way that may be left out: those people then go with the others. */
export function OwnWay({ label, description, journey, from, value, onChange, first }: OwnWayProps) {
  const begin = first ?? journey.steps.find(({ id }) => id !== from)?.id;
  return <Switch label={label} description={description} checked={value !== undefined} disabled={begin === undefined} onChange={(event) => onChange(event.currentTarget.checked ? begin : undefined)} />;
}
