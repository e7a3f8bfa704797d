// The path of one person through a journey: each step, when they came, and why.

import { Text, Timeline } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFew } from '../../components/Few';
import { Told } from '../../components/Told';
import { When } from '../../components/When';
import { useOutreachNames } from '../../lib/outreach';
import type { JourneyInput, JourneyRun } from './types';
import { useJourneyWords } from './words';

export function Path({ run, definition }: { run: JourneyRun; definition?: JourneyInput | undefined }) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const names = useOutreachNames();
  const name = (id: string) => (definition ? words.stepName(definition, id) : id);
  const { shown, holder, more } = useFew(run.steps, run.held_out === null ? 0 : 1);
  return (
    <Timeline ref={holder} bulletSize={14} lineWidth={2} active={shown.length + (more ? 1 : 0) + (run.exit ? 1 : 0)} mt="xs" aria-label={t('path.title')} data-run={run.run}>
      {run.held_out !== null && <Timeline.Item title={<Text size="sm" fw={550}>{t('path.heldOut', { group: names.reason(run.held_out) })}</Text>}><When at={run.entered_at} /></Timeline.Item>}
      {shown.map(({ step, at, why, why_code: code }, i) => (
        // Loops come to a step again.
        // eslint-disable-next-line react/no-array-index-key
        <Timeline.Item key={`${step} ${i}`} title={<Text size="sm" fw={550}><bdi>{name(step)}</bdi></Text>}>
          <Text size="xs" c="dimmed"><When at={at} /></Text>
          {why && <Text size="sm"><Told code={code} text={why} /></Text>}
        </Timeline.Item>
      ))}
      {more && <Timeline.Item lineVariant="dashed">{more}</Timeline.Item>}
      {run.exit && (
        <Timeline.Item title={<Text size="sm" fw={550}>{t('path.out', { reason: words.reason(run.exit.reason) })}</Text>}>
          <Text size="xs" c="dimmed"><When at={run.exit.at} /></Text>
          {run.exit.detail && <Text size="sm"><Told code={run.exit.detail_code} text={run.exit.detail} /></Text>}
        </Timeline.Item>
      )}
      {!run.exit && run.held_out === null && (
        <Timeline.Item lineVariant="dashed" title={<Text size="sm" fw={550}>{t('path.goesOn')}</Text>}>
          {run.due_at && <Text size="xs" c="dimmed">{t('path.due')} <When at={run.due_at} /></Text>}
        </Timeline.Item>
      )}
    </Timeline>
  );
}
