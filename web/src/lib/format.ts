// Numbers, dates and times in the chosen language; instants in the workspace's zone.

import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../api/session';

export interface Format {
  language: string;
  zone: string;
  /** 4,372 */
  count: (value: number) => string;
  /** 11–20; of one number only that */
  range: (from: number, to: number) => string;
  /** 4.4K, for axes */
  compact: (value: number) => string;
  /** 12.5 % from 0.125 */
  percent: (share: number, digits?: number) => string;
  /** 1,234.50 */
  amount: (value: number) => string;
  /** +12, −3, 0 */
  change: (value: number) => string;
  /** 9 Dec 2011, of an instant, in the zone */
  date: (instant: string) => string;
  /** 9 Dec, of a local day written YYYY-MM-DD */
  day: (day: string) => string;
  /** 9 Dec 2011, of a local day written YYYY-MM-DD */
  fullDay: (day: string) => string;
  /** 9 Dec 2011, 12:50 GMT */
  dateTime: (instant: string) => string;
  /** 9 Dec 2011, 12:50:07 GMT */
  exact: (instant: string) => string;
  /** 12:50:00 */
  time: (instant: string) => string;
  /** The same instant in the browser's own zone, if that is another one. */
  inOwnZone: (instant: string) => string | undefined;
  /** A property's value as people read it. */
  value: (value: unknown) => string;
}

/** The zone's short name at an instant, as in `GMT+3`. The same in all languages, and set apart from
 * its surroundings, because sign and number change places in right-to-left text otherwise. */
function zoneName(instant: string, zone: string): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'short' }).formatToParts(Date.parse(instant));
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
  return `\u2066${name}\u2069`;
}

export function makeFormat(language: string, zone: string): Format {
  const number = (options: Intl.NumberFormatOptions = {}) => new Intl.NumberFormat(language, options);
  const moment = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, { calendar: 'gregory', timeZone: zone, ...options });
  const plain = number({ maximumFractionDigits: 2 });
  const compact = number({ notation: 'compact', maximumFractionDigits: 1 });
  const amount = number({ maximumFractionDigits: 2, minimumFractionDigits: 0 });
  const change = number({ signDisplay: 'exceptZero' });
  const date = moment({ year: 'numeric', month: 'short', day: 'numeric' });
  const day = moment({ month: 'short', day: 'numeric', timeZone: 'UTC' });
  const fullDay = moment({ year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' });
  const stamp: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  const dateTime = moment(stamp);
  const exact = moment({ ...stamp, second: '2-digit' });
  const time = moment({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const value = (raw: unknown): string => {
    if (raw === null || raw === undefined) return '–';
    if (typeof raw === 'number') return Number.isInteger(raw) ? String(raw) : plain.format(raw);
    if (Array.isArray(raw)) return raw.map(value).join(', ');
    if (typeof raw === 'object') return Object.entries(raw).map(([name, inner]) => `${name}: ${value(inner)}`).join(', ');
    return String(raw);
  };

  return {
    language,
    zone,
    count: (n) => plain.format(n),
    range: (from, to) => (from === to ? plain.format(from) : plain.formatRange(from, to)),
    compact: (n) => compact.format(n),
    percent: (share, digits = 1) => number({ style: 'percent', maximumFractionDigits: digits }).format(share),
    amount: (n) => (Math.abs(n) >= 1000 ? number({ maximumFractionDigits: 0 }).format(n) : amount.format(n)),
    change: (n) => change.format(n),
    date: (at) => date.format(Date.parse(at)),
    day: (local) => day.format(Date.parse(local)),
    fullDay: (local) => fullDay.format(Date.parse(local)),
    dateTime: (at) => `${dateTime.format(Date.parse(at))} ${zoneName(at, zone)}`,
    exact: (at) => `${exact.format(Date.parse(at))} ${zoneName(at, zone)}`,
    time: (at) => time.format(Date.parse(at)),
    inOwnZone: (at) =>
      ownZone === zone ? undefined : `${moment({ ...stamp, timeZone: ownZone }).format(Date.parse(at))} ${zoneName(at, ownZone)}`,
    value,
  };
}

/** Formatting in the language and zone of this page. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  const { workspace } = useSession();
  return useMemo(() => makeFormat(i18n.language, workspace.zone), [i18n.language, workspace.zone]);
}
