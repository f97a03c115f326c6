// RFC 7518 §4.6, RFC 8037 §3.2: an ephemeral and a static key agree on a secret, and Concat KDF makes a key of it.
import { createHash, diffieHellman, type KeyObject } from 'node:crypto';
import { concat, encodeUtf8 } from '../bytes.ts';
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
  const otherInfo = concat([
    ...withLength(encodeUtf8(algorithm)),
    ...withLength(apu),
    ...withLength(apv),
    uint32(8 * length),
  ]);
  const rounds = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256')
      .update(uint32(i + 1))
      .update(z)
      .update(otherInfo)
      .digest(),
  );
  return concat(rounds).subarray(0, length);
}

function withLength(octets: Uint8Array): readonly Uint8Array[] {
  return [uint32(octets.length), octets];
}

function uint32(value: number): Uint8Array {
  const octets = new DataView(new ArrayBuffer(4));
  octets.setUint32(0, value);
  return new Uint8Array(octets.buffer);
}
