// All problems of a definition at once: where, what, and how to mend it.

import { Alert, Stack, Text } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../api/types';

export function ProblemList({ problems }: { problems: Problem[] }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-live="polite">
      {problems.length > 0 && (
        <Alert color="red" variant="light" icon={<IconAlertCircle />} title={t('segment.problems', { count: problems.length })} data-problems>
          <Stack gap={8}>
            {problems.map((problem) => (
              <div key={`${problem.line}:${problem.column}:${problem.path}:${problem.code}`}>
                <Text size="sm">
                  {problem.line !== null && problem.line !== undefined && (
                    <Text span size="xs" fw={600} c="var(--bad)" me={8}>{t('segment.at', { line: problem.line, column: problem.column })}</Text>
                  )}
                  <bdi lang="en" dir="ltr">{problem.message}</bdi>
                </Text>
                {problem.hint && <Text size="sm" c="dimmed"><bdi lang="en" dir="ltr">{problem.hint}</bdi></Text>}
              </div>
            ))}
          </Stack>
        </Alert>
      )}
    </div>
  );
}
