// RFC 7518 §3, RFC 8037 §3.1, RFC 8812 §3.2, RFC 9864 §2.2, RFC 9964 §5: one row per signature algorithm, and
// node:crypto's verbs over a row. Above this file an algorithm is a row; a name out of a token is only ever compared.
import { constants, createPublicKey, createVerify, type KeyObject, type Sign, type Verify, verify } from 'node:crypto';
import { decodeBase64url } from '../base64url.ts';
import { equalText } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { ownMembers } from '../json.ts';
import { isStrings, type Rule } from '../options.ts';
import { derFromRaw } from './ecdsa.ts';
import { type HmacKey, hmac, hmacKey } from './hmac.ts';

/**
 * The signature algorithms, by their registered names.
 * RFC 7518 §3.6, §8.5: none has no row, so nothing can switch it on [7518-3.6-3] [7518-3.6-4] [7518-3.6-5] [7518-8.5-1].
 * RFC 9864 §4.4: nor has any name that is prohibited [9864-4.4-2].
 */
export type SignatureAlgorithm =
  | `${'HS' | 'RS' | 'PS'}${256 | 384 | 512}`
  | `ES${256 | 384 | 512 | '256K'}`
  | 'EdDSA'
  | 'Ed25519'
  | 'Ed448'
  | `ML-DSA-${44 | 65 | 87}`;

export type KeyType = 'RSA' | 'EC' | 'OKP' | 'oct' | 'AKP';

/** One algorithm on one kind of key. */
export interface SignatureRow {
  readonly name: SignatureAlgorithm;
  readonly use: 'sig';
  /** The other name of the same operation on the same curve (RFC 9864 §2.2). */
  readonly alias: SignatureAlgorithm | undefined;
  readonly kty: KeyType;
  /** EC and OKP: the one curve. */
  readonly crv: string | undefined;
  /** The hash; `null` where the algorithm does its own hashing. */
  readonly hash: string | null;
  /** RSA: the least bits of the modulus. oct: the least bits of the secret [7518-3.2-1]. */
  readonly minBits: number;
  /** RSASSA-PSS: octets of the salt. */
  readonly saltLength: number | undefined;
  /** Octets of a signature; undefined for RSA, whose signatures are as long as the modulus of the key. */
  readonly signatureLength: number | undefined;
  /** Octets of a coordinate (EC), of a public key (OKP, AKP). */
  readonly keyLength: number;
}

type Bits = 256 | 384 | 512;

/** Every row has every column, so that none can be inherited. */
function signatureRow(columns: Pick<SignatureRow, 'name' | 'kty' | 'hash'> & Partial<SignatureRow>): SignatureRow {
  const none = {
    use: 'sig' as const,
    alias: undefined,
    crv: undefined,
    minBits: 0,
    saltLength: undefined,
    signatureLength: undefined,
    keyLength: 0,
  };
  return Object.freeze({ ...none, ...columns });
}

function hmacRow(bits: Bits): SignatureRow {
  return signatureRow({ name: `HS${bits}`, kty: 'oct', hash: `sha${bits}`, minBits: bits, signatureLength: bits / 8 });
}

function rsaRow(bits: Bits): SignatureRow {
  return signatureRow({ name: `RS${bits}`, kty: 'RSA', hash: `sha${bits}`, minBits: 2048 });
}

function rsaPssRow(bits: Bits): SignatureRow {
  return signatureRow({ name: `PS${bits}`, kty: 'RSA', hash: `sha${bits}`, minBits: 2048, saltLength: bits / 8 });
}

function ecdsaRow(name: SignatureAlgorithm, bits: Bits, curve: { crv: string; keyLength: number }): SignatureRow {
  return signatureRow({ name, kty: 'EC', hash: `sha${bits}`, signatureLength: 2 * curve.keyLength, ...curve });
}

function eddsaRow(name: SignatureAlgorithm, alias: SignatureAlgorithm, crv: 'Ed25519' | 'Ed448'): SignatureRow {
  const keyLength = crv === 'Ed25519' ? 32 : 57;
  return signatureRow({ name, alias, kty: 'OKP', crv, hash: null, signatureLength: 2 * keyLength, keyLength });
}

function mlDsaRow(set: 44 | 65 | 87, keyLength: number, signatureLength: number): SignatureRow {
  return signatureRow({ name: `ML-DSA-${set}`, kty: 'AKP', hash: null, signatureLength, keyLength });
}

/** The table. Where several rows fit a key that names no alg, the first one is its default. */
const ROWS: readonly SignatureRow[] = /* @__PURE__ */ signatureRows();

