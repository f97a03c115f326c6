// RFC 7516 §5.1, §7.2: the JWE JSON Serialization, written for one recipient or several.
import { encodeBase64url } from '../base64url.ts';
import { copyOctets } from '../bytes.ts';
import { type JsonObject, ownMembers } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import { aContentEncryption, type ContentEncryption } from '../jwa/content-encryption.ts';
import { ENTROPY, type Entropy } from '../jwa/entropy.ts';
import { isDirect } from '../jwa/key-management.ts';
import type { Secret } from '../jwa/secret.ts';
import { checkEncryptionKey, type EncryptionParts } from '../jwk/encryption-key.ts';
import { aKey, type Key } from '../jwk/key.ts';
import {
  aBoolean,
  aHeader,
  aPlainObject,
  argumentError,
  aUint8Array,
  checkArgumentCount,
  isOctets,
  type OptionRules,
  readOptions,
} from '../options.ts';
import { A_PLAINTEXT } from './compact.ts';
import { checkReadableJwe, type GeneralJwe, type JweJson, type JweRecipientJson, MAX_RECIPIENTS } from './json.ts';
import { drawKey, type MadeKey, makeEncryptedKey } from './make-key.ts';
import { authenticated, sealContent } from './message.ts';
import { checkCompressible, chooseEnc, contentHeader, encodeProtected, readGivenHeader } from './write.ts';

/** A recipient: its key, and its unprotected header parameters besides alg and kid. */
export interface JweRecipient {
  readonly key: Key;
  /** Further parameters of this recipient, outside the protected header: anyone may change them on the way. */
  readonly header?: JsonObject | undefined;
}

export interface EncryptJweJsonOptions {
  /** The content encryption. Default A256GCM; of a key for `dir`, its own. */
  readonly enc?: ContentEncryption | undefined;
  /** Further protected parameters. */
  readonly protected?: JsonObject | undefined;
  /** Parameters for all recipients that are not protected. */
  readonly unprotected?: JsonObject | undefined;
  /** Octets beside the content that are authenticated and not encrypted. */
  readonly aad?: Uint8Array | undefined;
  /** true: the flattened form, for exactly one recipient. Default false. */
  readonly flattened?: boolean | undefined;
  /** true: the plaintext is compressed, as in {@link encryptJwe}. Default false. */
  readonly zip?: boolean | undefined;
}

const ENCRYPT_OPTIONS: OptionRules<EncryptJweJsonOptions> = {
  enc: aContentEncryption,
  protected: aHeader,
  unprotected: aPlainObject,
  aad: aUint8Array,
  flattened: aBoolean,
  zip: aBoolean,
};

const RECIPIENT: OptionRules<JweRecipient> = { key: aKey, header: aPlainObject };

/**
 * Octets → JWE in JSON for 1 to 16 recipients, each of which can read all of it (RFC 7516 §5.1, §7.2). With one
 * recipient all that it needs is in the protected header; with several, alg and kid stand with each of them.
 *
 * @throws JoseError as encryptJwe; TypeError for the arguments; also when one of several recipients is of dir or ECDH-ES,
 *   whose key no other can have, or when more than one is a password
 */
export function encryptJweJson(
  plaintext: Uint8Array,
  recipients: readonly JweRecipient[],
  options?: EncryptJweJsonOptions,
): JweJson {
  checkArgumentCount(arguments.length, encryptJweJson);
  if (!isOctets(plaintext)) throw argumentError('plaintext', A_PLAINTEXT, plaintext);
  const read = readOptions(options, ENCRYPT_OPTIONS);
  if (!Array.isArray(recipients) || recipients.length < 1 || recipients.length > MAX_RECIPIENTS)
    throw argumentError('recipients', `an array of 1 to ${MAX_RECIPIENTS} objects such as { key }`, recipients);
  const each = Array.from(recipients, (recipient: JweRecipient, i) =>
    readOptions(recipient, RECIPIENT, { argument: `recipients[${i}]`, needed: ['key'] }),
  );
  if (read.flattened && each.length > 1) throw new TypeError('options.flattened takes exactly one recipient');
  return sealJson(copyOctets(plaintext), ownMembers({ ...read, recipients: each }), ENTROPY);
}

