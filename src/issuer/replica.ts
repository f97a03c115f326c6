// The ring as one process knows it: how old that knowledge may be, and how a change is written against others who change it too.
import { attempt, JoseError, RETRY_AFTER } from '../errors.ts';
import { readMember } from '../options.ts';
import { maintained, type NewKey, newRing, serving, withFirstKey } from '../ring/changes.ts';
import { historyAfter } from '../ring/history.ts';
import { policyFaults, type RingPolicy, readRingPolicy } from '../ring/policy.ts';
import { checkProgress, parseRecords, readRecords, type Version, writeRecords } from '../ring/records.ts';
import { plan, type Ring } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';
import { type NumericDate, within } from '../time.ts';
import { type Custody, newKeyFrom } from './custody.ts';
import { emitChange, type RingEmitter, ringEmitter } from './events.ts';
import { LateWrites } from './late-writes.ts';
import { isLacking, type MissingKey, NewKeys } from './new-keys.ts';
import type { IssuerOptions } from './options.ts';
import { Refresher, type Started } from './refresher.ts';
import { type RingView, viewAt } from './view.ts';

/** What is known is read again when it is so old; sooner where the policy wants to know sooner. */
const READ_AFTER = 30;
/** So many races may be lost for one change. Somebody wins each of them, so this is not reached but by a broken store. */
const MAX_LOST = 100;
/** A change waits for so many seconds for older versions to be removed. */
const LONGEST_PRUNE = 1;
/** So many seconds may a store take to answer, or less where the policy wants to know sooner. */
const STORE_TIMEOUT = 30;

const NOTHING_WRITTEN = { version: 0, hash: undefined, history: [] } as const;

/** A change to a ring. Made again when a race was lost, hence no change where it was made already. */
export type Change = (ring: Ring, making: ChangeContext) => Ring;

export class Replica {
  readonly #settings: IssuerOptions;
  readonly #tell: RingEmitter;
  #policy: RingPolicy | undefined;
  #present: RingView | undefined;
  readonly #refresher: Refresher;
  /** One change after the other; racing against oneself gains nothing. */
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #first: Promise<readonly NewKey[]> | undefined;
  /** Writes of which is not known that they ended in time. */
  readonly #doubts: LateWrites = new LateWrites();
  readonly custody: Custody;

  constructor(settings: IssuerOptions) {
    const { issuer, policy, seal, signerFor, onEvent, clock } = settings;
    this.#settings = settings;
    this.#policy = policy && readRingPolicy(policy, 'options.policy');
    this.#refresher = new Refresher(clock, (answered) => this.#read(answered));
    this.#tell = ringEmitter(issuer, onEvent);
    this.custody = { ring: issuer, seal, signerFor, localSigners: new Map() };
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
  present(): RingView | undefined {
    const now = this.now();
    if (this.#closed && this.#isOld) return undefined;
    const known = this.#refresher.age < this.policy.syncLag / 2 ? this.#present : undefined;
    const isDue = known !== undefined && (now >= known.until || now < known.from) && this.#renew(known, now);
    if (isDue || this.#isOld) this.#readAgain(now);
    return known && this.#present;
  }

  /** What holds now, unless the store should be waited for: what is known is no longer new and is being read again. */
  atHand(): RingView | undefined {
    const present = this.present();
    return this.#isOld && this.#refresher.awaited ? undefined : present;
  }

  /** What holds now. Waits for the store where `atHand` says so: briefly, or to the end where what is known is too old. */
  async whole(): Promise<RingView> {
    const atHand = this.atHand();
    if (atHand) return atHand;
    if (this.present()) await this.#refresher.awaited;
    return this.present() ?? this.renewed();
  }

  /** What holds now, read anew. What was read and could not be tended may be used all the same. */
  async renewed(): Promise<RingView> {
    if (this.#closed) throw closed();
    const failure = await this.#refresher.read().then(tooSlow, (error: unknown) => error);
    const present = this.present();
    if (!present) throw failure;
    return present;
  }

  /**
   * Makes a change, and whatever else there is to do, in one write; if someone else wrote meanwhile, on top of theirs.
   * @throws JoseError what the change throws; ERR_RING_UNAVAILABLE, then nobody knows whether it was written
   */
  write(change: Change): Promise<Ring> {
    if (this.#closed) return Promise.reject(closed());
    const written = this.#last.then(() => this.#write(change));
    this.#last = written.catch(() => undefined);
    return written;
  }

  close(): Promise<void> {
    const { store } = this.#settings;
    this.#closed ??= this.#last.then(() => readMember(store, 'close')?.call(store));
    return this.#closed;
  }

  now(): NumericDate {
    return this.#refresher.now();
  }

  get #isOld(): boolean {
    return this.#refresher.age >= this.#readAfter();
  }

  #readAfter(): number {
    return Math.min(READ_AFTER, this.policy.syncLag / 4);
  }

  /** What holds at another instant, and whether there is something to do about it. */
  #renew({ version }: RingView, now: NumericDate): boolean {
    this.#present = viewAt(version, now, this.#present);
    const { create, erase, delay } = plan(version.ring, this.policy, now);
    return create.length + erase.length + delay.length > 0;
  }

  #readAgain(now: NumericDate): void {
    this.#refresher.readAgain(this.#readAfter())?.catch((error: unknown) => this.#tellFailure(error, now));
  }

  #tellFailure(error: unknown, at: NumericDate): void {
    const { code, message } = error instanceof JoseError ? error : { code: undefined, message: 'an option failed' };
    this.#tell({ type: 'refresh-failed', at, reason: message, ...(code && { code }) });
  }

