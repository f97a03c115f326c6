// Encrypts the private parts of a ring for the store, authenticated and bound to ring and kid: with write access to the
// store alone, an attacker can neither read one nor put one in the place of another.
import { decodeBase64url, decodeUnpooled, encodeBase64url } from '../base64url.ts';
import { copyOctets, encodeUtf8, equalBytes, readUtf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { decryptGcm, encryptGcm, GCM_KEY_LENGTH, type GcmKey, gcmKey } from '../jwa/aes-gcm.ts';
import { checkArgumentCount, isOctets, isString } from '../options.ts';

/** The ring and kid that a sealed text is bound to. */
export interface SealContext {
  readonly ring: string;
  readonly kid: string;
}

/** The functions that an issuer calls before it stores a private part, and after it has loaded one. */
export interface Seal {
  seal(text: string, context: SealContext): string | Promise<string>;
  /** @throws JoseError ERR_RING_INVALID for a text that this seal did not make, or made for another ring or kid */
  unseal(sealed: string, context: SealContext): string | Promise<string>;
}

/**
 * 32 octets, or their text: base64 as `openssl rand -base64 32` prints it, base64url, or hexadecimal. White space
 * around the text, such as the line break at the end of a file, is ignored.
 */
export type SealingKey = Uint8Array | string;

const SEAL_FORMAT = 'A256GCM';
const KEY_LABEL = 'barejose seal key 1';

/**
 * Creates a seal of AES-256-GCM. The first key seals and all keys unseal. To replace a key, put the new one first, and
 * remove the old one when all private parts are sealed with the new one.
 *
 * The form of a sealed text is `A256GCM.<key id>.<iv>.<ciphertext>.<tag>`, each part in base64url.
 * @throws TypeError naming `keys`
 */
export function createSeal(keys: SealingKey | readonly SealingKey[]): Seal {
  checkArgumentCount(arguments.length, createSeal);
  const ready = (Array.isArray(keys) ? [...keys] : [keys]).map((key) => gcmKey(sealingKeyOctets(key), KEY_LABEL));
  const [first] = ready;
  if (first === undefined) throw new TypeError('keys must not be empty');
  return Object.freeze({
    seal: (text: string, context: SealContext) => sealWith(first, text, context),
    unseal: (sealed: string, context: SealContext) => unsealWith(ready, sealed, context),
  });
}

const KEY_FORMS =
  'each of keys must be 32 octets, or the text of 32 octets in base64, base64url (43 characters, or 44 with =) ' +
  'or hex (64); ' +
  '`openssl rand -base64 32` makes one';

/** Octets of another length than a key's are its text, as `readFileSync` returns a file without an encoding. */
function sealingKeyOctets(key: unknown): Uint8Array {
  const given = isOctets(key) ? copyOctets(key) : key;
  const text = isOctets(given) && given.length !== GCM_KEY_LENGTH ? readUtf8(given) : given;
  const octets = isString(text) ? decodeSealingKey(text.trim()) : text;
  if (isOctets(octets) && octets.length === GCM_KEY_LENGTH) return octets;
  throw new TypeError(KEY_FORMS);
}

const BASE64_KEY = /^(?:[\w-]{43}|[A-Za-z\d+/]{43})=?$/;

/** The length decides: 43 or 44 characters are base64 or base64url, and 64 are hexadecimal. */
function decodeSealingKey(text: string): Uint8Array | undefined {
  if (BASE64_KEY.test(text)) return decodeUnpooled(text.slice(0, 43).replaceAll('+', '-').replaceAll('/', '_'));
  if (!/^[0-9a-f]{64}$/i.test(text)) return undefined;
  // Buffer.from would leave the key in the memory that small Buffers share.
  return Uint8Array.from({ length: GCM_KEY_LENGTH }, (_, i) => Number(`0x${text.slice(2 * i, 2 * i + 2)}`));
}

function sealWith(key: GcmKey, text: string, context: SealContext): string {
  if (!isString(text)) throw new TypeError('text must be a string');
  const { iv, ciphertext, tag } = encryptGcm(key, encodeUtf8(text), additionalDataOf(context));
  return [SEAL_FORMAT, ...[key.id, iv, ciphertext, tag].map(encodeBase64url)].join('.');
}

function unsealWith(keys: readonly GcmKey[], sealed: unknown, context: SealContext): string {
  const additionalData = additionalDataOf(context);
  const [id, iv, ciphertext, tag] = readSealedText(sealed);
  const key = keys.find((each) => equalBytes(each.id, id));
  if (!key) throw unsealError('is sealed with a key that createSeal was not given');
  const plaintext = decryptGcm(key, { iv, ciphertext, tag }, additionalData);
  const text = plaintext && readUtf8(plaintext);
  if (text === undefined) throw unsealError('was changed, or belongs to another ring or kid');
  return text;
}

type SealedParts = readonly [id: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array];

/** Accepts canonical base64url only, so that a sealed text has one spelling. */
function readSealedText(sealed: unknown): SealedParts {
  const [form, ...parts] = isString(sealed) ? sealed.split('.', 6) : [];
  const [id, iv, ciphertext, tag] = parts.map(decodeBase64url);
  if (form !== SEAL_FORMAT || parts.length !== 4 || !id || !iv || !ciphertext || !tag)
    throw unsealError('is not a sealed text: was it saved without a seal?');
  return [id, iv, ciphertext, tag];
}

/** The additional authenticated data: a JSON array, which is different for each pair of strings. */
function additionalDataOf({ ring, kid }: SealContext): Uint8Array {
  if (!isString(ring) || !isString(kid)) throw new TypeError('context.ring and context.kid must be strings');
  return encodeUtf8(JSON.stringify([SEAL_FORMAT, ring, kid]));
}

/** The message holds nothing of the sealed text. */
function unsealError(what: string): JoseError {
  return new JoseError('ERR_RING_INVALID', `a private part of the ring ${what}`);
}
