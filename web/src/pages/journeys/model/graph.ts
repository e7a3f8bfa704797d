// A journey as a graph: which ways lead out of a step, where they lead, and who leads to whom. It changes nothing
// but where a way leads.

import type { JourneyInput, JourneyStep, StepAction } from '../types';

/** Names of ways that are no path of somebody's. */
export const NEXT = 'next';
export const OTHERWISE = 'otherwise';
export const UNREACHABLE = 'unreachable';
export const MISSING = 'missing';
export const FAILED = 'failed';

/** A way out of a step. */
export interface Way {
  /** The id of a path, or one of the names above. */
  path: string;
  /** Id of the step to which it leads; nothing: the journey is completed. */
  to: string | undefined;
  /** It may be left out: people then go the ordinary way, or out. */
  optional: boolean;
}

export type PathAction = Extract<StepAction, { kind: 'split' | 'random' | 'learn' }>;

/** The paths of an action that people can go, in their order. */
export function pathsOf(action: StepAction): { id: string; name?: string; next?: string }[] {
  if (action.kind === 'wait_for') return action.any;
  if (action.kind === 'split' || action.kind === 'random' || action.kind === 'learn') return action.paths;
  return [];
}

/** All ways out of a step, in the order in which they are shown. */
export function waysOf(step: JourneyStep): Way[] {
  const { do: action } = step;
  const own = pathsOf(action).map(({ id, next }) => ({ path: id, to: next, optional: false }));
  switch (action.kind) {
    case 'wait_for':
    case 'split':
      return [...own, { path: OTHERWISE, to: action.otherwise, optional: false }];
    case 'random':
    case 'learn':
      return own;
    case 'exit':
      return [];
    case 'message':
    case 'best_channel':
      return [{ path: NEXT, to: step.next, optional: false }, ...(action.unreachable === undefined ? [] : [{ path: UNREACHABLE, to: action.unreachable, optional: true }])];
    case 'webhook':
      return [{ path: NEXT, to: step.next, optional: false }, { path: FAILED, to: action.failed, optional: false }];
    case 'wait':
      return [{ path: NEXT, to: step.next, optional: false }, ...(action.missing === undefined ? [] : [{ path: MISSING, to: action.missing, optional: true }])];
    default:
      return [{ path: NEXT, to: step.next, optional: false }];
  }
}

/** Without keys that hold nothing. */
export function spared<T extends object>(of: T): T {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as T;
}

/** The step with one of its ways leading elsewhere. */
export function withWay(step: JourneyStep, path: string, to: string | undefined): JourneyStep {
  const { do: action } = step;
  const put = (changed: object): JourneyStep => ({ ...step, do: spared({ ...action, ...changed }) as StepAction });
  const onPath = <P extends { id: string }>(paths: P[]): P[] => paths.map((one) => (one.id === path ? spared({ ...one, next: to }) : one));
  switch (action.kind) {
    case 'wait_for':
      return path === OTHERWISE ? put({ otherwise: to }) : put({ any: onPath(action.any) });
    case 'split':
      return path === OTHERWISE ? put({ otherwise: to }) : put({ paths: onPath(action.paths) });
    case 'random':
    case 'learn':
      return put({ paths: onPath<(typeof action.paths)[number]>(action.paths) });
    case 'exit':
      return step;
    default:
      if (path === UNREACHABLE && (action.kind === 'message' || action.kind === 'best_channel')) return put({ unreachable: to });
      if (path === FAILED && action.kind === 'webhook') return put({ failed: to });
      if (path === MISSING && action.kind === 'wait') return put({ missing: to });
      return spared({ ...step, next: to });
  }
}

/** The step with every way that led to one step leading to another. */
export function redirected(step: JourneyStep, from: string, to: string | undefined): JourneyStep {
  return waysOf(step).reduce((changed, way) => (way.to === from ? withWay(changed, way.path, to) : changed), step);
}

export function stepOf(journey: JourneyInput, id: string | undefined): JourneyStep | undefined {
  return id === undefined ? undefined : journey.steps.find((step) => step.id === id);
}

/** Ids of steps that somebody can come to, with the first. */
export function reachable(journey: JourneyInput, from = journey.steps[0]?.id): Set<string> {
  const seen = new Set<string>();
  const open = from === undefined ? [] : [from];
  while (open.length > 0) {
    const id = open.pop()!;
    const step = stepOf(journey, id);
    if (!step || seen.has(id)) continue;
    seen.add(id);
    for (const { to } of waysOf(step)) if (to !== undefined) open.push(to);
  }
  return seen;
}

/** Which ways lead to a step. */
export function waysInto(journey: JourneyInput, id: string): { step: string; path: string }[] {
  return journey.steps.flatMap((step) => waysOf(step).filter(({ to }) => to === id).map(({ path }) => ({ step: step.id, path })));
}
