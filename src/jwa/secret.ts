// A secret of AES as octets or as a KeyObject. A Key's own KeyObject is used as it is, which spares its export.
import type { KeyObject } from 'node:crypto';
import { isOctets } from '../options.ts';

export type Secret = Uint8Array | KeyObject;

/** Octets of a secret. */
export function secretLength(secret: Secret): number {
  return isOctets(secret) ? secret.length : Number(secret.symmetricKeySize);
}
