// A journey that a change of the lifecycle's state asks for: from the address to what is sent to the server.

import { describe, expect, it } from 'vitest';
import { startJourneyPath } from '../../../lib/links';
import { stateEntry, stateJourney } from './begin';
import { problemsOf } from './checks';
import { read, textOf } from './read';

const ORDER = ['new', 'active', 'loyal', 'at_risk', 'dormant'];
const asked = (search: string) => stateEntry(new URLSearchParams(search), ORDER);

describe('an address that asks for a journey', () => {
  it('is read as it was written', () => {
    for (const entry of [{ from: 'active', to: 'at_risk' }, { to: 'dormant' }]) {
      const address = new URL(startJourneyPath(entry), 'http://localhost');
      expect(address.pathname).toBe('/journeys');
      expect(asked(address.search)).toEqual(entry);
    }
  });

  it('asks for nothing that cannot happen', () => {
    for (const search of ['', 'from=active', 'to=', 'to=gone', 'from=gone&to=active', 'from=none&to=active', 'from=active&to=none', 'from=active&to=active']) expect(asked(search), search).toBeNull();
  });
});

describe('a journey of a change of state', () => {
  it('lets those in who go from one to the other, and is to bring them up', () => {
    expect(stateJourney('Slipping', { from: 'active', to: 'at_risk' }, ORDER)).toEqual({
      name: 'Slipping',
      entry: { kind: 'state', from: ['active'], to: ['at_risk'] },
      again: { kind: 'once' },
      control: 0.1,
      goals: [{ id: 'up', when: { kind: 'state', to: ['new', 'active', 'loyal'] }, within: '30d', exits: true }],
      steps: [{ id: 'wait', do: { kind: 'wait', for: '1d' } }],
    });
  });

  it('of a state alone lets in whoever comes into it', () => {
    expect(stateJourney('Asleep', { to: 'dormant' }, ORDER).entry).toEqual({ kind: 'state', to: ['dormant'] });
    const stage = stateJourney('Warm', asked('lifecycle=stages&to=dormant')!, ORDER);
    expect(stage.entry).toEqual({ kind: 'state', lifecycle: 'stages', to: ['dormant'] });
    expect(stage.goals?.[0]?.when).toMatchObject({ kind: 'state', lifecycle: 'stages' });
  });

  it('has no goal where no state stands before', () => {
    expect(stateJourney('Back', { from: 'dormant', to: 'new' }, ORDER)).not.toHaveProperty('goals');
  });

  it('has nothing wrong with it, and is the same as text', () => {
    for (const to of ORDER) {
      const journey = stateJourney('Any', { to }, ORDER);
      expect(problemsOf(journey)).toEqual([]);
      expect(read(textOf(journey)).journey).toEqual(journey);
    }
  });
});
