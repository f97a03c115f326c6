// A checked JWK → the Key that encrypts or decrypts with it (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2), and what such a
// Key may do.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { equalBytes } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { isContentEncryption } from '../jwa/content-encryption.ts';
import { agreeOn } from '../jwa/ecdh-es.ts';
import { ENTROPY } from '../jwa/entropy.ts';
import {
  findKeyManagementRow,
  isKeyManagementAlgorithm,
  type KeyManagementAlgorithm,
  type KeyManagementRow,
} from '../jwa/key-management.ts';
import { decryptOaep, encryptOaep } from '../jwa/rsa-oaep.ts';
import { argumentError } from '../options.ts';
import { hasPrivateMembers, type Jwk, memberOctets, unsupportedError } from './jwk.ts';
import { aKey, isKey, isSameKey, type Key, keyPartsOf, makeKey, type PasswordIterations } from './key.ts';
import { keyPairMismatchError, keyPairObjects } from './private.ts';
import { publicKeyObject, secretKeyObject } from './public.ts';

/** The names that a caller gives a key's algorithm. */
export interface EncryptionNames {
  readonly alg?: KeyManagementAlgorithm | undefined;
  readonly enc?: string | undefined;
}

/**
 * The one row a JWK for encryption is married to: by the caller's alg, else its own, else the default of its kind.
 * @throws JoseError ERR_JWK_INVALID or ERR_JOSE_NOT_SUPPORTED
 */
export function encryptionRowOfJwk(jwk: Jwk, { alg, enc }: EncryptionNames): KeyManagementRow {
  const { kty, crv, alg: own } = jwk;
  if (kty === 'oct' && own === undefined && alg === undefined)
    throw new JoseError('ERR_JWK_INVALID', 'a secret key needs an alg: give it in the JWK or in options.alg');
  const direct = isContentEncryption(own) ? own : undefined;
  if ((alg ?? own) === 'dir' && (enc ?? direct) === undefined)
    throw new JoseError(
      'ERR_JWK_INVALID',
      "a secret for dir needs a content encryption: as alg of the JWK, such as 'A256GCM', or as options.enc of importKey",
    );
  const row = findKeyManagementRow(kty, crv, { alg: alg ?? own, enc: enc ?? direct });
  if (!row) throw rowMismatchError(jwk, alg ?? own);
  if (row.method === 'PBES2') throw unsupportedError('a password is no JWK: give it to importPassword');
  if (own !== undefined && own !== row.name && own !== row.enc)
    throw new JoseError('ERR_JWK_INVALID', 'the key is for another alg than asked for');
  return row;
}

function rowMismatchError({ kty, crv }: Jwk, alg: string | undefined): JoseError {
  const isKnown =
    findKeyManagementRow(kty, crv) && (alg === undefined || isKeyManagementAlgorithm(alg) || isContentEncryption(alg));
  if (isKnown) return new JoseError('ERR_JWK_INVALID', 'the alg of the key does not fit its kty, its crv or its enc');
  return unsupportedError('the kty, crv or alg of the key is not supported');
}

/** A checked Jwk → the Key it describes. @throws JoseError ERR_JWK_INVALID, ERR_JWK_WEAK, ERR_JOSE_NOT_SUPPORTED */
export function encryptionKeyFromJwk(jwk: Jwk, row: KeyManagementRow): Key {
  if (row.kty === 'oct') return encryptionSecretFromJwk(jwk, row);
  return hasPrivateMembers(jwk) ? decryptionKeyFromJwk(jwk, row) : encryptionPublicKeyFromJwk(jwk, row);
}

/** The Key of another's public JWK, to encrypt to. */
export function encryptionPublicKeyFromJwk(jwk: Jwk, row: KeyManagementRow): Key {
  // RFC 7517 §4.3: Web Crypto gives the public key of an agreement no operation at all.
  if (row.kty === 'RSA' || jwk.key_ops?.length !== 0) checkKeyOps(jwk, row, ENCRYPTING);
  const keyObject = publicKeyObject(jwk, row);
  if (row.kty === 'OKP') checkAgreement(keyObject, row);
  return makeKey({ keyObject, row, kid: jwk.kid, operations: undefined });
}

/** RFC 7748 §6: a point of small order agrees with every key on zeros, which node:crypto refuses only then. */
function checkAgreement(publicKey: KeyObject, row: KeyManagementRow): void {
  const other = ENTROPY.ephemeralKey(row)?.privateKey;
  if (other && !agreeOn(other, publicKey))
    throw new JoseError('ERR_JWK_WEAK', 'the key has a public point of small order');
}

function decryptionKeyFromJwk(jwk: Jwk, row: KeyManagementRow): Key {
  checkKeyOps(jwk, row, DECRYPTING);
  const { privateObject, publicObject } = keyPairObjects(jwk, row);
  if (!isPair(row, privateObject, publicObject)) throw keyPairMismatchError();
  return makeKey({ keyObject: privateObject, row, kid: jwk.kid, operations: undefined });
}

