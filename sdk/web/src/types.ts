// What callers see: settings, calls, messages. No behaviour.

/**
 * Events and their properties. Empty, every name and every property is allowed; the file that
 * `perennial-types` writes fills it, and from then on `track` is checked.
 */
export interface PerennialEvents {}

/** Attributes of people, as `PerennialEvents` are of events. */
export interface PerennialTraits {}

/** What an event may be called. */
export type EventName = keyof PerennialEvents extends never ? string : keyof PerennialEvents & string;

/** What an event of this name may say. */
export type PropertiesOf<Name extends string> = Name extends keyof PerennialEvents ? PerennialEvents[Name] : object;

/** What may be said of a person. */
export type Traits = keyof PerennialTraits extends never ? object : PerennialTraits;

/** Optional where every property is. */
export type TrackArguments<Name extends string> =
  Record<string, never> extends PropertiesOf<Name>
    ? [properties?: PropertiesOf<Name>, options?: CallOptions]
    : [properties: PropertiesOf<Name>, options?: CallOptions];

/** Where ids and decisions are kept. */
export type Persistence = 'localStorage' | 'cookie' | 'memory';

/** Whether people are followed before, or without, a decision of theirs. */
export type ConsentState = 'granted' | 'pending' | 'denied';

/** What `consent` is told: `tracking` decides, every other entry is a category of the site's own. */
export interface ConsentDecision {
  tracking?: boolean;
  [category: string]: boolean | undefined;
}

/** What `load` is told. The README has a table of all of them. */
export interface Settings {
  /** A key with scope `ingest`. It is public, as everything on a page. */
  key: string;
  /** The server, as in `https://events.example.com`. With the script tag: where the script came from. */
  host?: string;
  /** Begins the names of everything that is stored. Default `perennial`. */
  name?: string;
  /** Where ids are kept, if the browser lets us. Default `localStorage`, then cookies, then memory. */
  persistence?: Persistence;
  /** As in `.example.com`: with `persistence: "cookie"`, one visitor over all subdomains. */
  cookieDomain?: string;
  /** Before a decision is made or remembered. Default `granted`. */
  consent?: ConsentState;
  /** Do Not Track counts as a refusal. Default true. */
  respectDoNotTrack?: boolean;
  /** Global Privacy Control counts as a refusal. Default true. */
  respectGlobalPrivacyControl?: boolean;
  /** Page views: called by the site (`manual`), one as it loads, or with every change of address. */
  pageViews?: 'manual' | 'load' | 'history';
  /** Events that are sent together at once. Default 20. */
  flushAt?: number;
  /** Milliseconds that an event waits for others. Default 1000. */
  flushInterval?: number;
  /** Events kept while they cannot be sent; then the oldest is dropped. Default 1000. */
  maxQueueEvents?: number;
  /** Bytes kept while they cannot be sent. Default 1 MB. */
  maxQueueBytes?: number;
  /** Pop-ups and the inbox: fetched and shown (default), fetched without pop-ups (`inbox`), or not at all. */
  messages?: boolean | 'inbox';
  /** Stands in the context of every event. */
  context?: object;
  /** Takes out of an address what should not leave the page. */
  cleanUrl?: (url: string) => string;
}

/** What one call may say besides its properties. */
export interface CallOptions {
  /** When it happened, if not now. */
  timestamp?: Date | string | number;
  /** An id of the caller's own: an event with the same id counts once. */
  messageId?: string;
  /** Added to the context of this event. */
  context?: object;
}

/** What `identify` may be told besides. */
export interface IdentifyOptions extends CallOptions {
  /** HMAC-SHA-256 of the user's id with the visitor secret, made by your server: proves who this is. */
  signature?: string;
}

/** A button of a message. */
export interface MessageButton {
  id: string;
  title: string;
  /** Where it leads; empty: nowhere. */
  link: string;
}

/** A pop-up as the server sends it. */
export interface Popup {
  id: string;
  campaign: string;
  variant: string;
  layout: string;
  title: string;
  body: string;
  image: string;
  html: string;
  link: string;
  buttons: MessageButton[];
  when: { kind: 'now' } | { kind: 'inactive'; seconds: number } | { kind: 'scrolled'; percent: number } | { kind: 'exit_intent' };
  delayMs: number;
  closeAfterMs: number | null;
  /** How often it was shown before. */
  show: number;
  data: Record<string, string>;
}

