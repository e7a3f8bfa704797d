// What tests with a server of their own ask of it, beside its pages.

import assert from 'node:assert/strict';
import { base } from './browser.mjs';

/** Asks the API; any answer. */
export const ask = async (method, path, body, key = process.env.PERENNIAL_KEY) => {
  const answer = await fetch(base + path, { method, headers: { ...(key && { authorization: `Bearer ${key}` }), ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }) });
  return { ok: answer.ok, status: answer.status, body: await answer.json().catch(() => null) };
};

/** The same, and it must do. */
export const sure = async (method, path, body, key) => {
  const answer = await ask(method, path, body, key);
  assert.ok(answer.ok, `${method} ${path}: HTTP ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};

/** Asks until an answer is as wanted: what follows is not done when a request is answered. */
export const until = async (what, asked, wanted, patience = 60_000) => {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await asked();
    if (wanted(answer)) return answer;
    assert.ok(Date.now() < end, `${what}: ${JSON.stringify(answer)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
};
