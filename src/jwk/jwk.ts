// RFC 7517 §4, RFC 7518 §6, RFC 8037 §2, RFC 9964 §3: the shape of a JWK of every kty, and its members read strictly.
import { decodeUnpooled } from '../base64url.ts';
import { asBuffer } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { type JsonObject, jsonOctets, MAX_MEMBERS, ownMembers, parseJsonObject } from '../json.ts';
import {
  findRow,
  isNameOf,
  type KeyType,
  rowsNamed,
  type SignatureAlgorithm,
  type SignatureRow,
} from '../jwa/signatures.ts';

/** The most octets of key material, whatever its form. */
export const MAX_KEY_BYTES: number = 256 * 1024;

/** A JSON Web Key as JSON has it: the common members typed, all others as they are. */
export interface Jwk {
  readonly kty: string;
  readonly use?: string;
  readonly key_ops?: readonly string[];
  readonly alg?: string;
  readonly kid?: string;
  readonly x5c?: readonly string[];
  readonly crv?: string;
  readonly [member: string]: unknown;
}

/**
 * The members that make a key of each kty, besides kty itself: public ones and private ones. The public ones are also
 * what RFC 7638 §3.2 hashes.
 */
export const MEMBERS: Readonly<
  Record<KeyType, { readonly public: readonly string[]; readonly private: readonly string[] }>
> = {
  // RFC 7518 §6.3 [7518-6.3.1-1] [7518-6.3.2-1], no oth [7518-6.3.2.7-1]
  RSA: { public: ['n', 'e'], private: ['d', 'p', 'q', 'dp', 'dq', 'qi'] },
  EC: { public: ['crv', 'x', 'y'], private: ['d'] }, // RFC 7518 §6.2 [7518-6.2.1-1] [7518-6.2.2.1-1]
  OKP: { public: ['crv', 'x'], private: ['d'] }, // RFC 8037 §2 [8037-2-1] [8037-2-2] [8037-2-3] [8037-2-4] [8037-2-5]
  AKP: { public: ['alg', 'pub'], private: ['priv'] }, // RFC 9964 §3 [9964-3-1] [9964-3-2], §6 [9964-6-1]
  oct: { public: [], private: ['k'] }, // RFC 7518 §6.4 [7518-6.4-1]
};

/**
 * The members of a JWK that a caller has as an object, as JSON says them: each once [7517-4-2], and read once.
 * @throws JoseError ERR_JOSE_LIMIT_EXCEEDED, ERR_JWK_INVALID
 */
