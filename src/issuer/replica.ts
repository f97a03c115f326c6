// The ring as one process knows it: how old that knowledge is, when to read again, and how a change is written against others
// who change it too.
import { attempt, JoseError } from '../errors.ts';
import { generateKey } from '../jwk/generate.ts';
import { instant, type NumericDate } from '../time.ts';
import type { RingAlgorithm } from './algorithm.ts';
import { begunWith, type Making, type NewKey, newRing, serving, tended, withKey } from './changes.ts';
import { type Custody, takeIn } from './custody.ts';
import { Doubts } from './doubts.ts';
import { type RingTeller, ringTeller, tellChange } from './events.ts';
import type { IssuerSettings } from './options.ts';
import { policyFaults, type RingPolicy, readRingPolicy } from './policy.ts';
import { type Present, presentOf } from './present.ts';
import { checkProgress, parseRecords, readRecords, type Version, writeRecords } from './records.ts';
import { plan, type Ring } from './ring.ts';

/** What is known is read again, in the background, when it is so old; and sooner where the policy wants to know sooner. */
const READ_AFTER = 30;
/** So many races may be lost for one change. Somebody wins each of them, so this is not reached but by a broken store. */
const MAX_LOST = 100;
/** After so many seconds trying again makes sense. */
const RETRY_AFTER = 5;

/** A change to a ring. Made again when a race was lost, hence no change where it was made already. */
export type Change = (ring: Ring, making: Making) => Ring;

export class Replica {
  readonly #settings: IssuerSettings;
  readonly #tell: RingTeller;
  #policy: RingPolicy | undefined;
  #present: Present | undefined;
  /** When the reading of what is known began. */
  #readAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** When a reading in the background was begun last. */
  #triedAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** The latest instant that the clock has told. */
  #latest: NumericDate = Number.NEGATIVE_INFINITY;
  /** One change after the other; racing against oneself gains nothing. */
  #last: Promise<unknown> = Promise.resolve();
  #reading: Promise<void> | undefined;
  #first: Promise<readonly NewKey[]> | undefined;
  /** Writes of which is not known that they ended in time. */
  readonly #doubts: Doubts = new Doubts();
  readonly custody: Custody;

  constructor(settings: IssuerSettings) {
    const { issuer, policy, seal, signerFor, onEvent } = settings;
    this.#settings = settings;
    this.#policy = policy && readRingPolicy(policy, 'options.policy');
    this.#tell = ringTeller(issuer, onEvent);
    this.custody = { ring: issuer, seal, signerFor, brought: new Map() };
  }

  get name(): string {
    return this.#settings.issuer;
  }

  get policy(): RingPolicy {
    if (!this.#policy) throw new TypeError('options.policy must be given for a new ring');
    return this.#policy;
  }

  async open(): Promise<void> {
    await this.#firstKeys();
    await this.write((ring) => ring);
  }

  /** What holds now, unless it is too old to go by. Reads again in the background when it is no longer new. */
  present(): Present | undefined {
    const now = this.now();
    const age = now - this.#readAt;
    const known = age < this.policy.syncLag / 2 ? this.#present : undefined;
    const isDue = known !== undefined && (now >= known.until || now < known.from) && this.#renew(known, now);
    if (isDue || age >= this.#readAfter()) this.#readBehind(now);
    return known && this.#present;
  }

  /** What holds now, read anew. What was read and could not be tended may be used all the same. */
  async renewed(): Promise<Present> {
    this.#reading ??= this.#read();
    const failure = await this.#reading.then(tooSlow, (error: unknown) => error);
    const present = this.present();
    if (!present) throw failure;
    return present;
  }

  /** What holds now, read anew only if it must be. */
  async whole(): Promise<Present> {
    return this.present() ?? this.renewed();
  }

  /**
   * Makes a change, and whatever else there is to do, in one write; if someone else wrote meanwhile, on top of theirs.
   * @throws JoseError what the change throws; ERR_RING_UNAVAILABLE, then nobody knows whether it was written
   */
  write(change: Change): Promise<Ring> {
    const written = this.#last.then(() => this.#write(change));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#settings.store.close?.();
  }

  /** The clock. If it was set back, as much time has passed since the last reading as had passed before. */
  now(): NumericDate {
    const { clock } = this.#settings;
    const now = clock ? clock() : instant(undefined);
    if (!Number.isFinite(now)) throw new TypeError('options.clock must return a number of seconds');
    if (now < this.#latest) {
      this.#readAt -= this.#latest - now;
      this.#triedAt -= this.#latest - now;
    }
    this.#latest = now;
    return now;
  }

  #readAfter(): number {
    return Math.min(READ_AFTER, this.policy.syncLag / 4);
  }

  /** What holds at another instant, and whether there is something to do about it. */
  #renew({ version }: Present, now: NumericDate): boolean {
    this.#present = presentOf(version, now, this.#present);
    const { create, erase, delay } = plan(version.ring, this.policy, now);
    return create.length + erase.length + delay.length > 0;
  }

