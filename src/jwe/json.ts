// RFC 7516 §7.2: the JWE JSON Serialization, general and flattened, written and read, in the order of §5.1 and §5.2.
import { unpooled } from '../bytes.ts';
import { asJoseError, JoseError, type JoseErrorCode } from '../errors.ts';
import { type JoseHeader, malformedHeaderError, parseProtected } from '../header.ts';
import { isJsonObject, type JsonObject, jsonOctets, MAX_MEMBERS, ownMembers, parseJsonObject } from '../json.ts';
import type { ContentRow } from '../jwa/content-encryption.ts';
import { isDirect, isKeyManagementAlgorithm, keyManagementRowsNamed } from '../jwa/key-management.ts';
import type { Key } from '../jwk/key.ts';
import { checkDecryptionKeys, type DecryptionKeys, selectDecryptionKey } from '../jwks/decryption.ts';
import { checkArgumentCount } from '../options.ts';
import { type DecryptJweOptions, decodePart, readDecryptOptions } from './compact.ts';
import { acceptJweHeader, CODE, checkKeyManagement, type JweHeader, readJweHeader } from './header.ts';
import { authenticated, type ForRecipient, MAX_JWE_BYTES, openContent, readPlaintext, type Sealed } from './message.ts';

/** One recipient of a JWE in JSON. */
export interface JweRecipientJson {
  readonly header?: JsonObject;
  readonly encrypted_key?: string;
}

/** The members that all recipients share. */
interface JweContentJson {
  readonly protected?: string;
  readonly unprotected?: JsonObject;
  readonly iv?: string;
  readonly aad?: string;
  readonly ciphertext: string;
  readonly tag?: string;
}

/** RFC 7516 §7.2.2: one recipient. */
export interface FlattenedJwe extends JweContentJson, JweRecipientJson {}

/** RFC 7516 §7.2.1: any number of recipients. */
export interface GeneralJwe extends JweContentJson {
  readonly recipients: readonly JweRecipientJson[];
}

export type JweJson = FlattenedJwe | GeneralJwe;

/** The most recipients of one JWE. */
export const MAX_RECIPIENTS = 16;

/** The outcome for one recipient: opened by a key, failed with its error, or not tried since another was opened. */
export type RecipientOutcome =
  | { readonly outcome: 'decrypted'; readonly key: Key }
  | { readonly outcome: 'failed'; readonly error: JoseError }
  | { readonly outcome: 'untried' };

/** A JWE that one recipient's key decrypted. Under a public-key algorithm it says nothing about its sender. */
export interface DecryptedJweJson {
  readonly plaintext: Uint8Array;
  /** The header of the recipient that was opened: its protected and unprotected parameters in one. */
  readonly header: JoseHeader;
  /** The protected parameters alone. */
  readonly protected: JsonObject;
  /** The additional authenticated octets, where the message has them. */
  readonly aad: Uint8Array | undefined;
  readonly key: Key;
  /** The outcome of each recipient, in order [7516-5.2-18]. */
  readonly recipients: readonly RecipientOutcome[];
}

/**
 * Decrypts a JWE in JSON, general or flattened, given as an object or as text (RFC 7516 §5.2, §7.2), by the first
 * recipient that one of the keys opens.
 *
 * @throws JoseError as decryptJwe; when no recipient is opened, ERR_JWE_DECRYPTION_FAILED when a key fitted one, else
 *   the first error that says more than that no key fits, such as ERR_JOSE_LIMIT_EXCEEDED, else the first of all;
 *   TypeError for the other arguments
 */
export function decryptJweJson(
  jwe: JweJson | object | string,
  keys: Key | DecryptionKeys,
  options?: DecryptJweOptions,
): DecryptedJweJson {
  checkArgumentCount(arguments.length, decryptJweJson);
  const policy = readDecryptOptions(options);
  checkDecryptionKeys(keys);
  const message = readJweObject(jwe, policy.maxLength ?? MAX_JWE_BYTES); // steps 1 and 3
  const recipients = readRecipients(message); // steps 2 and 4, for each recipient
  const known = recipients.filter(({ header }) => isKeyManagementAlgorithm(header.alg));
  const { header } = known[0] ?? recipients[0];
  checkTogether(recipients, known);
  const enc = acceptJweHeader(header, policy); // step 5
  const sealed = readSealed(message, enc); // steps 2, 14 and 15
  const opened = openFirst(recipients, sealed, keys); // step 13
  return Object.freeze({
    plaintext: readPlaintext(opened.octets, header.zip), // step 17
    header: opened.header.parameters,
    protected: Object.freeze(message.protectedHeader),
    aad: message.aad === undefined ? undefined : unpooled(decodePart(message.aad, 'aad')),
    key: opened.key,
    recipients: opened.outcomes,
  });
}

