// What is asked and answered of journeys. The one place that says so: pages take these names from here only.

import type { Again, Channel, Content, ContentProblem, LocalHours, Trigger } from '../../api/outreach';

export type { Again, Channel, Content, ContentProblem, LocalHours, Trigger };

/** Something that can happen to a user. */
export type Happening =
  | { kind: 'event'; event: unknown }
  | { kind: 'enters'; segment: string }
  | { kind: 'leaves'; segment: string }
  | { kind: 'state'; lifecycle?: string; from?: string[]; to: string[] }
  | { kind: 'message'; step: string; did: string };

export interface WaitPath {
  id: string;
  name?: string;
  when: Happening;
  next?: string;
}

export interface SplitPath {
  id: string;
  name?: string;
  segment?: unknown;
  event?: unknown;
  next?: string;
}

export interface RandomPath {
  id: string;
  name?: string;
  share?: number;
  next?: string;
}

export interface LearningGoal {
  event: unknown;
  within: string;
  revenue?: string;
  value?: number;
}

export interface StepMessage {
  channel: Channel;
  provider?: string;
  topic?: string;
  content: Record<string, Content>;
}

export type StepAction =
  | { kind: 'wait'; for?: string; until?: string; weekdays?: string[]; date?: string; attribute?: string; offset?: string; missing?: string }
  | { kind: 'wait_for'; any: WaitPath[]; within: string; otherwise?: string; since?: string }
  | { kind: 'split'; paths: SplitPath[]; otherwise?: string }
  | { kind: 'random'; paths: RandomPath[]; anew?: boolean }
  | { kind: 'learn'; paths: RandomPath[]; goals: LearningGoal[]; mode?: 'automatic' | 'manual'; floor?: number; winner?: string }
  | { kind: 'message'; message: StepMessage; unreachable?: string }
  | { kind: 'best_channel'; messages: StepMessage[]; choose?: 'engaged' | 'first'; unreachable?: string }
  | { kind: 'update'; set?: Record<string, unknown>; add?: Record<string, number>; append?: Record<string, string[]>; remove?: Record<string, string[]> }
  | { kind: 'emit'; event: string; properties?: Record<string, unknown> }
  | { kind: 'journey'; journey: string }
  | { kind: 'exit'; reason?: string };

export const KINDS = ['wait', 'wait_for', 'split', 'random', 'learn', 'message', 'best_channel', 'update', 'emit', 'journey', 'exit'] as const;
export type StepKind = (typeof KINDS)[number];
export type ActionOf<Kind extends StepKind> = Extract<StepAction, { kind: Kind }>;

export interface JourneyStep {
  id: string;
  name?: string;
  note?: string;
  do: StepAction;
  next?: string;
}

export interface JourneyGoal {
  id: string;
  name?: string;
  when: Happening;
  within: string;
  revenue?: string;
  exits?: boolean;
}

export interface JourneyInput {
  id?: string;
  name: string;
  description?: string;
  entry: Trigger;
  audience?: unknown;
  again?: Again;
  key?: string;
  control?: number;
  control_groups?: string[];
  goals?: JourneyGoal[];
  exits?: Happening[];
  timeout?: string;
  priority?: number;
  labels?: string[];
  transactional?: boolean;
  hours?: LocalHours[];
  on_quiet?: 'delay' | 'discard';
  steps: JourneyStep[];
}

export type JourneyStatus = 'draft' | 'running' | 'paused' | 'stopped';
export type JourneyAction = 'start' | 'pause' | 'resume' | 'stop';

export interface Journey {
  id: string;
  status: JourneyStatus;
  definition: JourneyInput;
  version: string;
  published: number | null;
  changed: boolean;
  created_by: string;
  edited_by: string;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  problems: ContentProblem[];
}

export interface JourneySummary {
  id: string;
  name: string;
  status: JourneyStatus;
  entered: number;
  waiting: number;
  held_out: number;
  updated_at: string;
}

export type StepMove = { kind: 'finish' } | { kind: 'to'; step: string } | { kind: 'exit' };

export interface PublishInput {
  version?: string;
  moves?: Record<string, StepMove>;
}

export interface StepReview {
  step: string;
  name: string;
  waiting: number;
  proposed: StepMove;
  why: string;
}

export interface JourneyReview {
  version: string;
  steps: StepReview[];
  added: string[];
  removed: string[];
  changed: string[];
}

export interface RunStep {
  step: string;
  at: string;
  path: string | null;
  why: string;
}

export interface JourneyRun {
  journey: string;
  name: string;
  run: string;
  entered_at: string;
  version: number;
  held_out: string | null;
  steps: RunStep[];
  exit: { at: string; reason: string; detail: string | null } | null;
  due_at: string | null;
}

export interface MovedCount {
  path: string;
  to: string | null;
  n: number;
}

export interface ExitCount {
  reason: string;
  n: number;
}

export interface MessageCounts {
  queued: number;
  sent: number;
  delivered: number;
  opened: number;
  clicked: number;
  failed: number;
  withheld: Record<string, number>;
}

export interface StepReport {
  step: string;
  name: string;
  kind: string;
  entered: number;
  moved: MovedCount[];
  waiting: number;
  exited: ExitCount[];
  message?: MessageCounts | null;
}

/** A number with its interval. */
export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface JourneyGoalReport {
  goal: string;
  name: string;
  arms: { arm: string; users: number; converted: number; revenue: number | null }[];
  /** A difference of rates as a fraction; `lift` is relative. */
  effect: { difference: number; low: number; high: number; lift: number | null } | null;
  refusal: string | null;
}

export interface JourneyReport {
  entered: number;
  held_out: number;
  waiting: number;
  exited: Record<string, number>;
  steps: StepReport[];
  goals: JourneyGoalReport[];
  as_of: string;
}

/** People who wait at a step. */
export interface WaitingList {
  users: string[];
  total: number;
}

/** A journey to begin with. */
export interface JourneyPlay {
  journey: JourneyInput;
  story: unknown;
}
