// RFC 7638 JWK Thumbprint and RFC 9278 JWK Thumbprint URI.

import { createHash } from 'node:crypto';
import { encodeBase64url } from '../base64url.ts';
import { encodeUtf8 } from '../bytes.ts';
import { isJsonObject, type JsonObject, ownMembers } from '../json.ts';
import { findKeyManagementRow } from '../jwa/key-management.ts';
import { findRow } from '../jwa/signatures.ts';
import { argumentError, checkArgumentCount } from '../options.ts';
import {
  invalidMemberError,
  type Jwk,
  MEMBERS,
  memberOctets,
  pickMembers,
  publicMembers,
  readJwkObject,
  unsupportedError,
} from './jwk.ts';
import { isKey, type Key, keyPartsOf } from './key.ts';

export type ThumbprintHash = 'sha256' | 'sha384' | 'sha512';

/** RFC 9278 §4 [9278-4-1] how the IANA Named Information registry spells a hash; §5 [9278-5-1] sha-256 at least. */
const HASH_NAMES: Readonly<Record<ThumbprintHash, string>> = {
  sha256: 'sha-256',
  sha384: 'sha-384',
  sha512: 'sha-512',
};

/**
 * The digest of a key's required members, base64url. A private key has the thumbprint of its public key [7638-3.2.1-1];
 * optional members do not count [7638-3.2.2-1]. Do not publish the thumbprint of a secret (RFC 7638 §7).
 *
 * @param key a Key, or a JWK object whose required members are checked first: only a canonical encoding makes the
 *   thumbprint unique [7638-7-2]
 * @throws JoseError ERR_JWK_INVALID, ERR_JOSE_NOT_SUPPORTED or ERR_JOSE_LIMIT_EXCEEDED; TypeError for the arguments
 */
export function thumbprint(key: Key | Jwk, hash?: ThumbprintHash): string {
  checkArgumentCount(arguments.length, thumbprint);
  return encodeBase64url(createHash(readThumbprintHash(hash)).update(thumbprintInput(key)).digest());
}

function readThumbprintHash(hash: ThumbprintHash = 'sha256'): ThumbprintHash {
  if (!Object.hasOwn(HASH_NAMES, hash)) throw new TypeError('hash must be sha256, sha384 or sha512');
  return hash;
}

/** RFC 9278 §3 [9278-3-1] the same as a URI. */
export function thumbprintUri(key: Key | Jwk, hash?: ThumbprintHash): string {
  checkArgumentCount(arguments.length, thumbprintUri);
  const digest = thumbprint(key, hash);
  return `urn:ietf:params:oauth:jwk-thumbprint:${HASH_NAMES[readThumbprintHash(hash)]}:${digest}`;
}

/**
 * RFC 7638 §3 [7638-3-1] the required members in code-point order without white space, [7638-3-2] as UTF-8. Names and
 * values are all base64url or registered names, so JSON.stringify escapes nothing [7638-3.3-1] and nothing is nested
 * [7638-3.3-2].
 */
function thumbprintInput(key: Key | Jwk): Uint8Array {
  if (!isJsonObject(key)) throw argumentError('key', 'a Key or a JWK', key);
  const members = isKey(key) ? requiredMembersOfKey(key) : requiredMembersOfJwk(readJwkObject(key));
  return encodeUtf8(JSON.stringify(Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))));
}

function requiredMembersOfKey(key: Key): JsonObject {
  const { row, keyObject, iterations } = keyPartsOf(key);
  if (iterations) throw new TypeError('key is a password: it has no thumbprint');
  const members = { ...keyObject.export(ownMembers({ format: 'jwk' })), kty: row.kty, alg: row.name };
  return pickMembers(members, row.kty, row.kty === 'oct' ? ['k'] : MEMBERS[row.kty].public);
}

/**
 * The required members of a JWK of any use, checked.
 * RFC 7638 §3.2: those of EC, RSA, oct and other keys [7638-3.2-1] [7638-3.2-2] [7638-3.2-3] [7638-3.2-4].
 */
function requiredMembersOfJwk(members: JsonObject): JsonObject {
  const { kty } = members;
  if (typeof kty !== 'string') throw invalidMemberError('kty');
  const jwk: Jwk = ownMembers({ ...members, kty });
  const row = findRow(kty, jwk.crv, kty === 'AKP' ? jwk.alg : undefined) ?? findKeyManagementRow(kty, jwk.crv);
  if (!row) throw unsupportedError('the kty or crv of the key is not supported');
  if (row.kty !== 'oct') return publicMembers(jwk, row);
  memberOctets(jwk, 'k');
  return pickMembers(jwk, 'oct', ['k']);
}
