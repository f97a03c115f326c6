// Where a verifier gets an issuer's keys: a Key, a KeySet, a RemoteJwks, an Issuer, or a key source of the caller's.

import { isJoseError, JoseError } from '../errors.ts';
import type { JoseHeader, ReadHeader } from '../header.ts';
import type { SignatureAlgorithm } from '../jwa/signatures.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { argumentError, isFunction, readMember } from '../options.ts';
import { hasKeyFor } from './select.ts';
import { KeySet } from './set.ts';

/**
 * Provides the keys of an issuer. It must return a KeySet, and the same object until the keys change; anything else is
 * a TypeError of the verifier's methods. If it throws or rejects, the verifier throws ERR_JWKS_UNAVAILABLE (503) with
 * the exception as `cause`, and never reports that the token is bad (401).
 */
export interface KeySource {
  /** The keys that may be used now; `undefined` if they must be fetched or read first. */
  readonly current: KeySet | undefined;
  /** `true` while `current` may be out of date: `verify` then waits for `keys()`, and `verifySync` uses `current`. */
  readonly stale?: boolean | undefined;
  /**
   * The keys, fetched or read first if they must be. A JoseError ERR_JWKS_UNAVAILABLE is passed on as it is.
   *
   * A source that has its keys one by one, from an endpoint for each kid, declares the parameter `header`, without a default
   * value. It is then also called, once for each token, where `current` has no key of the token's kid and alg; `verifySync`
   * never calls it, and throws ERR_JWKS_UNAVAILABLE for such a token. Anyone can invent kids: the source must bound its
   * requests, and remember the kids that its endpoint lacks.
   *
   * @param header the protected header of the token, frozen and not verified: check the kid before it goes into a URL, and
   *   take no URL or key from the header. `undefined` when the verifier warms up
   */
  keys(header?: JoseHeader): KeySet | Promise<KeySet>;
}

export function isKeySource(value: unknown): value is KeySource {
  const source = Object(value);
  return 'current' in source && isFunction(source.keys);
}

/** The keys of one issuer, as a verifier asks for them. */
export interface KeyProvider {
  /** The keys for a header, or a promise if a request is needed. @throws or rejects with ERR_JWKS_UNAVAILABLE */
  for(header: ReadHeader): Key | KeySet | Promise<KeySet>;
  /** The keys for a header without waiting. @throws JoseError ERR_JWKS_UNAVAILABLE */
  now(header: ReadHeader): Key | KeySet;
  /** The keys that may be used now, if any. Calling it begins no request. */
  current(): Key | KeySet | undefined;
  /**
   * After a signature that failed under one of `keys`: newer keys, if there are any, fetched first at most once a
   * minute. Only for keys that may be replaced under the same kid.
   */
  readonly newerThan: ((keys: KeySet | Key) => Promise<KeySet | undefined>) | undefined;
  /** Fetches or reads the keys, unless they are fresh. */
  warm(): Promise<void>;
  /** The algorithms that the keys can have; `undefined` for any. */
  readonly algorithms: readonly SignatureAlgorithm[] | undefined;
}

/** The providers of objects such as a RemoteJwks, so that a verifier can use one without importing its class. */
const PROVIDERS: WeakMap<object, KeyProvider> = /* @__PURE__ */ new WeakMap();

export function setProvider(owner: object, provider: KeyProvider): void {
  PROVIDERS.set(owner, Object.freeze(provider));
}

/**
 * Returns the provider for the value of an option `keys`; `undefined` if the value provides no keys.
 * @param argument the name of the option, for errors
 */
export function providerOf(keys: unknown, argument: string): KeyProvider | undefined {
  const own = PROVIDERS.get(Object(keys));
  if (own) return own;
  if (isKey(keys) || KeySet.isKeySet(keys)) return givenKeys(keys);
  return isKeySource(keys) ? checkedSource(keys, argument) : undefined;
}

function givenKeys(keys: Key | KeySet): KeyProvider {
  const given = () => keys;
  return { for: given, now: given, current: given, newerThan: undefined, warm: async () => {}, algorithms: undefined };
}

/** The provider of a key source, whose values and failures are checked at each call. */
export function checkedSource(source: KeySource, argument: string): KeyProvider {
  const current = (): KeySet | undefined => {
    const keys = orUnavailable(() => source.current);
    if (keys !== undefined && !KeySet.isKeySet(keys))
      throw argumentError(`${argument}.current`, 'a KeySet, as importJwks makes it, or undefined', keys);
    return keys;
  };
  // Only a source that declares the parameter is asked for keys that `current` lacks: invented kids cost others no request.
  const hasKeysByHeader = source.keys.length > 0;
  const currentFor = (header: ReadHeader): KeySet | undefined => {
    const keys = current();
    return keys && hasKeysByHeader && !hasKeyFor(keys, header) ? undefined : keys;
  };
  const read = (header?: JoseHeader): KeySet | Promise<KeySet> => {
    const keys = orUnavailable(() => (hasKeysByHeader ? source.keys(header) : source.keys()));
    return KeySet.isKeySet(keys) ? keys : awaitKeySet(keys, argument);
  };
  const isStale = () => orUnavailable(() => readMember(source, 'stale') === true);
  return {
    for: (header) => (isStale() ? undefined : currentFor(header)) ?? read(header.parameters),
    now: (header) => currentFor(header) ?? throwKeysNotRead(),
    current,
    newerThan: undefined,
    warm: () => warmUp(read, () => (isStale() ? undefined : current()), current),
    algorithms: undefined,
  };
}

/** Reads keys that are missing or stale. A failure does not matter while stale ones may be used. */
async function warmUp(read: () => unknown, fresh: () => unknown, current: () => unknown): Promise<void> {
  if (fresh()) return;
  try {
    await read();
  } catch (error) {
    if (!(error instanceof JoseError) || !current()) throw error;
  }
}

function throwKeysNotRead(): never {
  throw new JoseError(
    'ERR_JWKS_UNAVAILABLE',
    'the keys are unavailable: they must be read first, by verifier.warm() or verify()',
  );
}

async function awaitKeySet(promise: Promise<KeySet>, argument: string): Promise<KeySet> {
  const keys = await Promise.resolve(promise).catch(throwUnavailable);
  if (KeySet.isKeySet(keys)) return keys;
  throw argumentError(`${argument}.keys()`, 'a KeySet, as importJwks makes it, or a promise of one', keys);
}

function orUnavailable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    return throwUnavailable(error);
  }
}

/** Messages of other errors may quote a server or a database; those of a JoseError, also of another copy, never do. */
function throwUnavailable(cause: unknown): never {
  if (cause instanceof JoseError && cause.code === 'ERR_JWKS_UNAVAILABLE') throw cause;
  const isUnavailable = isJoseError(cause) && cause.code === 'ERR_JWKS_UNAVAILABLE'; // of another copy
  const reason = isJoseError(cause) ? cause.message : 'the key source failed';
  const message = isUnavailable ? reason : `the keys are unavailable: ${reason}`;
  throw new JoseError('ERR_JWKS_UNAVAILABLE', message, { cause, ...retryAfterOf(cause) });
}

function retryAfterOf(error: unknown): { retryAfter?: number } {
  const seconds: unknown = isJoseError(error) ? readMember(error, 'retryAfter') : undefined;
  const isUsable = typeof seconds === 'number' && seconds >= 0 && seconds < Number.POSITIVE_INFINITY;
  return isUsable ? { retryAfter: Math.ceil(seconds) } : {};
}
