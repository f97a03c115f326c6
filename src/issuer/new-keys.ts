// Keys for a ring that lacks some: made before anything is written, and at hand for the next attempt when a race was lost.
import { JoseError } from '../errors.ts';
import { generateKey } from '../jwk/generate.ts';
import { type NewKey, withKey } from '../ring/changes.ts';
import type { RingAlgorithm } from '../ring/ring.ts';
import { plan, type Ring } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';
import { within } from '../time.ts';
import { type Custody, newKeyFrom } from './custody.ts';
import type { IssuerOptions } from './options.ts';

/** So many seconds may it take to make a key and to seal it. */
const STORE_TIMEOUT = 30;

/** That a key has to be made first. */
export interface MissingKey {
  readonly lacking: RingAlgorithm;
}

export function isLacking(ring: Ring | MissingKey): ring is MissingKey {
  return Object.hasOwn(ring, 'lacking');
}

export class NewKeys {
  readonly #generate: NonNullable<IssuerOptions['generate']>;
  readonly #custody: Custody;
  readonly #keys: NewKey[] = [];

  constructor({ generate = generateKey }: IssuerOptions, custody: Custody) {
    this.#generate = generate;
    this.#custody = custody;
  }

  /** The ring with the keys that it lacks, if there are enough. */
  completed(ring: Ring, making: ChangeContext): Ring | MissingKey {
    // One may be in the ring already: it was written, and the answer lost.
    const unused = this.#keys.filter(({ kid }) => !ring.keys.some((key) => key.kid === kid));
    let next = ring;
    for (;;) {
      const [alg] = plan(next, making.policy, making.now).create;
      if (alg === undefined) return next;
      const key = unused.find((spare) => spare.alg === alg);
      if (!key) return { lacking: alg };
      unused.splice(unused.indexOf(key), 1);
      next = withKey(next, key, making);
    }
  }

  /**
   * One key more, which is none of those that there are.
   * @throws TypeError for what `generate` made, JoseError ERR_RING_UNAVAILABLE when it took too long
   */
  async make(alg: RingAlgorithm, { keys }: Ring): Promise<void> {
    const late = () =>
      new JoseError('ERR_RING_UNAVAILABLE', 'a key was not made in time', { retryAfter: STORE_TIMEOUT });
    const key = await within(STORE_TIMEOUT, this.#made(alg), late);
    if ([...keys, ...this.#keys].some(({ kid }) => kid === key.kid))
      throw new TypeError('options.generate must make another key each time');
    this.#keys.push(key);
  }

  async #made(alg: RingAlgorithm): Promise<NewKey> {
    const key = await newKeyFrom(await this.#generate(alg), this.#custody, 'the result of options.generate');
    if (key.alg !== alg) throw new TypeError(`options.generate must make a key for ${alg} when asked for one`);
    return key;
  }
}
