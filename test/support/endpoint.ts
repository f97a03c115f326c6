// A JWKS endpoint in the place of the platform's fetch, under a clock that the test moves: for the adapter of jwks-rsa, which
// takes neither as an argument.
import { vi } from 'vitest';
import type { Key } from '../../src/index.ts';
import { jwksResponse } from './issuer.ts';

export interface Endpoint {
  /** The keys that are published; instead of them, `answer` decides if it is set. */
  keys: readonly Key[];
  answer: (() => Response | Promise<Response>) | undefined;
  /** The requests so far. */
  readonly requests: { readonly url: string; readonly headers: Headers }[];
}

/** Puts an endpoint in the place of fetch, and holds the clocks still. `vi.restoreAllMocks` and `vi.useRealTimers` end it. */
export function standInEndpoint(...keys: readonly Key[]): Endpoint {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 1_700_000_000_000 });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  const endpoint: Endpoint = { keys, answer: undefined, requests: [] };
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    endpoint.requests.push({ url: String(url), headers: new Headers(init?.headers) });
    return endpoint.answer ? endpoint.answer() : jwksResponse(endpoint.keys);
  });
  return endpoint;
}
