// What is wrong with a journey, told while it is written. The server says the same and more when it is saved; here
// is what the shape alone tells.

import { DEFAULT_LOCALE, eventName } from '../../campaigns/draft';
import { FIELDS } from '../../campaigns/content/fields';
import type { ContentProblem, Happening, JourneyInput, JourneyStep, StepMessage } from '../types';
import { answersBefore, answersOf } from './answers';
import { pathsOf, reachable, stepOf, waysOf } from './graph';

export const CODES = [
  'no_name', 'no_entry', 'id_form', 'id_taken', 'path_taken', 'unreachable', 'missing_target', 'loop', 'no_message', 'no_wait', 'no_span', 'no_paths',
  'no_condition', 'no_event', 'no_segment', 'no_state', 'no_step', 'no_share', 'no_goal', 'floor', 'no_change', 'no_journey', 'goal_message', 'no_answer',
] as const;
export type Code = (typeof CODES)[number];

export interface Problem {
  code: Code;
  /** Nothing: of the journey as a whole. */
  step: string | null;
  /** What it names. */
  what: string;
  error: boolean;
}

const SPAN = /^\d+(ms|s|m|h|d|w)$/;
const ID = /^[A-Za-z0-9_-]+$/;

export const isSpan = (text: string | undefined) => text !== undefined && SPAN.test(text.trim());

export function problemsOf(journey: JourneyInput): Problem[] {
  const problems: Problem[] = [];
  const add = (code: Code, step: string | null, what = '', error = true) => problems.push({ code, step, what, error });
  if (journey.name.trim() === '') add('no_name', null);
  const { entry } = journey;
  if ((entry.kind === 'event' && eventName(entry.event) === '') || ((entry.kind === 'enters' || entry.kind === 'leaves') && entry.segment === '') || (entry.kind === 'state' && entry.to.length === 0)) add('no_entry', null);
  for (const happening of journey.exits ?? []) ofHappening(journey, happening, (code, what) => add(code, null, what));
  for (const goal of journey.goals ?? []) {
    if (goal.when.kind === 'message') add('goal_message', null, goal.id);
    else ofHappening(journey, goal.when, (code, what) => add(code, null, what));
    if (!isSpan(goal.within)) add('no_span', null, goal.within);
  }
  const come = reachable(journey);
  const seen = new Set<string>();
  for (const step of journey.steps) {
    if (!ID.test(step.id)) add('id_form', step.id, step.id);
    if (seen.has(step.id)) add('id_taken', step.id, step.id);
    seen.add(step.id);
    if (!come.has(step.id)) add('unreachable', step.id, '', false);
    for (const { to } of waysOf(step)) if (to !== undefined && !stepOf(journey, to)) add('missing_target', step.id, to);
    const paths = pathsOf(step.do).map(({ id }) => id);
    for (const id of new Set(paths.filter((one, at) => paths.indexOf(one) !== at))) add('path_taken', step.id, id);
    ofStep(journey, step, (code, what, error) => add(code, step.id, what, error));
    for (const named of new Set(answersOf(step))) if (!answersBefore(journey, step.id).includes(named)) add('no_answer', step.id, named);
  }
  for (const id of endless(journey)) add('loop', id);
  return problems;
}

type Add = (code: Code, what?: string, error?: boolean) => void;