/** Encrypts with a given source of randomness: tests reproduce the examples of the RFCs by it. */
export function sealJson(
  plaintext: Uint8Array,
  options: EncryptJweJsonOptions & { readonly recipients: readonly JweRecipient[] },
  entropy: Entropy,
): JweJson {
  const { recipients, zip = false, flattened = false } = options;
  const addressees = recipients.map(({ key, header: own = {} }, i) => {
    const header = readGivenHeader(own, `recipients[${i}].header`);
    return { parts: checkEncryptionKey(key, 'encrypt', `recipients[${i}].key`), kid: key.kid, header };
  });
  const parts = addressees.map((each) => each.parts);
  checkShareable(parts);
  const given = readGivenHeader(options.protected ?? {}, 'options.protected');
  const unprotected = readGivenHeader(options.unprotected ?? {}, 'options.unprotected');
  checkCompressible(plaintext, zip);
  const enc = chooseEnc(options.enc, parts);
  const drawn = drawKey(enc, parts, entropy); // step 2
  const isAlone = recipients.length === 1;
  const addressed = addressees.map(({ parts: each, kid, header }) => {
    const made = makeEncryptedKey(each, { enc, cek: drawn, entropy }); // steps 3 to 8
    const isKidGiven = [given, unprotected, header].some((place) => Object.hasOwn(place, 'kid'));
    return { made, header, own: ownHeader(each, isKidGiven ? undefined : kid, made) };
  });
  const content = { ...given, ...contentHeader(enc, zip) };
  const own = isAlone ? addressed.flatMap((each) => Object.entries(each.own)) : [];
  const protectedPart = encodeProtected({ ...Object.fromEntries(own), ...content }, 'options.protected'); // steps 12, 13
  // A subclass may say another length than it has: the copy is asked.
  const octets = copyOctets(options.aad ?? new Uint8Array(0));
  const aad = octets.length > 0 ? encodeBase64url(octets) : undefined; // step 18
  // All have the one that was drawn, but for a direct method, whose only recipient has its own.
  const cek = addressed.reduce<Secret>((_, { made }) => made.cek, drawn);
  const sealed = sealContent({ enc, plaintext, zip, aad: authenticated(protectedPart, aad) }, cek, entropy); // 9, 11, 14, 15
  const message: GeneralJwe = {
    protected: protectedPart,
    ...(Object.keys(unprotected).length > 0 && { unprotected: jsonOf(unprotected, 'options.unprotected') }),
    recipients: addressed.map(({ made, header, own: parameters }, i) =>
      recipientJson(isAlone ? header : { ...parameters, ...header }, made.encryptedKey, `recipients[${i}].header`),
    ),
    ...(aad !== undefined && { aad }),
    iv: encodeBase64url(sealed.iv),
    ciphertext: encodeBase64url(sealed.ciphertext),
    tag: encodeBase64url(sealed.tag),
  };
  checkReadableJwe(message);
  return flattened ? flatten(message) : message;
}

/** @throws TypeError for recipients that cannot share one message */
function checkShareable(parts: readonly EncryptionParts[]): void {
  const direct = parts.length > 1 && parts.find(({ row }) => isDirect(row));
  if (direct) throw new TypeError(`recipients must be one alone with ${direct.row.name}, whose key no other can have`);
  if (parts.filter(({ row }) => row.method === 'PBES2').length > 1)
    throw new TypeError('recipients must hold at most one password: a reader would try each');
}

/** The parameters that a recipient's key comes to. A kid that the caller gives anywhere takes the place of the key's. */
function ownHeader(parts: EncryptionParts, kid: string | undefined, { parameters }: MadeKey): JsonObject {
  return { alg: parts.row.name, ...(kid !== undefined && { kid }), ...parameters };
}

/**
 * RFC 7516 §7.2.1 [7516-7.2.1-3] [7516-7.2.1-4] an object for each recipient, whose members are absent rather than
 * empty.
 */
function recipientJson(header: JsonObject, encryptedKey: Uint8Array, argument: string): JweRecipientJson {
  return {
    ...(Object.keys(header).length > 0 && { header: jsonOf(header, argument) }),
    ...(encryptedKey.length > 0 && { encrypted_key: encodeBase64url(encryptedKey) }),
  };
}

function jsonOf(header: JsonObject, argument: string): JsonObject {
  return JSON.parse(writeJsonObject(header, argument));
}

/** RFC 7516 §7.2.2 [7516-7.2.2-1]: the one recipient's members beside the others. */
function flatten({ recipients, ...content }: GeneralJwe): JweJson {
  return { ...content, ...recipients[0] };
}
