// A bounded cache from text to value, which drops the least recently used entry.

/** Longer texts are not cached. */
export const MAX_CACHED_LENGTH: number = 8 * 1024;
/** The characters at the end of a text that index it. In a token they belong to the signature, so they differ. */
const INDEX_LENGTH = 12;

interface Entry<Value> {
  readonly text: string;
  readonly index: string;
  readonly value: Value;
}

/**
 * Caches a value for each text. The end of the text is the index, because hashing a long text that has just arrived
 * takes several times as long as comparing it. The whole text is then compared, so texts with the same end are never
 * confused; the later one replaces the other.
 */
export class LruCache<Value> {
  readonly #max: number;
  /** In order of use, the oldest first. */
  readonly #entries: Map<string, Entry<Value>> = new Map();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the value of exactly this text, and marks it as the last used. */
  get(text: unknown): Value | undefined {
    if (typeof text !== 'string') return undefined;
    const entry = this.#entries.get(text.slice(-INDEX_LENGTH));
    if (entry?.text !== text) return undefined;
    this.#entries.delete(entry.index);
    this.#entries.set(entry.index, entry);
    return entry.value;
  }

  /**
   * @param text in Latin-1, as every verified token is. It is copied, because a substring would keep alive the string
   *   that it was cut from.
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

  /** Deletes every entry whose value is outdated. */
  deleteWhere(isOutdated: (value: Value) => boolean): void {
    for (const { index, value } of this.#entries.values()) if (isOutdated(value)) this.#entries.delete(index);
  }

  delete(text: string): void {
    const index = text.slice(-INDEX_LENGTH);
    if (this.#entries.get(index)?.text === text) this.#entries.delete(index);
  }
}
