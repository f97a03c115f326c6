// RFC 7518 §4.3, RFC 8017 §7.1: a content encryption key under RSAES-OAEP, its hash also that of MGF1 [7518-4.3-1].
import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { attempt } from '../errors.ts';
import { ownMembers } from '../json.ts';

export function encryptOaep(hash: string, publicKey: KeyObject, cek: Uint8Array): Uint8Array {
  return publicEncrypt(oaepOptions(hash, publicKey), cek);
}

/** The content encryption key, of whatever length; `undefined` when the octets were not encrypted for this key. */
export function decryptOaep(hash: string, privateKey: KeyObject, encryptedKey: Uint8Array): Uint8Array | undefined {
  if (!isAsLongAsModulus(encryptedKey, privateKey)) return undefined;
  return attempt(() => privateDecrypt(oaepOptions(hash, privateKey), encryptedKey), undefined);
}

/** RFC 8017 §7.1.2 step 1: as many octets as the modulus. node:crypto would take fewer. */
export function isAsLongAsModulus({ length }: Uint8Array, { asymmetricKeyDetails }: KeyObject): boolean {
  return length === Math.ceil(Number(asymmetricKeyDetails?.modulusLength) / 8);
}

function oaepOptions(oaepHash: string, key: KeyObject): { key: KeyObject; padding: number; oaepHash: string } {
  return ownMembers({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash });
}
