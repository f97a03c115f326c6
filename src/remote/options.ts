// The options of a remote set, their rules and their defaults.

import { ownMembers } from '../json.ts';
import {
  anAsymmetricAlgorithm,
  hasPublicKey,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
} from '../jwa/signatures.ts';
import { KEY_FILTER, type KeyFilter } from '../jwks/import.ts';
import { aCount, aFunction, isPlainObject, isString, isStrings, type OptionRules, type Rule } from '../options.ts';
import { aDuration, type Duration, isDuration, type NumericDate, seconds } from '../time.ts';
import type { JwksEvent } from './events.ts';
import { FETCH_OPTIONS, type FetchOptions, readFetchOptions } from './fetch.ts';
import type { JwksSnapshot } from './snapshot.ts';
import type { CacheLifetimes } from './state.ts';
import { checkUrl, isOrigin } from './urls.ts';

export interface RemoteJwksOptions extends FetchOptions, KeyFilter {
  /** Returns the current time in seconds. Default: the system clock. */
  readonly clock?: (() => NumericDate) | undefined;
  /** Returns a number from 0 to 1, which spreads refreshes and retries. Default: Math.random. */
  readonly random?: (() => number) | undefined;
  /** The most keys of the set. Default 100. */
  readonly maxKeys?: number | undefined;
  /** The shortest time for which an answer is fresh, even with less max-age. Default 1 minute; at least 1 second. */
  readonly minFresh?: Duration | undefined;
  /** The time for which an answer without max-age is fresh. Default 10 minutes. */
  readonly defaultFresh?: Duration | undefined;
  /** The longest time for which an answer is fresh, even with more max-age. Default 1 hour. */
  readonly maxFresh?: Duration | undefined;
  /** How long after that known keys still verify while the issuer is unavailable. Default 1 hour; 0: not at all. */
  readonly staleFor?: Duration | undefined;
  /** Tokens of other algorithms are refused without a request. Default: all algorithms with public keys. */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /**
   * The result of `snapshot()`, or its JSON text. The set starts with it, at its actual age. Its keys passed
   * `use` and `accept` when they were fetched; with a filter, the first refresh fetches them anew.
   */
  readonly snapshot?: JwksSnapshot | string | undefined;
  /** Called with each event, synchronously. */
  readonly onEvent?: ((event: JwksEvent) => void) | undefined;
}

/** How metadata is fetched. */
export interface DiscoverOptions extends FetchOptions {
  /**
   * The issuer that the metadata must name, exactly, where that is not its URL, such as with Azure AD B2C, ADFS and the v1
   * endpoints of Entra. Default: the URL.
   */
  readonly issuer?: string | undefined;
}

export interface DiscoverJwksOptions extends DiscoverOptions, RemoteJwksOptions {
  /** Origins such as 'https://keys.example' to which `headers` are also sent, if the metadata names one. Default: none. */
  readonly headersTo?: readonly string[] | undefined;
}

/** The default of `algorithms`: a remote set has no secrets, so no HMAC can verify with it. */
export const PUBLIC_ALGORITHMS: readonly SignatureAlgorithm[] =
  /* @__PURE__ */ SIGNATURE_ALGORITHMS.filter(hasPublicKey);

/** The rule of `minFresh`. */
export const A_FRESH_TIME: Rule = [
  (value) => seconds(value) >= 1,
  "a duration such as '5m', or a number of seconds, of at least '1s'",
];

export const REMOTE_OPTIONS: OptionRules<RemoteJwksOptions> = /* @__PURE__ */ Object.assign(
  {
    clock: aFunction,
    random: aFunction,
    maxKeys: aCount,
    minFresh: A_FRESH_TIME,
    defaultFresh: aDuration,
    maxFresh: [isDuration, "a duration such as '5m', or a number of seconds", 'cacheMaxAge'] satisfies Rule,
    staleFor: [isDuration, "a duration such as '5m', or a number of seconds", 'cacheMaxAgeFallback'] satisfies Rule,
    algorithms: [
      (value: unknown) => isStrings(value) && value.every((alg) => PUBLIC_ALGORITHMS.some((name) => name === alg)),
      "an array of signature algorithms with public keys, such as 'ES256'",
    ] satisfies Rule,
    snapshot: [
      (value: unknown) => isString(value) || isPlainObject(value),
      'the result of snapshot(), or its JSON text',
    ] satisfies Rule,
    onEvent: aFunction,
  },
  KEY_FILTER,
  { alg: anAsymmetricAlgorithm },
  FETCH_OPTIONS,
);

const A_METADATA_ISSUER: Rule = [
  (value) => isString(value) && value !== '',
  "the issuer that the metadata names, such as 'https://issuer.example/v2.0/'",
];

export const DISCOVER_OPTIONS: OptionRules<DiscoverOptions> = /* @__PURE__ */ Object.assign(
  { issuer: A_METADATA_ISSUER },
  FETCH_OPTIONS,
);

export const DISCOVER_JWKS_OPTIONS: OptionRules<DiscoverJwksOptions> = /* @__PURE__ */ Object.assign(
  {
    issuer: A_METADATA_ISSUER,
    headersTo: [
      (value: unknown) => Array.isArray(value) && value.length > 0 && [...value].every(isOrigin),
      "an array of origins such as 'https://keys.example', each as URL.origin has it: without a path",
    ] satisfies Rule,
  },
  REMOTE_OPTIONS,
);

/** Reads the options once, when the set is made. @throws TypeError naming the option */
export function readRemoteOptions<T extends RemoteJwksOptions>(options: T | undefined, rules: OptionRules<T>): T {
  const read = readFetchOptions(options, rules);
  const { minFresh, maxFresh } = lifetimesOf(read);
  if (minFresh > maxFresh) throw new TypeError('options.minFresh must not be more than options.maxFresh');
  const { algorithms } = read;
  return Object.freeze(ownMembers({ ...read, algorithms: algorithms && [...algorithms] })); // the caller's may change
}

/** Reads the options of a discovered set. @throws TypeError also for an origin that may not be asked */
export function readDiscoverOptions(options: DiscoverJwksOptions | undefined): DiscoverJwksOptions {
  const read = readRemoteOptions(options, DISCOVER_JWKS_OPTIONS);
  const headersTo = read.headersTo?.map((origin, i) => checkUrl(origin, read, `options.headersTo[${i}]`).origin);
  return Object.freeze(ownMembers({ ...read, headersTo }));
}

export function lifetimesOf({
  minFresh = 60,
  defaultFresh = 600,
  maxFresh = 3_600,
  staleFor = 3_600,
}: RemoteJwksOptions): CacheLifetimes {
  return {
    minFresh: seconds(minFresh),
    defaultFresh: seconds(defaultFresh),
    maxFresh: seconds(maxFresh),
    staleFor: seconds(staleFor),
  };
}
