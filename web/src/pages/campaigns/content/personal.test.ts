import { describe, expect, it } from 'vitest';
import { answered, byMembership, lookedUp, personal } from './personal';

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

  it('is a field of an answer, whatever its step is called', () => {
    expect(answered('stock', 'item.name', 'it')).toBe('{{ answer.stock.item.name | default: "it" }}');
    expect(answered('ask-shop', 'shops.0.city', '')).toBe('{{ answer["ask-shop"]["shops.0.city"] }}');
  });

  it('asks whether somebody is in a segment, and looks rows up', () => {
    expect(byMembership('at-risk', 'We miss you', 'Hello')).toBe('{% if segment["at-risk"] %}We miss you{% else %}Hello{% endif %}');
    expect(lookedUp('products', 'event', 'sku', 'title', '')).toBe('{{ catalog.products[event.sku].title }}');
    expect(lookedUp('shops', 'profile', 'home shop', 'opening hours', 'soon')).toBe('{{ catalog.shops[profile["home shop"]]["opening hours"] | default: "soon" }}');
  });
});
