// The options of a verifier, read and checked once when it is made.

import { type JsonObject, ownMembers } from '../json.ts';
import { isKey, type Key } from '../jwk/key.ts';
import { checkKeys } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { type KeyProvider, type KeySource, providerOf } from '../jwks/source.ts';
import {
  EXPECTED_RULES,
  type Expected,
  ignoreExpirationHint,
  type JwtClaims,
  type ReadExpected,
  readExpected,
  type StandardSchemaV1,
} from '../jwt/expected.ts';
import { readJwt } from '../jwt/jwt.ts';
import type { Rule } from '../options.ts';
import {
  aFunction,
  argumentError,
  isCount,
  isPlainObject,
  isString,
  type OptionRules,
  readOptions,
  withArgumentNames,
} from '../options.ts';
import { aPoolUse, type PoolUse } from '../pool.ts';
import type { DiscoverJwksOptions } from '../remote/options.ts';
import type { RemoteJwks } from '../remote/remote.ts';
import type { NumericDate } from '../time.ts';
import type { TokenDecrypter } from './decrypt-with.ts';
import { type IssuerRouter, indexIssuers, nullIssuerError, routeByIssuerClaim, type TrustedIssuer } from './issuers.ts';
import { SignaturePool } from './pool.ts';
import { TokenCache } from './token-cache.ts';
import { TOKEN_READERS, type TokenReader } from './token-reader.ts';

/** A trusted issuer, and the expectations of its tokens. */
export interface TrustedIssuerOptions<Claims = JwtClaims> extends Omit<Expected<Claims>, 'now'> {
  /** Default: `discoverJwks(issuer, remote)`, for which `issuer` must be one name. */
  readonly keys?: Key | KeySet | RemoteJwks | KeySource | undefined;
  /** The options of the discovered key set. */
  readonly remote?: Omit<DiscoverJwksOptions, 'issuer'> | undefined;
}

interface SharedOptions {
  /** Returns the current time in seconds, also for the discovered key sets. Default: the system clock. */
  readonly clock?: (() => NumericDate) | undefined;
  /**
   * Caches up to `max` verified tokens (at most 1,000,000, none over 8 KiB), with frozen claims. A hit checks the time
   * claims again, and that the keys are those that verified the token; it does not call a schema. Default: no cache.
   */
  readonly cache?: { readonly max: number } | undefined;
  /**
   * Whether `verify` verifies signatures in the thread pool of node:crypto, so that the event loop goes on meanwhile. Default
   * 'auto': where it pays, which is never for HMAC, and for RSA only beside other tokens. 'always': all but HMAC.
   */
  readonly pool?: PoolUse | undefined;
  /** Takes tokens that are signed and then encrypted. Made by `decryptWith(keys)`. Default: they are refused. */
  readonly decrypt?: TokenDecrypter | undefined;
}

/** Options of a verifier for one issuer. */
export interface VerifierOptions<Claims = JwtClaims> extends TrustedIssuerOptions<Claims>, SharedOptions {
  readonly issuers?: undefined;
}

/** Options of a verifier for several issuers, each with its own keys and expectations. */
export interface VerifierIssuersOptions<Claims = JwtClaims> extends SharedOptions {
  readonly issuers: readonly TrustedIssuerOptions<Claims>[];
}

/** Options of a verifier for several issuers, each with a schema, which types the claims. */
export interface SchemaIssuersOptions<Claims> extends SharedOptions {
  readonly issuers: readonly (TrustedIssuerOptions<Claims> & { readonly schema: StandardSchemaV1<Claims> })[];
}

/** The options of a verifier, read. */
export interface VerifierConfig {
  readonly issuers: readonly TrustedIssuer[];
  readonly route: IssuerRouter;
  readonly clock: (() => NumericDate) | undefined;
  readonly tokenCache: TokenCache;
  readonly read: TokenReader;
  readonly pool: SignaturePool;
}

const SHARED_OPTIONS: OptionRules<SharedOptions> = {
  clock: aFunction,
  cache: [isPlainObject, 'a plain object such as { max: 1000 }'],
  pool: aPoolUse,
  decrypt: [(value) => TOKEN_READERS.has(Object(value)), 'made by decryptWith(keys)'],
};
const ISSUERS_OPTIONS: OptionRules<VerifierIssuersOptions> = /* @__PURE__ */ Object.assign(
  { issuers: [isNonEmptyArray, 'an array of at least one object such as { issuer, audience }'] satisfies Rule },
  SHARED_OPTIONS,
);
const CACHE_OPTIONS: OptionRules<{ max: number }> = {
  max: [(value) => isCount(value) && value <= MAX_CACHED_TOKENS, 'a whole number from 1 to 1,000,000'],
};
/** Far below the 2^24 entries of a Map, and already up to 8 GiB. */
const MAX_CACHED_TOKENS = 1_000_000;

function isNonEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

const AN_ISSUER_OBJECT = "a plain object such as { issuer: 'https://issuer.example', audience: 'api' }";

/** @throws TypeError naming the option that is unknown, of a wrong type, missing, or in conflict with another */
export function readVerifierOptions(options: unknown, discovery: Discovery | undefined): VerifierConfig {
  if (!isPlainObject(options)) throw argumentError('options', AN_ISSUER_OBJECT, options);
  // Reads each option once, and ignores inherited ones.
  const given = ownMembers(options);
  return given.issuers === undefined ? readSingleIssuer(given, discovery) : readSeveralIssuers(given, discovery);
}

function readSingleIssuer(
  { issuers: _, clock, cache, pool, decrypt, ...issuer }: JsonObject,
  discovery: Discovery | undefined,
): VerifierConfig {
  const shared = { ...readSharedOptions({ clock, cache, pool, decrypt }), discovery, hasSeveralIssuers: false };
  const only = readTrustedIssuer(issuer, 'options', shared);
  return { ...shared, issuers: [only], route: () => only };
}

function readSeveralIssuers(given: JsonObject, discovery: Discovery | undefined): VerifierConfig {
  const { issuers, ...others } = readOptions<VerifierIssuersOptions>(Object(given), ISSUERS_OPTIONS, {
    hint: hintBesideIssuers,
  });
  const shared = { ...readSharedOptions(others), discovery, hasSeveralIssuers: true };
  const read = Array.from(issuers, (issuer, i) => readTrustedIssuer(issuer, `options.issuers[${i}]`, shared));
  return { ...shared, issuers: read, route: routeByIssuerClaim(indexIssuers(read)) };
}

/** How a verifier discovers the keys of an issuer. */
export interface Discovery {
  readonly discover: (issuer: string, options: DiscoverJwksOptions) => RemoteJwks;
  /** The rules of `remote`, for their names. */
  readonly options: Readonly<Record<keyof DiscoverJwksOptions, unknown>>;
}

function isIssuerOption(name: string): boolean {
  return (Object.hasOwn(EXPECTED_RULES, name) && name !== 'now') || name === 'keys' || name === 'remote';
}

/** The error text for an option beside `issuers` that belongs in each issuer. */
function hintBesideIssuers(name: string): string | undefined {
  return isIssuerOption(name) ? 'belongs in each of options.issuers' : undefined;
}

/** The error text for an option of an issuer that belongs elsewhere. */
function hintInsideIssuer(
  argument: string,
  keys: unknown,
  discovery: Discovery | undefined,
): (name: string) => string | undefined {
  return (name) => {
    if (/^(currentDate|clockTimestamp)$/.test(name)) return 'is not an option; options.clock is';
    if (Object.hasOwn(SHARED_OPTIONS, name)) return 'belongs in options, beside issuers';
    if (/^(jwks_?ur[il]|key|secret|secretOrKey|secretOrKeyProvider)$/i.test(name))
      return `is not an option; ${argument}.keys is: remoteJwks(url), importJwks(jwks) or importKey(key)`;
    if (!discovery || !Object.hasOwn(discovery.options, name)) return ignoreExpirationHint(name);
    return keys === undefined
      ? `belongs in ${argument}.remote`
      : 'belongs in the options of remoteJwks or discoverJwks';
  };
}

/** The part of the configuration that all issuers share. */
interface SharedConfig {
  readonly hasSeveralIssuers: boolean;
  readonly discovery: Discovery | undefined;
  readonly clock: (() => NumericDate) | undefined;
  readonly tokenCache: TokenCache;
  readonly read: TokenReader;
  readonly pool: SignaturePool;
}

function readSharedOptions(given: object): Pick<SharedConfig, 'clock' | 'tokenCache' | 'read' | 'pool'> {
  const { clock, cache, pool = 'auto', decrypt } = readOptions<SharedOptions>(given, SHARED_OPTIONS);
  const { max } = cache
    ? readOptions(cache, CACHE_OPTIONS, { argument: 'options.cache', needed: ['max'] })
    : { max: 0 };
  const read = TOKEN_READERS.get(Object(decrypt)) ?? readJwt;
  return { clock, tokenCache: new TokenCache(max), read, pool: new SignaturePool(pool) };
}

