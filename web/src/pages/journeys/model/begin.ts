// What a new step, a new path and a new journey say.

import type { StateEntry } from '../../../lib/links';
import { DEFAULT_LOCALE, emptyContent } from '../../campaigns/draft';
import type { Channel, JourneyInput, StepAction, StepKind, StepMessage } from '../types';

export function emptyMessage(channel: Channel = 'email'): StepMessage {
  return { channel, content: { [DEFAULT_LOCALE]: emptyContent(channel) } };
}

export function emptyAction(kind: StepKind): StepAction {
  switch (kind) {
    case 'wait': return { kind, for: '1d' };
    case 'wait_for': return { kind, any: [{ id: 'a', when: { kind: 'event', event: '' } }], within: '1d' };
    case 'split': return { kind, paths: [{ id: 'a' }] };
    case 'random': return { kind, paths: [{ id: 'a', share: 1 }, { id: 'b', share: 1 }] };
    case 'learn': return { kind, paths: [{ id: 'a', share: 1 }, { id: 'b', share: 1 }], goals: [{ event: '', within: '7d' }] };
    case 'message': return { kind, message: emptyMessage() };
    case 'best_channel': return { kind, messages: [emptyMessage('push'), emptyMessage('email')] };
    case 'webhook': return { kind, message: emptyMessage('webhook'), within: '30s' };
    case 'update': return { kind };
    case 'emit': return { kind, event: '' };
    case 'journey': return { kind, journey: '' };
    default: return { kind: 'exit' };
  }
}

/** A journey that says nothing yet: whoever comes in is out again. */
export function emptyJourney(name: string): JourneyInput {
  return { name, entry: { kind: 'event', event: '' }, again: { kind: 'once' }, steps: [{ id: 'exit', do: { kind: 'exit' } }] };
}

/** How long those who came in by a change of state have for coming back up. */
const UP_WITHIN = '30d';

/** The share that is held out, so that the effect can be told. */
const HELD_OUT = 0.1;

/** The change of state that an address asks for; null: it asks for none, or for one that cannot happen. */
export function stateEntry(params: URLSearchParams, order: readonly string[]): StateEntry | null {
  const [from, to] = [params.get('from') ?? undefined, params.get('to')];
  if (to === null || !order.includes(to) || (from !== undefined && (from === to || !order.includes(from)))) return null;
  const lifecycle = params.get('lifecycle');
  return { ...(lifecycle !== null && { lifecycle }), from, to };
}

/**
 * A journey for those who come into a state. It is to bring them into one that stands before it in the lifecycle,
 * and they wait first; of the first state there is none, and so no goal.
 */
export function stateJourney(name: string, { lifecycle, from, to }: StateEntry, order: readonly string[]): JourneyInput {
  const of = lifecycle !== undefined && { lifecycle };
  const up = order.slice(0, Math.max(order.indexOf(to), 0));
  return {
    name,
    entry: { kind: 'state', ...of, ...(from !== undefined && { from: [from] }), to: [to] },
    again: { kind: 'once' },
    control: HELD_OUT,
    ...(up.length > 0 && { goals: [{ id: 'up', when: { kind: 'state', ...of, to: up }, within: UP_WITHIN, exits: true }] }),
    steps: [{ id: 'wait', do: { kind: 'wait', for: '1d' } }],
  };
}

/** An id that is not taken: the word, or the word with a number. */
export function freeId(word: string, taken: Iterable<string>): string {
  const all = new Set(taken);
  if (!all.has(word)) return word;
  let number = 2;
  while (all.has(`${word}-${number}`)) number += 1;
  return `${word}-${number}`;
}

/** The next id of a path that is not taken: a, b, c … */
export function freePath(taken: string[]): string {
  for (let at = 0; at < 26; at += 1) {
    const id = String.fromCharCode(97 + at);
    if (!taken.includes(id)) return id;
  }
  return freeId('path', taken);
}
