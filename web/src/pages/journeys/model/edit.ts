// Changes of a journey on the canvas. Each takes a journey and gives another; what cannot be done gives the same.

import type { Happening, JourneyInput, JourneyStep, StepKind } from '../types';
import { withAnswers } from './answers';
import { emptyAction, freeId } from './begin';
import { NEXT, pathsOf, reachable, redirected, spared, stepOf, waysInto, waysOf, withWay } from './graph';

/** Where something is put: on a way out of a step, or (without a step) before the first. */
export interface Place {
  step: string | null;
  path: string;
}

export const START: Place = { step: null, path: NEXT };

const ids = (journey: JourneyInput) => journey.steps.map(({ id }) => id);

export function putStep(journey: JourneyInput, step: JourneyStep): JourneyInput {
  return { ...journey, steps: journey.steps.map((one) => (one.id === step.id ? step : one)) };
}

/** Where a way leads. */
export function targetOf(journey: JourneyInput, place: Place): string | undefined {
  if (place.step === null) return journey.steps[0]?.id;
  const step = stepOf(journey, place.step);
  return step && waysOf(step).find(({ path }) => path === place.path)?.to;
}

/** The way by which whoever came to where the new step is put goes on from it. */
function goOn(step: JourneyStep, to: string | undefined): JourneyStep {
  const first = waysOf(step)[0];
  // Of several paths all lead on, so that nobody is lost by what was put in.
  return first ? waysOf(step).reduce((changed, { path }) => withWay(changed, path, to), step) : step;
}

/** Puts a new step on a way. What came after comes after it; gives the id of the new step, too. */
export function insertStep(journey: JourneyInput, place: Place, kind: StepKind): { journey: JourneyInput; id: string } {
  const id = freeId(kind.replaceAll('_', '-'), ids(journey));
  const made = goOn({ id, do: emptyAction(kind) }, targetOf(journey, place));
  if (place.step === null) return { journey: { ...journey, steps: [made, ...journey.steps] }, id };
  const from = stepOf(journey, place.step);
  if (!from) return { journey, id: place.step };
  const at = journey.steps.indexOf(from) + 1;
  const steps = journey.steps.map((step) => (step.id === from.id ? withWay(step, place.path, id) : step));
  return { journey: { ...journey, steps: [...steps.slice(0, at), made, ...steps.slice(at)] }, id };
}

/** Takes a step out. Whoever would have come to it goes where its first way leads; an only step stays. */
export function removeStep(journey: JourneyInput, id: string): JourneyInput {
  const gone = stepOf(journey, id);
  if (!gone || journey.steps.length < 2) return journey;
  const onward = waysOf(gone).map(({ to }) => to).find((to) => to !== undefined && to !== id);
  const rest = journey.steps.filter((step) => step.id !== id).map((step) => redirected(step, id, onward));
  if (journey.steps[0] !== gone) return { ...journey, steps: rest };
  // The first is where people begin: then that is the one after it.
  const first = rest.find((step) => step.id === onward) ?? rest[0]!;
  return { ...journey, steps: [first, ...rest.filter((step) => step !== first)] };
}

/** Takes a step out with everything that only it leads to. */
export function removeBranch(journey: JourneyInput, id: string): JourneyInput {
  const cut = { ...journey, steps: journey.steps.map((step) => (step.id === id ? step : redirected(step, id, undefined))) };
  if (journey.steps[0]?.id === id) return journey;
  const kept = reachable(cut);
  const below = reachable(journey, id);
  return { ...cut, steps: cut.steps.filter((step) => kept.has(step.id) || !below.has(step.id)) };
}

/** Lets a way lead to a step that is there, or (without one) out. */
export function connect(journey: JourneyInput, place: Place, to: string | undefined): JourneyInput {
  if (place.step === null) {
    const first = stepOf(journey, to);
    return first ? { ...journey, steps: [first, ...journey.steps.filter((step) => step !== first)] } : journey;
  }
  const step = stepOf(journey, place.step);
  return step ? putStep(journey, withWay(step, place.path, to)) : journey;
}

const ofMessage = (happening: Happening, rename: (id: string) => string): Happening => (happening.kind === 'message' ? { ...happening, step: rename(happening.step) } : happening);

