// What the journey would have done over a past period of what really happened: who would have come in, which steps
// they would have taken, and how many messages each would have got.

import { Button, Group, Table, Text } from '@mantine/core';
import { useDisclosure, useId } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { type BacktestResult, backtests } from '../../../api/backtests';
import { AppLink } from '../../../components/AppLink';
import { Counts } from '../../../components/backtest/Counts';
import { Messages } from '../../../components/backtest/Messages';
import { Days, Decisions } from '../../../components/backtest/Outcome';
import { People } from '../../../components/backtest/People';
import { Trial } from '../../../components/backtest/Trial';
import { useFew } from '../../../components/Few';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { When } from '../../../components/When';
import { useFormat } from '../../../lib/format';
import { useOutreachNames } from '../../../lib/outreach';
import { Path } from '../Path';
import type { Journey } from '../types';
import { useJourneyWords } from '../words';

export default function BacktestTab({ journey }: { journey: Journey }) {
  return <Trial begin={(period) => backtests.ofJourney(journey.id, period)}>{(result) => <Result journey={journey} result={result} />}</Trial>;
}

function Result({ journey, result }: { journey: Journey; result: BacktestResult }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const goalName = (id: string) => journey.definition.goals?.find((goal) => goal.id === id)?.name || id;
  const stepName: StepName = (step, otherwise) => (journey.definition.steps.some(({ id }) => id === step) ? words.stepName(journey.definition, step) : otherwise);
  return (
    <>
      <Days result={result} entered={t('numbers.entered')} />
      <Steps steps={result.steps} name={stepName} />
      <Messages result={result} />
      {Object.keys(result.exits).length > 0 && (
        <Section title={t('numbers.exits')}>
          <Counts title={t('numbers.exits')} counts={result.exits} name={(reason) => <bdi>{words.reason(reason)}</bdi>} />
        </Section>
      )}
      {result.goals.length > 0 && (
        <Section title={t('backtest.goals')} lead={t('backtest.goalsLead')}>
          <Table verticalSpacing={6} maw={560} className="numbers" aria-label={t('backtest.goals')}>
            <Table.Thead><Table.Tr><Table.Th scope="col">{t('backtest.goal')}</Table.Th><Table.Th scope="col" ta="end">{t('numbers.entered')}</Table.Th><Table.Th scope="col" ta="end">{t('numbers.control')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{result.goals.map(({ goal, entered, held_out: heldOut }) => <Table.Tr key={goal}><Table.Th scope="row" fw={450}><bdi>{goalName(goal)}</bdi></Table.Th><Table.Td ta="end">{format.count(entered)}</Table.Td><Table.Td ta="end">{format.count(heldOut)}</Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        </Section>
      )}
      <People lead={t('backtest.sampleLead')} all={result.sample} id={(one) => one.run} row={(one) => <Person journey={journey} one={one} stepName={stepName} />} />
    </>
  );
}

type StepName = (step: string, otherwise: string) => string;

function Steps({ steps, name }: { steps: BacktestResult['steps']; name: StepName }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { shown, holder, more } = useFew<BacktestResult['steps'][number], HTMLTableSectionElement>(steps);
  return (
    <Section title={t('numbers.steps')}>
      <Scroll label={t('numbers.steps')} minWidth={480}>
        <Table verticalSpacing={6} className="numbers" aria-label={t('numbers.steps')}>
          <Table.Thead><Table.Tr>{[t('numbers.step'), t('numbers.entered'), t('numbers.moved'), t('numbers.waiting'), t('numbers.exited'), t('messageState.sent')].map((column, at) => <Table.Th key={column} scope="col" ta={at > 0 ? 'end' : undefined}>{column}</Table.Th>)}</Table.Tr></Table.Thead>
          <Table.Tbody ref={holder}>
            {shown.map((step) => (
              <Table.Tr key={step.step}>
                <Table.Th scope="row" fw={500}><bdi>{name(step.step, step.name)}</bdi></Table.Th>
                {[step.entered, Object.values(step.moved).reduce((sum, n) => sum + n, 0), step.waiting, step.exited, step.sent].map((n, at) => <Table.Td key={['entered', 'moved', 'waiting', 'exited', 'sent'][at]} ta="end">{format.count(n)}</Table.Td>)}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scroll>
      {more}
    </Section>
  );
}

/** One run in two lines; the way it went is shown when somebody asks. */
function Person({ journey, one, stepName }: { journey: Journey; one: BacktestResult['sample'][number]; stepName: StepName }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords();
  const names = useOutreachNames();
  const [open, { toggle }] = useDisclosure(false);
  const id = useId();
  const sent = one.messages.filter(({ outcome }) => outcome === 'queued').length;
  return (
    <>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <AppLink to={`/people/${encodeURIComponent(one.user)}`} size="sm" fw={600}><bdi>{one.user}</bdi></AppLink>
          <Text size="sm">
            {one.held_out !== null ? t('path.heldOut', { group: names.reason(one.held_out) }) : t('backtest.inShort', { steps: format.count(one.steps.length), messages: format.count(sent) })}
            {one.exit && <> · {t('path.out', { reason: words.reason(one.exit.reason) })}</>}
            {' '}<Text span size="xs" c="dimmed"><When at={one.entered_at} /></Text>
          </Text>
        </div>
        <Button size="compact-xs" variant="subtle" style={{ flex: 'none' }} aria-expanded={open} aria-controls={id} aria-label={open ? t('backtest.hideWayOf', { name: one.user }) : t('backtest.showWayOf', { name: one.user })} onClick={toggle}>{open ? t('backtest.hideWay') : t('backtest.showWay')}</Button>
      </Group>
      <div id={id}>
        {open && (
          <>
            <Path run={one} definition={journey.definition} />
            <Decisions messages={one.messages} name={(campaign) => { const step = campaign.split('/')[1] ?? campaign; return <bdi>{stepName(step, step)}</bdi>; }} />
          </>
        )}
      </div>
    </>
  );
}
