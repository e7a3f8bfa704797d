// What happens now: numbers that move by themselves, who moved and why, and events as they come.

import { Grid, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Freshness } from '../../components/live/Freshness';
import { Moves } from '../../components/live/Moves';
import { Page, Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { Scroll } from '../../components/Scroll';
import { useFormat } from '../../lib/format';
import { lastMinute, type LiveState } from '../../lib/live';
import { useParam } from '../../lib/params';
import { useLive } from '../../lib/useLive';
import { EventStream } from './EventStream';
import { SegmentCards } from './SegmentCards';
import { StagesSection } from './StagesSection';

/** Transitions in the list. */
const MOVES = 60;

interface ContentProps {
  state: LiveState;
  name: string;
  setName: (name: string) => void;
}

function Content({ state, name, setName }: ContentProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const lifecycles = state.watches.filter(({ kind }) => kind === 'lifecycle');
  const segments = state.watches.filter(({ kind }) => kind === 'segment');
  const { entered, left } = lastMinute(segments);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Stack gap="lg">
          {lifecycles.map((watch) => <StagesSection key={watch.key} watch={watch} exactAsOf={state.exactAsOf} />)}
          <SegmentCards segments={segments} exactAsOf={state.exactAsOf} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Stack gap="lg">
          <Section title={t('live.moves')} lead={t('live.movesLead', { entered: format.count(entered), left: format.count(left) })}>
            {state.transitions.length === 0 ? (
              <Text size="sm" c="dimmed">{t('live.noMoves')}</Text>
            ) : (
              <Scroll label={t('live.moves')} maxHeight={480}>
                <Moves moves={state.transitions.slice(0, MOVES)} watches={state.watches} />
              </Scroll>
            )}
          </Section>
          <EventStream events={state.events} skipped={state.skipped} name={name} setName={setName} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

export default function LivePage() {
  const { t } = useTranslation();
  const [name, setName] = useParam('event', null, '');
  const { query, state, connection, refused } = useLive({ events: true, event: name });
  return (
    <Page title={t('live.title')} lead={state && <Freshness exactAsOf={state.exactAsOf} connection={connection} />}>
      {refused && <ErrorPanel error={refused} />}
      <Query query={query} height={420}>{() => state && <Content state={state} name={name} setName={setName} />}</Query>
    </Page>
  );
}
