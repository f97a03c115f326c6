// RFC 7518 §4, RFC 8037 §3.2: one row per key management algorithm and kind of key. How each one works stands in a file
// of its own.
import type { ContentEncryption } from './content-encryption.ts';
import type { KeyType } from './signatures.ts';

/** The key management algorithms, by their registered names. RSA1_5 has no row, so nothing can switch it on. */
export type KeyManagementAlgorithm =
  | `RSA-OAEP${'' | '-256' | '-384' | '-512'}`
  | `A${128 | 192 | 256}${'KW' | 'GCMKW'}`
  | 'dir'
  | `ECDH-ES${'' | '+A128KW' | '+A192KW' | '+A256KW'}`
  | 'PBES2-HS256+A128KW'
  | 'PBES2-HS384+A192KW'
  | 'PBES2-HS512+A256KW';

/** How the content encryption key comes to the recipient (RFC 7516 §2). */
export type KeyManagementMethod = 'RSA-OAEP' | 'AES-KW' | 'AES-GCMKW' | 'dir' | 'ECDH-ES' | 'PBES2';

/** One algorithm on one kind of key. */
export interface KeyManagementRow {
  readonly name: KeyManagementAlgorithm;
  readonly use: 'enc';
  readonly method: KeyManagementMethod;
  /** No algorithm of these has two names. */
  readonly alias: undefined;
  readonly kty: KeyType;
  /** EC and OKP: the one curve. */
  readonly crv: string | undefined;
  /** RSA: the least bits of the modulus. oct: the exact bits of the secret; 0 for a password. */
  readonly minBits: number;
  /** Octets of a coordinate (EC), of a public key (OKP). */
  readonly keyLength: number;
  /** The hash of RSA-OAEP and of PBES2; `null` for the others. */
  readonly hash: string | null;
  /** Octets of the AES key that wraps; 0 where none does. */
  readonly wrapLength: number;
  /** dir: the content encryption that the secret is for. */
  readonly enc: ContentEncryption | undefined;
}

/** Every row has every column, so that none can be inherited. */
function keyManagementRow(
  columns: Pick<KeyManagementRow, 'name' | 'method' | 'kty'> & Partial<KeyManagementRow>,
): KeyManagementRow {
  const none = { crv: undefined, minBits: 0, keyLength: 0, hash: null, wrapLength: 0, enc: undefined };
  return Object.freeze({ ...none, use: 'enc', alias: undefined, ...columns });
}

function oaepRow(name: KeyManagementAlgorithm, hash: string): KeyManagementRow {
  return keyManagementRow({ name, method: 'RSA-OAEP', kty: 'RSA', hash, minBits: 2048 });
}

function aesRow(bits: 128 | 192 | 256, method: 'AES-KW' | 'AES-GCMKW'): KeyManagementRow {
  const name = method === 'AES-KW' ? (`A${bits}KW` as const) : (`A${bits}GCMKW` as const);
  return keyManagementRow({ name, method, kty: 'oct', minBits: bits, wrapLength: bits / 8 });
}

function directRow(enc: ContentEncryption, minBits: number): KeyManagementRow {
  return keyManagementRow({ name: 'dir', method: 'dir', kty: 'oct', enc, minBits });
}

function passwordRow(name: KeyManagementAlgorithm, hash: string, wrapLength: number): KeyManagementRow {
  return keyManagementRow({ name, method: 'PBES2', kty: 'oct', hash, wrapLength });
}

/** The four algorithms of one curve. With wrapping comes first, since any number of recipients can share such a message. */
function agreementRows(kty: 'EC' | 'OKP', crv: string, keyLength: number): readonly KeyManagementRow[] {
  const wraps = [
    ['ECDH-ES+A256KW', 32],
    ['ECDH-ES+A192KW', 24],
    ['ECDH-ES+A128KW', 16],
    ['ECDH-ES', 0],
  ] as const;
  return wraps.map(([name, wrapLength]) =>
    keyManagementRow({ name, method: 'ECDH-ES', kty, crv, keyLength, wrapLength }),
  );
}

