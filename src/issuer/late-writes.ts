// Writes that other processes may have seen late, and the correction of their instants.

import { type RingWrite, redated } from '../ring/changes.ts';
import type { RingVersion } from '../ring/records.ts';
import type { Ring } from '../ring/ring.ts';
import type { ChangeContext } from '../ring/schedule.ts';
import type { NumericDate } from '../time.ts';

/** A write that has started, and may not have been saved in time. */
interface UnconfirmedWrite extends RingWrite {
  readonly startedAt: NumericDate;
  /** The version that the write creates if it succeeds. */
  readonly version: number;
}

/** More would mean that other processes won a hundred races in a row. */
const MAX_UNCONFIRMED = 100;

export class LateWrites {
  #unconfirmed: readonly UnconfirmedWrite[] = [];

  add(write: UnconfirmedWrite): void {
    this.#unconfirmed = [...this.#unconfirmed, write].slice(-MAX_UNCONFIRMED);
  }

  /** Returns the ring with the instants of late writes moved to now, as if they were written now. */
  repaired({ ring, version }: RingVersion, context: ChangeContext): Ring {
    const { policy, now } = context;
    // A write that this process sees in time was saved in time.
    const late = this.#unconfirmed.filter(
      (write) => write.version <= version && now - write.startedAt > policy.syncLag / 2,
    );
    const next = late.reduce((it, write) => redated(it, write, context), ring);
    if (next === ring) this.confirm(version);
    return next;
  }

  /** Forgets the writes up to a version; a write of a later version may still be pending. */
  confirm(version: number): void {
    this.#unconfirmed = this.#unconfirmed.filter((write) => write.version > version);
  }
}
