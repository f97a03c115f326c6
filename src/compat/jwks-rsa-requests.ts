// How a client of jwks-rsa sends its requests: by the platform or the caller's fetcher, within its limit for each minute. The
// last failure is kept, since the errors of barejose quote nobody.
import { JwksError, JwksRateLimitError } from './jwks-rsa-errors.ts';
import type { ReadClientOptions } from './jwks-rsa-options.ts';
import { clockSeconds } from './timespan.ts';

/** Sends requests as the platform does, and tells why the last one failed. */
export interface Requests {
  readonly send: typeof globalThis.fetch;
  /** What the last request threw, or the error for its status; `undefined` if it had an answer. */
  readonly failure: () => unknown;
}

export function requestsOf({ fetcher, jwksUri, perMinute }: ReadClientOptions): Requests {
  const isAllowed = perMinute === undefined ? () => true : tokenBucket(perMinute);
  let failure: unknown;
  const answer = async (...request: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    if (!isAllowed()) throw new JwksRateLimitError('Too many requests to the JWKS endpoint');
    return fetcher ? Response.json(await fetcher(jwksUri)) : globalThis.fetch(...request);
  };
  const send: Requests['send'] = async (...request) => {
    failure = undefined;
    try {
      const response = await answer(...request);
      if (response.status !== 304 && !response.ok)
        failure = new JwksError(response.statusText || `Http Error ${response.status}`);
      return response;
    } catch (error) {
      failure = reasonOf(error);
      throw error;
    }
  };
  return { send, failure: () => failure };
}

/** The system's error, such as ECONNREFUSED, that the platform's fetch has as a cause. */
function reasonOf(error: unknown): unknown {
  const { cause }: { cause?: unknown } = Object(error);
  return cause instanceof Error ? cause : error;
}

/** Says whether one more request may be sent: as many at once as in a minute, and then at that pace. */
function tokenBucket(perMinute: number): () => boolean {
  let tokens = perMinute;
  let countedAt = clockSeconds();
  return () => {
    const now = clockSeconds();
    tokens = Math.min(perMinute, tokens + (Math.max(0, now - countedAt) * perMinute) / 60);
    countedAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
