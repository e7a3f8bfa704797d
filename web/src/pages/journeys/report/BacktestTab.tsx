// What the journey would have done over a past period of what really happened: who would have come in, which steps
// they would have taken, and how many messages each would have got.

import { Stack, Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type BacktestResult, backtests } from '../../../api/backtests';
import { AppLink } from '../../../components/AppLink';
import { Counts, Days, Decisions, Messages } from '../../../components/backtest/Outcome';
import { Trial } from '../../../components/backtest/Trial';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { useFormat } from '../../../lib/format';
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
  const stepName = (step: string, otherwise: string) => (journey.definition.steps.some(({ id }) => id === step) ? words.stepName(journey.definition, step) : otherwise);
  return (
    <>
      <Days result={result} entered={t('numbers.entered')} />
      <Section title={t('numbers.steps')}>
        <Scroll label={t('numbers.steps')} minWidth={480}>
          <Table verticalSpacing={6} className="numbers" aria-label={t('numbers.steps')}>
            <Table.Thead><Table.Tr>{[t('numbers.step'), t('numbers.entered'), t('numbers.moved'), t('numbers.waiting'), t('numbers.exited'), t('messageState.sent')].map((name, at) => <Table.Th key={name} scope="col" ta={at > 0 ? 'end' : undefined}>{name}</Table.Th>)}</Table.Tr></Table.Thead>
            <Table.Tbody>
              {result.steps.map((step) => (
                <Table.Tr key={step.step}>
                  <Table.Th scope="row" fw={500}><bdi>{stepName(step.step, step.name)}</bdi></Table.Th>
                  {[step.entered, Object.values(step.moved).reduce((sum, n) => sum + n, 0), step.waiting, step.exited, step.sent].map((n, at) => <Table.Td key={['entered', 'moved', 'waiting', 'exited', 'sent'][at]} ta="end">{format.count(n)}</Table.Td>)}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Scroll>
      </Section>
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
      <Section title={t('backtest.sample')} lead={t('backtest.sampleLead')}>
        <Stack gap="lg">
          {result.sample.map((one) => (
            <div key={one.run}>
              <AppLink to={`/people/${encodeURIComponent(one.user)}`} size="sm" fw={600}>{one.user}</AppLink>
              <Path run={one} definition={journey.definition} />
              <Decisions messages={one.messages} name={(campaign) => { const step = campaign.split('/')[1] ?? campaign; return <bdi>{stepName(step, step)}</bdi>; }} />
            </div>
          ))}
        </Stack>
      </Section>
    </>
  );
}