function signatureRows(): readonly SignatureRow[] {
  return Object.freeze([
    hmacRow(256), // RFC 7518 §3.2 [7518-3.1-1]
    hmacRow(384),
    hmacRow(512),
    rsaRow(256), // RFC 7518 §3.3 [7518-3.3-1] [7518-3.3-2], RFC 8812 §2 [8812-2-1]
    rsaRow(384),
    rsaRow(512),
    rsaPssRow(256), // RFC 7518 §3.5 [7518-3.5-1] [7518-3.5-2]
    rsaPssRow(384),
    rsaPssRow(512),
    ecdsaRow('ES256', 256, { crv: 'P-256', keyLength: 32 }), // RFC 7518 §3.4 [7518-3.4-2] [7518-3.4-3]
    ecdsaRow('ES384', 384, { crv: 'P-384', keyLength: 48 }),
    ecdsaRow('ES512', 512, { crv: 'P-521', keyLength: 66 }),
    ecdsaRow('ES256K', 256, { crv: 'secp256k1', keyLength: 32 }), // RFC 8812 §3.2 [8812-3.2-3] [8812-3.2-4] [8812-3.3-1]
    eddsaRow('EdDSA', 'Ed25519', 'Ed25519'), // RFC 8037 §3.1 [8037-3.1-1] [8037-3.1-2] [8037-3.1.1-1] [8037-3.2-1]
    eddsaRow('EdDSA', 'Ed448', 'Ed448'),
    eddsaRow('Ed25519', 'EdDSA', 'Ed25519'), // RFC 9864 §2.2 [9864-2.2-1]
    eddsaRow('Ed448', 'EdDSA', 'Ed448'),
    mlDsaRow(44, 1312, 2420), // RFC 9964 §5 [9964-5-1] [9964-5-3]
    mlDsaRow(65, 1952, 3309),
    mlDsaRow(87, 2592, 4627),
  ]);
}

const NAMES: ReadonlySet<SignatureAlgorithm> = /* @__PURE__ */ new Set(/* @__PURE__ */ ROWS.map(({ name }) => name));

/** Every algorithm that has a row. {@link isAlgorithmSupported} says whether this runtime has it too. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Array.from(NAMES),
);

/** RFC 7515 §4.1.1 [7515-4.1.1-4] whether a value is, to the letter, the name of an algorithm. */
export function isSignatureAlgorithm(alg: unknown): alg is SignatureAlgorithm {
  return NAMES.has(alg as SignatureAlgorithm);
}

/** Whether an algorithm signs with a private key and verifies with a public one, as all do but HMAC. */
export function hasPublicKey(alg: unknown): alg is Exclude<SignatureAlgorithm, `HS${string}`> {
  return rowsNamed(alg).some(({ kty }) => kty !== 'oct');
}

export const anAsymmetricAlgorithm: Rule = [
  hasPublicKey,
  "a signature algorithm with a public key such as 'ES256'",
  'algorithm',
];
export const anAlgorithm: Rule = [isSignatureAlgorithm, "a signature algorithm such as 'ES256'", 'algorithm'];
export const anAlgorithmList: Rule = [
  (value) => isStrings(value) && value.every(isSignatureAlgorithm),
  "an array of signature algorithms such as 'ES256'",
  'tokenSigningAlg',
];

/**
 * The row of an algorithm on a kind of key; the first that fits when no algorithm is named; or `undefined`. All three are
 * compared to the letter [7518-6.2.1.1-1].
 */
export function findRow(kty: unknown, crv: unknown, alg?: unknown): SignatureRow | undefined {
  return ROWS.find((row) => row.kty === kty && (row.crv ?? crv) === crv && (alg === undefined || row.name === alg));
}

/** Every row of an algorithm; EdDSA alone has one per curve. */
export function rowsNamed(alg: unknown): readonly SignatureRow[] {
  return ROWS.filter((row) => row.name === alg);
}

/** Whether an alg is a row's own name or its alias. */
export function isNameOf(alg: string, row: { readonly name: string; readonly alias: string | undefined }): boolean {
  return alg === row.name || alg === row.alias;
}

/** A key with its row, prepared once for verification, the hot path. */
export type ReadyKey =
  | { readonly row: SignatureRow; readonly secret: HmacKey; readonly textLength: number }
  | PublicReadyKey;

/** One of an algorithm with public keys. */
export interface PublicReadyKey {
  readonly row: SignatureRow;
  readonly secret: undefined;
  /** With the options of its algorithm as its own members. */
  readonly key: KeyObject;
  /** Octets of every signature of this key. */
  readonly signatureLength: number;
}

/**
 * Prepares a key: always a bare KeyObject, since Node 24 takes two thirds longer over an object with options, and workerd takes no
 * KeyObject in one.
 */
