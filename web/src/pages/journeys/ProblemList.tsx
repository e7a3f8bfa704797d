// What is wrong or unwise, each leading to its step.

import { Anchor, Paper, Stack, Text } from '@mantine/core';
import { IconAlertCircle, IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Told } from '../../components/Told';
import { useFormat } from '../../lib/format';
import type { Shown } from './model/checks';
import type { JourneyInput } from './types';
import { useJourneyWords } from './words';

interface Props {
  journey: JourneyInput;
  problems: Shown[];
  /** Why the server could not look. */
  error: unknown;
  onOpen: (step: string | null) => void;
}

export function ProblemList({ journey, problems, error, onOpen }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const errors = problems.filter((problem) => problem.error).length;
  return (
    <Paper mt="md" p="md" component="section" aria-label={t('journeyProblems.title')} data-problems={problems.length}>
      <Text component="h2" m={0} size="sm" fw={650} role="status">
        {problems.length === 0 ? t('journeyProblems.none') : t('journeyProblems.count', { errors: format.count(errors), others: format.count(problems.length - errors) })}
      </Text>
      {error !== null && error !== undefined && <ErrorPanel error={error} />}
      {problems.length === 0 ? <Text size="sm" c="dimmed"><IconCircleCheck size={15} style={{ verticalAlign: '-2px' }} /> {t('journeyProblems.fine')}</Text> : (
        <Stack component="ul" gap={6} m={0} mt="xs" p={0} style={{ maxHeight: 260, overflow: 'auto' }}>
          {problems.map(({ step, error: grave, own, told }, at) => (
            // eslint-disable-next-line react/no-array-index-key
            <li key={at} style={{ listStyle: 'none', display: 'flex', gap: 8 }} data-problem={own?.code ?? told?.code}>
              {grave ? <IconAlertCircle size={17} color="var(--bad)" style={{ flex: 'none', marginTop: 2 }} /> : <IconAlertTriangle size={17} color="var(--mantine-color-yellow-7)" style={{ flex: 'none', marginTop: 2 }} />}
              <Text size="sm" component="span">
                <Anchor component="button" type="button" size="sm" fw={600} me={8} onClick={() => onOpen(step)}><bdi>{step === null ? t('entry.title') : words.stepName(journey, step)}</bdi></Anchor>
                {own ? words.problem(own) : <Told code={told?.message_code} text={told?.message} />}
                {told?.hint && <Text component="span" display="block" size="sm" c="dimmed"><Told code={told.hint_code} text={told.hint} /></Text>}
              </Text>
            </li>
          ))}
        </Stack>
      )}
    </Paper>
  );
}
