// What is wrong or unwise in messages: where, what, and how to mend it.

import { Stack, Text } from '@mantine/core';
import { IconAlertCircle, IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ContentProblem } from '../../../api/outreach';
import { Notice } from '../../../components/Notice';
import { Told } from '../../../components/Told';

export function Problems({ problems }: { problems: ContentProblem[] }) {
  const errors = problems.filter(({ error }) => error);
  const warnings = problems.filter(({ error }) => !error);
  return (
    <div role="status" aria-live="polite">
      <Stack gap="xs">
        {errors.length > 0 && <Some problems={errors} error />}
        {warnings.length > 0 && <Some problems={warnings} error={false} />}
      </Stack>
    </div>
  );
}

function Some({ problems, error }: { problems: ContentProblem[]; error: boolean }) {
  const { t } = useTranslation();
  const title = error ? t('content.errors', { shown: problems.length }) : t('content.warnings', { shown: problems.length });
  return (
    <Notice role="group" color={error ? 'red' : 'yellow'} icon={error ? <IconAlertCircle /> : <IconAlertTriangle />} title={title} data-problems={error ? 'errors' : 'warnings'}>
      <Stack gap={8}>
        {problems.map((problem) => (
          <div key={`${problem.place}:${problem.code}:${problem.message}`}>
            <Text size="sm">
              {problem.place && <Text span size="xs" fw={600} me={8} className="keep-ltr">{problem.place}</Text>}
              <Told code={problem.message_code} text={problem.message} />
            </Text>
            {problem.hint && <Text size="sm"><Told code={problem.hint_code} text={problem.hint} /></Text>}
          </div>
        ))}
      </Stack>
    </Notice>
  );
}
