// The text of a journey, and a journey from its text. Both are one form: what is read here can be drawn, whatever
// else is wrong with it.

import { CHANNELS } from '../../../api/outreach';
import type { JourneyInput } from '../types';
import { KINDS } from '../types';

export const textOf = (journey: JourneyInput): string => JSON.stringify(journey, null, 2);

/** Where reading failed, as a path into the text, and why. */
export interface ReadProblem {
  place: string;
  code: 'json' | 'object' | 'text' | 'list' | 'number' | 'kind' | 'steps';
  what: string;
}

class Unreadable extends Error {
  constructor(readonly problem: ReadProblem) {
    super(problem.code);
  }
}

export type Read = { journey: JourneyInput; problem: null } | { journey: null; problem: ReadProblem };

export function read(text: string): Read {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return { journey: null, problem: { place: '', code: 'json', what: error instanceof Error ? error.message : String(error) } };
  }
  try {
    journeyAt(raw);
    return { journey: raw as JourneyInput, problem: null };
  } catch (error) {
    if (error instanceof Unreadable) return { journey: null, problem: error.problem };
    throw error;
  }
}

type Fields = Record<string, unknown>;

const fail = (place: string, code: ReadProblem['code'], what = ''): never => {
  throw new Unreadable({ place, code, what });
};

function object(raw: unknown, place: string): Fields {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Fields) : fail(place, 'object');
}

function list(raw: unknown, place: string): unknown[] {
  return Array.isArray(raw) ? (raw as unknown[]) : fail(place, 'list');
}

function text(of: Fields, name: string, place: string, needed = true): void {
  if (of[name] === undefined && !needed) return;
  if (typeof of[name] !== 'string') fail(`${place}${name}`, 'text');
}

function texts(of: Fields, name: string, place: string, needed = false): void {
  if (of[name] === undefined && !needed) return;
  list(of[name], `${place}${name}`).forEach((one, at) => typeof one === 'string' || fail(`${place}${name}[${at}]`, 'text'));
}

function number(of: Fields, name: string, place: string): void {
  if (of[name] !== undefined && typeof of[name] !== 'number') fail(`${place}${name}`, 'number');
}

function kind(of: Fields, place: string, kinds: readonly string[]): string {
  return typeof of.kind === 'string' && kinds.includes(of.kind) ? of.kind : fail(`${place}kind`, 'kind', kinds.join(', '));
}

function happening(raw: unknown, place: string): void {
  const of = object(raw, place);
  switch (kind(of, `${place}.`, ['event', 'enters', 'leaves', 'state', 'message'])) {
    case 'enters':
    case 'leaves': return text(of, 'segment', `${place}.`);
    case 'state':
      texts(of, 'from', `${place}.`);
      return texts(of, 'to', `${place}.`, true);
    case 'message':
      text(of, 'step', `${place}.`);
      return text(of, 'did', `${place}.`);
    default: return undefined;
  }
}

function message(raw: unknown, place: string): void {
  const of = object(raw, place);
  if (typeof of.channel !== 'string' || !(CHANNELS as readonly string[]).includes(of.channel)) fail(`${place}.channel`, 'kind', CHANNELS.join(', '));
  for (const name of ['provider', 'topic']) text(of, name, `${place}.`, false);
  for (const [locale, content] of Object.entries(object(of.content, `${place}.content`))) {
    const at = `${place}.content.${locale}`;
    kind(object(content, at), `${at}.`, CHANNELS);
  }
}

function paths(of: Fields, name: string, place: string, each: (path: Fields, at: string) => void = () => undefined): void {
  list(of[name], `${place}.${name}`).forEach((one, i) => {
    const at = `${place}.${name}[${i}]`;
    const path = object(one, at);
    text(path, 'id', `${at}.`);
    text(path, 'name', `${at}.`, false);
    text(path, 'next', `${at}.`, false);
    number(path, 'share', `${at}.`);
    each(path, at);
  });
}

