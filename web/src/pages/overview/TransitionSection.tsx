// Who moved between lifecycle states, as flows and as a table.

import { SimpleGrid } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { Key, Transitions } from '../../api/types';
import { SankeyChart } from '../../components/charts/SankeyChart';
import { MatrixTable } from '../../components/MatrixTable';
import { Section } from '../../components/Page';
import { StartJourney } from '../../components/StartJourney';
import { StateBadge } from '../../components/StateBadge';
import { stateColour } from '../../lib/colours';
import { inState } from '../../lib/definitions';
import { useFormat } from '../../lib/format';
import { peoplePath } from '../../lib/links';
import { useNames } from '../../lib/names';

interface Props {
  transitions: Transitions;
  compare: '1d' | '7d' | '30d';
}

export function TransitionSection({ transitions, compare }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useNames();
  const navigate = useNavigate();
  const keys = transitions.states.map((state) => state.key);
  const people = (from: Key, to: Key) => ({
    was: inState(from.key, keys),
    wasAt: transitions.from_at,
    definition: inState(to.key, keys),
    asOf: transitions.to_at,
  });
  return (
    <Section
      title={t('transitions.title')}
      lead={`${t(`overview.since.${compare}`)}: ${format.dateTime(transitions.from_at)} – ${format.dateTime(transitions.to_at)}`}
    >
      <SimpleGrid type="container" cols={{ base: 1, '1180px': 2 }} spacing="lg" style={{ alignItems: 'center' }}>
        <SankeyChart
          keys={transitions.states}
          matrix={transitions.matrix}
          name={names.state}
          colour={stateColour}
          onPick={(from, to) => void navigate(peoplePath(people(from, to)))}
        />
        <MatrixTable
          keys={transitions.states}
          matrix={transitions.matrix}
          header={(key) => <StateBadge of={key} />}
          name={names.state}
          people={people}
          colour={stateColour}
          // Who stays goes nowhere, and nobody comes into a journey out of, or into, no state.
          action={(from, to) => from.key !== to.key && from.key !== 'none' && to.key !== 'none' && (
            <StartJourney entry={{ from: from.key, to: to.key }} label={t('transitions.start', { from: names.state(from), to: names.state(to) })} />
          )}
        />
      </SimpleGrid>
    </Section>
  );
}
