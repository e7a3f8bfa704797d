// A campaign being written, step by step. The step stands in the address; what is written is saved as a
// draft at any step.

import { Button, Group, Paper, Stack, Text, TextInput } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate, useParams, useSearchParams } from 'react-router';
import { ApiError } from '../../api/client';
import { type Campaign, type CampaignInput, outreach, useCampaign, useForgetCampaigns } from '../../api/outreach';
import { useCatalogue, validate } from '../../api/queries';
import type { Definition } from '../../api/types';
import { AppLink } from '../../components/AppLink';
import { ErrorPanel } from '../../components/ErrorPanel';
import { Page } from '../../components/Page';
import { Query } from '../../components/Query';
import { Notice } from '../../components/Notice';
import { useLinks } from '../../lib/links';
import { useParam } from '../../lib/params';
import { emptyDraft, inputOf, segmentOf } from './draft';
import { playOf, PLAYS } from './plays';
import { StepBar } from './StepBar';
import AudienceStep from './steps/AudienceStep';
import ContentStep from './steps/ContentStep';
import GoalsStep from './steps/GoalsStep';
import ReviewStep from './steps/ReviewStep';
import type { StepProps } from './steps/step';
import WhenStep from './steps/WhenStep';

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
  const catalogue = useCatalogue();
  const play = PLAYS.find((one) => one === params.get('play'));
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
  return <Query query={catalogue} height={420}>{(known) => <Wizard initial={playOf(play, t(`plays.${play}.name`), known)} />}</Query>;
}

function SavedCampaign({ id }: { id: string }) {
  const query = useCampaign(id);
  return <Query query={query} height={420}>{(campaign) => <Readable definition={campaign.definition} saved={campaign} />}</Query>;
}

/** The server keeps audiences in JSON form; people write text. */
function Readable({ definition, saved }: { definition: CampaignInput; saved?: Campaign }) {
  const { audience } = definition;
  const json = typeof audience === 'object' && audience !== null && segmentOf(audience) === null;
  const text = useQuery({ queryKey: ['validate', audience], queryFn: ({ signal }) => validate(audience as Definition, signal), enabled: json });
  if (!json) return <Wizard initial={definition} {...(saved && { saved })} />;
  return <Query query={text} height={420}>{(answer) => <Wizard initial={{ ...definition, audience: answer.text ?? audience }} {...(saved && { saved })} />}</Query>;
}

interface WizardProps {
  initial: CampaignInput;
  saved?: Campaign;
}

function Wizard({ initial, saved }: WizardProps) {
  const { t } = useTranslation();
  const links = useLinks();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const forget = useForgetCampaigns();
  const [step, setStep] = useParam('step', STEPS, 'audience');
  const [draft, setDraft] = useState(initial);
  const [written, setWritten] = useState(saved ? JSON.stringify(inputOf(initial)) : '');
  const problems = useRef(saved?.problems ?? []);
  const started = saved !== undefined && saved.status !== 'draft';
  const over = saved?.status === 'stopped' || saved?.status === 'ended';
  const now = JSON.stringify(inputOf(draft));
  const unsaved = now !== written;
  const [begun] = useState(now);
  useLeaveWarning(unsaved && now !== begun);
  // Why it was not started, told by the page that saved it.
  const { state: arrival } = useLocation();
  const [refused, setRefused] = useState(() => refusalOf(arrival));

  const change: StepProps['change'] = (part) =>
    setDraft((old) => Object.fromEntries(Object.entries({ ...old, ...part }).filter(([, value]) => value !== undefined)) as unknown as CampaignInput);
  const store = async () => {
    const input = inputOf(draft);
    const campaign = saved ? await outreach.updateCampaign(saved.id, input) : await outreach.createCampaign(input);
    problems.current = campaign.problems;
    setWritten(JSON.stringify(input));
    await forget();
    return campaign;
  };
  const save = useMutation({
    mutationFn: store,
    onSuccess: async (campaign) => {
      queries.setQueryData(['campaign', campaign.id], campaign);
      if (!saved) await navigate(links.to(`/campaigns/${encodeURIComponent(campaign.id)}/edit?step=${step}`), { replace: true });
    },
  });
  const start = useMutation({
    mutationFn: async () => {
      const campaign = saved && !unsaved ? saved : await store();
      if (campaign.problems.some(({ error }) => error)) {
        queries.setQueryData(['campaign', campaign.id], campaign);
        if (!saved) await navigate(links.to(`/campaigns/${encodeURIComponent(campaign.id)}/edit?step=review`), { replace: true });
        return;
      }
      try {
        const running = await outreach.act(campaign.id, 'start');
        queries.setQueryData(['campaign', campaign.id], running);
      } catch (error) {
        // It is saved; whatever keeps it from being started is told where it can be mended.
        if (!saved) await navigate(links.to(`/campaigns/${encodeURIComponent(campaign.id)}/edit?step=review`), { replace: true, state: { refused: arrivalOf(error) } });
        throw error;
      }
      await forget(campaign.id);
      await navigate(links.to(`/campaigns/${encodeURIComponent(campaign.id)}`));
    },
  });

  const begin = () => {
    setRefused(null);
    start.mutate();
  };
  const at = STEPS.indexOf(step as Step);
  const props: StepProps = { draft, change, started };
  return (
    <Page
      title={saved ? t('wizard.edit', { name: saved.definition.name }) : t('campaigns.new')}
      lead={<AppLink to="/campaigns" size="sm">{t('campaigns.title')}</AppLink>}
      actions={
        <Group gap="xs">
          {unsaved && written !== '' && <Text size="xs" c="dimmed" role="status">{t('wizard.unsaved')}</Text>}
          <Button variant="default" leftSection={<IconDeviceFloppy size={16} />} loading={save.isPending} disabled={draft.name.trim() === '' || (!unsaved && written !== '') || over} onClick={() => save.mutate()}>
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
      {save.isError && <ErrorPanel error={save.error} />}
      {step === 'audience' && <AudienceStep {...props} />}
      {step === 'content' && <ContentStep {...props} />}
      {step === 'when' && <WhenStep {...props} />}
      {step === 'goals' && <GoalsStep {...props} />}
      {step === 'review' && (
        draft.name.trim() === '' ? <Notice color="yellow">{t('wizard.needsName')}</Notice>
          : <ReviewStep draft={draft} problems={problems.current} unsaved={unsaved} started={started} error={start.error ?? refused} busy={start.isPending} onStart={begin} />
      )}
      <Group justify="space-between">
        <Button variant="default" disabled={at === 0} onClick={() => setStep(STEPS[at - 1]!)}>{t('wizard.back')}</Button>
        {at < STEPS.length - 1 && <Button variant="light" onClick={() => setStep(STEPS[at + 1]!)}>{t('wizard.next', { step: t(`wizard.step.${STEPS[at + 1]!}`) })}</Button>}
      </Group>
    </Page>
  );
}

/** An error as something that goes along to another page. */
function arrivalOf(error: unknown) {
  return error instanceof ApiError ? { status: error.status, code: error.code, message: error.message, hint: error.hint } : { status: 0, code: 'unknown', message: String(error), hint: null };
}

function refusalOf(arrival: unknown): ApiError | null {
  const refused = (arrival as { refused?: ReturnType<typeof arrivalOf> } | null)?.refused;
  return refused ? new ApiError(refused.status, refused.code, refused.message, refused.hint, []) : null;
}

/** Asks before the tab is closed over something that is not saved. */
function useLeaveWarning(unsaved: boolean) {
  useEffect(() => {
    if (!unsaved) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [unsaved]);
}
