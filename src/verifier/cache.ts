// What was worked out for the texts that came last: bounded, and the least recently used makes room.

/** Texts longer than this are not kept. */
export const MAX_CACHED_LENGTH: number = 8 * 1024;
/** So many characters at the end of a text say where to look. In a token that is the signature, in which no two are alike. */
const INDEX_LENGTH = 12;

interface Entry<Value> {
  readonly text: string;
  readonly index: string;
  readonly value: Value;
}

/**
 * Text → value. The key is the whole text, compared character by character: its end is only where to look, since a text
 * that has just arrived is compared several times as fast as it is hashed. Two texts with one end are never taken for each
 * other; the one that came later takes the place.
 */
export class RecentTexts<Value> {
  readonly #max: number;
  /** In the order of use, oldest first. */
  readonly #entries: Map<string, Entry<Value>> = new Map();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The value of exactly this text, which is then the one used last. */
  get(text: unknown): Value | undefined {
    if (typeof text !== 'string' || text.length > MAX_CACHED_LENGTH) return undefined;
    const entry = this.#entries.get(text.slice(-INDEX_LENGTH));
    if (entry?.text !== text) return undefined;
    this.#entries.delete(entry.index);
    this.#entries.set(entry.index, entry);
    return entry.value;
  }

  /**
   * @param text of one-byte characters, as every token that verified is; copied, or it would keep alive whatever it was cut
   *   out of
   */
  set(text: string, value: Value): void {
    if (text.length > MAX_CACHED_LENGTH) return;
    const own = Buffer.from(text, 'latin1').toString('latin1');
    const entry: Entry<Value> = { text: own, index: own.slice(-INDEX_LENGTH), value };
    this.#entries.delete(entry.index);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size === this.#max && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(entry.index, entry);
  }

  /** Forgets every text whose value is gone. */
  drop(isGone: (value: Value) => boolean): void {
    for (const { index, value } of this.#entries.values()) if (isGone(value)) this.#entries.delete(index);
  }

  delete(text: string): void {
    const index = text.slice(-INDEX_LENGTH);
    if (this.#entries.get(index)?.text === text) this.#entries.delete(index);
  }
}
