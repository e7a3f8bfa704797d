// What the campaign caused: differences against those who were held out, with their intervals.

import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Campaign, EffectReport, GoalReport, WithInterval } from '../../../api/outreach';
import { Section } from '../../../components/Page';
import { Notice } from '../../../components/Notice';
import { Told } from '../../../components/Told';
import { useFormat } from '../../../lib/format';
import { spanWords } from '../../../lib/sentences';
import { IntervalPlot } from './IntervalPlot';
import { useArmNames } from './Report';
import { chance } from './scale';

/** Control groups that nobody named. */
const GROUPS = ['workspace', 'campaign'];

export function EffectSection({ campaign, goal, confidence }: { campaign: Campaign; goal: GoalReport; confidence: number }) {
  const { t, i18n } = useTranslation();
  const name = useArmNames(campaign);
  const { effect } = goal;
  const rows = effect ? [effect, ...(goal.variants.length > 1 ? goal.variants : [])] : goal.variants;
  return (
    <Section title={t('effect.title')} lead={t('effect.lead', { event: goal.event, within: spanWords(goal.within, i18n.language) })}>
      {rows.length === 0 ? (
        <Notice color="gray" title={t('effect.none')} data-no-effect>
          {goal.no_effect_because && <Told code={goal.no_effect_because_code} text={goal.no_effect_because} />}
        </Notice>
      ) : (
        <Stack gap="lg">
          {effect && <Verdict effect={effect} confidence={confidence} />}
          {effect && <Numbers effect={effect} />}
          <IntervalPlot rows={rows.map((row) => ({ key: row.arm, label: name(row.arm), ...row.difference, significant: row.significant }))} />
          {goal.groups.length > 1 && (
            <Stack gap="xs" data-groups>
              <Text size="sm" fw={600}>{t('effect.groups')}</Text>
              <IntervalPlot rows={goal.groups.map((row) => ({ key: row.arm, label: GROUPS.includes(row.arm) ? t(`effect.group.${row.arm}`) : row.name, ...row.difference, significant: row.significant }))} />
            </Stack>
          )}
        </Stack>
      )}
    </Section>
  );
}

function Verdict({ effect, confidence }: { effect: EffectReport; confidence: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const text = !effect.significant ? t('effect.open') : effect.difference.value > 0 ? t('effect.more') : t('effect.less');
  const colour = !effect.significant ? 'gray' : effect.difference.value > 0 ? 'teal' : 'red';
  return <Notice color={colour} title={text} data-significant={effect.significant}><Text size="sm" c="dimmed">{t('effect.p', { p: chance(effect.p_value), level: format.percent(confidence, 1) })}</Text></Notice>;
}

/** Sign and number, set apart, because they change places in right-to-left text otherwise. */
const apart = (text: string) => `\u2066${text}\u2069`;

function Numbers({ effect }: { effect: EffectReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const signed = (text: string, value: number) => apart(value > 0 ? `+${text}` : text);
  const points = (value: number) => t('effect.points', { shown: apart(format.change(Math.round(value * 10_000) / 100)) });
  const tiles: [string, WithInterval | null, (value: number) => string][] = [
    [t('effect.difference'), effect.difference, points],
    [t('effect.lift'), effect.lift, (value) => signed(format.percent(value), value)],
    [t('effect.extra'), effect.extra_converted, (value) => signed(format.count(Math.round(value * 10) / 10), value)],
    [t('effect.extraRevenue'), effect.extra_revenue, (value) => signed(format.amount(value), value)],
  ];
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="md" component="dl" m={0}>
      {tiles.map(([label, value, show]) => value && (
        <div key={label}>
          <Text component="dt" size="xs" c="dimmed">{label}</Text>
          <Text component="dd" m={0} fz={22} fw={660} lh={1.25} className="numbers"><bdi>{show(value.value)}</bdi></Text>
          <Text component="dd" m={0} size="xs" c="dimmed" className="numbers"><bdi>{t('effect.between', { low: show(value.low), high: show(value.high) })}</bdi></Text>
        </div>
      ))}
    </SimpleGrid>
  );
}
