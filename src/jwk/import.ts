// JWK, PEM, DER, KeyObject, CryptoKey, secret octets → Key. Every form becomes a JWK first, so that all of them pass one set
// of checks (RFC 7517 §4, RFC 7518 §6, RFC 8725 §3.4 [8725-3.4-1]).

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { isKeyObject } from 'node:util/types';
import { encodeBase64url } from '../base64url.ts';
import { asBuffer, copyOctets } from '../bytes.ts';
import { type JsonObject, ownMembers } from '../json.ts';
import { aContentEncryption, type ContentEncryption, isContentEncryption } from '../jwa/content-encryption.ts';
import { isKeyManagementAlgorithm, type KeyManagementAlgorithm } from '../jwa/key-management.ts';
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';
import {
  aCount,
  argumentError,
  aString,
  checkArgumentCount,
  isOctets,
  isString,
  type OptionRules,
  readOptions,
} from '../options.ts';
import { SEQUENCE } from './der.ts';
import { type CryptoKey, type DecryptionOptions, isCryptoKey, readCryptoKey, readDer } from './encodings.ts';
import { encryptionKeyFromJwk, encryptionRowOfJwk } from './encryption-key.ts';
import { hasPrivateMembers, type Jwk, readJwk, readJwkObject, rowOfJwk, unsupportedError } from './jwk.ts';
import type { Key } from './key.ts';
import { readPem } from './pem.ts';
import { privateKeyFromJwk } from './private.ts';
import { publicKeyFromJwk, secretFromJwk } from './public.ts';

export interface ImportKeyOptions {
  /**
   * The one algorithm the key is for. Default: the key's own `alg`, else the one of its kind: RS256, ES256, EdDSA…; for
   * encryption RSA-OAEP-256 or ECDH-ES+A256KW.
   */
  readonly alg?: SignatureAlgorithm | KeyManagementAlgorithm | undefined;
  /** Default: the JWK's own `kid`, else none. */
  readonly kid?: string | undefined;
  /** Default: what `alg` says, else the JWK's own `alg` and `use`, else `sig`; X25519 and X448 are for `enc` only. */
  readonly use?: 'sig' | 'enc' | undefined;
  /** The one content encryption of a secret for `dir`. Default: the JWK's own `alg`, where that names one. */
  readonly enc?: ContentEncryption | undefined;
  /** Opens an encrypted PKCS#8. */
  readonly passphrase?: string | undefined;
  /**
   * The most iterations that an encrypted PKCS#8 may demand before it opens: of PBKDF2, or N · r · p of scrypt. Default
   * 1,000,000, which take about half a second.
   */
  readonly maxIterations?: number | undefined;
}

/** The rules of the options, which encrypted keys have as well. */
export const IMPORT_OPTIONS: OptionRules<ImportKeyOptions> = {
  alg: [isAnyAlgorithm, "an algorithm such as 'ES256', or 'RSA-OAEP-256' for encryption", 'algorithm'],
  kid: aString,
  use: [(use) => use === 'sig' || use === 'enc', "'sig' or 'enc'"],
  enc: aContentEncryption,
  passphrase: aString,
  maxIterations: aCount,
};

/**
 * Key material → Key, bound to one algorithm (RFC 7517, RFC 7518 §6, RFC 8725 §3.1).
 *
 * @param material a JWK (object), PEM text (SPKI, PKCS#8, encrypted PKCS#8, PKCS#1, SEC1, X.509 certificate), the DER of
 *   the same, a KeyObject, or an extractable CryptoKey. Text is always PEM; a secret goes through {@link importSecret}.
 * @throws JoseError ERR_JWK_INVALID, ERR_JWK_WEAK, ERR_JOSE_NOT_SUPPORTED, ERR_JOSE_LIMIT_EXCEEDED for the material;
 *   TypeError for the arguments
 */
export function importKey(
  material: Jwk | string | Uint8Array | KeyObject | CryptoKey,
  options?: ImportKeyOptions,
): Key {
  checkArgumentCount(arguments.length, importKey);
  const { alg, kid, use, enc, ...decryption } = readOptions(options, IMPORT_OPTIONS);
  if (use && alg !== undefined && isSignatureAlgorithm(alg) !== (use === 'sig'))
    throw new TypeError('options.use must be the use of options.alg');
  const jwk = { ...readMaterial(material, ownMembers(decryption)) };
  if (kid !== undefined) jwk.kid = kid;
  if ((use ?? useOf(alg, jwk)) === 'enc') {
    const read = readJwk(jwk, 'enc');
    const named = isKeyManagementAlgorithm(alg) ? alg : undefined;
    return encryptionKeyFromJwk(read, encryptionRowOfJwk(read, { alg: named, enc }));
  }
  if (enc !== undefined) throw new TypeError("options.enc is for options.alg 'dir'");
  return keyFromJwk(readJwk(jwk), isSignatureAlgorithm(alg) ? alg : undefined);
}

function isAnyAlgorithm(alg: unknown): boolean {
  return isSignatureAlgorithm(alg) || isKeyManagementAlgorithm(alg);
}

/** The use of a key for which the caller names none. */
function useOf(alg: unknown, jwk: JsonObject): 'sig' | 'enc' {
  const { kty, crv, alg: own, use } = ownMembers(jwk);
  if (alg !== undefined) return isSignatureAlgorithm(alg) ? 'sig' : 'enc';
  if (isKeyManagementAlgorithm(own) || isContentEncryption(own)) return 'enc';
  if (isSignatureAlgorithm(own)) return 'sig';
  return use === 'enc' || (kty === 'OKP' && (crv === 'X25519' || crv === 'X448')) ? 'enc' : 'sig';
}

