// What an issuer is made with, read and judged once; and what its methods are given.

import { isPlainObject, ownMembers } from '../json.ts';
import type { Key } from '../jwk/key.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import type { SignJwtOptions } from '../jwt/sign.ts';
import { aTyp, claimHint } from '../jwt/sign.ts';
import { aFunction, aPlainObject, isFunction, isString, isStrings, type OptionRules, readOptions } from '../options.ts';
import { POLICY_OPTIONS, type RingPolicyOptions } from '../ring/policy.ts';
import { aRingAlgorithm, isRingAlgorithm, type RingAlgorithm } from '../ring/ring.ts';
import type { Seal } from '../store/seal.ts';
import type { RingStore } from '../store/store.ts';
import { aDuration, type Duration, type NumericDate } from '../time.ts';
import type { ExternalKey, ExternalKeyRecord, SignBytes } from './custody.ts';
import type { RingEvent } from './events.ts';

export interface IssuerOptions {
  /** The `iss` of its tokens, and the name of its ring. */
  readonly issuer: string;
  /** Where the ring is kept: `memoryStore`, `fileStore`, `postgresStore`, `redisStore`, or your own. */
  readonly store: RingStore;
  /** Required for a ring that does not exist yet. Default: the policy under which it was written last. */
  readonly policy?: RingPolicyOptions | undefined;
  /**
   * What the ring signs with, the preferred one first. Default for a new ring: those of `firstKeys`, else ES256. One that
   * the ring lacks is added beside the others; one that it has is dropped by `migrate` only.
   */
  readonly algorithms?: readonly RingAlgorithm[] | undefined;
  /** Keeps private parts sealed in the store. Default: they are stored as they are. */
  readonly seal?: Seal | undefined;
  /** For a ring that does not exist yet: keys that its verifiers have already. The first of each algorithm signs at once. */
  readonly firstKeys?: readonly (Key | ExternalKey)[] | undefined;
  /**
   * Makes the keys of the ring, each time another. Default: `generateKey(alg)`. One that lost a race is not used, whatever it
   * cost to make. Where it fails, or takes longer than 30 s, a ring goes on without that key, and `refresh-failed` tells.
   */
  readonly generate?: ((alg: RingAlgorithm) => Key | ExternalKey | Promise<Key | ExternalKey>) | undefined;
  /** What signs for a key outside that was brought by another process. */
  readonly signerFor?: ((key: ExternalKeyRecord) => SignBytes | undefined) | undefined;
  /** Tells the instant, in seconds. Default: the clock. */
  readonly clock?: (() => NumericDate) | undefined;
  /** Told of what this instance changed, of a store that failed, and of a key that could not be made. What it throws surfaces as an uncaught exception. */
  readonly onEvent?: ((event: RingEvent) => void) | undefined;
}

const ISSUER_OPTIONS: OptionRules<IssuerOptions> = {
  issuer: [(value) => isString(value) && value !== '', "a name such as 'https://issuer.example'"],
  store: [isRingStore, 'a store with load and save, such as memoryStore()'],
  policy: [isPlainObject, "a plain object such as { maxTokenLifetime: '1h' }"],
  algorithms: [isAlgorithmList, "an array of signature algorithms with public keys, each once, such as 'ES256'"],
  seal: [isSeal, 'a seal, as createSeal makes it'],
  firstKeys: [(value) => Array.isArray(value) && value.length > 0, 'an array of at least one private Key', 'keys key'],
  generate: aFunction,
  signerFor: aFunction,
  clock: aFunction,
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
  return isStrings(value) && value.every(isRingAlgorithm) && new Set(value).size === value.length;
}

function policyHint(name: string): string | undefined {
  return Object.hasOwn(POLICY_OPTIONS, name) ? 'belongs in options.policy' : undefined;
}

/** @throws TypeError naming the option */
export function readIssuerOptions(options: IssuerOptions): IssuerOptions {
  const reading = { needed: ['issuer', 'store'], hint: policyHint } as const;
  const { algorithms, firstKeys, ...others } = readOptions(options, ISSUER_OPTIONS, reading);
  // Lists of its own, which the caller cannot change later; and no prototype, since the settings are read at each call.
  return ownMembers({
    ...others,
    ...(algorithms && { algorithms: [...algorithms] }),
    ...(firstKeys && { firstKeys: [...firstKeys] }),
  });
}

export interface IssueOptions extends Pick<SignJwtOptions, 'notBefore' | 'typ' | 'header'> {
  /** Who the token is for; null says that it does not say. */
  readonly audience: string | readonly string[] | null;
  /** From now to exp; at most the policy's `maxTokenLifetime`. */
  readonly expiresIn: Duration;
  /** One of the ring's algorithms. Default: the preferred one. */
  readonly alg?: RingAlgorithm | undefined;
}

/** Claims that say who the token is for. */
export interface AddressedClaims extends JwtClaims {
  readonly aud: string | readonly string[];
}

/** The options for such claims: an audience may be left out, or must be the same. */
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
  alg: aRingAlgorithm,
  notBefore: aDuration,
  typ: aTyp,
  header: aPlainObject,
};

/** @throws TypeError naming the option */
export function readIssueOptions(options: AddressedIssueOptions): AddressedIssueOptions {
  const given = readOptions(options, ISSUE_OPTIONS, { needed: ['expiresIn'], hint: claimHint });
  if (Object.hasOwn(Object(given.header), 'kid'))
    throw new TypeError('options.header.kid is not for the caller to set: the ring says which key signs');
  // A header of its own, which nobody can change while a key is waited for.
  return isPlainObject(given.header) ? ownMembers({ ...given, header: { ...given.header } }) : given;
}