/** A message whose members have the right types. */
interface JweMessage extends JweContentJson {
  readonly protectedHeader: JsonObject;
  readonly entries: readonly JsonObject[];
}

/**
 * RFC 7516 §7.2.1 [7516-7.2.1-1] [7516-7.2.1-2]: members are strings, and absent rather than empty. Others are ignored
 * [7516-7.2.1-6].
 */
function readJweObject(jwe: unknown, maxLength: number): JweMessage {
  const bytes = jsonOctets(jwe, maxLength);
  if (!bytes) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWE is over ${maxLength} octets`);
  const message = ownMembers(parseJsonObject(bytes, { code: CODE, what: 'JWE', maxMembers: MAX_MEMBERS }));
  if (Object.hasOwn(message, 'payload')) throw malformedJweError('has a payload: it is signed, not encrypted');
  const { ciphertext, unprotected } = message;
  if (typeof ciphertext !== 'string') throw malformedJweError('has no ciphertext');
  const encoded = textMember(message, 'protected');
  return ownMembers({
    ...(encoded !== undefined && { protected: encoded }),
    protectedHeader: encoded === undefined ? {} : parseProtected(encoded, CODE),
    ...(unprotected !== undefined && { unprotected: headerMember(unprotected) }),
    ...textMembers(message, ['iv', 'aad', 'tag']),
    ciphertext,
    entries: recipientEntries(message),
  });
}

function textMembers(message: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.map((name) => [name, textMember(message, name)]).filter(([, text]) => text !== undefined),
  );
}

/** A member that is text, not empty, or absent. */
function textMember(holder: JsonObject, name: string): string | undefined {
  const text = holder[name];
  if (text === undefined || (typeof text === 'string' && text !== '')) return text;
  throw malformedJweError(`has the member ${name}, which is empty or no string: leave it out where there is none`);
}

/** A header outside the protected one: an object, and not an empty one [7516-7.2.1-4]. */
function headerMember(header: unknown): JsonObject {
  if (isJsonObject(header) && Object.keys(header).length > 0) return header;
  throw malformedJweError('has a header that is empty or no object');
}

/**
 * The general form's array [7516-7.2.1-3], or the flattened form as an array of one [7516-7.2.2-1]; never both.
 */
function recipientEntries(message: JsonObject): readonly JsonObject[] {
  const { recipients } = message;
  if (recipients === undefined) return [message];
  if (Object.hasOwn(message, 'header') || Object.hasOwn(message, 'encrypted_key'))
    throw malformedJweError(
      'has recipients beside header or encrypted_key: the general form or the flattened one, not both',
    );
  if (!Array.isArray(recipients) || recipients.length === 0) throw malformedJweError('has no recipients');
  if (recipients.length > MAX_RECIPIENTS)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWE has more than ${MAX_RECIPIENTS} recipients`);
  if (!recipients.every(isJsonObject)) throw malformedJweError('has a recipient that is not an object');
  return recipients.map(ownMembers);
}

/**
 * Holds a message that was written against the reader's own rules.
 * @throws TypeError when its headers are not ones that a reader would accept
 */
export function checkReadableJwe(message: GeneralJwe): void {
  try {
    readRecipients(readJweObject(message, Number.POSITIVE_INFINITY));
  } catch (error) {
    throw new TypeError('the headers of options and recipients must be ones that a reader would accept', {
      cause: error,
    });
  }
}

interface ReadRecipient extends ForRecipient {
  readonly header: JweHeader;
}

/**
 * Steps 2 and 4 for each recipient [7516-5.2-13]: one whose header is malformed spoils the message. There is at least
 * one.
 */
