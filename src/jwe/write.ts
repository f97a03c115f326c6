// RFC 7516 §5.1: what a caller may say of a JWE that is written, and its protected header.
import { encodeText } from '../base64url.ts';
import { parseProtected } from '../header.ts';
import type { JsonObject } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import { type ContentEncryption, type ContentRow, findContentRow } from '../jwa/content-encryption.ts';
import type { EncryptionParts } from '../jwk/encryption-key.ts';
import { CODE, readJweHeader } from './header.ts';
import { MAX_INFLATED } from './zip.ts';

/** The parameters that encryption itself sets. */
const OWN: readonly string[] = ['alg', 'enc', 'zip', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'];

/** @throws TypeError for a parameter that is not the caller's to set */
export function checkGivenHeader(header: JsonObject, argument: string): void {
  const name = OWN.find((each) => Object.hasOwn(header, each));
  if (name !== undefined)
    throw new TypeError(`${argument}.${name} must not be given: it comes from the key, options.enc or options.zip`);
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

/**
 * A protected header, encoded: RFC 7516 §5.1 step 13 [7516-5.1-13]. Members that are undefined are left out.
 * @throws TypeError for a header that our own reader would refuse
 */
export function writeProtectedJwe(parameters: JsonObject): string {
  const encoded = encodeProtected(parameters);
  try {
    readJweHeader(parseProtected(encoded, CODE));
  } catch (error) {
    throw new TypeError('options.header is not one that a reader would accept', { cause: error });
  }
  return encoded;
}

export function encodeProtected(parameters: JsonObject): string {
  const given = Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
  return encodeText(writeJsonObject(given, 'options.header'));
}
