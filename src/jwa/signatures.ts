// RFC 7518 §3, RFC 8037 §3.1, RFC 8812 §3.2, RFC 9864 §2.2, RFC 9964 §5: one row per signature algorithm, and
// node:crypto's verbs over a row. Above this file an algorithm is a row; a name out of a token is only ever compared.
import {
  constants,
  createPublicKey,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { equalText } from '../bytes.ts';
import { derFromRaw, rawFromDer } from './ecdsa.ts';
import { type HmacKey, hmac, hmacKey } from './hmac.ts';

/** The signature algorithms, by their registered names. `none` is not one of them and has no row. */
export type SignatureAlgorithm =
  | `${'HS' | 'RS' | 'PS'}${256 | 384 | 512}`
  | `ES${256 | 384 | 512 | '256K'}`
  | 'EdDSA'
  | 'Ed25519'
  | 'Ed448'
  | `ML-DSA-${44 | 65 | 87}`;

export type KeyType = 'RSA' | 'EC' | 'OKP' | 'oct' | 'AKP';

/** All there is to know about one algorithm on one kind of key. */
export interface SignatureRow {
  readonly name: SignatureAlgorithm;
  /** The other name of the same operation on the same curve (RFC 9864 §2.2). */
  readonly alias?: SignatureAlgorithm;
  readonly kty: KeyType;
  /** EC and OKP: the one curve. */
  readonly crv?: string;
  /** What node:crypto is told to hash with; `null` where the algorithm does its own hashing. */
  readonly hash: string | null;
  /** RSA: the least bits of the modulus. oct: the least bits of the secret [7518-3.2-1]. */
  readonly minBits?: number;
  /** RSASSA-PSS: the salt is as long as the hash [7518-3.5-2]. */
  readonly saltLength?: number;
  /** Octets of a signature; RSA's is as long as its modulus. */
  readonly signatureLength?: number;
  /** Octets of a coordinate (EC), a public key (OKP, AKP). */
  readonly keyLength?: number;
}

function hs(bits: 256 | 384 | 512): SignatureRow {
  return { name: `HS${bits}`, kty: 'oct', hash: `sha${bits}`, minBits: bits, signatureLength: bits / 8 };
}

function rsa(bits: 256 | 384 | 512): SignatureRow {
  return { name: `RS${bits}`, kty: 'RSA', hash: `sha${bits}`, minBits: 2048 };
}

function pss(bits: 256 | 384 | 512): SignatureRow {
  return { name: `PS${bits}`, kty: 'RSA', hash: `sha${bits}`, minBits: 2048, saltLength: bits / 8 };
}

function ecdsa(name: SignatureAlgorithm, crv: string, bits: 256 | 384 | 512, keyLength: number): SignatureRow {
  return { name, kty: 'EC', crv, hash: `sha${bits}`, signatureLength: 2 * keyLength, keyLength };
}

function eddsa(name: SignatureAlgorithm, alias: SignatureAlgorithm, crv: string, keyLength: number): SignatureRow {
  return { name, alias, kty: 'OKP', crv, hash: null, signatureLength: 2 * keyLength, keyLength };
}

function mldsa(set: 44 | 65 | 87, keyLength: number, signatureLength: number): SignatureRow {
  return { name: `ML-DSA-${set}`, kty: 'AKP', hash: null, signatureLength, keyLength };
}

/** The table. Where several rows fit a key that names no alg, the first one is its default. */
const ROWS: readonly Readonly<SignatureRow>[] = /* @__PURE__ */ Object.freeze(
  [
    hs(256), // RFC 7518 §3.2 [7518-3.1-1]
    hs(384),
    hs(512),
    rsa(256), // RFC 7518 §3.3 [7518-3.3-1] [7518-3.3-2]
    rsa(384),
    rsa(512),
    pss(256), // RFC 7518 §3.5 [7518-3.5-1]
    pss(384),
    pss(512),
    ecdsa('ES256', 'P-256', 256, 32), // RFC 7518 §3.4 [7518-3.4-2] [7518-3.4-3]
    ecdsa('ES384', 'P-384', 384, 48),
    ecdsa('ES512', 'P-521', 512, 66),
    ecdsa('ES256K', 'secp256k1', 256, 32), // RFC 8812 §3.2 [8812-3.2-3] [8812-3.3-1]
    eddsa('EdDSA', 'Ed25519', 'Ed25519', 32), // RFC 8037 §3.1 [8037-3.1-1] [8037-3.1.1-1]
    eddsa('EdDSA', 'Ed448', 'Ed448', 57),
    eddsa('Ed25519', 'EdDSA', 'Ed25519', 32), // RFC 9864 §2.2 [9864-2.2-1]
    eddsa('Ed448', 'EdDSA', 'Ed448', 57),
    mldsa(44, 1312, 2420), // RFC 9964 §4 [9964-5-3]
    mldsa(65, 1952, 3309),
    mldsa(87, 2592, 4627),
  ].map((row) => Object.freeze(row)),
);

const NAMES: ReadonlySet<unknown> = /* @__PURE__ */ new Set(/* @__PURE__ */ ROWS.map((row) => row.name));

/** Every algorithm there is a row for. Whether this runtime has it too: {@link isAlgorithmSupported}. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = /* @__PURE__ */ Object.freeze([
  ...(NAMES as ReadonlySet<SignatureAlgorithm>),
]);

/** RFC 7515 §4.1.1 [7515-4.1.1-4] whether a value is, to the letter, the name of an algorithm. */
export function isSignatureAlgorithm(alg: unknown): alg is SignatureAlgorithm {
  return NAMES.has(alg);
}

/** The row of an algorithm on a kind of key; the first that fits when no algorithm is named; or `undefined`. */
export function findRow(kty: unknown, crv: unknown, alg?: unknown): SignatureRow | undefined {
  return ROWS.find((row) => row.kty === kty && (row.crv ?? crv) === crv && (alg === undefined || row.name === alg));
}

/** Every row of an algorithm; EdDSA alone has one per curve. */
export function rowsNamed(alg: unknown): readonly SignatureRow[] {
  return ROWS.filter((row) => row.name === alg);
}

/** Whether a header's alg is this row's own name or its alias. */
export function isNameOf(alg: string, row: SignatureRow): boolean {
  return alg === row.name || alg === row.alias;
}

/**
 * Whether this runtime can do an algorithm. Asked of node:crypto itself: ML-DSA needs Node 24.7 or newer, and other
 * runtimes leave out curves.
 */
export function isAlgorithmSupported(alg: SignatureAlgorithm): boolean {
  const rows = rowsNamed(alg);
  return rows.length > 0 && rows.every(isRowSupported);
}

/** The same for one row: by making a key of its kind. */
export function isRowSupported(row: SignatureRow): boolean {
  if (row.kty === 'RSA' || row.kty === 'oct') return true;
  try {
    generatePair(nodeKeyType(row), { namedCurve: row.crv });
    return true;
  } catch {
    return false;
  }
}

/** What node:crypto calls a key of this row: rsa, ec, ed25519, ed448, ml-dsa-44… */
export function nodeKeyType({ name, kty, crv }: SignatureRow): string {
  return kty === 'RSA' || kty === 'EC' ? kty.toLowerCase() : (crv ?? name).toLowerCase();
}

/** node:crypto's generateKeyPairSync with its type as text: ours also names types newer than its declarations. */
const generatePair: (type: string, options: { namedCurve: string | undefined }) => unknown =
  generateKeyPairSync as never;

/** A key as the verbs below want it: prepared once, since verification is the hot path. */
export type NodeKey =
  | HmacKey
  | KeyObject
  | { readonly key: KeyObject; readonly padding: number; readonly saltLength: number };

/** A bare KeyObject wherever that will do: Node 24 takes two thirds longer over an object with options. */
export function nodeKey(row: SignatureRow, key: KeyObject): NodeKey {
  const { kty, hash, saltLength } = row;
  if (kty === 'oct') return hmacKey(hash ?? '', key.export());
  if (saltLength === undefined) return key;
  if (key.type === 'public') {
    try {
      return pssPublicKey(key, saltLength);
    } catch {} // The runtime does not know such keys.
  }
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

/**
 * The same RSA key as an id-RSASSA-PSS key (RFC 4055 §3.1) that OpenSSL itself binds to the hash, to MGF1 with the same
 * hash, and to the salt's length: RFC 7518 §3.5 [7518-3.5-2].
 */
function pssPublicKey(key: KeyObject, saltLength: number): KeyObject {
  const spki = key.export({ format: 'der', type: 'spki' });
  const hash = `300d060960864801650304020${saltLength / 16 - 1}0500`;
  const parameters = `3034a00f${hash}a11c301a06092a864886f70d010108${hash}a2030201${saltLength.toString(16)}`;
  const algorithm = Buffer.from(`304106092a864886f70d01010a${parameters}`, 'hex');
  // An SPKI of 2048 bits or more opens with four octets of SEQUENCE and fifteen of rsaEncryption.
  const content = Buffer.concat([algorithm, spki.subarray(19)]);
  return createPublicKey({
    key: Buffer.concat([Buffer.of(0x30, 0x82, content.length >> 8, content.length), content]),
    format: 'der',
    type: 'spki',
  });
}

/**
 * What is signed: the text of a compact JWS up to its last dot, or octets when the payload is not encoded (RFC 7797).
 * A text must already be proved to be base64url and dots. [7515-2-3]
 */
export type SigningInput = string | Uint8Array;

/** Whether a base64url signature is that of the input. `false`, never an error, for whatever the signature holds. */
export function verifySignature(row: SignatureRow, key: NodeKey, input: SigningInput, signature: string): boolean {
  if (row.kty === 'oct') return equalText(hmac(key as HmacKey, input), signature); // [7518-3.2-2] [7518-3.2-3]
  const octets = decodeBase64url(signature);
  // RFC 7518 §3.4 [7518-3.4-2] the exact length before any crypto; RSA's is OpenSSL's to check.
  if (!octets || octets.length !== (row.signatureLength ?? octets.length)) return false;
  if (row.hash === null) return verify(null, asOctets(input), key as KeyObject, octets);
  const check = createVerify(row.hash);
  // Text goes in as it is, one octet a character, which spares making a Buffer of it.
  if (typeof input === 'string') check.update(input, 'latin1');
  else check.update(input);
  return check.verify(key as KeyObject, row.kty === 'EC' ? derFromRaw(octets) : octets);
}

/** The signature over an input, as base64url text. */
export function makeSignature(row: SignatureRow, key: NodeKey, input: SigningInput): string {
  if (row.kty === 'oct') return hmac(key as HmacKey, input);
  const signature = sign(row.hash, asOctets(input), key as KeyObject);
  // RFC 7518 §3.4 [7518-3.4-1], RFC 8812 §3.2 [8812-3.2-1] ECDSA is r‖s at full width.
  return encodeBase64url(row.kty === 'EC' ? (rawFromDer(signature, row.keyLength ?? 0) ?? signature) : signature);
}

function asOctets(input: SigningInput): Uint8Array {
  return typeof input === 'string' ? Buffer.from(input, 'latin1') : input;
}
