// The canvas with its numbers, and what they come to: goals against the control group, why people went out, and
// every step.

import { Box, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { CountLink } from '../../../components/AppLink';
import { EmptyState } from '../../../components/EmptyState';
import { Notice } from '../../../components/Notice';
import { Section } from '../../../components/Page';
import { Query } from '../../../components/Query';
import { Scroll } from '../../../components/Scroll';
import { Reason } from '../../../components/outreach/Reason';
import { When } from '../../../components/When';
import { useFormat } from '../../../lib/format';
import { useOutreachNames } from '../../../lib/outreach';
import { useParam } from '../../../lib/params';
import { apart } from '../../../lib/sentences';
import { instantOf } from '../../../lib/zone';
import { useJourneyReport } from '../api';
import Canvas from '../canvas/Canvas';
import { exitedDefinition } from '../numbers';
import { sumOf } from '../model/counts';
import type { Journey, JourneyReport, ReasonCount, StepReport } from '../types';
import type { JourneyDraft } from '../useJourneyDraft';
import { useJourneyWords } from '../words';
import { GoalsSection } from './GoalsSection';
import { LearningSection } from './LearningSection';
import { PathsSection } from './PathsSection';
import { WaitingDrawer } from './WaitingDrawer';

const HEIGHT = 'max(440px, calc(100dvh - 290px))';
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const NO_FLAWS = new Map<string | null, boolean>();

/** Whom it is about, by the day on which they came in. */
function usePeriod() {
  const { zone } = useFormat();
  const [since, setSince] = useParam('since', null, '');
  const [until, setUntil] = useParam('until', null, '');
  const [, setParams] = useSearchParams();
  const start = (day: string, later = 0) => {
    if (!DAY.test(day)) return undefined;
    const date = new Date(`${day}T00:00:00Z`);
    date.setUTCDate(date.getUTCDate() + later);
    return instantOf(`${date.toISOString().slice(0, 10)}T00:00`, zone);
  };
  const reset = () => setParams((old) => {
    const next = new URLSearchParams(old);
    for (const name of ['since', 'until']) next.delete(name);
    return next;
  }, { replace: true });
  return { since, setSince, until, setUntil, reset, query: { from: start(since), to: start(until, 1) } };
}

export default function NumbersTab({ journey, draft }: { journey: Journey; draft: JourneyDraft }) {
  const { t } = useTranslation();
  const period = usePeriod();
  const never = journey.started_at === null && journey.published === null;
  const query = useJourneyReport(journey.id, period.query, journey.status, !never);
  if (never) return <EmptyState title={t('numbers.none')}><Text size="sm" c="dimmed">{t('numbers.noneLead')}</Text></EmptyState>;
  return (
    <Stack gap="lg">
      <Group gap="md" align="flex-end" role="group" aria-label={t('report.controls')}>
        <TextInput type="date" size="sm" label={t('numbers.since')} max={period.until || undefined} value={period.since} onChange={(event) => period.setSince(event.currentTarget.value)} />
        <TextInput type="date" size="sm" label={t('numbers.until')} min={period.since || undefined} error={period.since !== '' && period.until !== '' && period.until < period.since ? t('report.wrongPeriod') : undefined} value={period.until} onChange={(event) => period.setUntil(event.currentTarget.value)} />
        {(period.since !== '' || period.until !== '') && <Button size="sm" variant="subtle" onClick={period.reset}>{t('report.everything')}</Button>}
      </Group>
      <Query query={query} height={520}>{(report) => <Numbers journey={journey} report={report} draft={draft} />}</Query>
    </Stack>
  );
}

function Numbers({ journey, report, draft }: { journey: Journey; report: JourneyReport; draft: JourneyDraft }) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useOutreachNames();
  const [opened, setOpened] = useParam('step', null, '');
  const [waiting, setWaiting] = useState<string | null>(null);
  return (
    <>
      <div>
        <Box h={HEIGHT}>
          <Canvas
            journey={journey.definition}
            id={journey.id}
            report={report}
            flaws={NO_FLAWS}
            opened={opened}
            onOpen={(id) => setOpened(id === opened ? '' : id)}
            onInsert={(_, kind) => kind}
            onConnect={() => undefined}
            onRemove={() => null}
            onWaiting={setWaiting}
            undo={null}
            redo={null}
          />
        </Box>
        <Text size="xs" c="dimmed" mt={6}>{t('numbers.asOf')} <When at={report.as_of} />{journey.changed && ` · ${t('numbers.ofDraft')}`}</Text>
        {report.held_out_by_group.length > 1 && <Text size="xs" c="dimmed" mt={2}>{t('numbers.control')}: {new Intl.ListFormat(format.language, { type: 'unit' }).format(report.held_out_by_group.map(({ reason, count }) => `${apart(names.reason(reason))} ${format.count(count)}`))}</Text>}
        {report.unaccounted > 0 && <Notice mt="sm" color="yellow" title={t('numbers.unaccounted', { shown: format.count(report.unaccounted) })}>{t('numbers.unaccountedLead')}</Notice>}
      </div>
      <GoalsSection report={report} />
      <PathsSection journey={journey} paths={report.paths} />
      {report.steps.some(({ kind, published }) => published && kind === 'learn') && <LearningSection journey={journey} draft={draft} />}
      <StepsSection journey={journey} report={report} opened={opened} onWaiting={setWaiting} />
      <ExitsSection journey={journey} report={report} />
      {waiting !== null && <WaitingDrawer journey={journey} step={waiting} onClose={() => setWaiting(null)} />}
    </>
  );
}

