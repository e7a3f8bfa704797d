// A campaign while it is being written: what a new one says, and what is sent to the server of it.

import type { CampaignInput, Channel, Content, Goal, Trigger, Variant } from '../../api/outreach';
import type { Json } from '../../api/types';

/** What a campaign holds out if it says nothing. */
export const CONTROL = 0.1;
export const DEFAULT_LOCALE = 'default';

/** The least that each channel must say. */
export function emptyContent(channel: Channel): Content {
  switch (channel) {
    case 'email': return { kind: 'email', subject: '', body: '', form: 'mjml' };
    case 'sms': return { kind: 'sms', body: '' };
    case 'whatsapp': return { kind: 'whatsapp', template: '', body: '' };
    case 'webhook': return { kind: 'webhook', url: '', method: 'POST', body: '' };
    case 'in_app':
    case 'on_site': return { kind: 'in_app', layout: 'modal', title: '', body: '' };
    default: return { kind: channel, title: '', body: '' };
  }
}

/** Content that is right, whatever it says: for questions that are not about content. */
function anyContent(channel: Channel): Content {
  const content = emptyContent(channel);
  if (channel === 'webhook') return { ...content, url: 'https://example.com/' };
  if (channel === 'email') return { ...content, subject: '-', form: 'html', body: '<a href="{{ unsubscribe_url }}">-</a>' };
  if (channel === 'whatsapp') return { kind: channel, body: '-' };
  return { ...content, ...('title' in content && { title: '-' }), body: '-' };
}

export function emptyVariant(channel: Channel, id: string): Variant {
  return { id, share: 1, content: { [DEFAULT_LOCALE]: emptyContent(channel) } };
}

export function emptyDraft(channel: Channel = 'email'): CampaignInput {
  return {
    name: '',
    channel,
    trigger: { kind: 'once' },
    again: { kind: 'always' },
    variants: [emptyVariant(channel, 'a')],
    control: CONTROL,
    labels: [],
    goals: [],
    delivery: {},
  };
}

/** The next id of a variant that is not taken: a, b, c … */
export function nextVariantId(variants: Variant[]): string {
  const taken = new Set(variants.map(({ id }) => id));
  for (let at = 0; at < 26; at += 1) {
    const id = String.fromCharCode(97 + at);
    if (!taken.has(id)) return id;
  }
  return `v${variants.length + 1}`;
}

/** The same on another channel. Texts that both channels have are kept. */
export function onChannel(draft: CampaignInput, channel: Channel): CampaignInput {
  const moved = (content: Content): Content => {
    const empty = emptyContent(channel);
    const kept = Object.keys(empty).filter((name) => name !== 'kind' && name !== 'layout' && typeof content[name] === 'string');
    return { ...empty, ...Object.fromEntries(kept.map((name) => [name, content[name]])) };
  };
  const variants = draft.variants.map((variant) => ({
    ...variant,
    content: Object.fromEntries(Object.entries(variant.content).map(([locale, content]) => [locale, moved(content)])),
  }));
  const { provider: _provider, topic: _topic, ...rest } = draft;
  return { ...rest, channel, variants };
}

const empty = (value: unknown) =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && !Array.isArray(value) && Object.keys(value as object).length === 0);

/** Without fields that say nothing, so that defaults stay defaults. */
function spare<T extends object>(of: T, keep: string[] = []): T {
  return Object.fromEntries(Object.entries(of).filter(([name, value]) => keep.includes(name) || !empty(value))) as T;
}

/** Fields that a channel must say, even if nothing stands in them. */
const KEPT = ['subject', 'body', 'title', 'url', 'layout'];

export function sparedContent(content: Content): Content {
  const needed = Object.keys(emptyContent(content.kind));
  const inner = (name: string, value: unknown) => {
    if (Array.isArray(value)) return value.map((one: unknown) => (typeof one === 'object' && one !== null ? spare(one, ['id', 'title']) : one));
    return name === 'offer' && typeof value === 'object' && value !== null ? spare(value) : value;
  };
  const whole = Object.fromEntries(Object.entries(content).map(([name, value]) => [name, inner(name, value)])) as Content;
  return spare(whole, KEPT.filter((name) => needed.includes(name)));
}

/** A goal or trigger names an event, in one of its two forms. */
export function eventName(event: unknown): string {
  if (typeof event === 'string') return event;
  const named = (event as Json | null)?.event;
  if (Array.isArray(named)) return String(named[0] ?? '');
  return typeof named === 'string' ? named : '';
}

/** The draft as the server takes it. */
export function inputOf(draft: CampaignInput): CampaignInput {
  return {
    ...spare(draft, ['name', 'variants', 'control']),
    variants: draft.variants.map((variant) => ({
      ...spare(variant),
      content: Object.fromEntries(Object.entries(variant.content).map(([locale, content]) => [locale, sparedContent(content)])),
    })),
    // An hour that is not written yet stays missing: without it the campaign would be sent at once.
    trigger: spare(draft.trigger, ['at', 'to', 'event', 'segment'].filter((name) => (draft.trigger as Json)[name] !== undefined)) as Trigger,
    goals: (draft.goals ?? []).map((goal) => spare(goal, ['event', 'within'])),
    ...(draft.decision && { decision: spare(draft.decision) }),
    ...(draft.attribution && { attribution: spare(draft.attribution) }),
    delivery: spare(draft.delivery ?? {}),
  };
}

export const completeGoal = (goal: Goal) => eventName(goal.event) !== '' && /^\d+[smhdw]$/.test(goal.within.trim());

/** What is asked to count people: only what decides who they are, so that half a message or half a
 * schedule does not keep the count back. */
export function reachInput(draft: CampaignInput): CampaignInput {
  return spare({
    // Who is held out by the campaign alone follows from its id.
    id: draft.id,
    name: draft.name || '-',
    channel: draft.channel,
    trigger: { kind: 'once' } as Trigger,
    audience: draft.audience,
    variants: [{ id: 'a', content: { [DEFAULT_LOCALE]: anyContent(draft.channel) } }],
    topic: draft.topic,
    transactional: draft.transactional,
    control: draft.control,
    control_groups: draft.control_groups,
    goals: (draft.goals ?? []).filter(completeGoal).map((goal) => spare(goal)),
    // A half-written goal is left out, and the places of the others move: then the first decides.
    ...((draft.goals ?? []).every(completeGoal) && draft.decision && { decision: { goal: draft.decision.goal ?? 0, ...(draft.decision.confidence && { confidence: draft.decision.confidence }) } }),
  } as CampaignInput);
}

/** The id of the saved segment that an audience is, if it is one and nothing else. */
export function segmentOf(audience: unknown): string | null {
  if (typeof audience !== 'object' || audience === null) return null;
  const { type, id } = audience as Json;
  return type === 'segment' && typeof id === 'string' ? id : null;
}

/** Shares of variants as parts of one. */
export function partsOf(variants: Variant[]): number[] {
  const shares = variants.map(({ share }) => Math.max(share ?? 1, 0));
  const sum = shares.reduce((all, share) => all + share, 0);
  return shares.map((share) => (sum > 0 ? share / sum : 0));
}
