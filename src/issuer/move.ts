// A ring that moves from one store to another, while no process is at work on it.
import { JoseError } from '../errors.ts';
import { checkArgumentCount } from '../options.ts';
import { readRecords, writeRecords } from '../ring/records.ts';
import type { RingStore } from '../store/store.ts';

/**
 * Copies the records of an issuer's ring into a store that has none for it. Stop its processes before, and start them on the new store
 * after: whoever goes on with the old one has another ring from then on.
 *
 * @throws JoseError ERR_RING_CONFLICT when there is no ring to move, or one where it is to go; ERR_RING_INVALID for records that are
 *   not those of this issuer; what the stores throw
 */
export async function moveRing(issuer: string, from: RingStore, to: RingStore): Promise<void> {
  checkArgumentCount(arguments.length, moveRing);
  const found = readRecords(await from.load(), issuer);
  if (!found) throw new JoseError('ERR_RING_CONFLICT', 'there is no key ring to move');
  // A store counts its own saves.
  const saved = await to.save(writeRecords({ ring: found.ring, version: 1, history: [] }), 0);
  if (saved !== true) throw new JoseError('ERR_RING_CONFLICT', 'the target store already has a key ring');
}
