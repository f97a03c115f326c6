// When a process reads its ring again: one reading at a time, begun by a call when what is known is old. Calls wait for it
// briefly: a store that does not answer must not hold up an issuer that may go on with what it knows.
import { instant, type NumericDate, within } from '../time.ts';

/** A call waits for so many seconds at most, as long as what is known may be used. */
const ANSWER_TIMEOUT = 1;

/** Reads the ring and does what is to be done about it; calls `answered` as soon as the store has answered. */
type RefreshRing = (onAnswer: () => void) => Promise<void>;

/** The start of a reading, or of a write that was read back. */
export interface StartMark {
  readonly at: NumericDate;
  /** How far the clock had been set back in all by then. */
  readonly setBack: number;
}

interface PendingReading {
  readonly ended: Promise<void>;
  /** Resolves when the store has answered or failed, or is late; gone from then on. */
  pendingAnswer: Promise<void> | undefined;
}

export class Refresher {
  readonly #clock: (() => NumericDate) | undefined;
  readonly #refreshRing: RefreshRing;
  /** When the reading of what is known began. */
  #readAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** When a reading in the background was begun last. */
  #triedAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** The latest instant that the clock has told. */
  #lastNow: NumericDate = Number.NEGATIVE_INFINITY;
  /** How far the clock has been set back in all. */
  #setBack = 0;
  #reading: PendingReading | undefined;

  constructor(clock: (() => NumericDate) | undefined, refreshRing: RefreshRing) {
    this.#clock = clock;
    this.#refreshRing = refreshRing;
  }

  /** The clock. If it was set back, as much time has passed since the last reading as had passed before. */
  now(): NumericDate {
    const now = this.#clock ? this.#clock() : instant(undefined);
    if (!Number.isFinite(now)) throw new TypeError('options.clock must return a number of seconds');
    if (now < this.#lastNow) {
      this.#readAt -= this.#lastNow - now;
      this.#triedAt -= this.#lastNow - now;
      this.#setBack += this.#lastNow - now;
    }
    this.#lastNow = now;
    return now;
  }

  /** How old what is known was when the clock was read last. */
  get age(): number {
    return this.#lastNow - this.#readAt;
  }

  /** What calls wait for, if a reading is under way for which they should. */
  get pendingAnswer(): Promise<void> | undefined {
    return this.#reading?.pendingAnswer;
  }

  startMark(): StartMark {
    return { at: this.#lastNow, setBack: this.#setBack };
  }

  /** Notes that what is known was read from then on. A clock that was set back meanwhile does not make it younger. */
  setReadAt({ at, setBack }: StartMark): void {
    this.#readAt = at - (this.#setBack - setBack);
  }

  /** The reading under way, or a new one. */
  refresh(): Promise<void> {
    this.#reading ??= this.#startReading();
    return this.#reading.ended;
  }

  /** A new reading, unless one is under way or the last one in the background began less than `interval` seconds ago. */
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
    const pendingAnswer = within(ANSWER_TIMEOUT, answer, () => new Error('late')).then(settle, settle);
    const reading: PendingReading = { ended, pendingAnswer };
    return reading;
  }
}
