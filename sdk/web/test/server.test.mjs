import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPerennial, perennial } from '../modules/index.js';

test('on a server every call does nothing and keeps nothing', async () => {
  const library = createPerennial();
  for (let n = 0; n < 10_000; n += 1) library.track('Rendered', { n });
  library.load({ key: 'pk', host: 'https://events.example.com' });
  library.identify('ada');
  assert.equal(await library.flush(), false);
  assert.equal(typeof perennial.track, 'function');
});
