// Compiled, never run: what the written declarations allow and what they refuse.
/// <reference path="./events.d.ts" />
import perennial, { type EventName } from '@perennial/web';

perennial.track('Purchase', { amount: 12.5, currency: 'TRY', coupon: 'X', at: new Date(), delivery: { city: 'Ankara' } });
perennial.track('Purchase', { amount: 1, products: [{ sku: 'a', price: 2 }] });
perennial.track('Purchase', { amount: 1, products: { sku: ['a', 'b'] } }, { messageId: 'order-1' });
perennial.track('Cart Viewed');
perennial.track('favourite');
perennial.track('favourite', { on: true });
perennial.identify('ada', { plan: 'plus', visits: 3 });
perennial.identify({ plan: 'free' });
perennial.identify(null);

// @ts-expect-error an event that nobody knows
perennial.track('Purchased', { amount: 1 });
// @ts-expect-error a required property is missing
perennial.track('Purchase');
// @ts-expect-error of the wrong type
perennial.track('Purchase', { amount: '12' });
// @ts-expect-error a property that nobody knows
perennial.track('Purchase', { amount: 1, amout: 1 });
// @ts-expect-error not one of the allowed
perennial.track('Purchase', { amount: 1, currency: 'USD' });
// @ts-expect-error an event without properties
perennial.track('Cart Viewed', { items: 3 });
// @ts-expect-error blocked
perennial.track('Blocked');
// @ts-expect-error not one of the allowed
perennial.identify('ada', { plan: 'gold' });

export const names: EventName[] = ['Purchase', 'Cart Viewed', 'favourite'];
