// RFC 7517 §5: a JWK Set, read key by key. A key that cannot be used is skipped with its reason, and never spoils the others.
import { asJoseError, JoseError } from '../errors.ts';
import { isJsonObject, jsonOctets, parseJsonObject } from '../json.ts';
import { anAlgorithm, findRow, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { hasPrivateMembers, MEMBERS, readJwk, rowOfJwk, unsupportedError } from '../jwk/jwk.ts';
import type { Key } from '../jwk/key.ts';
import { publicKeyFromJwk, secretFromJwk } from '../jwk/public.ts';
import { aBoolean, aCount, checkArgumentCount, type OptionRules, readOptions } from '../options.ts';
import { KeySet, type SkippedKey } from './set.ts';

/** The most octets of a JWK Set. */
const MAX_JWKS_BYTES: number = 256 * 1024;
/** The most keys in a JWK Set, by default. */
const MAX_KEYS = 100;
/** The most members of a JWK Set for each key that it may have. */
const MEMBERS_PER_KEY = 24;

export interface ImportJwksOptions {
  /** The algorithm of keys that name none, where it fits their kind. Default: RS256, ES256, EdDSA… by kind. */
  readonly alg?: SignatureAlgorithm | undefined;
  /** The most keys the set may have. Default 100. */
  readonly maxKeys?: number | undefined;
  /** The most octets the set may have, as JSON. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
  /** Makes a set of secrets (`oct`) usable. Default false: a secret is no matter for a published set, and is left out. */
  readonly secrets?: boolean | undefined;
}

const IMPORT_OPTIONS: OptionRules<ImportJwksOptions> = {
  alg: anAlgorithm,
  maxKeys: aCount,
  maxBytes: aCount,
  secrets: aBoolean,
};

/**
 * A JWK Set, as an object or JSON text, → KeySet. Keys with an unknown kty, for encryption, malformed, weak or private
 * are skipped, each with its reason (RFC 7517 §5 [7517-5-4]).
 *
 * @throws JoseError ERR_JWKS_INVALID when it is not a JWK Set or mixes `oct` with other keys; ERR_JOSE_LIMIT_EXCEEDED
 *   over `maxBytes` or `maxKeys`; TypeError for the options
 */
export function importJwks(jwks: unknown, options?: ImportJwksOptions): KeySet {
  checkArgumentCount(arguments.length, importJwks);
  const { alg, maxKeys = MAX_KEYS, maxBytes = MAX_JWKS_BYTES, secrets = false } = readOptions(options, IMPORT_OPTIONS);
  const members = readJwkSet(jwks, maxKeys, maxBytes);
  if (members.some(isSecretJwk) && members.some(isPublicJwk))
    throw new JoseError('ERR_JWKS_INVALID', 'the JWK Set mixes secrets with other keys');
  const keys: Key[] = [];
  const skipped: SkippedKey[] = [];
  for (const [index, member] of members.entries()) {
    try {
      keys.push(readSetMember(member, alg, secrets));
    } catch (error) {
      skipped.push({ index, ...kidOf(member), reason: asJoseError(error).message });
    }
  }
  return new KeySet(keys, skipped);
}

/** [7517-5-1] an object whose `keys` is an array; [7517-5-2] no member twice; [7517-5-3] others are ignored. */
function readJwkSet(jwks: unknown, maxKeys: number, maxBytes: number): readonly unknown[] {
  const bytes = jsonOctets(jwks, maxBytes);
  if (!bytes) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWK Set is over ${maxBytes} octets`);
  const set = parseJsonObject(bytes, {
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

function readSetMember(member: unknown, alg: SignatureAlgorithm | undefined, secrets: boolean): Key {
  if (!isJsonObject(member)) throw new JoseError('ERR_JWK_INVALID', 'the member is not a JWK');
  const jwk = readJwk(member);
  const fitting = jwk.alg === undefined && findRow(jwk.kty, jwk.crv, alg) ? alg : undefined;
  if (isSecretJwk(member)) {
    if (!secrets) throw unsupportedError('secrets in key sets need options.secrets');
    if (jwk.key_ops?.includes('verify') === false)
      throw unsupportedError('the key_ops of the key do not include verify');
    return secretFromJwk(jwk, rowOfJwk(jwk, fitting));
  }
  const row = rowOfJwk(jwk, fitting);
  // RFC 7517 §9.2: a signature under a private key that anyone can read proves nothing.
  if (hasPrivateMembers(jwk)) throw new JoseError('ERR_JWK_INVALID', 'the key is published with its private members');
  return publicKeyFromJwk(jwk, row);
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
