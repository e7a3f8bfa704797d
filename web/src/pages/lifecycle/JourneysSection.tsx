// Which journeys act on each state, and whether they move people up or down the lifecycle, against those who were held
// out of them.

import { Button, Group, NativeSelect, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useId } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { AppLink, CountLink } from '../../components/AppLink';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { StateBadge } from '../../components/StateBadge';
import { Told } from '../../components/Told';
import { useFrameworks } from '../../api/queries';
import { StatusBadge } from '../../components/outreach/StatusBadge';
import { useFormat } from '../../lib/format';
import { startJourneyPath } from '../../lib/links';
import { useNames } from '../../lib/names';
import { useParam } from '../../lib/params';
import { useLifecycleJourneys } from '../journeys/api';
import type { StateJourney, StateJourneys } from '../journeys/types';
import { apart, Goal } from '../journeys/report/GoalsSection';
import type { JourneyGoalReport } from '../journeys/types';

const SPANS = ['7d', '30d', '90d'];
const DEFAULT_SPAN = '30d';
const DEFAULT_LIFECYCLE = 'default';

export function JourneysSection() {
  const { t } = useTranslation();
  const [within, setWithin] = useParam('within', SPANS, DEFAULT_SPAN);
  const frameworks = useFrameworks().data?.frameworks ?? [];
  const [lifecycle, setLifecycle] = useParam('lifecycle', [DEFAULT_LIFECYCLE, ...frameworks.map(({ key }) => key)], DEFAULT_LIFECYCLE);
  const own = lifecycle === DEFAULT_LIFECYCLE;
  return (
    <Section
      title={t('stateJourneys.title')}
      lead={t('stateJourneys.lead')}
      actions={
        <Group gap="xs">
          {frameworks.length > 0 && (
            <NativeSelect
              size="xs"
              value={lifecycle}
              onChange={(event) => setLifecycle(event.currentTarget.value)}
              aria-label={t('stateJourneys.lifecycle')}
              data={[{ value: DEFAULT_LIFECYCLE, label: t('stateJourneys.own') }, ...frameworks.map(({ key, name }) => ({ value: key, label: name }))]}
            />
          )}
          <SegmentedControl
            size="xs"
            value={within}
            onChange={setWithin}
            aria-label={t('stateJourneys.within')}
            data={SPANS.map((value) => ({ value, label: t('common.days', { count: Number.parseInt(value, 10) }) }))}
          />
        </Group>
      }
    >
      <Query query={useLifecycleJourneys(lifecycle, within)} height={240}>
        {({ states }) => <Stack gap="lg" component="ul" m={0} p={0}>{states.map((state) => <State key={state.state} of={state} lifecycle={own ? undefined : lifecycle} />)}</Stack>}
      </Query>
    </Section>
  );
}

/** `lifecycle`: another one than the workspace's. */
function State({ of, lifecycle }: { of: StateJourneys; lifecycle: string | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useNames();
  const key = { key: of.state, name: of.name };
  const state = names.state(key);
  const [opened, setOpened] = useState<string | null>(null);
  const shown = of.journeys.find(({ journey }) => journey === opened);
  const id = useId();
  return (
    <li style={{ listStyle: 'none', minWidth: 0 }} data-state-journeys={of.state}>
      <Group justify="space-between" gap="xs">
        <Group gap="sm" align="baseline">
          <StateBadge of={key} fw={600} />
          <Text size="sm" c="dimmed" className="numbers">
            {lifecycle === undefined ? <CountLink filter={{ state: of.state }}>{t('common.people', { count: of.users, shown: format.count(of.users) })}</CountLink> : t('common.people', { count: of.users, shown: format.count(of.users) })}
          </Text>
        </Group>
        <AppLink to={startJourneyPath({ lifecycle, to: of.state })} size="sm" aria-label={t('stateJourneys.startFor', { state })}>
          <Group component="span" gap={4} wrap="nowrap" display="inline-flex"><IconPlus size={14} aria-hidden />{t('stateJourneys.start')}</Group>
        </AppLink>
      </Group>
      {of.journeys.length === 0 ? <Text size="sm" c="dimmed" mt={4}>{t('stateJourneys.none')}</Text> : (
        <Scroll label={t('stateJourneys.table', { state })} minWidth={760}>
          <Table verticalSpacing={6} mt={4} aria-label={t('stateJourneys.table', { state })} className="numbers">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t('campaigns.name')}</Table.Th>
                <Table.Th scope="col">{t('campaigns.status')}</Table.Th>
                <Table.Th scope="col" ta="end">{t('stateJourneys.rolledOut')}</Table.Th>
                <Table.Th scope="col">{t('stateJourneys.up')}</Table.Th>
                <Table.Th scope="col">{t('stateJourneys.down')}</Table.Th>
                <Table.Th scope="col"><span className="visually-hidden">{t('common.showNumbers')}</span></Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>{of.journeys.map((journey) => <Journey key={journey.journey} journey={journey} open={journey === shown} details={id} onToggle={() => setOpened(journey === shown ? null : journey.journey)} />)}</Table.Tbody>
          </Table>
        </Scroll>
      )}
      {/* Below the table, not in it: on a phone that is wider than the screen. */}
      <div id={id}>{shown && <Details of={shown} />}</div>
    </li>
  );
}

