// What holds for all campaigns that are not transactional: control group, caps, gaps, quiet hours.

import { Button, CloseButton, Fieldset, Group, MultiSelect, NativeSelect, NumberInput, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Cap, type Channel, CHANNELS, type ContactPolicy, type Gap, outreach, usePolicy } from '../../api/outreach';
import { ErrorPanel } from '../../components/ErrorPanel';
import { HoursFields } from '../../components/outreach/HoursFields';
import { Section } from '../../components/Page';
import { Query } from '../../components/Query';
import { ControlGroups } from './ControlGroups';
import { Visitors } from './Visitors';
import { Notice } from '../../components/Notice';
import { useOutreachNames } from '../../lib/outreach';

/** Names of groups look like names of fields. */
const LEGEND = { legend: { fontSize: 'var(--mantine-font-size-sm)', fontWeight: 600 } };

/** Caps, gaps and hours at most, each. */
const RULES_MAX = 16;

export function PolicySection() {
  const { t } = useTranslation();
  const query = usePolicy();
  const [saved, setSaved] = useState(false);
  return (
    <Section title={t('policy.title')} lead={t('policy.lead')}>
      <Query query={query} height={240}>{(policy) => <Form key={JSON.stringify(policy)} policy={policy} saved={saved} onSaved={() => setSaved(true)} />}</Query>
    </Section>
  );
}

interface FormProps {
  policy: ContactPolicy;
  /** What is shown was just saved. */
  saved: boolean;
  onSaved: () => void;
}

