// Whether a variant has won, by the campaign's own rule.

import { Group, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Campaign, VerdictReport } from '../../../api/outreach';
import { Notice } from '../../../components/Notice';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { useFormat } from '../../../lib/format';
import { useArmNames } from './Report';
import { chance } from './scale';

const COLOURS = { winner: 'teal', tie: 'blue', undecided: 'gray', nothing: 'gray' } as const;

/** Users who reached the goal, and users who did not, that an arm needs before it is compared. */
const NEEDED = 20;

export function VerdictSection({ campaign, verdict }: { campaign: Campaign; verdict: VerdictReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = useArmNames(campaign);
  if (verdict.verdict === 'nothing') return null;
  const few = verdict.arms.find(({ users, converted }) => Math.min(converted, users - converted) < NEEDED);
  const list = verdict.tied.map(name).join(', ');
  const title = {
    winner: t('verdict.winner', { arm: name(verdict.winner ?? '') }),
    tie: t('verdict.tie', { arms: list }),
    undecided: t('verdict.undecided'),
  }[verdict.verdict];
  const because = {
    winner: t('verdict.winnerLead'),
    tie: verdict.tie_margin === null ? t('verdict.tieLead') : t('verdict.tieWithin'),
    undecided: few ? t('verdict.few', { arm: name(few.arm), converted: format.count(few.converted), users: format.count(few.users), needed: format.count(NEEDED) }) : t('verdict.near'),
  }[verdict.verdict];
  return (
    <Section title={t('verdict.title')} lead={t('verdict.lead', { event: verdict.goal, level: format.percent(verdict.confidence, 1) })}>
      <Stack gap="md">
        <Notice color={COLOURS[verdict.verdict]} title={title} data-verdict={verdict.verdict} data-winner={verdict.winner ?? ''}>
          <Text size="sm" c="dimmed">{because}</Text>
          {verdict.decided_at && <Text size="sm" c="dimmed">{t('verdict.decided', { when: format.exact(verdict.decided_at) })}</Text>}
          {verdict.winner_sent_since && <Text size="sm" data-winner-sent>{t('verdict.sentSince', { when: format.exact(verdict.winner_sent_since) })}</Text>}
        </Notice>
        {verdict.pairs.length > 0 && (
          <Scroll label={t('verdict.pairs')} minWidth={480}>
            <Table verticalSpacing={6} aria-label={t('verdict.pairs')} className="numbers" data-pairs>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th scope="col">{t('verdict.pair')}</Table.Th>
                  <Table.Th scope="col" ta="end">{t('effect.difference')}</Table.Th>
                  <Table.Th scope="col" ta="end">{t('verdict.p')}</Table.Th>
                  <Table.Th scope="col">{t('verdict.better')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {verdict.pairs.map(({ first, second, difference, p_value: p, better }) => (
                  <Table.Tr key={`${first} ${second}`}>
                    <Table.Th scope="row" fw={500}><bdi>{name(second)}</bdi> − <bdi>{name(first)}</bdi></Table.Th>
                    <Table.Td ta="end">{difference ? <Difference value={difference} measure={verdict.measure} /> : '–'}</Table.Td>
                    <Table.Td ta="end"><bdi>{chance(p)}</bdi></Table.Td>
                    <Table.Td>{better ? <bdi>{name(better)}</bdi> : '–'}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Scroll>
        )}
        <Group gap="lg">
          {verdict.looked_at && <Text size="xs" c="dimmed">{t('verdict.looked', { when: format.exact(verdict.looked_at), looks: format.count(verdict.looks) })}</Text>}
          {verdict.open > 0 && <Text size="xs" c="dimmed">{t('verdict.open', { shown: format.count(verdict.open) })}</Text>}
        </Group>
      </Stack>
    </Section>
  );
}

function Difference({ value: { value, low, high }, measure }: { value: { value: number; low: number; high: number }; measure: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const one = (number: number) => (measure === 'rate' ? format.change(Math.round(number * 10_000) / 100) : format.amount(number));
  return (
    <>
      <bdi>{measure === 'rate' ? t('effect.points', { shown: one(value) }) : one(value)}</bdi>
      <Text size="xs" c="dimmed"><bdi>{one(low)} – {one(high)}</bdi></Text>
    </>
  );
}
