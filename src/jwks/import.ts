// RFC 7517 §5: a JWK Set, read key by key, as providers spell it. A key that cannot be used is skipped with its reason, and
// never spoils the others.
import { asJoseError, attempt, JoseError } from '../errors.ts';
import { isJsonObject, type JsonObject, jsonOctets, ownMembers, parseJsonObject } from '../json.ts';
import { anAlgorithm, findRow, type SignatureAlgorithm } from '../jwa/signatures.ts';
import {
  hasPrivateMembers,
  type Jwk,
  MEMBERS,
  PRIVATE_MEMBERS,
  publicMembers,
  readJwk,
  rowOfJwk,
  unsupportedError,
} from '../jwk/jwk.ts';
import type { Key } from '../jwk/key.ts';
import { publicKeyFromJwk, secretFromJwk } from '../jwk/public.ts';
import {
  aBoolean,
  aCount,
  aFunction,
  checkArgumentCount,
  isString,
  type OptionRules,
  type Rule,
  readOptions,
} from '../options.ts';
import { canonicalJwk } from './published.ts';
import { KeySet, type SkippedKey } from './set.ts';

/** The most octets of a JWK Set. */
const MAX_JWKS_BYTES: number = 256 * 1024;
/** The most keys in a JWK Set, by default. */
const MAX_KEYS = 100;
/** The most members of a JWK Set for each key that it may have. */
const MEMBERS_PER_KEY = 24;

/** Which keys of a published set are used, and for which algorithm. */
export interface KeyFilter {
  /** The algorithm of keys that name none, where it fits their kind. Default: RS256, ES256, EdDSA… by kind. */
  readonly alg?: SignatureAlgorithm | undefined;
  /** The `use` of the keys, where they have one; such as `jwt-svid` of SPIFFE. Default `sig`. */
  readonly use?: string | undefined;
  /**
   * Whether a usable key is one of yours, by the public members of its JWK as published. Keys for which it returns anything
   * but `true`, or throws, are left out.
   */
  readonly accept?: ((jwk: Jwk) => boolean) | undefined;
}

export interface ImportJwksOptions extends KeyFilter {
  /** The most keys the set may have. Default 100. */
  readonly maxKeys?: number | undefined;
  /** The most octets the set may have, as JSON. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
  /** Makes a set of secrets (`oct`) usable. Default false: a published set holds no secrets, and one in it is left out. */
  readonly secrets?: boolean | undefined;
}

const aUse: Rule = [
  (use) => isString(use) && use !== '' && use !== 'enc',
  "the use of keys for signatures such as 'sig' or 'jwt-svid'",
];

/** The rules of a KeyFilter, for all functions that take one. */
export const KEY_FILTER: OptionRules<KeyFilter> = { alg: anAlgorithm, use: aUse, accept: aFunction };

const IMPORT_OPTIONS: OptionRules<ImportJwksOptions> = {
  alg: anAlgorithm,
  use: aUse,
  accept: aFunction,
  maxKeys: aCount,
  maxBytes: aCount,
  secrets: aBoolean,
};

/**
 * A JWK Set, as an object or JSON text, → KeySet. Keys with an unknown kty, for encryption, malformed, weak or private
 * are skipped, each with its reason (RFC 7517 §5 [7517-5-4]).
 *
 * @throws JoseError ERR_JWKS_INVALID when it is not a JWK Set, or mixes `oct` with other keys where `secrets` is true;
 *   ERR_JOSE_LIMIT_EXCEEDED over `maxBytes` or `maxKeys`; TypeError for the options
 */
export function importJwks(jwks: unknown, options?: ImportJwksOptions): KeySet {
  checkArgumentCount(arguments.length, importJwks);
  const read = readOptions(options, IMPORT_OPTIONS);
  const members = readJwkSet(jwks, read.maxKeys, read.maxBytes);
  if (read.secrets && members.some(isSecretJwk) && members.some(isPublicJwk))
    throw new JoseError('ERR_JWKS_INVALID', 'the JWK Set mixes secrets with public keys: make two sets');
  const seen = new Set<string>();
  const { keys, skipped } = readEachKey(members, (member) => readSetMember(member, read, seen));
  return new KeySet(keys, skipped);
}

