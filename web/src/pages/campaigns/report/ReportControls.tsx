// Whom a report is about, by when they were drawn, and how sure its intervals are. What is chosen stands in the
// address.

import { Button, Group, NativeSelect, Paper, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { ReportQuery } from '../../../api/outreach';
import { useFormat } from '../../../lib/format';
import { useParam } from '../../../lib/params';
import { instantOf } from '../../../lib/zone';

const CONFIDENCES = ['0.8', '0.9', '0.95', '0.99'];
const USUAL = '0.95';
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What is chosen, and what is asked for it. Days are those of the workspace's zone, the last one included. */
export function useReportControls() {
  const { zone } = useFormat();
  const [since, setSince] = useParam('since', null, '');
  const [until, setUntil] = useParam('until', null, '');
  const [confidence, setConfidence] = useParam('confidence', CONFIDENCES, USUAL);
  const start = (day: string) => (DAY.test(day) ? instantOf(`${day}T00:00`, zone) : undefined);
  const after = (day: string) => {
    if (!DAY.test(day)) return undefined;
    const next = new Date(`${day}T00:00:00Z`);
    next.setUTCDate(next.getUTCDate() + 1);
    return start(next.toISOString().slice(0, 10));
  };
  const query: ReportQuery = {
    since: start(since),
    until: after(until),
    confidence: confidence === USUAL ? undefined : Number(confidence),
  };
  const [, setParams] = useSearchParams();
  // At once: changes of the address that follow each other within one click do not see each other.
  const reset = () =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      for (const name of ['since', 'until', 'confidence']) next.delete(name);
      return next;
    }, { replace: true });
  return { since, setSince, until, setUntil, confidence, setConfidence, reset, query };
}

export function ReportControls({ controls }: { controls: ReturnType<typeof useReportControls> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { since, setSince, until, setUntil, confidence, setConfidence, reset } = controls;
  const chosen = since !== '' || until !== '' || confidence !== USUAL;
  const wrong = since !== '' && until !== '' && until < since ? t('report.wrongPeriod') : undefined;
  return (
    <Paper p="md">
      <Group gap="md" align="flex-end" role="group" aria-label={t('report.controls')} data-report-controls>
        <TextInput type="date" label={t('report.since')} max={until || undefined} value={since} onChange={(event) => setSince(event.currentTarget.value)} />
        <TextInput type="date" label={t('report.until')} min={since || undefined} error={wrong} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
        <NativeSelect label={t('report.confidence')} value={confidence} onChange={(event) => setConfidence(event.currentTarget.value)} data={CONFIDENCES.map((value) => ({ value, label: format.percent(Number(value), 0) }))} />
        {chosen && <Button variant="subtle" onClick={reset}>{t('report.everything')}</Button>}
      </Group>
    </Paper>
  );
}
