// Topics as a list that the server replaces as a whole, and as a form sees one of them: of the two switches of a topic
// one pair is impossible, so the form offers the three ways in which people come to get it.

import type { Topic } from '../../api/outreach';

/** How people come to get a topic. */
export const WAYS = ['everybody', 'asked', 'confirmed'] as const;
export type Way = (typeof WAYS)[number];

/** Channels that people subscribe to. */
export const TOPIC_CHANNELS = ['email', 'push', 'web_push', 'sms', 'whatsapp'] as const;

/** Topics in all. */
export const TOPICS_MAX = 100;
const NAME_BYTES_MAX = 100;
const ID = /^[a-z0-9_-]{1,64}$/;

export function wayOf({ subscribed_by_default, double_opt_in }: Topic): Way {
  if (double_opt_in) return 'confirmed';
  return subscribed_by_default ? 'everybody' : 'asked';
}

/** As the server keeps it: what is not said is false. */
export function inWay(topic: Topic, way: Way): Topic {
  const { double_opt_in: _before, ...rest } = topic;
  return { ...rest, subscribed_by_default: way === 'everybody', ...(way === 'confirmed' && { double_opt_in: true }) };
}

export function emptyTopic(): Topic {
  return { id: '', name: '', channel: 'email', subscribed_by_default: false };
}

/** An id that a name suggests. Letters that have none of their own in it are left out. */
export function idOf(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ı', 'i').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 64);
}

export type Wrong = 'id_missing' | 'id_form' | 'id_taken' | 'name_missing' | 'name_long';

/** What is wrong with a topic that is written; of a saved one the id is not asked about. */
export function wrongWith(topic: Topic, known: Topic[], saved: boolean): { id?: Wrong; name?: Wrong } {
  const { id, name } = topic;
  const ofId = id === '' ? 'id_missing' : !ID.test(id) ? 'id_form' : known.some((other) => other.id === id) ? 'id_taken' : undefined;
  const ofName = name.trim() === '' ? 'name_missing' : new TextEncoder().encode(name).length > NAME_BYTES_MAX ? 'name_long' : undefined;
  return { ...(!saved && ofId && { id: ofId }), ...(ofName && { name: ofName }) };
}

/** With a topic in the place of the one of its id; at the end, if somebody took that away meanwhile. */
export const replaced = (topics: Topic[], topic: Topic): Topic[] =>
  topics.some(({ id }) => id === topic.id) ? topics.map((other) => (other.id === topic.id ? topic : other)) : [...topics, topic];

export const without = (topics: Topic[], id: string): Topic[] => topics.filter((topic) => topic.id !== id);

/** With a topic one place nearer to the first, or to the last. */
export function moved(topics: Topic[], id: string, by: -1 | 1): Topic[] {
  const from = topics.findIndex((topic) => topic.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= topics.length) return topics;
  return topics.with(from, topics[to]!).with(to, topics[from]!);
}
