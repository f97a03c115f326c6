// Writes of which a process does not know that they were seen in time, and how they are made good.

import { redated, type Write } from '../ring/changes.ts';
import type { Version } from '../ring/records.ts';
import type { Ring } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';
import type { NumericDate } from '../time.ts';

/** A write that was begun. */
interface Doubt extends Write {
  readonly made: NumericDate;
  /** What it makes the version, if it comes to that. */
  readonly version: number;
}

/** So many are remembered, the last: others have won all the races before. */
const MAX_DOUBTS = 100;

export class LateWrites {
  #all: readonly Doubt[] = [];

  begun(doubt: Doubt): void {
    this.#all = [...this.#all, doubt].slice(-MAX_DOUBTS);
  }

  /** The ring, should it have what was written too slowly, as it would be had that been written now. */
  repaired({ ring, version }: Version, making: ChangeContext): Ring {
    const { policy, now } = making;
    // What is seen in time was saved in time.
    const late = this.#all.filter((doubt) => doubt.version <= version && now - doubt.made > policy.syncLag / 2);
    const next = late.reduce((it, doubt) => redated(it, doubt, making), ring);
    if (next === ring) this.settled(version);
    return next;
  }

  /** What was in doubt up to this version is not any more; a write of a later one may still be under way. */
  settled(version: number): void {
    this.#all = this.#all.filter((doubt) => doubt.version > version);
  }
}
