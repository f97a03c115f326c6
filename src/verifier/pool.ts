// Which signatures a verifier verifies in the thread pool of node:crypto.
import type { SigningInput } from '../jwa/signatures.ts';
import type { Key } from '../jwk/key.ts';
import { verifyWithKeyInPool } from '../jwk/signature-pool.ts';
import { PoolShare, type PoolUse } from '../pool.ts';

/**
 * Whether it pays to verify a signature in the pool. An RSA signature of the usual lengths takes about as long as it takes to
 * hand over: alone it is verified sooner on the calling thread, beside others the pool is ahead. All others take several
 * times as long, for which the calling thread would serve nobody.
 *
 * @param alg any but HMAC
 * @param others signatures that are in the pool, or that were begun in this turn of the event loop
 */
export function paysInPool(alg: string, others: number): boolean {
  return others > 0 || !/^[RP]S/.test(alg);
}

/** One verifier's share of the thread pool. */
export class SignaturePool {
  readonly #share: PoolShare;

  constructor(use: PoolUse) {
    this.#share = new PoolShare(use, (alg, countOthers) => paysInPool(alg, countOthers()));
  }

  /** Whether the next signature of this algorithm is to be verified in the pool. */
  takes(alg: string): boolean {
    return this.#share.takes(alg);
  }

  /** Verifies in the pool. */
  readonly verify = (key: Key, input: SigningInput, signature: string): Promise<boolean> =>
    this.#share.run(() => verifyWithKeyInPool(key, input, signature));
}
