// Campaigns, messages, providers and the contact policy: what is asked and what is answered.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { body, client } from './client';
import type { Schemas } from './types';

export type CampaignReach = Schemas['CampaignReach'];
export type Funnel = Schemas['DeliveryFunnel'];
export type GoalReport = Schemas['GoalReport'];
export type EffectReport = Schemas['EffectReport'];
export type ArmReport = Schemas['ArmReport'];
export type WithInterval = Schemas['WithInterval'];
export type CampaignReport = Schemas['CampaignReport'];
export type CampaignDay = Schemas['CampaignDay'];
export type VerdictReport = Schemas['VerdictReport'];
export type CreditReport = Schemas['CreditReport'];
export type ReportWarning = Schemas['ReportWarning'];
export type ControlGroup = Schemas['ControlGroupInput'];
export type CampaignApproval = Schemas['CampaignApproval'];
/** All of it may be left out. */
export type Decision = Partial<Schemas['DecisionInput']>;
export type Attribution = Partial<Schemas['AttributionInput']>;
export type ReasonCount = Schemas['ReasonCount'];
export type MessagePreview = Schemas['MessagePreview'];
export type Delivery = Schemas['Delivery'];
export type DeliveryWhy = Schemas['DeliveryWhy'];
export type ProviderTested = Schemas['ProviderTested'];
export type DnsRecords = Schemas['DnsRecords'];
export type DnsRecord = Schemas['DnsRecord'];
export type CampaignRun = Schemas['CampaignRun'];
export type ContentProblem = Schemas['ContentProblem'];
export type Recurrence = Schemas['Recurrence'];
export type Goal = Schemas['GoalInput'];
export type LocalHours = Schemas['LocalHours'];
/** All of them may be left out. */
export type DeliveryOptions = Partial<Schemas['DeliveryInput']>;
export type CampaignSummary = Schemas['CampaignSummary'];
export type Cap = Schemas['CapInput'];
export type Gap = Schemas['GapInput'];
export type Trigger = Schemas['Trigger'];
export type Again = Schemas['Again'];
export type VariantBy = Schemas['VariantByInput'];
export type Topic = Schemas['SubscriptionTopic'];

// What a form fills in field by field, by the name of the field, has looser types here than in the document.

