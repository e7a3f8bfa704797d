import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstThatFit, openQueue } from '../modules/queue.js';

const message = (messageId, context = {}) => ({ type: 'track', messageId, timestamp: '', context });
const ids = (items) => items.map(({ messageId }) => messageId);

/** A queue that lives in memory: what a tab without storage has. */
function queue(bounds = {}) {
  const lost = [];
  const opened = openQueue('test', undefined, { events: 100, bytes: 1e6, ...bounds }, (items) => lost.push(...ids(items)));
  return { lost, ...opened };
}

test('a request takes as many as fit, and always one', () => {
  const items = [400, 300, 300, 5].map((size, at) => ({ size, messageId: `${at}` }));
  assert.deepEqual(ids(firstThatFit(items, 10, 700)), ['0', '1']);
  assert.deepEqual(ids(firstThatFit(items, 10, 699)), ['0']);
  assert.deepEqual(ids(firstThatFit(items, 10, 1)), ['0']);
  assert.deepEqual(ids(firstThatFit(items, 3, 9_999)), ['0', '1', '2']);
  assert.deepEqual(firstThatFit([], 3, 9_999), []);
});

test('beyond its bound the oldest goes, and the next event says how many', () => {
  const { add, makeRoom, head, lost } = queue({ events: 3 });
  for (const id of ['a', 'b', 'c']) {
    assert.equal(makeRoom(), 0);
    add(message(id), 1);
  }
  const dropped = makeRoom();
  assert.equal(dropped, 1);
  add(message('d', { dropped }), 2);
  assert.deepEqual(ids(head(10, 1e6)), ['b', 'c', 'd']);
  assert.deepEqual(lost, ['a']);
});

test('what a dropped event said of dropped ones is not lost', () => {
  const { add, makeRoom } = queue({ events: 2 });
  add(message('a', { dropped: 7 }), 1);
  add(message('b'), 2);
  assert.equal(makeRoom(), 8);
});

test('bytes are bounded as UTF-8', () => {
  const { add, makeRoom, head } = queue({ bytes: 1_000 });
  add(message('wide', { text: '漢'.repeat(200) }), 1);
  add(message('narrow', { text: 'x'.repeat(300) }), 2);
  assert.equal(makeRoom(), 1);
  assert.deepEqual(ids(head(10, 1e6)), ['narrow']);
});

test('what is on its way is not dropped', () => {
  const { add, makeRoom, flying, rest, head, remove, size } = queue({ events: 3 });
  for (const id of ['a', 'b', 'c']) add(message(id), 1);
  const sent = head(2, 1e6);
  flying(2);
  assert.equal(makeRoom(), 1);
  add(message('d'), 2);
  assert.deepEqual(rest(10, 1e6).map(ids), [['d']]);
  remove(sent);
  flying(0);
  assert.deepEqual(ids(head(10, 1e6)), ['d']);
  assert.equal(size(), 1);
});

test('what a closing page hands over is cut into requests', () => {
  const { add, rest } = queue();
  for (let n = 0; n < 7; n += 1) add(message(`${n}`), n);
  assert.deepEqual(rest(3, 1e6).map(ids), [['0', '1', '2'], ['3', '4', '5'], ['6']]);
});