export function readyKey(row: SignatureRow, key: KeyObject): ReadyKey {
  const { kty, hash, saltLength } = row;
  if (kty === 'oct') return { row, secret: hmacKey(String(hash), key), textLength: Math.ceil(row.minBits / 6) };
  const signatureLength = row.signatureLength ?? modulusLength(key);
  if (saltLength === undefined) return { row, secret: undefined, key: Object.assign(key, NO_OPTIONS), signatureLength };
  return { row, secret: undefined, key: pssKey(key, saltLength), signatureLength };
}

/** Octets of an RSA modulus, which RFC 8017 calls k. */
function modulusLength({ asymmetricKeyDetails }: KeyObject): number {
  return Math.ceil(Number(asymmetricKeyDetails?.modulusLength) / 8);
}

/** The options that node:crypto reads from a KeyObject too, and might so find on a polluted Object.prototype. */
const NO_OPTIONS = { padding: undefined, saltLength: undefined, dsaEncoding: undefined, context: undefined };

/** RFC 7518 §3.5 [7518-3.5-2] PSS with a salt as long as the hash. */
function pssKey(key: KeyObject, saltLength: number): KeyObject {
  if (key.type === 'public') {
    try {
      return pssPublicKey(key, saltLength);
    } catch {} // The runtime does not know such keys.
  }
  return Object.assign(key, { ...NO_OPTIONS, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
}

/**
 * An RSA key as an id-RSASSA-PSS key (RFC 4055 §3.1), which OpenSSL binds to its hash, to MGF1 with that hash, and to the
 * salt's length.
 */
function pssPublicKey(key: KeyObject, saltLength: number): KeyObject {
  const spki = key.export(ownMembers({ format: 'der', type: 'spki' }));
  const hash = `300d060960864801650304020${saltLength / 16 - 1}0500`;
  const parameters = `3034a00f${hash}a11c301a06092a864886f70d010108${hash}a2030201${saltLength.toString(16)}`;
  const algorithm = Buffer.from(`304106092a864886f70d01010a${parameters}`, 'hex');
  // An SPKI of 2048 bits or more opens with four octets of SEQUENCE and fifteen of rsaEncryption.
  const content = Buffer.concat([algorithm, spki.subarray(19)]);
  const der = Buffer.concat([Buffer.of(0x30, 0x82, content.length >> 8, content.length), content]);
  return Object.assign(createPublicKey(ownMembers({ key: der, format: 'der', type: 'spki' })), NO_OPTIONS);
}

/**
 * The JWS Signing Input: the text of a compact JWS up to its last dot, or octets when the payload is not encoded (RFC 7797).
 * A text must already be proved to be base64url and dots. [7515-2-3]
 */
export type SigningInput = string | Uint8Array;

/**
 * Whether a base64url signature is that of the input. `false`, never an error, for whatever the signature holds.
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED where the runtime fails at the key or its algorithm
 */
export function verifySignature(ready: ReadyKey, input: SigningInput, signature: string): boolean {
  // RFC 7518 §3.2 [7518-3.2-2] [7518-3.2-3] the whole MAC, in constant time [7515-10.9-1]; the wrong length is seen before.
  if (ready.secret) return signature.length === ready.textLength && equalText(hmac(ready.secret, input), signature);
  const octets = signatureOctets(ready, signature);
  if (!octets) return false;
  const { row, key } = ready;
  try {
    if (row.hash === null) return verify(null, inputOctets(input), key, octets); // [8037-3.1.2-1] [9964-5-2]
    // [7515-10.6-1] OpenSSL compares the DigestInfo whole with the one of this hash.
    return updateWith(createVerify(row.hash), input).verify(key, octets);
  } catch {
    throw new JoseError('ERR_JOSE_NOT_SUPPORTED', `${row.name} is not supported by this runtime`); // not its error, which may quote the input
  }
}

/**
 * A base64url signature as node:crypto takes it; `undefined` when it is not one of this key.
 * RFC 7518 §3.4 [7518-3.4-2], RFC 8017 §8.1.2 and §8.2.2 step 1: the exact length before any crypto. OpenSSL would verify a
 * PSS signature without its leading zero octets, and so one token would have two spellings.
 */
export function signatureOctets({ row, signatureLength }: PublicReadyKey, signature: string): Uint8Array | undefined {
  const octets = decodeBase64url(signature);
  if (!octets || octets.length !== signatureLength) return undefined;
  return row.kty === 'EC' ? derFromRaw(octets) : octets;
}

/** Updates an operation with text as it is, one octet a character, which spares a Buffer. */
export function updateWith<T extends Sign | Verify>(operation: T, input: SigningInput): T {
  if (typeof input === 'string') operation.update(input, 'latin1');
  else operation.update(input);
  return operation;
}

export function inputOctets(input: SigningInput): Uint8Array {
  return typeof input === 'string' ? Buffer.from(input, 'latin1') : input;
}