export const CHANNELS = ['email', 'push', 'web_push', 'sms', 'whatsapp', 'webhook', 'in_app', 'on_site', 'inbox'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The content of a message in one language: the fields of its channel by name. */
export type Content = { kind: Channel } & Record<string, unknown>;

export interface Variant {
  id: string;
  name?: string;
  share?: number;
  content: Record<string, Content>;
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
  variant_by?: VariantBy;
  labels?: string[];
  topic?: string;
  transactional?: boolean;
  priority?: number;
  control?: number;
  goals?: Goal[];
  decision?: Decision;
  attribution?: Attribution;
  control_groups?: string[];
  delivery?: DeliveryOptions;
}

export type CampaignStatus = 'draft' | 'scheduled' | 'running' | 'paused' | 'stopped' | 'ended';
export type CampaignAction = 'start' | 'pause' | 'resume' | 'stop';

export interface Campaign {
  id: string;
  status: CampaignStatus;
  definition: CampaignInput;
  version: string;
  created_by: string;
  edited_by: string;
  approval_needed: boolean;
  approval: CampaignApproval | null;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  ended_at: string | null;
  next_at: string | null;
  runs: CampaignRun[];
  problems: ContentProblem[];
}

/** A campaign to begin with. */
export interface Play {
  id: string;
  name: string;
  description: string;
  channel: Channel;
  definition: CampaignInput;
  segments: Schemas['PlaySegment'][];
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

export type ProviderKind = 'smtp' | 'webhook' | 'twilio' | 'http_sms' | 'smpp' | 'fcm' | 'apns' | 'huawei' | 'web_push' | 'whatsapp_cloud';
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
  feedback_addresses: Schemas['FeedbackAddress'][];
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

export interface ContactPolicy {
  control: number;
  caps: Cap[];
  gaps: Gap[];
  quiet: LocalHours[];
  on_quiet: 'delay' | 'discard';
  legal_hours: boolean;
  public_url?: string;
  track: boolean;
  groups?: ControlGroup[];
  approval?: boolean;
  /** What browsers and apps get that cannot prove whose they are. */
  unproven?: 'nothing' | 'impersonal' | 'everything';
  /** The element of CleverTap's inbox. */
  inbox_element?: string;
}

/** Of when a report is, and how sure its intervals are. */
export interface ReportQuery {
  as_of?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  confidence?: number | undefined;
}

/** The ids that stand in an address. */
const at = (id: string) => ({ params: { path: { id } } });

// A form fills in field by field; whether it is right is for the server to say.
const campaignBody = (input: CampaignInput) => input as Schemas['CampaignInput'];
const providerBody = (input: ProviderInput) => input as Schemas['ProviderInput'];
const campaignOf = (answer: Promise<Schemas['Campaign']>) => answer as Promise<Campaign>;
const providerOf = (answer: Promise<Schemas['Provider']>) => answer as Promise<Provider>;

export const outreach = {
  campaigns: () => body(client.GET('/api/campaigns')),
  campaign: (id: string) => campaignOf(body(client.GET('/api/campaigns/{id}', at(id)))),
  createCampaign: (input: CampaignInput) => campaignOf(body(client.POST('/api/campaigns', { body: campaignBody(input) }))),
  updateCampaign: (id: string, input: CampaignInput) => campaignOf(body(client.PUT('/api/campaigns/{id}', { ...at(id), body: campaignBody(input) }))),
  deleteCampaign: (id: string) => body(client.DELETE('/api/campaigns/{id}', at(id))),
  act: (id: string, action: CampaignAction) => campaignOf(body(client.POST('/api/campaigns/{id}/status', { ...at(id), body: { action } }))),
  reach: (input: CampaignInput, signal?: AbortSignal) => body(client.POST('/api/campaigns/reach', { body: campaignBody(input), signal: signal ?? null })),
  report: (id: string, query: ReportQuery) => body(client.GET('/api/campaigns/{id}/report', { params: { path: { id }, query } })),
  testCampaign: (id: string, input: { user: string; variant?: string }) => body(client.POST('/api/campaigns/{id}/test', { ...at(id), body: input })),
  plays: () => body(client.GET('/api/plays')) as Promise<{ plays: Play[] }>,
  preparePlay: (id: string) => body(client.POST('/api/plays/{id}/segments', at(id))) as Promise<Play>,
  preview: (input: MessagePreviewInput, signal?: AbortSignal) => body(client.POST('/api/messages/preview', { body: input as Schemas['MessagePreviewInput'], signal: signal ?? null })),
  approve: (id: string, version: string) => campaignOf(body(client.POST('/api/campaigns/{id}/approval', { ...at(id), body: { version } }))),
  withdraw: (id: string) => campaignOf(body(client.DELETE('/api/campaigns/{id}/approval', at(id)))),
  retry: (id: string) => body(client.POST('/api/deliveries/{id}/retry', at(id))),
  retryAll: (wish: Omit<DeliveryFilter, 'state'>) => body(client.POST('/api/deliveries/retry', { body: wish as Schemas['DeliveriesRetry'] })),
  deliveries: (query: DeliveryFilter & { limit: number; cursor?: string | undefined }) => body(client.GET('/api/deliveries', { params: { query } })),
  delivery: (id: string) => body(client.GET('/api/deliveries/{id}', at(id))),
  providers: () => body(client.GET('/api/providers')) as Promise<{ providers: Provider[] }>,
  createProvider: (input: ProviderInput) => providerOf(body(client.POST('/api/providers', { body: providerBody(input) }))),
  updateProvider: (id: string, input: ProviderInput) => providerOf(body(client.PUT('/api/providers/{id}', { ...at(id), body: providerBody(input) }))),
  deleteProvider: (id: string) => body(client.DELETE('/api/providers/{id}', at(id))),
  testProvider: (id: string, to: string) => body(client.POST('/api/providers/{id}/test', { ...at(id), body: { to } })),
  checkDns: (id: string) => body(client.GET('/api/providers/{id}/dns', at(id))),
  topics: () => body(client.GET('/api/subscriptions/topics')),
  setTopics: (topics: Topic[]) => body(client.PUT('/api/subscriptions/topics', { body: { topics } })),
  preferencePage: (query: { language: string; user?: string }) => body(client.GET('/api/subscriptions/page', { params: { query } })),
  makeVisitorSecret: () => body(client.POST('/api/settings/visitor-secret')),
  policy: () => body(client.GET('/api/settings/contact-policy')) as Promise<ContactPolicy>,
  setPolicy: (input: ContactPolicy) => body(client.PUT('/api/settings/contact-policy', { body: input as Schemas['ContactPolicy'] })) as Promise<ContactPolicy>,
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

export function useReport(id: string, query: ReportQuery, lively: boolean) {
  return useQuery({
    queryKey: ['campaign-report', id, query],
    queryFn: () => outreach.report(id, query),
    placeholderData: keepPreviousData,
    refetchInterval: lively ? LOOK_EVERY_MS : false,
  });
}

/** Campaigns to begin with, and which of their segments are there. */
export function usePlays() {
  return useQuery({ queryKey: ['plays'], queryFn: outreach.plays });
}

export function useProviders() {
  return useQuery({ queryKey: ['providers'], queryFn: outreach.providers, refetchInterval: LOOK_EVERY_MS });
}

export function usePolicy() {
  return useQuery({ queryKey: ['contact-policy'], queryFn: outreach.policy });
}

export function useTopics() {
  return useQuery({ queryKey: ['topics'], queryFn: outreach.topics });
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
