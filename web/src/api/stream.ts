// Server-sent events through fetch, so that the key can be sent: read piece by piece, taken up again
// where they broke off, and let go while nobody looks at the tab (a browser has few connections).

import { ApiError, errorOf } from './client';
import { storedKey } from './key';

/** One server-sent event. */
export interface ServerEvent {
  name: string;
  /** Stands for everything up to here. */
  id: string;
  data: unknown;
}

/** How the stream is doing. */
export type Connection = 'connecting' | 'open' | 'lost';

export interface Listener {
  events: (events: ServerEvent[]) => void;
  connection: (now: Connection) => void;
  /** The server refuses: there is no use in trying again. */
  refused: (error: ApiError) => void;
}

const WAIT_FIRST_MS = 1_000;
const WAIT_LONGEST_MS = 30_000;

/** Cuts text that arrives in pieces into events. An id without an event is kept for the next. */
export class EventCutter {
  private rest = '';
  private name = '';
  private data: string[] = [];

  constructor(public lastId = '') {}

  push(text: string): ServerEvent[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.line(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  private line(line: string): ServerEvent[] {
    if (line === '') return this.end();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') this.lastId = value;
    else if (field === 'event') this.name = value;
    else if (field === 'data') this.data.push(value);
    return [];
  }

  private end(): ServerEvent[] {
    const { name, data } = this;
    this.name = '';
    this.data = [];
    if (data.length === 0) return [];
    return [{ name: name || 'message', id: this.lastId, data: JSON.parse(data.join('\n')) as unknown }];
  }
}

const delay = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
  });

/** Waits until the tab is looked at. */
const looked = (signal: AbortSignal) =>
  new Promise<void>((done) => {
    if (document.visibilityState === 'visible' || signal.aborted) return done();
    const see = () => {
      if (document.visibilityState !== 'visible' && !signal.aborted) return;
      document.removeEventListener('visibilitychange', see);
      done();
    };
    document.addEventListener('visibilitychange', see);
    signal.addEventListener('abort', see);
  });

/** Reads one answer to its end. */
async function read(query: URLSearchParams, cutter: EventCutter, listener: Listener, signal: AbortSignal): Promise<void> {
  const headers = new Headers({ accept: 'text/event-stream' });
  const key = storedKey();
  if (key) headers.set('authorization', `Bearer ${key}`);
  if (cutter.lastId) headers.set('last-event-id', cutter.lastId);
  const answer = await fetch(`/api/live/stream?${query}`, { headers, signal, cache: 'no-store' });
  if (!answer.ok || !answer.body) {
    throw errorOf(answer.status, await answer.json().catch(() => undefined));
  }
  listener.connection('open');
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  // What an answer began and did not end is not taken up by the next.
  const pieces = new EventCutter(cutter.lastId);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = pieces.push(value);
    cutter.lastId = pieces.lastId;
    if (events.length > 0) listener.events(events);
  }
}

/** Listens until the returned function is called. */
export function follow(query: URLSearchParams, lastId: string, listener: Listener): () => void {
  const stop = new AbortController();
  const cutter = new EventCutter(lastId);
  const run = async () => {
    let wait = WAIT_FIRST_MS;
    while (!stop.signal.aborted) {
      await looked(stop.signal);
      if (stop.signal.aborted) return;
      const present = new AbortController();
      const leave = () => document.visibilityState === 'hidden' && present.abort();
      document.addEventListener('visibilitychange', leave);
      listener.connection('connecting');
      try {
        await read(query, cutter, { ...listener, events: (events) => { wait = WAIT_FIRST_MS; listener.events(events); } }, AbortSignal.any([stop.signal, present.signal]));
      } catch (cause) {
        if (stop.signal.aborted) return;
        // 503 says that there are too many listeners at the moment.
        if (cause instanceof ApiError && cause.status !== 503) return listener.refused(cause);
      } finally {
        document.removeEventListener('visibilitychange', leave);
      }
      if (present.signal.aborted) continue;
      listener.connection('lost');
      await delay(wait * (0.5 + Math.random() / 2), stop.signal);
      wait = Math.min(wait * 2, WAIT_LONGEST_MS);
    }
  };
  void run();
  return () => stop.abort();
}
