// Pop-ups and the inbox: fetches them, waits for what lets a pop-up be shown, and tells the server what was
// done. Nothing is asked again and again: it is fetched at the start, after a login, and when an answer to
// events says that something waits. How things look is in `popup.ts` and `panel.ts`.

import { openPanel } from './panel.js';
import { showPopup } from './popup.js';
import { uuid } from './random.js';
import type { Store } from './storage.js';
import type { Happenings, Inbox, InboxCard, Popup } from './types.js';

/** Receipts that are kept until the server has them. */
const RECEIPTS_MAX = 100;
/** Shows that tabs of one browser tell each other. */
const SHOWN_MAX = 50;

/** What somebody did with a message, as the server takes it. */
interface Receipt {
  message: string;
  deed: 'shown' | 'read' | 'clicked' | 'dismissed';
  show?: number;
  button?: string;
  url?: string;
}

/** What messages need. */
export interface Surroundings {
  host: string;
  key: string;
  name: string;
  store: Store;
  allowed: () => boolean;
  who: () => { anonymousId: string; userId?: string | undefined; signature?: string | undefined };
  tell: <Name extends keyof Happenings>(name: Name, happening: Happenings[Name]) => void;
  popups: boolean;
}

/** The messages of one page. */
export function openMessages({ host, key, name, store, allowed, who, tell, popups }: Surroundings) {
  const session = sessionOf(name);
  const kept = `${name}.receipts`;
  const shown = `${name}.shown`;
  const seen = new Set<string>();
  const waiting: Popup[] = [];
  let cards: InboxCard[] = [];
  let showing = false;
  let running = false;
  let again = false;
  let telling = false;
  let close: (() => void) | undefined;
  let visitor = '';

  async function post<Answer>(path: string, more: object): Promise<Answer | undefined> {
    const { anonymousId, userId, signature } = who();
    const body = JSON.stringify({ writeKey: key, anonymousId, userId, ...(userId && { signature }), session, ...more });
    try {
      const answer = await fetch(host + path, { method: 'POST', body, headers: { 'content-type': 'text/plain' }, credentials: 'omit', keepalive: body.length < 60_000 });
      const said = (await answer.json()) as Answer & { error?: { code: string; message: string } };
      if (answer.ok) return said;
      if (said.error && answer.status < 500) tell('error', said.error);
    } catch {
      // Without a network nothing is shown; the next event or page asks again.
    }
    return undefined;
  }

  /** Fetches what waits. Of several wishes at once one more request follows the one under way. */
  async function refresh(): Promise<void> {
    if (!allowed()) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await report();
      const { anonymousId, userId = '' } = who();
      const found = await post<{ popups: Popup[]; inbox: InboxCard[] }>('/v1/messages', {});
      if (!found || !allowed()) return;
      if (visitor !== anonymousId + userId) waiting.length = 0;
      visitor = anonymousId + userId;
      cards = found.inbox;
      changed();
      if (popups) found.popups.forEach(plan);
    } finally {
      running = false;
      if (again) {
        again = false;
        void refresh();
      }
    }
  }

  const changed = () => tell('inbox', { cards: [...cards], unread: unread() });
  const unread = () => cards.filter(({ read }) => !read).length;

  /** Waits for what lets a pop-up be shown, once on this page. */
  function plan(popup: Popup) {
    const mark = `${popup.id}/${popup.show}`;
    if (seen.has(mark)) return;
    seen.add(mark);
    whenever(popup.when, () =>
      setTimeout(() => {
        waiting.push(popup);
        next();
      }, popup.delayMs),
    );
  }

  function next() {
    const popup = !showing && allowed() ? waiting.shift() : undefined;
    if (!popup) return;
    const mark = `${popup.id}/${popup.show}`;
    const others = (store.get(shown) ?? '').split(' ');
    if (others.includes(mark)) return next();
    store.set(shown, [...others, mark].slice(-SHOWN_MAX).join(' '));
    showing = true;
    close = showPopup(popup, {
      clicked: (button, url) => void say({ message: popup.id, deed: 'clicked', button, url }),
      dismissed: () => void say({ message: popup.id, deed: 'dismissed' }),
      closed() {
        showing = false;
        close = undefined;
        next();
      },
    });
    tell('popup', { id: popup.id, campaign: popup.campaign, variant: popup.variant });
    void say({ message: popup.id, deed: 'shown', show: popup.show });
  }

  const untold = (): Receipt[] => {
    try {
      return JSON.parse(store.get(kept) ?? '[]') as Receipt[];
    } catch {
      return [];
    }
  };

  function say(receipt: Receipt) {
    store.set(kept, JSON.stringify([...untold(), receipt].slice(-RECEIPTS_MAX)));
    return report();
  }

  /** Tells what was not told yet. Told twice it counts once. */
  async function report(): Promise<void> {
    if (telling || !allowed()) return;
    telling = true;
    try {
      for (let receipts = untold(); receipts.length > 0; receipts = untold()) {
        if (!(await post('/v1/messages/receipts', { receipts }))) return;
        const left = untold().slice(receipts.length);
        if (left.length > 0) store.set(kept, JSON.stringify(left));
        else store.remove(kept);
      }
    } finally {
      telling = false;
    }
  }

  const inbox: Inbox = {
    list: () => [...cards],
    unread,
    refresh,
    markRead(id) {
      for (const card of cards) {
        if (card.read || (id && card.id !== id)) continue;
        card.read = true;
        void say({ message: card.id, deed: 'read' });
      }
      changed();
    },
    dismiss(id) {
      if (!cards.some((card) => card.id === id)) return;
      cards = cards.filter((card) => card.id !== id);
      void say({ message: id, deed: 'dismissed' });
      changed();
    },
    clicked: (id, button = '', url = '') => void say({ message: id, deed: 'clicked', button, url }),
    open: (settings) => openPanel(inbox, settings),
  };

  return {
    refresh,
    inbox,
    /** Nobody may be followed any more, or somebody else is here. */
    forget() {
      waiting.length = 0;
      cards = [];
      seen.clear();
      store.remove(kept);
      close?.();
      changed();
    },
  };
}

/** The session of this tab: as long as the tab is open. */
function sessionOf(name: string): string {
  const key = `${name}.session`;
  const made = uuid();
  try {
    const known = sessionStorage.getItem(key);
    if (known) return known;
    sessionStorage.setItem(key, made);
  } catch {
    // No storage: every page is a session.
  }
  return made;
}

/** Calls back, once, when a visitor does what lets a pop-up be shown. */
function whenever(when: Popup['when'], then: () => void) {
  if (when.kind === 'inactive') {
    const signs = ['pointermove', 'pointerdown', 'keydown', 'scroll', 'wheel', 'touchstart'];
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        for (const sign of signs) removeEventListener(sign, wait, true);
        then();
      }, when.seconds * 1000);
    };
    for (const sign of signs) addEventListener(sign, wait, { capture: true, passive: true });
    wait();
  } else if (when.kind === 'scrolled') {
    const look = () => {
      const { scrollHeight } = document.documentElement;
      if (((scrollY + innerHeight) / Math.max(scrollHeight, 1)) * 100 < when.percent) return;
      removeEventListener('scroll', look, true);
      then();
    };
    addEventListener('scroll', look, { capture: true, passive: true });
    look();
  } else if (when.kind === 'exit_intent') {
    const leave = (event: MouseEvent) => {
      if (event.relatedTarget || event.clientY > 0) return;
      document.removeEventListener('mouseout', leave);
      then();
    };
    document.addEventListener('mouseout', leave);
  } else {
    then();
  }
}
