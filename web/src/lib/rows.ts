// Sentences of the row builder ⇄ the JSON form of a definition. The text form is printed by the
// server from the JSON, so that both always say the same. Definitions the rows cannot say are left
// alone: `rowsOf` answers null for them.

import type { Json } from '../api/types';

export const COUNTS = ['ge', 'le', 'eq'] as const;
export type CountOp = (typeof COUNTS)[number];

export const COMPARISONS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'contains', 'starts_with', 'exists', 'not_exists'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A comparison of one property or attribute. The value is as written in the field. */
export interface Condition {
  property: string;
  op: Comparison;
  value: string;
}

export interface EventRow {
  kind: 'event';
  did: boolean;
  /** A name, or `*`. */
  event: string;
  op: CountOp;
  times: number;
  where: Condition[];
  /** A duration like `30d`; null: ever. */
  last: string | null;
}

export interface ProfileRow extends Condition {
  kind: 'profile';
}

export interface LifecycleRow {
  kind: 'lifecycle';
  state: string;
}

export type Row = EventRow | ProfileRow | LifecycleRow;
export type Joiner = 'all' | 'any';

export interface Rows {
  joiner: Joiner;
  rows: Row[];
}

export const hasValue = (op: Comparison) => op !== 'exists' && op !== 'not_exists';

/** A field's text as a value: numbers and true or false are what they look like, "5" in quotes is
 * a text. */
export function valueOf(text: string): string | number | boolean {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  const quoted = /^"(.*)"$/.exec(trimmed);
  return quoted ? quoted[1]! : text;
}

/** The inverse of `valueOf`. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return typeof valueOf(value) === 'string' && valueOf(value) === value ? value : `"${value}"`;
}

/** A comparison in JSON form. */
export function conditionJson({ property, op, value }: Condition, field: 'property' | 'attribute'): Json {
  const json: Json = { [field]: property, op };
  if (hasValue(op)) json.value = valueOf(value);
  return json;
}

function rowJson(row: Row): Json {
  if (row.kind === 'lifecycle') return { type: 'lifecycle', is: [row.state] };
  if (row.kind === 'profile') return { type: 'profile', ...conditionJson(row, 'attribute') };
  const event: Json = { type: 'event', event: row.event, op: row.op, value: row.times };
  if (row.where.length > 0) event.where = row.where.map((condition) => conditionJson(condition, 'property'));
  if (row.last) event.within = { last: row.last };
  return row.did ? event : { type: 'not', of: event };
}

/** The definition that says what the rows say; null while a row is not complete. */
export function jsonOf({ joiner, rows }: Rows): Json | null {
  if (rows.length === 0 || !rows.every(complete)) return null;
  const parts = rows.map(rowJson);
  return parts.length === 1 ? parts[0]! : { type: joiner, of: parts };
}

function complete(row: Row): boolean {
  const whole = (condition: Condition) => condition.property !== '' && (!hasValue(condition.op) || condition.value.trim() !== '');
  if (row.kind === 'lifecycle') return row.state !== '';
  if (row.kind === 'profile') return whole(row);
  return row.event !== '' && Number.isInteger(row.times) && row.times >= 0 && row.where.every(whole);
}

/** The rows that say what the definition says, or null if rows cannot. */
export function rowsOf(json: unknown): Rows | null {
  if (!isObject(json)) return null;
  const joiner = json.type === 'all' || json.type === 'any' ? json.type : null;
  if (joiner && !Array.isArray(json.of)) return null;
  const parts: unknown[] = joiner ? (json.of as unknown[]) : [json];
  const rows = parts.map(rowOf);
  return rows.every((row) => row !== null) ? { joiner: joiner ?? 'all', rows } : null;
}

function rowOf(json: unknown): Row | null {
  if (!isObject(json)) return null;
  if (json.type === 'lifecycle') return lifecycleRow(json);
  if (json.type === 'profile') {
    if (!only(json, ['type', 'attribute', 'op', 'value'])) return null;
    const condition = conditionOf(json, 'attribute');
    return condition && { kind: 'profile', ...condition };
  }
  if (json.type === 'event') return eventRow(json, true);
  if (json.type === 'not' && isObject(json.of) && json.of.type === 'event') return eventRow(json.of, false);
  return null;
}

function lifecycleRow(json: Json): Row | null {
  const is = json.is;
  if (!only(json, ['type', 'is']) || !Array.isArray(is) || is.length !== 1) return null;
  return { kind: 'lifecycle', state: String(is[0]) };
}

function eventRow(json: Json, did: boolean): EventRow | null {
  if (!only(json, ['type', 'event', 'where', 'within', 'measure', 'op', 'value'])) return null;
  const counts = json.measure === undefined || (isObject(json.measure) && 'count' in json.measure);
  const names = Array.isArray(json.event) && json.event.length === 1 ? json.event[0] : json.event;
  const where = json.where === undefined ? [] : json.where;
  if (!counts || typeof names !== 'string' || !Array.isArray(where)) return null;
  if (!COUNTS.includes(json.op as CountOp) || typeof json.value !== 'number') return null;
  const conditions = where.map((condition) => (isObject(condition) && only(condition, ['property', 'op', 'value']) ? conditionOf(condition, 'property') : null));
  const last = lastOf(json.within);
  if (last === undefined || !conditions.every((condition) => condition !== null)) return null;
  return { kind: 'event', did, event: names, op: json.op as CountOp, times: json.value, where: conditions, last };
}

/** The duration of a window; null: all time; undefined: not a window rows can say. */
function lastOf(within: unknown): string | null | undefined {
  if (within === undefined || within === null) return null;
  if (isObject(within) && only(within, ['last']) && typeof within.last === 'string') return within.last;
  return undefined;
}

/** The comparison that the JSON says; null if it is none that rows can say. */
export function conditionOf(json: Json, field: 'property' | 'attribute'): Condition | null {
  const property = json[field];
  const op = json.op as Comparison;
  if (typeof property !== 'string' || !COMPARISONS.includes(op)) return null;
  if (!hasValue(op)) return { property, op, value: '' };
  const simple = ['string', 'number', 'boolean'].includes(typeof json.value);
  return simple ? { property, op, value: textOf(json.value) } : null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function only(json: Json, fields: string[]): boolean {
  return Object.keys(json).every((field) => fields.includes(field));
}

export const emptyEventRow = (event: string): EventRow => ({ kind: 'event', did: true, event, op: 'ge', times: 1, where: [], last: '30d' });
