// RFC 7516 §5.1 steps 1 to 6: a content encryption key for one recipient → its encrypted key, by its alg.
import { encodeBase64url } from '../base64url.ts';
import type { JsonObject } from '../json.ts';
import { GCM_IV_LENGTH } from '../jwa/aes-gcm.ts';
import { wrapGcm } from '../jwa/aes-gcm-kw.ts';
import { wrapAes } from '../jwa/aes-kw.ts';
import type { ContentRow } from '../jwa/content-encryption.ts';
import { agreeOn, concatKdf } from '../jwa/ecdh-es.ts';
import type { Entropy } from '../jwa/entropy.ts';
import { isDirect, type KeyManagementMethod } from '../jwa/key-management.ts';
import { passwordKey } from '../jwa/pbes2.ts';
import { encryptOaep } from '../jwa/rsa-oaep.ts';
import type { Secret } from '../jwa/secret.ts';
import type { EncryptionParts } from '../jwk/encryption-key.ts';

/** The content encryption key that was drawn, and for what. */
interface Drawn {
  readonly enc: ContentRow;
  readonly cek: Uint8Array;
  readonly entropy: Entropy;
}

/** A recipient, and the content encryption key for it. */
type Addressed = EncryptionParts & Drawn;

/** The outcome for one recipient. */
export interface MadeKey {
  /** The content encryption key: the given one, or that of a direct method. */
  readonly cek: Secret;
  /** Empty for a direct method [7516-5.1-5]. */
  readonly encryptedKey: Uint8Array;
  /** The parameters that the recipient needs beside alg and enc. */
  readonly parameters: JsonObject;
}

/** RFC 7516 §5.1 step 1 [7516-5.1-1]: by the method of the key's alg. */
export function makeEncryptedKey(recipient: EncryptionParts, { enc, cek, entropy }: Drawn): MadeKey {
  const { row, keyObject, iterations } = recipient;
  return MAKERS[row.method]({ row, keyObject, iterations, enc, cek, entropy });
}

const NONE: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

/** The parameters of a method that needs none. */
export const NO_PARAMETERS: JsonObject = /* @__PURE__ */ Object.freeze({});

/**
 * RFC 7516 §5.1 step 2 [7516-5.1-2]: a random key for the content; none for a direct method, whose recipient has its
 * own.
 */
export function drawKey(enc: ContentRow, recipients: readonly EncryptionParts[], entropy: Entropy): Uint8Array {
  return recipients.some(({ row }) => isDirect(row)) ? NONE : entropy.octets(enc.keyLength);
}

const MAKERS: Readonly<Record<KeyManagementMethod, (addressed: Addressed) => MadeKey>> = {
  dir: ({ keyObject }) => ({ cek: keyObject, encryptedKey: NONE, parameters: NO_PARAMETERS }), // step 6 [7516-5.1-6]
  'ECDH-ES': makeAgreed,
  'RSA-OAEP': ({ row, keyObject, cek }) => ({
    cek,
    encryptedKey: encryptOaep(String(row.hash), keyObject, cek),
    parameters: NO_PARAMETERS,
  }),
  'AES-KW': ({ keyObject, cek }) => ({ cek, encryptedKey: wrapAes(keyObject, cek), parameters: NO_PARAMETERS }),
  'AES-GCMKW': makeGcmWrapped,
  PBES2: makeByPassword,
};

/** RFC 7518 §4.7: a new IV for each wrapping. */
function makeGcmWrapped({ keyObject, cek, entropy }: Addressed): MadeKey {
  const { encryptedKey, iv, tag } = wrapGcm(keyObject, cek, entropy.octets(GCM_IV_LENGTH));
  return { cek, encryptedKey, parameters: { tag: encodeBase64url(tag), iv: encodeBase64url(iv) } };
}

/** RFC 7516 §5.1 step 3 [7516-5.1-3], RFC 7518 §4.6 [7518-4.6-1]: a new ephemeral key for each message and recipient. */
function makeAgreed({ row, keyObject, enc, cek, entropy }: Addressed): MadeKey {
  const ephemeral = entropy.ephemeralKey(row);
  const z = ephemeral && agreeOn(ephemeral.privateKey, keyObject);
  /* v8 ignore next 2 -- import refuses points of small order, and node has all curves */
  if (!z)
    throw new TypeError(`key must be one that can agree: its ${row.crv} is not supported by this runtime, or weak`);
  const isUsedDirectly = row.wrapLength === 0;
  const context = { algorithm: isUsedDirectly ? enc.name : row.name, apu: NONE, apv: NONE };
  const agreed = concatKdf(z, context, isUsedDirectly ? enc.keyLength : row.wrapLength);
  const { kty, crv, keyLength } = row;
  const [x, y] = [ephemeral.point.subarray(0, keyLength), ephemeral.point.subarray(keyLength)];
  // The least members that make the key [7518-4.6.1.1-2].
  const epk = { kty, crv, x: encodeBase64url(x), ...(kty === 'EC' && { y: encodeBase64url(y) }) };
  if (isUsedDirectly) return { cek: agreed, encryptedKey: NONE, parameters: { epk } };
  return { cek, encryptedKey: wrapAes(agreed, cek), parameters: { epk } };
}

const SALT_OCTETS = 16;

/** RFC 7518 §4.8.1.1 [7518-4.8.1.1-2]: a new salt for each message. */
function makeByPassword({ row, keyObject, iterations, cek, entropy }: Addressed): MadeKey {
  const salt = entropy.octets(SALT_OCTETS);
  const p2c = Number(iterations?.written);
  const kek = passwordKey(row, keyObject.export(), { salt, iterations: p2c });
  return { cek, encryptedKey: wrapAes(kek, cek), parameters: { p2s: encodeBase64url(salt), p2c } };
}
