// What a ring signs with.
import { isSignatureAlgorithm, type SignatureAlgorithm } from '../jwa/signatures.ts';
import type { Rule } from '../options.ts';

/** An algorithm with a public key: a secret cannot be published. */
export type RingAlgorithm = Exclude<SignatureAlgorithm, 'HS256' | 'HS384' | 'HS512'>;

export function isRingAlgorithm(alg: unknown): alg is RingAlgorithm {
  return isSignatureAlgorithm(alg) && !alg.startsWith('HS');
}

export const aRingAlgorithm: Rule = [
  isRingAlgorithm,
  "a signature algorithm with a public key such as 'ES256'",
  'algorithm',
];
