// Reads vectors/*.json. A set is `{ source, entries }`, and each entry's `kind` says what else it holds.
import { readFileSync } from 'node:fs';
import type { JoseErrorCode, Jwk, SignatureAlgorithm } from '../../src/index.ts';

/** A compact JWS with everything that went into it. `payload_hex` is the payload before any encoding. */
export interface JwsVector {
  readonly kind: 'jws';
  readonly ref: string;
  readonly title: string;
  readonly alg: SignatureAlgorithm;
  readonly key: Jwk;
  readonly protected: string;
  readonly protected_b64u: string;
  readonly payload_b64u: string;
  readonly payload_hex: string;
  readonly signing_input: string;
  readonly signature_b64u: string;
  readonly compact: string;
  readonly deterministic: boolean;
  /** RFC 7519 only. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** RFC 8037 A.4 only. */
  readonly signature_hex?: string;
  /** RFC 9964 only. */
  readonly thumbprint?: string;
}

export interface UnsecuredVector {
  readonly kind: 'jws-unsecured';
  readonly ref: string;
  readonly compact: string;
}

/** One signature of a JWS in JSON. */
export interface JsonSignature {
  readonly protected?: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signature: string;
}

export interface FlattenedJws extends JsonSignature {
  readonly payload?: string;
}

export interface GeneralJws {
  readonly payload?: string;
  readonly signatures: readonly JsonSignature[];
}

export interface FlattenedVector {
  readonly kind: 'jws-flattened';
  readonly ref: string;
  readonly json: FlattenedJws;
  readonly keys: readonly Jwk[];
}

export interface GeneralVector {
  readonly kind: 'jws-general';
  readonly ref: string;
  readonly json: GeneralJws;
  readonly keys: readonly Jwk[];
}

/** RFC 7520 §4: one content in every serialization it can have. */
export interface CookbookVector {
  readonly kind: 'cookbook-jws';
  readonly ref: string;
  readonly title: string;
  readonly deterministic: boolean;
  readonly payload: string;
  readonly algs: readonly SignatureAlgorithm[];
  readonly keys: readonly Jwk[];
  readonly signatures: readonly {
    readonly protected: Readonly<Record<string, unknown>> | null;
    readonly protected_b64u: string;
    readonly unprotected: Readonly<Record<string, unknown>> | null;
    readonly signing_input: string;
    readonly signature_b64u: string;
  }[];
  readonly compact: string | null;
  readonly general: GeneralJws;
  readonly flattened: FlattenedJws | null;
  readonly detached: boolean;
}

/** RFC 7797 §4. */
export interface UnencodedVector {
  readonly kind: 'jws-b64';
  readonly ref: string;
  readonly b64: boolean;
  readonly alg: SignatureAlgorithm;
  readonly key: Jwk;
  readonly protected: string;
  readonly protected_b64u: string;
  readonly payload: string;
  readonly payload_hex: string;
  readonly signing_input: string;
  readonly signature_b64u: string;
  readonly compact?: string;
  readonly compact_detached?: string;
  readonly flattened: FlattenedJws;
  readonly flattened_detached?: FlattenedJws;
}

export interface JwkVector {
  readonly kind: 'jwk';
  readonly ref: string;
  readonly jwk: Jwk;
  readonly type: 'public' | 'private' | 'secret';
}

/** A key that is well formed and that this library declines. */
export interface RefusedJwkVector {
  readonly kind: 'jwk-refused';
  readonly ref: string;
  readonly jwk: Jwk;
  readonly code: JoseErrorCode;
  readonly because: string;
}

export interface JwksVector {
  readonly kind: 'jwks';
  readonly ref: string;
  readonly jwks: { readonly keys: readonly Jwk[] };
  readonly type: 'public' | 'private' | 'secret';
}

export interface CertifiedJwkVector {
  readonly kind: 'jwk-x5c';
  readonly ref: string;
  readonly jwk: Jwk & { readonly x5c: readonly string[] };
}

