// Who moved between groups, between two days.

import { Group, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { body, client } from '../../api/client';
import { useSession } from '../../api/session';
import type { Key } from '../../api/types';
import { SankeyChart } from '../../components/charts/SankeyChart';
import { MatrixTable } from '../../components/MatrixTable';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { StateBadge } from '../../components/StateBadge';
import { useAsOf } from '../../lib/asOf';
import { groupColour } from '../../lib/colours';
import { inGroup } from '../../lib/definitions';
import { peoplePath } from '../../lib/links';
import { useNames } from '../../lib/names';
import { useParam } from '../../lib/params';
import { daysBefore, instantOf, wallTime } from '../../lib/zone';

const DEFAULT_DAYS = 30;

export function RfmTransitions() {
  const { t } = useTranslation();
  const names = useNames();
  const navigate = useNavigate();
  const asOf = useAsOf();
  const { workspace } = useSession();
  const [fromDay, setFromDay] = useParam('from', null, '');
  const [toDay, setToDay] = useParam('to', null, '');
  const instant = (day: string, fallback: string) => (/^\d{4}-\d\d-\d\d$/.test(day) ? instantOf(day, workspace.zone) : fallback);
  const to = instant(toDay, asOf.effective);
  const from = instant(fromDay, daysBefore(to, DEFAULT_DAYS));
  const query = useQuery({
    queryKey: ['rfm-transitions', from, to],
    queryFn: () => body(client.GET('/api/rfm/transitions', { params: { query: { from, to } } })),
    placeholderData: keepPreviousData,
  });
  const day = (at: string) => wallTime(at, workspace.zone).slice(0, 10);
  return (
    <Section
      title={t('rfm.transitions')}
      lead={t('rfm.transitionsLead', { zone: workspace.zone })}
      actions={
        <Group gap="xs">
          <TextInput type="date" size="xs" aria-label={t('rfm.from')} value={day(from)} max={day(to)} onChange={(event) => setFromDay(event.currentTarget.value)} />
          <TextInput type="date" size="xs" aria-label={t('rfm.to')} value={day(to)} onChange={(event) => setToDay(event.currentTarget.value)} />
        </Group>
      }
    >
      <Query query={query} height={340}>
        {(transitions) => {
          const keys = transitions.groups.map((group) => group.key);
          const people = (before: Key, after: Key) => ({
            was: inGroup(before.key, keys),
            wasAt: transitions.from_at,
            definition: inGroup(after.key, keys),
            asOf: transitions.to_at,
          });
          return (
            <>
              <SankeyChart keys={transitions.groups} matrix={transitions.matrix} name={names.group} colour={groupColour} height={440} onPick={(before, after) => void navigate(peoplePath(people(before, after)))} />
              <MatrixTable
                keys={transitions.groups}
                matrix={transitions.matrix}
                header={(key) => <StateBadge of={key} kind="group" />}
                name={names.group}
                people={people}
                colour={groupColour}
              />
            </>
          );
        }}
      </Query>
    </Section>
  );
}
