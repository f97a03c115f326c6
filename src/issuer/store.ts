// Where a ring's records are kept: two verbs are all that is asked of a store.

/** What a store has. */
export interface StoredRing {
  /** JSON text, which means nothing to the store; `undefined` when nothing was ever saved. */
  readonly records: string | undefined;
  /** A whole number that counts the saves; 0 when there was none. */
  readonly version: number;
}

/**
 * Keeps the records of one ring. It throws whatever its client throws; the issuer then says ERR_RING_UNAVAILABLE, and goes on
 * with what it has for as long as it may.
 */
export interface RingStore {
  load(): Promise<StoredRing>;
  /**
   * Compare-and-swap: saves if the version is still the expected one, which makes it one more. `false`: it was not, or nobody
   * can tell. Whoever saves looks again then, so either will do.
   */
  save(records: string, expectedVersion: number): Promise<boolean>;
  /**
   * Removes what is left of versions before this one, which an issuer has read and accepted: it may hold private parts that were
   * erased since. For stores that keep each version in a place of its own.
   */
  prune?(version: number): Promise<void>;
  /** Lets go of what the store itself opened. */
  close?(): Promise<void>;
}
