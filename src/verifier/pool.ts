// Which signatures a verifier verifies in the thread pool of node:crypto, and how many at once.
import type { Key } from '../jwk/key.ts';
import { verifyWithKeyInPool } from '../jwk/signature-pool.ts';
import { afterThisTurn } from '../time.ts';

/** When to use the thread pool. */
export type PoolUse = 'auto' | 'always' | 'never';

/** The most signatures of a verifier in the pool. Those beyond wait nowhere: the calling thread verifies them. */
const MAX_IN_POOL = 256;

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
  readonly #use: PoolUse;
  #inPool = 0;
  #inThisTurn = 0;

  constructor(use: PoolUse) {
    this.#use = use;
  }

  /** Whether the next signature of this algorithm is to be verified in the pool. */
  takes(alg: string): boolean {
    // An HMAC takes less time than it takes to hand over.
    if (this.#use === 'never' || alg.startsWith('HS') || this.#inPool >= MAX_IN_POOL) return false;
    return this.#use === 'always' || paysInPool(alg, this.#countOthers());
  }

  /** Verifies in the pool. */
  readonly verify = async (key: Key, input: string, signature: string): Promise<boolean> => {
    this.#inPool++;
    try {
      return await verifyWithKeyInPool(key, input, signature);
    } finally {
      this.#inPool--;
    }
  };

  /** The signatures beside one that begins. Requests that arrived together are served in one turn of the event loop. */
  #countOthers(): number {
    if (this.#inThisTurn === 0)
      afterThisTurn(() => {
        this.#inThisTurn = 0;
      });
    return this.#inPool + this.#inThisTurn++;
  }
}
