// What the server answers already and the document does not say yet. Each goes away with the document's next edition:
// then `api.ts` asks it as it asks everything else, and `types.ts` takes the names from there.

import { body, client } from '../../api/client';
import type { JourneyGoalReport, JourneyRun, JourneyStatus } from './types';

/** Who is to come in. */
export interface EnterInput {
  users: string[];
  /** Tells this request from others: the same one lets nobody in twice. */
  request?: string;
}

export interface Entered {
  entered: number;
  held_out: number;
  /** In already, too soon again, or not in the audience. */
  refused: number;
  /** Ids that nobody has. */
  unknown: string[];
}

/** The share of one path, with what it stands on. */
export interface LearningPath {
  path: string;
  runs: number;
  rewarded: number;
  mean: number;
  low: number;
  high: number;
  best: number;
  before_floor: number;
  share: number;
  said: string;
}

export interface LearningAllocation {
  at: string;
  why: string;
  /** `rate` or `amount`. */
  reward: string;
  paths: LearningPath[];
}

export interface LearningVerdict {
  leader: string;
  won: boolean;
  best: number;
  wrong: number;
  expected_loss: number;
  missing: string[];
}

export interface LearningStep {
  step: string;
  mode: 'automatic' | 'manual';
  floor: number;
  window_ms: number;
  /** Newest first. */
  allocations: LearningAllocation[];
  verdict: LearningVerdict | null;
}

export interface JourneyLearning {
  steps: LearningStep[];
}

/** How it stands with a backtest. */
export interface Backtest {
  id: string;
  journey: string;
  status: 'running' | 'done' | 'failed' | 'cancelled';
  /** 0 to 1. */
  progress: number;
  error: string | null;
  /** Once it is done. */
  result: BacktestResult | null;
}

export interface BacktestResult {
  from: string;
  to: string;
  took_ms: number;
  /** Users whose histories were looked at. */
  users: number;
  rows: number;
  entered: number;
  /** How many different users came in. */
  people: number;
  held_out: number;
  /** Days without entries are left out. */
  days: { day: string; entered: number; held_out: number }[];
  steps: { step: string; name: string; entered: number; moved: Record<string, number>; exited: number; waiting: number; sent: number }[];
  exits: Record<string, number>;
  /** How many of those who came in would have got so many messages. */
  messages: { messages: number; users: number }[];
  sent: number;
  worst: { user: string; messages: number } | null;
  withheld: Record<string, number>;
  delayed: Record<string, number>;
  /** Reached as they really were, without any message. */
  goals: { goal: string; entered: number; held_out: number }[];
  sample: (JourneyRun & { user: string })[];
  /** Users of whom steps went on for ever at one instant. */
  endless: number;
}

/** By state of the lifecycle, the journeys into which people come when they come into it. */
export interface LifecycleJourneys {
  as_of: string;
  within: string;
  /** In the order of the lifecycle. */
  states: StateJourneys[];
}

export interface StateJourneys {
  state: string;
  name: string;
  /** Users in it now. */
  users: number;
  /** Those that were changed last first. */
  journeys: StateJourney[];
}

export interface StateJourney {
  journey: string;
  name: string;
  status: JourneyStatus;
  /** The part of those who would come in that does, 0 to 1; the rest is its control group. */
  rolled_out: number;
  /** Into a state that stands before this one; null: there is none. */
  up: JourneyGoalReport | null;
  /** Into a state that stands after it; null: there is none. */
  down: JourneyGoalReport | null;
}

interface Wish {
  params: { path?: { id: string }; query?: Record<string, string> };
  body?: unknown;
}

/** Asks an address that the client does not know, as it asks those of the document. */
function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, wish: Wish): Promise<T> {
  const call = client[method] as unknown as (path: string, wish: Wish) => Promise<{ data?: T; error?: unknown; response: Response }>;
  return body<T>(call(path, wish));
}

const at = (id: string): Wish => ({ params: { path: { id } } });

export const pending = {
  enter: (id: string, input: EnterInput) => ask<Entered>('POST', '/api/journeys/{id}/enter', { ...at(id), body: input }),
  learning: (id: string) => ask<JourneyLearning>('GET', '/api/journeys/{id}/learning', at(id)),
  startBacktest: (id: string, period: { from: string; to: string }) => ask<Backtest>('POST', '/api/journeys/{id}/backtest', { ...at(id), body: period }),
  backtest: (id: string) => ask<Backtest>('GET', '/api/journeys/backtests/{id}', at(id)),
  ofLifecycle: (within: string) => ask<LifecycleJourneys>('GET', '/api/lifecycle/journeys', { params: { query: { within } } }),
  cancelBacktest: (id: string) => ask<unknown>('DELETE', '/api/journeys/backtests/{id}', at(id)),
};
