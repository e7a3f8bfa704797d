// What learning splits have learned: how they divide people over time, on what each share stands, and whether a path
// has won.

import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { Chart } from '../../../components/charts/Chart';
import { useChartLook } from '../../../components/charts/useChartLook';
import { Notice } from '../../../components/Notice';
import { NumbersTable } from '../../../components/NumbersTable';
import { Section } from '../../../components/Page';
import { Query } from '../../../components/Query';
import { Scroll } from '../../../components/Scroll';
import { English, Told } from '../../../components/Told';
import { When } from '../../../components/When';
import { groupColour } from '../../../lib/colours';
import { useFormat } from '../../../lib/format';
import { apart, type Sentence } from '../../../lib/sentences';
import { useJourneyLearning } from '../api';
import { winnerOf, withWinner } from '../model/context';
import { putStep } from '../model/edit';
import { stepOf } from '../model/graph';
import type { ContextLearning, LearningAllocation, LearningStep, LearningVerdict } from '../types';
import type { Journey, JourneyInput } from '../types';
import type { JourneyDraft } from '../useJourneyDraft';
import { useContextName, usePathNames } from '../words';

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

/** The definition with a winner, of a context or for all. */
function declared(journey: JourneyInput, id: string, context: string | null, path: string): JourneyInput {
  const step = stepOf(journey, id);
  return step?.do.kind === 'learn' ? putStep(journey, { ...step, do: withWinner(step.do, context, path) }) : journey;
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
  const { step, contexts } = split;
  const published = stepOf(journey.definition, step);
  const called = useContextName(published?.do.kind === 'learn' ? published.do.context : null);
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = contexts.find(({ context }) => context === chosen) ?? contexts[0];
  const name = (path: string) => names.path(step, path) ?? path;
  const hours = split.window_ms / HOUR_MS;
  const window = hours >= 48 ? t('learning.days', { shown: format.count(hours / 24) }) : t('learning.hours', { shown: format.count(hours) });
  const declare = (context: string | null, path: string) => {
    draft.change(declared(draft.draft, step, context, path));
    draft.renew();
  };
  const several = contexts.length > 1;
  return (
    <Stack gap="sm" data-learning={step}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Text fw={650}><bdi>{names.step(step) ?? step}</bdi></Text>
          <Text size="xs" c="dimmed">{split.mode === 'manual' ? t('learning.manual') : t('learning.automatic', { floor: format.percent(split.floor) })} {t('learning.window', { window })}</Text>
        </div>
      </Group>
      {several && split.won !== null && (
        <Notice color="teal" title={t('learning.wonAll', { name: name(split.won) })} data-won-all={split.won}>
          <Text size="sm" className="numbers">{t('learning.wrongAll', { wrong: format.percent(split.wrong, 2) })}</Text>
          <Button mt="xs" size="compact-sm" onClick={() => declare(null, split.won!)}>{t('learning.declareAll', { name: name(split.won) })}</Button>
        </Notice>
      )}
      {several && <Contexts contexts={contexts} shown={shown} called={called} name={name} onShow={setChosen} />}
      {shown && <Context key={shown.context} journey={journey} draft={draft} split={split} of={shown} window={window} name={name} onDeclare={(path) => declare(shown.context, path)} />}
    </Stack>
  );
}

interface ContextsProps {
  contexts: ContextLearning[];
  shown: ContextLearning | undefined;
  called: (context: string) => string;
  name: (path: string) => string;
  onShow: (context: string | null) => void;
}

