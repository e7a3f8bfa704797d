// What is known of the answers of servers that steps ask: which fields they have, and an answer to try.

import type { JourneyInput, JourneyStep } from '../types';
import { answersBefore } from './answers';

/** A step that asks a server, as messages after it know it. */
export interface Asked {
  step: string;
  /** Dotted names of fields that are known, as templates write them. */
  fields: string[];
  /** An answer to try; nothing: nothing is known of any. */
  sample: Record<string, unknown> | undefined;
}

type Named = (field: string, value?: unknown) => void;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields with dotted names, as they are stored: objects, and lists of objects by number; lists of plain values stay. */
function eachField(value: unknown, name: string, found: Named): void {
  const inner = Array.isArray(value) && value.some(isObject) ? Object.entries(value) : isObject(value) ? Object.entries(value) : null;
  if (inner) for (const [part, one] of inner) eachField(one, name ? `${name}.${part}` : part, found);
  else if (name && value !== null) found(name, value);
}

/** `.left` and `["left"]` after the step inside a template. */
const PATH = /^(?:\.[\p{L}_][\p{L}\p{N}_-]*|\[\s*(?:"[^"]+"|'[^']+')\s*\])+/u;
const PART = /\.([\p{L}_][\p{L}\p{N}_-]*)|\[\s*(?:"([^"]+)"|'([^']+)')\s*\]/gu;
const TEMPLATE = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;

function inText(text: string, step: string, found: Named): void {
  for (const [template] of text.matchAll(TEMPLATE)) {
    for (const { 0: head, index } of template.matchAll(/\banswer(?=[.[])/g)) {
      const [path] = PATH.exec(template.slice(index + head.length)) ?? [];
      const [of, ...field] = [...(path ?? '').matchAll(PART)].map(([, plain, double, single]) => plain ?? double ?? single);
      if (of === step && field.length > 0) found(field.join('.'));
    }
  }
}

/** What a step says of the answer to another: in templates, in conditions and where it takes a value from. */
function eachUse(value: unknown, step: string, found: Named): void {
  if (typeof value === 'string') return inText(value, step, found);
  if (Array.isArray(value)) return value.forEach((one) => eachUse(one, step, found));
  if (!isObject(value)) return undefined;
  const { answer } = value;
  if (typeof answer === 'string' && answer.startsWith(`${step}.`)) found(answer.slice(step.length + 1));
  if (isObject(answer) && answer.step === step) eachCondition(answer.where, found);
  return Object.values(value).forEach((one) => eachUse(one, step, found));
}

function eachCondition(where: unknown, found: Named): void {
  if (Array.isArray(where)) return where.forEach((one) => eachCondition(one, found));
  if (!isObject(where)) return undefined;
  if (typeof where.property === 'string' && where.property !== '') found(where.property, where.value);
  return Object.values(where).forEach((one) => eachCondition(one, found));
}

/** Puts a value under a dotted name; what already has a value of its own there stays. */
function put(into: Record<string, unknown>, name: string, value: unknown): void {
  const [first, ...rest] = name.split('.') as [string, ...string[]];
  if (rest.length === 0) into[first] ??= value;
  else if (into[first] === undefined || isObject(into[first])) put((into[first] ??= {}) as Record<string, unknown>, rest.join('.'), value);
}

function assumedOf({ do: action }: JourneyStep): unknown {
  return action.kind === 'webhook' ? action.assumed : undefined;
}

/** What is known of the answer to a step: what it is taken to say, and what other steps of the journey use of it. */
export function askedOf(journey: JourneyInput, id: string): Asked {
  const step = journey.steps.find((one) => one.id === id);
  const assumed = step && assumedOf(step);
  const fields = new Set<string>();
  const derived: Record<string, unknown> = {};
  eachField(assumed, '', (name) => fields.add(name));
  eachUse(journey.steps.map(({ do: action }) => action), id, (name, value) => {
    fields.add(name);
    if (['string', 'number', 'boolean'].includes(typeof value)) put(derived, name, value);
  });
  const sample = isObject(assumed) ? assumed : Object.keys(derived).length > 0 ? derived : undefined;
  return { step: id, fields: [...fields], sample };
}

/** Steps whose answers a message of a step can use. */
export const askedBefore = (journey: JourneyInput, id: string): Asked[] => answersBefore(journey, id).map((one) => askedOf(journey, one));
