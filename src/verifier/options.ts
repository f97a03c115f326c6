// What a service configures once: read and judged when the verifier is made, and never looked at again.

import { isPlainObject, type JsonObject, ownMembers } from '../json.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { checkKeys } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { type KeyProvider, type KeySource, providerOf } from '../jwks/source.ts';
import {
  EXPECTED_RULES,
  type Expected,
  type JwtClaims,
  type ReadExpected,
  readExpected,
  type StandardSchemaV1,
} from '../jwt/expected.ts';
import type { Rule } from '../options.ts';
import { aFunction, isCount, isString, mistake, type OptionRules, readOptions } from '../options.ts';
import type { RemoteJwksOptions } from '../remote/options.ts';
import type { RemoteJwks } from '../remote/remote.ts';
import type { NumericDate } from '../time.ts';
import { type Route, routeByName, type TrustedIssuer } from './issuers.ts';
import { Memory } from './memory.ts';

/** An issuer, and what is expected of its tokens. */
export interface TrustedIssuerOptions<Claims = JwtClaims> extends Omit<Expected<Claims>, 'now'> {
  /** Default: the set that discovery finds, `discoverJwks(issuer, remote)`; the issuer must then be one name. */
  readonly keys?: Key | KeySet | RemoteJwks | KeySource | undefined;
  /** For the set that discovery finds. */
  readonly remote?: RemoteJwksOptions | undefined;
}

interface CommonOptions {
  /** Tells the instant to judge by, in seconds; also to the sets that are made here. Default: the clock. */
  readonly clock?: (() => NumericDate) | undefined;
  /**
   * Remembers up to `max` tokens that verified (at most 1,000,000, and none over 8 KiB). Their claims are frozen. At each
   * hit the time claims are judged again, and the keys must be those under which the token verified; a schema is not asked
   * again. Default: none are remembered.
   */
  readonly cache?: { readonly max: number } | undefined;
}

/** A verifier for the tokens of one issuer. */
export interface VerifierOptions<Claims = JwtClaims> extends TrustedIssuerOptions<Claims>, CommonOptions {
  readonly issuers?: undefined;
}

/** A verifier for the tokens of several issuers, each by its own keys and its own expectations only. */
export interface VerifierIssuersOptions<Claims = JwtClaims> extends CommonOptions {
  readonly issuers: readonly TrustedIssuerOptions<Claims>[];
}

/** The same where each issuer has a schema, which is what types the claims. */
export interface SchemaIssuersOptions<Claims> extends CommonOptions {
  readonly issuers: readonly (TrustedIssuerOptions<Claims> & { readonly schema: StandardSchemaV1<Claims> })[];
}

/** What a verifier works with. */
export interface VerifierConfig {
  readonly issuers: readonly TrustedIssuer[];
  readonly route: Route;
  readonly clock: (() => NumericDate) | undefined;
  readonly memory: Memory;
}

const COMMON_OPTIONS: OptionRules<CommonOptions> = {
  clock: aFunction,
  cache: [isPlainObject, 'a plain object such as { max: 1000 }'],
};
const ISSUERS_OPTIONS: OptionRules<VerifierIssuersOptions> = /* @__PURE__ */ Object.assign(
  { issuers: [areIssuers, 'an array of at least one object such as { issuer, audience }'] satisfies Rule },
  COMMON_OPTIONS,
);
const CACHE_OPTIONS: OptionRules<{ max: number }> = {
  max: [(value) => isCount(value) && value <= MAX_CACHED_TOKENS, 'a whole number from 1 to 1,000,000'],
};
/** A Map holds 2^24 entries at most, and long before that so many tokens are memory ill spent. */
const MAX_CACHED_TOKENS = 1_000_000;

