// After which silence do people rarely come back? The curve, the proposed lines, and a way to
// put them into the definitions.

import { Button, Group, SegmentedControl, Select, Stack, Table, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../api/client';
import { useCatalogue, useLifecycle } from '../../api/queries';
import type { Thresholds } from '../../api/types';
import { EmptyState } from '../../components/EmptyState';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { StateBadge } from '../../components/StateBadge';
import { useAsOf } from '../../lib/asOf';
import { useFormat } from '../../lib/format';
import { useParam } from '../../lib/params';
import { ReturnCurve } from './ReturnCurve';
import { ReviewDefinitions } from './ReviewDefinitions';

const HORIZONS = ['7d', '30d', '60d', '90d'];
const ANY_EVENT = '';

function Proposals({ thresholds }: { thresholds: Thresholds }) {
  const { t } = useTranslation();
  const format = useFormat();
  const lifecycle = useLifecycle();
  const [reviewing, setReviewing] = useState(false);
  const current = lifecycle.data?.states ?? [];
  const named = (key: string) => [...current, ...thresholds.definition.states].find((state) => state.key === key) ?? { key, name: key };
  return (
    <Stack gap="md">
      <Table verticalSpacing="xs" aria-label={t('thresholds.proposals')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('thresholds.state')}</Table.Th>
            <Table.Th scope="col">{t('thresholds.level')}</Table.Th>
            <Table.Th scope="col">{t('thresholds.gap')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {thresholds.proposals.map((proposal) => (
            <Table.Tr key={proposal.state}>
              <Table.Td><StateBadge of={named(proposal.state)} /></Table.Td>
              <Table.Td className="numbers">{format.percent(proposal.level, 0)}</Table.Td>
              <Table.Td className="numbers">
                {proposal.gap_days === null ? t('thresholds.never') : t('thresholds.after', { count: proposal.gap_days, shown: format.count(Math.round(proposal.gap_days * 10) / 10) })}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Group justify="space-between">
        <Text size="xs" c="dimmed" maw={460}>
          {t('thresholds.basis', { users: format.count(thresholds.users), gaps: format.count(thresholds.gaps), censored: format.count(thresholds.censored) })}
        </Text>
        <Button variant="light" onClick={() => setReviewing(true)} disabled={thresholds.definition.states.length === 0}>{t('thresholds.apply')}</Button>
      </Group>
      <ReviewDefinitions before={current} after={reviewing ? thresholds.definition.states : null} onClose={() => setReviewing(false)} onSaved={() => setReviewing(false)} />
    </Stack>
  );
}

export function ThresholdsSection() {
  const { t } = useTranslation();
  const asOf = useAsOf();
  const catalogue = useCatalogue();
  const [horizon, setHorizon] = useParam('horizon', HORIZONS, '30d');
  const [event, setEvent] = useParam('event', null, ANY_EVENT);
  const query = useQuery({
    queryKey: ['thresholds', asOf.chosen, horizon, event],
    queryFn: () =>
      body(client.GET('/api/lifecycle/thresholds', { params: { query: { event: event || undefined, horizon, as_of: asOf.chosen } } })),
    placeholderData: keepPreviousData,
  });
  return (
    <Section
      title={t('thresholds.title')}
      lead={t('thresholds.lead')}
      actions={
        <>
          <Select
            size="xs"
            w={170}
            aria-label={t('thresholds.event')}
            allowDeselect={false}
            value={event}
            onChange={(value) => setEvent(value ?? ANY_EVENT)}
            data={[{ value: ANY_EVENT, label: t('rows.anyEvent') }, ...(catalogue.data?.events ?? []).map(({ name }) => ({ value: name, label: name }))]}
          />
          <SegmentedControl
            size="xs"
            value={horizon}
            onChange={setHorizon}
            aria-label={t('thresholds.horizon')}
            data={HORIZONS.map((value) => ({ value, label: t('common.days', { count: Number.parseInt(value, 10) }) }))}
          />
        </>
      }
    >
      <Query query={query} height={280}>
        {(thresholds) => thresholds.curve.length === 0 ? (
          <EmptyState title={t('thresholds.few')} />
        ) : (
          <Stack gap="md">
            <ReturnCurve thresholds={thresholds} />
            <Proposals thresholds={thresholds} />
          </Stack>
        )}
      </Query>
    </Section>
  );
}
