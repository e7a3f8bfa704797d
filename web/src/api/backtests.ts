// Backtests: a journey or a campaign over a past period of what really happened.

import { body, client } from './client';
import type { Schemas } from './types';

export type Backtest = Schemas['Backtest'];
export type BacktestResult = Schemas['BacktestResult'];
export type BacktestDecision = Schemas['BacktestDecision'];
export type BacktestReachable = NonNullable<Schemas['BacktestInput']['reachable']>;

/** What is tried: from an instant on, before another one. */
export interface Period {
  from: string;
  to: string;
  reachable: BacktestReachable;
}

const at = (id: string) => ({ params: { path: { id } } });

export const backtests = {
  ofJourney: (id: string, period: Period) => body(client.POST('/api/journeys/{id}/backtest', { ...at(id), body: period })),
  ofCampaign: (id: string, period: Period) => body(client.POST('/api/campaigns/{id}/backtest', { ...at(id), body: period })),
  one: (id: string) => body(client.GET('/api/backtests/{id}', at(id))),
  cancel: (id: string) => body(client.DELETE('/api/backtests/{id}', at(id))),
};
