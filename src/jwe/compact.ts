// RFC 7516 §7.1: the JWE Compact Serialization, written and read, in the order of §5.1 and §5.2.
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { copyOctets } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import type { JoseHeader } from '../header.ts';
import type { JsonObject } from '../json.ts';
import {
  aContentEncryption,
  aContentEncryptionList,
  type ContentEncryption,
  type ContentRow,
} from '../jwa/content-encryption.ts';
import { ENTROPY, type Entropy } from '../jwa/entropy.ts';
import { checkEncryptionKey } from '../jwk/encryption-key.ts';
import type { Key } from '../jwk/key.ts';
import { checkDecryptionKeys, type DecryptionKeys, selectDecryptionKey } from '../jwks/decryption.ts';
import {
  aBoolean,
  aCount,
  aHeader,
  argumentError,
  aStringList,
  checkArgumentCount,
  isOctets,
  type OptionRules,
  readInto,
  readOptions,
} from '../options.ts';
import {
  acceptJweHeader,
  CODE,
  checkKeyManagement,
  type JweHeader,
  type JwePolicy,
  readProtectedJwe,
} from './header.ts';
import { drawKey, makeEncryptedKey } from './make-key.ts';
import { authenticated, MAX_JWE_BYTES, openContent, readPlaintext, type Sealed, sealContent } from './message.ts';
import { checkCompressible, chooseEnc, readGivenHeader, writeProtectedJwe } from './write.ts';

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

/** For every writer of a compact JWE. */
export const ENCRYPT_OPTIONS: OptionRules<EncryptJweOptions> = {
  enc: aContentEncryption,
  header: aHeader,
  zip: aBoolean,
};

/** The words of errors for a plaintext that must be octets. */
export const A_PLAINTEXT = 'a Uint8Array, such as new TextEncoder().encode(text)';

/**
 * Octets → compact JWE for one recipient (RFC 7516 §5.1, §7.1). Several recipients are for {@link encryptJweJson}.
 * @param key public, secret or a password; the CEK and all IVs are random
 * @throws JoseError ERR_JOSE_NOT_SUPPORTED where the runtime lacks the cipher, as Deno lacks AES-192; TypeError for the
 *   arguments
 */
export function encryptJwe(plaintext: Uint8Array, key: Key, options?: EncryptJweOptions): string {
  checkArgumentCount(arguments.length, encryptJwe);
  if (!isOctets(plaintext)) throw argumentError('plaintext', A_PLAINTEXT, plaintext);
  if (Array.isArray(key)) throw argumentError('key', 'one Key: encryptJweJson encrypts to several', key);
  const { enc, header, zip } = readOptions(options, ENCRYPT_OPTIONS);
  const read = { key, enc, header, zip };
  // Compression reads the octets by their properties, which a subclass may have overridden; a cipher reads them once.
  return sealCompact(zip ? copyOctets(plaintext) : plaintext, read, ENTROPY);
}

