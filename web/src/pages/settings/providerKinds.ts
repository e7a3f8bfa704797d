// Kinds of providers and the fields of each. Secrets are written and never read.

import type { ProviderKind, ProviderSettings } from '../../api/outreach';

export interface SettingSpec {
  name: string;
  kind: 'line' | 'secret' | 'long_secret' | 'number' | 'switch' | 'choice' | 'lines' | 'text';
  required?: boolean;
  rare?: boolean;
  choices?: readonly string[];
  placeholder?: string;
}

const line = (name: string, placeholder = '', more: Partial<SettingSpec> = {}): SettingSpec => ({ name, kind: 'line', placeholder, ...more });
const needed = (name: string, placeholder = ''): SettingSpec => line(name, placeholder, { required: true });
const secret = (name: string): SettingSpec => ({ name, kind: 'secret' });
const baseUrl: SettingSpec = line('base_url', 'https://', { rare: true });

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
  ],
  webhook: [{ name: 'private_networks', kind: 'switch' }, secret('secret')],
  twilio: [needed('account_sid', 'AC…'), secret('auth_token'), needed('from', '+15550100'), baseUrl],
  http_sms: [
    needed('url', 'https://sms.example.com/send'),
    { name: 'method', kind: 'choice', choices: ['POST', 'GET'] },
    { name: 'headers', kind: 'lines', placeholder: 'Authorization: Bearer {{secret}}' },
    { name: 'body', kind: 'text', placeholder: '{"to": "{{to}}", "text": "{{body}}", "id": "{{id}}"}' },
    secret('secret'),
  ],
  fcm: [{ name: 'service_account', kind: 'long_secret' }, baseUrl],
  apns: [needed('team_id'), needed('key_id'), needed('topic', 'com.example.app'), { name: 'key', kind: 'long_secret' }, baseUrl],
  web_push: [needed('subject', 'mailto:ops@example.com'), line('public_key', '', { rare: true }), { ...secret('private_key'), rare: true }],
  whatsapp_cloud: [needed('phone_number_id'), secret('token'), secret('app_secret'), baseUrl],
};

export const KIND_NAMES = Object.keys(KINDS) as ProviderKind[];

/** What a test is sent to, for each kind. */
export const TEST_TO: Record<ProviderKind, string> = {
  smtp: 'you@example.com',
  webhook: 'https://example.com/hook',
  twilio: '+15550100',
  http_sms: '+15550100',
  fcm: '',
  apns: '',
  web_push: '',
  whatsapp_cloud: '+15550100',
};

/** Settings without fields that say nothing: a secret that is left out stays as it is. */
export function settingsOf(written: ProviderSettings): ProviderSettings {
  const said = ([, value]: [string, unknown]) => value !== '' && value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(written).filter(said)) as ProviderSettings;
}
