// The typed client of the HTTP API, and the one shape in which it reports failures.

import createClient from 'openapi-fetch';
import { storedKey } from './key';
import type { paths } from './schema.gen';
import type { Problem } from './types';

/** What the server (or the network) said went wrong, with the way out where one is known. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null,
    readonly problems: Problem[],
  ) {
    super(message);
  }
}

export const client = createClient<paths>({ baseUrl: '/' });

client.use({
  onRequest({ request }) {
    const key = storedKey();
    if (key) request.headers.set('authorization', `Bearer ${key}`);
    return request;
  },
});

interface Reply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful reply; throws [`ApiError`] otherwise. */
export async function body<T>(reply: Promise<Reply<T>>): Promise<T> {
  let answered: Reply<T>;
  try {
    answered = await reply;
  } catch (cause) {
    throw new ApiError(0, 'network', cause instanceof Error ? cause.message : String(cause), null, []);
  }
  if (answered.response.ok) return answered.data as T;
  throw errorOf(answered.response.status, answered.error);
}

/** An answer that is no success, as an error. */
export function errorOf(status: number, raw: unknown): ApiError {
  const inner = (raw as { error?: Partial<ApiError> } | undefined)?.error;
  if (inner && typeof inner.message === 'string') {
    return new ApiError(status, inner.code ?? 'unknown', inner.message, inner.hint ?? null, inner.problems ?? []);
  }
  const text = typeof raw === 'string' && raw.length < 200 && raw.length > 0 ? raw : `HTTP ${status}`;
  return new ApiError(status, `http.${status}`, text, null, []);
}
