// Tokens and keys by hand, without a line of the library: what an attacker would build. A hostile token can so be
// correctly signed, and a refusal is then about the hostility and not about a wrong signature.

import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  privateEncrypt,
  sign,
} from 'node:crypto';
import type { SignatureAlgorithm } from '../../src/index.ts';
import { isHmac, nodePair, secretBytes } from './keys.ts';

export type Signer = (signingInput: Uint8Array) => Uint8Array;
/** Raw text, raw bytes, or a value for JSON.stringify. */
export type Part = string | Uint8Array | object;

export function b64u(part: Part): string {
  return Buffer.from(octets(part)).toString('base64url');
}

export function octets(part: Part): Uint8Array {
  if (part instanceof Uint8Array) return part;
  return new Uint8Array(Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)));
}

/** A compact JWS over exactly these header and payload octets. */
export function compact(header: Part, payload: Part, signer: Signer): string {
  return signText(`${b64u(header)}.${b64u(payload)}`, signer);
}

/** `header.payload` as given, plus its signature. */
export function signText(signingInput: string, signer: Signer): string {
  return `${signingInput}.${b64u(signer(octets(signingInput)))}`;
}

/** A compact JWS with this protected header text, correctly signed with the suite's own key for `alg`. */
export function forge(alg: SignatureAlgorithm, header: Part, payload: Part): string {
  return compact(header, payload, signerOf(alg));
}

export interface FlatJws {
  payload: string;
  protected?: string;
  header?: unknown;
  signature: string;
}

/** A flattened JSON JWS; `header` is the unprotected one. */
export function flattened(
  alg: SignatureAlgorithm,
  protectedHeader: Part | undefined,
  payload: Part,
  header?: unknown,
): FlatJws {
  const protectedText = protectedHeader === undefined ? '' : b64u(protectedHeader);
  const payloadText = b64u(payload);
  return {
    payload: payloadText,
    ...(protectedHeader === undefined ? {} : { protected: protectedText }),
    ...(header === undefined ? {} : { header }),
    signature: b64u(signerOf(alg)(octets(`${protectedText}.${payloadText}`))),
  };
}

/** Several flattened JWS over one payload as one general JWS. */
export function general(...parts: readonly FlatJws[]): { payload: string; signatures: Omit<FlatJws, 'payload'>[] } {
  return { payload: parts[0]?.payload ?? '', signatures: parts.map(({ payload: _, ...signature }) => signature) };
}

/** Signs with the suite's own key for `alg`. */
export function signerOf(alg: SignatureAlgorithm): Signer {
  return isHmac(alg) ? macSigner(alg, secretBytes(alg)) : keySigner(alg, nodePair(alg).privateKey);
}

/** HMAC under any bytes at all: the forger's own idea of the secret. */
export function macSigner(alg: 'HS256' | 'HS384' | 'HS512', secret: string | Uint8Array): Signer {
  const hash = `sha${alg.slice(2)}`;
  return (input) => new Uint8Array(createHmac(hash, secret).update(input).digest());
}

/** The named operation under any private key that node:crypto accepts for it. */
export function keySigner(alg: SignatureAlgorithm, key: KeyObject): Signer {
  const hash = /^(RS|PS|ES)/.test(alg) ? `sha${alg.slice(2, 5)}` : null;
  const options = alg.startsWith('PS')
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(alg.slice(2)) / 8 }
    : { key, dsaEncoding: 'ieee-p1363' as const };
  return (input) => new Uint8Array(sign(hash, input, options));
}

// ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────

export function toBigInt(bytes: Uint8Array, order: 'big' | 'little' = 'big'): bigint {
  const ordered = order === 'big' ? bytes : Uint8Array.from(bytes).reverse();
  return BigInt(`0x${Buffer.from(ordered).toString('hex') || '0'}`);
}

export function toBytes(value: bigint, length?: number, order: 'big' | 'little' = 'big'): Uint8Array {
  const hex = value.toString(16);
  const width = length === undefined ? hex.length + (hex.length % 2) : 2 * length;
  const bytes = new Uint8Array(Buffer.from(hex.padStart(width, '0'), 'hex'));
  return order === 'big' ? bytes : bytes.reverse();
}

export function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base % modulus, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus;
  }
  return result;
}

// ── RSA by hand ──────────────────────────────────────────────────────────────────────────────────────────────────

/** DigestInfo prefixes of RFC 8017 §9.2 note 1, with the NULL parameter; the digest follows. */
export const DIGEST_INFO: Readonly<Record<'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512', string>> = {
  md5: '3020300c06082a864886f70d020505000410',
  sha1: '3021300906052b0e03021a05000414',
  sha224: '302d300d06096086480165030402040500041c',
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

export function digest(hash: string, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(hash).update(data).digest());
}

export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
}

/** EMSA-PKCS1-v1_5 around any `info`: 00 01 ff…ff 00 info, as long as the modulus. */
export function padPkcs1(info: Uint8Array, length = 256): Uint8Array {
  return concat([0, 1], new Uint8Array(length - info.length - 3).fill(0xff), [0], info);
}

/** em^d mod n, with no idea of padding. */
export function rsaRaw(key: KeyObject, em: Uint8Array): Uint8Array {
  return new Uint8Array(privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, em));
}

export interface PssParameters {
  readonly hash?: string;
  readonly mgfHash?: string;
  readonly salt?: Uint8Array;
  readonly trailer?: number;
  readonly separator?: number;
}

