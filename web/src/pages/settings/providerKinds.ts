// Kinds of providers and the fields of each. Secrets are written and never read.

import type { ProviderKind, ProviderSettings } from '../../api/outreach';

export interface SettingSpec {
  name: string;
  kind: 'line' | 'secret' | 'long_secret' | 'number' | 'small' | 'switch' | 'choice' | 'lines' | 'text';
  required?: boolean;
  rare?: boolean;
  choices?: readonly string[];
  placeholder?: string;
}

const line = (name: string, placeholder = '', more: Partial<SettingSpec> = {}): SettingSpec => ({ name, kind: 'line', placeholder, ...more });
const needed = (name: string, placeholder = ''): SettingSpec => line(name, placeholder, { required: true });
const secret = (name: string): SettingSpec => ({ name, kind: 'secret' });
const rare = (spec: SettingSpec): SettingSpec => ({ ...spec, rare: true });
const lines = (name: string, placeholder = ''): SettingSpec => ({ name, kind: 'lines', placeholder });
/** What recipients write, and what they are answered. */
const replies: SettingSpec[] = [
  { name: 'replies.stop', kind: 'text', rare: true },
  { name: 'replies.start', kind: 'text', rare: true },
  { name: 'replies.help', kind: 'text', rare: true },
  rare(lines('replies.stop_words')),
  rare(lines('replies.start_words')),
  rare(lines('replies.help_words')),
];
const baseUrl: SettingSpec = line('base_url', 'https://', { rare: true });

export const BINDS = ['transceiver', 'transmitter_and_receiver', 'transmitter'] as const;
export const CODINGS = ['gsm', 'latin1'] as const;
export const SECURITY = ['starttls', 'tls', 'none'] as const;

export const KINDS: Record<ProviderKind, SettingSpec[]> = {
  smtp: [
    needed('host', 'smtp.example.com'),
    { name: 'port', kind: 'number', placeholder: '587' },
    { name: 'security', kind: 'choice', choices: SECURITY },
    line('username'),
    secret('password'),
    needed('from', 'hello@example.com'),
    line('from_name', 'Example'),
    line('bounce_domain', 'bounces.example.com', { rare: true }),
    line('dkim_domain', 'example.com', { rare: true }),
    line('dkim_selector', 'perennial', { rare: true }),
    { name: 'dkim_key', kind: 'long_secret', rare: true },
    rare(line('spf', 'include:spf.example.net')),
    rare(line('sns_topic', 'arn:aws:sns:…')),
    rare(line('sendgrid_verification_key')),
    rare(secret('mailgun_signing_key')),
    rare(secret('postmark_login')),
  ],
  webhook: [{ name: 'private_networks', kind: 'switch' }, secret('secret')],
  twilio: [needed('account_sid', 'AC…'), secret('auth_token'), needed('from', '+15550100'), ...replies, baseUrl],
  smpp: [
    needed('host', 'smpp.example.com'),
    { name: 'port', kind: 'number', placeholder: '2775' },
    { name: 'tls', kind: 'switch' },
    needed('system_id'),
    secret('password'),
    needed('from', 'SHOP'),
    { name: 'bind', kind: 'choice', choices: BINDS },
    { name: 'data_coding', kind: 'choice', choices: CODINGS },
    rare(line('system_type')),
    rare({ name: 'source_ton', kind: 'small' }),
    rare({ name: 'source_npi', kind: 'small' }),
    rare({ name: 'destination_ton', kind: 'small', placeholder: '1' }),
    rare({ name: 'destination_npi', kind: 'small', placeholder: '1' }),
    rare({ name: 'window', kind: 'number', placeholder: '10' }),
    rare(line('entity_id')),
    ...replies,
  ],
  http_sms: [
    needed('url', 'https://sms.example.com/send'),
    { name: 'method', kind: 'choice', choices: ['POST', 'GET'] },
    { name: 'headers', kind: 'lines', placeholder: 'Authorization: Bearer {{secret}}' },
    { name: 'body', kind: 'text', placeholder: '{"to": "{{to}}", "text": "{{body}}", "id": "{{id}}"}' },
    secret('secret'),
    rare(line('id_pointer', '/messages/0/id')),
    rare(secret('feedback_secret')),
    rare(line('feedback.secret_header', 'x-feedback-secret')),
    rare(line('feedback.id', 'id')),
    rare(line('feedback.message', 'message')),
    rare(line('feedback.status', 'status')),
    rare(line('feedback.error', 'error')),
    rare(line('feedback.to', 'to')),
    rare(line('feedback.from', 'from')),
    rare(line('feedback.text', 'text')),
    rare(lines('feedback.delivered', 'delivered')),
    rare(lines('feedback.failed', 'failed')),
    rare(lines('feedback.dead', 'invalid')),
    ...replies,
  ],
  fcm: [{ name: 'service_account', kind: 'long_secret' }, baseUrl],
  apns: [needed('team_id'), needed('key_id'), needed('topic', 'com.example.app'), { name: 'key', kind: 'long_secret' }, baseUrl],
  huawei: [needed('app_id'), secret('app_secret'), rare(line('receipts_user')), rare(secret('receipts_key')), baseUrl, rare(line('token_url', 'https://'))],
  web_push: [needed('subject', 'mailto:ops@example.com'), line('public_key', '', { rare: true }), { ...secret('private_key'), rare: true }],
  whatsapp_cloud: [needed('phone_number_id'), secret('token'), secret('app_secret'), secret('verify_token'), ...replies, baseUrl],
};

export const KIND_NAMES = Object.keys(KINDS) as ProviderKind[];

/** What a test is sent to, for each kind. */
export const TEST_TO: Record<ProviderKind, string> = {
  smtp: 'you@example.com',
  webhook: 'https://example.com/hook',
  twilio: '+15550100',
  http_sms: '+15550100',
  smpp: '+15550100',
  huawei: '',
  fcm: '',
  apns: '',
  web_push: '',
  whatsapp_cloud: '+15550100',
};

const isGroup = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field by its name, which may lead into a group, as in `replies.stop`. */
export function fieldOf(settings: Record<string, unknown>, name: string): unknown {
  const [group, inner] = name.split('.') as [string, string?];
  const value = settings[group];
  if (inner === undefined) return value;
  return isGroup(value) ? value[inner] : undefined;
}

/** The settings with another value of a field. */
export function withField(settings: ProviderSettings, name: string, value: unknown): ProviderSettings {
  const [group, inner] = name.split('.') as [string, string?];
  if (inner === undefined) return { ...settings, [group]: value };
  const old = settings[group];
  return { ...settings, [group]: { ...(isGroup(old) ? old : {}), [inner]: value } };
}

/** Settings without fields that say nothing: a secret that is left out stays as it is. */
export function settingsOf(written: ProviderSettings): ProviderSettings {
  return said(written) as ProviderSettings;
}

function said(fields: Record<string, unknown>): Record<string, unknown> {
  const empty = (value: unknown) => value === '' || value === undefined || value === null || (Array.isArray(value) && value.length === 0) || (isGroup(value) && Object.keys(value).length === 0);
  const inner = Object.entries(fields).map(([name, value]) => [name, isGroup(value) ? said(value) : value] as const);
  return Object.fromEntries(inner.filter(([, value]) => !empty(value)));
}
