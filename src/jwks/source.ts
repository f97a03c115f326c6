// Keys that may be others tomorrow, as a verifier is given them.
import { isFunction } from '../options.ts';
import type { KeySet } from './set.ts';

/** Has the keys of an issuer. The same set is the same object, until it changes. */
export interface KeySource {
  /** What may be used now; `undefined` when it must be had first. */
  readonly current: KeySet | undefined;
  /** `true` while `current` may be out of date: then `verify` waits for `keys()`, and `verifySync` goes on with `current`. */
  readonly stale?: boolean;
  /** The same, had first if it must be. May throw, or reject, a JoseError ERR_JWKS_UNAVAILABLE. */
  keys(): KeySet | Promise<KeySet>;
}

export function isKeySource(value: unknown): value is KeySource {
  const source = Object(value);
  return 'current' in source && isFunction(source.keys);
}
