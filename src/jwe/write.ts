// RFC 7516 §5.1: what a caller may say of a JWE that is written, and its protected header.
import { encodeText } from '../base64url.ts';
import { parseProtected } from '../header.ts';
import type { JsonObject } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import { type ContentEncryption, type ContentRow, findContentRow } from '../jwa/content-encryption.ts';
import type { EncryptionParts } from '../jwk/encryption-key.ts';
import type { Key } from '../jwk/key.ts';
import { CODE, readJweHeader } from './header.ts';
import { NO_PARAMETERS } from './make-key.ts';
import { MAX_INFLATED } from './zip.ts';

/** The parameters that encryption itself sets. */
const OWN: readonly string[] = ['alg', 'enc', 'zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'];

/**
 * A copy of the caller's parameters, each read once.
 * @throws TypeError for a parameter that is not the caller's to set
 */
export function readGivenHeader(given: JsonObject, argument: string): JsonObject {
  const header = { ...given };
  const name = OWN.find((each) => Object.hasOwn(header, each));
  if (name !== undefined)
    throw new TypeError(`${argument}.${name} must not be given: it comes from the key, options.enc or options.zip`);
  return header;
}

/** @throws TypeError for a plaintext that no reader here would inflate */
export function checkCompressible({ length }: Uint8Array, zip: boolean): void {
  if (zip && length > MAX_INFLATED)
    throw new TypeError(`plaintext must be at most ${MAX_INFLATED} octets to be compressed`);
}

/**
 * The content encryption: the named one, else that of a key for `dir`, else A256GCM.
 * @throws TypeError when a key for `dir` is for another one
 */
export function chooseEnc(name: ContentEncryption | undefined, recipients: readonly EncryptionParts[]): ContentRow {
  const own = recipients.find(({ row }) => row.enc !== undefined)?.row.enc;
  if (own !== undefined && name !== undefined && name !== own)
    throw new TypeError(`options.enc must be ${own}: the key is for that only`);
  const row = findContentRow(name ?? own ?? 'A256GCM');
  /* v8 ignore next -- options.enc was checked, and a key names a row */
  if (!row) throw new TypeError('options.enc is unknown');
  return row;
}

/** The content of a protected header. */
interface ProtectedParts {
  readonly key: Key;
  readonly enc: ContentRow;
  readonly zip: boolean;
  /** The parameters that the recipient's method needs. */
  readonly parameters: JsonObject;
  /** The caller's parameters. Their kid takes precedence over the key's. */
  readonly header: JsonObject | undefined;
}

/** The header that a key wrote last, to be used again: a Key never changes, and mostly writes for one enc. */
const WRITTEN: WeakMap<Key, { readonly enc: ContentRow; readonly zip: boolean; readonly encoded: string }> =
  /* @__PURE__ */ new WeakMap();

/** Headers up to this length need no check where the caller added nothing: only the kid can be long. */
const MAX_UNCHECKED_LENGTH = 4096;

/**
 * A protected header, encoded: RFC 7516 §5.1 step 13 [7516-5.1-13].
 * @throws TypeError for a header that our own reader would refuse
 */
export function writeProtectedJwe({ key, enc, zip, parameters, header }: ProtectedParts): string {
  const written = WRITTEN.get(key);
  const isOfKey = !header && parameters === NO_PARAMETERS;
  if (isOfKey && written?.enc === enc && written.zip === zip) return written.encoded;
  const kid = key.kid !== undefined && { kid: key.kid };
  const own = { alg: key.alg, ...kid, ...parameters, ...header, ...contentHeader(enc, zip) };
  const encoded = encodeProtected(own, 'options.header');
  if (header || encoded.length > MAX_UNCHECKED_LENGTH)
    checkReadable(encoded, header ? 'options.header' : 'the kid of the key');
  if (isOfKey) WRITTEN.set(key, { enc, zip, encoded });
  return encoded;
}

function checkReadable(encoded: string, what: string): void {
  try {
    readJweHeader(parseProtected(encoded, CODE));
  } catch (error) {
    throw new TypeError(`${what} is not one that a reader would accept`, { cause: error });
  }
}

/** The parameters that say how the content is encrypted. */
export function contentHeader({ name }: ContentRow, zip: boolean): JsonObject {
  return { enc: name, ...(zip && { zip: 'DEF' }) };
}

/** @throws TypeError for a parameter that JSON cannot express, named as one of the argument */
export function encodeProtected(parameters: JsonObject, argument: string): string {
  return encodeText(writeJsonObject(parameters, argument));
}
