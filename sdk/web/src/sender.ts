// Brings waiting events to the server: in batches, one request at a time, again until they arrive.
//
// Requests are "simple" ones (plain text, the key in the body), so that a browser asks no permission first
// and a page that closes can still send. An event leaves the queue when the server has it, or refuses it.

import type { Item, openQueue } from './queue.js';
import { backoff, retryAfter, verdict } from './retry.js';
import type { Store } from './storage.js';
import type { Happenings, Message } from './types.js';

/** Browsers let closing pages send 64 KiB. */
const REQUEST_BYTES = 60_000;
const REQUEST_EVENTS = 100;
/** Without an answer for so long the connection is given up. */
const PATIENCE_MS = 30_000;

/** What the sender needs. */
export interface Surroundings {
  host: string;
  key: string;
  name: string;
  store: Store;
  queue: ReturnType<typeof openQueue>;
  allowed: () => boolean;
  tell: <Name extends keyof Happenings>(name: Name, happening: Happenings[Name]) => void;
  /** The server says that a message waits. */
  news: () => void;
}

/** The sender of one page. */
export function openSender({ host, key, name, store, queue, allowed, tell, news }: Surroundings) {
  const url = `${host}/v1/batch`;
  const told = `${name}.wait`;
  let failures = 0;
  let notBefore = 0;
  let most = REQUEST_EVENTS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt = Infinity;
  let running: Promise<boolean> | undefined;

  /** Milliseconds that the server asked to be left alone, whichever tab it told. */
  const patience = () => Math.max(0, Number(store.get(told) ?? 0) - Date.now()) || 0;

  /** Sends after a while, or earlier if that was already planned; after a failure not before its time. */
  function plan(wait: number) {
    const now = Date.now();
    const at = Math.max(now + wait, notBefore);
    if (at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(() => void drain(), at - now);
  }

  /** Sends until nothing waits or something is in the way. */
  function drain(): Promise<boolean> {
    clearTimeout(timer);
    timerAt = Infinity;
    running ??= sendAll().finally(() => (running = undefined));
    return running;
  }

  async function sendAll(): Promise<boolean> {
    while (queue.size() > 0) {
      if (!allowed()) return false;
      const wait = patience();
      if (wait > 0) {
        plan(wait);
        return false;
      }
      const items = queue.head(most, REQUEST_BYTES);
      if (items.length === 0) break;
      queue.flying(items.length);
      const sent = await send(items).finally(() => queue.flying(0));
      if (!sent) return false;
    }
    return true;
  }

  async function send(items: Item[]): Promise<boolean> {
    const messageIds = items.map(({ messageId }) => messageId);
    const answer = await request(bodyOf(items));
    const what = answer ? verdict(answer.status) : 'retry';
    if (what === 'retry') {
      const asked = retryAfter(answer?.headers.get('retry-after') ?? null, Date.now());
      const wait = (asked ?? 0) + backoff(asked === undefined ? failures : 0, Math.random());
      failures += 1;
      notBefore = Date.now() + wait;
      if (asked !== undefined) store.set(told, String(Math.round(notBefore)));
      plan(wait);
      return false;
    }
    failures = notBefore = 0;
    if (what === 'split' && items.length > 1) {
      most = Math.ceil(items.length / 2);
      return true;
    }
    queue.remove(items);
    if (what === 'done' && answer) {
      tell('sent', { messageIds });
      await rejections(answer, messageIds);
    } else {
      const message = `the server refused ${items.length} events with HTTP ${answer?.status}: ${await words(answer)}`;
      tell('error', { code: 'request.refused', message, messageIds });
    }
    return true;
  }

  async function request(body: string): Promise<Response | undefined> {
    const giveUp = new AbortController();
    const clock = setTimeout(() => giveUp.abort(), PATIENCE_MS);
    try {
      return await fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'text/plain' },
        credentials: 'omit',
        // The room for such requests is shared by everything on the page: after a failure, do without.
        keepalive: failures === 0 && body.length < REQUEST_BYTES,
        signal: giveUp.signal,
      });
    } catch {
      return undefined;
    } finally {
      clearTimeout(clock);
    }
  }

  /** Single events that the server put into the error stream. */
  async function rejections(answer: Response, messageIds: string[]) {
    try {
      const { rejected = [], messages } = (await answer.json()) as { rejected?: { index: number; code: string; message: string }[]; messages?: boolean };
      if (messages) news();
      for (const { index, code, message } of rejected) {
        tell('error', { code, message, messageIds: messageIds.slice(index, index + 1) });
      }
    } catch {
      // The events are there; only what is said about them cannot be read.
    }
  }

  const bodyOf = (items: { json: string }[]) =>
    `{"batch":[${items.map(({ json }) => json).join(',')}],"sentAt":"${new Date().toISOString()}","writeKey":${JSON.stringify(key)}}`;

  return {
    plan,
    drain,
    /** The network is back: what failed for want of it does not wait any longer. */
    retry() {
      failures = notBefore = 0;
      void drain();
    },
    /** One message past the queue: the last one about somebody. If it does not arrive, that is all. */
    last: (message: Message) => void request(bodyOf([{ json: JSON.stringify(message) }])),
    /** The page goes: what is not on its way is handed to the browser. It stays in the queue, because nobody tells whether it arrived; sent again, it counts once. */
    leave() {
      if (!allowed() || patience() > 0 || !navigator.onLine || typeof navigator.sendBeacon !== 'function') return;
      for (const items of queue.rest(most, REQUEST_BYTES)) {
        if (!navigator.sendBeacon(url, new Blob([bodyOf(items)], { type: 'text/plain' }))) return;
      }
    },
  };
}

async function words(answer: Response | undefined): Promise<string> {
  const text = (await answer?.text().catch(() => '')) ?? '';
  try {
    const { error } = JSON.parse(text) as { error: { message: string; hint?: string } };
    return error.hint ? `${error.message}; ${error.hint}` : error.message;
  } catch {
    return text.slice(0, 200);
  }
}