  #readBehind(now: NumericDate): void {
    if (this.#reading || now - this.#triedAt < this.#readAfter()) return;
    this.#triedAt = now;
    this.#reading = this.#read();
    this.#reading.catch((error: unknown) => this.#tellFailure(error, now));
  }

  #tellFailure(error: unknown, at: NumericDate): void {
    const { code, message } = error instanceof JoseError ? error : { code: undefined, message: 'an option failed' };
    this.#tell({ type: 'refresh-failed', at, reason: message, ...(code && { code }) });
  }

  async #read(): Promise<void> {
    try {
      await this.write((ring) => ring);
    } finally {
      this.#reading = undefined;
    }
  }

  async #write(change: Change): Promise<Ring> {
    const spares: NewKey[] = [];
    for (let lost = 0; lost < MAX_LOST; ) {
      const old = await this.#load(this.now());
      // After the reading, which may have taken its time: a clock that is behind takes a key promoted meanwhile for pending.
      const now = this.now();
      const making = { policy: this.policy, now };
      const found = this.#serving(this.#doubts.madeGood(old, making), making);
      const next = completed(change(found, making), making, spares);
      if (isLacking(next)) spares.push(await this.#generate(next.lacking));
      else if (next === old.ring || (await this.#saved(old, next, making))) return next;
      else lost++;
    }
    throw new JoseError('ERR_RING_CONFLICT', 'the key ring was changed by others again and again');
  }

  /** Whether the ring was saved, and soon enough to leave nothing to be made good. */
  async #saved(old: Version, next: Ring, { policy, now }: Making): Promise<boolean> {
    const version = { ring: next, version: old.version + 1 };
    this.#doubts.begun({ before: old.ring, after: next, made: now, version: version.version });
    if (!(await this.#save(version, now))) return false;
    tellChange(this.#tell, { old: old.version > 0 ? old.ring : undefined, next, at: now });
    // What was in doubt before was made good with it.
    this.#doubts.settled(old.version);
    return this.#doubts.madeGood(version, { policy, now: this.now() }) === next;
  }

  /** What the store has. From a new ring nothing follows until it is saved. */
  async #load(now: NumericDate): Promise<Version> {
    const { store, issuer } = this.#settings;
    const stored = await reach('read', () => store.load());
    const found = readRecords(stored, issuer);
    checkProgress(this.#present?.version.version ?? 0, found?.version ?? 0);
    if (!found) return { ring: await this.#begun({ policy: this.policy, now }), version: 0 };
    this.#policy ??= policyOf(found.ring);
    this.#take(presentOf(found, now, this.#present), now);
    return found;
  }

  async #save(next: Version, now: NumericDate): Promise<boolean> {
    const { store } = this.#settings;
    const records = writeRecords(next);
    const present = attempt(() => this.#readBack(records, next, now), undefined);
    if (!present) throw new JoseError('ERR_RING_CONFLICT', 'the change would make the key ring too large to be used');
    const saved = await reach('written', () => store.save(records, next.version - 1));
    if (saved === true) this.#take(present, now);
    return saved === true;
  }

  /** What cannot be read or published is not written: nobody could write anything after it. */
  #readBack(records: string, { version }: Version, now: NumericDate): Present {
    return presentOf(parseRecords({ records, version }, this.name), now, this.#present);
  }

  #take(present: Present, now: NumericDate): void {
    this.#readAt = now;
    this.#present = present;
  }

  /** The algorithms that the caller wants and the ring lacks come beside the others. */
  #serving(ring: Ring, making: Making): Ring {
    const { algorithms = [] } = this.#settings;
    return algorithms.reduce((it, alg) => serving(it, alg, making), ring);
  }

  async #begun(making: Making): Promise<Ring> {
    const keys = await this.#firstKeys();
    const { algorithms = keys.length > 0 ? [...new Set(keys.map(({ alg }) => alg))] : ['ES256' as const] } =
      this.#settings;
    const stranger = keys.find(({ alg }) => !algorithms.includes(alg));
    if (stranger) throw new TypeError(`options.algorithms must have ${stranger.alg}, which options.firstKeys has`);
    return keys.reduce((ring, key) => begunWith(ring, key, making), newRing(this.name, algorithms, making));
  }

  #firstKeys(): Promise<readonly NewKey[]> {
    const { firstKeys = [] } = this.#settings;
    this.#first ??= Promise.all(firstKeys.map((key, i) => takeIn(key, this.custody, `options.firstKeys[${i}]`)));
    return this.#first;
  }

  async #generate(alg: RingAlgorithm): Promise<NewKey> {
    const { generate = generateKey } = this.#settings;
    const key = await takeIn(await generate(alg), this.custody, 'the result of options.generate');
    if (key.alg !== alg) throw new TypeError(`options.generate must make a key for ${alg} when asked for one`);
    return key;
  }
}

