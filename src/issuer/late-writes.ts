// Writes of which a process does not know that they were seen in time, and how they are made good.

import { type RingWrite, redated } from '../ring/changes.ts';
import type { RingVersion } from '../ring/records.ts';
import type { Ring } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';
import type { NumericDate } from '../time.ts';

/** A write that was begun. */
interface UnconfirmedWrite extends RingWrite {
  readonly startedAt: NumericDate;
  /** What it makes the version, if it comes to that. */
  readonly version: number;
}

/** So many are remembered, the last: others have won all the races before. */
const MAX_UNCONFIRMED = 100;

export class LateWrites {
  #unconfirmed: readonly UnconfirmedWrite[] = [];

  add(write: UnconfirmedWrite): void {
    this.#unconfirmed = [...this.#unconfirmed, write].slice(-MAX_UNCONFIRMED);
  }

  /** The ring, should it have what was written too slowly, as it would be had that been written now. */
  repaired({ ring, version }: RingVersion, context: ChangeContext): Ring {
    const { policy, now } = context;
    // What is seen in time was saved in time.
    const late = this.#unconfirmed.filter(
      (write) => write.version <= version && now - write.startedAt > policy.syncLag / 2,
    );
    const next = late.reduce((it, write) => redated(it, write, context), ring);
    if (next === ring) this.confirm(version);
    return next;
  }

  /** What was in doubt up to this version is not any more; a write of a later one may still be under way. */
  confirm(version: number): void {
    this.#unconfirmed = this.#unconfirmed.filter((write) => write.version > version);
  }
}