  async #read(answered: () => void): Promise<void> {
    await this.write((ring) => {
      answered();
      return ring;
    });
  }

  async #write(change: Change): Promise<Ring> {
    const spares = new NewKeys(this.#settings, this.custody);
    let canMake = true;
    for (let lost = 0; lost < MAX_LOST; ) {
      const old = await this.#load(this.now());
      // After the reading, which may have taken its time: a clock that is behind takes a key promoted meanwhile for pending.
      const now = this.now();
      const making = { policy: this.policy, now };
      const found = this.#serving(this.#doubts.repaired(old, making), making);
      const changed = maintained(change(found, making), making);
      const next: Ring | MissingKey = canMake ? spares.completed(changed, making) : changed;
      if (isLacking(next)) {
        const failure: Failure | undefined = await spares.make(next.lacking, old.ring).then(() => undefined, failed);
        // A ring goes on without the key, and no change waits for it: least of all a revocation.
        if (failure && old.version === 0) throw failure.reason;
        if (failure) this.#tellFailure(failure.reason, now);
        canMake = !failure;
      } else if (next === old.ring || (await this.#saved(old, next, making))) return next;
      else lost++;
    }
    throw new JoseError(
      'ERR_RING_CONFLICT',
      `the key ring was changed by other processes ${MAX_LOST} times during this write`,
    );
  }

  /** Whether the ring was saved, and soon enough to leave nothing to be made good. */
  async #saved(old: Version, next: Ring, { policy, now }: ChangeContext): Promise<boolean> {
    const version = { ring: next, version: old.version + 1, hash: undefined, history: historyAfter(old) };
    this.#doubts.begun({ before: old.ring, after: next, made: now, version: version.version });
    if (!(await this.#save(version, now))) return false;
    emitChange(this.#tell, { old: old.version > 0 ? old.ring : undefined, next, at: now });
    // What was in doubt before was made good with it.
    this.#doubts.settled(old.version);
    return this.#doubts.repaired(version, { policy, now: this.now() }) === next;
  }

  /** What the store has. From a new ring nothing follows until it is saved. */
  async #load(now: NumericDate): Promise<Version> {
    const { store, issuer } = this.#settings;
    const started = this.#refresher.started();
    const stored = await this.#reach('read', () => store.load());
    const found = readRecords(stored, issuer);
    checkProgress(this.#present?.version, found);
    if (!found) return { ring: await this.#begun({ policy: this.policy, now }), ...NOTHING_WRITTEN };
    if (!this.#settings.policy) this.#policy = policyOf(found.ring);
    this.#take(viewAt(found, now, this.#present), started);
    // A change does not wait long for that: least of all a revocation.
    await within(LONGEST_PRUNE, this.#prune(found, now), tooSlow).catch(() => undefined);
    return found;
  }

  /** What is left of older versions may hold private parts that were erased since. The ring serves all the same. */
  async #prune({ version }: Version, now: NumericDate): Promise<void> {
    const { store } = this.#settings;
    try {
      await this.#reach('cleared of older versions', async () => readMember(store, 'prune')?.call(store, version));
    } catch (error) {
      this.#tellFailure(error, now);
    }
  }

  async #save(next: Version, now: NumericDate): Promise<boolean> {
    const { store } = this.#settings;
    const records = writeRecords(next);
    const present = attempt(() => this.#readBack(records, next, now), undefined);
    if (!present) throw new JoseError('ERR_RING_CONFLICT', 'the change would make the key ring too large to be used');
    const started = this.#refresher.started();
    const saved = await this.#reach('written', () => store.save(records, next.version - 1));
    if (saved === true) this.#take(present, started);
    return saved === true;
  }

  /** What cannot be read or published is not written: nobody could write anything after it. */
  #readBack(records: string, { version }: Version, now: NumericDate): RingView {
    return viewAt(parseRecords({ records, version }, this.name), now, this.#present);
  }

  /** Does something with the store. @throws JoseError ERR_RING_UNAVAILABLE with the system's own word for what went wrong */
  async #reach<T>(how: 'read' | 'written' | 'cleared of older versions', run: () => Promise<T>): Promise<T> {
    const patience = Math.min(STORE_TIMEOUT, (this.#policy?.syncLag ?? Number.POSITIVE_INFINITY) / 4);
    try {
      return await within(patience, run(), () => unavailable(`the key ring was not ${how} in time`));
    } catch (error) {
      if (error instanceof JoseError) throw error;
      const code = attempt(() => Object(error).code, undefined);
      const word = typeof code === 'string' && /^\w{1,40}$/.test(code) ? ` (${code})` : '';
      throw unavailable(`the key ring cannot be ${how}${word}`);
    }
  }

  #take(present: RingView, started: Started): void {
    this.#refresher.renewed(started);
    this.#present = present;
  }

  /** The algorithms that the caller wants and the ring lacks come beside the others. */
  #serving(ring: Ring, making: ChangeContext): Ring {
    const { algorithms = [] } = this.#settings;
    return algorithms.reduce((it, alg) => serving(it, alg, making), ring);
  }

  async #begun(making: ChangeContext): Promise<Ring> {
    const keys = await this.#firstKeys();
    const { algorithms = keys.length > 0 ? [...new Set(keys.map(({ alg }) => alg))] : ['ES256' as const] } =
      this.#settings;
    const stranger = keys.find(({ alg }) => !algorithms.includes(alg));
    if (stranger) throw new TypeError(`options.algorithms must have ${stranger.alg}, which options.firstKeys has`);
    return keys.reduce((ring, key) => withFirstKey(ring, key, making), newRing(this.name, algorithms, making));
  }

  #firstKeys(): Promise<readonly NewKey[]> {
    const { firstKeys = [] } = this.#settings;
    this.#first ??= Promise.all(firstKeys.map((key, i) => newKeyFrom(key, this.custody, `options.firstKeys[${i}]`)));
    return this.#first;
  }
}

/** The policy under which a ring was written, for whoever brings none. */
function policyOf({ policy }: Ring): RingPolicy {
  const faults = policyFaults(policy);
  if (faults.length === 0) return policy;
  throw new JoseError('ERR_RING_INVALID', `the key ring has a policy that would break verifiers: ${faults.join('; ')}`);
}

function tooSlow(): JoseError {
  return unavailable('the key ring was read too slowly');
}

function closed(): JoseError {
  return unavailable('the issuer was closed');
}

function unavailable(message: string): JoseError {
  return new JoseError('ERR_RING_UNAVAILABLE', message, { retryAfter: RETRY_AFTER });
}

/** Whatever was thrown, even nothing. */
interface Failure {
  readonly reason: unknown;
}

function failed(reason: unknown): Failure {
  return { reason };
}