/** EMSA-PSS (RFC 8017 §9.1.1) with every parameter free, for a 2048-bit modulus. */
export function padPss(message: Uint8Array, parameters: PssParameters = {}): Uint8Array {
  const { hash = 'sha256', mgfHash = hash, salt = new Uint8Array(32), trailer = 0xbc, separator = 0x01 } = parameters;
  const h = digest(hash, concat(new Uint8Array(8), digest(hash, message), salt));
  const db = concat(new Uint8Array(256 - salt.length - h.length - 2), [separator], salt);
  const mask = mgf1(h, db.length, mgfHash);
  const masked = db.map((octet, i) => octet ^ (mask[i] ?? 0));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return concat(masked, h, [trailer]);
}

function mgf1(seed: Uint8Array, length: number, hash: string): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let i = 0; i * 16 < length; i++) blocks.push(digest(hash, concat(seed, [0, 0, 0, i])));
  return concat(...blocks).subarray(0, length);
}

export function rsaJwk(n: bigint, e: bigint): JsonWebKey & { kty: 'RSA' } {
  return { kty: 'RSA', n: b64u(toBytes(n)), e: b64u(toBytes(e)) };
}

// ── DER by hand ──────────────────────────────────────────────────────────────────────────────────────────────────

export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = concat(...contents);
  if (body.length < 128) return concat([tag, body.length], body);
  const length = toBytes(BigInt(body.length));
  return concat([tag, 0x80 | length.length], length, body);
}

export function derInteger(value: bigint): Uint8Array {
  const bytes = toBytes(value);
  return der(0x02, (bytes[0] ?? 0) >= 0x80 ? concat([0], bytes) : bytes);
}

export const derSequence = (...contents: readonly Uint8Array[]): Uint8Array => der(0x30, ...contents);
export const derBits = (content: Uint8Array): Uint8Array => der(0x03, Uint8Array.of(0), content);
export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));

const RSA_ENCRYPTION = hex('300d06092a864886f70d0101010500');

export function rsaPkcs1(n: bigint, e: bigint): Uint8Array {
  return derSequence(derInteger(n), derInteger(e));
}

export function rsaSpki(n: bigint, e: bigint): Uint8Array {
  return derSequence(RSA_ENCRYPTION, derBits(rsaPkcs1(n, e)));
}

export function edSpki(curve: 'Ed25519' | 'Ed448', x: Uint8Array): Uint8Array {
  return derSequence(derSequence(hex(curve === 'Ed25519' ? '06032b6570' : '06032b6571')), derBits(x));
}

export function ecdsaDer(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return derSequence(derInteger(toBigInt(raw.subarray(0, half))), derInteger(toBigInt(raw.subarray(half))));
}

export function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** An X.509 v3 certificate for this SubjectPublicKeyInfo, signed by nobody in particular. */
/** @param extension the content of an extension of no known kind */
export function certificate(spki: Uint8Array, extension?: Uint8Array): Uint8Array {
  const name = derSequence(der(0x31, derSequence(hex('0603550403'), der(0x0c, octets('attacker.example')))));
  const validity = derSequence(der(0x17, octets('240101000000Z')), der(0x17, octets('440101000000Z')));
  const algorithm = hex('300d06092a864886f70d01010b0500');
  const version = der(0xa0, derInteger(2n));
  const extensions = extension ? [der(0xa3, derSequence(derSequence(hex('06032a0304'), der(0x04, extension))))] : [];
  const tbs = derSequence(version, derInteger(1n), algorithm, name, validity, name, spki, ...extensions);
  return derSequence(tbs, algorithm, derBits(rsaRaw(nodePair('RS256').privateKey, padPkcs1(digest('sha256', tbs)))));
}

// ── serialisations ───────────────────────────────────────────────────────────────────────────────────────────────

export function jwkOf(key: KeyObject): JsonWebKey {
  return key.export({ format: 'jwk' });
}

export function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array((key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' }));
}

export function pkcs8Of(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }));
}

export function privateKeyOf(jwk: JsonWebKey): KeyObject {
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** Every text or byte form in which a verifier may hold a public key, and an attacker may take it for a secret. */
export function publicForms(key: KeyObject): Readonly<Record<string, string | Uint8Array>> {
  const spki = spkiOf(key);
  const text = pem('PUBLIC KEY', spki);
  const jwk = jwkOf(key);
  const point = jwk.n ?? (jwk.y === undefined ? (jwk.x ?? jwk.pub) : undefined);
  const raw = point === undefined ? ecPoint(jwk) : new Uint8Array(Buffer.from(String(point), 'base64url'));
  return {
    PEM: text,
    'PEM without its last newline': text.trimEnd(),
    'PEM with CRLF': text.replace(/\n/g, '\r\n'),
    'PEM on one line': text.replace(/\n/g, ''),
    'SPKI DER': spki,
    'base64 of the DER': Buffer.from(spki).toString('base64'),
    'base64url of the DER': b64u(spki),
    'base64 of the PEM': Buffer.from(text).toString('base64'),
    'hex of the DER': Buffer.from(spki).toString('hex'),
    'certificate PEM': pem('CERTIFICATE', certificate(spki)),
    'certificate DER': certificate(spki),
    'raw point or modulus': raw,
    'JWK text': JSON.stringify(jwk),
    'JWK Set text': JSON.stringify({ keys: [jwk] }),
    ...(jwk.kty === 'RSA' ? pkcs1Forms(key) : {}),
  };
}

function pkcs1Forms(key: KeyObject): Readonly<Record<string, string | Uint8Array>> {
  const bytes = new Uint8Array(key.export({ format: 'der', type: 'pkcs1' }));
  return { 'PKCS#1 DER': bytes, 'PKCS#1 PEM': pem('RSA PUBLIC KEY', bytes) };
}

export function ecPoint(jwk: JsonWebKey): Uint8Array {
  return concat([4], Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url'));
}