/** RFC 7518 §6.4 an `oct` JWK of exactly the length that its algorithm needs. */
function encryptionSecretFromJwk(jwk: Jwk, row: KeyManagementRow): Key {
  const secret = memberOctets(jwk, 'k');
  if (8 * secret.length !== row.minBits) {
    const needs = `${row.enc ?? row.name} needs exactly ${row.minBits / 8} octets`;
    if (8 * secret.length < row.minBits) throw new JoseError('ERR_JWK_WEAK', `the secret is too short: ${needs}`);
    throw new JoseError('ERR_JWK_INVALID', `the secret is too long: ${needs}`);
  }
  checkKeyOps(jwk, row, [...ENCRYPTING, ...DECRYPTING]);
  return makeKey({ keyObject: secretKeyObject(secret), row, kid: jwk.kid, operations: jwk.key_ops });
}

const ENCRYPTING: readonly string[] = ['wrapKey', 'encrypt'];
const DECRYPTING: readonly string[] = ['unwrapKey', 'decrypt'];
const AGREEING: readonly string[] = ['deriveKey', 'deriveBits'];

/** RFC 7517 §4.3: key_ops, where a key has them, must name one of the operations that its use comes to. */
function checkKeyOps({ key_ops: operations }: Jwk, { method }: KeyManagementRow, names: readonly string[]): void {
  const fitting = method === 'ECDH-ES' ? AGREEING : names;
  if (operations && !operations.some((name) => fitting.includes(name)))
    throw unsupportedError(`the key_ops of the key include none of ${fitting.join(', ')}`);
}

/** Whether two halves belong together, by using both: Node 20 makes a private key of another's x and y. */
function isPair(row: KeyManagementRow, privateKey: KeyObject, publicKey: KeyObject): boolean {
  if (row.kty === 'RSA') {
    const probe = ENTROPY.octets(32);
    const opened = decryptOaep('sha256', privateKey, encryptOaep('sha256', publicKey, probe));
    return opened !== undefined && equalBytes(opened, probe);
  }
  const other = ENTROPY.ephemeralKey(row)?.privateKey;
  const ours = other && agreeOn(privateKey, createPublicKey(other));
  const theirs = other && agreeOn(other, publicKey);
  return ours !== undefined && theirs !== undefined && equalBytes(ours, theirs);
}

/** The parts of a Key for encryption. */
export interface EncryptionParts {
  readonly row: KeyManagementRow;
  readonly keyObject: KeyObject;
  readonly iterations: PasswordIterations | undefined;
}

/**
 * The parts of the Key when it may do the operation. A key that signs does not decrypt, nor the other way round (RFC 8725
 * §3.1, RFC 7516 §11.4 [7516-11.4-2]).
 *
 * @throws TypeError naming the argument
 */
export function checkEncryptionKey(
  key: Key,
  operation: 'encrypt' | 'decrypt',
  argument: string = 'key',
): EncryptionParts {
  if (!isKey(key)) throw argumentError(argument, aKey[1], key);
  const { row, keyObject, iterations, operations } = keyPartsOf(key);
  if (row.use !== 'enc')
    throw new TypeError(`${argument} is for signatures: a key for encryption has an alg such as 'RSA-OAEP-256'`);
  if (key.type === (operation === 'encrypt' ? 'private' : 'public')) throw wrongHalfError(argument, operation);
  const names = operation === 'encrypt' ? ENCRYPTING : DECRYPTING;
  if (operations && !names.some((name) => operations.includes(name)))
    throw new TypeError(`key_ops of the ${argument} do not allow it to ${operation}`);
  return { row, keyObject, iterations };
}

function wrongHalfError(argument: string, operation: 'encrypt' | 'decrypt'): TypeError {
  return new TypeError(
    operation === 'encrypt'
      ? `${argument} is private: encrypt with its publicKey()`
      : `${argument} is public: decryption needs the private key`,
  );
}

/** Whether two Keys are of one material, algorithm and, for dir, content encryption. */
export function isSameEncryptionKey(a: Key, b: Key): boolean {
  return isSameKey(a, b) && keyPartsOf(a).row === keyPartsOf(b).row;
}

/** Whether a header's alg, and its enc where the key is for one only, name what this Key is for. */
export function isForEncryption({ row }: EncryptionParts, alg: string, enc: string): boolean {
  return row.name === alg && (row.enc === undefined || row.enc === enc);
}

/** The Key of a password, which no JWK makes: only whoever means it is driven into PBKDF2. */
export function makePasswordKey(
  password: KeyObject,
  row: KeyManagementRow,
  { kid, iterations }: { kid: string | undefined; iterations: PasswordIterations },
): Key {
  return makeKey({ keyObject: password, row, kid, operations: undefined, iterations });
}
