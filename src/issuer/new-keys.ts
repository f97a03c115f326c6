// Creates the keys that a ring needs before a write, and keeps them for the next attempt if the write loses a race.
import { JoseError } from '../errors.ts';
import { generateKey } from '../jwk/generate.ts';
import { type NewKey, withKey } from '../ring/changes.ts';
import type { RingAlgorithm } from '../ring/ring.ts';
import { maintenancePlan, type Ring } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';
import { withTimeout } from '../time.ts';
import { type Custody, newKeyFrom } from './custody.ts';
import type { IssuerOptions } from './options.ts';

/** In seconds: the longest that creating and sealing a key may take. */
const KEY_TIMEOUT = 30;

/** The ring needs a new key of this algorithm first. */
export interface MissingKey {
  readonly missing: RingAlgorithm;
}

export function isMissingKey(ring: Ring | MissingKey): ring is MissingKey {
  return Object.hasOwn(ring, 'missing');
}

export class NewKeys {
  readonly #generate: NonNullable<IssuerOptions['generate']>;
  readonly #custody: Custody;
  readonly #keys: NewKey[] = [];

  constructor({ generate = generateKey }: IssuerOptions, custody: Custody) {
    this.#generate = generate;
    this.#custody = custody;
  }

  /** Adds the created keys that the ring needs. Returns the algorithm of a missing key if there are too few. */
  withMissingKeys(ring: Ring, context: ChangeContext): Ring | MissingKey {
    // A key may be in the ring already: its write succeeded, but the store's answer was lost.
    const unused = this.#keys.filter(({ kid }) => !ring.keys.some((key) => key.kid === kid));
    let next = ring;
    for (;;) {
      const [alg] = maintenancePlan(next, context.policy, context.now).create;
      if (alg === undefined) return next;
      const key = unused.find((candidate) => candidate.alg === alg);
      if (!key) return { missing: alg };
      unused.splice(unused.indexOf(key), 1);
      next = withKey(next, key, context);
    }
  }

  /**
   * Creates a key that differs from all keys of the ring.
   * @throws TypeError for a wrong result of `generate`, JoseError ERR_RING_UNAVAILABLE when it takes too long
   */
  async create(alg: RingAlgorithm, { keys }: Ring): Promise<void> {
    const lateError = () =>
      new JoseError('ERR_RING_UNAVAILABLE', `creating a key took longer than ${KEY_TIMEOUT} s`, {
        retryAfter: KEY_TIMEOUT,
      });
    const key = await withTimeout(KEY_TIMEOUT, this.#generateKey(alg), lateError);
    if ([...keys, ...this.#keys].some(({ kid }) => kid === key.kid))
      throw new TypeError('options.generate must return another key each time');
    this.#keys.push(key);
  }

  async #generateKey(alg: RingAlgorithm): Promise<NewKey> {
    const key = await newKeyFrom(await this.#generate(alg), this.#custody, 'the result of options.generate');
    if (key.alg !== alg) throw new TypeError(`options.generate must return a key for ${alg} when called with it`);
    return key;
  }
}
