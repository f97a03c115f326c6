// A key source: the keys of an issuer that may change, as a verifier is given them by an Issuer or by code of the caller's.

import { isJoseError, JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import type { SignatureAlgorithm } from '../jwa/signatures.ts';
import { isKey, type Key } from '../jwk/key.ts';
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
  /**
   * `true` while `current` may be out of date: then `verify` waits for `keys()`, and `verifySync` goes on with
   * `current`.
   */
  readonly stale?: boolean | undefined;
  /** The keys, fetched or read first if they must be. A JoseError ERR_JWKS_UNAVAILABLE is passed on as it is. */
  keys(): KeySet | Promise<KeySet>;
}

export function isKeySource(value: unknown): value is KeySource {
  const source = Object(value);
  return 'current' in source && isFunction(source.keys);
}

/** Where a verifier has the keys of one issuer from. */
export interface KeyProvider {
  /**
   * The keys for a header, at once where no request must be waited for.
   * @throws JoseError, or rejects with one, as ERR_JWKS_UNAVAILABLE
   */
  for(header: ReadHeader): Key | KeySet | Promise<KeySet>;
  /** The keys for a header without waiting. @throws JoseError ERR_JWKS_UNAVAILABLE */
  now(header: ReadHeader): Key | KeySet;
  /** The keys that may be used now, if there are any. Looking begins no request. */
  current(): Key | KeySet | undefined;
  /** Fetches or reads the keys unless that is done. */
  warm(): Promise<void>;
  /** The algorithms that these keys are for at most; `undefined` for any. */
  readonly algorithms: readonly SignatureAlgorithm[] | undefined;
}

/**
 * The providers of objects that have their own, such as a RemoteJwks: so that a verifier can use it and need not import
 * it.
 */
const PROVIDERS: WeakMap<object, KeyProvider> = /* @__PURE__ */ new WeakMap();

export function setProvider(owner: object, provider: KeyProvider): void {
  PROVIDERS.set(owner, Object.freeze(provider));
}

/**
 * The provider of what a caller has given for keys; `undefined` when that is nothing which provides any.
 * @param argument its name in a TypeError
 */
export function providerOf(keys: unknown, argument: string): KeyProvider | undefined {
  const own = PROVIDERS.get(Object(keys));
  if (own) return own;
  if (isKey(keys) || KeySet.isKeySet(keys)) return givenKeys(keys);
  return isKeySource(keys) ? checkedSource(keys, argument) : undefined;
}

function givenKeys(keys: Key | KeySet): KeyProvider {
  const given = () => keys;
  return { for: given, now: given, current: given, warm: async () => {}, algorithms: undefined };
}

/** A source whose values and failures are checked each time it is asked. */
export function checkedSource(source: KeySource, argument: string): KeyProvider {
  const current = (): KeySet | undefined => {
    const keys = available(() => source.current);
    if (keys !== undefined && !KeySet.isKeySet(keys))
      throw mistake(`${argument}.current`, 'a KeySet, as importJwks makes it, or undefined', keys);
    return keys;
  };
  const read = (): KeySet | Promise<KeySet> => {
    const keys = available(() => source.keys());
    return KeySet.isKeySet(keys) ? keys : resolved(keys, argument);
  };
  const isStale = () => available(() => readMember(source, 'stale') === true);
  return {
    for: () => (isStale() ? undefined : current()) ?? read(),
    now: () => current() ?? notRead(),
    current,
    warm: async () => void (await read()),
    algorithms: undefined,
  };
}

function notRead(): never {
  throw new JoseError('ERR_JWKS_UNAVAILABLE', 'the keys are unavailable: they must be read first');
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