function readTrustedIssuer(options: unknown, argument: string, shared: SharedConfig): TrustedIssuer {
  if (!isPlainObject(options)) throw argumentError(argument, AN_ISSUER_OBJECT, options);
  const { keys, remote, now, ...rest } = ownMembers(options);
  if (now !== undefined) throw new TypeError(`${argument}.now is not an option; options.clock is`);
  const expected = frozenExpected(rest);
  const hint = hintInsideIssuer(argument, keys, shared.discovery);
  const policy = withArgumentNames(() => readExpected(expected, hint), { expected: argument });
  const keysArgument = { remote, argument };
  return {
    keys:
      keys === undefined ? discoveredProvider(policy, keysArgument, shared) : providerOfGivenKeys(keys, keysArgument),
    expected,
    policy: shared.tokenCache.withFrozenClaims(policy),
  };
}

/** A frozen copy of the expectations, with their lists and objects, which the caller cannot change later. */
function frozenExpected(given: JsonObject): Expected {
  const { schema, ...expected } = ownMembers(given);
  const copyMember = (value: unknown) => (isPlainObject(value) ? withFrozenLists(value) : frozenList(value));
  return withFrozenLists({ ...mapMembers(expected, copyMember), schema }) as unknown as Expected;
}

function withFrozenLists(members: JsonObject): JsonObject {
  return Object.freeze(mapMembers(members, frozenList));
}

function frozenList(value: unknown): unknown {
  return Array.isArray(value) ? Object.freeze([...value]) : value;
}

function mapMembers(members: JsonObject, change: (value: unknown) => unknown): JsonObject {
  return ownMembers(Object.fromEntries(Object.entries(members).map(([name, value]) => [name, change(value)])));
}

/** The option `remote` beside `keys`, and the name of the object that holds both. */
interface KeysArgument {
  readonly remote: unknown;
  readonly argument: string;
}

const ANY_KEYS =
  'a Key (importKey), a KeySet (importJwks), a RemoteJwks (remoteJwks, discoverJwks), an Issuer or another KeySource';

function providerOfGivenKeys(keys: unknown, { remote, argument }: KeysArgument): KeyProvider {
  if (remote !== undefined)
    throw new TypeError(`${argument}.remote must not be given with ${argument}.keys: it is for discovered keys`);
  if (isKey(keys))
    withArgumentNames(() => checkKeys(keys), { key: `${argument}.keys`, key_ops: `${argument}.keys: the key_ops` });
  const provider = providerOf(keys, `${argument}.keys`);
  if (provider) return provider;
  throw argumentError(`${argument}.keys`, ANY_KEYS, keys);
}

function discoveredProvider(
  { issuer }: ReadExpected,
  { remote, argument }: KeysArgument,
  shared: SharedConfig,
): KeyProvider {
  const { clock, discovery, hasSeveralIssuers } = shared;
  if (!discovery) throw new TypeError(`${argument}.keys must be given; to discover them, use createVerifier`);
  if (issuer === null && hasSeveralIssuers) throw nullIssuerError(argument);
  if (!isString(issuer))
    throw new TypeError(`${argument}.keys must be given, unless ${argument}.issuer is one name to discover them by`);
  if (remote !== undefined && !isPlainObject(remote))
    throw argumentError(`${argument}.remote`, "a plain object such as { timeout: '5s' }", remote);
  const remoteOptions: DiscoverJwksOptions = ownMembers(Object(remote));
  if (remoteOptions.issuer !== undefined)
    throw new TypeError(
      `${argument}.remote.issuer is not an option: the metadata must name ${argument}.issuer; ` +
        `where it names another, use ${argument}.keys: discoverJwks(url, { issuer })`,
    );
  const misplaced = Object.keys(remoteOptions).find(
    (name) => !Object.hasOwn(discovery.options, name) && isIssuerOption(name),
  );
  if (misplaced !== undefined) throw new TypeError(`${argument}.remote.${misplaced} belongs in ${argument}`);
  const keys = withArgumentNames(
    () => discovery.discover(issuer, { ...remoteOptions, clock: remoteOptions.clock ?? clock }),
    {
      issuer: `${argument}.issuer`,
      options: `${argument}.remote`,
    },
  );
  return providerOfGivenKeys(keys, { argument, remote: undefined });
}