/** Encrypts with a given source of randomness: tests reproduce the examples of the RFCs by it. */
export function sealCompact(
  plaintext: Uint8Array,
  { key, enc: name, header: given, zip = false }: EncryptJweOptions & { readonly key: Key },
  entropy: Entropy,
): string {
  const parts = checkEncryptionKey(key, 'encrypt');
  const header = given && readGivenHeader(given, 'options.header');
  checkCompressible(plaintext, zip);
  const enc = chooseEnc(name, [parts]);
  const drawn = drawKey(enc, [parts], entropy); // step 2
  const { cek, encryptedKey, parameters } = makeEncryptedKey(parts, { enc, cek: drawn, entropy }); // steps 1, 3 to 6
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

const DECRYPT_OPTIONS: OptionRules<DecryptJweOptions> = {
  enc: aContentEncryptionList,
  crit: aStringList,
  zip: aBoolean,
  maxLength: aCount,
};

/** Reads the options of every reader of a JWE. @throws TypeError naming the option */
export function readDecryptOptions(options: DecryptJweOptions = {}): DecryptJweOptions {
  const given = { argument: 'options', needed: [], hint: keyAlgorithmHint, options };
  return readInto(Object.create(null), DECRYPT_OPTIONS, given);
}

/** The words of the error for an option of other libraries, in place of which a key has its algorithm. */
export function keyAlgorithmHint(name: string): string | undefined {
  return name === 'keyManagementAlgorithms'
    ? 'is not an option: each key to decrypt with is for one algorithm already'
    : undefined;
}

/**
 * A JWE that decrypted under one of the given keys. Under a public-key algorithm anyone may have made it: it says
 * nothing about its sender.
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
  const policy = readDecryptOptions(options);
  checkDecryptionKeys(keys);
  const { parts, header, enc } = readCompactJwe(token, policy); // steps 1 to 5
  const key = selectDecryptionKey(header, enc.name, keys); // step 7
  return decryptedJwe(openJweParts(parts, header, { enc, key }), header, key); // steps 6 to 19
}

/** A compact JWE that was read, and is not opened yet. */
interface ReadJwe {
  readonly parts: JweParts;
  readonly header: JweHeader;
  readonly enc: ContentRow;
}

/** RFC 7516 §5.2 steps 1 to 5: what anyone can read of a compact JWE, allowed by the caller. */
export function readCompactJwe(token: string, policy: DecryptJweOptions): ReadJwe {
  const parts = readJweParts(token, policy.maxLength ?? MAX_JWE_BYTES); // steps 1 and 2
  const header = readProtectedJwe(parts.header); // steps 3 and 4 [7516-5.2-3]
  return { parts, header, enc: acceptCompactHeader(header, policy) }; // step 5
}

export function decryptedJwe(plaintext: Uint8Array, { parameters }: JweHeader, key: Key): DecryptedJwe {
  return Object.freeze({ plaintext, header: parameters, key });
}

/** The five parts of a compact JWE: the header still as text, the others decoded. */
export interface JweParts {
  readonly header: string;
  readonly encryptedKey: Uint8Array;
  readonly iv: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/** RFC 7516 §5.2 steps 1 and 2, before any crypto. */
export function readJweParts(token: unknown, maxLength: number): JweParts {
  const { header, encryptedKey, iv, ciphertext, tag } = splitJwe(token, maxLength);
  return {
    header,
    encryptedKey: decodePart(encryptedKey, 'encrypted key'),
    iv: decodePart(iv, 'IV'),
    ciphertext: decodePart(ciphertext, 'ciphertext'),
    tag: decodePart(tag, 'tag'),
  };
}

/**
 * RFC 7516 §5.2 step 5: its alg and enc have a row, and it demands nothing else that is not allowed. @throws as
 * acceptJweHeader
 */
export function acceptCompactHeader(header: JweHeader, policy: JwePolicy): ContentRow {
  checkKeyManagement(header);
  return acceptJweHeader(header, policy);
}

/** RFC 7516 §5.2 steps 6 to 19 by the key that was selected: the plaintext. @throws JoseError as openContent */
export function openJweParts(
  parts: JweParts,
  { parameters, zip }: JweHeader,
  { enc, key }: { readonly enc: ContentRow; readonly key: Key },
): Uint8Array {
  const { encryptedKey } = parts;
  const octets = openContent(sealedContent(parts, enc), key, { parameters, encryptedKey }); // steps 6 to 12, 16
  return readPlaintext(octets, zip); // steps 17, 19
}

/** RFC 7516 §5.2 steps 14 and 15: the content, with the header that authenticates it as it was received [7516-5.2-14]. */
export function sealedContent({ header, iv, ciphertext, tag }: JweParts, enc: ContentRow): Sealed {
  return { enc, content: { iv, ciphertext, tag, aad: authenticated(header) } };
}

/** RFC 7516 §5.2 step 1 [7516-5.2-1] [7516-9-1] five parts, no sixth; its length is looked at before anything else. */
function splitJwe(token: unknown, maxLength: number): Readonly<Record<keyof JweParts, string>> {
  if (typeof token !== 'string') throw malformedTokenError('is not a string');
  if (token.length > maxLength) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the token is over ${maxLength} octets`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  const third = token.indexOf('.', second + 1);
  const fourth = token.indexOf('.', third + 1);
  if (second > first && third < 0)
    throw malformedTokenError('has three parts: it is signed, not encrypted, which verifyJwt or verifyJws reads');
  if (third < 0 || fourth < third || token.includes('.', fourth + 1))
    throw malformedTokenError('has not exactly five parts');
  return {
    header: token.slice(0, first),
    encryptedKey: token.slice(first + 1, second),
    iv: token.slice(second + 1, third),
    ciphertext: token.slice(third + 1, fourth),
    tag: token.slice(fourth + 1),
  };
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
