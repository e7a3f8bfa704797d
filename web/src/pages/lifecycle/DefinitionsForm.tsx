// Edits all definitions at once; every text is checked while it is written.

import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { validate } from '../../api/queries';
import type { StateDefinition } from '../../api/types';
import { Dot } from '../../components/StateBadge';
import { stateColour } from '../../lib/colours';
import { useRested } from '../../lib/debounce';
import { ReviewDefinitions } from './ReviewDefinitions';

interface Props {
  states: StateDefinition[];
  onDone: () => void;
}

export function DefinitionsForm({ states, onDone }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => states.map(({ key, name, definition }) => ({ key, name, definition })));
  const [reviewing, setReviewing] = useState(false);
  const rested = useRested(draft, 350);
  const checks = useQueries({
    queries: rested.map((state) => ({
      queryKey: ['validate', state.definition],
      queryFn: () => validate(state.definition),
    })),
  });
  const change = (at: number, part: Partial<StateDefinition>) =>
    setDraft((old) => old.map((state, index) => (index === at ? { ...state, ...part } : state)));
  const changed = draft.some((state, at) => state.name !== states[at]?.name || state.definition !== states[at]?.definition);
  const settled = rested === draft && checks.every((check) => check.data?.valid);

  return (
    <Stack gap="md">
      {draft.map((state, at) => {
        const problems = checks[at]?.data?.problems ?? [];
        return (
          <Group key={state.key} align="flex-start" gap="md">
            <TextInput
              w={190}
              label={t('lifecycle.name')}
              value={state.name}
              leftSection={<Dot colour={stateColour(state.key)} />}
              onChange={(event) => change(at, { name: event.currentTarget.value })}
            />
            <Textarea
              style={{ flex: '1 1 320px' }}
              label={t('lifecycle.definition')}
              autosize
              minRows={1}
              dir="ltr"
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
              value={state.definition}
              onChange={(event) => change(at, { definition: event.currentTarget.value })}
              error={problems.length > 0 && problems.map((problem) => (
                <Text key={`${problem.line}:${problem.column}:${problem.code}`} span display="block" size="xs">
                  {problem.line !== null && `${t('segment.at', { line: problem.line, column: problem.column })} `}
                  <bdi lang="en" dir="ltr">
                    {problem.message}
                    {problem.hint && ` – ${problem.hint}`}
                  </bdi>
                </Text>
              ))}
            />
          </Group>
        );
      })}
      <Group>
        <Button disabled={!changed || !settled} onClick={() => setReviewing(true)}>{t('lifecycle.review')}</Button>
        <Button variant="default" onClick={onDone}>{t('common.cancel')}</Button>
      </Group>
      <ReviewDefinitions before={states} after={reviewing ? draft : null} onClose={() => setReviewing(false)} onSaved={onDone} />
    </Stack>
  );
}
