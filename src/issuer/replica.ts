// One process's copy of the ring: how long it may be used, and how a change is written while other processes write too.
import { attempt, JoseError, RETRY_AFTER } from '../errors.ts';
import { readMember } from '../options.ts';
import { maintained, type NewKey, newRing, withAlgorithm, withFirstKey } from '../ring/changes.ts';
import { historyAfter } from '../ring/history.ts';
import { policyFaults, type RingPolicy, readRingPolicy } from '../ring/policy.ts';
import { checkProgress, parseRecords, type RingVersion, readRecords, writeRecords } from '../ring/records.ts';
import { maintenancePlan, type Ring } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';
import { type NumericDate, withTimeout } from '../time.ts';
import { type Custody, newKeyFrom } from './custody.ts';
import { emitChange, type RingEmitter, ringEmitter } from './events.ts';
import { LateWrites } from './late-writes.ts';
import { isMissingKey, type MissingKey, NewKeys } from './new-keys.ts';
import type { IssuerOptions } from './options.ts';
import { SigningPool } from './pool.ts';
import { type Moment, Refresher } from './refresher.ts';
import { type RingView, viewAt } from './view.ts';

/** The age of the known ring, in seconds, at which a call reads it again; a quarter of `syncLag` if that is less. */
const REFRESH_INTERVAL = 30;
/** One process wins each race, so only a broken store reaches this limit. */
const MAX_LOST_RACES = 100;
/** In seconds: the longest that a change waits for the removal of older versions. */
const PRUNE_TIMEOUT = 1;
/** The longest time, in seconds, that a store may take to answer; a quarter of `syncLag` if that is less. */
const STORE_TIMEOUT = 30;

const NEVER_SAVED = { version: 0, hash: undefined, history: [] } as const;

/** A change to a ring. It runs again after a lost race, so it must return the same ring where it was already made. */
export type ApplyChange = (ring: Ring, context: ChangeContext) => Ring;

export class Replica {
  readonly #options: IssuerOptions;
  readonly #emit: RingEmitter;
  #policy: RingPolicy | undefined;
  #view: RingView | undefined;
  readonly #refresher: Refresher;
  /** The last write of this process; the next one waits for it, since two would only race each other. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #firstKeys: Promise<readonly NewKey[]> | undefined;
  readonly #lateWrites: LateWrites = new LateWrites();
  readonly custody: Custody;

  constructor(options: IssuerOptions) {
    const { issuer, policy, seal, signerFor, onEvent, clock, pool = 'auto' } = options;
    this.#options = options;
    this.#policy = policy && readRingPolicy(policy, 'options.policy');
    this.#refresher = new Refresher(clock, (onAnswer) => this.#refresh(onAnswer));
    this.#emit = ringEmitter(issuer, onEvent);
    this.custody = { ring: issuer, seal, signerFor, localSigners: new Map(), pool: new SigningPool(pool) };
  }

  get name(): string {
    return this.#options.issuer;
  }

  get policy(): RingPolicy {
    if (!this.#policy) throw new TypeError('options.policy must be given for a new ring');
    return this.#policy;
  }

  async open(): Promise<void> {
    await this.#readFirstKeys();
    await this.write((ring) => ring);
  }

  /** Returns the view, unless it is too old to use. Starts a refresh in the background when it is due. */
  usableView(): RingView | undefined {
    const now = this.now();
    if (this.#closed && this.#isStale) return undefined;
    const view = this.#refresher.age < this.policy.syncLag / 2 ? this.#view : undefined;
    const isDue = view !== undefined && (now >= view.until || now < view.from) && this.#advanceView(view, now);
    if (isDue || this.#isStale) this.#refreshInBackground(now);
    return view && this.#view;
  }

  /** Returns the view, unless the caller should wait for the store: the view is old and a refresh is pending. */
  viewWithoutWaiting(): RingView | undefined {
    const view = this.usableView();
    return this.#isStale && this.#refresher.pendingAnswer ? undefined : view;
  }

  /**
   * Returns the view. While a refresh is pending, waits for it: briefly if the view may still be used, else until the
   * refresh ends.
   */
  async view(): Promise<RingView> {
    const view = this.viewWithoutWaiting();
    if (view) return view;
    if (this.usableView()) await this.#refresher.pendingAnswer;
    return this.usableView() ?? this.freshView();
  }

  /** Reads the ring and returns the view. A view that was read but could not be maintained may still be used. */
  async freshView(): Promise<RingView> {
    if (this.#closed) throw issuerClosedError();
    const failure = await this.#refresher.refresh().then(slowReadError, (error: unknown) => error);
    const view = this.usableView();
    if (!view) throw failure;
    return view;
  }

  /**
   * Writes a change together with all work that is due. A lost race repeats the change on the ring that won.
   * @throws JoseError from the change; ERR_RING_UNAVAILABLE, after which the write may or may not have happened
   */
  write(change: ApplyChange): Promise<Ring> {
    if (this.#closed) return Promise.reject(issuerClosedError());
    const written = this.#lastWrite.then(() => this.#writeChange(change));
    this.#lastWrite = written.catch(() => undefined);
    return written;
  }

  close(): Promise<void> {
    const { store } = this.#options;
    this.#closed ??= this.#lastWrite.then(() => readMember(store, 'close')?.call(store));
    return this.#closed;
  }

  now(): NumericDate {
    return this.#refresher.now();
  }

  moment(): Moment {
    return this.#refresher.moment();
  }

  /** Returns the seconds since a moment, however the clock was set meanwhile. */
  secondsSince(moment: Moment): number {
    this.now();
    return this.#refresher.secondsSince(moment);
  }

  get #isStale(): boolean {
    return this.#refresher.age >= this.#refreshInterval();
  }

  #refreshInterval(): number {
    return Math.min(REFRESH_INTERVAL, this.policy.syncLag / 4);
  }

  /** Moves the view to another instant. Returns whether work is due. */
  #advanceView({ version }: RingView, now: NumericDate): boolean {
    this.#view = viewAt(version, now, this.#view);
    const { create, erase, delay } = maintenancePlan(version.ring, this.policy, now);
    return create.length + erase.length + delay.length > 0;
  }

  #refreshInBackground(now: NumericDate): void {
    this.#refresher
      .refreshUnlessRecent(this.#refreshInterval())
      ?.catch((error: unknown) => this.#emitFailure(error, now));
  }

  #emitFailure(error: unknown, at: NumericDate): void {
    const { code, message } =
      error instanceof JoseError ? error : { code: undefined, message: 'a function of the options threw an exception' };
    this.#emit({ type: 'refresh-failed', at, reason: message, ...(code && { code }) });
  }

  async #refresh(onAnswer: () => void): Promise<void> {
    await this.write((ring) => {
      onAnswer();
      return ring;
    });
  }

