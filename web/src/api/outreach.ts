// Campaigns, messages, providers and the contact policy: what is asked and what is answered.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { storedKey } from './key';
import { ApiError, errorOf } from './client';
import type { Schemas } from './types';

export type CampaignReach = Schemas['CampaignReach'];
export type Funnel = Schemas['DeliveryFunnel'];
export type GoalReport = Schemas['GoalReport'];
export type EffectReport = Schemas['EffectReport'];
export type ArmReport = Schemas['ArmReport'];
export type WithInterval = Schemas['WithInterval'];
export type CampaignReport = Schemas['CampaignReport'];
export type CampaignDay = Schemas['CampaignDay'];
export type ReasonCount = Schemas['ReasonCount'];
export type MessagePreview = Schemas['MessagePreview'];
export type Delivery = Schemas['Delivery'];
export type DeliveryWhy = Schemas['DeliveryWhy'];
export type ProviderTested = Schemas['ProviderTested'];
export type CampaignRun = Schemas['CampaignRun'];
export type ContentProblem = Schemas['ContentProblem'];
export type Recurrence = Schemas['Recurrence'];
export type Goal = Schemas['GoalInput'];
export type LocalHours = Schemas['LocalHours'];
export type Trigger = Schemas['Trigger'];
export type Again = Schemas['Again'];

// The generated types of what holds a channel or a status cannot be written (`"sms" & Record<string, never>`),
// so these are written here.

