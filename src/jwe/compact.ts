// RFC 7516 §7.1: the JWE Compact Serialization, written and read, in the order of §5.1 and §5.2.
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { copyOctets } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import type { JoseHeader } from '../header.ts';
import type { JsonObject } from '../json.ts';
import { aContentEncryption, aContentEncryptionList, type ContentEncryption } from '../jwa/content-encryption.ts';
import { ENTROPY, type Entropy } from '../jwa/entropy.ts';
import { checkEncryptionKey } from '../jwk/encryption-key.ts';
import type { Key } from '../jwk/key.ts';
import { checkDecryptionKeys, type DecryptionKeys, selectDecryptionKey } from '../jwks/decryption.ts';
import {
  aBoolean,
  aCount,
  aPlainObject,
  argumentError,
  aStringList,
  checkArgumentCount,
  isOctets,
  type OptionRules,
  readOptions,
} from '../options.ts';
import { acceptJweHeader, CODE, checkKeyManagement, type JweHeader, readProtectedJwe } from './header.ts';
import { drawKey, makeEncryptedKey } from './make-key.ts';
import { authenticated, MAX_JWE_BYTES, openContent, readPlaintext, type Sealed, sealContent } from './message.ts';
import { checkCompressible, checkGivenHeader, chooseEnc, writeProtectedJwe } from './write.ts';

export interface EncryptJweOptions {
  /** The content encryption. Default A256GCM; of a key for `dir`, its own. */
  readonly enc?: ContentEncryption | undefined;
  /** Further protected parameters, such as cty and typ. alg, kid and enc come from the key and the options. */
  readonly header?: JsonObject | undefined;
  /**
   * true: the plaintext is compressed, at most 250,000 octets. Default false: the length of compressed text can betray what
   * stands in it (RFC 8725 §3.6), and most readers refuse it.
   */
  readonly zip?: boolean | undefined;
}

const ENCRYPT_OPTIONS: OptionRules<EncryptJweOptions> = {
  enc: aContentEncryption,
  header: aPlainObject,
  zip: aBoolean,
};

/** The words of errors for a plaintext that must be octets. */
export const A_PLAINTEXT = 'a Uint8Array, such as new TextEncoder().encode(text)';

/**
 * Octets → compact JWE for one recipient (RFC 7516 §5.1, §7.1). Several recipients are for {@link encryptJweJson}.
 * @param key public, secret or a password; the CEK and all IVs are random
 * @throws TypeError for the arguments
 */
export function encryptJwe(plaintext: Uint8Array, key: Key, options?: EncryptJweOptions): string {
  checkArgumentCount(arguments.length, encryptJwe);
  if (!isOctets(plaintext)) throw argumentError('plaintext', A_PLAINTEXT, plaintext);
  const { enc, header, zip } = readOptions(options, ENCRYPT_OPTIONS);
  const read = { key, enc, header, zip };
  // Compression reads the octets by their properties, which a subclass may have overridden; a cipher reads them once.
  return sealCompact(zip ? copyOctets(plaintext) : plaintext, read, ENTROPY);
}

/** The same with what is drawn at random as an argument: for tests, which make what the RFCs print. */
export function sealCompact(
  plaintext: Uint8Array,
  { key, enc: name, header, zip = false }: EncryptJweOptions & { readonly key: Key },
  entropy: Entropy,
): string {
  const parts = checkEncryptionKey(key, 'encrypt');
  if (header) checkGivenHeader(header, 'options.header');
  checkCompressible(plaintext, zip);
  const enc = chooseEnc(name, [parts]);
  const drawn = drawKey(enc, [parts], entropy); // step 2
  const { cek, encryptedKey, parameters } = makeEncryptedKey({ ...parts, enc, cek: drawn, entropy }); // steps 1, 3 to 6
  const protectedPart = writeProtectedJwe({ key, enc, zip, parameters, header }); // steps 12, 13
  const aad = authenticated(protectedPart); // step 14
  const { iv, ciphertext, tag } = sealContent({ enc, plaintext, zip, aad }, cek, entropy); // steps 9, 11, 15
  // Text is appended and not joined: join would copy a large ciphertext once more. Step 19 [7516-5.1-19]
  return [encryptedKey, iv, ciphertext, tag].reduce((text, part) => `${text}.${encodeBase64url(part)}`, protectedPart);
}

export interface DecryptJweOptions {
  /** Narrows the content encryptions that are accepted. Default: all. */
  readonly enc?: readonly ContentEncryption[] | undefined;
  /** Critical extensions that the caller processes itself. */
  readonly crit?: readonly string[] | undefined;
  /** true: a compressed plaintext is accepted, of at most 250,000 octets. Default false. */
  readonly zip?: boolean | undefined;
  /** The most octets of the token. Default 256 KiB. */
  readonly maxLength?: number | undefined;
}

