// DER and CryptoKey → KeyObject, by node:crypto (RFC 5280, RFC 5958, RFC 8017 App. A, RFC 5915).
import {
  createPrivateKey,
  createPublicKey,
  KeyObject,
  type PrivateKeyInput,
  type PublicKeyInput,
  type webcrypto,
} from 'node:crypto';
import * as types from 'node:util/types';
import { asBuffer, encodeUtf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { ownMembers } from '../json.ts';
import { certificateKey } from './certificate.ts';
import { BIT_STRING, type DerElement, INTEGER, OCTET_STRING, readElements, readSequence, SEQUENCE } from './der.ts';
import { MAX_KEY_BYTES } from './jwk.ts';
import { iterationsOf } from './key-derivation.ts';

/** The most iterations that an encrypted key may demand, by default: they take about half a second. */
const MAX_ITERATIONS = 1_000_000;

/** How an encrypted key may be opened. */
export interface DecryptionOptions {
  readonly passphrase?: string | undefined;
  readonly maxIterations?: number | undefined;
}

/** A form of key material: its PEM label, the tags that its SEQUENCE begins with, and how node:crypto reads its DER. */
interface KeyEncoding {
  readonly label: string;
  readonly tags: readonly number[];
  readonly read: (der: Buffer, decryption: DecryptionOptions) => KeyObject;
}

const KEY_ENCODINGS: readonly KeyEncoding[] = [
  { label: 'ENCRYPTED PRIVATE KEY', tags: [SEQUENCE, OCTET_STRING], read: readEncrypted }, // RFC 5958 §3
  { label: 'PRIVATE KEY', tags: [INTEGER, SEQUENCE, OCTET_STRING], read: (der) => readPrivate(der, 'pkcs8') }, // RFC 5958 §2
  { label: 'EC PRIVATE KEY', tags: [INTEGER, OCTET_STRING], read: (der) => readPrivate(der, 'sec1') }, // RFC 5915 §3
  { label: 'RSA PRIVATE KEY', tags: [INTEGER, INTEGER, INTEGER], read: (der) => readPrivate(der, 'pkcs1') }, // RFC 8017 §A.1.2
  { label: 'RSA PUBLIC KEY', tags: [INTEGER, INTEGER], read: (der) => readPublic(der, 'pkcs1') }, // RFC 8017 §A.1.1
  { label: 'PUBLIC KEY', tags: [SEQUENCE, BIT_STRING], read: (der) => readPublic(der, 'spki') }, // RFC 5280 §4.1
  { label: 'CERTIFICATE', tags: [SEQUENCE, SEQUENCE, BIT_STRING], read: (der) => certificateKey(der) }, // §4.1
];

function readPrivate(key: Buffer, type: NonNullable<PrivateKeyInput['type']>): KeyObject {
  return createPrivateKey(ownMembers({ key, format: 'der', type }));
}

function readPublic(key: Buffer, type: NonNullable<PublicKeyInput['type']>): KeyObject {
  return createPublicKey(ownMembers({ key, format: 'der', type }));
}

/** @throws JoseError ERR_JOSE_LIMIT_EXCEEDED before any work is done */
function readEncrypted(key: Buffer, { passphrase, maxIterations = MAX_ITERATIONS }: DecryptionOptions): KeyObject {
  const iterations = iterationsOf(key);
  if (Number.isNaN(iterations))
    throw unreadableKeyError('is encrypted in a way that is not supported: use PBKDF2 or scrypt');
  if (iterations > maxIterations)
    throw new JoseError(
      'ERR_JOSE_LIMIT_EXCEEDED',
      `the encrypted key demands over ${maxIterations} iterations, the most that options.maxIterations allows`,
    );
  return decrypted(passphrase, (octets) =>
    createPrivateKey(ownMembers({ key, format: 'der', type: 'pkcs8', passphrase: octets })),
  );
}

/**
 * Opens an encrypted key. The passphrase goes to OpenSSL as octets in memory of their own: node would copy a string into
 * the pool that small Buffers share. A wrong passphrase and a damaged key look alike to OpenSSL.
 */
export function decrypted(passphrase: string | undefined, open: (passphrase: Buffer) => KeyObject): KeyObject {
  if (passphrase === undefined) throw unreadableKeyError('is encrypted: give options.passphrase');
  try {
    return open(asBuffer(encodeUtf8(passphrase)));
  } catch {
    throw unreadableKeyError('cannot be decrypted: options.passphrase is wrong, or the key is damaged');
  }
}

/** DER → KeyObject, of the forms that PEM has. @throws JoseError as readPem of jwk/pem.ts */
export function readDer(der: Uint8Array, decryption: DecryptionOptions): KeyObject {
  checkKeyMaterialLength(der.length);
  const tags = readSequence(der)?.map(({ tag }) => tag);
  const form = KEY_ENCODINGS.find((each) => each.tags.every((tag, i) => tag === tags?.[i]));
  if (!form) throw unreadableKeyError(DAMAGED);
  return readEncoding(form, der, decryption);
}

/** DER under the label of a PEM block → KeyObject. */
export function readLabelled(label: string, der: Uint8Array, decryption: DecryptionOptions): KeyObject {
  const form = KEY_ENCODINGS.find((each) => each.label === label);
  if (!form) throw unreadableKeyError(`is a PEM block of the kind ${label}, which is not a key for signatures`);
  return readEncoding(form, der, decryption);
}

/** Reads DER of one form, which must be DER to its last octet: trailing octets may be another key. */
function readEncoding(form: KeyEncoding, der: Uint8Array, decryption: DecryptionOptions): KeyObject {
  if (!isOneSequence(readSequence(der))) throw unreadableKeyError(DAMAGED);
  try {
    return form.read(asBuffer(der), decryption);
  } catch (error) {
    throw error instanceof JoseError ? error : unreadableKeyError(`cannot be read as ${form.label}: ${REASONS}`);
  }
}

const DAMAGED = 'is not the DER of one whole key, or has octets behind it';
const REASONS = 'it is damaged, of another kind, or of a kind that this runtime does not support';

/**
 * Whether a key is alone in the string that holds it. A private key in PKCS#8 and an RSA key in SPKI are DER in their
 * turn, of which OpenSSL reads only the first element. A point of a curve is its whole BIT STRING.
 */
function isOneSequence(elements: readonly DerElement[] | undefined): boolean {
  const [first, second, third] = elements ?? [];
  if (third?.tag === OCTET_STRING) return readElements(third.content)?.length === 1;
  const isRsa = first && asBuffer(first.content).toString('hex').startsWith(RSA_ENCRYPTION);
  if (second?.tag === BIT_STRING && isRsa) return readElements(second.content.subarray(1))?.length === 1;
  return elements !== undefined;
}

/** RFC 8017 §A.1 the object identifier, as an element. */
const RSA_ENCRYPTION = '06092a864886f70d010101';

export function checkKeyMaterialLength(length: number): void {
  if (length > MAX_KEY_BYTES)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the key material is over ${MAX_KEY_BYTES} octets`);
}

/** @param what it is and what would be right, in words without any of the material */
export function unreadableKeyError(what: string): JoseError {
  return new JoseError('ERR_JWK_INVALID', `the key material ${what}`);
}

export type CryptoKey = webcrypto.CryptoKey;

/** Whether a value is a key of Web Crypto. */
export function isCryptoKey(value: unknown): value is CryptoKey {
  return types.isCryptoKey(value);
}

/** The algorithms of Web Crypto that sign, by the names that JWA gives their families; those with '' follow the key. */
const SIGNING: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['HMAC', 'HS'],
  ['RSASSA-PKCS1-v1_5', 'RS'],
  ['RSA-PSS', 'PS'],
  ['ECDSA', ''],
  ['Ed25519', ''],
  ['Ed448', ''],
  ['ML-DSA-44', ''],
  ['ML-DSA-65', ''],
  ['ML-DSA-87', ''],
]);

/**
 * The algorithms of Web Crypto that encrypt, wrap or agree. Those with '' leave the choice of a JWE algorithm to the
 * caller.
 */
const ENCRYPTING: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['RSA-OAEP', 'RSA-OAEP'],
  ['AES-KW', 'KW'],
  ['AES-GCM', ''],
  ['ECDH', ''],
  ['X25519', ''],
  ['X448', ''],
]);

/** The hashes of JWA by their names in Web Crypto, which has others that end alike, such as SHA3-256. */
const HASH_BITS: ReadonlyMap<unknown, number> = /* @__PURE__ */ new Map([
  ['SHA-256', 256],
  ['SHA-384', 384],
  ['SHA-512', 512],
]);

/** A CryptoKey's KeyObject, and the algorithm and usages that Web Crypto has bound it to. */
interface CryptoKeyParts {
  readonly keyObject: KeyObject;
  readonly alg: string | undefined;
  readonly use: 'sig' | 'enc';
  /** Its usages, which are named like key_ops. */
  readonly operations: readonly string[];
}

/** Web Crypto's description of a key's algorithm, as far as it has these members. */
interface CryptoKeyAlgorithm {
  readonly name: string;
  readonly hash?: { readonly name: string };
  /** In bits, of an AES key. */
  readonly length?: number;
}

/**
 * Reads a CryptoKey.
 * @throws TypeError when it may not be exported: its promise would end here; JoseError ERR_JOSE_NOT_SUPPORTED when JOSE has
 *   no algorithm for it (RFC 8725 §3.1: one key, one purpose)
 */
export function readCryptoKey(key: CryptoKey): CryptoKeyParts {
  if (!key.extractable) throw new TypeError('key is a CryptoKey that is not extractable');
  const algorithm: CryptoKeyAlgorithm = key.algorithm;
  const use = SIGNING.has(algorithm.name) ? 'sig' : 'enc';
  const alg = use === 'sig' ? signatureAlgorithmOf(algorithm) : encryptionAlgorithmOf(algorithm);
  return { keyObject: KeyObject.from(key), alg, use, operations: [...key.usages] };
}

function signatureAlgorithmOf({ name, hash }: CryptoKeyAlgorithm): string | undefined {
  const family = SIGNING.get(name);
  return family ? `${family}${hashBits(hash)}` : undefined;
}

function encryptionAlgorithmOf({ name, hash, length }: CryptoKeyAlgorithm): string | undefined {
  const family = ENCRYPTING.get(name);
  if (family === undefined)
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the CryptoKey is neither for signatures nor for encryption by JOSE');
  if (family === 'KW') return `A${length}KW`;
  if (family === '' || hash?.name === 'SHA-1') return family || undefined;
  return `${family}-${hashBits(hash)}`;
}

function hashBits(hash: CryptoKeyAlgorithm['hash']): number {
  const bits = HASH_BITS.get(hash?.name);
  if (!bits)
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', 'the CryptoKey is bound to a hash that no JOSE algorithm uses');
  return bits;
}