export const CHANNELS = ['email', 'push', 'web_push', 'sms', 'whatsapp', 'webhook', 'in_app', 'inbox'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The content of a message in one language: the fields of its channel by name. */
export type Content = { kind: Channel } & Record<string, unknown>;

export interface Variant {
  id: string;
  name?: string;
  share?: number;
  content: Record<string, Content>;
}

export interface DeliveryOptions {
  user_zone?: boolean;
  if_passed?: string;
  hours?: LocalHours[];
  on_quiet?: 'delay' | 'discard';
  until?: string;
  expires?: string;
  per_second?: number;
  most?: number;
  most_per_day?: number;
  safety_stop?: number;
  all_devices?: boolean;
}

export interface CampaignInput {
  id?: string;
  name: string;
  description?: string;
  channel: Channel;
  provider?: string;
  trigger: Trigger;
  audience?: unknown;
  again?: Again;
  variants: Variant[];
  labels?: string[];
  topic?: string;
  transactional?: boolean;
  priority?: number;
  control?: number;
  goals?: Goal[];
  delivery?: DeliveryOptions;
}

export type CampaignStatus = 'draft' | 'scheduled' | 'running' | 'paused' | 'stopped' | 'ended';
export type CampaignAction = 'start' | 'pause' | 'resume' | 'stop';

export interface Campaign {
  id: string;
  status: CampaignStatus;
  definition: CampaignInput;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  ended_at: string | null;
  next_at: string | null;
  runs: CampaignRun[];
  problems: ContentProblem[];
}

export interface CampaignSummary {
  id: string;
  name: string;
  channel: Channel;
  status: CampaignStatus;
  trigger: string;
  labels: string[];
  updated_at: string;
  started_at: string | null;
  next_at: string | null;
  sent: number;
}

export interface MessagePreviewInput {
  content: Record<string, Content>;
  user?: string;
  locale?: string;
  properties?: Record<string, unknown>;
}

export interface DeliveryFilter {
  campaign?: string | undefined;
  user?: string | undefined;
  state?: string | undefined;
  channel?: string | undefined;
  reason?: string | undefined;
}

export type ProviderKind = 'smtp' | 'webhook' | 'twilio' | 'http_sms' | 'fcm' | 'apns' | 'web_push' | 'whatsapp_cloud';
export type ProviderSettings = { kind: ProviderKind } & Record<string, unknown>;

export interface ProviderInput {
  name: string;
  settings: ProviderSettings;
  per_second?: number;
  concurrency?: number;
  in_doubt?: 'never_twice' | 'never_lost';
}

export interface Provider {
  id: string;
  name: string;
  channel: Channel;
  settings: ProviderSettings;
  secrets: string[];
  per_second: number | null;
  concurrency: number;
  in_doubt: 'never_twice' | 'never_lost';
  created_at: string;
  feedback_path: string | null;
  status: {
    waiting: number;
    sending: number;
    sent: number;
    failed: number;
    paused_until: string | null;
    last_error: string | null;
    oldest_seconds: number;
  };
}

export interface Cap {
  most: number;
  within: string;
  channels?: Channel[];
  labels?: string[];
}

export interface Gap {
  least: string;
  channels?: Channel[];
}

export interface ContactPolicy {
  control: number;
  caps: Cap[];
  gaps: Gap[];
  quiet: LocalHours[];
  on_quiet: 'delay' | 'discard';
  legal_hours: boolean;
  public_url?: string;
  track: boolean;
}

/** Asks the API and reports failures as the typed client does. */
async function ask<T>(method: string, path: string, input?: unknown, signal?: AbortSignal): Promise<T> {
  const key = storedKey();
  const headers = { ...(key && { authorization: `Bearer ${key}` }), ...(input !== undefined && { 'content-type': 'application/json' }) };
  let answer: Response;
  try {
    answer = await fetch(path, { method, headers, ...(input !== undefined && { body: JSON.stringify(input) }), ...(signal && { signal }) });
  } catch (cause) {
    throw new ApiError(0, 'network', cause instanceof Error ? cause.message : String(cause), null, []);
  }
  const text = await answer.text();
  let read: unknown = text;
  try {
    read = text ? JSON.parse(text) : undefined;
  } catch {
    // What is no JSON is told as it is.
  }
  if (answer.ok) return read as T;
  throw errorOf(answer.status, read);
}

const part = encodeURIComponent;

function search(fields: Record<string, string | number | undefined>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text ? `?${text}` : '';
}

export const outreach = {
  campaigns: () => ask<{ campaigns: CampaignSummary[] }>('GET', '/api/campaigns'),
  campaign: (id: string) => ask<Campaign>('GET', `/api/campaigns/${part(id)}`),
  createCampaign: (input: CampaignInput) => ask<Campaign>('POST', '/api/campaigns', input),
  updateCampaign: (id: string, input: CampaignInput) => ask<Campaign>('PUT', `/api/campaigns/${part(id)}`, input),
  deleteCampaign: (id: string) => ask<void>('DELETE', `/api/campaigns/${part(id)}`),
  act: (id: string, action: CampaignAction) => ask<Campaign>('POST', `/api/campaigns/${part(id)}/status`, { action }),
  reach: (input: CampaignInput, signal?: AbortSignal) => ask<CampaignReach>('POST', '/api/campaigns/reach', input, signal),
  report: (id: string, query: { since?: string | undefined; as_of?: string | undefined; confidence?: number | undefined }) =>
    ask<CampaignReport>('GET', `/api/campaigns/${part(id)}/report${search(query)}`),
  testCampaign: (id: string, input: { user: string; variant?: string }) => ask<ProviderTested>('POST', `/api/campaigns/${part(id)}/test`, input),
  preview: (input: MessagePreviewInput, signal?: AbortSignal) => ask<MessagePreview>('POST', '/api/messages/preview', input, signal),
  deliveries: (query: DeliveryFilter & { before?: string | undefined; limit?: number | undefined }) =>
    ask<{ deliveries: Delivery[]; more: boolean }>('GET', `/api/deliveries${search({ ...query })}`),
  delivery: (id: string) => ask<DeliveryWhy>('GET', `/api/deliveries/${part(id)}`),
  providers: () => ask<{ providers: Provider[] }>('GET', '/api/providers'),
  createProvider: (input: ProviderInput) => ask<Provider>('POST', '/api/providers', input),
  updateProvider: (id: string, input: ProviderInput) => ask<Provider>('PUT', `/api/providers/${part(id)}`, input),
  deleteProvider: (id: string) => ask<void>('DELETE', `/api/providers/${part(id)}`),
  testProvider: (id: string, to: string) => ask<ProviderTested>('POST', `/api/providers/${part(id)}/test`, { to }),
  policy: () => ask<ContactPolicy>('GET', '/api/settings/contact-policy'),
  setPolicy: (input: ContactPolicy) => ask<ContactPolicy>('PUT', '/api/settings/contact-policy', input),
};

/** How often numbers of messages under way are asked for. */
const LOOK_EVERY_MS = 5_000;

const UNDER_WAY = new Set<CampaignStatus>(['scheduled', 'running']);

export function useCampaigns() {
  return useQuery({ queryKey: ['campaigns'], queryFn: outreach.campaigns, refetchInterval: LOOK_EVERY_MS });
}

/** One campaign; asked again while it is under way. */
export function useCampaign(id: string) {
  return useQuery({
    queryKey: ['campaign', id],
    queryFn: () => outreach.campaign(id),
    refetchInterval: ({ state }) => (state.data && UNDER_WAY.has(state.data.status) ? LOOK_EVERY_MS : false),
  });
}

export function useReport(id: string, query: { as_of?: string | undefined }, lively: boolean) {
  return useQuery({
    queryKey: ['campaign-report', id, query],
    queryFn: () => outreach.report(id, query),
    placeholderData: keepPreviousData,
    refetchInterval: lively ? LOOK_EVERY_MS : false,
  });
}

export function useProviders() {
  return useQuery({ queryKey: ['providers'], queryFn: outreach.providers, refetchInterval: LOOK_EVERY_MS });
}

export function usePolicy() {
  return useQuery({ queryKey: ['contact-policy'], queryFn: outreach.policy });
}

/** Forgets what is known of campaigns, so that it is asked again. */
export function useForgetCampaigns() {
  const queries = useQueryClient();
  return async (id?: string) => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['campaigns'] }),
      queries.invalidateQueries({ queryKey: ['deliveries'] }),
      ...(id ? [queries.invalidateQueries({ queryKey: ['campaign', id] }), queries.invalidateQueries({ queryKey: ['campaign-report', id] })] : []),
    ]);
  };
}