function readRecipients({
  entries,
  protectedHeader,
  unprotected = {},
}: JweMessage): readonly [ReadRecipient, ...ReadRecipient[]] {
  const [first, ...others] = entries.map((entry) => {
    const own = entry.header === undefined ? {} : headerMember(entry.header);
    // RFC 7516 §7.2.1 [7516-7.2.1-7] [7516-4-1] each name stands in one of the three places.
    if (Object.keys(own).some((name) => Object.hasOwn(unprotected, name)))
      throw malformedHeaderError(CODE, 'has a parameter both for all recipients and for one');
    const header = readJweHeader(protectedHeader, { ...unprotected, ...own }); // [7516-3.2-1] [7516-7.2.1-5]
    const encryptedKey = decodePart(textMember(entry, 'encrypted_key') ?? '', 'encrypted key');
    return { header, parameters: header.parameters, encryptedKey };
  });
  /* v8 ignore next -- there is at least one entry */
  if (!first) throw malformedJweError('has no recipients');
  return [first, ...others];
}

/** Checks what recipients have in common, of those whose alg is known, and what they cannot share. */
function checkTogether(recipients: readonly ReadRecipient[], known: readonly ReadRecipient[]): void {
  // RFC 7516 §7.2.1 [7516-7.2.1-8] all read one content. Its zip is in the protected header, which they share.
  if (new Set(known.map(({ header }) => header.enc)).size > 1)
    throw malformedJweError('has recipients that differ in enc');
  const rows = known.map(({ header }) => keyManagementRowsNamed(header.alg)[0]);
  if (recipients.length > 1 && rows.some((row) => row && isDirect(row)))
    throw malformedJweError('has several recipients, and one of dir or ECDH-ES, whose key no other can have');
  if (rows.filter((row) => row?.method === 'PBES2').length > 1)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', 'the JWE has more than one recipient with a password');
}

function readSealed(
  { iv = '', ciphertext, tag = '', aad, protected: encoded = '' }: JweMessage,
  enc: ContentRow,
): Sealed {
  if (aad !== undefined) decodePart(aad, 'aad');
  return {
    enc,
    content: {
      iv: decodePart(iv, 'IV'),
      ciphertext: decodePart(ciphertext, 'ciphertext'),
      tag: decodePart(tag, 'tag'),
      aad: authenticated(encoded, aad), // [7516-5.2-14]
    },
  };
}

interface Opened {
  readonly octets: Uint8Array;
  readonly header: JweHeader;
  readonly key: Key;
  readonly outcomes: readonly RecipientOutcome[];
}

/** Tries the recipients in order until one is opened [7516-5.2-0b]. */
function openFirst(recipients: readonly ReadRecipient[], sealed: Sealed, keys: Key | DecryptionKeys): Opened {
  const failed: RecipientOutcome[] = [];
  const errors: JoseError[] = [];
  for (const recipient of recipients) {
    try {
      const { octets, key } = openRecipient(recipient, sealed, keys);
      const untried = recipients.slice(failed.length + 1).map(() => Object.freeze({ outcome: 'untried' as const }));
      const outcomes = [...failed, Object.freeze({ outcome: 'decrypted' as const, key }), ...untried];
      return { octets, header: recipient.header, key, outcomes: Object.freeze(outcomes) };
    } catch (error) {
      errors.push(asJoseError(error));
      failed.push(Object.freeze({ outcome: 'failed', error: asJoseError(error) }));
    }
  }
  const failure = errors.find(({ code }) => code === 'ERR_JWE_DECRYPTION_FAILED');
  throw failure ?? errors.find(({ code }) => !UNFIT.includes(code)) ?? errors[0];
}

/** The codes of recipients that are for other keys. */
const UNFIT: readonly JoseErrorCode[] = ['ERR_JOSE_ALG_NOT_ALLOWED', 'ERR_JWKS_NO_MATCHING_KEY'];

function openRecipient(
  { header, ...recipient }: ReadRecipient,
  sealed: Sealed,
  keys: Key | DecryptionKeys,
): { octets: Uint8Array; key: Key } {
  checkKeyManagement(header);
  const key = selectDecryptionKey(header, sealed.enc.name, keys);
  return { octets: openContent(sealed, key, recipient), key };
}

function malformedJweError(what: string): JoseError {
  return new JoseError(CODE, `the JWE ${what}`);
}
