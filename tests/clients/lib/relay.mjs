// Stands between a client and the server, so that what the client sent can be looked at and delivered
// once more, and so that the server can be made to fail. It changes nothing of what passes.

import { createServer, request } from 'node:http';

/** Headers that belong to one connection. */
const OF_CONNECTION = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect'];

/** What a client may put into its first line, which Node limits together with all headers. */
const HEADER_BYTES_MAX = 1 << 19;

/** Listens on a port of its own. */
export async function startRelay(target) {
  const seen = [];
  const faults = [];
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, async (incoming, answer) => {
    try {
      const body = await whole(incoming);
      const { method, url: path, headers } = incoming;
      const one = { method, path, headers, body };
      const fault = method === 'OPTIONS' ? undefined : faults.shift();
      const given = fault ?? (await send(target, one));
      seen.push({ ...one, status: given.status, answer: given.body?.toString() ?? '' });
      const open = { 'access-control-allow-origin': headers.origin, 'access-control-allow-credentials': 'true' };
      const origin = headers.origin && fault ? open : {};
      answer.writeHead(given.status, { ...origin, ...without(given.headers ?? {}) });
      answer.end(given.body);
    } catch (error) {
      answer.writeHead(502).end(String(error));
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    /** Every request so far with its answer, preflights included. */
    seen,
    /** The next requests are answered so, without reaching the server. */
    fail: (...answers) => faults.push(...answers),
    /** Delivers everything that changes something once more. */
    async replay() {
      const again = seen.filter(({ method, status }) => method !== 'OPTIONS' && status < 500);
      for (const one of again) await send(target, one);
      return again.length;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

function send(target, { method, path, headers, body }) {
  return new Promise((done, failed) => {
    const length = body.length > 0 ? { 'content-length': body.length } : {};
    const options = { method, headers: { ...without(headers), ...length }, agent: false };
    const asked = request(new URL(target).origin + path, options, async (answer) => {
      done({ status: answer.statusCode, headers: answer.headers, body: await whole(answer) });
    });
    asked.on('error', failed);
    asked.end(body);
  });
}

async function whole(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const without = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_CONNECTION.includes(name.toLowerCase())));
