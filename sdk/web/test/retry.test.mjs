import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoff, retryAfter, verdict } from '../modules/retry.js';

test('only what can succeed later is sent again', () => {
  const of = (...statuses) => statuses.map(verdict);
  assert.deepEqual(of(200, 202, 204), ['done', 'done', 'done']);
  assert.deepEqual(of(408, 425, 429, 500, 502, 503, 504), Array(7).fill('retry'));
  assert.deepEqual(of(400, 401, 403, 404, 405, 410, 422, 304), Array(8).fill('drop'));
  assert.equal(verdict(413), 'split');
});

test('waits double up to two minutes, and chance takes any part of them', () => {
  assert.deepEqual([0, 1, 2, 3].map((failures) => backoff(failures, 1)), [1_000, 2_000, 4_000, 8_000]);
  assert.equal(backoff(7, 1), 120_000);
  assert.equal(backoff(5_000, 1), 120_000);
  assert.equal(backoff(3, 0), 0);
  assert.equal(backoff(3, 0.25), 2_000);
});

test('Retry-After is seconds or an instant, never the past and never for ever', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  assert.equal(retryAfter('7', now), 7_000);
  assert.equal(retryAfter(' 0.5 ', now), 500);
  assert.equal(retryAfter('Sun, 01 Mar 2026 12:00:30 GMT', now), 30_000);
  assert.equal(retryAfter('Sun, 01 Mar 2026 11:00:00 GMT', now), 0);
  assert.equal(retryAfter('-5', now), 0);
  assert.equal(retryAfter('999999999', now), 3_600_000);
  for (const nothing of [null, '', '  ', 'soon']) assert.equal(retryAfter(nothing, now), undefined);
});