/** A card of the inbox. Its texts are plain. */
export interface InboxCard {
  id: string;
  campaign: string;
  variant: string;
  title: string;
  body: string;
  image: string;
  link: string;
  buttons: MessageButton[];
  pinned: boolean;
  tags: string[];
  read: boolean;
  sentAt: string;
  expiresAt: string;
}

/** Words of the ready-made panel, if not those for the language of the page. */
export interface InboxSettings {
  title?: string;
  empty?: string;
}

/** The cards of this visitor. `on("inbox", …)` is told whenever they change. */
export interface Inbox {
  /** Pinned ones first, then newest first. */
  list(): InboxCard[];
  /** How many were not read. */
  unread(): number;
  /** One, or all, were read. */
  markRead(id?: string): void;
  /** Throws one out, for good. */
  dismiss(id: string): void;
  /** One was used: for inboxes of your own. */
  clicked(id: string, button?: string, url?: string): void;
  /** Fetches anew. */
  refresh(): Promise<void>;
  /** Opens the ready-made panel, which marks everything as read; the answer closes it. */
  open(settings?: InboxSettings): () => void;
}

/** One message as the server takes it. */
export interface Message {
  type: 'track' | 'page' | 'identify' | 'group' | 'alias';
  messageId: string;
  timestamp: string;
  anonymousId?: string;
  userId?: string;
  context: Record<string, unknown>;
  [field: string]: unknown;
}

/** Something went wrong, and what it cost. */
export interface Problem {
  /** Stable, as in `request.refused`. */
  code: string;
  /** What happened and how to mend it. */
  message: string;
  /** Of events that are lost. */
  messageIds?: string[];
}

/** What `on` can wait for. */
export interface Happenings {
  /** Loaded. Told at once to those who ask later. */
  ready: { anonymousId: string; userId: string | undefined };
  /** An event was taken. */
  event: Message;
  /** Events that the server has. */
  sent: { messageIds: string[] };
  /** Events are lost, or will be. */
  error: Problem;
  /** The inbox has changed, or was fetched. Told at once to those who ask later. */
  inbox: { cards: InboxCard[]; unread: number };
  /** A pop-up is shown. */
  popup: { id: string; campaign: string; variant: string };
  /** Whether people are followed has changed. */
  consent: { tracking: ConsentState };
}

/** The library. Nothing here throws or blocks; what goes wrong is told to `on("error")`. */
export interface Perennial {
  /** Begins. Calls before it are kept and made then. A second call changes nothing. */
  load(settings: Settings): void;
  /** Something happened. */
  track<Name extends EventName>(event: Name, ...rest: TrackArguments<Name>): void;
  /** A page was seen. */
  page(name?: string, properties?: object, options?: CallOptions): void;
  page(properties: object): void;
  /** Who this is, and what is known of them. */
  identify(userId: string | null, traits?: Traits, options?: IdentifyOptions): void;
  identify(traits: Traits): void;
  /** This person belongs to a company or team. */
  group(groupId: string, traits?: object, options?: CallOptions): void;
  /** Two ids are one person. `previousId`: whoever this is now. */
  alias(userId: string, previousId?: string, options?: CallOptions): void;
  /** Forgets who this is: after a logout. The next event is a new anonymous visitor's. */
  reset(): void;
  /** What the visitor decided. It is remembered. */
  consent(decision: ConsentDecision): void;
  /** Stops, forgets who this is and what was not sent yet, and stays so until `optIn`. */
  optOut(): void;
  /** Takes `optOut` back. */
  optIn(): void;
  /** Sends what waits. True: the server has everything; false: something waits or is not allowed. */
  flush(): Promise<boolean>;
  /** The inbox. Empty before `load`. */
  readonly inbox: Inbox;
  /** Calls back when something happens, until the returned function is called. */
  on<Name extends keyof Happenings>(name: Name, callback: (happening: Happenings[Name]) => void): () => void;
}
