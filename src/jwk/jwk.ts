// RFC 7517 §4, RFC 7518 §6, RFC 8037 §2, RFC 9964 §3: the shape of a JWK of every kty, and its members read strictly.
import { decodeUnpooled } from '../base64url.ts';
import { asBuffer } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { type JsonObject, jsonOctets, MAX_MEMBERS, ownMembers, parseJsonObject, quote } from '../json.ts';
import {
  findRow,
  isNameOf,
  type KeyType,
  rowsNamed,
  type SignatureAlgorithm,
  type SignatureRow,
} from '../jwa/signatures.ts';
import type { KeyRow } from '../jwa/support.ts';

/** The most octets of key material, whatever its form. */
export const MAX_KEY_BYTES: number = 256 * 1024;

/** A JSON Web Key as in JSON: the common members typed, all others as they are. */
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
  // RFC 7518 §6.3.1 [7518-6.3.1-1], §6.3.2 [7518-6.3.2-1]; oth is refused: §6.3.2.7 [7518-6.3.2.7-1]
  RSA: { public: ['n', 'e'], private: ['d', 'p', 'q', 'dp', 'dq', 'qi'] },
  EC: { public: ['crv', 'x', 'y'], private: ['d'] }, // RFC 7518 §6.2 [7518-6.2.1-1] [7518-6.2.2.1-1]
  // RFC 8037 §2: kty is OKP [8037-2-1], crv and x are present [8037-2-2] [8037-2-3], d in a private key only [8037-2-4],
  // and a thumbprint is of crv, kty and x [8037-2-5]
  OKP: { public: ['crv', 'x'], private: ['d'] },
  AKP: { public: ['alg', 'pub'], private: ['priv'] }, // RFC 9964 §3 [9964-3-1] [9964-3-2], §6 [9964-6-1]
  oct: { public: [], private: ['k'] }, // RFC 7518 §6.4 [7518-6.4-1]
};

/** The private members of all kinds of keys, and oth, which only a private RSA key has. */
export const PRIVATE_MEMBERS: readonly string[] = /* @__PURE__ */ privateMembers();

function privateMembers(): readonly string[] {
  return [...new Set(Object.values(MEMBERS).flatMap((members) => members.private)), 'oth'];
}

/**
 * The members of a caller's JWK object as JSON expresses them: each once [7517-4-2], and read once.
 * @throws JoseError ERR_JOSE_LIMIT_EXCEEDED, ERR_JWK_INVALID
 */
