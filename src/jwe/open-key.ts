// RFC 7516 §5.2 steps 6 to 12: the encrypted key of one recipient → the content encryption key, by its alg.
import type { KeyObject } from 'node:crypto';
import { attempt, JoseError } from '../errors.ts';
import { malformedHeaderError, parameter } from '../header.ts';
import { isJsonObject, type JsonObject, ownMembers } from '../json.ts';
import { unwrapGcm } from '../jwa/aes-gcm-kw.ts';
import { unwrapAes } from '../jwa/aes-kw.ts';
import type { ContentRow } from '../jwa/content-encryption.ts';
import { agreeOn, concatKdf } from '../jwa/ecdh-es.ts';
import { isDirect, type KeyManagementMethod, type KeyManagementRow } from '../jwa/key-management.ts';
import { passwordKey, SALT_LENGTH } from '../jwa/pbes2.ts';
import { decryptOaep } from '../jwa/rsa-oaep.ts';
import type { Secret } from '../jwa/secret.ts';
import { checkEncryptionKey, type EncryptionParts } from '../jwk/encryption-key.ts';
import { hasPrivateMembers, type Jwk, publicMembers } from '../jwk/jwk.ts';
import type { Key } from '../jwk/key.ts';
import { MIN_ITERATIONS } from '../jwk/password.ts';
import { publicKeyOfMembers } from '../jwk/public.ts';
import { CODE, octetsParameter, optionalOctets } from './header.ts';

/** An encrypted key, and all that opens it. */
interface LockedKey extends EncryptionParts {
  readonly parameters: JsonObject;
  readonly enc: ContentRow;
  readonly encryptedKey: Uint8Array;
}

/**
 * The content encryption key, which may have any length; `undefined` when the encrypted key is not for this Key. Which
 * of its checks failed is never said [7516-11.5-1].
 *
 * @throws JoseError ERR_JWE_INVALID for parameters that anyone can see to be wrong, ERR_JOSE_LIMIT_EXCEEDED
 */
export function openEncryptedKey(
  key: Key,
  { parameters, enc, encryptedKey }: Pick<LockedKey, 'parameters' | 'enc' | 'encryptedKey'>,
): Secret | undefined {
  const { row, keyObject, iterations } = checkEncryptionKey(key, 'decrypt');
  return OPENERS[row.method]({ row, keyObject, iterations, parameters, enc, encryptedKey }); // step 6
}

/** Each method of key management. */
const OPENERS: Readonly<Record<KeyManagementMethod, (locked: LockedKey) => Secret | undefined>> = {
  dir: openDirect,
  'ECDH-ES': openAgreed,
  'RSA-OAEP': ({ row, keyObject, encryptedKey }) => decryptOaep(String(row.hash), keyObject, encryptedKey), // step 9
  'AES-KW': ({ keyObject, encryptedKey, enc }) => unwrapAes(keyObject, encryptedKey, enc.keyLength),
  'AES-GCMKW': openGcmWrapped,
  PBES2: openByPassword,
};

/** Steps 10 and 12: the shared key is the content encryption key. */
function openDirect(locked: LockedKey): Secret {
  checkNoEncryptedKey(locked);
  return locked.keyObject;
}

/** RFC 7516 §5.2 step 10 [7516-5.2-10], RFC 7518 §4.5 [7518-4.5-1], §4.6 [7518-4.6-3] */
function checkNoEncryptedKey({ encryptedKey, row }: Pick<LockedKey, 'row' | 'encryptedKey'>): void {
  if (encryptedKey.length > 0) throw new JoseError(CODE, `the token has an encrypted key, and its alg is ${row.name}`);
}

/** RFC 7518 §4.7 [7518-4.7.1.1-1] [7518-4.7.1.2-1] */
function openGcmWrapped({ keyObject, parameters, encryptedKey }: LockedKey): Uint8Array | undefined {
  const [iv, tag] = [octetsParameter(parameters, 'iv'), octetsParameter(parameters, 'tag')];
  return unwrapGcm(keyObject, { encryptedKey, iv, tag });
}

/** Steps 8, 10 and 11. */
function openAgreed(locked: LockedKey): Uint8Array | undefined {
  const agreement = readAgreement(locked);
  const z = agreement.publicKey && agreeOn(locked.keyObject, agreement.publicKey);
  return z && openWithSecret(locked, agreement, z);
}

