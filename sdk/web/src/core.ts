// The library once it is loaded: makes messages of calls and hands them on, as far as that is allowed.

import { watchAddress } from './address.js';
import { openConsent } from './consent.js';
import { campaign, pageFacts, surroundings } from './context.js';
import { ids as idsIn } from './identity.js';
import { openMessages } from './messages.js';
import { type Item, openQueue } from './queue.js';
import { uuid } from './random.js';
import { openSender } from './sender.js';
import { localStorageOrNothing, memoryStore, openStore } from './storage.js';
import type { CallOptions, ConsentDecision, Happenings, IdentifyOptions, Message, Settings } from './types.js';

/** How long a login waits for what is said with it, in milliseconds. */
const LOGIN_WAIT_MS = 50;

/** Events held while nobody has decided: a visit, not a day. */
const HELD_MAX = 200;
/** What the server takes of one event at most is less; more is a mistake. */
const EVENT_BYTES_MAX = 500_000;
const ADOPT_EVERY_MS = 60_000;

/** Tells those who listen. */
export type Tell = <Name extends keyof Happenings>(name: Name, happening: Happenings[Name]) => void;

/** Begins with settings that are complete. */
export function begin(settings: Settings & { host: string }, tell: Tell) {
  const { name = 'perennial', flushAt = 20, flushInterval = 1000, cleanUrl } = settings;
  const store = openStore(settings.persistence ?? 'localStorage', name, settings.cookieDomain);
  const consent = openConsent(store, name, settings);
  const kept = idsIn(store, name);
  // Nothing is stored about who has not decided, nor read.
  const passing = idsIn(memoryStore(), name);
  const ids = () => (consent.state() === 'granted' ? kept : passing);
  const bounds = { events: settings.maxQueueEvents ?? 1000, bytes: settings.maxQueueBytes ?? 1_000_000 };
  const storage = settings.persistence === 'memory' ? undefined : localStorageOrNothing();
  const queue = openQueue(name, storage, bounds, full);
  const allowed = () => consent.state() === 'granted';
  const sender = openSender({ host: settings.host, key: settings.key, name, store, queue, allowed, tell, news: () => refresh() });
  const messages = openMessages({ host: settings.host, key: settings.key, name, store, allowed, who: () => ids().read(), tell, popups: settings.messages !== 'inbox' });
  const held: { message: Message; at: number }[] = [];
  const arrivedBy = campaign(location.search);
  let referrer = document.referrer;
  let state = consent.state();

  function refresh() {
    if (settings.messages !== false) void messages.refresh();
  }

  function full(items: Item[]) {
    const messageIds = items.map(({ messageId }) => messageId);
    tell('error', { code: 'queue.full', message: `${items.length} events that could not be sent were dropped, the oldest first`, messageIds });
  }

  function message(type: Message['type'], fields: object, options: CallOptions, at: number): Message {
    const { anonymousId, userId, groupId } = ids().read();
    const categories = consent.categories();
    const utm = campaign(location.search) ?? arrivedBy;
    return {
      type,
      messageId: options.messageId ?? uuid(),
      timestamp: instant(options.timestamp, at),
      anonymousId,
      ...(userId && { userId }),
      ...fields,
      context: {
        ...surroundings(),
        page: facts(),
        ...(utm && { campaign: utm }),
        ...(groupId && { groupId }),
        ...(categories && { consent: { categoryPreferences: categories } }),
        ...settings.context,
        ...options.context,
      },
    };
  }

  const facts = () => pageFacts(location.href, referrer, document.title, cleanUrl);

  function take(message: Message, at: number) {
    const now = consent.state();
    if (now === 'denied') return;
    if (now === 'pending') {
      held.push({ message, at });
      if (held.length > HELD_MAX) held.shift();
    } else {
      keep(message, at);
    }
    tell('event', message);
  }

  function keep(message: Message, at: number) {
    const bytes = JSON.stringify(message).length;
    if (bytes > EVENT_BYTES_MAX) {
      const text = `an event of ${bytes} bytes was dropped; the limit is ${EVENT_BYTES_MAX}: send ids of documents, not documents`;
      tell('error', { code: 'event.too_large', message: text, messageIds: [message.messageId] });
      return;
    }
    const dropped = queue.makeRoom();
    if (dropped > 0) message.context.dropped = dropped;
    queue.add(message, at);
    sender.plan(queue.size() >= flushAt ? 0 : flushInterval);
  }

  /** Something about consent has changed, here or in another tab. */
  function reconsider() {
    const before = state;
    state = consent.state();
    if (state === 'denied') {
      held.length = 0;
      queue.clear();
      kept.forget();
      passing.forget();
      messages.forget();
    }
    if (state === 'granted' && before !== 'granted') release();
    if (state !== before) tell('consent', { tracking: state });
  }

  /** A decision, and what the server must know of it: whom it may follow, and last of all, that it may not any more. */
  function decide(at: number, change: () => void) {
    const told = (tracking: boolean) => message('identify', { traits: { consent: { ...consent.categories(), tracking } } }, {}, at);
    const before = allowed() && kept.known() ? told(false) : undefined;
    const said = consent.said();
    change();
    reconsider();
    if (consent.said() === said) return;
    if (allowed()) take(told(true), at);
    else if (before && state === 'denied') sender.last(before);
  }

  /** What was held becomes what is sent, as the visitor that the browser knew before, if it did. */
  function release() {
    const temporary = passing.read();
    if (kept.known()) {
      if (temporary.userId) kept.login(temporary.userId);
    } else {
      kept.write(temporary);
    }
    const { anonymousId } = kept.read();
    for (const { message, at } of held.splice(0)) {
      if (message.anonymousId === temporary.anonymousId) message.anonymousId = anonymousId;
      keep(message, at);
    }
    passing.forget();
    void queue.adopt(Date.now()).then(() => sender.plan(0));
    refresh();
  }

  const calls = {
    track: (at: number, event: string, properties: object = {}, options: CallOptions = {}) =>
      take(message('track', { event, properties }, options, at), at),

    page(at: number, first?: string | object, second: object = {}, options: CallOptions = {}) {
      const [title, given] = typeof first === 'object' ? [undefined, first] : [first, second];
      const properties = { ...facts(), ...given };
      take(message('page', { ...(title && { name: title }), properties }, options, at), at);
    },

    identify(at: number, first: string | null | object, second: object = {}, options: IdentifyOptions = {}) {
      const [userId, traits] = typeof first === 'object' && first ? [null, first] : [first, second];
      if (consent.state() === 'denied') return;
      const before = ids().read();
      const after = userId ? ids().login(String(userId), options.signature) : before;
      take(message('identify', { traits }, options, at), at);
      if (after.userId === before.userId && after.signature === before.signature) return;
      // Whoever is here now is known to the server once it has this.
      if (before.userId && before.userId !== after.userId) messages.forget();
      // What is said in the same breath goes along.
      if (settings.messages !== false) setTimeout(() => void sender.drain().then(refresh), LOGIN_WAIT_MS);
    },

    group(at: number, groupId: string, traits: object = {}, options: CallOptions = {}) {
      if (consent.state() === 'denied') return;
      ids().write({ ...ids().read(), groupId: String(groupId) });
      take(message('group', { groupId: String(groupId), traits }, options, at), at);
    },

    alias(at: number, userId: string, previousId?: string, options: CallOptions = {}) {
      const { userId: known, anonymousId } = ids().read();
      const { anonymousId: _, ...rest } = message('alias', { userId, previousId: previousId ?? known ?? anonymousId }, options, at);
      take(rest as Message, at);
    },

    reset() {
      if (consent.state() === 'denied') return;
      ids().reset();
      messages.forget();
    },

    consent: (at: number, decision: ConsentDecision) => decide(at, () => consent.decide(decision)),
    optOut: (at: number) => decide(at, consent.optOut),
    optIn: (at: number) => decide(at, consent.optIn),
  };

  function view(before?: string) {
    if (before) referrer = before;
    calls.page(Date.now());
  }

  function listen() {
    addEventListener('online', () => sender.retry());
    addEventListener('pagehide', () => {
      sender.leave();
      queue.freeze();
    });
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return;
      void queue.live();
      sender.plan(0);
    });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && void sender.drain());
    addEventListener('storage', ({ key }) => key?.startsWith(`${name}.`) && reconsider());
  }

  async function adopt() {
    if (allowed() && (await queue.adopt(Date.now())) > 0) sender.plan(0);
  }

  listen();
  if (state === 'denied') reconsider();
  void queue.live().then(adopt);
  setInterval(() => void adopt(), ADOPT_EVERY_MS);
  refresh();
  if (settings.pageViews === 'load' || settings.pageViews === 'history') view();
  if (settings.pageViews === 'history') watchAddress(view);
  return { calls, flush: () => sender.drain(), who: () => ids().read(), inbox: messages.inbox };
}

/** An instant as the server reads it; now where it cannot be understood. */
function instant(given: CallOptions['timestamp'], at: number): string {
  const date = new Date(given ?? at);
  return (Number.isNaN(date.getTime()) ? new Date(at) : date).toISOString();
}
