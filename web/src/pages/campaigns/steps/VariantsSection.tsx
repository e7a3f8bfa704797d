// The variants of a campaign, and what decides who gets which: chance, by shares, or an attribute of the person.

import { ActionIcon, Button, Group, NumberInput, SegmentedControl, Stack, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CampaignInput, Variant, VariantBy } from '../../../api/outreach';
import { Section } from '../../../components/Page';
import { useFormat } from '../../../lib/format';
import { emptyVariant, nextVariantId, partsOf } from '../draft';
import { beginVariantBy, withoutVariant } from '../variantBy';
import type { StepProps } from './step';
import { VariantByFields } from './VariantByFields';

/** Variants at most: more make each too small to tell apart. */
const VARIANTS_MAX = 50;
const WAYS = ['chance', 'attribute'] as const;

interface Props {
  draft: CampaignInput;
  change: StepProps['change'];
  started: boolean;
  chosen: string;
  onChoose: (id: string) => void;
}

export function VariantsSection({ draft, change, started, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { variants, variant_by: by } = draft;
  const parts = partsOf(variants);
  const add = () => {
    const from = variants.find(({ id }) => id === chosen);
    const id = nextVariantId(variants);
    change({ variants: [...variants, from ? { ...structuredClone(from), id, name: undefined } : emptyVariant(draft.channel, id)].map((one) => dropUndefined(one)) });
    onChoose(id);
  };
  const remove = (id: string) => change({ variants: variants.filter((one) => one.id !== id), ...(by && { variant_by: withoutVariant(by, id) }) });
  const put = (id: string, part: Partial<Variant>) => change({ variants: variants.map((one) => (one.id === id ? { ...one, ...part } : one)) });
  const named = (one: Variant) => one.name || one.id.toUpperCase();
  const several = variants.length > 1;
  return (
    <Section
      title={t('content.variants')}
      lead={by ? t('variantBy.lead') : t('content.variantsLead')}
      actions={!started && variants.length < VARIANTS_MAX && <Button size="compact-sm" variant="light" leftSection={<IconPlus size={14} />} onClick={add}>{t('content.addVariant')}</Button>}
    >
      {(several || by) && (
        <Stack gap="md">
          <WayField draft={draft} change={change} started={started} />
          {several && (
            <Stack gap="sm">
              <SegmentedControl
                size="sm"
                style={{ alignSelf: 'flex-start', maxWidth: '100%', overflowX: 'auto' }}
                aria-label={t('content.variant')}
                value={chosen}
                onChange={onChoose}
                data={variants.map((one, at) => ({ value: one.id, label: by ? named(one) : `${named(one)} · ${format.percent(parts[at] ?? 0, 0)}` }))}
              />
              {variants.filter(({ id }) => id === chosen).map((one) => (
                <Group key={one.id} gap="sm" align="flex-end">
                  <TextInput size="xs" label={t('content.variantName')} value={one.name ?? ''} placeholder={one.id.toUpperCase()} onChange={(event) => put(one.id, { name: event.currentTarget.value })} />
                  {!by && <NumberInput size="xs" w={120} label={t('content.share')} min={0} max={1000} disabled={started} value={one.share ?? 1} onChange={(share) => put(one.id, { share: typeof share === 'number' ? share : 0 })} />}
                  {!started && (
                    <ActionIcon variant="default" size="md" aria-label={t('content.removeVariant', { name: one.name || one.id })} onClick={() => remove(one.id)}>
                      <IconTrash size={16} stroke={1.7} />
                    </ActionIcon>
                  )}
                </Group>
              ))}
            </Stack>
          )}
          {by && <VariantByFields by={by} variants={variants} onChange={(next) => change({ variant_by: next })} disabled={started} />}
        </Stack>
      )}
    </Section>
  );
}

/** Chance or an attribute. What was written of the attribute comes back when somebody only looked at the other way. */
function WayField({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  const { variants, variant_by: by, decision } = draft;
  const [before, setBefore] = useState<VariantBy>();
  const choose = (way: string) => {
    if (way === (by ? 'attribute' : 'chance')) return;
    setBefore(by);
    if (by) return change({ variant_by: undefined });
    const ids = variants.map(({ id }) => id);
    const known = before && [before.default, ...Object.values(before.values)].every((id) => ids.includes(id)) ? before : undefined;
    // Without chance nothing wins, so no winner can be sent.
    return change({ variant_by: known ?? beginVariantBy(variants), ...(decision?.on_winner === 'send_winner' && { decision: { ...decision, on_winner: 'keep' } }) });
  };
  return (
    <SegmentedControl
      size="xs"
      style={{ alignSelf: 'flex-start' }}
      aria-label={t('variantBy.how')}
      disabled={started}
      value={by ? 'attribute' : 'chance'}
      onChange={choose}
      data={WAYS.map((value) => ({ value, label: t(`variantBy.by.${value}`) }))}
    />
  );
}

function dropUndefined<T extends object>(of: T): T {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as T;
}
