// What each channel's message is made of, as fields of a form. Rare fields fold away.

import type { Channel } from '../../../api/outreach';

export type FieldKind = 'line' | 'text' | 'source' | 'choice' | 'number' | 'switch' | 'date' | 'buttons' | 'pairs' | 'email_body' | 'offer' | 'whatsapp' | 'lines' | 'when' | 'limits';

export interface FieldSpec {
  name: string;
  kind: FieldKind;
  /** Values can be put in. */
  template?: boolean;
  required?: boolean;
  /** Shown when asked for. */
  rare?: boolean;
  choices?: readonly string[];
  /** Buttons at most. */
  most?: number;
  /** What a typical one looks like. */
  placeholder?: string;
}

const line = (name: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, kind: 'line', template: true, ...more });
const url = (name: string, more: Partial<FieldSpec> = {}): FieldSpec => line(name, { placeholder: 'https://example.com/', ...more });
const text = (name: string, more: Partial<FieldSpec> = {}): FieldSpec => ({ name, kind: 'text', template: true, ...more });
const choice = (name: string, choices: readonly string[], more: Partial<FieldSpec> = {}): FieldSpec => ({ name, kind: 'choice', choices, ...more });
const seconds = (name: string): FieldSpec => ({ name, kind: 'number', rare: true });

export const FORMS = ['html', 'mjml', 'text'] as const;
const LAYOUTS = ['modal', 'banner_top', 'banner_bottom', 'corner', 'full_screen', 'image', 'html'] as const;
const METHODS = ['POST', 'PUT', 'PATCH', 'GET'] as const;

/** A pop-up, in an app or on a page. */
const POPUP: FieldSpec[] = [
  choice('layout', LAYOUTS),
  line('title'),
  text('body'),
  url('image'),
  { name: 'buttons', kind: 'buttons', most: 3 },
  { name: 'when', kind: 'when' },
  { name: 'limits', kind: 'limits' },
  url('link', { rare: true }),
  { name: 'html', kind: 'source', template: true, rare: true },
  seconds('delay_seconds'),
  seconds('close_after_seconds'),
  line('background', { template: false, rare: true, placeholder: '#ffffff' }),
];

export const FIELDS: Record<Channel, FieldSpec[]> = {
  email: [
    line('subject', { required: true }),
    line('preheader'),
    { name: 'body', kind: 'email_body', required: true },
    { name: 'offer', kind: 'offer' },
    line('from_name', { rare: true }),
    line('from', { rare: true, placeholder: 'hello@example.com' }),
    line('reply_to', { rare: true, placeholder: 'answers@example.com' }),
    text('text', { rare: true }),
    { name: 'amp', kind: 'source', template: true, rare: true },
  ],
  push: [
    line('title', { required: true }),
    text('body', { required: true }),
    url('link'),
    url('image'),
    { name: 'buttons', kind: 'buttons', most: 4, rare: true },
    { name: 'data', kind: 'pairs', template: true, rare: true },
    line('collapse_key', { rare: true }),
    line('android_channel', { rare: true, template: false }),
    seconds('ttl_seconds'),
  ],
  web_push: [
    line('title', { required: true }),
    text('body', { required: true }),
    url('link'),
    url('image'),
    url('icon', { rare: true }),
    { name: 'buttons', kind: 'buttons', most: 2, rare: true },
    seconds('ttl_seconds'),
  ],
  sms: [text('body', { required: true })],
  whatsapp: [{ name: 'template', kind: 'whatsapp' }],
  webhook: [
    choice('method', METHODS),
    url('url', { required: true }),
    { name: 'headers', kind: 'pairs', template: true, rare: true },
    { name: 'body', kind: 'source', template: true },
  ],
  in_app: POPUP,
  on_site: POPUP,
  inbox: [
    line('title', { required: true }),
    text('body'),
    url('link'),
    url('image'),
    { name: 'pinned', kind: 'switch' },
    { name: 'buttons', kind: 'buttons', most: 3, rare: true },
    { name: 'tags', kind: 'lines', rare: true },
    line('expires_after', { template: false, rare: true, placeholder: '30d' }),
  ],
};

/** Bodies to begin with, for each form of an e-mail. */
export const STARTERS: Record<(typeof FORMS)[number], string> = {
  html: `<h1>Hello {{ profile.first_name | default: "there" }}</h1>
<p>We have something for you.</p>
<p><a href="https://example.com/">Have a look</a></p>
<p><small><a href="{{ unsubscribe_url }}">Unsubscribe</a></small></p>
`,
  mjml: `<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text font-size="20px">Hello {{ profile.first_name | default: "there" }}</mj-text>
        <mj-text>We have something for you.</mj-text>
        <mj-button href="https://example.com/">Have a look</mj-button>
        <mj-text font-size="12px"><a href="{{ unsubscribe_url }}">Unsubscribe</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`,
  text: `Hello {{ profile.first_name | default: "there" }},

we have something for you: https://example.com/

Unsubscribe: {{ unsubscribe_url }}
`,
};
