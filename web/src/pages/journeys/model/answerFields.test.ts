import { describe, expect, it } from 'vitest';
import type { JourneyInput, StepAction } from '../types';
import { askedBefore, askedOf } from './answerFields';

const asks = (assumed?: object): StepAction => ({ kind: 'webhook', message: { channel: 'webhook', content: { default: { kind: 'webhook', url: 'https://shop.example/stock' } } }, within: '30s', ...(assumed && { assumed }) });
const says = (body: string): StepAction => ({ kind: 'message', message: { channel: 'sms', content: { default: { kind: 'sms', body } } } });
const journey = (...steps: [string, StepAction][]): JourneyInput => ({
  name: 'Stock',
  entry: { kind: 'event', event: 'Add To Cart' },
  steps: steps.map(([id, action], at) => ({ id, do: action, ...(steps[at + 1] && { next: steps[at + 1]![0] }) })),
});

describe('what is known of an answer', () => {
  it('is what the step takes for granted, with the names that are stored', () => {
    const assumed = { left: 3, item: { name: 'Shoes' }, sizes: [41, 42], shops: [{ city: 'Bursa' }, { city: 'Ankara' }], none: null };
    const { fields, sample } = askedOf(journey(['stock', asks(assumed)]), 'stock');
    expect(fields).toEqual(['left', 'item.name', 'sizes', 'shops.0.city', 'shops.1.city']);
    expect(sample).toEqual(assumed);
  });

  it('is what other steps use of it, and values they compare with are an answer to try', () => {
    const split: StepAction = { kind: 'split', paths: [{ id: 'a', answer: { step: 'stock', where: [{ property: 'left', op: 'le', value: 5 }, { any: [{ property: 'item.kind', op: 'eq', value: 'shoe' }] }] }, next: 'tell' }] };
    const all = journey(
      ['stock', asks()],
      ['other', asks({ limit: 1 })],
      ['split', split],
      ['mark', { kind: 'update', set: { size: { answer: 'stock.size' }, limit: { answer: 'other.limit' } } }],
      ['tell', says('answer.stock.said {{ answer.stock.left }} {% if answer["stock"]["item name"] %}{{answer.stock.item.colour|upcase}}{% endif %}{{ answer.other.x }} {{ answer.stock }}')],
    );
    const { fields, sample } = askedOf(all, 'stock');
    expect(fields).toEqual(['left', 'item.kind', 'size', 'item name', 'item.colour']);
    expect(sample).toEqual({ left: 5, item: { kind: 'shoe' } });
  });

  it('is nothing of a step that nobody uses', () => {
    expect(askedOf(journey(['stock', asks()]), 'stock')).toEqual({ step: 'stock', fields: [], sample: undefined });
  });

  it('is there for the steps after it', () => {
    const all = journey(['first', says('x')], ['stock', asks({ left: 1 })], ['second', asks()], ['last', says('y')]);
    const before = (id: string) => askedBefore(all, id).map(({ step }) => step);
    expect([before('first'), before('stock'), before('second'), before('last')]).toEqual([[], [], ['stock'], ['stock', 'second']]);
  });
});
