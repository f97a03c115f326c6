// A key source: the keys of an issuer that may change, as a verifier is given them by an Issuer or by code of the caller's.
import { isJoseError, JoseError } from '../errors.ts';
import { isFunction, mistake, readMember } from '../options.ts';
import { KeySet } from './set.ts';

/**
 * Provides the keys of an issuer. What it returns must be a KeySet, and the same object until the keys change; anything else
 * is a TypeError of the verifier's methods. Whatever it throws, or rejects with, means that the keys are unavailable: the
 * verifier then says ERR_JWKS_UNAVAILABLE (503), with what was thrown as `cause`, and never that the token is bad (401).
 */
export interface KeySource {
  /** The keys that may be used now; `undefined` when they must be fetched or read first. */
  readonly current: KeySet | undefined;
  /** `true` while `current` may be out of date: then `verify` waits for `keys()`, and `verifySync` goes on with `current`. */
  readonly stale?: boolean | undefined;
  /** The keys, fetched or read first if they must be. A JoseError ERR_JWKS_UNAVAILABLE is passed on as it is. */
  keys(): KeySet | Promise<KeySet>;
}

export function isKeySource(value: unknown): value is KeySource {
  const source = Object(value);
  return 'current' in source && isFunction(source.keys);
}

/**
 * A source whose values and failures are checked each time it is asked.
 * @param argument the source's name in a TypeError
 */
export function checkedSource(source: KeySource, argument: string): KeySource {
  return Object.freeze({
    get current(): KeySet | undefined {
      const current = available(() => source.current);
      if (current !== undefined && !KeySet.isKeySet(current))
        throw mistake(`${argument}.current`, 'a KeySet, as importJwks makes it, or undefined', current);
      return current;
    },
    get stale(): boolean {
      return available(() => readMember(source, 'stale') === true);
    },
    keys(): KeySet | Promise<KeySet> {
      const given = available(() => source.keys());
      return KeySet.isKeySet(given) ? given : resolved(given, argument);
    },
  });
}

async function resolved(promise: Promise<KeySet>, argument: string): Promise<KeySet> {
  const keys = await Promise.resolve(promise).catch(unavailable);
  if (KeySet.isKeySet(keys)) return keys;
  throw mistake(`${argument}.keys()`, 'a KeySet, as importJwks makes it, or a promise of one', keys);
}

function available<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return unavailable(error);
  }
}

/** Messages of other errors may hold what a server or a database has sent; those of a JoseError never do. */
function unavailable(cause: unknown): never {
  if (cause instanceof JoseError && cause.code === 'ERR_JWKS_UNAVAILABLE') throw cause;
  const reason = isJoseError(cause) ? cause.message : 'the key source failed';
  throw new JoseError('ERR_JWKS_UNAVAILABLE', `the keys are unavailable: ${reason}`, { cause });
}
