// When it sends, how often to one user, how it is delivered, and which rules hold for it.

import { Group, NativeSelect, NumberInput, Stack, Switch, TagsInput, Text, Textarea, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Again, type DeliveryOptions, usePolicy } from '../../../api/outreach';
import { AppLink } from '../../../components/AppLink';
import { HoursFields } from '../../../components/outreach/HoursFields';
import { Section } from '../../../components/Page';
import { useFormat } from '../../../lib/format';
import { useSession } from '../../../api/session';
import { instantOf, wallTime } from '../../../lib/zone';
import type { StepProps } from './step';
import { TopicField } from './TopicField';
import { TriggerFields } from './TriggerFields';

const AGAIN = ['always', 'once', 'after'] as const;
const LABELS_MAX = 8;

export default function WhenStep({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="lg">
      <Section title={t('when.title')} lead={started ? t('when.fixed') : undefined}>
        <Stack gap="md">
          <TriggerFields trigger={draft.trigger} onChange={(trigger) => change({ trigger })} disabled={started} />
          <AgainFields again={draft.again ?? { kind: 'always' }} onChange={(again) => change({ again })} />
        </Stack>
      </Section>
      <DeliverySection delivery={draft.delivery ?? {}} onChange={(delivery) => change({ delivery })} scheduled={['once', 'dates', 'recurring'].includes(draft.trigger.kind)} push={draft.channel === 'push'} />
      <RulesSection draft={draft} change={change} started={started} />
    </Stack>
  );
}

export function AgainFields({ again, onChange }: { again: Again; onChange: (again: Again) => void }) {
  const { t } = useTranslation();
  return (
    <Group gap="md" align="flex-end">
      <NativeSelect
        w={280}
        label={t('when.again')}
        value={again.kind}
        onChange={(event) => {
          const kind = event.currentTarget.value as Again['kind'];
          onChange(kind === 'after' ? { kind, pause: '30d' } : { kind });
        }}
        data={AGAIN.map((kind) => ({ value: kind, label: t(`when.againKind.${kind}`) }))}
      />
      {again.kind === 'after' && <TextInput w={120} label={t('when.pause')} value={again.pause} onChange={(event) => onChange({ kind: 'after', pause: event.currentTarget.value })} dir="ltr" />}
    </Group>
  );
}

interface DeliveryProps {
  delivery: DeliveryOptions;
  onChange: (delivery: DeliveryOptions) => void;
  /** Its times are those of a clock. */
  scheduled: boolean;
  push: boolean;
}

function DeliverySection({ delivery, onChange, scheduled, push }: DeliveryProps) {
  const { t } = useTranslation();
  const { workspace } = useSession();
  const set = (part: { [name in keyof DeliveryOptions]?: DeliveryOptions[name] | undefined }) => {
    const next = Object.entries({ ...delivery, ...part }).filter(([, value]) => value !== undefined);
    onChange(Object.fromEntries(next) as DeliveryOptions);
  };
  const number = (name: 'most' | 'most_per_day' | 'per_second' | 'safety_stop') => (
    <NumberInput w={210} label={t(`delivery.${name}`)} placeholder={t('delivery.unlimited')} min={1} allowDecimal={false} value={delivery[name] ?? ''} onChange={(value) => set({ [name]: typeof value === 'number' ? value : undefined })} />
  );
  return (
    <Section title={t('delivery.title')}>
      <Stack gap="md">
        {scheduled && (
          <Group gap="lg" align="flex-end">
            <Switch label={t('delivery.user_zone')} checked={delivery.user_zone ?? false} onChange={(event) => set({ user_zone: event.currentTarget.checked || undefined })} />
            {delivery.user_zone && (
              <NativeSelect w={260} label={t('delivery.if_passed')} value={delivery.if_passed ?? 'drop'} onChange={(event) => set({ if_passed: event.currentTarget.value })} data={(['drop', 'next_day'] as const).map((value) => ({ value, label: t(`delivery.passed.${value}`) }))} />
            )}
          </Group>
        )}
        {push && <Switch label={t('delivery.all_devices')} checked={delivery.all_devices ?? false} onChange={(event) => set({ all_devices: event.currentTarget.checked || undefined })} />}
        <NativeSelect w={280} label={t('delivery.on_quiet')} value={delivery.on_quiet ?? 'delay'} onChange={(event) => set({ on_quiet: event.currentTarget.value as 'delay' | 'discard' })} data={(['delay', 'discard'] as const).map((value) => ({ value, label: t(`delivery.quiet.${value}`) }))} />
        <Stack gap={4}>
          <Text size="sm" fw={500}>{t('delivery.hours')}</Text>
          <HoursFields label={t('delivery.hours')} value={delivery.hours ?? []} onChange={(hours) => set({ hours: hours.length > 0 ? hours : undefined })} />
        </Stack>
        <Group gap="md" align="flex-end">
          {number('most')}
          {number('most_per_day')}
          {number('per_second')}
          {number('safety_stop')}
        </Group>
        <Group gap="md" align="flex-end">
          <TextInput
            type="datetime-local"
            label={t('delivery.until', { zone: workspace.zone })}
            value={delivery.until ? wallTime(delivery.until, workspace.zone) : ''}
            onChange={(event) => set({ until: event.currentTarget.value ? instantOf(event.currentTarget.value, workspace.zone) : undefined })}
          />
          <TextInput w={210} label={t('delivery.expires')} placeholder="1d" value={delivery.expires ?? ''} onChange={(event) => set({ expires: event.currentTarget.value || undefined })} dir="ltr" />
        </Group>
      </Stack>
    </Section>
  );
}

function RulesSection({ draft, change, started }: StepProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const policy = usePolicy();
  return (
    <Section title={t('campaignRules.title')} lead={t('campaignRules.lead')}>
      <Stack gap="md">
        <Switch label={t('campaignRules.transactional')} description={t('campaignRules.transactionalLead')} checked={draft.transactional ?? false} disabled={started} onChange={(event) => change({ transactional: event.currentTarget.checked || undefined })} />
        {!draft.transactional && policy.data && (
          <Text size="sm" c="dimmed">
            {t('campaignRules.policy', { control: format.percent(policy.data.control), caps: policy.data.caps.length + policy.data.gaps.length, hours: policy.data.quiet.map(({ from, to }) => `${from}–${to}`).join(', ') || '–' })}{' '}
            <AppLink to="/settings?tab=contact" size="sm" underline="always">{t('campaignRules.change')}</AppLink>
          </Text>
        )}
        <Group gap="md" align="flex-start">
          <TagsInput style={{ flex: '1 1 260px' }} label={t('campaignRules.labels')} value={draft.labels ?? []} onChange={(labels) => change({ labels })} maxTags={LABELS_MAX} splitChars={[',']} />
          <NumberInput w={160} label={t('campaignRules.priority')} min={0} max={100} allowDecimal={false} value={draft.priority ?? 50} onChange={(value) => change({ priority: typeof value === 'number' ? value : undefined })} />
        </Group>
        <TopicField draft={draft} change={change} />
        <Textarea label={t('campaignRules.description')} autosize minRows={2} value={draft.description ?? ''} onChange={(event) => change({ description: event.currentTarget.value })} />
      </Stack>
    </Section>
  );
}
