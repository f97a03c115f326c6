// RFC 7518 §4.6, RFC 8037 §3.2: an ephemeral and a static key agree on a secret, and Concat KDF makes a key of it.
import { createHash, diffieHellman, type KeyObject } from 'node:crypto';
import { concat } from '../bytes.ts';
import { attempt } from '../errors.ts';
import { ownMembers } from '../json.ts';

/** Z, the shared secret; `undefined` for a public key of small order. Both keys must be on one curve. */
export function agreeOn(privateKey: KeyObject, publicKey: KeyObject): Uint8Array | undefined {
  return attempt(() => diffieHellman(ownMembers({ privateKey, publicKey })), undefined);
}

/**
 * Whether octets from elsewhere can be a Z: of exactly the length of a coordinate, and not all zero, as that of a
 * public key of small order is (RFC 7748 §6). Each octet is looked at, since the time must tell nothing of them.
 */
export function isSharedSecret(z: Uint8Array, length: number): boolean {
  return z.length === length && z.reduce((any, octet) => any | octet, 0) !== 0;
}

/** The values that the derived key is bound to. */
export interface KeyContext {
  /** The enc of a key that is used directly, the alg of one that wraps. */
  readonly algorithm: string;
  readonly apu: Uint8Array;
  readonly apv: Uint8Array;
}

/**
 * RFC 7518 §4.6.2 [7518-4.6.2-1], NIST SP 800-56A §5.8.1: Concat KDF with SHA-256. apu and apv enter it as they are
 * [7518-4.6.1.2-1] [7518-4.6.1.3-1]. @param length octets of the key
 */
export function concatKdf(z: Uint8Array, { algorithm, apu, apv }: KeyContext, length: number): Uint8Array {
  const info = infoOf([Buffer.from(algorithm, 'latin1'), apu, apv], length);
  const round = (number: number) => {
    info.writeUInt32BE(number);
    return createHash('sha256').update(info.subarray(0, 4)).update(z).update(info.subarray(4)).digest();
  };
  // A round makes 32 octets, and no key has over 64.
  return length > 32 ? concat([round(1), round(2)]).subarray(0, length) : round(1).subarray(0, length);
}

/** Room for the round's number, then OtherInfo: each value after its length, and the bits of the key. Numbers have 32 bits. */
function infoOf(values: readonly Uint8Array[], length: number): Buffer {
  const octets = Buffer.alloc(values.reduce((sum, value) => sum + 4 + value.length, 8));
  let at = 4;
  for (const value of values) {
    octets.set(value, octets.writeUInt32BE(value.length, at));
    at += 4 + value.length;
  }
  octets.writeUInt32BE(8 * length, at);
  return octets;
}
