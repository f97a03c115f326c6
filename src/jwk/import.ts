// JWK, PEM, DER, KeyObject, CryptoKey, secret octets → Key. Every form becomes a JWK first, so that all of them pass one set
// of checks (RFC 7517 §4, RFC 7518 §6, RFC 8725 §3.4 [8725-3.4-1]).

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { isKeyObject } from 'node:util/types';
import { encodeBase64url } from '../base64url.ts';
import { asBuffer, copyOctets } from '../bytes.ts';
import { type JsonObject, ownMembers } from '../json.ts';
import { anAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';
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
import { hasPrivateMembers, type Jwk, readJwk, readJwkObject, rowOfJwk, unsupportedError } from './jwk.ts';
import type { Key } from './key.ts';
import { readPem } from './pem.ts';
import { privateKeyFromJwk } from './private.ts';
import { publicKeyFromJwk, secretFromJwk } from './public.ts';

export interface ImportKeyOptions {
  /** The one algorithm the key is for. Default: the key's own `alg`, else the one of its kind: RS256, ES256, EdDSA… */
  readonly alg?: SignatureAlgorithm | undefined;
  /** Default: the JWK's own `kid`, else none. */
  readonly kid?: string | undefined;
  readonly use?: 'sig' | undefined;
  /** Opens an encrypted PKCS#8. */
  readonly passphrase?: string | undefined;
  /**
   * The most iterations that an encrypted PKCS#8 may demand before it opens: of PBKDF2, or N · r · p of scrypt. Default
   * 1,000,000, which take about half a second.
   */
  readonly maxIterations?: number | undefined;
}

const IMPORT_OPTIONS: OptionRules<ImportKeyOptions> = {
  alg: anAlgorithm,
  kid: aString,
  use: [(use) => use === 'sig', "'sig'"],
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
  const { alg, kid, ...decryption } = readOptions(options, IMPORT_OPTIONS);
  const jwk = { ...readMaterial(material, ownMembers(decryption)) };
  if (kid !== undefined) jwk.kid = kid;
  return keyFromJwk(readJwk(jwk), alg);
}

export interface ImportSecretOptions {
  /** HS256, HS384 or HS512. */
  readonly alg: SignatureAlgorithm;
  readonly kid?: string | undefined;
}

const SECRET_OPTIONS: OptionRules<ImportSecretOptions> = {
  alg: [(name) => isString(name) && /^HS(256|384|512)$/.test(name), "'HS256', 'HS384' or 'HS512'", 'algorithm'],
  kid: aString,
};

const A_SECRET = "a Uint8Array of random octets; of text: Buffer.from(text, 'base64'), or however it is encoded";

/**
 * Secret octets → HMAC Key. At least as long as the hash (RFC 7518 §3.2 [7518-3.2-1], RFC 8725 §3.5 [8725-3.5-1]), and
 * nothing that looks like a key of another kind: a public key taken for a secret is how HS256 forgeries are made.
 *
 * @throws JoseError ERR_JWK_WEAK or ERR_JWK_INVALID; TypeError for the arguments
 */
export function importSecret(secret: Uint8Array, options: ImportSecretOptions): Key {
  checkArgumentCount(arguments.length, importSecret);
  if (!isOctets(secret)) throw argumentError('secret', A_SECRET, secret);
  const { alg, kid } = readOptions(options, SECRET_OPTIONS, { needed: ['alg'] });
  const jwk = readJwk({ kty: 'oct', k: encodeBase64url(copyOctets(secret)), ...(kid !== undefined && { kid }) });
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
  const { keyObject, alg, operations } = readCryptoKey(key);
  return { ...jwkOfKeyObject(keyObject), key_ops: operations, ...(alg !== undefined && { alg }) };
}

function jwkOfKeyObject(keyObject: KeyObject): JsonObject {
  try {
    return { ...reimportFromDer(keyObject).export(ownMembers({ format: 'jwk' })) };
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
