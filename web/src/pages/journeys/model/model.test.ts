import { describe, expect, it } from 'vitest';
import type { JourneyInput, StepAction } from '../types';
import { emptyAction, emptyJourney, freeId, freePath } from './begin';
import { problemsOf, stepOfPlace, together } from './checks';
import { branchOf, connect, duplicatePath, duplicateStep, idProblem, insertStep, removeBranch, removeStep, renameStep, START, targetOf } from './edit';
import { waysOf } from './graph';
import { begin, redo, undo, write } from './history';
import { read, textOf } from './read';
import { ENTRY, neighbour, sceneOf } from './scene';
import { KINDS } from '../types';

const mail = (subject: string): StepAction => ({ kind: 'message', message: { channel: 'email', content: { default: { kind: 'email', subject, body: 'x' } } } });

/** in → wait_for (paid → exit paid; otherwise → mail) ; mail → pause → (back to mail's answer) */
const cart: JourneyInput = {
  name: 'Cart',
  entry: { kind: 'event', event: 'Cart Filled' },
  exits: [{ kind: 'message', step: 'mail', did: 'bounced' }],
  steps: [
    { id: 'window', do: { kind: 'wait_for', any: [{ id: 'paid', when: { kind: 'event', event: 'Purchase' }, next: 'done' }, { id: 'opened', when: { kind: 'message', step: 'mail', did: 'opened' } }], within: '24h', otherwise: 'mail' } },
    { id: 'mail', do: mail('Your cart'), next: 'pause' },
    { id: 'pause', do: { kind: 'wait', for: '2d' }, next: 'done' },
    { id: 'done', do: { kind: 'exit' } },
  ],
};
const lead = (journey: JourneyInput, step: string, path = 'next') => targetOf(journey, { step, path });
const codes = (journey: JourneyInput) => problemsOf(journey).map(({ code, step }) => (step ? `${code} ${step}` : code));

describe('a change of a journey', () => {
  it('puts a step on a way, and everybody goes on as before', () => {
    for (const kind of KINDS) {
      const { journey, id } = insertStep(cart, { step: 'mail', path: 'next' }, kind);
      expect(lead(journey, 'mail')).toBe(id);
      const made = journey.steps.find((step) => step.id === id)!;
      expect(waysOf(made).every(({ to }) => to === 'pause'), kind).toBe(true);
      expect(journey.steps).toHaveLength(5);
    }
    expect(insertStep(cart, { step: 'window', path: 'otherwise' }, 'wait').journey.steps.map(({ id }) => id)).toEqual(['window', 'wait', 'mail', 'pause', 'done']);
  });

  it('puts a step first', () => {
    const { journey, id } = insertStep(cart, START, 'wait');
    expect(journey.steps[0]!.id).toBe(id);
    expect(lead(journey, id)).toBe('window');
  });

  it('takes a step out and joins what was around it', () => {
    expect(lead(removeStep(cart, 'mail'), 'window', 'otherwise')).toBe('pause');
    const without = removeStep(cart, 'done');
    expect(lead(without, 'pause')).toBeUndefined();
    expect('next' in without.steps.find(({ id }) => id === 'pause')!).toBe(false);
    expect(removeStep(cart, 'window').steps[0]!.id).toBe('done');
    const one = emptyJourney('One');
    expect(removeStep(one, 'exit')).toBe(one);
  });

  it('takes out a branch, and leaves what others lead to', () => {
    expect(removeBranch(cart, 'mail').steps.map(({ id }) => id)).toEqual(['window', 'done']);
    expect(removeBranch(cart, 'window')).toBe(cart);
  });

  it('copies a step after itself', () => {
    const { journey, id } = duplicateStep(cart, 'mail');
    expect(id).toBe('mail-2');
    expect(lead(journey, 'mail')).toBe('mail-2');
    expect(lead(journey, 'mail-2')).toBe('pause');
    expect(journey.steps.find((step) => step.id === id)!.do).toEqual(cart.steps[1]!.do);
  });

  it('copies a path with its steps up to where paths come together', () => {
    expect(branchOf(cart, 'mail')).toEqual(['mail', 'pause']);
    const split: JourneyInput = {
      ...cart,
      steps: [{ id: 'ab', do: { kind: 'random', paths: [{ id: 'a', share: 1, next: 'mail' }, { id: 'b', share: 1, next: 'done' }] } }, ...cart.steps.slice(1)],
    };
    const { journey, id } = duplicatePath(split, 'ab', 'a', 'c');
    expect(id).toBe('mail-2');
    expect(lead(journey, 'ab', 'c')).toBe('mail-2');
    expect(lead(journey, 'mail-2')).toBe('pause-2');
    expect(lead(journey, 'pause-2')).toBe('done');
    expect(lead(journey, 'ab', 'a')).toBe('mail');
  });

  it('gives a step another id wherever it is named', () => {
    const journey = renameStep(cart, 'mail', 'reminder');
    expect(JSON.stringify(journey)).not.toContain('"mail"');
    expect(lead(journey, 'window', 'otherwise')).toBe('reminder');
    expect(journey.exits).toEqual([{ kind: 'message', step: 'reminder', did: 'bounced' }]);
    expect(renameStep(cart, 'mail', 'pause')).toBe(cart);
    expect([idProblem(cart, 'mail', 'pause'), idProblem(cart, 'mail', 'a b'), idProblem(cart, 'mail', 'mail')]).toEqual(['taken', 'form', null]);
  });

  it('lets a path lead to a step that is there, or out', () => {
    expect(lead(connect(cart, { step: 'window', path: 'opened' }, 'pause'), 'window', 'opened')).toBe('pause');
    expect(lead(connect(cart, { step: 'window', path: 'otherwise' }, undefined), 'window', 'otherwise')).toBeUndefined();
    expect(connect(cart, START, 'mail').steps[0]!.id).toBe('mail');
  });

  it('never changes what it is given', () => {
    const before = structuredClone(cart);
    insertStep(cart, START, 'split');
    removeStep(cart, 'mail');
    renameStep(cart, 'mail', 'x');
    duplicateStep(cart, 'mail');
    expect(cart).toEqual(before);
  });

  it('names new things freely', () => {
    expect(freeId('wait', ['wait', 'wait-2'])).toBe('wait-3');
    expect(freePath(['a', 'c'])).toBe('b');
  });
});