export interface CertificatesVector {
  readonly kind: 'x5c';
  readonly ref: string;
  readonly x5c: readonly string[];
  readonly derived_x5t: readonly string[];
  readonly derived_x5t_S256: readonly string[];
}

export interface ThumbprintVector {
  readonly kind: 'thumbprint';
  readonly ref: string;
  readonly jwk: Jwk;
  readonly canonical: string;
  readonly thumbprint: string;
}

export interface ThumbprintUriVector {
  readonly kind: 'thumbprint-uri';
  readonly ref: string;
  readonly jwk: Jwk;
  readonly uri: string;
}

export interface OctetsVector {
  readonly kind: 'base64url' | 'base64url-uint';
  readonly ref: string;
  readonly octets: readonly number[];
  readonly encoded: string;
}

/** RFC 7518 §5.2 by one of its test cases; all members of `hex` are octets. */
export interface CbcHmacVector {
  readonly kind: 'cbc-hmac-kat';
  readonly ref: string;
  readonly enc: string;
  readonly hex: Readonly<Record<'K' | 'P' | 'IV' | 'A' | 'AL' | 'E' | 'T', string>>;
}

/** RFC 7518 Appendix C. */
export interface EcdhEsVector {
  readonly kind: 'ecdh-es-kdf';
  readonly ref: string;
  readonly ephemeral_key: Jwk;
  readonly static_key: Jwk;
  readonly header: Readonly<Record<'alg' | 'enc' | 'apu' | 'apv', string>>;
  readonly z: readonly number[];
  readonly derived_key: readonly number[];
}

/** A compact JWE with everything that went into it. */
export interface JweVector {
  readonly kind: 'jwe';
  readonly ref: string;
  readonly title: string;
  readonly alg: string;
  readonly enc: string;
  readonly protected: string;
  readonly protected_b64u: string;
  readonly encrypted_key_b64u: string;
  readonly iv_b64u: string;
  readonly ciphertext_b64u: string;
  readonly tag_b64u: string;
  readonly compact: string;
  readonly key: Jwk;
  readonly passphrase?: string;
  readonly plaintext_hex: string;
  readonly plaintext_jwk?: Jwk;
  readonly cek_hex?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly inner_key?: Jwk;
  /** RFC 7519 A.2 only: the CEK that the RFC prints, which is not the token's. */
  readonly printed_cek_b64u?: string;
}

/** A JWE in JSON, and the key of each recipient. */
export interface JweJsonVector {
  readonly kind: 'jwe-general' | 'jwe-flattened';
  readonly ref: string;
  readonly json: object;
  readonly keys: readonly Jwk[];
  readonly plaintext_hex: string;
}

/** RFC 7520 §5: one content in every serialization it can have. */
export interface CookbookJweVector {
  readonly kind: 'cookbook-jwe';
  readonly ref: string;
  readonly title: string;
  readonly deterministic: boolean;
  readonly plaintext: string;
  readonly keys: readonly Jwk[];
  readonly password: string | null;
  readonly aad: string | null;
  readonly zip: string | null;
  readonly algs: readonly string[];
  readonly enc: string;
  readonly generated: { readonly cek?: string; readonly iv: string };
  readonly compact: string | null;
  readonly general: { readonly recipients?: readonly object[] };
  readonly flattened: object | null;
}

/** RFC 7520 §6: a token that is signed and then encrypted. */
export interface NestedVector {
  readonly kind: 'nested';
  readonly ref: string;
  readonly sign: {
    readonly input: { readonly payload: string; readonly key: Jwk; readonly alg: SignatureAlgorithm };
    readonly output: { readonly compact: string };
  };
  readonly encrypt: {
    readonly input: { readonly key: Jwk; readonly alg: string; readonly enc: string };
    readonly generated: { readonly cek: string; readonly iv: string };
    readonly output: { readonly compact: string };
  };
}

