// What learning splits have learned: how they divide people over time, on what each share stands, and whether a path
// has won.

import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { Chart } from '../../../components/charts/Chart';
import { useChartLook } from '../../../components/charts/useChartLook';
import { Notice } from '../../../components/Notice';
import { NumbersTable } from '../../../components/NumbersTable';
import { Section } from '../../../components/Page';
import { Query } from '../../../components/Query';
import { Scroll } from '../../../components/Scroll';
import { When } from '../../../components/When';
import { groupColour } from '../../../lib/colours';
import { useFormat } from '../../../lib/format';
import { useJourneyLearning } from '../api';
import { putStep } from '../model/edit';
import { stepOf } from '../model/graph';
import type { LearningAllocation, LearningStep, LearningVerdict } from '../types';
import type { Journey, JourneyInput } from '../types';
import type { JourneyDraft } from '../useJourneyDraft';
import { usePathNames } from '../words';

const HOUR_MS = 3_600_000;

export function LearningSection({ journey, draft }: { journey: Journey; draft: JourneyDraft }) {
  const { t } = useTranslation();
  const query = useJourneyLearning(journey.id, journey.status, true);
  return (
    <Section title={t('learning.title')} lead={t('learning.lead')}>
      <Query query={query} height={220}>
        {({ steps }) => <Stack gap="xl">{steps.map((step) => <Split key={step.step} journey={journey} draft={draft} split={step} />)}</Stack>}
      </Query>
    </Section>
  );
}

/** The definition with a winner: everybody takes that path. */
function withWinner(journey: JourneyInput, id: string, path: string): JourneyInput {
  const step = stepOf(journey, id);
  return step?.do.kind === 'learn' ? putStep(journey, { ...step, do: { ...step.do, winner: path } }) : journey;
}

interface SplitProps {
  journey: Journey;
  draft: JourneyDraft;
  split: LearningStep;
}

function Split({ journey, draft, split }: SplitProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = usePathNames(journey.definition);
  const [, setParams] = useSearchParams();
  const { step, allocations, verdict } = split;
  const name = (path: string) => names.path(step, path) ?? path;
  const [latest] = allocations;
  const written = stepOf(draft.draft, step);
  const learns = written?.do.kind === 'learn' ? written.do : null;
  const hours = split.window_ms / HOUR_MS;
  const window = hours >= 48 ? t('learning.days', { shown: format.count(hours / 24) }) : t('learning.hours', { shown: format.count(hours) });
  const declare = (path: string) => {
    draft.change(withWinner(draft.draft, step, path));
    draft.renew();
  };
  const show = () => setParams((old) => {
    const next = new URLSearchParams(old);
    next.set('view', 'design');
    next.set('step', step);
    return next;
  });
  return (
    <Stack gap="sm" data-learning={step}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Text fw={650}><bdi>{names.step(step) ?? step}</bdi></Text>
          <Text size="xs" c="dimmed">{split.mode === 'manual' ? t('learning.manual') : t('learning.automatic', { floor: format.percent(split.floor) })} {t('learning.window', { window })}</Text>
        </div>
      </Group>
      {learns?.winner && (
        <Notice color="teal" title={t('learning.declared', { name: name(learns.winner) })} data-declared={learns.winner}>
          {journey.changed || draft.unsaved ? t('learning.publish') : t('learning.everybody')}
          <Button ms="sm" size="compact-xs" variant="default" onClick={show}>{t('learning.show')}</Button>
        </Notice>
      )}
      {verdict ? <Verdict verdict={verdict} amount={latest?.reward === 'amount'} name={name} onDeclare={learns && !learns.winner && learns.paths.some(({ id }) => id === verdict.leader) ? () => declare(verdict.leader) : null} /> : <Notice color="gray" title={t('learning.nobody')}>{t('learning.nobodyLead', { window })}</Notice>}
      {latest && <Latest allocation={latest} name={name} />}
      {allocations.length > 1 && <Shares allocations={allocations} name={name} />}
    </Stack>
  );
}

interface VerdictProps {
  verdict: LearningVerdict;
  /** Paths are judged by an amount per user, not by a rate. */
  amount: boolean;
  name: (path: string) => string;
  onDeclare: (() => void) | null;
}

function Verdict({ verdict, amount, name, onDeclare }: VerdictProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const loss = amount ? format.amount(verdict.expected_loss) : t('effect.points', { shown: format.count(Math.round(verdict.expected_loss * 10_000) / 100) });
  return (
    <Notice color={verdict.won ? 'teal' : 'blue'} title={verdict.won ? t('learning.won', { name: name(verdict.leader) }) : t('learning.leads', { name: name(verdict.leader) })} data-leader={verdict.leader} data-won={verdict.won}>
      <Text size="sm" className="numbers">{t('learning.chances', { best: format.percent(verdict.best), wrong: format.percent(verdict.wrong), loss })}</Text>
      {verdict.missing.length > 0 && (
        <>
          <Text size="sm" mt={4}>{t('learning.missing')}</Text>
          <ul style={{ margin: 0, paddingInlineStart: 18 }}>{verdict.missing.map((one) => <Text key={one} component="li" size="sm" c="dimmed"><bdi>{one}</bdi></Text>)}</ul>
        </>
      )}
      {onDeclare && <Button mt="xs" size="compact-sm" variant={verdict.won ? 'filled' : 'default'} onClick={onDeclare}>{t('learning.declare', { name: name(verdict.leader) })}</Button>}
    </Notice>
  );
}

