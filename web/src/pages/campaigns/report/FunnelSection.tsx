// From everybody who was decided about to what became of them. Every number is the sum of the ones below
// it, and leads to its messages.

import { Group, Select, Stack, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Campaign, CampaignReport, Funnel, ReasonCount } from '../../../api/outreach';
import { AppLink } from '../../../components/AppLink';
import { Reason } from '../../../components/outreach/Reason';
import { messageColour } from '../../../components/outreach/StatusBadge';
import { Section } from '../../../components/Page';
import { Scroll } from '../../../components/Scroll';
import { ShareBar } from '../../../components/ShareBar';
import { useFormat } from '../../../lib/format';
import { deliveriesPath } from '../../../lib/outreach';
import { useParam } from '../../../lib/params';
import { useArmNames } from './Report';

interface Row {
  key: string;
  label: React.ReactNode;
  count: number;
  /** What its share is a share of. */
  of: number;
  level: number;
  colour: string;
  state?: string;
  reason?: string;
}

const reasons = (state: string, level: number, counts: ReasonCount[], of: number): Row[] =>
  counts.toSorted((a, b) => b.count - a.count).map(({ reason, count }) => ({ key: `${state} ${reason}`, label: <Reason code={reason} />, count, of, level, colour: messageColour(state), state, reason }));

function useRows(funnel: Funnel): Row[] {
  const { t } = useTranslation();
  const row = (key: string, count: number, of: number, level: number, state?: string): Row => ({ key, label: t(`funnel.${key}`), count, of, level, colour: messageColour(state ?? 'queued'), ...(state && { state }) });
  const { decided, queued, sent } = funnel;
  return [
    row('decided', decided, decided, 0),
    ...(funnel.held_out > 0 ? [row('held_out', funnel.held_out, decided, 1, 'held_out'), ...reasons('held_out', 2, funnel.held_out_by_group, decided)] : []),
    ...(funnel.withheld > 0 ? [row('withheld', funnel.withheld, decided, 1, 'withheld'), ...reasons('withheld', 2, funnel.withheld_by_reason, decided)] : []),
    row('queued', queued, decided, 1),
    ...(funnel.waiting > 0 ? [row('waiting', funnel.waiting, queued, 2, 'queued')] : []),
    ...(funnel.failed > 0 ? [row('failed', funnel.failed, queued, 2, 'failed'), ...reasons('failed', 3, funnel.failed_by_code, queued)] : []),
    row('sent', sent, queued, 2, 'sent'),
    ...(funnel.delivered > 0 ? [row('delivered', funnel.delivered, sent, 3, 'delivered')] : []),
    ...(funnel.opened > 0 ? [row('opened', funnel.opened, sent, 3, 'opened')] : []),
    ...(funnel.opened_by_machine > 0 ? [row('opened_by_machine', funnel.opened_by_machine, sent, 3)] : []),
    ...(funnel.clicked > 0 ? [row('clicked', funnel.clicked, sent, 3, 'clicked')] : []),
    ...(funnel.bounced > 0 ? [row('bounced', funnel.bounced, sent, 3, 'bounced')] : []),
    ...(funnel.complained > 0 ? [row('complained', funnel.complained, sent, 3, 'complained')] : []),
  ];
}

export function FunnelSection({ campaign, report }: { campaign: Campaign; report: CampaignReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = useArmNames(campaign);
  const [arm, setArm] = useParam('arm', report.variants.map(({ variant }) => variant), '');
  const funnel = report.variants.find(({ variant }) => variant === arm)?.funnel ?? report.funnel;
  const rows = useRows(funnel);
  return (
    <Section
      title={t('funnel.title')}
      lead={t('funnel.lead', { when: format.dateTime(report.as_of) })}
      actions={report.variants.length > 1 && (
        <Select size="xs" w={180} aria-label={t('content.variant')} allowDeselect={false} value={arm} onChange={(next) => setArm(next ?? '')} data={[{ value: '', label: t('report.allArms') }, ...report.variants.map(({ variant }) => ({ value: variant, label: name(variant) }))]} />
      )}
    >
      <Stack gap="sm">
        {funnel.decided === 0 && <Text size="sm" c="dimmed">{t('funnel.nothing')}</Text>}
        {funnel.planned > 0 && (
          <Text size="sm">
            {t('funnel.planned')} <AppLink to={deliveriesPath({ campaign: campaign.id, state: 'planned' })} size="sm" underline="always" className="numbers">{format.count(funnel.planned)}</AppLink>
          </Text>
        )}
        {funnel.decided > 0 && (
          <Scroll label={t('funnel.title')} minWidth={480}>
            <Table verticalSpacing={5} aria-label={t('funnel.title')} className="numbers" data-funnel>
              <Table.Thead className="visually-hidden">
                <Table.Tr><Table.Th scope="col">{t('funnel.step')}</Table.Th><Table.Th scope="col">{t('funnel.messages')}</Table.Th><Table.Th scope="col">{t('common.share')}</Table.Th></Table.Tr>
              </Table.Thead>
              <Table.Tbody>{rows.map((row) => <FunnelRow key={row.key} row={row} campaign={campaign.id} />)}</Table.Tbody>
            </Table>
          </Scroll>
        )}
      </Stack>
    </Section>
  );
}

function FunnelRow({ row, campaign }: { row: Row; campaign: string }) {
  const format = useFormat();
  const share = row.of > 0 ? row.count / row.of : 0;
  // "Sent" are also those that went further; only what ends somewhere can be looked up by its state.
  const path = row.state === 'sent' ? undefined : row.state ? deliveriesPath({ campaign, state: row.state, reason: row.reason }) : row.key === 'decided' ? deliveriesPath({ campaign }) : undefined;
  return (
    <Table.Tr data-step={row.reason ? undefined : row.key} data-count={row.count}>
      <Table.Th scope="row" fw={row.level < 2 ? 600 : 450} style={{ paddingInlineStart: 8 + row.level * 20 }}>{row.label}</Table.Th>
      <Table.Td ta="end" w={90}>{path ? <AppLink to={path} size="sm" fw={row.level < 2 ? 600 : 450}>{format.count(row.count)}</AppLink> : <Text span size="sm" fw={row.level < 2 ? 600 : 450}>{format.count(row.count)}</Text>}</Table.Td>
      <Table.Td w="38%">
        <Group gap="xs" wrap="nowrap">
          <ShareBar share={share} colour={row.colour} />
          <Text size="xs" c="dimmed" w={52} ta="end">{format.percent(share)}</Text>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}
