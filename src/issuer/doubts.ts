// Writes of which a process does not know that they were seen in time, and how they are made good.
import type { NumericDate } from '../time.ts';
import { republished, type Write } from './changes.ts';
import type { Version } from './records.ts';
import type { Ring } from './ring.ts';
import type { Making } from './turns.ts';

/** A write that was begun. */
interface Doubt extends Write {
  readonly made: NumericDate;
  /** What it makes the version, if it comes to that. */
  readonly version: number;
}

/** So many are remembered, the last: others have won all the races before. */
const MAX_DOUBTS = 100;

export class Doubts {
  #all: readonly Doubt[] = [];

  begun(doubt: Doubt): void {
    this.#all = [...this.#all, doubt].slice(-MAX_DOUBTS);
  }

  /** The ring, should it have what was written too slowly, as it would be had that been written now. */
  madeGood({ ring, version }: Version, making: Making): Ring {
    const { policy, now } = making;
    // What is seen in time was saved in time.
    const late = this.#all.filter((doubt) => doubt.version <= version && now - doubt.made > policy.syncLag / 2);
    const next = late.reduce((it, doubt) => republished(it, doubt, making), ring);
    if (next === ring) this.settled(version);
    return next;
  }

  /** What was in doubt up to this version is not any more; a write of a later one may still be under way. */
  settled(version: number): void {
    this.#all = this.#all.filter((doubt) => doubt.version > version);
  }
}
