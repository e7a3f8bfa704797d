// Answers of servers that steps ask: which steps use which, and the names of these steps wherever they stand.

import type { JourneyInput, JourneyStep, StepAction, StepMessage } from '../types';
import { reachable, waysOf } from './graph';

/** `answer.score.limit` and `answer["score"].limit` inside a template. */
const NAMED = /\banswer(?:\.([A-Za-z0-9_-]+)|\[\s*(["'])([^"']+)\2\s*\])/g;
const TEMPLATE = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;

/** Every text of a value, changed. */
function eachText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => eachText(one, change));
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, eachText(one, change)]));
  return value;
}

const inTemplates = (text: string, rename: (id: string) => string) =>
  text.replace(TEMPLATE, (part) => part.replace(NAMED, (whole, dotted: string | undefined, quote: string | undefined, quoted: string | undefined) => {
    if (dotted !== undefined) return `answer.${rename(dotted)}`;
    return quoted === undefined ? whole : `answer[${quote}${rename(quoted)}${quote}]`;
  }));

/** `{"answer": "score.limit"}`, with the step changed. */
function inValue(value: unknown, rename: (id: string) => string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { answer } = value as { answer?: unknown };
  if (typeof answer !== 'string') return value;
  const dot = answer.indexOf('.');
  return dot < 0 ? value : { answer: rename(answer.slice(0, dot)) + answer.slice(dot) };
}

const inValues = (values: Record<string, unknown> | undefined, rename: (id: string) => string) => values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, inValue(value, rename)]));

const inMessage = (message: StepMessage, rename: (id: string) => string): StepMessage => ({ ...message, content: eachText(message.content, (text) => inTemplates(text, rename)) as StepMessage['content'] });

/** The step with the steps changed whose answers it uses. */
export function withAnswers(step: JourneyStep, rename: (id: string) => string): JourneyStep {
  const { do: action } = step;
  const put = (changed: object): JourneyStep => ({ ...step, do: { ...action, ...changed } as StepAction });
  switch (action.kind) {
    case 'message':
    case 'webhook': return put({ message: inMessage(action.message, rename) });
    case 'best_channel': return put({ messages: action.messages.map((one) => inMessage(one, rename)) });
    case 'split': return put({ paths: action.paths.map((path) => (path.answer ? { ...path, answer: { ...path.answer, step: rename(path.answer.step) } } : path)) });
    case 'update': return action.set ? put({ set: inValues(action.set, rename) }) : step;
    case 'emit': return action.properties ? put({ properties: inValues(action.properties, rename) }) : step;
    default: return step;
  }
}

/** Ids of the steps whose answers a step uses, each as often as it does. */
export function answersOf(step: JourneyStep): string[] {
  const found: string[] = [];
  withAnswers(step, (id) => {
    found.push(id);
    return id;
  });
  return found;
}

/** Ids of the steps that ask a server and from which people can come to a step. */
export function answersBefore(journey: JourneyInput, id: string): string[] {
  const asks = journey.steps.filter(({ do: action }) => action.kind === 'webhook');
  const leads = (step: JourneyStep) => waysOf(step).some(({ to }) => to !== undefined && reachable(journey, to).has(id));
  return asks.filter(leads).map((step) => step.id);
}
