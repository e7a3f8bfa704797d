// Something that can happen to a user: what waits, exits and goals are about.

import { NativeSelect, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { EventField } from '../../campaigns/EventField';
import { SegmentField, StateFields } from '../../campaigns/steps/TriggerFields';
import type { Happening, JourneyInput } from '../types';
import { useJourneyWords } from '../words';

const KINDS = ['event', 'enters', 'leaves', 'state', 'message'] as const;
export const DID = ['sent', 'failed', 'delivered', 'opened', 'clicked', 'bounced', 'dismissed'] as const;

interface Props {
  journey: JourneyInput;
  value: Happening;
  onChange: (happening: Happening) => void;
  /** A message can be meant. */
  messages?: boolean;
}

export function HappeningField({ journey, value, onChange, messages = true }: Props) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const sends = journey.steps.filter(({ do: action }) => action.kind === 'message' || action.kind === 'best_channel');
  const begin = (kind: Happening['kind']): Happening => {
    switch (kind) {
      case 'event': return { kind, event: '' };
      case 'enters':
      case 'leaves': return { kind, segment: '' };
      case 'state': return { kind, to: [] };
      default: return { kind: 'message', step: sends[0]?.id ?? '', did: 'clicked' };
    }
  };
  const kinds = KINDS.filter((kind) => kind !== 'message' || messages || value.kind === 'message');
  return (
    <Stack gap="xs">
      <NativeSelect size="sm" maw={320} label={t('happening.what')} value={value.kind} onChange={(event) => onChange(begin(event.currentTarget.value as Happening['kind']))} data={kinds.map((kind) => ({ value: kind, label: t(`happening.kind.${kind}`) }))} />
      {value.kind === 'event' && <EventField label={t('rows.event')} value={value.event} onChange={(event) => onChange({ kind: 'event', event })} />}
      {(value.kind === 'enters' || value.kind === 'leaves') && <SegmentField value={value.segment} onChange={(segment) => onChange({ kind: value.kind, segment })} />}
      {value.kind === 'state' && <StateFields value={value} onChange={(trigger) => trigger.kind === 'state' && onChange(trigger)} />}
      {value.kind === 'message' && (
        <>
          <NativeSelect size="sm" maw={320} label={t('happening.step')} value={value.step} onChange={(event) => onChange({ ...value, step: event.currentTarget.value })} data={[...(sends.some(({ id }) => id === value.step) ? [] : [{ value: value.step, label: value.step || t('happening.noMessage') }]), ...sends.map((step) => ({ value: step.id, label: `${words.step(step)} (${step.id})` }))]} />
          <NativeSelect size="sm" maw={320} label={t('happening.became')} value={value.did} onChange={(event) => onChange({ ...value, did: event.currentTarget.value })} data={DID.map((did) => ({ value: did, label: t(`happening.did.${did}`) }))} />
        </>
      )}
    </Stack>
  );
}
