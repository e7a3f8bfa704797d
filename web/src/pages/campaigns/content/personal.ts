// How a value of a user or an event is written in a message.

/** Names that need no quotes. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)*$/u;

export type Source = 'profile' | 'event';

function quoted(text: string): string {
  return text.includes('"') ? `'${text.replaceAll("'", '’')}'` : `"${text}"`;
}

/** `{{ profile.first_name | default: "there" }}` */
export function personal(source: Source, name: string, fallback: string): string {
  const path = PLAIN.test(name) ? `${source}.${name}` : `${source}[${quoted(name)}]`;
  return fallback === '' ? `{{ ${path} }}` : `{{ ${path} | default: ${quoted(fallback)} }}`;
}

/** One text for the members of a segment, another for everybody else. */
export function byMembership(id: string, members: string, others: string): string {
  return `{% if segment[${quoted(id)}] %}${members}{% else %}${others}{% endif %}`;
}

/** A column of the row of a catalog whose id a value of the user or the event holds. */
export function lookedUp(catalog: string, source: Source, name: string, column: string, fallback: string): string {
  const id = PLAIN.test(name) ? `${source}.${name}` : `${source}[${quoted(name)}]`;
  const path = `catalog.${catalog}[${id}]${PLAIN.test(column) ? `.${column}` : `[${quoted(column)}]`}`;
  return fallback === '' ? `{{ ${path} }}` : `{{ ${path} | default: ${quoted(fallback)} }}`;
}

/** Addresses that every message has. */
export const LINKS = ['unsubscribe_url', 'preferences_url'] as const;
/** What every message knows of itself. */
export const OWN = ['campaign.id', 'campaign.variant', 'message.id'] as const;

export const always = (name: (typeof LINKS)[number] | (typeof OWN)[number]) => `{{ ${name} }}`;
