// What publishing changes: steps that are new, gone or different, and for each step at which somebody waits where
// they go.

import { Badge, Button, Group, Modal, NativeSelect, Paper, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Query } from '../../components/Query';
import { Dot } from '../../components/StateBadge';
import { Told } from '../../components/Told';
import { useFormat } from '../../lib/format';
import { Problems } from '../campaigns/content/Problems';
import { journeys, useForgetJourneys } from './api';
import type { Journey, JourneyInput, JourneyReview, StepMove, StepReview } from './types';
import { useJourneyWords } from './words';

const CHANGES = ['added', 'removed', 'changed'] as const;
const COLOURS = { added: '#10b981', removed: '#ef4444', changed: '#3b82f6' };

export function PublishDialog({ journey, onClose }: { journey: Journey; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ['journey-review', journey.id, journey.version], queryFn: () => journeys.review(journey.id), staleTime: 0 });
  return (
    <Modal opened onClose={onClose} title={t('publish.title', { name: journey.definition.name })} size="xl" closeButtonProps={{ 'aria-label': t('common.close') }} data-publish>
      <Query query={query}>{(review) => <Review key={review.version} journey={journey} review={review} onClose={onClose} />}</Query>
    </Modal>
  );
}

function Review({ journey, review, onClose }: { journey: Journey; review: JourneyReview; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const queries = useQueryClient();
  const forget = useForgetJourneys();
  const { id, definition } = journey;
  const [moves, setMoves] = useState<Record<string, StepMove>>({});
  const publish = useMutation({
    mutationFn: () => journeys.publish(id, { version: review.version, moves: Object.fromEntries(review.steps.map(({ step, proposed }) => [step, moves[step] ?? proposed])) }),
    onSuccess: async (after) => {
      queries.setQueryData(['journey', id], after);
      onClose();
      await forget(id);
    },
  });
  const waiting = review.steps.reduce((sum, step) => sum + step.waiting, 0);
  const wrong = journey.problems.some(({ error }) => error);
  return (
    <Stack gap="md">
      <Text size="sm">{t('publish.lead')}</Text>
      <Stack gap={6} role="group" aria-label={t('publish.changes')}>
        {CHANGES.every((change) => review[change].length === 0) && <Text size="sm" c="dimmed">{t('publish.same')}</Text>}
        {CHANGES.map((change) => review[change].length > 0 && (
          <Group key={change} gap={6} data-change={change}>
            <Text size="sm" fw={600} w={110}>{t(`publish.change.${change}`)}</Text>
            {review[change].map((step) => <Badge key={step} variant="default" tt="none" fw={500} leftSection={<Dot colour={COLOURS[change]} size={8} />}>{words.stepName(definition, step)}</Badge>)}
          </Group>
        ))}
      </Stack>
      <Text size="sm" fw={600}>{waiting === 0 ? t('publish.nobody') : t('publish.waiting', { shown: format.count(waiting) })}</Text>
      {review.steps.map((step) => <Choice key={step.step} definition={definition} review={step} gone={review.removed.includes(step.step)} value={moves[step.step] ?? step.proposed} onChange={(move) => setMoves((old) => ({ ...old, [step.step]: move }))} />)}
      <Problems problems={journey.problems} />
      {wrong && <Text size="sm" c="var(--bad)">{t('journeyLead.wrong')}</Text>}
      {publish.isError && <ErrorPanel error={publish.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>{t('common.cancel')}</Button>
        <Button disabled={wrong} loading={publish.isPending} onClick={() => publish.mutate()}>{t('journeyAction.publish')}</Button>
      </Group>
    </Stack>
  );
}

const written = (move: StepMove) => (move.kind === 'to' ? `to ${move.step}` : move.kind);
const read = (text: string): StepMove => (text.startsWith('to ') ? { kind: 'to', step: text.slice(3) } : text === 'exit' ? { kind: 'exit' } : { kind: 'finish' });

interface ChoiceProps {
  definition: JourneyInput;
  review: StepReview;
  gone: boolean;
  value: StepMove;
  onChange: (move: StepMove) => void;
}

function Choice({ definition, review, gone, value, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const own = written(value) === written(review.proposed);
  return (
    <Paper p="sm" data-move={review.step}>
      <Group justify="space-between" gap="sm" align="flex-start">
        <div style={{ flex: '1 1 220px', minWidth: 0 }}>
          <Text component="div" size="sm" fw={600}><bdi>{review.name}</bdi>{gone && <Badge ms={8} size="sm" variant="default" tt="none" leftSection={<Dot colour={COLOURS.removed} size={8} />}>{t('publish.change.removed')}</Badge>}</Text>
          <Text size="sm" className="numbers">{t('publish.waitHere', { shown: format.count(review.waiting) })}</Text>
          <Text size="xs" c="dimmed">{t('publish.proposed', { move: words.move(review.proposed, definition) })} <Told code={review.why_code} text={review.why} /></Text>
        </div>
        <NativeSelect
          size="sm"
          w={280}
          label={t('publish.then')}
          description={own ? t('publish.asProposed') : t('publish.ownChoice')}
          value={written(value)}
          onChange={(event) => onChange(read(event.currentTarget.value))}
          data={[
            { value: 'finish', label: t('publish.finish') },
            ...definition.steps.map((step) => ({ value: `to ${step.id}`, label: t('publish.to', { name: `${words.step(step)} (${step.id})` }) })),
            { value: 'exit', label: t('publish.exit') },
          ]}
        />
      </Group>
    </Paper>
  );
}