  async #writeChange(change: ApplyChange): Promise<Ring> {
    const newKeys = new NewKeys(this.#options, this.custody);
    let canCreateKeys = true;
    for (let lostRaces = 0; lostRaces < MAX_LOST_RACES; ) {
      const old = await this.#loadRing(this.now());
      // Read the clock after the store: with an earlier instant, a key that was promoted meanwhile would look pending.
      const now = this.now();
      const context = { policy: this.policy, now };
      const current = this.#withWantedAlgorithms(this.#lateWrites.repaired(old, context), context);
      const changed = maintained(change(current, context), context);
      const next: Ring | MissingKey = canCreateKeys ? newKeys.withMissingKeys(changed, context) : changed;
      if (isMissingKey(next)) {
        const failure: Failure | undefined = await newKeys
          .create(next.missing, old.ring)
          .then(() => undefined, failureOf);
        // The write goes on without the key: a revocation must not wait for it.
        if (failure && old.version === 0) throw failure.reason;
        if (failure) this.#emitFailure(failure.reason, now);
        canCreateKeys = !failure;
      } else if (next === old.ring || (await this.#saveChange(old, next, context))) return next;
      else lostRaces++;
    }
    throw new JoseError(
      'ERR_RING_CONFLICT',
      `the key ring was changed by other processes ${MAX_LOST_RACES} times during this write`,
    );
  }

  /** Saves and emits a change. Returns whether it was saved in time, so that no instant needs repair. */
  async #saveChange(old: RingVersion, next: Ring, { policy, now }: ChangeContext): Promise<boolean> {
    const version = { ring: next, version: old.version + 1, hash: undefined, history: historyAfter(old) };
    this.#lateWrites.add({ before: old.ring, after: next, startedAt: now, version: version.version });
    if (!(await this.#saveRecords(version, now))) return false;
    emitChange(this.#emit, { old: old.version > 0 ? old.ring : undefined, next, at: now });
    // This write also repaired the earlier ones.
    this.#lateWrites.confirm(old.version);
    return this.#lateWrites.repaired(version, { policy, now: this.now() }) === next;
  }

  /** Reads the ring from the store, or creates one. A new ring is not used until it is saved. */
  async #loadRing(now: NumericDate): Promise<RingVersion> {
    const { store, issuer } = this.#options;
    const moment = this.#refresher.moment();
    const stored = await this.#callStore('read', () => store.load());
    const current = readRecords(stored, issuer);
    checkProgress(this.#view?.version, current);
    if (!current) return { ring: await this.#createRing({ policy: this.policy, now }), ...NEVER_SAVED };
    if (!this.#options.policy) this.#policy = storedPolicy(current.ring);
    this.#setView(viewAt(current, now, this.#view), moment);
    // Removing old versions must not delay a change, such as a revocation, for long.
    await withTimeout(PRUNE_TIMEOUT, this.#pruneStore(current, now), slowReadError).catch(() => undefined);
    return current;
  }

  /** Older versions may hold private parts that were erased since. A failure here does not stop the ring. */
  async #pruneStore({ version }: RingVersion, now: NumericDate): Promise<void> {
    const { store } = this.#options;
    try {
      await this.#callStore('cleared of older versions', async () => readMember(store, 'prune')?.call(store, version));
    } catch (error) {
      this.#emitFailure(error, now);
    }
  }

  async #saveRecords(next: RingVersion, now: NumericDate): Promise<boolean> {
    const { store } = this.#options;
    const records = writeRecords(next);
    const view = attempt(() => this.#readBack(records, next, now), undefined);
    if (!view)
      throw new JoseError(
        'ERR_RING_CONFLICT',
        'the change would exceed the limits of a key ring: 4 MiB, and 100 published keys',
      );
    const moment = this.#refresher.moment();
    const saved = await this.#callStore('written', () => store.save(records, next.version - 1));
    if (saved === true) this.#setView(view, moment);
    return saved === true;
  }

  /** Reads back what would be written: records that cannot be read or published would block every later write. */
  #readBack(records: string, { version }: RingVersion, now: NumericDate): RingView {
    return viewAt(parseRecords({ records, version }, this.name), now, this.#view);
  }

  /** Calls the store. @throws JoseError ERR_RING_UNAVAILABLE with the system's error code */
  async #callStore<T>(how: 'read' | 'written' | 'cleared of older versions', run: () => Promise<T>): Promise<T> {
    const timeout = Math.min(STORE_TIMEOUT, (this.#policy?.syncLag ?? Number.POSITIVE_INFINITY) / 4);
    try {
      return await withTimeout(timeout, run(), () =>
        ringUnavailableError(`the key ring was not ${how} within ${timeout} s: the store did not answer`),
      );
    } catch (error) {
      if (error instanceof JoseError) throw error;
      const code = attempt(() => Object(error).code, undefined);
      const detail = typeof code === 'string' && /^\w{1,40}$/.test(code) ? ` (${code})` : '';
      throw ringUnavailableError(`the key ring cannot be ${how}${detail}`);
    }
  }

  #setView(view: RingView, moment: Moment): void {
    this.#refresher.setReadAt(moment);
    this.#view = view;
  }

  /** Adds the algorithms of the options that the ring does not have. */
  #withWantedAlgorithms(ring: Ring, context: ChangeContext): Ring {
    const { algorithms = [] } = this.#options;
    return algorithms.reduce((it, alg) => withAlgorithm(it, alg, context), ring);
  }

  async #createRing(context: ChangeContext): Promise<Ring> {
    const keys = await this.#readFirstKeys();
    const { algorithms = keys.length > 0 ? [...new Set(keys.map(({ alg }) => alg))] : ['ES256' as const] } =
      this.#options;
    const unlisted = keys.find(({ alg }) => !algorithms.includes(alg));
    if (unlisted)
      throw new TypeError(
        `options.algorithms must include ${unlisted.alg}, the algorithm of a key in options.firstKeys`,
      );
    return keys.reduce((ring, key) => withFirstKey(ring, key, context), newRing(this.name, algorithms, context));
  }

  #readFirstKeys(): Promise<readonly NewKey[]> {
    const { firstKeys = [] } = this.#options;
    this.#firstKeys ??= Promise.all(
      firstKeys.map((key, i) => newKeyFrom(key, this.custody, `options.firstKeys[${i}]`)),
    );
    return this.#firstKeys;
  }
}

/** Returns the policy of the ring, for an issuer without a policy option. */
function storedPolicy({ policy }: Ring): RingPolicy {
  const faults = policyFaults(policy);
  if (faults.length === 0) return policy;
  throw new JoseError('ERR_RING_INVALID', `the key ring has a policy that would break verifiers: ${faults.join('; ')}`);
}

function slowReadError(): JoseError {
  return ringUnavailableError('reading the key ring took too long');
}

function issuerClosedError(): JoseError {
  return ringUnavailableError('the issuer was closed');
}

function ringUnavailableError(message: string): JoseError {
  return new JoseError('ERR_RING_UNAVAILABLE', message, { retryAfter: RETRY_AFTER });
}

/** Wraps a rejection, since the reason itself may be undefined. */
interface Failure {
  readonly reason: unknown;
}

function failureOf(reason: unknown): Failure {
  return { reason };
}
