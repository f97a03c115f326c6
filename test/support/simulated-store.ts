// A store as it is in the worst of worlds: answers come late, or never, or say the wrong thing, and clients die while they
// wait. What it holds is right at any moment, and every state that it was in is remembered.
import { memoryStore, type RingStore } from '../../src/index.ts';
import { type RingVersion, readRecords } from '../../src/ring/records.ts';
import type { SimulatedTime } from './simulated-time.ts';

/**
 * What goes wrong with one save. `refused`: false, and nothing is saved, as if a race was lost. `unsaid`: saved, but the answer
 * is false. `cut`: an error, and nothing is saved. `cut-after`: saved, but the answer is an error. `late`: an error at once,
 * and saved when the delay is over.
 */
export type SaveFault = 'refused' | 'unsaid' | 'cut' | 'cut-after' | 'late';

/** The way from one client to the store, as it is now. */
export interface Link {
  /** Seconds until the store has a request, and from then until the client has the answer. */
  before: number;
  after: number;
  isDown: boolean;
  /** For the next saves. */
  readonly faults: SaveFault[];
  /** Requests that are on their way, and those of them that may change something, whether anyone waits for them or not. */
  underway: number;
  saving: number;
  /** When a request failed last. */
  failedAt: number;
  /** When a request last failed or was not answered at once. */
  troubledAt: number;
  /** That a save was not told to have succeeded in time: its writer may have to make it good. */
  isInDoubt: boolean;
  /** When the store answered last: what is saved next was made of that. */
  answeredAt: number;
}

/** A state of the store, from when it was saved. */
export interface Epoch extends RingVersion {
  readonly since: number;
  /** When it was made, and by whom, who may have had earlier writes to make good with it. */
  readonly made: number;
  readonly by: Link;
  readonly isInDoubt: boolean;
}

export class SimulatedStore {
  readonly #store: RingStore = memoryStore();
  readonly #time: SimulatedTime;
  readonly #name: string;
  readonly #inTime: number;
  readonly #onSaved: (epoch: Epoch, last: Epoch | undefined) => void;
  readonly epochs: Epoch[] = [];

  /** @param inTime seconds that a save may take */
  constructor(
    time: SimulatedTime,
    { name, inTime }: { name: string; inTime: number },
    onSaved: (epoch: Epoch, last: Epoch | undefined) => void,
  ) {
    this.#time = time;
    this.#name = name;
    this.#inTime = inTime;
    this.#onSaved = onSaved;
  }

  get latest(): Epoch | undefined {
    return this.epochs.at(-1);
  }

  /** The store for one process. A process that died gets no answers, though its last request may arrive. */
  connect(link: Link, isAlive: () => boolean): RingStore {
    const answered = async <T>(work: Promise<T>): Promise<T> => {
      link.underway++;
      const asked = this.#time.now;
      const outcome = await work.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      if (!isAlive()) await new Promise(() => undefined);
      link.underway--;
      if ('error' in outcome || this.#time.now > asked) link.troubledAt = this.#time.now;
      if ('value' in outcome) return outcome.value;
      link.failedAt = this.#time.now;
      throw outcome.error;
    };
    // Whatever is left of a process that died asks for nothing any more.
    const asked = <T>(work: () => Promise<T>) => (isAlive() ? answered(work()) : new Promise<T>(() => undefined));
    return {
      load: () => asked(() => this.#load(link)),
      save: (records, version) => asked(() => this.#save(link, records, version)),
    };
  }

  async #load(link: Link): ReturnType<RingStore['load']> {
    await this.#time.sleep(link.before);
    if (link.isDown) throw new Error('ECONNREFUSED');
    const stored = await this.#store.load();
    await this.#time.sleep(link.after);
    link.answeredAt = this.#time.now;
    return stored;
  }

  async #save(link: Link, records: string, version: number): Promise<boolean> {
    const fault = link.faults.shift();
    const made = link.answeredAt;
    const { isInDoubt } = link;
    link.isInDoubt = true;
    const saving = this.#arrive(link, fault, () => this.#keep(records, version, { made, by: link, isInDoubt }));
    if (fault === 'late') {
      saving.catch(() => undefined);
      throw new Error('ETIMEDOUT');
    }
    const saved = await saving;
    const isKnown = saved || fault === undefined;
    if (isKnown && this.#time.now - made <= this.#inTime) link.isInDoubt = isInDoubt;
    return saved;
  }

  async #arrive(link: Link, fault: SaveFault | undefined, keep: () => Promise<boolean>): Promise<boolean> {
    link.saving++;
    await this.#time.sleep(link.before);
    link.saving--;
    if (link.isDown || fault === 'cut') throw new Error('ECONNRESET');
    const saved = fault === 'refused' ? false : await keep();
    await this.#time.sleep(link.after);
    if (fault === 'cut-after') throw new Error('ECONNRESET');
    return fault !== 'unsaid' && saved;
  }

  async #keep(records: string, version: number, origin: Pick<Epoch, 'made' | 'by' | 'isInDoubt'>): Promise<boolean> {
    const saved = await this.#store.save(records, version);
    if (!saved) return false;
    const found = readRecords(await this.#store.load(), this.#name);
    if (!found) throw new Error('nothing was saved');
    const last = this.latest;
    const epoch = { ...found, since: this.#time.now, ...origin };
    this.epochs.push(epoch);
    this.#onSaved(epoch, last);
    return true;
  }
}