/** The parameters of a message for an agreement on a key. */
export interface Agreement {
  /** The ephemeral key by the members that make it. */
  readonly epk: Jwk;
  /**
   * `undefined` when it is no point of the curve, or all zeros. Other points of small order pass: they agree with every key
   * on zeros, which agreeOn and isSharedSecret refuse.
   */
  readonly publicKey: KeyObject | undefined;
  readonly apu: Uint8Array;
  readonly apv: Uint8Array;
}

/** An encrypted key, without the key that opens it. */
export type SealedKey = Pick<LockedKey, 'row' | 'parameters' | 'enc' | 'encryptedKey'>;

/** @throws JoseError ERR_JWE_INVALID for parameters that anyone can see to be wrong, ERR_JOSE_LIMIT_EXCEEDED */
export function readAgreement(sealed: SealedKey): Agreement {
  const { row, parameters } = sealed;
  if (isDirect(row)) checkNoEncryptedKey(sealed);
  const [apu, apv] = [partyInfo(parameters, 'apu'), partyInfo(parameters, 'apv')];
  const epk = readEphemeralKey(parameter(parameters, 'epk'), row);
  return { epk, publicKey: attempt(() => publicKeyOfMembers(epk, row), undefined), apu, apv };
}

/** The key that a shared secret Z comes to, which is that of the content or unwraps it. */
export function openWithSecret(
  { row, enc, encryptedKey }: SealedKey,
  { apu, apv }: Agreement,
  z: Uint8Array,
): Uint8Array | undefined {
  if (isDirect(row)) return concatKdf(z, { algorithm: enc.name, apu, apv }, enc.keyLength);
  const agreed = concatKdf(z, { algorithm: row.name, apu, apv }, row.wrapLength); // [7518-4.6-2]
  return unwrapAes(agreed, encryptedKey, enc.keyLength);
}

/** The most octets of apu and of apv. */
const MAX_PARTY_INFO = 1024;

/** RFC 7518 §4.6.1.2, §4.6.1.3: who takes part, empty when absent [7518-4.6.1.2-1] [7518-4.6.1.3-1]. */
function partyInfo(parameters: JsonObject, name: 'apu' | 'apv'): Uint8Array {
  const octets = optionalOctets(parameters, name) ?? new Uint8Array(0);
  if (octets.length > MAX_PARTY_INFO)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the ${name} of the token is over ${MAX_PARTY_INFO} octets`);
  return octets;
}

/** RFC 7518 §4.6.1.1 [7518-4.6.1.1-1]: a public key on the curve of ours, its coordinates of the right length. */
function readEphemeralKey(epk: unknown, row: KeyManagementRow): Jwk {
  const malformed = () => malformedHeaderError(CODE, `has no epk that is a public key on ${row.crv}`);
  if (!isJsonObject(epk) || hasPrivateMembers(epk)) throw malformed();
  const [kty, crv, x, y] = ['kty', 'crv', 'x', 'y'].map((name) => parameter(epk, name));
  if (kty !== row.kty || crv !== row.crv) throw malformed();
  const members = attempt(() => publicMembers(ownMembers({ kty: row.kty, crv: String(crv), x, y }), row), undefined);
  if (!members) throw malformed();
  return members;
}

/** RFC 7518 §4.8 [7518-4.8.1.1-1] [7518-4.8.1.2-1]: both parameters are bounded before any work. */
function openByPassword({
  row,
  keyObject,
  iterations,
  parameters,
  enc,
  encryptedKey,
}: LockedKey): Uint8Array | undefined {
  const salt = octetsParameter(parameters, 'p2s');
  const p2c = parameter(parameters, 'p2c');
  if (salt.length < SALT_LENGTH.least || typeof p2c !== 'number' || !Number.isSafeInteger(p2c) || p2c < MIN_ITERATIONS)
    throw malformedHeaderError(CODE, 'has a p2s under 8 octets or a p2c that is no whole number of at least 1000');
  if (salt.length > SALT_LENGTH.most || p2c > Number(iterations?.most))
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', 'the p2c or p2s of the token is over the limit of the password');
  return unwrapAes(passwordKey(row, keyObject.export(), { salt, iterations: p2c }), encryptedKey, enc.keyLength);
}
