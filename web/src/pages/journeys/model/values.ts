// Values of attributes and properties as they are written in fields.

import { valueOf } from '../../../lib/rows';
import type { ActionOf } from '../types';

export const CHANGES = ['set', 'clear', 'add', 'append', 'remove'] as const;

/** One change of an attribute. */
export interface Change {
  how: (typeof CHANGES)[number];
  name: string;
  value: string;
}

/** A value as text that reads as the same value: a text that looks like a number is in quotes. */
export function written(value: unknown): string {
  if (typeof value === 'string') return valueOf(value) === value ? value : `"${value}"`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What a field says. Lists and objects are written in JSON. */
export function valueIn(text: string): unknown {
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) {
    try {
      return JSON.parse(trimmed) as unknown;
    } catch {
      return text;
    }
  }
  return valueOf(text);
}

export function changesOf(action: ActionOf<'update'>): Change[] {
  return [
    ...Object.entries(action.set ?? {}).map(([name, value]): Change => (value === null ? { how: 'clear', name, value: '' } : { how: 'set', name, value: written(value) })),
    ...Object.entries(action.add ?? {}).map(([name, value]): Change => ({ how: 'add', name, value: String(value) })),
    ...Object.entries(action.append ?? {}).flatMap(([name, values]) => values.map((value): Change => ({ how: 'append', name, value }))),
    ...Object.entries(action.remove ?? {}).flatMap(([name, values]) => values.map((value): Change => ({ how: 'remove', name, value }))),
  ];
}

/** Rows that say nothing yet are left out. */
export function updateOf(rows: Change[]): ActionOf<'update'> {
  const set: Record<string, unknown> = {};
  const add: Record<string, number> = {};
  const append: Record<string, string[]> = {};
  const remove: Record<string, string[]> = {};
  for (const { how, name, value } of rows) {
    if (name.trim() === '') continue;
    if (how === 'clear') set[name] = null;
    else if (how === 'set') set[name] = valueIn(value);
    else if (how === 'add' && value.trim() !== '' && Number.isFinite(Number(value))) add[name] = Number(value);
    else if (how === 'append' && value !== '') (append[name] ??= []).push(value);
    else if (how === 'remove' && value !== '') (remove[name] ??= []).push(value);
  }
  const parts = Object.entries({ set, add, append, remove }).filter(([, part]) => Object.keys(part).length > 0);
  return { kind: 'update', ...Object.fromEntries(parts) };
}

export const SOURCES = ['value', 'profile', 'event', 'answer'] as const;

/** A property of an event that a step writes. */
export interface Property {
  name: string;
  source: (typeof SOURCES)[number];
  value: string;
}

/** The name of the attribute or property that a value is taken from, if it is. */
function taken(value: unknown): [Property['source'], string] | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const [[key, name] = [], ...more] = Object.entries(value);
  return more.length === 0 && (key === 'profile' || key === 'event' || key === 'answer') && typeof name === 'string' ? [key, name] : null;
}

export function propertiesOf(properties: Record<string, unknown>): Property[] {
  return Object.entries(properties).map(([name, value]) => {
    const from = taken(value);
    return from ? { name, source: from[0], value: from[1] } : { name, source: 'value', value: written(value) };
  });
}

export function valuesOf(rows: Property[]): Record<string, unknown> {
  return Object.fromEntries(rows.filter(({ name }) => name.trim() !== '').map(({ name, source, value }) => [name, source === 'value' ? valueIn(value) : { [source]: value }]));
}

/** An object as somebody writes it: nothing of an empty text, null of what is none. */
export function objectIn(text: string): object | undefined | null {
  if (text.trim() === '') return undefined;
  try {
    const read = JSON.parse(text) as unknown;
    return typeof read === 'object' && read !== null && !Array.isArray(read) ? read : null;
  } catch {
    return null;
  }
}
