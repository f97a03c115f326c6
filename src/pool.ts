// A bounded share of the thread pool of node:crypto, for one object that verifies or signs.
import { channel } from 'node:diagnostics_channel';
import { announce } from './events.ts';
import type { Rule } from './options.ts';
import { afterThisTurn } from './time.ts';

/** When to use the thread pool. */
export type PoolUse = 'auto' | 'always' | 'never';

export const aPoolUse: Rule = [
  (value) => value === 'auto' || value === 'always' || value === 'never',
  "'auto', 'always' or 'never'",
];

/** The most operations of one object in the pool. Those beyond wait nowhere: the calling thread does them. */
const MAX_IN_POOL = 256;

/** Published when an object has as many operations in the pool as it may, once until half of them have ended. */
export interface PoolEvent {
  readonly type: 'pool-full';
  readonly inPool: number;
}

/** The name of the node:diagnostics_channel. */
const POOL_CHANNEL = 'barejose:pool';

/** Whether 'auto' uses the pool for an algorithm, beside as many others as the function counts. */
export type PoolRule = (alg: string, countOthers: () => number) => boolean;

export class PoolShare {
  readonly #use: PoolUse;
  readonly #pays: PoolRule;
  #inPool = 0;
  #inThisTurn = 0;
  #wasFull = false;

  constructor(use: PoolUse, pays: PoolRule) {
    this.#use = use;
    this.#pays = pays;
  }

  /** Whether the next operation is to be done in the pool. An HMAC takes less time than it takes to hand over. */
  takes(alg: string): boolean {
    if (this.#use === 'never' || alg.startsWith('HS') || this.#isFull()) return false;
    return this.#use === 'always' || this.#pays(alg, this.#countOthers);
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    this.#inPool++;
    try {
      return await task();
    } finally {
      this.#inPool--;
      if (this.#inPool <= MAX_IN_POOL / 2) this.#wasFull = false;
    }
  }

  /** The operations in the pool, and those begun before in this turn: requests that arrived together are served in one. */
  readonly #countOthers = (): number => {
    if (this.#inThisTurn === 0)
      afterThisTurn(() => {
        this.#inThisTurn = 0;
      });
    return this.#inPool + this.#inThisTurn++;
  };

  #isFull(): boolean {
    if (this.#inPool < MAX_IN_POOL) return false;
    if (!this.#wasFull) {
      this.#wasFull = true;
      announce<PoolEvent>(channel(POOL_CHANNEL), undefined, () => ({ type: 'pool-full', inPool: this.#inPool }));
    }
    return true;
  }
}
