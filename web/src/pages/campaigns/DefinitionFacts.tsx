// What a campaign is, as facts.

import { Badge, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { CampaignInput, Trigger, Variant, VariantBy } from '../../api/outreach';
import { useLifecycle, useSegments, validate } from '../../api/queries';
import type { Definition } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { useFormat } from '../../lib/format';
import { useNames } from '../../lib/names';
import { useOutreachNames } from '../../lib/outreach';
import { apart } from '../../lib/sentences';
import { Facts } from '../people/Facts';
import { CONTROL, DEFAULT_LOCALE, eventName, partsOf, segmentOf } from './draft';
import { TOPIC_CHANNELS } from '../settings/topics';
import { valuesOf } from './variantBy';

export function DefinitionFacts({ definition }: { definition: CampaignInput }) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useOutreachNames();
  const { delivery = {}, goals = [], labels = [] } = definition;
  const parts = partsOf(definition.variants);
  const { variant_by: by } = definition;
  const gets = (of: VariantBy, variant: string) => {
    const all = [...valuesOf(of, variant).map(apart), ...(of.default === variant ? [t('variantBy.everybodyElse')] : [])];
    return all.length > 0 ? all.join(', ') : t('variantBy.noOne');
  };
  /** Where everybody gets the same language, values say more without it. */
  const languages = ({ content }: Variant) => {
    const codes = Object.keys(content);
    return by && codes.length === 1 ? '' : ` · ${codes.map((code) => (code === DEFAULT_LOCALE ? t('content.allOthers') : code)).join(', ')}`;
  };
  const again = definition.again ?? { kind: 'always' };
  const rows: [string, React.ReactNode][] = [
    [t('facts.channel'), names.channel(definition.channel)],
    [t('facts.audience'), <AudienceText key="audience" audience={definition.audience} />],
    [t('facts.control'), definition.transactional ? t('facts.transactional') : format.percent(definition.control ?? CONTROL)],
    [t('facts.trigger'), <TriggerText key="trigger" trigger={definition.trigger} userZone={delivery.user_zone ?? false} />],
    [t('facts.again'), again.kind === 'after' ? `${t('when.againKind.after')}: ${again.pause}` : t(`when.againKind.${again.kind}`)],
    [t('facts.variants'), (
      <Stack key="variants" gap={2}>
        {by && <Text size="sm">{t('variantBy.fact', { name: apart(by.attribute) })}</Text>}
        {definition.variants.map((variant, at) => (
          <Text key={variant.id} size="sm">
            <bdi>{variant.name || variant.id.toUpperCase()}</bdi> · {by ? <bdi>{gets(by, variant.id)}</bdi> : format.percent(parts[at] ?? 0, 0)}{languages(variant)}
          </Text>
        ))}
      </Stack>
    )],
    [t('facts.goals'), goals.length === 0 ? t('facts.noGoals') : goals.map((goal) => `${eventName(goal.event)} (${goal.within})`).join(', ')],
  ];
  if (definition.control_groups?.length) rows.push([t('audience.groups'), definition.control_groups.join(', ')]);
  if (definition.decision?.on_winner === 'send_winner') rows.push([t('decision.title'), t('decision.sendWinner')]);
  const limits = (['most', 'most_per_day', 'per_second', 'safety_stop'] as const).filter((name) => delivery[name] !== undefined);
  for (const name of limits) rows.push([t(`delivery.${name}`), format.count(delivery[name]!)]);
  if (delivery.hours?.length) rows.push([t('delivery.hours'), delivery.hours.map(({ from, to }) => `${from}–${to}`).join(', ')]);
  if (definition.topic) rows.push([t('campaignRules.topic'), definition.topic]);
  else if (!definition.transactional && TOPIC_CHANNELS.some((one) => one === definition.channel)) rows.push([t('campaignRules.topic'), t('campaignRules.everybodyOf', { channel: names.channel(definition.channel) })]);
  if (labels.length > 0) rows.push([t('campaignRules.labels'), <Group key="labels" gap={4} justify="flex-end">{labels.map((label) => <Badge key={label} variant="default" tt="none">{label}</Badge>)}</Group>]);
  return <Facts label={t('facts.title')} rows={rows} />;
}

export function AudienceText({ audience }: { audience: unknown }) {
  const { t } = useTranslation();
  const segments = useSegments();
  const segment = segmentOf(audience);
  const json = typeof audience === 'object' && audience !== null && segment === null;
  const text = useQuery({ queryKey: ['validate', audience], queryFn: ({ signal }) => validate(audience as Definition, signal), enabled: json });
  if (audience === undefined || audience === null) return <>{t('audience.mode.everybody')}</>;
  if (segment !== null) {
    const name = segments.data?.segments.find(({ id }) => id === segment)?.name ?? segment;
    return <AppLink to={`/segments/${encodeURIComponent(segment)}`} size="sm">{name}</AppLink>;
  }
  const written = json ? (text.data?.text ?? '…') : String(audience);
  return <span className="definition" style={{ display: 'block' }}>{written}</span>;
}

function TriggerText({ trigger, userZone }: { trigger: Trigger; userZone: boolean }) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  const states = useNames();
  const lifecycle = useLifecycle();
  const format = useFormat();
  const zone = userZone ? t('facts.userZone') : format.zone;
  const state = (key: string) => {
    const known = lifecycle.data?.states.find((one) => one.key === key);
    return known ? states.state(known) : key;
  };
  const what = names.trigger(trigger.kind);
  const more = (() => {
    switch (trigger.kind) {
      case 'once': return trigger.at ? `${trigger.at.replace('T', ' ')} (${zone})` : t('when.atStart');
      case 'dates': return `${trigger.at.map((at) => at.replace('T', ' ')).join(', ')} (${zone})`;
      case 'recurring': return `${(trigger.interval ?? 1) > 1 ? `${trigger.interval} × ` : ''}${t(`when.unit.${trigger.every}`)}, ${trigger.at.join(', ')} (${zone})`;
      case 'event': return eventName(trigger.event);
      case 'enters':
      case 'leaves': return trigger.segment;
      case 'state': return trigger.to.map(state).join(', ');
      default: return '';
    }
  })();
  return <>{what}{more && <>: <bdi>{more}</bdi></>}</>;
}
