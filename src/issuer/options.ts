// The options of an issuer, and of the tokens that it signs.

import { ownMembers } from '../json.ts';
import { anAsymmetricAlgorithm, hasPublicKey } from '../jwa/signatures.ts';
import type { Key } from '../jwk/key.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import { aTyp, claimOptionHint, type SignJwtOptions } from '../jwt/write.ts';
import {
  aFunction,
  aHeader,
  isFunction,
  isPlainObject,
  isString,
  isStrings,
  type OptionRules,
  readOptions,
} from '../options.ts';
import { aPoolUse, type PoolUse } from '../pool.ts';
import { POLICY_OPTIONS, type RingPolicyOptions } from '../ring/policy.ts';
import type { RingAlgorithm } from '../ring/ring.ts';
import type { Seal } from '../store/seal.ts';
import type { RingStore } from '../store/store.ts';
import { aDuration, type Duration, type NumericDate } from '../time.ts';
import type { ExternalKey, ExternalKeyRecord, SignBytes } from './custody.ts';
import type { RingEvent } from './events.ts';

export interface IssuerOptions {
  /** The `iss` of its tokens, and the name of its ring. */
  readonly issuer: string;
  /** The store of the ring: `memoryStore`, `fileStore`, `postgresStore`, `redisStore`, or your own. */
  readonly store: RingStore;
  /** Required for a new ring. Default: the policy of the last write. */
  readonly policy?: RingPolicyOptions | undefined;
  /**
   * The algorithms to sign with, the preferred one first. Default for a new ring: those of `firstKeys`, else ES256. An
   * existing ring adds an algorithm that it does not have, and ends one only by `migrate`.
   */
  readonly algorithms?: readonly RingAlgorithm[] | undefined;
  /** Encrypts private keys in the store. Default: they are stored unencrypted. */
  readonly seal?: Seal | undefined;
  /** For a new ring: keys that its verifiers already have. The first of each algorithm signs immediately. */
  readonly firstKeys?: readonly (Key | ExternalKey)[] | undefined;
  /**
   * Creates the keys of the ring; each call must return another key. Default: `generateKey(alg)`. A key that lost a
   * race is not used. If it fails, or takes longer than 30 s, the ring continues without that key, and emits
   * `refresh-failed`.
   */
  readonly generate?: ((alg: RingAlgorithm) => Key | ExternalKey | Promise<Key | ExternalKey>) | undefined;
  /** Returns the signing function of an external key that another process added. */
  readonly signerFor?: ((key: ExternalKeyRecord) => SignBytes | undefined) | undefined;
  /**
   * Returns the current time in seconds. Default: the system clock. The age of the ring in this process follows the
   * monotonic clock, too, so that setting this one back does not hide it.
   */
  readonly clock?: (() => NumericDate) | undefined;
  /**
   * Whether `sign` makes signatures in the thread pool of node:crypto, so that the event loop goes on meanwhile. Default
   * 'auto': where it pays, which is beside other tokens, and never for ES256, EdDSA and Ed25519. 'always': all. An external
   * key signs as it likes.
   */
  readonly pool?: PoolUse | undefined;
  /**
   * Called with each change that this process wrote, and with each failure of the store or of `generate`. An exception
   * of it surfaces as an uncaught exception.
   */
  readonly onEvent?: ((event: RingEvent) => void) | undefined;
}

const ISSUER_OPTIONS: OptionRules<IssuerOptions> = {
  issuer: [(value) => isString(value) && value !== '', "a name such as 'https://issuer.example'"],
  store: [isRingStore, 'a store with load and save, such as memoryStore()'],
  policy: [isPlainObject, "a plain object such as { maxTokenLifetime: '1h' }"],
  algorithms: [isAlgorithmList, "an array of signature algorithms with public keys, each once, such as 'ES256'"],
  seal: [isSeal, 'a seal, as createSeal makes it'],
  firstKeys: [
    (value) => Array.isArray(value) && value.length > 0,
    'an array such as [key] of at least one private key',
    'keys key',
  ],
  generate: aFunction,
  signerFor: aFunction,
  clock: aFunction,
  pool: aPoolUse,
  onEvent: aFunction,
};

function isRingStore(value: unknown): boolean {
  const { load, save } = Object(value);
  return isFunction(load) && isFunction(save);
}

function isSeal(value: unknown): boolean {
  const { seal, unseal } = Object(value);
  return isFunction(seal) && isFunction(unseal);
}

function isAlgorithmList(value: unknown): boolean {
  return isStrings(value) && value.every(hasPublicKey) && new Set(value).size === value.length;
}

function policyHint(name: string): string | undefined {
  return Object.hasOwn(POLICY_OPTIONS, name) ? 'belongs in options.policy' : undefined;
}

/** @throws TypeError naming the option */
export function readIssuerOptions(options: IssuerOptions): IssuerOptions {
  const reading = { needed: ['issuer', 'store'], hint: policyHint } as const;
  const { algorithms, firstKeys, ...others } = readOptions(options, ISSUER_OPTIONS, reading);
  // Copies the lists, so that the caller cannot change them later. No prototype: the options are read at each call.
  return ownMembers({
    ...others,
    ...(algorithms && { algorithms: [...algorithms] }),
    ...(firstKeys && { firstKeys: [...firstKeys] }),
  });
}

export interface IssueOptions extends Pick<SignJwtOptions, 'notBefore' | 'typ' | 'header'> {
  /** The `aud` of the token; null makes a token without one. */
  readonly audience: string | readonly string[] | null;
  /** The lifetime of the token; at most the policy's `maxTokenLifetime`. */
  readonly expiresIn: Duration;
  /** One of the ring's algorithms. Default: the preferred one. */
  readonly alg?: RingAlgorithm | undefined;
}

/** Claims that have an `aud`. */
export interface AddressedClaims extends JwtClaims {
  readonly aud: string | readonly string[];
}

/** The options for claims that have an `aud`: `audience` may be absent, or must name the same audiences. */
export interface AddressedIssueOptions extends Omit<IssueOptions, 'audience'> {
  readonly audience?: IssueOptions['audience'] | undefined;
}

const ISSUE_OPTIONS: OptionRules<AddressedIssueOptions> = {
  audience: [
    (value) => value === null || isString(value) || isStrings(value),
    "a name such as 'api', several in an array, or null for a token that names none",
    'aud',
  ],
  expiresIn: aDuration,
  alg: anAsymmetricAlgorithm,
  notBefore: aDuration,
  typ: aTyp,
  header: aHeader,
};

/** @throws TypeError naming the option */
export function readIssueOptions(options: AddressedIssueOptions): AddressedIssueOptions {
  const given = readOptions(options, ISSUE_OPTIONS, { needed: ['expiresIn'], hint: claimOptionHint });
  if (Object.hasOwn(Object(given.header), 'kid'))
    throw new TypeError('options.header.kid must be absent: the ring sets it to the kid of the signing key');
  // Copies the header, so that the caller cannot change it while the issuer waits for a key.
  return isPlainObject(given.header) ? ownMembers({ ...given, header: { ...given.header } }) : given;
}
