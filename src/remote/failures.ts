// Failures of requests: errors that name a system's code or a status, and quote nobody.
import { attempt, JoseError } from '../errors.ts';
import { readMember } from '../options.ts';

export function unavailableError(reason: string, retryAfter?: number): JoseError {
  return new JoseError('ERR_JWKS_UNAVAILABLE', reason, retryAfter === undefined ? {} : { retryAfter });
}

/** How many errors `systemCode` looks at, since causes may form a cycle. */
const MAX_CAUSES = 8;

/**
 * The system's code for a failure, such as ECONNREFUSED, from the error or its causes. Any object may carry it, such as
 * an error of node-fetch or of another realm. Never a message, which may quote the server.
 */
export function systemCode(error: unknown): string {
  let cause = error;
  for (let i = 0; i < MAX_CAUSES; i++) {
    const code = errorMember(cause, 'code');
    if (typeof code === 'string' && /^\w{1,64}$/.test(code)) return code;
    cause = errorMember(cause, 'cause');
  }
  return 'no reason given';
}

function errorMember(error: unknown, name: 'code' | 'cause'): unknown {
  return attempt(() => readMember(Object(error), name), undefined);
}
