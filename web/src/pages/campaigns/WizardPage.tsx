// A campaign being written, step by step. The step stands in the address; what is written is saved as a
// draft at any step.

import { Button, Group, List, Paper, Stack, Text, TextInput } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { type Campaign, type CampaignInput, outreach, useCampaign, usePlays } from '../../api/outreach';
import { validate } from '../../api/queries';
import type { Definition } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { Notice } from '../../components/Notice';
import { useParam } from '../../lib/params';
import { emptyDraft, segmentOf } from './draft';
import { PrepareSegments, usePlayWords } from './Plays';
import { StepBar } from './StepBar';
import AudienceStep from './steps/AudienceStep';
import ContentStep from './steps/ContentStep';
import GoalsStep from './steps/GoalsStep';
import ReviewStep from './steps/ReviewStep';
import type { StepProps } from './steps/step';
import WhenStep from './steps/WhenStep';
import { useIncomplete } from './steps/VariantByFields';
import { useDraft } from './useDraft';
import { incomplete } from './variantBy';

export const STEPS = ['audience', 'content', 'when', 'goals', 'review'] as const;
type Step = (typeof STEPS)[number];

export default function WizardPage() {
  const { id } = useParams();
  return id === undefined ? <NewCampaign /> : <SavedCampaign key={id} id={id} />;
}

/** A new one: empty, of a play, of a segment, or a copy of another. */
function NewCampaign() {
  const { t } = useTranslation();
  const [params] = useSearchParams();
  const play = params.get('play');
  const copied = params.get('copy') ?? '';
  const original = useQuery({ queryKey: ['campaign', copied], queryFn: () => outreach.campaign(copied), enabled: copied !== '' });
  const [initial] = useState(() => Date.now());
  if (copied !== '') {
    return (
      <Query query={original} height={420}>
        {({ definition: { id: _id, ...definition } }) => <Readable key={initial} definition={{ ...definition, name: t('wizard.copyOf', { name: definition.name }) }} />}
      </Query>
    );
  }
  if (!play) {
    const segment = params.get('segment');
    const definition = params.get('definition');
    const audience = segment ? { type: 'segment', id: segment } : (definition ?? undefined);
    return <Wizard initial={{ ...emptyDraft(), ...(audience !== undefined && { audience }) }} />;
  }
  return <OfPlay key={play} id={play} />;
}

/** A play, once everything is there that it needs. */
function OfPlay({ id }: { id: string }) {
  const { t } = useTranslation();
  const words = usePlayWords();
  return (
    <Query query={usePlays()} height={420}>
      {({ plays }) => {
        const play = plays.find((one) => one.id === id);
        if (!play) return <Page title={t('campaigns.new')} lead={<AppLink to="/campaigns" size="sm">{t('campaigns.title')}</AppLink>}><Notice color="yellow">{t('plays.unknown', { id })}</Notice></Page>;
        if (play.segments.some(({ exists }) => !exists)) return <PrepareSegments play={play} />;
        return <Readable definition={{ ...emptyDraft(play.definition.channel), ...play.definition, name: words(play).name }} />;
      }}
    </Query>
  );
}

function SavedCampaign({ id }: { id: string }) {
  const query = useCampaign(id);
  return <Query query={query} height={420}>{(campaign) => <Readable definition={campaign.definition} saved={campaign} />}</Query>;
}

/** The server keeps audiences in JSON form; people write text. */
function Readable({ definition, saved }: { definition: CampaignInput; saved?: Campaign }) {
  // What is being written is not replaced by what the server made of an earlier save.
  const [first] = useState(definition);
  const { audience } = first;
  const json = typeof audience === 'object' && audience !== null && segmentOf(audience) === null;
  const text = useQuery({ queryKey: ['validate', audience], queryFn: ({ signal }) => validate(audience as Definition, signal), enabled: json });
  if (!json) return <Wizard initial={first} {...(saved && { saved })} />;
  return <Query query={text} height={420}>{(answer) => <Wizard initial={{ ...first, audience: answer.text ?? audience }} {...(saved && { saved })} />}</Query>;
}

interface WizardProps {
  initial: CampaignInput;
  saved?: Campaign;
}

function Wizard({ initial, saved }: WizardProps) {
  const { t } = useTranslation();
  const [step, setStep] = useParam('step', STEPS, 'audience');
  const { draft, change, written, unsaved, problems, save, start, error } = useDraft(initial, saved, step);
  const started = saved !== undefined && saved.status !== 'draft';
  const over = saved?.status === 'stopped' || saved?.status === 'ended';
  const at = STEPS.indexOf(step as Step);
  const missing = incomplete(draft.variant_by, draft.variants);
  const say = useIncomplete();
  const props: StepProps = { draft, change, started, ...(saved && { saved }), unsaved };
  return (
    <Page
      title={saved ? t('wizard.edit', { name: saved.definition.name }) : t('campaigns.new')}
      lead={<AppLink to="/campaigns" size="sm">{t('campaigns.title')}</AppLink>}
      actions={
        <Group gap="xs">
          {unsaved && written && <Text size="xs" c="dimmed" role="status">{t('wizard.unsaved')}</Text>}
          <Button variant="default" leftSection={<IconDeviceFloppy size={16} />} loading={save.isPending} disabled={draft.name.trim() === '' || (!unsaved && written) || over || missing.length > 0} onClick={() => save.mutate()}>
            {started ? t('wizard.saveChanges') : t('wizard.saveDraft')}
          </Button>
        </Group>
      }
    >
      {over && <Notice color="yellow">{t('wizard.over')}</Notice>}
      {started && !over && <Notice color="blue">{t('wizard.started')}</Notice>}
      <Paper p="md">
        <Stack gap="md">
          <TextInput label={t('wizard.name')} placeholder={t('wizard.namePlaceholder')} required maxLength={200} value={draft.name} onChange={(event) => change({ name: event.currentTarget.value })} />
          <StepBar steps={STEPS.map((key) => ({ key, label: t(`wizard.step.${key}`) }))} here={step} onChoose={setStep} />
        </Stack>
      </Paper>
      {missing.length > 0 && (
        <Notice color="yellow" role="status" title={t('variantBy.incomplete')} data-incomplete>
          <List size="sm">{missing.map((what) => <List.Item key={what}>{say(what)}</List.Item>)}</List>
          {step !== 'content' && <Button mt="xs" size="compact-sm" variant="default" onClick={() => setStep('content')}>{t('variantBy.go')}</Button>}
        </Notice>
      )}
      {save.isError && <ErrorPanel error={save.error} />}
      {step === 'audience' && <AudienceStep {...props} />}
      {step === 'content' && <ContentStep {...props} />}
      {step === 'when' && <WhenStep {...props} />}
      {step === 'goals' && <GoalsStep {...props} />}
      {step === 'review' && (
        draft.name.trim() === '' ? <Notice color="yellow">{t('wizard.needsName')}</Notice>
          : <ReviewStep draft={draft} incomplete={missing.length > 0} problems={problems} unsaved={unsaved} started={started} error={error} busy={start.isPending} onStart={() => start.mutate()} />
      )}
      <Group justify="space-between">
        <Button variant="default" disabled={at === 0} onClick={() => setStep(STEPS[at - 1]!)}>{t('wizard.back')}</Button>
        {at < STEPS.length - 1 && <Button variant="light" onClick={() => setStep(STEPS[at + 1]!)}>{t('wizard.next', { step: t(`wizard.step.${STEPS[at + 1]!}`) })}</Button>}
      </Group>
    </Page>
  );
}