function areIssuers(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

const AN_ISSUER = "a plain object such as { issuer: 'https://issuer.example', audience: 'api' }";

/** @throws TypeError naming what is unknown, of a wrong type, missing, or at odds with something else */
export function readConfig(options: unknown, discovery: Discovery | undefined): VerifierConfig {
  if (!isPlainObject(options)) throw mistake('options', AN_ISSUER, options);
  // Each option is read once, and what is inherited is none.
  const given = ownMembers(options);
  return given.issuers === undefined ? oneIssuer(given, discovery) : severalIssuers(given, discovery);
}

function oneIssuer(
  { issuers: _, clock, cache, ...issuer }: JsonObject,
  discovery: Discovery | undefined,
): VerifierConfig {
  const common = readCommon({ clock, cache }, discovery);
  const only = readIssuer(issuer, 'options', common);
  return { ...common, issuers: [only], route: () => only };
}

function severalIssuers(given: JsonObject, discovery: Discovery | undefined): VerifierConfig {
  const { issuers, ...others } = readOptions<VerifierIssuersOptions>(Object(given), ISSUERS_OPTIONS, {
    hint: issuersHint,
  });
  const common = readCommon(others, discovery);
  const read = Array.from(issuers, (issuer, i) => readIssuer(issuer, `options.issuers[${i}]`, common));
  return { ...common, issuers: read, route: routeByName(byName(read)) };
}

/** Finds the keys of an issuer, where the verifier is one that discovers. */
export interface Discovery {
  readonly discover: (issuer: string, options: RemoteJwksOptions) => RemoteJwks;
  /** The names of its options. */
  readonly options: Readonly<Record<keyof RemoteJwksOptions, unknown>>;
}
function isIssuerOption(name: string): boolean {
  return (Object.hasOwn(EXPECTED_RULES, name) && name !== 'now') || name === 'keys' || name === 'remote';
}

/** What an error says of an option beside `issuers` that is one of each issuer. */
function issuersHint(name: string): string | undefined {
  return isIssuerOption(name) ? 'belongs in each of options.issuers' : undefined;
}

/** What an error says of an option of an issuer that is one of all issuers, of the keys, or of the fetching of keys. */
function issuerHint(
  argument: string,
  keys: unknown,
  discovery: Discovery | undefined,
): (name: string) => string | undefined {
  return (name) => {
    if (/^(currentDate|clockTimestamp)$/.test(name)) return 'is not an option; options.clock is';
    if (Object.hasOwn(COMMON_OPTIONS, name)) return 'belongs in options, beside issuers';
    if (/^(jwks_?ur[il]|key|secret)$/i.test(name))
      return `is not an option; ${argument}.keys is: remoteJwks(url), importJwks(jwks) or importKey(key)`;
    if (!discovery || !Object.hasOwn(discovery.options, name)) return undefined;
    return keys === undefined
      ? `belongs in ${argument}.remote`
      : 'belongs in the options of remoteJwks or discoverJwks';
  };
}

/** What all issuers of a verifier have in common. */
interface Common {
  readonly discovery: Discovery | undefined;
  readonly clock: (() => NumericDate) | undefined;
  readonly memory: Memory;
}

function readCommon(given: object, discovery: Discovery | undefined): Common {
  const { clock, cache } = readOptions<CommonOptions>(given, COMMON_OPTIONS);
  if (!cache) return { discovery, clock, memory: new Memory(0) };
  const { max } = readOptions(cache, CACHE_OPTIONS, { argument: 'options.cache', needed: ['max'] });
  return { discovery, clock, memory: new Memory(max) };
}

/** A name leads to one issuer only, so that no token can choose between two. */
function byName(issuers: readonly TrustedIssuer[]): ReadonlyMap<string, TrustedIssuer> {
  const named = new Map<string, TrustedIssuer>();
  for (const [i, issuer] of issuers.entries()) {
    const { issuer: names } = issuer.expected;
    if (names === null)
      throw new TypeError(`options.issuers[${i}].issuer must be named: by it a token is told from the others'`);
    for (const name of [names].flat()) {
      if (named.has(name)) throw new TypeError(`options.issuers[${i}].issuer is there twice`);
      named.set(name, issuer);
    }
  }
  return named;
}

function readIssuer(options: unknown, argument: string, common: Common): TrustedIssuer {
  if (!isPlainObject(options)) throw mistake(argument, AN_ISSUER, options);
  const { keys, remote, now, ...rest } = ownMembers(options);
  if (now !== undefined) throw new TypeError(`${argument}.now is not an option: options.clock tells the instant`);
  const expected = frozenCopyOf(rest);
  const hint = issuerHint(argument, keys, common.discovery);
  const policy = withArgumentNames(() => readExpected(expected, hint), { expected: argument });
  const place = { remote, argument };
  return {
    keys: keys === undefined ? discovered(policy, place, common) : readKeys(keys, place),
    expected,
    policy: common.memory.withFrozenClaims(policy),
  };
}

/** The same with lists of its own, which nobody can widen later. */
function frozenCopyOf(expected: JsonObject): Expected {
  const lists = Object.entries(expected).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]);
  return Object.freeze(ownMembers(Object.fromEntries(lists)));
}

/** Where a mistake stands in the options, for the error that tells of it. */
interface Place {
  readonly remote: unknown;
  readonly argument: string;
}

const KEYS =
  'a Key (importKey), a KeySet (importJwks), a RemoteJwks (remoteJwks, discoverJwks), an Issuer or another KeySource';

function readKeys(keys: unknown, { remote, argument }: Place): KeyProvider {
  if (remote !== undefined)
    throw new TypeError(`${argument}.remote is for keys that are discovered, not for given ones`);
  if (isKey(keys))
    withArgumentNames(() => checkKeys(keys), { key: `${argument}.keys`, key_ops: `${argument}.keys: the key_ops` });
  const provider = providerOf(keys, `${argument}.keys`);
  if (provider) return provider;
  throw mistake(`${argument}.keys`, KEYS, keys);
}

function discovered({ issuer }: ReadExpected, { remote, argument }: Place, { clock, discovery }: Common): KeyProvider {
  if (!discovery) throw new TypeError(`${argument}.keys must be given: createVerifier is what discovers them`);
  if (!isString(issuer))
    throw new TypeError(`${argument}.keys must be given: only one issuer by name can be asked for its keys`);
  if (remote !== undefined && !isPlainObject(remote))
    throw mistake(`${argument}.remote`, "a plain object such as { timeout: '5s' }", remote);
  const how: RemoteJwksOptions = ownMembers(Object(remote));
  const misplaced = Object.keys(how).find((name) => !Object.hasOwn(discovery.options, name) && isIssuerOption(name));
  if (misplaced !== undefined) throw new TypeError(`${argument}.remote.${misplaced} belongs in ${argument}`);
  const keys = withArgumentNames(() => discovery.discover(issuer, { ...how, clock: how.clock ?? clock }), {
    issuer: `${argument}.issuer`,
    options: `${argument}.remote`,
  });
  return readKeys(keys, { argument, remote: undefined });
}

/** Runs another room's reading of what is an option here; its errors then name that option. */
function withArgumentNames<T>(read: () => T, names: Readonly<Record<string, string>>): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(
      error.message.replace(/^\w+/, (word) => names[word] ?? word),
      { cause: error },
    );
  }
}