interface JourneyProps {
  journey: StateJourney;
  open: boolean;
  /** Id of where its numbers stand. */
  details: string;
  onToggle: () => void;
}

function Journey({ journey, open, details, onToggle }: JourneyProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { name, up, down } = journey;
  return (
    <Table.Tr data-state-journey={journey.journey}>
      <Table.Th scope="row" maw={280}>
        <AppLink to={`/journeys/${encodeURIComponent(journey.journey)}`} fw={600} size="sm" style={{ overflowWrap: 'anywhere' }}>{name}</AppLink>
      </Table.Th>
      <Table.Td><StatusBadge status={journey.status} /></Table.Td>
      <Table.Td ta="end">{format.percent(journey.rolled_out)}</Table.Td>
      <Table.Td data-moved="up"><Moved goal={up} /></Table.Td>
      <Table.Td data-moved="down"><Moved goal={down} unwanted /></Table.Td>
      <Table.Td ta="end">
        {(up ?? down) && (
          <Button variant="subtle" color="gray" size="compact-xs" fw={500} c="dimmed" onClick={onToggle} aria-expanded={open} aria-controls={details} aria-label={open ? t('stateJourneys.hideOf', { name }) : t('stateJourneys.showOf', { name })}>
            {open ? t('common.hideNumbers') : t('common.showNumbers')}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** Both directions as the report of a journey shows its goals. */
function Details({ of: { name, up, down } }: { of: StateJourney }) {
  const { t, i18n } = useTranslation();
  const arm = (code: string) => (i18n.exists(`journeyGoals.arm.${code}`) ? t(`journeyGoals.arm.${code}`) : code);
  return (
    <Stack gap="md" mt="sm" ps="sm">
      <Text fw={650}><bdi>{name}</bdi></Text>
      {up && <Goal goal={{ ...up, name: t('stateJourneys.up') }} group={t('journeyGoals.group')} arm={arm} />}
      {down && <Goal goal={{ ...down, name: t('stateJourneys.down') }} group={t('journeyGoals.group')} arm={arm} unwanted />}
    </Stack>
  );
}

/** The shares that moved, and what they differ by, or why that cannot be told. */
function Moved({ goal, unwanted = false }: { goal: JourneyGoalReport | null; unwanted?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (goal === null) return <Text size="sm" c="dimmed">{t('stateJourneys.nowhere')}</Text>;
  const share = (code: string) => {
    const rate = goal.arms.find(({ arm }) => arm === code)?.rate;
    return rate ? format.percent(rate.value) : '–';
  };
  const points = (value: number) => apart(format.change(Math.round(value * 10_000) / 100));
  const [effect] = goal.effects;
  const colour = !effect?.significant ? undefined : effect.difference.value > 0 !== unwanted ? 'var(--good)' : 'var(--bad)';
  return (
    <>
      <Text size="sm">{t('stateJourneys.against', { journey: apart(share('journey')), control: apart(share('control')) })}</Text>
      {effect ? (
        <Text size="xs" c={colour ?? 'dimmed'} data-significant={effect.significant}>
          {t('journeyGoals.effect', { points: points(effect.difference.value), low: points(effect.difference.low), high: points(effect.difference.high) })}
        </Text>
      ) : goal.no_effect_because && <Text size="xs" c="dimmed" maw={260} data-no-effect>{t('effect.none')}: <Told code={goal.no_effect_because_code} text={goal.no_effect_because} /></Text>}
    </>
  );
}
