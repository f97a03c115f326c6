// A JWK Set that lives at a URL: the policy says what to do, fetch does it, and the set is what came of it.

import { attempt, JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { ownMembers } from '../json.ts';
import { checkAlgorithm } from '../jwks/select.ts';
import { KeySet } from '../jwks/set.ts';
import { setProvider } from '../jwks/source.ts';
import { checkArgumentCount } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import { isKnown, nameOf, PUBLIC_ALGORITHMS, readTokenHeader } from './asked.ts';
import { type Emitter, emitSetChange, emitterOf, named } from './events.ts';
import { checkUrl, type FetchedDocument, getDocument, JWKS_MEDIA_TYPES, MAX_BODY_BYTES } from './fetch.ts';
import { freshnessOf } from './freshness.ts';
import { agesOf, type RemoteJwksOptions, readRemoteOptions } from './options.ts';
import { type Decision, decide, type RemoteEvent } from './policy.ts';
import { type JwksSnapshot, readSnapshot } from './snapshot.ts';
import { type FetchHints, type JwksSource, readKeys } from './source.ts';
import {
  ageOf,
  initialState,
  type JwksStatus,
  type RemoteState,
  setBack,
  statusOf,
  type WaitMark,
  waitMarkOf,
} from './state.ts';

/** Why there are no keys when nothing failed. */
const NONE_YET = 'they are being fetched';

const PROOF: unique symbol = Symbol('RemoteJwks');

/**
 * The keys of an issuer, kept as fresh as it wants and used no longer than they may be. Made by `remoteJwks` and
 * `discoverJwks`. Everything happens because of a request; no timer keeps a process alive.
 */
export class RemoteJwks {
  readonly #source: JwksSource;
  readonly #options: RemoteJwksOptions;
  readonly #tell: Emitter;
  #state: RemoteState;
  #set: KeySet = new KeySet([]);
  /** The answer that the set came from. */
  #document: Partial<FetchedDocument> = ownMembers({});
  /** The header for which the request on its way was sent. */
  #seeker: ReadHeader | undefined;
  /** The newest failure, for the error that tells of it. */
  #failure: string = NONE_YET;
  /** The request on its way, or the last one. Never rejects. */
  #flight: Promise<void> = Promise.resolve();
  /** The latest instant that the clock has told. */
  #latest: NumericDate = Number.NEGATIVE_INFINITY;

  constructor(proof: typeof PROOF, source: JwksSource, options: RemoteJwksOptions) {
    if (proof !== PROOF) throw new TypeError('a RemoteJwks is made by remoteJwks and discoverJwks');
    this.#source = source;
    this.#options = options;
    this.#tell = emitterOf(source.url, options.onEvent);
    this.#state = initialState(agesOf(options));
    if (options.snapshot !== undefined)
      this.#restore(readSnapshot(options.snapshot, source.url, options.maxBytes ?? MAX_BODY_BYTES));
    setProvider(this, {
      for: (header) => this.#take(header),
      now: (header) => this.#atHand(header),
      current: () => this.current,
      warm: () => this.#warm(),
      algorithms: options.algorithms ?? PUBLIC_ALGORITHMS,
    });
    Object.freeze(this);
  }

  /**
   * The set to verify a token with; the token itself is judged by `verifyJwt`. Waits only when it must: for the first
   * answer, for an unknown kid, and once after a long idle time.
   *
   * @throws JoseError before any request what can never verify: ERR_JWS_INVALID, ERR_JOSE_LIMIT_EXCEEDED (256 KiB),
   *   ERR_JOSE_ALG_NOT_ALLOWED; ERR_JWKS_UNAVAILABLE when there is no set that may be used, or when the kid is unknown and
   *   the issuer cannot be asked, with `retryAfter`
   */
  async for(token: string): Promise<KeySet> {
    checkArgumentCount(arguments.length, this.for);
    return this.#take(readTokenHeader(token));
  }

  /** The same without ever waiting: what is at hand, while any request that is due begins. @throws as `for` rejects */
  now(token: string): KeySet {
    checkArgumentCount(arguments.length, this.now);
    return this.#atHand(readTokenHeader(token));
  }

  /** The set as far as it may be used now, if there is one. Looking begins no request. */
  get current(): KeySet | undefined {
    const now = this.#now(); // first, since it may set the state back
    const age = ageOf(this.#state, now);
    return age === 'fresh' || age === 'stale' ? this.#set : undefined;
  }

  get status(): JwksStatus {
    const now = this.#now();
    return statusOf(this.#state, this.#set, now);
  }

  /**
   * Asks the issuer now, whatever the ages and pauses say, or waits for the request on its way.
   * @throws JoseError ERR_JWKS_UNAVAILABLE when that fails; the old set stays as usable as it was
   */
  async refresh(): Promise<KeySet> {
    checkArgumentCount(arguments.length, this.refresh);
    const { over } = waitMarkOf(this.#state);
    this.#step({ type: 'refresh-asked' }, this.#now());
    await this.#flight;
    if (this.#state.failed > over) throw this.#unavailable(this.#now());
    return this.#set;
  }

  /** The set and its ages as plain data, to start another process with; `undefined` when there is no usable set. */
  snapshot(): JwksSnapshot | undefined {
    checkArgumentCount(arguments.length, this.snapshot);
    const { current } = this;
    const { good } = this.#state;
    if (!good || !current) return undefined;
    const { fetchedAt, receivedAt, freshUntil } = good;
    const { etag } = this.#document;
    return {
      version: 1,
      url: this.#source.url,
      fetchedAt,
      receivedAt,
      freshUntil,
      ...(etag !== undefined && { etag }),
      jwks: current.toJSON(),
    };
  }

  async #warm(): Promise<void> {
    if (this.status.state === 'fresh') return;
    try {
      await this.refresh();
    } catch (error) {
      // What is stale may still be used, and nothing is gained by not starting.
      if (!this.current) throw error;
    }
  }

  #restore({ etag, jwks, ...ages }: JwksSnapshot): void {
    this.#set = readKeys(jwks, this.#options);
    this.#document = ownMembers(etag === undefined ? {} : { etag });
    this.#step({ type: 'restored', ...ages, random: this.#random() }, this.#now());
  }

  #take(header: ReadHeader): KeySet | Promise<KeySet> {
    const since = waitMarkOf(this.#state);
    return this.#everyday(header) ?? this.#ask(header, since) ?? this.#wait(header, since);
  }

  #atHand(header: ReadHeader): KeySet {
    const keys = this.#everyday(header) ?? this.#ask(header, waitMarkOf(this.#state));
    if (keys) return keys;
    const now = this.#now();
    if (!this.current || !isKnown(this.#set, header)) throw this.#unavailable(now);
    this.#tellStale(now);
    return this.#set;
  }

  /** The set where nothing is to be decided: fresh, not due, and it has the key. */
  #everyday(header: ReadHeader): KeySet | undefined {
    checkAlgorithm(header, this.#options.algorithms ?? PUBLIC_ALGORITHMS);
    const now = this.#now();
    const { good } = this.#state;
    return good && now < good.refreshAt && isKnown(this.#set, header) ? this.#set : undefined;
  }

  /** The set, or `undefined` when the request on its way is worth waiting for. */
  #ask(header: ReadHeader, since: WaitMark): KeySet | undefined {
    const now = this.#now();
    const { sent } = this.#state;
    const seeks = isKnown(this.#set, header) ? undefined : nameOf(header);
    const reply = this.#step({ type: 'asked', seeks, since }, now);
    if (this.#state.sent > sent) {
      this.#seeker = header;
      if (seeks !== undefined && this.#state.good) this.#tell('kid-unknown', now, () => named(header));
    }
    if (reply === 'wait') return undefined;
    if (reply === 'unavailable') throw this.#unavailable(now);
    if (reply === 'lacking') this.#tell('kid-refused', now, () => named(header));
    else this.#tellStale(now);
    return this.#set;
  }

  async #wait(header: ReadHeader, since: WaitMark): Promise<KeySet> {
    for (;;) {
      await this.#flight;
      const keys = this.#ask(header, since);
      if (keys) return keys;
    }
  }

  /** Lets the policy decide, and sends what it wants sent. */
  #step(event: RemoteEvent, now: NumericDate): Decision['reply'] {
    const { state, send, reply } = decide(this.#state, event, now);
    this.#state = state;
    if (send) this.#flight = this.#request(state.sent, send);
    return reply;
  }

  async #request(request: number, how: 'conditional' | 'full'): Promise<void> {
    const ifNoneMatch = how === 'conditional' ? this.#document.etag : undefined;
    const { failing } = this.#state;
    try {
      const recheckLocation = how === 'full' || failing !== undefined;
      const document = await this.#source.load({ ifNoneMatch, taggedBy: this.#document.url, recheckLocation });
      this.#accept(request, document);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  /** A good answer replaces the whole set, so that a key which is gone from it is gone. The same text leaves it as it is. */
  #accept(request: number, document: FetchedDocument): void {
    const hasBody = document.status === 200;
    const isSame = !hasBody || document.body === this.#document.body;
    const old = this.#set;
    const set = isSame ? old : readKeys(document.body, this.#options);
    // What a 304 leaves unsaid is as it was (RFC 9111 §4.3.4).
    const cacheControl = document.cacheControl ?? (hasBody ? undefined : this.#document.cacheControl);
    const [now, random] = [this.#now(), this.#random()];
    this.#set = set;
    this.#failure = NONE_YET;
    if (hasBody) this.#document = document;
    this.#step(
      {
        type: 'answered',
        request,
        fresh: freshnessOf(cacheControl, document.age),
        hasBody,
        isChanged: !isSame,
        isLacking: this.#seeker !== undefined && !isKnown(set, this.#seeker),
        random,
      },
      now,
    );
    emitSetChange(this.#tell, { at: now, set, old, isSame, freshUntil: this.#state.good?.freshUntil });
  }

  /** Whatever went wrong: also a clock that fails must not leave a request on its way for ever. */
  #refuse(request: number, error: unknown): void {
    const { code, message } =
      error instanceof JoseError ? error : new JoseError('ERR_JWKS_UNAVAILABLE', 'an option failed');
    const now = attempt(() => this.#now(), this.#latest);
    const random = attempt(() => this.#random(), 1);
    this.#failure = message;
    this.#step({ type: 'failed', request, code, random }, now);
    const { failing } = this.#state;
    this.#tell('refresh-failed', now, () => ({
      code,
      reason: message,
      failures: failing?.failures,
      retryAt: failing?.retryAt,
    }));
  }

  #tellStale(now: NumericDate): void {
    const { good } = this.#state;
    if (good && now >= good.freshUntil) this.#tell('stale-served', now, () => ({ age: now - good.fetchedAt }));
  }

  #unavailable(now: NumericDate): JoseError {
    const pause = (this.#state.failing?.retryAt ?? now) - now;
    return new JoseError('ERR_JWKS_UNAVAILABLE', `the keys are unavailable: ${this.#failure}`, {
      retryAfter: Math.max(1, Math.ceil(pause)),
    });
  }

  /** The clock, and if it was set back, the state with it. */
  #now(): NumericDate {
    const { clock } = this.#options;
    const now = clock ? clock() : instant(undefined);
    if (!Number.isFinite(now)) throw new TypeError('options.clock must return a number of seconds');
    if (now < this.#latest) this.#state = setBack(this.#state, this.#latest - now);
    this.#latest = now;
    return now;
  }

  #random(): number {
    const { random = Math.random } = this.#options;
    const value = random();
    return value >= 0 && value <= 1 ? value : 1;
  }
}

export function makeRemote(source: JwksSource, options: RemoteJwksOptions): RemoteJwks {
  return new RemoteJwks(PROOF, source, options);
}

/**
 * The JWK Set at a URL, fetched when it is first needed, kept and renewed (README: Remote keys).
 *
 * @param url https, or http on loopback with `allowInsecureLoopback`
 * @throws TypeError for the arguments; JoseError ERR_JWKS_INVALID for a snapshot that is none of this URL
 */
export function remoteJwks(url: string | URL, options?: RemoteJwksOptions): RemoteJwks {
  checkArgumentCount(arguments.length, remoteJwks);
  const read = readRemoteOptions(options);
  const where = checkUrl(url, read.allowInsecureLoopback, 'url');
  const load = ({ ifNoneMatch }: FetchHints) =>
    getDocument(where, ownMembers({ ...read, accept: JWKS_MEDIA_TYPES, ifNoneMatch }));
  return makeRemote({ url: where.href, load }, read);
}
