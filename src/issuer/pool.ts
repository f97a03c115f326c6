// Which signatures an issuer makes in the thread pool of node:crypto.
import { makeSignatureInPool } from '../jwa/pooled-signing.ts';
import type { SigningInput } from '../jwa/signatures.ts';
import type { Key } from '../jwk/key.ts';
import { readyKeyOf } from '../jwk/signature-key.ts';
import { PoolShare, type PoolUse } from '../pool.ts';

/**
 * Whether it pays to make a signature in the pool. ECDSA on P-256 and Ed25519 sign about as fast as they could be handed over.
 * RSA, the larger curves and ML-DSA take several times as long: one by itself is made sooner on the calling thread, beside others
 * the pool is ahead, and the event loop goes on.
 */
export function paysToSignInPool(alg: string, countOthers: () => number): boolean {
  return alg !== 'ES256' && alg !== 'EdDSA' && alg !== 'Ed25519' && countOthers() > 0;
}

/** One issuer's share of the thread pool. */
export class SigningPool {
  readonly #share: PoolShare;

  constructor(use: PoolUse) {
    this.#share = new PoolShare(use, paysToSignInPool);
  }

  /** Whether the next signature of this algorithm is to be made in the pool. */
  takes(alg: string): boolean {
    return this.#share.takes(alg);
  }

  /** Signs in the pool. */
  readonly sign = (key: Key, input: SigningInput): Promise<string> =>
    this.#share.run(() => makeSignatureInPool(readyKeyOf(key), input));
}
