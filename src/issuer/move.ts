// Moves a ring from one store to another while no process uses it.
import { JoseError } from '../errors.ts';
import { checkArgumentCount } from '../options.ts';
import { readRecords, writeRecords } from '../ring/records.ts';
import type { RingStore } from '../store/store.ts';

/**
 * Copies the records of an issuer's ring into a store that has none for it. Stop the issuer's processes first, and
 * start them on the new store: a process that stays on the old store has a different ring from then on.
 *
 * @throws JoseError ERR_RING_CONFLICT when there is no ring to move, or the target store has one; ERR_RING_INVALID for
 *   records that do not belong to this issuer; the errors of the stores
 */
export async function moveRing(issuer: string, from: RingStore, to: RingStore): Promise<void> {
  checkArgumentCount(arguments.length, moveRing);
  const found = readRecords(await from.load(), issuer);
  if (!found) throw new JoseError('ERR_RING_CONFLICT', 'the source store has no key ring to move');
  // Each store counts its own saves.
  const saved = await to.save(writeRecords({ ring: found.ring, version: 1, history: [] }), 0);
  if (saved !== true)
    throw new JoseError(
      'ERR_RING_CONFLICT',
      'the target store already has a key ring; nothing was moved: give an empty store',
    );
}