/** The table. Where several rows fit a key that names no alg, the first one is its default. */
const ROWS: readonly KeyManagementRow[] = /* @__PURE__ */ keyManagementRows();

function keyManagementRows(): readonly KeyManagementRow[] {
  return Object.freeze([
    oaepRow('RSA-OAEP-256', 'sha256'), // RFC 7518 §4.3 [7518-4.3-1] [7518-4.3-2]
    oaepRow('RSA-OAEP', 'sha1'),
    oaepRow('RSA-OAEP-384', 'sha384'),
    oaepRow('RSA-OAEP-512', 'sha512'),
    ...agreementRows('EC', 'P-256', 32), // RFC 7518 §4.6
    ...agreementRows('EC', 'P-384', 48),
    ...agreementRows('EC', 'P-521', 66),
    ...agreementRows('OKP', 'X25519', 32), // RFC 8037 §3.2
    ...agreementRows('OKP', 'X448', 56),
    aesRow(128, 'AES-KW'), // RFC 7518 §4.4 [7518-4.4-1]
    aesRow(192, 'AES-KW'),
    aesRow(256, 'AES-KW'),
    aesRow(128, 'AES-GCMKW'), // RFC 7518 §4.7
    aesRow(192, 'AES-GCMKW'),
    aesRow(256, 'AES-GCMKW'),
    directRow('A128GCM', 128), // RFC 7518 §4.5 [7518-4.5-1]
    directRow('A192GCM', 192),
    directRow('A256GCM', 256),
    directRow('A128CBC-HS256', 256),
    directRow('A192CBC-HS384', 384),
    directRow('A256CBC-HS512', 512),
    passwordRow('PBES2-HS256+A128KW', 'sha256', 16), // RFC 7518 §4.8 [7518-4.8-2]
    passwordRow('PBES2-HS384+A192KW', 'sha384', 24),
    passwordRow('PBES2-HS512+A256KW', 'sha512', 32),
  ]);
}

const NAMES: ReadonlySet<KeyManagementAlgorithm> = /* @__PURE__ */ new Set(
  /* @__PURE__ */ ROWS.map(({ name }) => name),
);

/** Every key management algorithm that has a row. */
export const KEY_MANAGEMENT_ALGORITHMS: readonly KeyManagementAlgorithm[] = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Array.from(NAMES),
);

/** Whether a value is, to the letter, the name of an algorithm. */
export function isKeyManagementAlgorithm(alg: unknown): alg is KeyManagementAlgorithm {
  return NAMES.has(alg as KeyManagementAlgorithm);
}

/**
 * The row of an algorithm on a kind of key, or `undefined`; the first that fits when no algorithm is named. The secret
 * of dir is for one content encryption: a JWK says which by its alg (RFC 7520 §5.6), so that name, too, finds the row.
 */
export function findKeyManagementRow(
  kty: unknown,
  crv: unknown,
  { alg, enc }: { alg?: unknown; enc?: unknown } = {},
): KeyManagementRow | undefined {
  return ROWS.find(
    (row) =>
      row.kty === kty &&
      (row.crv ?? crv) === crv &&
      (enc === undefined || row.enc === enc) &&
      (alg === undefined || row.name === alg || row.enc === alg),
  );
}

/** Every row of an algorithm. */
export function keyManagementRowsNamed(alg: unknown): readonly KeyManagementRow[] {
  return ROWS.filter((row) => row.name === alg);
}

/** Whether the content encryption key is that of the recipient itself, so that no message can have two [7518-4.1-1]. */
export function isDirect({ method, wrapLength }: KeyManagementRow): boolean {
  return method === 'dir' || (method === 'ECDH-ES' && wrapLength === 0);
}
