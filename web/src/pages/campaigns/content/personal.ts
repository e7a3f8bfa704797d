// How a value of a user, an event or an answer is written in a message.

/** Names that need no quotes. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

export type Source = 'profile' | 'event';

function quoted(text: string): string {
  return text.includes('"') ? `'${text.replaceAll("'", '’')}'` : `"${text}"`;
}

const within = (path: string, name: string) => (PLAIN.test(name) ? `${path}.${name}` : `${path}[${quoted(name)}]`);
const shown = (path: string, fallback: string) => (fallback === '' ? `{{ ${path} }}` : `{{ ${path} | default: ${quoted(fallback)} }}`);

/** `{{ profile.first_name | default: "there" }}` */
export const personal = (source: Source, name: string, fallback: string) => shown(within(source, name), fallback);

/** `{{ answer.stock.left | default: "a few" }}`: a field of the answer to a step that asked a server. */
export const answered = (step: string, name: string, fallback: string) => shown(within(within('answer', step), name), fallback);

/** One text for the members of a segment, another for everybody else. */
export function byMembership(id: string, members: string, others: string): string {
  return `{% if segment[${quoted(id)}] %}${members}{% else %}${others}{% endif %}`;
}

/** A column of the row of a catalog whose id a value of the user or the event holds. */
export function lookedUp(catalog: string, source: Source, name: string, column: string, fallback: string): string {
  return shown(within(`catalog.${catalog}[${within(source, name)}]`, column), fallback);
}

/** Addresses that every message has. */
export const LINKS = ['unsubscribe_url', 'preferences_url'] as const;
/** What every message knows of itself. */
export const OWN = ['campaign.id', 'campaign.variant', 'message.id'] as const;

export const always = (name: (typeof LINKS)[number] | (typeof OWN)[number]) => `{{ ${name} }}`;
