// What a ring signs with.
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';

/** An algorithm with a public key: a secret cannot be published. */
export type RingAlgorithm = Exclude<SignatureAlgorithm, 'HS256' | 'HS384' | 'HS512'>;

export function isRingAlgorithm(alg: unknown): alg is RingAlgorithm {
  return isSignatureAlgorithm(alg) && !alg.startsWith('HS');
}