describe('what was written', () => {
  it('is taken back and done again', () => {
    const third = write(write(begin(1), 2), 3);
    expect(undo(third).now).toBe(2);
    expect(undo(undo(undo(third))).now).toBe(1);
    expect(redo(undo(third)).now).toBe(3);
    expect(redo(third)).toBe(third);
    expect(redo(write(undo(third), 9)).now).toBe(9);
  });

  it('is taken back by words, not by letters', () => {
    const typed = write(write(write(begin(''), 'a', 'name'), 'ab', 'name'), 'abc', 'name');
    expect(undo(typed).now).toBe('');
    expect(undo(write(typed, 'abcd', 'note')).now).toBe('abc');
  });
});

describe('the list of problems', () => {
  it('is empty for a whole journey', () => expect(problemsOf(cart)).toEqual([]));

  it('tells steps that nobody comes to and targets that are not there', () => {
    const broken: JourneyInput = { ...cart, steps: [{ id: 'window', do: { kind: 'wait', for: '1d' }, next: 'nowhere' }, ...cart.steps.slice(1)] };
    expect(codes(broken)).toEqual(['missing_target window', 'unreachable mail', 'unreachable pause', 'unreachable done']);
  });

  it('tells circles in which nobody waits, and no others', () => {
    const around = (wait: boolean): JourneyInput => ({
      ...cart,
      exits: [],
      steps: [
        { id: 'a', do: mail('x'), next: 'b' },
        { id: 'b', do: wait ? { kind: 'wait', for: '1d' } : { kind: 'emit', event: 'Seen' }, next: 'a' },
      ],
    });
    expect(codes(around(true))).toEqual([]);
    expect(codes(around(false))).toEqual(['loop b']);
  });

  it('tells empty messages, waits for nothing, and paths without a condition', () => {
    const steps = KINDS.filter((kind) => kind !== 'exit').map((kind, at, all) => ({ id: kind, do: emptyAction(kind), next: all[at + 1] }));
    const all = new Set(problemsOf({ ...cart, exits: [], steps: [...steps] }).filter(({ error }) => error).map(({ code, step }) => `${code} ${step}`));
    for (const expected of ['no_event wait_for', 'no_condition split', 'no_event learn', 'no_message message', 'no_message best_channel', 'no_change update', 'no_event emit', 'no_journey journey']) expect(all).toContain(expected);
    expect(codes({ ...cart, steps: [...cart.steps, { id: 'mail', do: { kind: 'exit' } }] })).toContain('id_taken mail');
  });

  it('finds the step that the server speaks of, which then alone speaks of it', () => {
    const told = (place: string) => ({ place, code: 'x', message: 'm', message_code: null, hint: '', hint_code: null, error: true });
    expect(stepOfPlace('mail do.message.content.default.subject', cart)).toBe('mail');
    expect(stepOfPlace('mail', cart)).toBe('mail');
    expect(stepOfPlace('entry.event', cart)).toBeNull();
    expect(stepOfPlace('goals.0.when.event', cart)).toBeNull();
    const own = problemsOf({ ...cart, steps: cart.steps.map((step) => (step.id === 'mail' ? { ...step, do: mail('') } : step)) });
    expect(together(cart, own, [told('mail')])).toHaveLength(1);
    expect(together(cart, own, [told('entry')])).toHaveLength(2);
  });
});

