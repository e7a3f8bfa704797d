import { describe, expect, it } from 'vitest';
import { personal } from './personal';

describe('a personal value', () => {
  it('is a path with what is said without it', () => {
    expect(personal('profile', 'first_name', 'there')).toBe('{{ profile.first_name | default: "there" }}');
    expect(personal('event', 'cart.total', '')).toBe('{{ event.cart.total }}');
  });

  it('quotes names with blanks and marks', () => {
    expect(personal('profile', 'Favourite shop', 'ours')).toBe('{{ profile["Favourite shop"] | default: "ours" }}');
    expect(personal('profile', 'şehir', '')).toBe('{{ profile.şehir }}');
  });

  it('keeps quotes of the fallback from ending it', () => {
    expect(personal('profile', 'name', 'the "one"')).toBe(`{{ profile.name | default: 'the "one"' }}`);
    expect(personal('profile', 'name', `"it's"`)).toBe(`{{ profile.name | default: '"it’s"' }}`);
  });
});
