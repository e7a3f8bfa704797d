import { describe, expect, it } from 'vitest';
import type { CampaignInput, Variant, VariantBy } from '../../api/outreach';
import { emptyDraft, inputOf, onChannel } from './draft';
import { beginVariantBy, incomplete, unreached, valuesOf, VALUES_MAX, withoutVariant, withValues } from './variantBy';

const variants: Variant[] = ['north', 'south', 'rest'].map((id) => ({ id, share: 1, content: {} }));
const by: VariantBy = { attribute: 'city', values: { Oslo: 'north', Riga: 'north', Rome: 'south' }, default: 'rest' };

describe('variants by an attribute', () => {
  it('are shown as the values of each variant', () => {
    expect(variants.map(({ id }) => valuesOf(by, id))).toEqual([['Oslo', 'Riga'], ['Rome'], []]);
  });

  it('come back as they were from what is shown', () => {
    const back = variants.reduce((to, { id }) => withValues(to, id, valuesOf(by, id)), { ...by, values: {} } as VariantBy);
    expect(back).toEqual(by);
  });

  it('keep values of any spelling apart', () => {
    const odd: VariantBy = { attribute: 'a', values: { '10': 'north', '9.5': 'south', true: 'north', riga: 'south', Riga: 'north', 'Washington, D.C.': 'rest', '': 'south', __proto__x: 'north' }, default: 'rest' };
    expect(withValues(odd, 'rest', valuesOf(odd, 'rest'))).toEqual(odd);
    expect(withValues(odd, 'south', ['__proto__']).values).toHaveProperty(['__proto__'], 'south');
  });

  it('give a value to one variant only', () => {
    const moved = withValues(by, 'south', ['Rome', 'Riga']);
    expect(moved.values).toEqual({ Oslo: 'north', Rome: 'south', Riga: 'south' });
    expect(by.values).toEqual({ Oslo: 'north', Riga: 'north', Rome: 'south' });
  });

  it('name no variant that is gone', () => {
    expect(withoutVariant(by, 'north')).toEqual({ attribute: 'city', values: { Rome: 'south' }, default: 'rest' });
    expect(withoutVariant(by, 'rest')).toEqual({ ...by, default: '' });
  });

  it('say what is missing, and which variant nobody gets', () => {
    expect(incomplete(undefined, variants)).toEqual([]);
    expect(incomplete(by, variants)).toEqual([]);
    expect(incomplete(beginVariantBy(variants), variants)).toEqual(['attribute', 'values']);
    expect(incomplete({ ...by, attribute: 'ü'.repeat(129), default: '' }, variants)).toEqual(['attribute_long', 'default']);
    const many = withValues(by, 'north', Array.from({ length: VALUES_MAX + 1 }, (_, n) => String(n)));
    expect(incomplete(many, variants)).toEqual(['too_many']);
    expect(unreached(by, variants)).toEqual([]);
    expect(unreached({ ...by, default: 'south' }, variants)).toEqual(['rest']);
  });

  it('go through a draft without loss', () => {
    const draft: CampaignInput = { ...emptyDraft(), name: 'A', variants, variant_by: by };
    expect(inputOf(draft).variant_by).toEqual(by);
    expect(onChannel(draft, 'sms').variant_by).toEqual(by);
    expect('variant_by' in inputOf({ ...emptyDraft(), name: 'A' })).toBe(false);
  });
});
