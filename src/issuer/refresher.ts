// Decides when a process reads its ring again: one reading at a time, started by a call when the known ring is old.
// Calls wait briefly: a store that does not answer must not stop an issuer whose known ring may still be used.
import { monotonicTime, type NumericDate, readClock, withTimeout } from '../time.ts';

/** In seconds: the longest that a call waits for a reading while the known ring may still be used. */
const ANSWER_TIMEOUT = 1;

/** Reads the ring and does the work that is due; calls `onAnswer` as soon as the store has answered. */
type RefreshRing = (onAnswer: () => void) => Promise<void>;

/** A moment by both clocks. */
export interface Moment {
  readonly at: NumericDate;
  /** By how many seconds the clock had been set back in all by then, as far as was noticed. */
  readonly setBack: number;
  /** In seconds since any instant. */
  readonly monotonic: number;
}

const NEVER: Moment = { at: Number.NEGATIVE_INFINITY, setBack: 0, monotonic: Number.NEGATIVE_INFINITY };

interface PendingReading {
  readonly ended: Promise<void>;
  /** Resolves when the store has answered or failed, or is late; undefined from then on. */
  pendingAnswer: Promise<void> | undefined;
}

export class Refresher {
  readonly #clock: (() => NumericDate) | undefined;
  readonly #refreshRing: RefreshRing;
  /** The start of the reading that the known ring came from. */
  #readAt: Moment = NEVER;
  /** The start of the last reading in the background. */
  #triedAt: Moment = NEVER;
  /** The moment at which the clocks were last read. */
  #last: Moment = NEVER;
  #reading: PendingReading | undefined;

  constructor(clock: (() => NumericDate) | undefined, refreshRing: RefreshRing) {
    this.#clock = clock;
    this.#refreshRing = refreshRing;
  }

  now(): NumericDate {
    const at = readClock(this.#clock);
    const setBack = this.#last.setBack + Math.max(0, this.#last.at - at);
    this.#last = { at, setBack, monotonic: monotonicTime() };
    return at;
  }

  /** The age of the known ring when the clocks were last read. */
  get age(): number {
    return this.secondsSince(this.#readAt);
  }

  /** Reads the clocks. */
  moment(): Moment {
    this.now();
    return this.#last;
  }

  /**
   * Returns the seconds from a moment until the clocks were last read, by the clock that shows more. A clock that was
   * set back unnoticed hides time that the monotonic one shows; that one may stop while the machine sleeps.
   */
  secondsSince({ at, setBack, monotonic }: Moment): number {
    const last = this.#last;
    return Math.max(last.at + last.setBack - (at + setBack), last.monotonic - monotonic);
  }

  /** The promise that calls should wait for, if a reading is pending and not late. */
  get pendingAnswer(): Promise<void> | undefined {
    return this.#reading?.pendingAnswer;
  }

  /** Records the start of the reading that the known ring came from. */
  setReadAt(moment: Moment): void {
    this.#readAt = moment;
  }

  /** Returns the pending reading, or starts one. */
  refresh(): Promise<void> {
    this.#reading ??= this.#startReading();
    return this.#reading.ended;
  }

  /** Starts a reading, unless one is pending or another one started here less than `interval` seconds ago. */
  refreshUnlessRecent(interval: number): Promise<void> | undefined {
    if (this.#reading || this.secondsSince(this.#triedAt) < interval) return undefined;
    this.#triedAt = this.#last;
    return this.refresh();
  }

  #startReading(): PendingReading {
    let ended = Promise.resolve();
    const answer = new Promise<void>((resolve, reject) => {
      ended = this.#refreshRing(resolve).finally(() => {
        this.#reading = undefined;
      });
      ended.then(resolve, reject);
    });
    const settle = (): void => {
      reading.pendingAnswer = undefined;
    };
    const pendingAnswer = withTimeout(ANSWER_TIMEOUT, answer, () => new Error('late')).then(settle, settle);
    const reading: PendingReading = { ended, pendingAnswer };
    return reading;
  }
}
