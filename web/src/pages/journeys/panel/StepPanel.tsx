// Everything that is to be said of one step.

import { ActionIcon, Button, Group, Stack, Text, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconCopy, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { freePath } from '../model/begin';
import { branchOf, comings, duplicatePath, duplicateStep, idProblem, putStep, removeBranch, removeStep, renameStep } from '../model/edit';
import { pathsOf, spared, waysOf } from '../model/graph';
import type { ActionOf, JourneyInput, JourneyStep, StepKind } from '../types';
import { EmitForm, ExitForm, OtherJourneyForm, UpdateForm } from './DataForms';
import { type StepProps, WaysFields } from './fields';
import { BestChannelForm, MessageForm, WebhookForm } from './MessageForms';
import { LearnForm, RandomForm, SplitForm } from './PathForms';
import { WaitForForm, WaitForm } from './TimeForms';

interface Props {
  journey: JourneyInput;
  step: JourneyStep;
  onChange: (journey: JourneyInput, about?: string) => void;
  onOpen: (id: string) => void;
}

/** Each form takes its own kind of step only; which one it is says the kind. */
type Form = (props: StepProps) => React.ReactNode;

const FORMS = {
  wait: WaitForm, wait_for: WaitForForm, split: SplitForm, random: RandomForm, learn: LearnForm, message: MessageForm,
  best_channel: BestChannelForm, webhook: WebhookForm, update: UpdateForm, emit: EmitForm, journey: OtherJourneyForm, exit: ExitForm,
} satisfies { [Kind in StepKind]: (props: StepProps<ActionOf<Kind>>) => React.ReactNode };

export function StepPanel({ journey, step, onChange, onOpen }: Props) {
  const { t } = useTranslation();
  const put = (next: JourneyStep, about?: string) => onChange(putStep(journey, next), about === undefined ? undefined : `${step.id} ${about}`);
  const Form = FORMS[step.do.kind] as unknown as Form;
  const first = journey.steps[0] === step;
  const below = branchOf(journey, step.id).length;
  const copyPath = (path: string) => onChange(duplicatePath(journey, step.id, path, freePath(pathsOf(step.do).map(({ id }) => id))).journey);
  const copyStep = () => {
    const { journey: next, id } = duplicateStep(journey, step.id);
    onChange(next);
    onOpen(id);
  };
  const remove = (next: JourneyInput) => {
    onChange(next);
    onOpen('');
  };
  return (
    <Stack gap="md" data-step={step.id}>
      <TextInput size="sm" label={t('panel.name')} placeholder={t(`step.kind.${step.do.kind}`)} maxLength={200} dir="auto" value={step.name ?? ''} onChange={(event) => put(spared({ ...step, name: event.currentTarget.value || undefined }) as JourneyStep, 'name')} />
      <Form journey={journey} step={step} action={step.do} onAction={(action, about) => put({ ...step, do: action }, about)} onStep={put} onCopyPath={copyPath} />
      <WaysFields journey={journey} step={step} onStep={put} />
      <Textarea size="sm" label={t('panel.note')} description={t('panel.noteLead')} autosize minRows={2} maxRows={8} dir="auto" value={step.note ?? ''} onChange={(event) => put(spared({ ...step, note: event.currentTarget.value || undefined }) as JourneyStep, 'note')} />
      <IdField key={step.id} journey={journey} id={step.id} onRename={(id) => { onChange(renameStep(journey, step.id, id)); onOpen(id); }} />
      <Group gap="xs">
        {waysOf(step).length > 0 && <Button size="compact-sm" variant="default" leftSection={<IconCopy size={15} />} onClick={copyStep}>{t('panel.copy')}</Button>}
        <Button size="compact-sm" variant="default" c="var(--bad)" leftSection={<IconTrash size={15} />} disabled={journey.steps.length < 2} onClick={() => remove(removeStep(journey, step.id))}>{t('panel.remove')}</Button>
        {!first && below > 1 && comings(journey, step.id) > 0 && (
          <Tooltip label={t('panel.removeBranch', { shown: below })}>
            <ActionIcon variant="default" c="var(--bad)" size={26} aria-label={t('panel.removeBranch', { shown: below })} onClick={() => remove(removeBranch(journey, step.id))}><IconTrash size={15} /></ActionIcon>
          </Tooltip>
        )}
      </Group>
      {journey.steps.length < 2 && <Text size="xs" c="dimmed">{t('panel.only')}</Text>}
    </Stack>
  );
}

/** The id is changed when it is whole, because everything that names it changes with it. */
function IdField({ journey, id, onRename }: { journey: JourneyInput; id: string; onRename: (id: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(id);
  const problem = idProblem(journey, id, text);
  const settle = () => {
    if (text !== id && !problem) onRename(text);
  };
  return (
    <TextInput
      size="sm"
      label={t('panel.id')}
      description={t('panel.idLead')}
      classNames={{ input: 'keep-ltr' }}
      value={text}
      error={problem ? t(`panel.idProblem.${problem}`) : undefined}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={settle}
      onKeyDown={(event) => event.key === 'Enter' && settle()}
    />
  );
}
