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

/** Values that every message has. */
export const LINKS = ['unsubscribe_url', 'preferences_url'] as const;

export const linkOf = (name: (typeof LINKS)[number]) => `{{ ${name} }}`;
