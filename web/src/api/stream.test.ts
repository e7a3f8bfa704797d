import { describe, expect, it } from 'vitest';
import { EventCutter } from './stream';

const text = ': hello\n\nid: a-1\nevent: transition\ndata: {"user":"ada"}\n\nid: a-2\n\nevent: event\r\ndata: {"name":\r\ndata: "Purchase"}\r\n\r\ndata: 5\n\n';
const events = [
  { name: 'transition', id: 'a-1', data: { user: 'ada' } },
  { name: 'event', id: 'a-2', data: { name: 'Purchase' } },
  { name: 'message', id: 'a-2', data: 5 },
];

describe('a stream of server-sent events', () => {
  it('is the same however it is cut', () => {
    for (let length = 1; length <= text.length; length += 1) {
      const cutter = new EventCutter();
      const found = [];
      for (let at = 0; at < text.length; at += length) found.push(...cutter.push(text.slice(at, at + length)));
      expect(found).toEqual(events);
      expect(cutter.lastId).toBe('a-2');
    }
  });

  it('keeps the id that was handed in until there is another', () => {
    const cutter = new EventCutter('b-7');
    expect(cutter.push('event: counts\ndata: {}\n\n')).toEqual([{ name: 'counts', id: 'b-7', data: {} }]);
  });

  it('tells nothing of an event that has not ended', () => {
    expect(new EventCutter().push('id: 1\nevent: end\ndata: {}\n')).toEqual([]);
  });
});