/** All contexts beside each other: who counted, and which path leads. */
function Contexts({ contexts, shown, called, name, onShow }: ContextsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const level = contexts.find(({ verdict }) => verdict)?.verdict?.level;
  return (
    <>
      <Scroll label={t('learning.contexts')} minWidth={560}>
        <Table verticalSpacing={6} aria-label={t('learning.contexts')} className="numbers">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('learning.context')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('learning.counted')}</Table.Th>
              <Table.Th scope="col">{t('learning.leader')}</Table.Th>
              <Table.Th scope="col" ta="end">{t('learning.best')}</Table.Th>
              <Table.Th scope="col"><span className="visually-hidden">{t('common.showNumbers')}</span></Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {contexts.map((of) => (
              <Table.Tr key={of.context} data-context={of.context}>
                <Table.Th scope="row" fw={550}><bdi>{called(of.context ?? '')}</bdi></Table.Th>
                <Table.Td ta="end">{format.count((of.allocations[0]?.paths ?? []).reduce((sum, { runs }) => sum + runs, 0))}</Table.Td>
                <Table.Td>{of.verdict && <bdi>{of.verdict.won ? t('learning.won', { name: name(of.verdict.leader) }) : name(of.verdict.leader)}</bdi>}</Table.Td>
                <Table.Td ta="end">{of.verdict && format.percent(of.verdict.best)}</Table.Td>
                <Table.Td ta="end"><Button size="compact-xs" variant={of === shown ? 'filled' : 'default'} aria-pressed={of === shown} aria-label={t('learning.showContext', { name: called(of.context ?? '') })} onClick={() => onShow(of.context)}>{t('common.showNumbers')}</Button></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
      {level !== undefined && <Text size="xs" c="dimmed">{t('learning.level', { shown: format.count(contexts.length), level: format.percent(level, 2) })}</Text>}
      {shown && <Text fw={600} size="sm"><bdi>{called(shown.context ?? '')}</bdi></Text>}
    </>
  );
}

interface ContextProps extends SplitProps {
  of: ContextLearning;
  /** How long a reward counts, in words. */
  window: string;
  name: (path: string) => string;
  onDeclare: (path: string) => void;
}

/** What was learned of one context, or of everybody. */
function Context({ journey, draft, split: { step }, of: { context, allocations, verdict }, window, name, onDeclare }: ContextProps) {
  const { t } = useTranslation();
  const [, setParams] = useSearchParams();
  const [latest] = allocations;
  const written = stepOf(draft.draft, step);
  const learns = written?.do.kind === 'learn' ? written.do : null;
  const winner = learns ? winnerOf(learns, context) : undefined;
  const show = () => setParams((old) => {
    const next = new URLSearchParams(old);
    next.set('view', 'design');
    next.set('step', step);
    return next;
  });
  return (
    <>
      {winner && (
        <Notice color="teal" title={t('learning.declared', { name: name(winner) })} data-declared={winner}>
          {journey.changed || draft.unsaved ? t('learning.publish') : t('learning.everybody')}
          <Button ms="sm" size="compact-xs" variant="default" onClick={show}>{t('learning.show')}</Button>
        </Notice>
      )}
      {verdict ? <Verdict verdict={verdict} amount={latest?.reward === 'amount'} name={name} onDeclare={learns && !winner && learns.paths.some(({ id }) => id === verdict.leader) ? () => onDeclare(verdict.leader) : null} /> : <Notice color="gray" title={t('learning.nobody')}>{t('learning.nobodyLead', { window })}</Notice>}
      {latest && <Latest allocation={latest} name={name} />}
      {allocations.length > 1 && <Shares allocations={allocations} name={name} />}
    </>
  );
}

/** A sentence with what people call its path. */
function named(sentence: Sentence | undefined, name: (path: string) => string): Sentence | undefined {
  const path = sentence?.values.path;
  return sentence && typeof path === 'string' ? { ...sentence, values: { ...sentence.values, path: name(path) } } : sentence;
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
          <ul style={{ margin: 0, paddingInlineStart: 18 }}>{verdict.missing.map((one, at) => <Text key={one} component="li" size="sm" c="dimmed"><Told code={named(verdict.missing_code[at], name)} text={one} /></Text>)}</ul>
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
  // The numbers say the same as the English of the server.
  const why = ({ path, share, best, rewarded, runs, mean, low, high, borrowed }: LearningAllocation['paths'][number]) => {
    const shown = { name: apart(name(path)), share: apart(format.percent(share, 2)) };
    if (allocation.why === 'start') return t('learning.because.start', shown);
    if (allocation.why !== 'learnt') return null;
    const learnt = t('learning.because.learnt', { ...shown, best: apart(format.percent(best, 2)), rewarded: apart(format.count(rewarded)), runs: apart(format.count(runs)), mean: apart(one(mean)), low: apart(one(low)), high: apart(one(high)) });
    return borrowed > 0 ? `${learnt} ${t('learning.because.borrowed', { shown: apart(format.count(Math.round(borrowed))) })}` : learnt;
  };
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
                <Table.Td ta="end">{format.count(path.runs)}{path.borrowed > 0 && <Text size="xs" c="dimmed">{t('learning.borrowed', { shown: format.count(Math.round(path.borrowed)) })}</Text>}</Table.Td>
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
        {allocation.paths.map((path) => <Text key={path.path} component="li" size="sm" c="dimmed" style={{ listStyle: 'none' }} data-said={path.path}>{why(path) ?? <English>{path.said}</English>}</Text>)}
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
