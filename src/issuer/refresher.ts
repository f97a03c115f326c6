// Decides when a process reads its ring again: one reading at a time, started by a call when the known ring is old.
// Calls wait briefly: a store that does not answer must not stop an issuer whose known ring may still be used.
import { type NumericDate, readClock, withTimeout } from '../time.ts';

/** In seconds: the longest that a call waits for a reading while the known ring may still be used. */
const ANSWER_TIMEOUT = 1;

/** Reads the ring and does the work that is due; calls `onAnswer` as soon as the store has answered. */
type RefreshRing = (onAnswer: () => void) => Promise<void>;

/** The start of a reading, or of a write whose records were read back. */
export interface StartMark {
  readonly at: NumericDate;
  /** By how many seconds the clock had been set back in all by then. */
  readonly setBack: number;
}

interface PendingReading {
  readonly ended: Promise<void>;
  /** Resolves when the store has answered or failed, or is late; undefined from then on. */
  pendingAnswer: Promise<void> | undefined;
}

export class Refresher {
  readonly #clock: (() => NumericDate) | undefined;
  readonly #refreshRing: RefreshRing;
  /** The start of the reading that the known ring came from. */
  #readAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** The start of the last reading in the background. */
  #triedAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** The last instant that the clock returned. */
  #lastNow: NumericDate = Number.NEGATIVE_INFINITY;
  /** By how many seconds the clock has been set back in all. */
  #setBack = 0;
  #reading: PendingReading | undefined;

  constructor(clock: (() => NumericDate) | undefined, refreshRing: RefreshRing) {
    this.#clock = clock;
    this.#refreshRing = refreshRing;
  }

  /** Reads the clock. If it was set back, the time since the last reading stays what it was. */
  now(): NumericDate {
    const now = readClock(this.#clock);
    if (now < this.#lastNow) {
      this.#readAt -= this.#lastNow - now;
      this.#triedAt -= this.#lastNow - now;
      this.#setBack += this.#lastNow - now;
    }
    this.#lastNow = now;
    return now;
  }

  /** The age of the known ring when the clock was last read. */
  get age(): number {
    return this.#lastNow - this.#readAt;
  }

  /** The promise that calls should wait for, if a reading is pending and not late. */
  get pendingAnswer(): Promise<void> | undefined {
    return this.#reading?.pendingAnswer;
  }

  startMark(): StartMark {
    return { at: this.#lastNow, setBack: this.#setBack };
  }

  /** Records the start of the reading that the known ring came from; a clock set back meanwhile makes it no younger. */
  setReadAt({ at, setBack }: StartMark): void {
    this.#readAt = at - (this.#setBack - setBack);
  }

  /** Returns the pending reading, or starts one. */
  refresh(): Promise<void> {
    this.#reading ??= this.#startReading();
    return this.#reading.ended;
  }

  /** Starts a reading, unless one is pending or another one started here less than `interval` seconds ago. */
  refreshUnlessRecent(interval: number): Promise<void> | undefined {
    if (this.#reading || this.#lastNow - this.#triedAt < interval) return undefined;
    this.#triedAt = this.#lastNow;
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
