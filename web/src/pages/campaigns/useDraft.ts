// What is written of a campaign, and how it is kept and started.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { ApiError } from '../../api/client';
import { type Campaign, type CampaignInput, outreach, useForgetCampaigns } from '../../api/outreach';
import { useLinks } from '../../lib/links';
import { inputOf } from './draft';
import type { StepProps } from './steps/step';

export function useDraft(initial: CampaignInput, saved: Campaign | undefined, step: string) {
  const links = useLinks();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const forget = useForgetCampaigns();
  const [draft, setDraft] = useState(initial);
  const [written, setWritten] = useState(saved ? JSON.stringify(inputOf(initial)) : '');
  const [problems, setProblems] = useState(saved?.problems ?? []);
  // Why it was not started, told by the page that saved it.
  const { state: arrival } = useLocation();
  const [refused, setRefused] = useState(() => refusalOf(arrival));
  const now = JSON.stringify(inputOf(draft));
  const [begun] = useState(now);
  const unsaved = now !== written;
  useLeaveWarning(unsaved && now !== begun);

  const change: StepProps['change'] = (part) =>
    setDraft((old) => Object.fromEntries(Object.entries({ ...old, ...part }).filter(([, value]) => value !== undefined)) as unknown as CampaignInput);
  const store = async () => {
    const input = inputOf(draft);
    const campaign = saved ? await outreach.updateCampaign(saved.id, input) : await outreach.createCampaign(input);
    setProblems(campaign.problems);
    setWritten(JSON.stringify(input));
    queries.setQueryData(['campaign', campaign.id], campaign);
    await forget();
    return campaign;
  };
  /** A new one has an address of its own from now on. */
  const settle = async ({ id }: Campaign, at: string, state?: unknown) => {
    if (!saved) await navigate(links.to(`/campaigns/${encodeURIComponent(id)}/edit?step=${at}`), { replace: true, state });
  };
  const save = useMutation({ mutationFn: store, onSuccess: (campaign) => settle(campaign, step) });
  const start = useMutation({
    mutationFn: async () => {
      setRefused(null);
      const campaign = saved && !unsaved ? saved : await store();
      if (campaign.problems.some(({ error }) => error)) return settle(campaign, 'review');
      try {
        queries.setQueryData(['campaign', campaign.id], await outreach.act(campaign.id, 'start'));
      } catch (error) {
        // It is saved; whatever keeps it from being started is told where it can be mended.
        await settle(campaign, 'review', { refused: arrivalOf(error) });
        throw error;
      }
      await forget(campaign.id);
      return navigate(links.to(`/campaigns/${encodeURIComponent(campaign.id)}`));
    },
  });
  return { draft, change, written: written !== '', unsaved, problems, save, start, error: start.error ?? refused };
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
