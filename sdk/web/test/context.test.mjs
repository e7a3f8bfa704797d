import assert from 'node:assert/strict';
import { test } from 'node:test';
import { campaign, pageFacts } from '../modules/context.js';
import { uuid } from '../modules/random.js';

test('a campaign is what utm parameters say', () => {
  const found = campaign('?utm_source=news&utm_campaign=Spring%20sale&utm_medium=email&utm_term=&utm_content=a&other=1');
  assert.deepEqual(found, { source: 'news', name: 'Spring sale', medium: 'email', content: 'a' });
  assert.equal(campaign('?q=1'), undefined);
});

test('a page is told without its fragment, and as the site cleans it', () => {
  const facts = (url, clean) => pageFacts(url, 'https://from.example/?token=1', 'Shoes', clean);
  assert.deepEqual(facts('https://shop.example/a/b?q=1#access_token=2'), {
    path: '/a/b',
    referrer: 'https://from.example/?token=1',
    search: '?q=1',
    title: 'Shoes',
    url: 'https://shop.example/a/b?q=1',
  });
  const clean = (url) => url.split('?')[0];
  const cleaned = facts('https://shop.example/a?secret=1', clean);
  assert.deepEqual([cleaned.url, cleaned.search, cleaned.referrer], ['https://shop.example/a', '', 'https://from.example/']);
  assert.equal(facts('about:blank').url, 'about:blank');
});

test('ids are version 4 UUIDs with and without crypto.randomUUID', () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  assert.match(uuid(), form);
  const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto');
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, 'crypto', { configurable: true, value: { getRandomValues: (bytes) => crypto.getRandomValues(bytes) } });
  try {
    const made = new Set(Array.from({ length: 1_000 }, uuid));
    assert.equal(made.size, 1_000);
    for (const id of made) assert.match(id, form);
  } finally {
    Object.defineProperty(globalThis, 'crypto', own);
  }
});
