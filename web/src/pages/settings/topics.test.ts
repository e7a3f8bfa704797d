import { describe, expect, it } from 'vitest';
import type { Topic } from '../../api/outreach';
import { emptyTopic, idOf, inWay, moved, replaced, wayOf, WAYS, without, wrongWith } from './topics';

const topic = (id: string, more: Partial<Topic> = {}): Topic => ({ id, name: id.toUpperCase(), channel: 'email', subscribed_by_default: true, ...more });
const all = [topic('a'), topic('b'), topic('c')];

describe('a topic', () => {
  it('is got in one of three ways, which come back as they were', () => {
    expect(WAYS.map((way) => wayOf(inWay(emptyTopic(), way)))).toEqual([...WAYS]);
    expect(inWay(topic('a'), 'confirmed')).toEqual({ ...topic('a'), subscribed_by_default: false, double_opt_in: true });
    expect(inWay(topic('a', { subscribed_by_default: false, double_opt_in: true }), 'everybody')).toEqual(topic('a'));
    expect(inWay(topic('a'), wayOf(topic('a')))).toEqual(topic('a'));
  });

  it('is never subscribed by default and confirmed first', () => {
    for (const way of WAYS) {
      const { subscribed_by_default: byDefault, double_opt_in: confirmed } = inWay(topic('a', { double_opt_in: true }), way);
      expect(byDefault && confirmed === true, way).toBe(false);
    }
  });

  it('has an id that its name suggests', () => {
    expect(idOf('Weekly News')).toBe('weekly-news');
    expect(idOf('  Çok özel İndirimler & ışık! ')).toBe('cok-ozel-indirimler-isik');
    expect(idOf('أخبار')).toBe('');
    expect(idOf('x'.repeat(80))).toHaveLength(64);
  });

  it('is told what is wrong with it', () => {
    expect(wrongWith(emptyTopic(), all, false)).toEqual({ id: 'id_missing', name: 'name_missing' });
    expect(wrongWith(topic('Big News'), all, false)).toEqual({ id: 'id_form' });
    expect(wrongWith(topic('b'), all, false)).toEqual({ id: 'id_taken' });
    expect(wrongWith(topic('b'), all, true)).toEqual({});
    expect(wrongWith(topic('d', { name: 'ü'.repeat(51) }), all, false)).toEqual({ name: 'name_long' });
  });
});

describe('the list', () => {
  it('changes in one place only', () => {
    expect(replaced(all, topic('b', { name: 'New' })).map(({ name }) => name)).toEqual(['A', 'New', 'C']);
    expect(replaced(all, topic('d')).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    expect(without(all, 'b').map(({ id }) => id)).toEqual(['a', 'c']);
    expect(moved(all, 'b', -1).map(({ id }) => id)).toEqual(['b', 'a', 'c']);
    expect(moved(all, 'b', 1).map(({ id }) => id)).toEqual(['a', 'c', 'b']);
    expect(moved(all, 'a', -1)).toEqual(all);
    expect(moved(all, 'x', 1)).toEqual(all);
  });
});
