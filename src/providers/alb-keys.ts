// The public keys of AWS load balancers: one PEM at a URL of its own for each kid, fetched when first needed, cached and
// bounded.
import { asJoseError, JoseError, RETRY_AFTER } from '../errors.ts';
import { ownMembers } from '../json.ts';
import { importKey } from '../jwk/import.ts';
import type { Key } from '../jwk/key.ts';
import { unavailableError } from '../remote/failures.ts';
import { type FetchOptions, getResponse } from '../remote/fetch.ts';
import type { NumericDate } from '../time.ts';

/** Seconds after which a key is fetched again, so that one that was taken back goes away. */
const FRESH = 3_600;
/** Seconds for which a key is then still used while it is fetched again, or its endpoint is unavailable. */
const STALE = 3_600;
/** The most keys that are cached. A region's load balancers use few at a time. */
const MAX_KEYS = 32;
/** The most requests for unknown kids within `WINDOW` seconds: anyone can invent kids. */
const MAX_REQUESTS = 10;
const WINDOW = 60;
/** The most octets of an answer. A key has about 180. */
const MAX_BYTES = 4_096;

interface CachedKey {
  readonly key: Key;
  readonly at: NumericDate;
}

/** A request that failed, and for how many seconds its kid is not asked for again. */
interface Refusal {
  readonly error: JoseError;
  readonly at: NumericDate;
  readonly pause: number;
}

export class AlbKeys {
  readonly #options: FetchOptions;
  readonly #known: Map<string, CachedKey> = new Map();
  readonly #pending: Map<string, Promise<Key>> = new Map();
  readonly #refusals: Map<string, Refusal> = new Map();
  /** The instants of the last requests for unknown kids. */
  #asked: readonly NumericDate[] = [];

  /** @param options read already */
  constructor(options: FetchOptions) {
    this.#options = options;
    Object.freeze(this);
  }

  /**
   * The key of a kid.
   * @param url that of the key, whose kid was checked
   * @throws JoseError ERR_JWKS_NO_MATCHING_KEY for a kid that the endpoint does not have; ERR_JWKS_UNAVAILABLE
   */
  async for(url: URL, kid: string, now: NumericDate): Promise<Key> {
    const known = this.#known.get(url.href);
    const isUsable = known && isWithin(FRESH + STALE, known.at, now);
    if (isUsable && isWithin(FRESH, known.at, now)) return known.key;
    const request = this.#requestOf(url, kid, now);
    if (!isUsable) return request;
    // Known keys are renewed in the background; a failure is remembered as a refusal.
    request.catch(() => {});
    return known.key;
  }

  async #requestOf(url: URL, kid: string, now: NumericDate): Promise<Key> {
    return this.#pending.get(url.href) ?? this.#ask(url, kid, now);
  }

  #ask(url: URL, kid: string, now: NumericDate): Promise<Key> {
    const refusal = this.#refusals.get(url.href);
    if (refusal && isWithin(refusal.pause, refusal.at, now)) throw refusal.error;
    // A key that is fetched again is not counted, so that invented kids cannot keep it from being renewed.
    if (!this.#known.has(url.href)) this.#countRequest(now);
    const request = this.#request(url, kid, now).finally(() => this.#pending.delete(url.href));
    this.#pending.set(url.href, request);
    return request;
  }

  #countRequest(now: NumericDate): void {
    const recent = this.#asked.filter((at) => isWithin(WINDOW, at, now));
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= MAX_REQUESTS)
      throw keyUnavailableError('too many unknown kids within a minute', Math.ceil(oldest + WINDOW - now));
    this.#asked = [...recent, now];
  }

  async #request(url: URL, kid: string, now: NumericDate): Promise<Key> {
    try {
      const key = await fetchKey(url, kid, this.#options);
      addBounded(this.#known, url.href, { key, at: now });
      return key;
    } catch (cause) {
      const error = asJoseError(cause);
      if (error.code === 'ERR_JWKS_NO_MATCHING_KEY') this.#known.delete(url.href);
      const pause = Math.min(Math.max(error.retryAfter ?? WINDOW, RETRY_AFTER), WINDOW);
      addBounded(this.#refusals, url.href, { error, at: now, pause });
      throw error;
    }
  }
}

/** Whether an instant is at most so many seconds ago; one that is ahead is not, since the clock was set back. */
function isWithin(seconds: number, at: NumericDate, now: NumericDate): boolean {
  return at <= now && now < at + seconds;
}

/** Adds an entry as the latest, and removes the oldest of too many. */
function addBounded<T>(map: Map<string, T>, name: string, value: T): void {
  map.delete(name);
  map.set(name, value);
  const [oldest] = map.keys();
  if (map.size > MAX_KEYS && oldest !== undefined) map.delete(oldest);
}

async function fetchKey(url: URL, kid: string, options: FetchOptions): Promise<Key> {
  const request = ownMembers({ maxBytes: MAX_BYTES, ...options, accept: 'application/x-pem-file, text/plain, */*' });
  const { status, body, retryAfter } = await getResponse(url, request).catch(throwUnavailable);
  if (status === 404)
    throw new JoseError('ERR_JWKS_NO_MATCHING_KEY', 'the load balancers of the region have no key of this kid');
  if (status === 403)
    throw keyUnavailableError('status 403, for a kid that does not exist, or by something on the way');
  if (status !== 200) throw keyUnavailableError(`status ${status} instead of 200`, retryAfter);
  return readKey(body, kid);
}

/** A public key (SPKI) in PEM, of P-256. */
function readKey(pem: string, kid: string): Key {
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) throw keyUnavailableError('the document is no public key in PEM');
  try {
    return importKey(pem, { alg: 'ES256', kid });
  } catch (error) {
    return throwUnavailable(error);
  }
}

/** Whatever is wrong with an answer, it says nothing about the token. */
function throwUnavailable(error: unknown): never {
  throw keyUnavailableError(asJoseError(error).message);
}

function keyUnavailableError(reason: string, retryAfter: number = RETRY_AFTER): JoseError {
  return unavailableError(`the key is unavailable: ${reason}`, retryAfter);
}
