// Variants that go by an attribute of the person instead of by chance: what a form shows of the definition and what it
// makes of it. The definition names a variant for each value; a form asks for the values of each variant.

import type { Variant, VariantBy } from '../../api/outreach';

/** Values in all. */
export const VALUES_MAX = 200;
const ATTRIBUTE_BYTES_MAX = 256;

export type Incomplete = 'attribute' | 'attribute_long' | 'values' | 'too_many' | 'default';

/** What it begins with: nothing is decided but that others get the first variant. */
export function beginVariantBy(variants: Variant[]): VariantBy {
  return { attribute: '', values: {}, default: variants[0]?.id ?? '' };
}

/** The values that get a variant, in the order in which the definition has them. */
export function valuesOf(by: VariantBy, variant: string): string[] {
  return Object.entries(by.values).flatMap(([value, id]) => (id === variant ? [value] : []));
}

/** A variant gets these values and no others. A value has one variant, so one that another had leaves it. */
export function withValues(by: VariantBy, variant: string, values: string[]): VariantBy {
  const others = Object.entries(by.values).filter(([value, id]) => id !== variant && !values.includes(value));
  return { ...by, values: Object.fromEntries([...others, ...values.map((value) => [value, variant] as const)]) };
}

/** A variant is gone, and what named it with it. Whoever got it as everybody else gets nothing said yet. */
export function withoutVariant(by: VariantBy, variant: string): VariantBy {
  return { ...withValues(by, variant, []), default: by.default === variant ? '' : by.default };
}

/** What is still missing before the server takes it, in the order of the form. */
export function incomplete(by: VariantBy | undefined, variants: Variant[]): Incomplete[] {
  if (!by) return [];
  const n = Object.keys(by.values).length;
  const found: [Incomplete, boolean][] = [
    ['attribute', by.attribute.trim() === ''],
    ['attribute_long', new TextEncoder().encode(by.attribute).length > ATTRIBUTE_BYTES_MAX],
    ['values', n === 0],
    ['too_many', n > VALUES_MAX],
    ['default', !variants.some(({ id }) => id === by.default)],
  ];
  return found.filter(([, wrong]) => wrong).map(([what]) => what);
}

/** Variants that nobody gets: no value leads to them, and others do not get them either. */
export function unreached(by: VariantBy, variants: Variant[]): string[] {
  const named = new Set([...Object.values(by.values), by.default]);
  return variants.map(({ id }) => id).filter((id) => !named.has(id));
}