function Form({ policy, saved, onSaved }: FormProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [written, setWritten] = useState(policy);
  const set = (part: Partial<ContactPolicy>) => setWritten((old) => ({ ...old, ...part }));
  const changed = JSON.stringify(written) !== JSON.stringify(policy);
  const save = useMutation({
    mutationFn: () => {
      const { public_url: url, inbox_element: element, ...rest } = written;
      const texts = { ...(url?.trim() && { public_url: url.trim() }), ...(element?.trim() && { inbox_element: element.trim() }) };
      return outreach.setPolicy({ ...rest, ...texts });
    },
    onSuccess: (kept) => {
      onSaved();
      queries.setQueryData(['contact-policy'], kept);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="lg">
        <NumberInput
          w={220}
          label={t('policy.control')}
          description={t('policy.controlLead')}
          suffix=" %"
          min={0}
          max={50}
          decimalScale={1}
          inputWrapperOrder={['label', 'input', 'description']}
          style={{ width: 'auto', maxWidth: 560 }}
          styles={{ input: { width: 160 }, wrapper: { width: 160 } }}
          value={Math.round(written.control * 1000) / 10}
          onChange={(value) => typeof value === 'number' && set({ control: Math.min(Math.max(value, 0), 50) / 100 })}
        />
        <ControlGroups groups={written.groups ?? []} known={policy.groups ?? []} onChange={(groups) => set({ groups })} />
        <Caps caps={written.caps} onChange={(caps) => set({ caps })} />
        <Gaps gaps={written.gaps} onChange={(gaps) => set({ gaps })} />
        <Fieldset legend={t('policy.quiet')} variant="unstyled" styles={LEGEND}>
          <Text size="xs" c="dimmed" mb="xs">{t('policy.quietLead')}</Text>
          <Stack gap="sm">
            <HoursFields label={t('policy.quiet')} value={written.quiet} onChange={(quiet) => set({ quiet: quiet.slice(0, RULES_MAX) })} />
            <NativeSelect maw={320} label={t('delivery.on_quiet')} value={written.on_quiet} onChange={(event) => set({ on_quiet: event.currentTarget.value as ContactPolicy['on_quiet'] })} data={(['delay', 'discard'] as const).map((value) => ({ value, label: t(`delivery.quiet.${value}`) }))} />
            <Switch label={t('policy.legal')} description={t('policy.legalLead')} checked={written.legal_hours} onChange={(event) => set({ legal_hours: event.currentTarget.checked })} />
          </Stack>
        </Fieldset>
        <TextInput maw={480} label={t('policy.publicUrl')} description={t('policy.publicUrlLead')} placeholder="https://messages.example.com" value={written.public_url ?? ''} onChange={(event) => set({ public_url: event.currentTarget.value })} dir="ltr" />
        <Switch label={t('policy.track')} description={t('policy.trackLead')} checked={written.track} onChange={(event) => set({ track: event.currentTarget.checked })} />
        <Fieldset legend={t('policy.visitors')} variant="unstyled" styles={LEGEND}><Visitors policy={written} onChange={set} /></Fieldset>
        <Switch label={t('policy.approval')} description={t('policy.approvalLead')} checked={written.approval ?? false} onChange={(event) => set({ approval: event.currentTarget.checked })} />
        {save.isError && <ErrorPanel error={save.error} />}
        {saved && !changed && <Notice role="status" color="teal" p="xs">{t('policy.saved')}</Notice>}
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!changed}>{t('policy.save')}</Button>
          {changed && <Button variant="default" onClick={() => setWritten(policy)}>{t('common.cancel')}</Button>}
        </Group>
      </Stack>
    </form>
  );
}

function ChannelsField({ value, onChange }: { value: Channel[]; onChange: (channels: Channel[]) => void }) {
  const { t } = useTranslation();
  const names = useOutreachNames();
  return (
    <MultiSelect
      size="xs"
      style={{ flex: '1 1 200px' }}
      label={t('policy.channels')}
      placeholder={value.length === 0 ? t('policy.allTogether') : ''}
      value={value}
      onChange={(next) => onChange(next as Channel[])}
      data={CHANNELS.map((channel) => ({ value: channel, label: names.channel(channel) }))}
    />
  );
}

function Caps({ caps, onChange }: { caps: Cap[]; onChange: (caps: Cap[]) => void }) {
  const { t } = useTranslation();
  const put = (at: number, part: Partial<Cap>) => onChange(caps.map((cap, i) => (i === at ? { ...cap, ...part } : cap)));
  return (
    <Fieldset legend={t('policy.caps')} variant="unstyled" styles={LEGEND}>
      <Stack gap="sm">
        {caps.map((cap, at) => (
          // eslint-disable-next-line react/no-array-index-key
          <Group key={at} gap="sm" align="flex-end" role="group" aria-label={t('policy.cap', { number: at + 1 })}>
            <NumberInput size="xs" w={120} label={t('policy.most')} min={1} allowDecimal={false} value={cap.most} onChange={(value) => typeof value === 'number' && put(at, { most: value })} />
            <TextInput size="xs" w={110} label={t('policy.within')} placeholder="7d" value={cap.within} onChange={(event) => put(at, { within: event.currentTarget.value })} dir="ltr" />
            <ChannelsField value={cap.channels ?? []} onChange={(channels) => put(at, { channels })} />
            <TagsInput size="xs" style={{ flex: '1 1 140px' }} label={t('policy.labels')} value={cap.labels ?? []} onChange={(labels) => put(at, { labels })} />
            <CloseButton aria-label={t('policy.removeCap', { number: at + 1 })} onClick={() => onChange(caps.filter((_, i) => i !== at))} />
          </Group>
        ))}
        {caps.length < RULES_MAX && <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => onChange([...caps, { most: 3, within: '7d', channels: [], labels: [] }])}>{t('policy.addCap')}</Button>}
      </Stack>
    </Fieldset>
  );
}

function Gaps({ gaps, onChange }: { gaps: Gap[]; onChange: (gaps: Gap[]) => void }) {
  const { t } = useTranslation();
  const put = (at: number, part: Partial<Gap>) => onChange(gaps.map((gap, i) => (i === at ? { ...gap, ...part } : gap)));
  return (
    <Fieldset legend={t('policy.gaps')} variant="unstyled" styles={LEGEND}>
      <Stack gap="sm">
        {gaps.map((gap, at) => (
          // eslint-disable-next-line react/no-array-index-key
          <Group key={at} gap="sm" align="flex-end" role="group" aria-label={t('policy.gap', { number: at + 1 })}>
            <TextInput size="xs" w={120} label={t('policy.least')} placeholder="4h" value={gap.least} onChange={(event) => put(at, { least: event.currentTarget.value })} dir="ltr" />
            <ChannelsField value={gap.channels ?? []} onChange={(channels) => put(at, { channels })} />
            <CloseButton aria-label={t('policy.removeGap', { number: at + 1 })} onClick={() => onChange(gaps.filter((_, i) => i !== at))} />
          </Group>
        ))}
        {gaps.length < RULES_MAX && <Button size="compact-xs" variant="light" leftSection={<IconPlus size={14} />} style={{ alignSelf: 'flex-start' }} onClick={() => onChange([...gaps, { least: '4h', channels: [] }])}>{t('policy.addGap')}</Button>}
      </Stack>
    </Fieldset>
  );
}