describe('the text of a journey', () => {
  it('is the journey', () => expect(read(textOf(cart))).toEqual({ journey: cart, problem: null }));

  it('says where it cannot be read', () => {
    const place = (change: (raw: { steps: object[] }) => void) => {
      const raw = structuredClone(cart);
      change(raw);
      return read(JSON.stringify(raw)).problem;
    };
    expect(read('{').problem?.code).toBe('json');
    expect(read('[]').problem).toMatchObject({ place: '', code: 'object' });
    expect(place((raw) => Object.assign(raw, { steps: [] }))).toMatchObject({ place: 'steps', code: 'steps' });
    expect(place((raw) => Object.assign(raw.steps[2]!, { do: { kind: 'sleep' } }))).toMatchObject({ place: 'steps[2].do.kind', code: 'kind' });
    expect(place((raw) => Object.assign(raw.steps[0]!, { do: { kind: 'wait_for', within: '1d', any: [{ id: 'a', when: {} }] } }))).toMatchObject({ place: 'steps[0].do.any[0].when.kind' });
    expect(place((raw) => Object.assign(raw.steps[1]!, { next: 7 }))).toMatchObject({ place: 'steps[1].next', code: 'text' });
    expect(place((raw) => Object.assign(raw, { entry: { kind: 'noon' } }))).toMatchObject({ place: 'entry.kind' });
  });

  it('is read for every kind of step', () => {
    for (const kind of KINDS) expect(read(textOf({ ...cart, exits: [], steps: [{ id: 'a', do: emptyAction(kind) }] })).problem, kind).toBeNull();
  });
});

describe('the canvas', () => {
  const sizes = { entry: { width: 240, height: 80 }, step: { width: 240, height: 76 }, end: { width: 130, height: 30 } };

  it('shows every step, every way, and where paths end', () => {
    const scene = sceneOf(cart, sizes, false);
    expect(scene.items.filter(({ kind }) => kind === 'step')).toHaveLength(4);
    expect(scene.edges.map(({ id }) => id)).toEqual([`${ENTRY}/next`, 'window/paid', 'window/opened', 'window/otherwise', 'mail/next', 'pause/next']);
    expect(scene.items.filter(({ kind }) => kind === 'end').map(({ id }) => id)).toEqual(['#end/window/opened']);
    for (const { id } of scene.edges) expect(scene.layout.lines.get(id)!.length).toBeGreaterThan(1);
  });

  it('shows a way back as the name of the step that it leads to', () => {
    const back: JourneyInput = { ...cart, steps: cart.steps.map((step) => (step.id === 'pause' ? { ...step, next: 'window' } : step)) };
    expect(sceneOf(back, sizes, false).items.filter(({ kind }) => kind === 'jump')).toEqual([{ kind: 'jump', id: '#end/pause/next', from: 'pause', path: 'next', to: 'window', missing: false }]);
  });

  it('is walked with arrow keys, mirrored from right to left', () => {
    const split: JourneyInput = { ...cart, exits: [], steps: [{ id: 'ab', do: { kind: 'random', paths: [{ id: 'a', next: 'one' }, { id: 'b', next: 'two' }] } }, { id: 'one', do: { kind: 'exit' } }, { id: 'two', do: { kind: 'exit' } }] };
    const scene = sceneOf(split, sizes, false);
    expect(neighbour(scene, ENTRY, 'down')).toBe('ab');
    expect(neighbour(scene, 'ab', 'down')).toBe('one');
    expect(neighbour(scene, 'one', 'right')).toBe('two');
    expect(neighbour(scene, 'one', 'left')).toBeNull();
    expect(neighbour(scene, 'two', 'up')).toBe('ab');
    expect(neighbour(sceneOf(split, sizes, true), 'one', 'left')).toBe('two');
  });
});
