import { describe, expect, it } from 'vitest';
import type { JourneyInput, StepAction } from '../types';
import { answersBefore, answersOf } from './answers';
import { problemsOf } from './checks';
import { answerConditions } from './conditions';
import { renameStep } from './edit';
import { waysOf, withWay } from './graph';
import { read, textOf } from './read';
import { objectIn, changesOf, propertiesOf, updateOf, valuesOf } from './values';

const webhook = (body: string): Extract<StepAction, { kind: 'webhook' }> => ({ kind: 'webhook', message: { channel: 'webhook', content: { default: { kind: 'webhook', url: 'https://shop.example/score', body } } }, within: '30s', failed: 'out' });
const mail = (body: string): StepAction => ({ kind: 'message', message: { channel: 'email', content: { default: { kind: 'email', subject: 'Offer', body } } } });

const loan: JourneyInput = {
  name: 'Loan',
  entry: { kind: 'event', event: 'Applied' },
  steps: [
    { id: 'score', do: webhook('{"user": "{{ profile.id }}"}'), next: 'enough' },
    { id: 'enough', do: { kind: 'split', paths: [{ id: 'a', answer: { step: 'score', where: [{ property: 'limit', op: 'ge', value: 500 }] }, next: 'mark' }], otherwise: 'out' } },
    { id: 'mark', do: { kind: 'update', set: { limit: { answer: 'score.limit' }, plan: { profile: 'score.limit' } } }, next: 'tell' },
    { id: 'tell', do: { kind: 'emit', event: 'Limit Set', properties: { tier: { answer: 'score.who.tier' }, score: 'score.limit' } }, next: 'offer' },
    { id: 'offer', do: mail('Hello score.limit {{ answer.score.limit | plus: 1 }} {% if answer["score"].tier %}x{% endif %}'), next: 'again' },
    { id: 'again', do: webhook('{{ answer.score.id }}'), next: undefined },
    { id: 'out', do: { kind: 'exit' } },
  ].map(({ next, ...step }) => (next === undefined ? step : { ...step, next })) as JourneyInput['steps'],
};

describe('answers of servers', () => {
  it('have two ways, one of them for whoever has none', () => {
    expect(waysOf(loan.steps[0]!)).toEqual([{ path: 'next', to: 'enough', optional: false }, { path: 'failed', to: 'out', optional: false }]);
    expect(withWay(loan.steps[0]!, 'failed', 'offer').do).toMatchObject({ failed: 'offer' });
    expect('failed' in withWay(loan.steps[0]!, 'failed', undefined).do).toBe(false);
  });

  it('are used by steps after the one that asks', () => {
    expect(loan.steps.map((step) => answersOf(step))).toEqual([[], ['score'], ['score'], ['score'], ['score', 'score'], ['score'], []]);
    expect(answersBefore(loan, 'offer')).toEqual(['score']);
    expect(answersBefore(loan, 'score')).toEqual([]);
    expect(problemsOf(loan)).toEqual([]);
    const early = { ...loan, steps: [{ id: 'first', do: mail('{{ answer.score.limit }}'), next: 'score' }, ...loan.steps] };
    expect(problemsOf(early)).toEqual([{ code: 'no_answer', step: 'first', what: 'score', error: true }]);
  });

  it('follow a step to its new id, and nothing else does', () => {
    const renamed = renameStep(loan, 'score', 'credit');
    expect(problemsOf(renamed)).toEqual([]);
    expect(renamed.steps.map((step) => answersOf(step)).flat()).not.toContain('score');
    expect(renamed.steps[2]!.do).toMatchObject({ set: { limit: { answer: 'credit.limit' }, plan: { profile: 'score.limit' } } });
    expect(renamed.steps[3]!.do).toMatchObject({ properties: { tier: { answer: 'credit.who.tier' }, score: 'score.limit' } });
    const text = textOf(renamed);
    expect(text).toContain('Hello score.limit {{ answer.credit.limit | plus: 1 }} {% if answer[\\"credit\\"].tier %}');
    expect(renameStep(renamed, 'credit', 'score')).toEqual(loan);
  });

  it('are read from the text, with what cannot be drawn as it is', () => {
    expect(read(textOf(loan)).problem).toBeNull();
    const wrong = textOf(loan).replace('"step": "score"', '"step": 1');
    expect(read(wrong).problem).toMatchObject({ place: 'steps[1].do.paths[0].answer.step', code: 'text' });
    expect(answerConditions(undefined)).toEqual([]);
    expect(answerConditions([{ property: 'limit', op: 'ge', value: 500 }])).toHaveLength(1);
    expect(answerConditions([{ any: [{ property: 'limit', op: 'ge', value: 500 }] }])).toBeNull();
  });

  it('stay what they are in the fields of other steps', () => {
    const update = loan.steps[2]!.do as Extract<StepAction, { kind: 'update' }>;
    expect(updateOf(changesOf(update))).toEqual(update);
    const { properties } = loan.steps[3]!.do as Extract<StepAction, { kind: 'emit' }>;
    expect(propertiesOf(properties!)[0]).toEqual({ name: 'tier', source: 'answer', value: 'score.who.tier' });
    expect(valuesOf(propertiesOf(properties!))).toEqual(properties);
  });

  it('that are taken for granted are objects', () => {
    expect(objectIn(' ')).toBeUndefined();
    expect(objectIn('{"left": 3}')).toEqual({ left: 3 });
    for (const text of ['{"left": ', '[1]', '3', 'null']) expect(objectIn(text)).toBeNull();
  });
});