type Vector =
  | NestedVector
  | CbcHmacVector
  | EcdhEsVector
  | JweVector
  | JweJsonVector
  | CookbookJweVector
  | JwsVector
  | UnsecuredVector
  | FlattenedVector
  | GeneralVector
  | CookbookVector
  | UnencodedVector
  | JwkVector
  | RefusedJwkVector
  | JwksVector
  | CertifiedJwkVector
  | CertificatesVector
  | ThumbprintVector
  | ThumbprintUriVector
  | OctetsVector;

/** What every case of vectors/ours says of itself. */
export interface OwnCase {
  readonly tries: string;
  readonly because: string;
}

export interface Base64urlCase extends OwnCase {
  readonly text: string;
  readonly valid: boolean;
  readonly hex?: string;
}

export interface JsonCase extends OwnCase {
  readonly text?: string;
  readonly hex?: string;
  readonly valid: boolean;
}

export interface HeaderCase extends OwnCase {
  readonly header: string;
  readonly crit?: readonly string[];
  readonly code: JoseErrorCode | null;
}

export interface CompactCase extends OwnCase {
  readonly token: string;
  readonly code: JoseErrorCode | null;
}

export interface JwkCase extends OwnCase {
  readonly key: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly drop?: readonly string[];
  /** true: a spelling of published sets, which is refused in a JWK of its own and read in a set. */
  readonly published?: boolean;
  readonly code: JoseErrorCode | null;
}

/** An input that barejose and a peer judge differently; `class` is explained in vectors/DIFFERENCES.md. */
export interface DifferenceCase {
  readonly kind: string;
  readonly class: string;
  readonly peer: string;
  readonly accepted: boolean;
  /** The code of our refusal, or a status of HTTP. */
  readonly code: string | null;
  /** The algorithm of the key that is given, and of the token that it has to verify. */
  readonly alg: SignatureAlgorithm;
  readonly text: string;
}

interface OwnCases {
  readonly differences: DifferenceCase;
  readonly base64url: Base64urlCase;
  readonly 'strict-json': JsonCase;
  readonly header: HeaderCase;
  readonly compact: CompactCase;
  readonly jwk: JwkCase;
}

/** The entries of one kind, in the order of the file. There is at least one, or the file is not what the test thinks. */
export function vectors<K extends Vector['kind']>(file: string, kind: K): Extract<Vector, { kind: K }>[] {
  const { entries } = readSet<Vector>(file);
  const found = entries.filter((entry): entry is Extract<Vector, { kind: K }> => entry.kind === kind);
  if (found.length === 0) throw new Error(`vectors/${file}.json holds no ${kind}`);
  return found;
}

/** The one entry of that RFC section. */
export function vector<K extends Vector['kind']>(file: string, kind: K, ref: string): Extract<Vector, { kind: K }> {
  const found = vectors(file, kind).find((entry) => entry.ref === ref);
  if (!found) throw new Error(`vectors/${file}.json has no ${ref}`);
  return found;
}

/** The cases of vectors/ours/<file>.json. */
export function ownCases<F extends keyof OwnCases>(file: F): readonly OwnCases[F][] {
  return readSet<OwnCases[F]>(`ours/${file}`).entries;
}

/** A key of vectors/ours/jwk.json by its name there. */
export function ownKey(name: string): Jwk {
  const key = readSet<JwkCase>('ours/jwk').keys?.[name];
  if (!key) throw new Error(`vectors/ours/jwk.json has no key ${name}`);
  return key;
}

interface VectorSet<E> {
  readonly source: string;
  readonly entries: readonly E[];
  readonly keys?: Readonly<Record<string, Jwk>>;
}

function readSet<E>(file: string): VectorSet<E> {
  return JSON.parse(readFileSync(new URL(`../../vectors/${file}.json`, import.meta.url), 'utf8'));
}