export function readJwkObject(jwk: object): JsonObject {
  const bytes = jsonOctets(jwk, MAX_KEY_BYTES);
  if (!bytes) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWK is over ${MAX_KEY_BYTES} octets`);
  return parseJsonObject(bytes, { code: 'ERR_JWK_INVALID', what: 'JWK', maxMembers: MAX_MEMBERS });
}

/**
 * A parsed JSON object → a Jwk whose common members have the right types and agree with one another. Others do no harm
 * [7517-4-3].
 * @throws JoseError ERR_JWK_INVALID, or ERR_JOSE_NOT_SUPPORTED when the key is for something else than signatures
 */
export function readJwk(members: JsonObject): Jwk {
  const jwk = ownMembers(members);
  const { kty, alg, kid, use, key_ops: operations } = jwk;
  if (typeof kty !== 'string') throw invalid('kty'); // RFC 7517 §4.1 [7517-4.1-1]
  if ((kty === 'EC' || kty === 'OKP') && typeof jwk.crv !== 'string') throw invalid('crv'); // RFC 7518 §6.2.1 [7518-6.2.1-1]
  if (!isOptionalString(alg)) throw invalid('alg'); // §4.4 [7517-4.4-1]
  if (!isOptionalString(kid)) throw invalid('kid'); // §4.5 [7517-4.5-2]
  if (!isOptionalString(use)) throw invalid('use'); // §4.2 [7517-4.2-1]
  if (operations !== undefined && !isOperations(operations)) throw invalid('key_ops');
  if (use !== undefined && use !== 'sig')
    throw unsupported('the key is for encryption or another use, not for signatures');
  // RFC 7517 §4.3 [7517-4.3-5] use and key_ops must not contradict each other.
  if (use && operations?.every((name) => name === 'sign' || name === 'verify') === false) throw invalid('key_ops');
  return jwk as Jwk;
}

/**
 * The one row a JWK is married to: by the caller's alg, else its own, else the default of its kind.
 * RFC 8725 §3.1 [8725-3.1-4] [9864-7-1] one key, one algorithm; alg, kty and crv must agree [7518-3.4-3] [8812-3.3-1].
 *
 * @throws JoseError ERR_JWK_INVALID or ERR_JOSE_NOT_SUPPORTED
 */
export function rowOfJwk(jwk: Jwk, alg: SignatureAlgorithm | undefined): SignatureRow {
  const { kty, crv } = jwk;
  const own = jwk.alg === undefined ? undefined : findRow(kty, crv, jwk.alg);
  if (jwk.alg !== undefined && !own) throw misfit(kty, crv, jwk.alg);
  if (kty === 'oct' && !own && !alg) throw new JoseError('ERR_JWK_INVALID', 'a secret key must be told its alg');
  const row = alg ? findRow(kty, crv, alg) : (own ?? findRow(kty, crv));
  if (!row) throw misfit(kty, crv, alg);
  if (own && !isNameOf(own.name, row))
    throw new JoseError('ERR_JWK_INVALID', 'the key is for another alg than asked for');
  return row;
}

/** Whether the algorithm and the kind of key are both known but not for each other, or one of them is not known at all. */
function misfit(kty: string, crv: unknown, alg: unknown): JoseError {
  const known = findRow(kty, crv) && (alg === undefined || rowsNamed(alg).length > 0);
  if (known) return new JoseError('ERR_JWK_INVALID', 'the alg of the key does not fit its kty and crv');
  return unsupported('the kty, crv or alg of the key is not supported');
}

/** Just the members that make the public key, each one canonical and of its right size. */
export function publicMembers(jwk: Jwk, row: SignatureRow): JsonObject & { kty: KeyType } {
  if (row.kty === 'RSA') {
    unsignedInteger(jwk, 'n'); // RFC 7518 §6.3.1 [7518-6.3.1.1-1]
    unsignedInteger(jwk, 'e'); // [7518-6.3.1.2-1]
  }
  if (row.kty === 'EC') octets(jwk, 'y', row.keyLength); // §6.2.1 [7518-6.2.1.3-1] [8812-3.1-1]
  if (row.kty === 'EC' || row.kty === 'OKP') octets(jwk, 'x', row.keyLength); // [7518-6.2.1.2-1] [8037-2-3]
  if (row.kty === 'AKP') octets(jwk, 'pub', row.keyLength); // RFC 9964 §4 [9964-5-3]
  return pick(jwk, row.kty, MEMBERS[row.kty].public);
}

/** Whether a JWK holds anything that must stay secret, whatever its kty. */
export function hasPrivateMembers(jwk: Jwk): boolean {
  return (
    Object.values(MEMBERS).some((members) => members.private.some((name) => Object.hasOwn(jwk, name))) ||
    Object.hasOwn(jwk, 'oth')
  );
}

/** A new object of kty and the named members, of those that are there; nothing else can be inherited into it. */
export function pick(jwk: Jwk, kty: KeyType, names: readonly string[]): JsonObject & { kty: KeyType } {
  const present = names.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]] as const);
  return ownMembers({ kty, ...Object.fromEntries(present) });
}

/**
 * A member's octets. One key must have one spelling only, or deny-lists and thumbprints (RFC 7638 §7 [7638-7-2]) can
 * be walked around; node:crypto takes any.
 */
export function octets(jwk: Jwk, name: string, length?: number): Uint8Array {
  const value = jwk[name];
  const bytes = typeof value === 'string' ? decodeUnpooled(value) : undefined;
  if (!bytes || bytes.length !== (length ?? bytes.length)) throw invalid(name);
  return bytes;
}

/** A Base64urlUInt: RFC 7518 §2 [7518-2-1] as few octets as the number needs, so no leading zero octet. */
export function unsignedInteger(jwk: Jwk, name: string, maxLength: number = Number.POSITIVE_INFINITY): bigint {
  const bytes = octets(jwk, name);
  if (!bytes[0] || bytes.length > maxLength) throw invalid(name);
  return BigInt(`0x${asBuffer(bytes).toString('hex')}`);
}

/** @returns the error for a member that is missing or malformed; it names the member, never its value */
export function invalid(member: string): JoseError {
  return new JoseError('ERR_JWK_INVALID', `the ${member} of the key is missing or malformed`);
}

export function unsupported(message: string): JoseError {
  return new JoseError('ERR_JOSE_NOT_SUPPORTED', message);
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value.isWellFormed());
}

/** RFC 7517 §4.3 [7517-4.3-1] an array of strings, [7517-4.3-2] none of them twice. */
function isOperations(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length
  );
}
