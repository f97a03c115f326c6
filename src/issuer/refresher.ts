// When a process reads its ring again: one reading at a time, begun by a call when what is known is old. Calls wait for it
// briefly: a store that does not answer must not hold up an issuer that may go on with what it knows.
import { instant, type NumericDate, within } from '../time.ts';

/** A call waits for so many seconds at most, as long as what is known may be used. */
const LONGEST_WAIT = 1;

/** Reads the ring and does what is to be done about it; calls `answered` as soon as the store has answered. */
type Read = (answered: () => void) => Promise<void>;

/** The start of a reading, or of a write that was read back. */
export interface Started {
  readonly at: NumericDate;
  /** How far the clock had been set back in all by then. */
  readonly setBack: number;
}

interface Reading {
  readonly ended: Promise<void>;
  /** Resolves when the store has answered or failed, or is late; gone from then on. */
  awaited: Promise<void> | undefined;
}

export class Refresher {
  readonly #clock: (() => NumericDate) | undefined;
  readonly #read: Read;
  /** When the reading of what is known began. */
  #readAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** When a reading in the background was begun last. */
  #triedAt: NumericDate = Number.NEGATIVE_INFINITY;
  /** The latest instant that the clock has told. */
  #latest: NumericDate = Number.NEGATIVE_INFINITY;
  /** How far the clock has been set back in all. */
  #setBack = 0;
  #reading: Reading | undefined;

  constructor(clock: (() => NumericDate) | undefined, read: Read) {
    this.#clock = clock;
    this.#read = read;
  }

  /** The clock. If it was set back, as much time has passed since the last reading as had passed before. */
  now(): NumericDate {
    const now = this.#clock ? this.#clock() : instant(undefined);
    if (!Number.isFinite(now)) throw new TypeError('options.clock must return a number of seconds');
    if (now < this.#latest) {
      this.#readAt -= this.#latest - now;
      this.#triedAt -= this.#latest - now;
      this.#setBack += this.#latest - now;
    }
    this.#latest = now;
    return now;
  }

  /** How old what is known was when the clock was read last. */
  get age(): number {
    return this.#latest - this.#readAt;
  }

  /** What calls wait for, if a reading is under way for which they should. */
  get awaited(): Promise<void> | undefined {
    return this.#reading?.awaited;
  }

  started(): Started {
    return { at: this.#latest, setBack: this.#setBack };
  }

  /** Notes that what is known was read from then on. A clock that was set back meanwhile does not make it younger. */
  renewed({ at, setBack }: Started): void {
    this.#readAt = at - (this.#setBack - setBack);
  }

  /** The reading under way, or a new one. */
  read(): Promise<void> {
    this.#reading ??= this.#begin();
    return this.#reading.ended;
  }

  /** A new reading, unless one is under way or the last one in the background began less than `interval` seconds ago. */
  readAgain(interval: number): Promise<void> | undefined {
    if (this.#reading || this.#latest - this.#triedAt < interval) return undefined;
    this.#triedAt = this.#latest;
    return this.read();
  }

  #begin(): Reading {
    let ended = Promise.resolve();
    const answered = new Promise<void>((resolve, reject) => {
      ended = this.#read(resolve).finally(() => {
        this.#reading = undefined;
      });
      ended.then(resolve, reject);
    });
    const over = (): void => {
      reading.awaited = undefined;
    };
    const awaited = within(LONGEST_WAIT, answered, () => new Error('late')).then(over, over);
    const reading: Reading = { ended, awaited };
    return reading;
  }
}
