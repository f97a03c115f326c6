// What a service configures once: read and judged when the verifier is made, and never looked at again.
import { isPlainObject, type JsonObject, ownMembers } from '../json.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { checkKeys } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { type KeyProvider, type KeySource, providerOf } from '../jwks/source.ts';
import { type Expected, type JwtClaims, type Policy, readExpected, type StandardSchemaV1 } from '../jwt/expected.ts';
import { isCount, isFunction, isString, type OptionRules, readInto, readOptions } from '../options.ts';
import type { RemoteJwksOptions } from '../remote/options.ts';
import type { RemoteJwks } from '../remote/remote.ts';
import type { NumericDate } from '../time.ts';
import { type Route, routeByName, type TrustedIssuer } from './issuers.ts';
import { Memory } from './memory.ts';

/** An issuer, and what is expected of its tokens. */
export interface IssuerOptions<Claims = JwtClaims> extends Omit<Expected<Claims>, 'now'> {
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
export interface VerifierOptions<Claims = JwtClaims> extends IssuerOptions<Claims>, CommonOptions {
  readonly issuers?: undefined;
}

/** A verifier for the tokens of several issuers, each by its own keys and its own expectations only. */
export interface VerifierIssuersOptions<Claims = JwtClaims> extends CommonOptions {
  readonly issuers: readonly IssuerOptions<Claims>[];
}

/** The same where each issuer has a schema, which is what types the claims. */
export interface SchemaIssuersOptions<Claims> extends CommonOptions {
  readonly issuers: readonly (IssuerOptions<Claims> & { readonly schema: StandardSchemaV1<Claims> })[];
}

/** What a verifier works with. */
export interface Setup {
  readonly issuers: readonly TrustedIssuer[];
  readonly route: Route;
  readonly clock: (() => NumericDate) | undefined;
  readonly memory: Memory;
}

const COMMON_OPTIONS: OptionRules<CommonOptions> = {
  clock: isFunction,
  cache: isPlainObject,
};
const ISSUERS_OPTIONS: OptionRules<VerifierIssuersOptions> = /* @__PURE__ */ Object.assign(
  { issuers: (value: unknown) => Array.isArray(value) && value.length > 0 },
  COMMON_OPTIONS,
);
const CACHE_OPTIONS: OptionRules<{ max?: number }> = { max: (value) => isCount(value) && value <= MAX_CACHED_TOKENS };
/** A Map holds 2^24 entries at most, and long before that so many tokens are memory ill spent. */
const MAX_CACHED_TOKENS = 1_000_000;

/** @throws TypeError naming what is unknown, of a wrong type, missing, or at odds with something else */
export function readSetup(options: unknown, discover: Discover | undefined): Setup {
  if (!isPlainObject(options)) throw new TypeError('options must be a plain object');
  // Each option is read once, and what is inherited is none.
  const given = ownMembers(options);
  return given.issuers === undefined ? oneIssuer(given, discover) : severalIssuers(given, discover);
}

function oneIssuer({ issuers: _, clock, cache, ...issuer }: JsonObject, discover: Discover | undefined): Setup {
  const common = readCommon({ clock, cache }, discover);
  const only = readIssuer(issuer, 'options', common);
  return { ...common, issuers: [only], route: () => only };
}

function severalIssuers(given: JsonObject, discover: Discover | undefined): Setup {
  const { issuers, ...others } = readInto<VerifierIssuersOptions>(Object.create(null), ISSUERS_OPTIONS, {
    argument: 'options',
    options: given,
  });
  const common = readCommon(others, discover);
  const read = Array.from(issuers, (issuer, i) => readIssuer(issuer, `options.issuers[${i}]`, common));
  return { ...common, issuers: read, route: routeByName(byName(read)) };
}

/** Finds the keys of an issuer: `discoverJwks`, where the verifier is one that discovers. */
export type Discover = (issuer: string, options: RemoteJwksOptions) => RemoteJwks;

/** What all issuers of a verifier have in common. */
interface Common {
  readonly discover: Discover | undefined;
  readonly clock: (() => NumericDate) | undefined;
  readonly memory: Memory;
}

function readCommon(given: object, discover: Discover | undefined): Common {
  const { clock, cache } = readInto<CommonOptions>(Object.create(null), COMMON_OPTIONS, {
    argument: 'options',
    options: given,
  });
  if (!cache) return { discover, clock, memory: new Memory(0) };
  const { max } = readOptions<{ max?: number }>(cache, CACHE_OPTIONS, 'options.cache');
  if (max === undefined) throw new TypeError('options.cache.max must be given');
  return { discover, clock, memory: new Memory(max) };
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
  if (!isPlainObject(options)) throw new TypeError(`${argument} must be a plain object`);
  const { keys, remote, now, ...rest } = ownMembers(options);
  if (now !== undefined) throw new TypeError(`${argument}.now is not an option: options.clock tells the instant`);
  const expected = settled(rest);
  const policy = renamed(() => readExpected(expected), { expected: argument });
  const place = { remote, argument };
  return {
    keys: keys === undefined ? discovered(policy, place, common) : readKeys(keys, place),
    expected,
    policy: common.memory.sharing(policy),
  };
}

/** The same with lists of its own, which nobody can widen later. */
function settled(expected: JsonObject): Expected {
  const lists = Object.entries(expected).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]);
  return Object.freeze(ownMembers(Object.fromEntries(lists)));
}

/** Where a mistake stands in the options, for the error that tells of it. */
interface Place {
  readonly remote: unknown;
  readonly argument: string;
}

function readKeys(keys: unknown, { remote, argument }: Place): KeyProvider {
  if (remote !== undefined)
    throw new TypeError(`${argument}.remote is for keys that are discovered, not for given ones`);
  if (isKey(keys))
    renamed(() => checkKeys(keys), { key: `${argument}.keys`, key_ops: `${argument}.keys: the key_ops` });
  const provider = providerOf(keys, `${argument}.keys`);
  if (provider) return provider;
  throw new TypeError(`${argument}.keys must be a Key, a KeySet, a RemoteJwks, an Issuer or another KeySource`);
}

function discovered({ issuer }: Policy, { remote, argument }: Place, { clock, discover }: Common): KeyProvider {
  if (!discover) throw new TypeError(`${argument}.keys must be given: createVerifier is what discovers them`);
  if (!isString(issuer))
    throw new TypeError(`${argument}.keys must be given: only one issuer by name can be asked for its keys`);
  if (remote !== undefined && !isPlainObject(remote)) throw new TypeError(`${argument}.remote must be a plain object`);
  const how: RemoteJwksOptions = ownMembers(Object(remote));
  const keys = renamed(() => discover(issuer, { ...how, clock: how.clock ?? clock }), {
    issuer: `${argument}.issuer`,
    options: `${argument}.remote`,
  });
  return readKeys(keys, { argument, remote: undefined });
}

/** Runs another room's reading of what is an option here; its errors then name that option. */
function renamed<T>(read: () => T, names: Readonly<Record<string, string>>): T {
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