/** Steps with all their numbers. Whoever came to a step went on from it, waits at it, or went out of it. */
function StepsSection({ journey, report, opened, onWaiting }: { journey: Journey; report: JourneyReport; opened: string; onWaiting: (step: string) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const name = (step: StepReport) => (journey.definition.steps.some(({ id }) => id === step.step) ? words.stepName(journey.definition, step.step) : step.name);
  return (
    <Section title={t('numbers.steps')} lead={t('numbers.stepsLead')}>
      <Scroll label={t('numbers.steps')} minWidth={820} maxHeight={520}>
        <Table verticalSpacing={6} aria-label={t('numbers.steps')} className="numbers" stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('numbers.step')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('numbers.entered')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('numbers.moved')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('numbers.waiting')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('numbers.exited')}</Table.Th>
              {(['sent', 'delivered', 'opened', 'clicked', 'failed'] as const).map((state) => <Table.Th key={state} scope="col" ta="end">{t(`messageState.${state}`)}</Table.Th>)}
              <Table.Th scope="col" ta="end">{t('numbers.withheld')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {report.steps.map((step) => (
              <Table.Tr key={step.step} data-report={step.step} bg={opened === step.step ? 'var(--mantine-primary-color-light)' : undefined}>
                <Table.Th scope="row" fw={550}>
                  <bdi>{name(step)}</bdi>
                  {!journey.definition.steps.some(({ id }) => id === step.step) && <Text span size="xs" c="dimmed" ms={6}>{t('publish.change.removed')}</Text>}
                </Table.Th>
                <Table.Td ta="end">{format.count(step.entered)}</Table.Td>
                <Table.Td ta="end">{format.count(sumOf(step.moved))}</Table.Td>
                <Table.Td ta="end">{step.waiting > 0 ? <button type="button" className="link-button" aria-label={t('numbers.whoWait', { shown: format.count(step.waiting), name: name(step) })} onClick={() => onWaiting(step.step)}>{format.count(step.waiting)}</button> : format.count(0)}</Table.Td>
                <Table.Td ta="end">{format.count(sumOf(step.exited))}</Table.Td>
                {(['sent', 'delivered', 'opened', 'clicked', 'failed'] as const).map((state) => <Table.Td key={state} ta="end">{step.message ? format.count(step.message[state]) : ''}</Table.Td>)}
                <Table.Td ta="end">{step.message && <Withheld reasons={step.message.withheld_by_reason} />}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
    </Section>
  );
}

function Withheld({ reasons }: { reasons: ReasonCount[] }) {
  const format = useFormat();
  const known = reasons.toSorted((a, b) => b.count - a.count);
  if (known.length === 0) return <>{format.count(0)}</>;
  return <>{known.map(({ reason, count }) => <div key={reason}>{format.count(count)} <Reason code={reason} size="xs" /></div>)}</>;
}

function ExitsSection({ journey, report }: { journey: Journey; report: JourneyReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const rows = report.exited.toSorted((a, b) => b.count - a.count);
  const out = sumOf(rows);
  return (
    <Section title={t('numbers.exits')} lead={t('numbers.sum', { entered: format.count(report.entered), waiting: format.count(report.waiting), out: format.count(out) })}>
      {rows.length === 0 ? <Text size="sm" c="dimmed">{t('numbers.noExits')}</Text> : (
        <Table verticalSpacing={6} maw={560} aria-label={t('numbers.exits')} className="numbers">
          <Table.Tbody>
            {rows.map(({ reason, count }) => (
              <Table.Tr key={reason} data-exit={reason}>
                <Table.Th scope="row" fw={450}><bdi>{words.reason(reason)}</bdi></Table.Th>
                <Table.Td ta="end"><CountLink filter={{ definition: exitedDefinition(journey.id, { reason }) }} label={t('numbers.whoExitedFor', { reason: words.reason(reason) })}>{format.count(count)}</CountLink></Table.Td>
                <Table.Td ta="end" c="dimmed">{format.percent(out > 0 ? count / out : 0)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