export function readJwkObject(jwk: object): JsonObject {
  const bytes = jsonOctets(jwk, MAX_KEY_BYTES);
  if (!bytes) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWK is over ${MAX_KEY_BYTES} octets`);
  return parseJsonObject(bytes, { code: 'ERR_JWK_INVALID', what: 'JWK', maxMembers: MAX_MEMBERS });
}

/**
 * A parsed JSON object → a Jwk whose common members have the right types and agree with one another. Other members are
 * ignored [7517-4-3].
 * @throws JoseError ERR_JWK_INVALID, or ERR_JOSE_NOT_SUPPORTED when the key is for another use than wanted
 */
export function readJwk(members: JsonObject, wanted = 'sig'): Jwk {
  const jwk = ownMembers(members);
  const { kty, alg, kid, use, key_ops: operations } = jwk;
  if (typeof kty !== 'string') throw invalidMemberError('kty'); // RFC 7517 §4.1 [7517-4.1-1]
  if ((kty === 'EC' || kty === 'OKP') && typeof jwk.crv !== 'string') throw invalidMemberError('crv'); // RFC 7518 §6.2.1 [7518-6.2.1-1]
  if (!isOptionalString(alg)) throw invalidMemberError('alg'); // §4.4 [7517-4.4-1]
  if (!isOptionalString(kid)) throw invalidMemberError('kid'); // §4.5 [7517-4.5-2]
  if (!isOptionalString(use)) throw invalidMemberError('use'); // §4.2 [7517-4.2-1]
  if (operations !== undefined && !isKeyOps(operations)) throw invalidMemberError('key_ops');
  if (use !== undefined && use !== wanted)
    throw unsupportedError(`the use of the key is ${quote(use)}, not ${quote(wanted)}`);
  // RFC 7517 §4.3 [7517-4.3-5] use and key_ops must not contradict each other.
  if (use && operations?.every((name) => (name === 'sign' || name === 'verify') === (use !== 'enc')) === false)
    throw new JoseError('ERR_JWK_INVALID', 'the use and key_ops of the key contradict each other');
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
  if (jwk.alg !== undefined && !own) throw algMismatchError(kty, crv, jwk.alg);
  if (kty === 'oct' && !own && !alg)
    throw new JoseError('ERR_JWK_INVALID', 'a secret key needs an alg: give it in the JWK or in options.alg');
  const row = alg ? findRow(kty, crv, alg) : (own ?? findRow(kty, crv));
  if (!row) throw algMismatchError(kty, crv, alg);
  if (own && !isNameOf(own.name, row))
    throw new JoseError('ERR_JWK_INVALID', 'the key is for another alg than asked for');
  return row;
}

/** The error for an algorithm and a kind of key that do not fit each other, or one of which is not supported. */
function algMismatchError(kty: string, crv: unknown, alg: unknown): JoseError {
  const known = findRow(kty, crv) && rowsNamed(alg).length > 0;
  if (known) return new JoseError('ERR_JWK_INVALID', 'the alg of the key does not fit its kty and crv');
  return unsupportedError('the kty, crv or alg of the key is not supported');
}

/** The members that make the public key, each canonical and of its right size. */
export function publicMembers(jwk: Jwk, row: KeyRow): JsonObject & { kty: KeyType } {
  if (row.kty === 'RSA') {
    memberInteger(jwk, 'n'); // RFC 7518 §6.3.1 [7518-6.3.1.1-1]
    memberInteger(jwk, 'e'); // [7518-6.3.1.2-1]
  }
  if (row.kty === 'EC') memberOctets(jwk, 'y', row.keyLength); // §6.2.1 [7518-6.2.1.3-1] [8812-3.1-1]
  if (row.kty === 'EC' || row.kty === 'OKP') memberOctets(jwk, 'x', row.keyLength); // [7518-6.2.1.2-1] [8037-2-3]
  if (row.kty === 'AKP') memberOctets(jwk, 'pub', row.keyLength); // RFC 9964 §4 [9964-5-3]
  return pickMembers(jwk, row.kty, MEMBERS[row.kty].public);
}

/** Whether a JWK has a private member of any kty. */
export function hasPrivateMembers(jwk: object): boolean {
  return PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name));
}

/** A new object of kty and those of the named members that are present, with nothing inherited. */
export function pickMembers(jwk: Jwk, kty: KeyType, names: readonly string[]): JsonObject & { kty: KeyType } {
  const picked: { kty: KeyType; [name: string]: unknown } = ownMembers({ kty });
  for (const name of names) if (jwk[name] !== undefined) picked[name] = jwk[name];
  return picked;
}

/**
 * A member's octets. A key must have one spelling only, or deny-lists and thumbprints (RFC 7638 §7 [7638-7-2]) can be
 * bypassed; node:crypto accepts any spelling.
 */
export function memberOctets(jwk: Jwk, name: string, length?: number): Uint8Array {
  const value = jwk[name];
  const bytes = typeof value === 'string' ? decodeUnpooled(value) : undefined;
  if (!bytes || bytes.length !== (length ?? bytes.length)) throw invalidMemberError(name);
  return bytes;
}

/** A Base64urlUInt: RFC 7518 §2 [7518-2-1] as few octets as the number needs, so no leading zero octet. */
export function memberInteger(jwk: Jwk, name: string, maxLength: number = Number.POSITIVE_INFINITY): bigint {
  const bytes = memberOctets(jwk, name);
  if (!bytes[0] || bytes.length > maxLength) throw invalidMemberError(name);
  return BigInt(`0x${asBuffer(bytes).toString('hex')}`);
}

/** The error for a member that is missing or malformed. It names the member, never its value. */
export function invalidMemberError(member: string): JoseError {
  return new JoseError('ERR_JWK_INVALID', `the ${member} of the key is missing or malformed`);
}

export function unsupportedError(message: string): JoseError {
  return new JoseError('ERR_JOSE_NOT_SUPPORTED', message);
}

function isOptionalString(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value.isWellFormed());
}

/** RFC 7517 §4.3 [7517-4.3-1] an array of strings, [7517-4.3-2] none of them twice. */
function isKeyOps(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length
  );
}
