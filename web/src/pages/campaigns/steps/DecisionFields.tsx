// By what it is decided which variant has won, and which messages a conversion is credited to.

import { Group, NativeSelect, NumberInput, Stack, Switch, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Attribution, Decision } from '../../../api/outreach';
import { Section } from '../../../components/Page';
import { useFormat } from '../../../lib/format';
import { eventName } from '../draft';
import type { StepProps } from './step';

const CONFIDENCES = [0.8, 0.9, 0.95, 0.99];
const CONFIDENCE = 0.95;
/** A share as points with at most two digits. */
const points = (share: number | undefined) => (share === undefined ? '' : Math.round(share * 10_000) / 100);

export function DecisionFields({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { goals = [], decision = {}, attribution = {} } = draft;
  const put = (part: Partial<Decision>) => change({ decision: { ...decision, ...part } });
  const credit = (part: Partial<Attribution>) => change({ attribution: { ...attribution, ...part } });
  const money = Boolean(goals[decision.goal ?? 0]?.revenue);
  const byRevenue = decision.measure === 'revenue';
  // Variants that do not go by chance are not compared, so nothing decides between them.
  const by = draft.variant_by;
  const again = draft.trigger.kind !== 'once' && draft.variants.length > 1;
  /** Rates are written in points, revenue as it is. */
  const size = (name: 'expected' | 'tie_margin', label: string, placeholder: string) => (
    <NumberInput
      w={190}
      label={label}
      disabled={started}
      min={0}
      decimalScale={2}
      placeholder={byRevenue ? '' : placeholder}
      value={byRevenue ? (decision[name] ?? '') : points(decision[name])}
      onChange={(value) => put({ [name]: typeof value === 'number' && value > 0 ? (byRevenue ? value : value / 100) : undefined })}
    />
  );
  return (
    <Section title={t('decision.title')} lead={by ? t('variantBy.noWinner') : t('decision.lead')}>
      <Stack gap="md" data-decision>
        {(!by || goals.length > 1) && (
          <Group gap="md" align="flex-end">
            {goals.length > 1 && <NativeSelect label={t('decision.goal')} disabled={started} value={String(decision.goal ?? 0)} onChange={(event) => put({ goal: Number(event.currentTarget.value) })} data={goals.map((goal, at) => ({ value: String(at), label: eventName(goal.event) || t('goals.goal', { number: at + 1 }) }))} />}
            {!by && (money || byRevenue) && <NativeSelect label={t('decision.measure')} disabled={started} value={decision.measure ?? 'rate'} onChange={(event) => put({ measure: event.currentTarget.value as 'rate' | 'revenue', expected: undefined, tie_margin: undefined })} data={(['rate', 'revenue'] as const).map((value) => ({ value, label: t(`decision.by.${value}`) }))} />}
            {!by && <NativeSelect label={t('report.confidence')} disabled={started} value={String(decision.confidence ?? CONFIDENCE)} onChange={(event) => put({ confidence: Number(event.currentTarget.value) })} data={CONFIDENCES.map((value) => ({ value: String(value), label: format.percent(value, 0) }))} />}
            {!by && size('expected', byRevenue ? t('decision.expectedRevenue') : t('decision.expected'), '2')}
            {!by && size('tie_margin', byRevenue ? t('decision.marginRevenue') : t('decision.margin'), '–')}
          </Group>
        )}
        {((again && !by) || decision.on_winner === 'send_winner') && <Switch label={t('decision.sendWinner')} description={t('decision.sendWinnerLead')} disabled={started} checked={decision.on_winner === 'send_winner'} onChange={(event) => put({ on_winner: event.currentTarget.checked ? 'send_winner' : 'keep' })} />}
        <Group gap="md" align="flex-end" role="group" aria-label={t('credit.title')}>
          {(['click', 'view', 'sent'] as const).map((name) => (
            <TextInput key={name} w={170} label={t(`credit.after.${name}`)} placeholder={{ click: '7d', view: '1d', sent: '–' }[name]} value={attribution[name] ?? ''} onChange={(event) => credit({ [name]: event.currentTarget.value.trim() || undefined })} dir="ltr" />
          ))}
          <NativeSelect label={t('credit.split')} value={attribution.split ?? 'last'} onChange={(event) => credit({ split: event.currentTarget.value as 'last' | 'first' | 'linear' })} data={(['last', 'first', 'linear'] as const).map((value) => ({ value, label: t(`credit.splits.${value}`) }))} />
        </Group>
      </Stack>
    </Section>
  );
}
