// What a new step, a new path and a new journey say.

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
