// Whom a learning split tells apart, as the form writes it.

import { valueOf } from '../../../lib/rows';
import type { ActionOf, LearningContext } from '../types';
import { spared } from './graph';
import { written } from './values';

/** The context of whoever is in none that is named. */
export const OTHERS = 'others';
/** Contexts that can be named. */
export const NAMED_MAX = 7;

type Learn = ActionOf<'learn'>;

export function beginContext(kind: string): LearningContext | undefined {
  switch (kind) {
    case 'state': return { kind };
    case 'attribute': return { kind, attribute: '', values: [] };
    case 'segments': return { kind, segments: [] };
    default: return undefined;
  }
}

/** Values as texts of a field, and back. */
export const textsOf = (values: readonly unknown[]): string[] => values.map(written);
export const valuesIn = (texts: readonly string[]): unknown[] => [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))].slice(0, NAMED_MAX).map(valueOf);

/** The contexts, others last; none if nobody is told apart. `states`: those of the lifecycle that is meant. */
export function contextsOf(context: LearningContext | null | undefined, states: readonly string[]): string[] {
  if (!context) return [];
  const named = () => {
    switch (context.kind) {
      case 'state': return states.filter((key) => !context.states?.length || context.states.includes(key));
      case 'attribute': return context.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
      default: return context.segments;
    }
  };
  return [...named(), OTHERS];
}

/** Winners of contexts that are told apart no more are left out. */
export function withContext(action: Learn, context: LearningContext | undefined, states: readonly string[]): Learn {
  const known = contextsOf(context, states);
  const winners = Object.fromEntries(Object.entries(action.winners ?? {}).filter(([name]) => known.includes(name)));
  return spared({ ...action, context, winners: Object.keys(winners).length > 0 ? winners : undefined }) as Learn;
}

/** The path that everybody of a context takes; without a context: everybody. */
export function winnerOf(action: Learn, context: string | null): string | undefined {
  return (context === null ? undefined : action.winners?.[context]) ?? action.winner;
}

/** The same step with a winner in a context, or without one of its own; without a context: for all. */
export function withWinner(action: Learn, context: string | null, path: string | undefined): Learn {
  if (context === null) return spared({ ...action, winner: path }) as Learn;
  const { [context]: _before, ...others } = action.winners ?? {};
  const winners = path === undefined ? others : { ...others, [context]: path };
  return spared({ ...action, winners: Object.keys(winners).length > 0 ? winners : undefined }) as Learn;
}
