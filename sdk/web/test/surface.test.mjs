import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readable, safeLink } from '../modules/surface.js';

globalThis.location ??= { href: 'https://shop.example/a' };

test('links run no programs, and those of apps are links', () => {
  for (const link of ['https://shop.example/', '/sale', '#top', 'shop://product/7', 'mailto:a@b.example', 'tel:+49123']) assert.equal(safeLink(link), link);
  for (const link of ['javascript:alert(1)', ' javascript:alert(1)', 'java\nscript:alert(1)', 'DATA:text/html,x', 'vbscript:x', 'blob:https://shop.example/1', 'file:///etc/passwd', 'https://', '']) {
    assert.equal(safeLink(link), '', link);
  }
});

test('words can be read on any background', () => {
  assert.equal(readable('rgb(255, 255, 255)'), '#111');
  assert.equal(readable('rgb(0, 0, 0)'), '#fff');
  assert.equal(readable('rgb(20, 83, 45)'), '#fff');
  assert.equal(readable('rgb(253, 224, 71)'), '#111');
});
