// What is live, as a page keeps it: the view it began with, and what the stream told since.

import type { ServerEvent } from '../api/stream';
import type { Live, LiveEvent, LiveFlow, LiveWatch, StreamCounts, WatchTransition } from '../api/types';

/** Transitions and events that a page keeps. */
export const KEPT = 200;

/** An event with what tells it apart. */
export interface ShownEvent extends LiveEvent {
  key: string;
}

export interface LiveState {
  exactAsOf: string | null;
  watches: LiveWatch[];
  /** Newest first. */
  transitions: WatchTransition[];
  /** Newest first. */
  events: ShownEvent[];
  /** Events that were too many at once to be sent. */
  skipped: number;
}

export function begin(view: Live): LiveState {
  return {
    exactAsOf: view.exact_as_of,
    watches: view.watches,
    transitions: view.transitions.slice(0, KEPT),
    events: view.events.slice(0, KEPT).map((event, at) => ({ ...event, key: `first-${at}` })),
    skipped: 0,
  };
}

/** Takes in what the stream told, oldest first. `stale`: the view has to be asked for again. */
export function take(state: LiveState, told: ServerEvent[]): { state: LiveState; stale: boolean } {
  const known = new Set(state.transitions.map(({ id }) => id));
  const transitions: WatchTransition[] = [];
  const events: ShownEvent[] = [];
  const counts = new Map(state.watches.map((watch) => [watch.key, watch.now]));
  const gone = new Set<string>();
  let { exactAsOf, skipped } = state;
  let stale = false;
  for (const { name, id, data } of told) {
    if (name === 'transition') {
      const transition = data as WatchTransition;
      // Nobody moved when a definition was made.
      if (!known.has(transition.id) && transition.cause !== 'definition') transitions.push(transition);
      known.add(transition.id);
    } else if (name === 'event') {
      events.push({ ...(data as LiveEvent), key: id });
    } else if (name === 'skipped') {
      skipped += (data as { events: number }).events;
    } else if (name === 'missed') {
      stale = true;
    } else if (name === 'counts') {
      const news = data as StreamCounts;
      exactAsOf = news.exact_as_of;
      for (const now of news.watches) {
        // A definition that is new here has a name only in the view.
        if (!counts.has(now.watch)) stale = true;
        counts.set(now.watch, now);
        gone.delete(now.watch);
      }
      for (const key of news.gone) gone.add(key);
    }
  }
  // What is gone may still be there, only not live: the view knows.
  if (gone.size > 0) stale = true;
  const newest = <T>(fresh: T[], old: T[]) => (fresh.length === 0 ? old : [...fresh.toReversed(), ...old].slice(0, KEPT));
  return {
    state: {
      exactAsOf,
      skipped,
      watches: state.watches.map((watch) => {
        const now = counts.get(watch.key)!;
        return now === watch.now ? watch : { ...watch, now };
      }),
      transitions: newest(transitions, state.transitions),
      events: newest(events, state.events),
    },
    stale,
  };
}

/** All places of a definition together, in the last minute. */
export function lastMinute(watches: LiveWatch[]): LiveFlow {
  const flows = watches.flatMap(({ now }) => now.places.map((place) => place.last_minute));
  return {
    entered: flows.reduce((sum, flow) => sum + flow.entered, 0),
    left: flows.reduce((sum, flow) => sum + flow.left, 0),
  };
}

/** Whether an event holds a text, in its name, its person or a property. */
export function mentions(event: LiveEvent, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return true;
  const all = [event.name, event.user, ...Object.entries(event.properties).flat().map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)))];
  return all.some((part) => part.toLowerCase().includes(wanted));
}

/** The address of a person as they were at a transition, with the reason where a segment is why. */
export function whyPath({ watch, user, at }: WatchTransition): string {
  const params = new URLSearchParams({ as_of: at });
  const segment = watch.startsWith('segment/') ? watch.slice('segment/'.length) : undefined;
  if (segment) params.set('why', segment);
  return `/people/${encodeURIComponent(user)}?${params}`;
}