/** That a key has to be made first. */
interface Lacking {
  readonly lacking: RingAlgorithm;
}

function isLacking(ring: Ring | Lacking): ring is Lacking {
  return 'lacking' in ring;
}

/** The ring with all done that is to be done, with keys that were made for it. */
function completed(ring: Ring, making: Making, spares: readonly NewKey[]): Ring | Lacking {
  // One may be in the ring already: it was written, and the answer lost.
  const unused = spares.filter(({ kid }) => !ring.keys.some((key) => key.kid === kid));
  let next = tended(ring, making);
  for (;;) {
    const [alg] = plan(next, making.policy, making.now).create;
    if (alg === undefined) return next;
    const key = unused.find((spare) => spare.alg === alg);
    if (!key) return { lacking: alg };
    unused.splice(unused.indexOf(key), 1);
    next = withKey(next, key, making);
  }
}

/** The policy under which a ring was written, for whoever brings none. */
function policyOf({ policy }: Ring): RingPolicy {
  const faults = policyFaults(policy);
  if (faults.length === 0) return policy;
  throw new JoseError('ERR_RING_INVALID', `the key ring has a policy that would break verifiers: ${faults.join('; ')}`);
}

function tooSlow(): JoseError {
  return new JoseError('ERR_RING_UNAVAILABLE', 'the key ring was read too slowly', { retryAfter: RETRY_AFTER });
}

/** Does something with the store. @throws JoseError ERR_RING_UNAVAILABLE with the system's own word for what went wrong */
async function reach<T>(how: 'read' | 'written', run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof JoseError || error instanceof TypeError) throw error;
    const { code } = Object(error);
    const word = typeof code === 'string' && /^\w{1,40}$/.test(code) ? ` (${code})` : '';
    throw new JoseError('ERR_RING_UNAVAILABLE', `the key ring cannot be ${how}${word}`, { retryAfter: RETRY_AFTER });
  }
}