function action(raw: unknown, place: string): void {
  const of = object(raw, place);
  const optional = (...names: string[]) => names.forEach((name) => text(of, name, `${place}.`, false));
  switch (kind(of, `${place}.`, KINDS)) {
    case 'wait':
      optional('for', 'until', 'date', 'attribute', 'offset', 'missing');
      return texts(of, 'weekdays', `${place}.`);
    case 'wait_for':
      text(of, 'within', `${place}.`);
      optional('otherwise', 'since');
      return paths(of, 'any', place, (path, at) => happening(path.when, `${at}.when`));
    case 'split':
      optional('otherwise');
      return paths(of, 'paths', place, (path, at) => {
        if (path.answer !== undefined) text(object(path.answer, `${at}.answer`), 'step', `${at}.answer.`);
      });
    case 'random': return paths(of, 'paths', place);
    case 'learn':
      number(of, 'floor', `${place}.`);
      optional('winner', 'mode');
      list(of.goals, `${place}.goals`).forEach((one, i) => text(object(one, `${place}.goals[${i}]`), 'within', `${place}.goals[${i}].`));
      return paths(of, 'paths', place);
    case 'message':
      optional('unreachable');
      return message(of.message, `${place}.message`);
    case 'best_channel':
      optional('unreachable', 'choose');
      return list(of.messages, `${place}.messages`).forEach((one, i) => message(one, `${place}.messages[${i}]`));
    case 'webhook':
      text(of, 'within', `${place}.`);
      optional('failed');
      return message(of.message, `${place}.message`);
    case 'update':
      for (const name of ['set', 'add', 'append', 'remove']) if (of[name] !== undefined) object(of[name], `${place}.${name}`);
      for (const name of ['append', 'remove']) for (const key of Object.keys((of[name] ?? {}) as Fields)) texts(of[name] as Fields, key, `${place}.${name}.`);
      return undefined;
    case 'emit':
      if (of.properties !== undefined) object(of.properties, `${place}.properties`);
      return text(of, 'event', `${place}.`);
    case 'journey': return text(of, 'journey', `${place}.`);
    default: return optional('reason');
  }
}

function entry(raw: unknown): void {
  const of = object(raw, 'entry');
  switch (kind(of, 'entry.', ['once', 'dates', 'recurring', 'event', 'enters', 'leaves', 'state', 'api'])) {
    case 'enters':
    case 'leaves': return text(of, 'segment', 'entry.');
    case 'state':
      texts(of, 'from', 'entry.');
      return texts(of, 'to', 'entry.', true);
    case 'dates': return texts(of, 'at', 'entry.', true);
    case 'recurring':
      text(of, 'every', 'entry.');
      return texts(of, 'at', 'entry.', true);
    default: return undefined;
  }
}

function journeyAt(raw: unknown): void {
  const of = object(raw, '');
  text(of, 'name', '');
  for (const name of ['id', 'description', 'key', 'timeout', 'on_quiet']) text(of, name, '', false);
  for (const name of ['control', 'priority']) number(of, name, '');
  for (const name of ['control_groups', 'labels']) texts(of, name, '');
  entry(of.entry);
  if (of.again !== undefined) kind(object(of.again, 'again'), 'again.', ['once', 'always', 'after']);
  if (of.goals !== undefined) {
    list(of.goals, 'goals').forEach((one, i) => {
      const goal = object(one, `goals[${i}]`);
      text(goal, 'id', `goals[${i}].`);
      text(goal, 'within', `goals[${i}].`);
      happening(goal.when, `goals[${i}].when`);
    });
  }
  if (of.exits !== undefined) list(of.exits, 'exits').forEach((one, i) => happening(one, `exits[${i}]`));
  if (of.hours !== undefined) list(of.hours, 'hours').forEach((one, i) => object(one, `hours[${i}]`));
  const steps = list(of.steps, 'steps');
  if (steps.length === 0) fail('steps', 'steps');
  steps.forEach((one, i) => {
    const step = object(one, `steps[${i}]`);
    text(step, 'id', `steps[${i}].`);
    for (const name of ['name', 'note', 'next']) text(step, name, `steps[${i}].`, false);
    action(step.do, `steps[${i}].do`);
  });
}
