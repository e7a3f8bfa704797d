// The text of a journey: the same form as on the canvas and in a file.

import { Button, CopyButton, Group, Stack, Text, Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Section } from '../../components/Page';
import { read, type ReadProblem, textOf } from './model/read';
import type { JourneyDraft } from './useJourneyDraft';

export function TextTab({ draft }: { draft: JourneyDraft }) {
  const { t } = useTranslation();
  const { draft: now, change, renew } = draft;
  const [text, setText] = useState(() => textOf(now));
  const [problem, setProblem] = useState<ReadProblem | null>(null);
  useEffect(() => {
    // Changed from elsewhere: taken back, or done again.
    setText((old) => (JSON.stringify(read(old).journey) === JSON.stringify(now) ? old : textOf(now)));
    setProblem(null);
  }, [now]);
  const put = (next: string) => {
    setText(next);
    const { journey, problem: found } = read(next);
    setProblem(found);
    if (!journey) return;
    change(journey, 'text');
    renew();
  };
  const save = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([`${text}\n`], { type: 'application/json' }));
    link.download = `${now.id ?? 'journey'}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Section
      title={t('journeyText.title')}
      lead={t('journeyText.lead')}
      actions={
        <Group gap="xs">
          <CopyButton value={text}>{({ copied, copy }) => <Button size="compact-sm" variant="default" onClick={copy}>{copied ? t('common.copied') : t('common.copy')}</Button>}</CopyButton>
          <Button size="compact-sm" variant="default" onClick={save}>{t('journeyText.download')}</Button>
        </Group>
      }
    >
      <Stack gap="xs">
        {problem && (
          <Text size="sm" c="var(--bad)" role="alert" data-unreadable={problem.code}>
            {t(`journeyText.problem.${problem.code}`, { what: problem.what })} {problem.place && <span className="keep-ltr">{problem.place}</span>}
          </Text>
        )}
        <Textarea
          aria-label={t('journeyText.title')}
          autosize
          minRows={16}
          maxRows={40}
          dir="ltr"
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem', lineHeight: 1.55, textAlign: 'left', whiteSpace: 'pre', overflowX: 'auto' } }}
          error={problem !== null}
          value={text}
          onChange={(event) => put(event.currentTarget.value)}
        />
      </Stack>
    </Section>
  );
}