/** For every reader of a JWE. */
export const DECRYPT_OPTIONS: OptionRules<DecryptJweOptions> = {
  enc: aContentEncryptionList,
  crit: aStringList,
  zip: aBoolean,
  maxLength: aCount,
};

/**
 * A JWE that decrypted under one of the given keys. Under a public-key algorithm anyone may have made it: it says nothing about
 * its sender.
 */
export interface DecryptedJwe {
  readonly plaintext: Uint8Array;
  readonly header: JoseHeader;
  readonly key: Key;
}

/**
 * Decrypts a compact JWE (RFC 7516 §5.2). The first step that fails throws.
 * @param keys one Key, whose kid is not compared; or DecryptionKeys, of which the token's kid names one
 * @throws JoseError ERR_JWE_INVALID, ERR_JOSE_LIMIT_EXCEEDED, ERR_JOSE_NOT_SUPPORTED, ERR_JOSE_ALG_NOT_ALLOWED,
 *   ERR_JWKS_NO_MATCHING_KEY, ERR_JWKS_MULTIPLE_MATCHING_KEYS, ERR_JWE_DECRYPTION_FAILED; TypeError for the other arguments
 */
export function decryptJwe(token: string, keys: Key | DecryptionKeys, options?: DecryptJweOptions): DecryptedJwe {
  checkArgumentCount(arguments.length, decryptJwe);
  const policy = readOptions(options, DECRYPT_OPTIONS);
  checkDecryptionKeys(keys);
  const { header, sealed, encryptedKey } = readCompactJwe(token, policy); // steps 1 to 5
  const key = selectDecryptionKey(header, sealed.enc.name, keys); // step 7
  const octets = openContent(sealed, key, { parameters: header.parameters, encryptedKey }); // steps 6 to 12, 16
  return decryptedJwe(octets, header, key); // steps 17, 19
}

/** A compact JWE that was read, and is not opened yet. */
interface ReadJwe {
  readonly header: JweHeader;
  readonly sealed: Sealed;
  readonly encryptedKey: Uint8Array;
}

/** RFC 7516 §5.2 steps 1 to 5, 14 and 15: what anyone can read of a compact JWE, allowed by the caller. */
export function readCompactJwe(token: string, policy: DecryptJweOptions): ReadJwe {
  const parts = splitJwe(token, policy.maxLength ?? MAX_JWE_BYTES); // step 1
  const encryptedKey = decodePart(parts.encryptedKey, 'encrypted key'); // step 2
  const iv = decodePart(parts.iv, 'IV');
  const ciphertext = decodePart(parts.ciphertext, 'ciphertext');
  const tag = decodePart(parts.tag, 'tag');
  const header = readProtectedJwe(parts.header); // steps 3 and 4 [7516-5.2-3]
  checkKeyManagement(header); // step 5
  const enc = acceptJweHeader(header, policy);
  const aad = authenticated(parts.header); // steps 14 and 15: as received [7516-5.2-14]
  return { header, sealed: { enc, content: { iv, ciphertext, tag, aad } }, encryptedKey };
}

export function decryptedJwe(octets: Uint8Array, { zip, parameters }: JweHeader, key: Key): DecryptedJwe {
  return Object.freeze({ plaintext: readPlaintext(octets, zip), header: parameters, key });
}

/** The five parts of a compact JWE, still as text. */
interface JweParts {
  readonly header: string;
  readonly encryptedKey: string;
  readonly iv: string;
  readonly ciphertext: string;
  readonly tag: string;
}

/** RFC 7516 §5.2 step 1 [7516-5.2-1] [7516-9-1] five parts, no sixth; its length is looked at before anything else. */
function splitJwe(token: unknown, maxLength: number): JweParts {
  if (typeof token !== 'string') throw malformedTokenError('is not a string');
  if (token.length > maxLength) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the token is over ${maxLength} octets`);
  const [header, encryptedKey, iv, ciphertext, tag, sixth] = token.split('.', 6);
  if (header !== undefined && iv !== undefined && ciphertext === undefined)
    throw malformedTokenError('has three parts: it is signed, not encrypted');
  if (
    encryptedKey === undefined ||
    iv === undefined ||
    ciphertext === undefined ||
    tag === undefined ||
    sixth !== undefined
  )
    throw malformedTokenError('has not exactly five parts');
  return { header: String(header), encryptedKey, iv, ciphertext, tag };
}

/** RFC 7516 §5.2 step 2 [7516-5.2-2] strictly, and before any crypto. */
export function decodePart(text: string, what: string): Uint8Array {
  const octets = decodeBase64url(text);
  if (!octets) throw new JoseError(CODE, `the ${what} is not canonical base64url`);
  return octets;
}

function malformedTokenError(what: string): JoseError {
  return new JoseError(CODE, `the token ${what}`);
}