interface Named {
  name: (path: string) => string;
}

/** How people are divided now, and on what that stands. */
function Latest({ allocation, name }: Named & { allocation: LearningAllocation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const amount = allocation.reward === 'amount';
  const one = (value: number) => (amount ? format.amount(value) : format.percent(value, 2));
  return (
    <>
      <Text size="sm" c="dimmed">{t('learning.since')} <When at={allocation.at} />{allocation.why === 'start' && ` · ${t('learning.start')}`}</Text>
      <Scroll label={t('learning.latest')} minWidth={680}>
        <Table verticalSpacing={6} aria-label={t('learning.latest')} className="numbers" data-allocation={allocation.at}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('journeyPaths.path')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('common.share')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('learning.counted')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('journeyGoals.reached')}</Table.Th>
              <Table.Th scope="col" ta="end">{amount ? t('journeyGoals.perUser') : t('learning.rate')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('learning.best')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('learning.beforeFloor')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {allocation.paths.map((path) => (
              <Table.Tr key={path.path} data-path={path.path}>
                <Table.Th scope="row" fw={550}><bdi>{name(path.path)}</bdi></Table.Th>
                <Table.Td ta="end" fw={650}>{format.percent(path.share)}</Table.Td>
                <Table.Td ta="end">{format.count(path.runs)}</Table.Td>
                <Table.Td ta="end">{format.count(path.rewarded)}</Table.Td>
                <Table.Td ta="end">{one(path.mean)}<Text size="xs" c="dimmed"><bdi>{one(path.low)} – {one(path.high)}</bdi></Text></Table.Td>
                <Table.Td ta="end">{format.percent(path.best)}</Table.Td>
                <Table.Td ta="end">{format.percent(path.before_floor)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
      <Stack gap={2} component="ul" m={0} p={0} aria-label={t('learning.said')}>
        {allocation.paths.map(({ path, said }) => <Text key={path} component="li" size="sm" c="dimmed" style={{ listStyle: 'none' }} data-said={path}><bdi>{said}</bdi></Text>)}
      </Stack>
    </>
  );
}

/** Whether the time of day alone tells them apart. */
const ofOneDay = (inOrder: LearningAllocation[]) => Date.parse(inOrder.at(-1)!.at) - Date.parse(inOrder[0]!.at) < 24 * HOUR_MS;

const shareOf = (allocation: LearningAllocation, path: string) => allocation.paths.find((one) => one.path === path)?.share ?? 0;

/** Shares over time, oldest first: each holds until the next. */
function Shares({ allocations, name }: Named & { allocations: LearningAllocation[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const look = useChartLook();
  const inOrder = useMemo(() => allocations.toReversed(), [allocations]);
  const paths = useMemo(() => [...new Set(inOrder.flatMap((one) => one.paths.map(({ path }) => path)))], [inOrder]);
  const labels = paths.map(name);
  // A chart is drawn anew when it says something else, not whenever the page is.
  const labelled = labels.join('\n');
  const option = useMemo(() => ({
    ...look.base,
    legend: { show: true, top: 0, [look.rtl ? 'right' : 'left']: 0, textStyle: { color: look.dim }, icon: 'circle', itemWidth: 10 },
    grid: { ...(look.base.grid as object), top: 36 },
    tooltip: { ...(look.base.tooltip as object), valueFormatter: (value: unknown) => format.percent(Number(value)) },
    xAxis: look.categoryAxis(inOrder.map(({ at }) => (ofOneDay(inOrder) ? format.time(at) : format.date(at)))),
    yAxis: { ...look.valueAxis((value) => format.percent(value, 0)), min: 0, max: 1, interval: 0.5 },
    series: paths.map((path, at) => ({
      type: 'line',
      step: 'end',
      stack: 'share',
      showSymbol: false,
      name: labelled.split('\n')[at],
      data: inOrder.map((one) => shareOf(one, path)),
      color: groupColour(`path ${path}`),
      lineStyle: { width: 1 },
      areaStyle: { opacity: 0.55 },
    })),
  }), [inOrder, paths, labelled, look, format]);
  return (
    <div data-shares={inOrder.length}>
      <Text size="sm" fw={600} mb={4}>{t('learning.shares')}</Text>
      <Chart option={option} height={200} label={t('learning.shares')} />
      <NumbersTable caption={t('learning.shares')} columns={[t('learning.since'), ...labels]} rows={inOrder.map((one) => [format.exact(one.at), ...paths.map((path) => format.percent(shareOf(one, path)))])} />
    </div>
  );
}