function ofStep(journey: JourneyInput, { do: action }: JourneyStep, add: Add): void {
  switch (action.kind) {
    case 'wait':
      if (!action.for && !action.until && !action.date && !action.attribute) add('no_wait');
      if (action.for && !isSpan(action.for)) add('no_span', action.for);
      break;
    case 'wait_for':
      if (action.any.length === 0) add('no_paths');
      if (!isSpan(action.within)) add('no_span', action.within);
      for (const { when } of action.any) ofHappening(journey, when, add);
      break;
    case 'split':
      if (action.paths.length === 0) add('no_paths');
      for (const path of action.paths) if (path.segment === undefined && path.answer === undefined && (path.event === undefined || eventName(path.event) === '')) add('no_condition', path.name ?? path.id);
      break;
    case 'random':
    case 'learn':
      if (action.paths.length < 2) add('no_paths');
      if (action.paths.every(({ share }) => (share ?? 1) <= 0)) add('no_share');
      if (action.kind !== 'learn') break;
      if (action.goals.length === 0) add('no_goal');
      for (const goal of action.goals) {
        if (eventName(goal.event) === '') add('no_event');
        if (!isSpan(goal.within)) add('no_span', goal.within);
      }
      if (action.floor !== undefined && (action.floor < 0.01 || action.floor > 1 / Math.max(action.paths.length, 1))) add('floor');
      break;
    case 'message':
      if (isEmpty(action.message)) add('no_message');
      break;
    case 'webhook':
      if (isEmpty(action.message)) add('no_message');
      if (!isSpan(action.within)) add('no_span', action.within);
      break;
    case 'best_channel':
      if (action.messages.length < 2) add('no_paths');
      for (const message of action.messages) if (isEmpty(message)) add('no_message', message.channel);
      break;
    case 'update':
      if ([action.set, action.add, action.append, action.remove].every((part) => Object.keys(part ?? {}).length === 0)) add('no_change');
      break;
    case 'emit':
      if (action.event.trim() === '') add('no_event');
      break;
    case 'journey':
      if (action.journey === '') add('no_journey');
      break;
    default:
  }
}

function ofHappening(journey: JourneyInput, when: Happening, add: Add): void {
  switch (when.kind) {
    case 'event':
      if (eventName(when.event) === '') add('no_event');
      break;
    case 'enters':
    case 'leaves':
      if (when.segment === '') add('no_segment');
      break;
    case 'state':
      if (when.to.length === 0) add('no_state');
      break;
    default: {
      const kind = stepOf(journey, when.step)?.do.kind;
      if (kind !== 'message' && kind !== 'best_channel') add('no_step', when.step);
    }
  }
}

/** Nothing stands in a field that its channel must have. */
function isEmpty({ channel, content }: StepMessage): boolean {
  const whole = content[DEFAULT_LOCALE];
  if (!whole) return true;
  const needed = FIELDS[channel].filter(({ required }) => required).map(({ name }) => name);
  const fields = needed.length > 0 ? needed : ['title', 'body', 'template', 'html', 'image'];
  const said = (name: string) => typeof whole[name] === 'string' && (whole[name] as string).trim() !== '';
  return needed.length > 0 ? !fields.every(said) : !fields.some(said);
}

/** One step of every circle in which nobody ever waits. */
function endless(journey: JourneyInput): string[] {
  const rests = (step: JourneyStep) => step.do.kind === 'wait' || step.do.kind === 'wait_for';
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  for (const { id: start } of journey.steps) {
    if (state.has(start)) continue;
    const stack = [{ id: start, at: 0 }];
    state.set(start, 'open');
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const step = stepOf(journey, top.id);
      const way = step && !rests(step) ? waysOf(step)[top.at] : undefined;
      top.at += 1;
      if (!way) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (way.to !== undefined) {
        if (state.get(way.to) === 'open') found.push(top.id);
        else if (!state.has(way.to)) {
          state.set(way.to, 'open');
          stack.push({ id: way.to, at: 0 });
        }
      }
    }
  }
  return found;
}

/** The step that a problem of the server's is about: `wait-a-day do.for` is about a step, `goals.0.when` about none. */
export function stepOfPlace(place: string, journey: JourneyInput): string | null {
  const [first] = place.split(' ', 1);
  return journey.steps.find(({ id }) => id === first)?.id ?? null;
}

export interface Shown {
  step: string | null;
  error: boolean;
  /** What the shape tells, or what the server says. */
  own: Problem | null;
  told: ContentProblem | null;
}

/** Both in one list, errors first. Where the server says something of a step, it alone speaks of it. */
export function together(journey: JourneyInput, own: Problem[], told: ContentProblem[]): Shown[] {
  const server: Shown[] = told.map((problem) => ({ step: stepOfPlace(problem.place, journey), error: problem.error, own: null, told: problem }));
  const spoken = new Set(server.map(({ step, error }) => `${step}/${error}`));
  const local: Shown[] = own.filter(({ step, error }) => !spoken.has(`${step}/${error}`)).map((problem) => ({ step: problem.step, error: problem.error, own: problem, told: null }));
  return [...server, ...local].toSorted((a, b) => Number(b.error) - Number(a.error));
}