export interface ImportSecretOptions {
  /** HS256, HS384, HS512; for encryption A128KW, A192KW, A256KW, A128GCMKW, A192GCMKW, A256GCMKW, or dir with `enc`. */
  readonly alg: SignatureAlgorithm | KeyManagementAlgorithm;
  /** dir: the one content encryption that the secret is for. */
  readonly enc?: ContentEncryption | undefined;
  readonly kid?: string | undefined;
}

const SECRET_OPTIONS: OptionRules<ImportSecretOptions> = {
  alg: [
    (name) => isString(name) && /^(HS(256|384|512)|A(128|192|256)(GCM)?KW|dir)$/.test(name),
    "'HS256', 'HS384' or 'HS512'; for encryption 'A256KW', 'A256GCMKW' and the like, or 'dir'",
    'algorithm',
  ],
  enc: aContentEncryption,
  kid: aString,
};

const A_SECRET = "a Uint8Array of random octets; of text: Buffer.from(text, 'base64'), or however it is encoded";

/**
 * Secret octets → Key, for HMAC or for encryption. For HMAC at least as long as the hash (RFC 7518 §3.2 [7518-3.2-1],
 * RFC 8725 §3.5 [8725-3.5-1]), for encryption exactly as long as its algorithm says; and nothing that looks like a key
 * of another kind: a public key taken for a secret is how HS256 forgeries are made.
 *
 * @throws JoseError ERR_JWK_WEAK or ERR_JWK_INVALID; TypeError for the arguments
 */
export function importSecret(secret: Uint8Array, options: ImportSecretOptions): Key {
  checkArgumentCount(arguments.length, importSecret);
  if (!isOctets(secret)) throw argumentError('secret', A_SECRET, secret);
  const { alg, enc, kid } = readOptions(options, SECRET_OPTIONS, { needed: ['alg'] });
  const jwk = readJwk({ kty: 'oct', k: encodeBase64url(copyOctets(secret)), kid });
  if ((alg === 'dir') !== (enc !== undefined))
    throw new TypeError("options.enc must be given with alg 'dir', and only then, such as 'A256GCM'");
  if (isKeyManagementAlgorithm(alg)) return encryptionKeyFromJwk(jwk, encryptionRowOfJwk(jwk, { alg, enc }));
  return secretFromJwk(jwk, rowOfJwk(jwk, alg));
}

/** A checked Jwk → the Key it describes. */
function keyFromJwk(jwk: Jwk, alg: SignatureAlgorithm | undefined): Key {
  const row = rowOfJwk(jwk, alg);
  if (row.kty === 'oct') return secretFromJwk(jwk, row);
  return hasPrivateMembers(jwk) ? privateKeyFromJwk(jwk, row) : publicKeyFromJwk(jwk, row);
}

function readMaterial(material: unknown, decryption: DecryptionOptions): JsonObject {
  if (typeof material === 'string') return jwkOfKeyObject(readPem(material, decryption));
  if (isOctets(material)) return jwkOfKeyObject(readOctets(copyOctets(material), decryption));
  if (isKeyObject(material)) return jwkOfKeyObject(material);
  if (isCryptoKey(material)) return jwkOfCryptoKey(material);
  if (typeof material === 'object' && material !== null) return readJwkObject(material);
  throw argumentError('material', 'a JWK, PEM text, DER octets, a KeyObject or a CryptoKey', material);
}

/** DER opens with a SEQUENCE; octets that do not are those of a PEM file, most likely. */
function readOctets(octets: Uint8Array, decryption: DecryptionOptions): KeyObject {
  return octets[0] === SEQUENCE
    ? readDer(octets, decryption)
    : readPem(asBuffer(octets).toString('latin1'), decryption);
}

function jwkOfCryptoKey(key: CryptoKey): JsonObject {
  const { keyObject, alg, use, operations } = readCryptoKey(key);
  // What Web Crypto has bound the key to, whatever alg a runtime's KeyObject names; that of an AKP key is its own.
  return { ...jwkOfKeyObject(keyObject), use, key_ops: operations, ...(alg !== undefined && { alg }) };
}

function jwkOfKeyObject(keyObject: KeyObject): JsonObject {
  try {
    const jwk = Object.entries(reimportFromDer(keyObject).export(ownMembers({ format: 'jwk' })));
    // workerd gives every member that a JWK may have, undefined where this key has none.
    return Object.fromEntries(jwk.filter(([, value]) => value !== undefined));
  } catch {
    throw unsupportedError('keys of this type or curve are not supported');
  }
}

/**
 * Reads a key anew from its DER. Node 20 and 22 abort the process when they export a point at infinity as a JWK, and Node 20
 * may deadlock with its garbage collector when it so exports a key that it has just generated. DER is safe from both.
 */
function reimportFromDer(keyObject: KeyObject): KeyObject {
  const format = 'der';
  if (keyObject.type === 'secret') return keyObject;
  if (keyObject.type === 'public') {
    const key = keyObject.export(ownMembers({ format, type: 'spki' }));
    return createPublicKey(ownMembers({ key, format, type: 'spki' }));
  }
  const key = keyObject.export(ownMembers({ format, type: 'pkcs8' }));
  return createPrivateKey(ownMembers({ key, format, type: 'pkcs8' }));
}
