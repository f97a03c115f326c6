// Time that passes only when it is told to. Whoever waits in it is woken in order, and finishes what comes of that before any
// more time passes; so a run is the same each time.

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export class SimulatedTime {
  #now: number;
  readonly #sleepers: Set<Sleeper> = new Set();

  constructor(now: number) {
    this.#now = now;
  }

  /** Seconds, by the one clock that is right. */
  get now(): number {
    return this.#now;
  }

  /** When someone is woken next. */
  get next(): number | undefined {
    return this.#earliest()?.until;
  }

  async sleep(seconds: number): Promise<void> {
    if (seconds > 0) await new Promise<void>((wake) => this.#sleepers.add({ until: this.#now + seconds, wake }));
  }

  /** Timers that keep pace with it. */
  readonly setTimeout = (wake: () => void, milliseconds: number): unknown => {
    const sleeper = { until: this.#now + milliseconds / 1000, wake };
    this.#sleepers.add(sleeper);
    return sleeper;
  };
  readonly clearTimeout = (timer: unknown): void => {
    for (const sleeper of this.#sleepers) if (sleeper === timer) this.#sleepers.delete(sleeper);
  };

  /** What comes of the work, or an error when so much time has passed before. */
  async within<T>(seconds: number, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = { until: this.#now + seconds, wake: () => reject(new Error('ETIMEDOUT')) };
      this.#sleepers.add(late);
      work.then(resolve, reject).finally(() => this.#sleepers.delete(late));
    });
  }

  /** @param onPass told of the end of each stretch in which nothing happens, before it passes */
  async pass(until: number, onPass: (to: number) => void): Promise<void> {
    await settled();
    for (let first = this.#earliest(); first && first.until <= until; first = this.#earliest()) {
      onPass(first.until);
      this.#now = first.until;
      this.#sleepers.delete(first);
      first.wake();
      await settled();
    }
    onPass(until);
    this.#now = until;
  }

  #earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (!first || sleeper.until < first.until) first = sleeper;
    return first;
  }
}

/** When everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
