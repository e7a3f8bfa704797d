// Whether people may be followed: their own switch, their browser's signals, the site's question.

import type { Store } from './storage.js';
import type { ConsentDecision, ConsentState, Settings } from './types.js';

/** Decisions under one name. Read anew each time, so that all tabs obey at once. */
export function openConsent(store: Store, name: string, settings: Settings) {
  const key = `${name}.consent`;
  const out = `${name}.out`;
  const before = settings.consent ?? 'granted';

  const decided = (): ConsentDecision => {
    try {
      return (JSON.parse(store.get(key) ?? '{}') as ConsentDecision | null) ?? {};
    } catch {
      return {};
    }
  };

  return {
    /** What counts now. A signal of the browser or the visitor's own switch outweighs what the site was told. */
    state(): ConsentState {
      if (store.get(out) === '1' || signalled(settings)) return 'denied';
      const { tracking } = decided();
      return tracking === undefined ? before : tracking ? 'granted' : 'denied';
    },

    /** The site's own categories, as they stand in the context of events. */
    categories(): Record<string, boolean> | undefined {
      const entries = Object.entries(decided()).filter(([category, value]) => category !== 'tracking' && typeof value === 'boolean');
      return entries.length > 0 ? (Object.fromEntries(entries) as Record<string, boolean>) : undefined;
    },

    /** Everything that was decided, to tell whether something changed. */
    said: () => `${store.get(out) ?? ''}${store.get(key) ?? ''}`,

    decide: (decision: ConsentDecision) => store.set(key, JSON.stringify({ ...decided(), ...decision })),
    optOut: () => store.set(out, '1'),
    optIn: () => store.remove(out),
  };
}

/** Do Not Track and Global Privacy Control. */
function signalled({ respectDoNotTrack = true, respectGlobalPrivacyControl = true }: Settings): boolean {
  const { doNotTrack, globalPrivacyControl } = navigator as Navigator & { doNotTrack?: string | null; globalPrivacyControl?: boolean };
  return (respectDoNotTrack && doNotTrack === '1') || (respectGlobalPrivacyControl && globalPrivacyControl === true);
}