/** The keys of the members that can be used, and the reason why for each other one. */
export function readEachKey(
  members: readonly unknown[],
  read: (member: JsonObject) => Key,
): { keys: readonly Key[]; skipped: readonly SkippedKey[] } {
  const keys: Key[] = [];
  const skipped: SkippedKey[] = [];
  for (const [index, member] of members.entries()) {
    try {
      if (!isJsonObject(member)) throw new JoseError('ERR_JWK_INVALID', 'the member of keys is not a JSON object');
      keys.push(read(member));
    } catch (error) {
      skipped.push({ index, ...kidOf(member), reason: asJoseError(error).message });
    }
  }
  return { keys, skipped };
}

/** [7517-5-1] an object whose `keys` is an array; [7517-5-2] no member twice; [7517-5-3] others are ignored. */
export function readJwkSet(
  jwks: unknown,
  maxKeys: number = MAX_KEYS,
  maxBytes: number = MAX_JWKS_BYTES,
): readonly unknown[] {
  const bytes = jsonOctets(jwks, maxBytes);
  if (!bytes) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWK Set is over ${maxBytes} octets`);
  const set = parseJsonObject(withoutByteOrderMark(bytes), {
    code: 'ERR_JWKS_INVALID',
    what: 'JWK Set',
    maxMembers: maxKeys * MEMBERS_PER_KEY,
  });
  const members = ownMember(set, 'keys');
  if (!Array.isArray(members)) throw new JoseError('ERR_JWKS_INVALID', 'the JWK Set has no keys array');
  if (members.length > maxKeys)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWK Set has more than ${maxKeys} keys`);
  return members;
}

/** RFC 8259 §8.1 lets a reader ignore a byte-order mark, which some servers send before their documents. */
function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** @param seen the keys of the set before this one, as texts */
function readSetMember(member: JsonObject, { alg, use, accept, secrets }: ImportJwksOptions, seen: Set<string>): Key {
  const jwk = readJwk(canonicalJwk(member), use);
  const fitting = jwk.alg === undefined && findRow(jwk.kty, jwk.crv, alg) ? alg : undefined;
  if (isSecretJwk(member)) {
    if (!secrets) throw unsupportedError('secrets in key sets need options.secrets');
    if (jwk.key_ops?.includes('verify') === false)
      throw unsupportedError('the key_ops of the key do not include verify');
    const secret = secretFromJwk(jwk, rowOfJwk(jwk, fitting));
    if (accept && !isAccepted(member, accept)) throw notAcceptedError();
    return secret;
  }
  const row = rowOfJwk(jwk, fitting);
  // RFC 7517 §9.2: a signature under a private key that anyone can read proves nothing.
  if (hasPrivateMembers(jwk)) throw new JoseError('ERR_JWK_INVALID', 'the key is published with its private members');
  const key = publicKeyFromJwk(jwk, row);
  if (accept && !isAccepted(member, accept)) throw notAcceptedError();
  const identity = JSON.stringify([key.kid, row.kty === 'OKP' ? row.crv : row.name, publicMembers(jwk, row)]);
  if (seen.has(identity)) throw new JoseError('ERR_JWK_INVALID', 'the key is in the set already, under this kid');
  seen.add(identity);
  return key;
}

function notAcceptedError(): JoseError {
  return unsupportedError('options.accept does not accept the key');
}

/** Asks the caller, after the key was made of its members, so that no change of theirs can reach it. */
function isAccepted(member: JsonObject, accept: (jwk: Jwk) => boolean): boolean {
  const members = Object.entries(member).filter(([name]) => !PRIVATE_MEMBERS.includes(name));
  return attempt(() => accept(ownMembers(Object.fromEntries(members)) as unknown as Jwk) === true, false);
}

function isSecretJwk(member: unknown): boolean {
  return ownMember(member, 'kty') === 'oct';
}

/** Whether a member is of a known kty other than `oct`; an unknown one cannot make a set mixed. */
function isPublicJwk(member: unknown): boolean {
  const kty = ownMember(member, 'kty');
  return typeof kty === 'string' && kty !== 'oct' && Object.hasOwn(MEMBERS, kty);
}

function kidOf(member: unknown): { kid?: string } {
  const kid = ownMember(member, 'kid');
  return typeof kid === 'string' ? { kid } : {};
}

/** An own member of a parsed value. */
function ownMember(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