/** The step with every id of a step that it names changed. */
function renamed(step: JourneyStep, rename: (id: string) => string): JourneyStep {
  const lead = waysOf(step).reduce((changed, { path, to }) => (to === undefined ? changed : withWay(changed, path, rename(to))), step);
  return lead.do.kind === 'wait_for' ? { ...lead, do: { ...lead.do, any: lead.do.any.map((path) => ({ ...path, when: ofMessage(path.when, rename) })) } } : withAnswers(lead, rename);
}

const ID = /^[A-Za-z0-9_-]{1,100}$/;

/** What keeps an id from being used: `form`, `taken`, or nothing. */
export function idProblem(journey: JourneyInput, from: string, to: string): 'form' | 'taken' | null {
  if (!ID.test(to)) return 'form';
  return to !== from && ids(journey).includes(to) ? 'taken' : null;
}

/** Gives a step another id, wherever it is named. */
export function renameStep(journey: JourneyInput, from: string, to: string): JourneyInput {
  if (from === to || idProblem(journey, from, to) || !stepOf(journey, from)) return journey;
  const rename = (id: string) => (id === from ? to : id);
  return spared({
    ...journey,
    steps: journey.steps.map((step) => ({ ...renamed(step, rename), id: rename(step.id) })),
    exits: journey.exits?.map((happening) => ofMessage(happening, rename)),
  });
}

/**
 * Makes a copy of everything that follows on a way, up to where others come together with it, and lets another way
 * lead there. Gives the id of the first copied step, too.
 */
export function duplicateBranch(journey: JourneyInput, from: Place, to: Place): { journey: JourneyInput; id: string | null } {
  const head = targetOf(journey, from);
  const target = to.step === null ? undefined : stepOf(journey, to.step);
  if (head === undefined || !target || !stepOf(journey, head)) return { journey, id: null };
  const branch = branchOf(journey, head);
  const taken = new Set(ids(journey));
  const names = new Map<string, string>();
  for (const id of branch) {
    const free = freeId(id.replace(/-\d+$/, ''), taken);
    taken.add(free);
    names.set(id, free);
  }
  const rename = (id: string) => names.get(id) ?? id;
  const copies = journey.steps.filter(({ id }) => names.has(id)).map((step) => ({ ...renamed(structuredClone(step), rename), id: rename(step.id) }));
  const id = rename(head);
  return { journey: { ...journey, steps: [...journey.steps.map((step) => (step === target ? withWay(step, to.path, id) : step)), ...copies] }, id };
}

/** Steps that can be come to through this one only, with it. */
export function branchOf(journey: JourneyInput, head: string): string[] {
  const others = journey.steps[0]?.id === head ? new Set<string>() : reachable({ ...journey, steps: journey.steps.map((step) => redirected(step, head, undefined)) });
  return [...reachable(journey, head)].filter((id) => id === head || !others.has(id));
}

/** Copies a step with one path more, which does what the given path does. */
export function duplicatePath(journey: JourneyInput, stepId: string, path: string, newPath: string): { journey: JourneyInput; id: string | null } {
  const step = stepOf(journey, stepId);
  const original = step && pathsOf(step.do).find(({ id }) => id === path);
  if (!step || !original) return { journey, id: null };
  const { next: _next, name, ...rest } = structuredClone(original);
  const added = { ...rest, id: newPath, ...(name !== undefined && { name }) };
  const action = step.do.kind === 'wait_for' ? { ...step.do, any: [...step.do.any, added] } : { ...step.do, paths: [...pathsOf(step.do), added] };
  const wider = putStep(journey, { ...step, do: action as JourneyStep['do'] });
  const copied = duplicateBranch(wider, { step: stepId, path }, { step: stepId, path: newPath });
  return copied.id === null ? { journey: wider, id: null } : copied;
}

/** A copy of a step, right after it on its first way. */
export function duplicateStep(journey: JourneyInput, id: string): { journey: JourneyInput; id: string } {
  const step = stepOf(journey, id);
  const first = step && waysOf(step)[0];
  if (!step || !first) return { journey, id };
  const { journey: wider, id: made } = insertStep(journey, { step: id, path: first.path }, 'exit');
  const copy = goOn({ ...structuredClone(step), id: made }, targetOf(journey, { step: id, path: first.path }));
  const free = freeId(id.replace(/-\d+$/, ''), ids(journey));
  const named = putStep(wider, copy);
  return { journey: renameStep(named, made, free), id: free };
}

/** How many ways lead to a step; the first step has one more, from the entry. */
export function comings(journey: JourneyInput, id: string): number {
  return waysInto(journey, id).length + (journey.steps[0]?.id === id ? 1 : 0);
}
