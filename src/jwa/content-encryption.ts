// RFC 7518 §5: one row per content encryption algorithm, and node:crypto's verbs over a row.
import { attempt, JoseError } from '../errors.ts';
import { isStrings, type Rule } from '../options.ts';
import { CBC_IV_LENGTH, openCbcHmac, sealCbcHmac } from './aes-cbc-hmac.ts';
import { GCM_IV_LENGTH, GCM_TAG_LENGTH, openGcm, sealGcm } from './aes-gcm.ts';
import { attemptDecryption } from './cipher.ts';
import type { Secret } from './secret.ts';

/** The content encryption algorithms, by their registered names: all are authenticated [7516-4.1.2-2]. */
export type ContentEncryption = `A${128 | 192 | 256}GCM` | 'A128CBC-HS256' | 'A192CBC-HS384' | 'A256CBC-HS512';

/** One algorithm. */
export interface ContentRow {
  readonly name: ContentEncryption;
  /** Octets of the content encryption key. */
  readonly keyLength: number;
  readonly ivLength: number;
  readonly tagLength: number;
  /** The hash of the HMAC; `null` for GCM. */
  readonly hash: string | null;
}

/** Octets to encrypt, with what is authenticated beside them. */
export interface PlainContent {
  readonly iv: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly aad: Uint8Array;
}

/** Encrypted octets, and what they were encrypted with that is no secret. */
export interface SealedContent {
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** Encrypted octets, with all that decryption needs beside the key. */
export interface EncryptedContent extends SealedContent {
  readonly aad: Uint8Array;
}

/** RFC 7518 §5.1 [7518-5.1-1] the table, the default first. */
const ROWS: readonly ContentRow[] = /* @__PURE__ */ contentRows();

function contentRows(): readonly ContentRow[] {
  return Object.freeze([
    gcmRow('A256GCM', 32),
    gcmRow('A192GCM', 24),
    gcmRow('A128GCM', 16),
    cbcHmacRow('A128CBC-HS256', 32, 'sha256'), // RFC 7518 §5.2.3 [7518-5.2.3-1]
    cbcHmacRow('A192CBC-HS384', 48, 'sha384'),
    cbcHmacRow('A256CBC-HS512', 64, 'sha512'),
  ]);
}

function gcmRow(name: ContentEncryption, keyLength: number): ContentRow {
  return Object.freeze({ name, keyLength, ivLength: GCM_IV_LENGTH, tagLength: GCM_TAG_LENGTH, hash: null });
}

function cbcHmacRow(name: ContentEncryption, keyLength: number, hash: string): ContentRow {
  return Object.freeze({ name, keyLength, ivLength: CBC_IV_LENGTH, tagLength: keyLength / 2, hash });
}

/** Every content encryption algorithm. Node has all of them. */
export const CONTENT_ENCRYPTIONS: readonly ContentEncryption[] = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ ROWS.map(({ name }) => name),
);

/** The row of a name, compared to the letter [7516-4.1.2-2]. */
export function findContentRow(enc: unknown): ContentRow | undefined {
  return ROWS.find(({ name }) => name === enc);
}

export function isContentEncryption(enc: unknown): enc is ContentEncryption {
  return findContentRow(enc) !== undefined;
}

export const aContentEncryption: Rule = [isContentEncryption, "a content encryption such as 'A256GCM'", 'encryption'];
export const aContentEncryptionList: Rule = [
  (value) => isStrings(value) && value.every(isContentEncryption),
  "an array of content encryptions such as 'A256GCM'",
  'contentEncryptionAlgorithms',
];

/**
 * @param cek of exactly the length that the row says
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED where the runtime lacks the cipher, as Deno does some
 */
export function encryptContent(row: ContentRow, cek: Secret, content: PlainContent): SealedContent {
  const sealed = attempt(() => sealWithRow(row, cek, content), undefined);
  if (!sealed) throw new JoseError('ERR_JOSE_NOT_SUPPORTED', `${row.name} is not supported by this runtime`);
  return sealed;
}

function sealWithRow({ hash }: ContentRow, cek: Secret, content: PlainContent): SealedContent {
  return hash === null ? sealGcm(cek, content) : sealCbcHmac(hash, cek, content);
}

/**
 * The plaintext; `undefined` when the key or anything of the content is not as it was. An empty plaintext is a success.
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED where the runtime lacks the cipher
 */
export function decryptContent({ hash }: ContentRow, cek: Secret, content: EncryptedContent): Uint8Array | undefined {
  return attemptDecryption(() =>
    hash === null ? openGcm(cek, content, content.aad) : openCbcHmac(hash, cek, content),
  );
}
