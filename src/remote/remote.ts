// RemoteJwks, the JWK Set at a URL: policy.ts decides, fetch.ts or discovery.ts fetches, and this class holds the keys.

import { attempt, JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { ownMembers } from '../json.ts';
import type { Key } from '../jwk/key.ts';
import { checkAlgorithm, hasKeyFor } from '../jwks/select.ts';
import { KeySet } from '../jwks/set.ts';
import { setProvider } from '../jwks/source.ts';
import { splitCompact } from '../jws/parts.ts';
import { readProtectedHeader } from '../jws/protected.ts';
import { checkArgumentCount, readMember } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import { type Emitter, emitSetChange, emitterOf, kidAndAlgOf } from './events.ts';
import { type FetchedDocument, getDocument, JWKS_MEDIA_TYPES, type JwksSource, MAX_BODY_BYTES } from './fetch.ts';
import {
  lifetimesOf,
  PUBLIC_ALGORITHMS,
  REMOTE_OPTIONS,
  type RemoteJwksOptions,
  readRemoteOptions,
} from './options.ts';
import { type Decision, freshnessOf, type RemoteEvent, remoteDecision } from './policy.ts';
import { type JwksSnapshot, readSnapshot, snapshotOf } from './snapshot.ts';
import {
  cacheStateOf,
  initialRemoteState,
  type JwksStatus,
  type RemoteState,
  statusOf,
  type WaitMark,
  waitMarkOf,
  wantedKeyOf,
  withClockSetBack,
} from './state.ts';
import { checkUrl } from './urls.ts';
import { importUsableKeys } from './usable-keys.ts';

/** The reason in an error when no request has failed. */
const NOT_FETCHED_YET = 'they are being fetched';

const PROOF: unique symbol = Symbol('RemoteJwks');

/**
 * The key set of an issuer, refreshed as its caching headers say and used no longer than the options allow. Made by
 * `remoteJwks` and `discoverJwks`. Requests start only from calls: no timer keeps a process alive.
 */
export class RemoteJwks {
  readonly #source: JwksSource;
  readonly #options: RemoteJwksOptions;
  readonly #emit: Emitter;
  #state: RemoteState;
  #set: KeySet = new KeySet([]);
  /** The answer that the set came from. */
  #document: Partial<FetchedDocument> = ownMembers({});
  /** The header of the token that caused the last request. */
  #wantedHeader: ReadHeader | undefined;
  /** The pending request, or the last one. Never rejects. */
  #pendingRequest: Promise<void> = Promise.resolve();
  /** The last instant read from the clock. */
  #latestInstant: NumericDate = Number.NEGATIVE_INFINITY;

  constructor(proof: typeof PROOF, source: JwksSource, options: RemoteJwksOptions) {
    if (proof !== PROOF) throw new TypeError('a RemoteJwks is made by remoteJwks and discoverJwks');
    this.#source = source;
    this.#options = options;
    this.#emit = emitterOf(source.url, options.onEvent);
    this.#state = initialRemoteState(lifetimesOf(options));
    if (options.snapshot !== undefined)
      this.#restoreSnapshot(readSnapshot(options.snapshot, source.url, options.maxBytes ?? MAX_BODY_BYTES));
    setProvider(this, {
      for: (header) => this.#keysFor(header),
      now: (header) => this.#withoutWaiting(header),
      current: () => this.current,
      newerThan: (keys) => this.#newerThan(keys),
      warm: () => this.#warm(),
      algorithms: options.algorithms ?? PUBLIC_ALGORITHMS,
    });
    Object.freeze(this);
  }

  /**
   * Returns the set to verify a token with; pass it to `verifyJwt`. Waits for the first answer, for an unknown kid, and
   * once after a long idle time.
   *
   * @throws JoseError before any request: ERR_JWS_INVALID, ERR_JOSE_LIMIT_EXCEEDED (256 KiB), ERR_JOSE_ALG_NOT_ALLOWED;
   *   ERR_JWKS_UNAVAILABLE with `retryAfter` if no set may be used, or if the kid is unknown and the issuer unavailable
   */
  async for(token: string): Promise<KeySet> {
    checkArgumentCount(arguments.length, this.for);
    return this.#keysFor(readTokenHeader(token));
  }

  /** Returns the present set without waiting. A request that is due begins in the background. @throws as `for` */
  now(token: string): KeySet {
    checkArgumentCount(arguments.length, this.now);
    return this.#withoutWaiting(readTokenHeader(token));
  }

  /** The set that may be used now, if any. Reading it begins no request. */
  get current(): KeySet | undefined {
    const now = this.#now(); // first, since it may move the state
    const cacheState = cacheStateOf(this.#state, now);
    return cacheState === 'fresh' || cacheState === 'stale' ? this.#set : undefined;
  }

  get status(): JwksStatus {
    const now = this.#now();
    return statusOf(this.#state, { set: this.#set, insecureHosts: this.#options.insecureHosts }, now);
  }

  /**
   * Fetches the set now, regardless of its age and of pauses, or waits for the pending request.
   * @throws JoseError ERR_JWKS_UNAVAILABLE if that fails, or ERR_JWKS_ISSUER_MISMATCH if the issuer's metadata names another
   *   issuer; the old set stays as usable as it was
   */
  async refresh(): Promise<KeySet> {
    checkArgumentCount(arguments.length, this.refresh);
    const { over } = waitMarkOf(this.#state);
    this.#applyEvent({ type: 'refresh' }, this.#now());
    await this.#pendingRequest;
    if (this.#state.lastFailed > over) throw this.#refreshError();
    return this.#set;
  }

  /** The set and its instants as plain data, for the option `snapshot`; `undefined` without a usable set. */
  snapshot(): JwksSnapshot | undefined {
    checkArgumentCount(arguments.length, this.snapshot);
    const { current } = this;
    const { good } = this.#state;
    if (!good || !current) return undefined;
    return snapshotOf(current, { url: this.#source.url, good, etag: this.#document.etag });
  }

  async #newerThan(keys: KeySet | Key): Promise<KeySet | undefined> {
    if (this.#applyEvent({ type: 'signature-failed' }, this.#now()) === 'wait') await this.#pendingRequest;
    return this.#set === keys ? undefined : this.current;
  }

  async #warm(): Promise<void> {
    if (this.status.state === 'fresh') return;
    try {
      await this.refresh();
    } catch (error) {
      // A stale set may still be used, so the service can start.
      if (!this.current) throw error;
    }
  }

  #restoreSnapshot({ etag, jwks, ...lifetimes }: JwksSnapshot): void {
    const { alg, use, accept, maxKeys, maxBytes } = this.#options;
    this.#set = importUsableKeys(jwks, ownMembers({ maxKeys, maxBytes }));
    // A filter may be newer than the snapshot: without an ETag, the first refresh brings all keys again.
    this.#document = ownMembers(etag === undefined || (alg ?? use ?? accept) ? {} : { etag });
    this.#applyEvent({ type: 'restored', ...lifetimes, random: this.#random() }, this.#now());
  }

  #keysFor(header: ReadHeader): KeySet | Promise<KeySet> {
    const since = waitMarkOf(this.#state);
    return this.#freshSet(header) ?? this.#lookUp(header, since) ?? this.#waitForKeys(header, since);
  }

  #withoutWaiting(header: ReadHeader): KeySet {
    const keys = this.#freshSet(header) ?? this.#lookUp(header, waitMarkOf(this.#state));
    if (keys) return keys;
    const now = this.#now();
    if (!this.current || !hasKeyFor(this.#set, header)) throw this.#unavailableError(now);
    this.#emitIfStale(now);
    return this.#set;
  }

  /** The set if it is fresh, has the key and needs no refresh: the path of most tokens, without the policy. */
  #freshSet(header: ReadHeader): KeySet | undefined {
    checkAlgorithm(header, this.#options.algorithms ?? PUBLIC_ALGORITHMS);
    const now = this.#now();
    const { good } = this.#state;
    return good && now < good.refreshAt && hasKeyFor(this.#set, header) ? this.#set : undefined;
  }

  /** The set, or `undefined` if the caller should wait for the pending request. */
  #lookUp(header: ReadHeader, since: WaitMark): KeySet | undefined {
    const now = this.#now();
    const { lastSent } = this.#state;
    const wantedKey = hasKeyFor(this.#set, header) ? undefined : wantedKeyOf(header);
    const reply = this.#applyEvent({ type: 'lookup', wantedKey, since }, now);
    if (this.#state.lastSent > lastSent) {
      this.#wantedHeader = header;
      if (wantedKey !== undefined && this.#state.good) this.#emit('kid-unknown', now, () => kidAndAlgOf(header));
    }
    if (reply === 'wait') return undefined;
    if (reply === 'unavailable') throw this.#unavailableError(now);
    if (reply === 'key-missing') this.#emit('kid-refused', now, () => kidAndAlgOf(header));
    else this.#emitIfStale(now);
    return this.#set;
  }

  async #waitForKeys(header: ReadHeader, since: WaitMark): Promise<KeySet> {
    for (;;) {
      await this.#pendingRequest;
      const keys = this.#lookUp(header, since);
      if (keys) return keys;
    }
  }

  /** Lets the policy decide, and sends the request that it asks for. */
  #applyEvent(event: RemoteEvent, now: NumericDate): Decision['reply'] {
    const { state, send, reply } = remoteDecision(this.#state, event, now);
    this.#state = state;
    if (send) this.#pendingRequest = this.#sendRequest(state.lastSent, send);
    return reply;
  }

  async #sendRequest(request: number, how: 'conditional' | 'full'): Promise<void> {
    const ifNoneMatch = how === 'conditional' ? this.#document.etag : undefined;
    const { failing } = this.#state;
    try {
      const recheckLocation = how === 'full' || failing !== undefined;
      const document = await this.#source.load({ ifNoneMatch, taggedBy: this.#document.url, recheckLocation });
      this.#acceptDocument(request, document);
    } catch (error) {
      this.#recordFailure(request, error);
    }
  }

  /** Replaces the whole set, so that removed keys go away. An answer with the same body keeps the same object. */
  #acceptDocument(request: number, document: FetchedDocument): void {
    const hasBody = document.status === 200;
    const isSame = !hasBody || document.body === this.#document.body;
    const old = this.#set;
    const set = isSame ? old : importUsableKeys(document.body, this.#options);
    // Headers that a 304 omits keep their value (RFC 9111 §4.3.4).
    const cacheControl = document.cacheControl ?? (hasBody ? undefined : this.#document.cacheControl);
    const [now, random] = [this.#now(), this.#random()];
    this.#set = set;
    if (hasBody) this.#document = document;
    this.#applyEvent(
      {
        type: 'answered',
        request,
        fresh: freshnessOf(cacheControl, document.age),
        hasBody,
        isChanged: !isSame,
        lacksWantedKey: this.#wantedHeader !== undefined && !hasKeyFor(set, this.#wantedHeader),
        random,
      },
      now,
    );
    emitSetChange(this.#emit, { at: now, set, old, isSame, freshUntil: this.#state.good?.freshUntil });
  }

  /** Records any failure. A `clock` or `random` that throws must not leave the request pending for ever. */
  #recordFailure(request: number, error: unknown): void {
    const known =
      error instanceof JoseError
        ? error
        : new JoseError('ERR_JWKS_UNAVAILABLE', 'options.clock or options.random failed');
    const { code, message } = known;
    const retryAfter = readMember(known, 'retryAfter'); // own only: most errors have none
    const now = attempt(() => this.#now(), this.#latestInstant);
    const random = attempt(() => this.#random(), 1);
    this.#applyEvent({ type: 'failed', request, code, reason: message, retryAfter, random }, now);
    const { failing } = this.#state;
    this.#emit('refresh-failed', now, () => ({
      code,
      reason: message,
      failures: failing?.failures,
      retryAt: failing?.retryAt,
    }));
  }

  #emitIfStale(now: NumericDate): void {
    const { good } = this.#state;
    if (good && now >= good.freshUntil) this.#emit('stale-served', now, () => ({ age: now - good.fetchedAt }));
  }

  #unavailableError(now: NumericDate): JoseError {
    const { failing } = this.#state;
    const pause = (failing?.retryAt ?? now) - now;
    const reason = failing?.reason ?? NOT_FETCHED_YET;
    return new JoseError('ERR_JWKS_UNAVAILABLE', `the keys are unavailable: ${reason}`, {
      retryAfter: Math.max(1, Math.ceil(pause)),
    });
  }

  /** The error of a refresh. A misconfiguration has its own code, but not for tokens: who sends one is not at fault. */
  #refreshError(): JoseError {
    const { failing } = this.#state;
    if (failing?.code === 'ERR_JWKS_ISSUER_MISMATCH') return new JoseError(failing.code, failing.reason);
    return this.#unavailableError(this.#now());
  }

  /** Reads the clock, and moves the state if the clock was set back. */
  #now(): NumericDate {
    const { clock } = this.#options;
    const now = clock ? clock() : instant(undefined);
    if (!Number.isFinite(now)) throw new TypeError('options.clock must return a number of seconds');
    if (now < this.#latestInstant) this.#state = withClockSetBack(this.#state, this.#latestInstant - now);
    this.#latestInstant = now;
    return now;
  }

  #random(): number {
    const { random = Math.random } = this.#options;
    const value = random();
    return value >= 0 && value <= 1 ? value : 1;
  }
}

/** The most characters of a token: the limit of a JWT. */
const MAX_TOKEN_LENGTH: number = 256 * 1024;

function readTokenHeader(token: string): ReadHeader {
  return readProtectedHeader(splitCompact(token, MAX_TOKEN_LENGTH).header);
}

export function makeRemoteJwks(source: JwksSource, options: RemoteJwksOptions): RemoteJwks {
  return new RemoteJwks(PROOF, source, options);
}

/**
 * The JWK Set at a URL: fetched when it is first needed, cached, and refreshed (README: Remote keys).
 *
 * @param url https, or http where `allowInsecureLoopback` or `insecureHosts` allow it
 * @throws TypeError for the arguments; JoseError ERR_JWKS_INVALID for a snapshot of another URL
 */
export function remoteJwks(url: string | URL, options?: RemoteJwksOptions): RemoteJwks {
  checkArgumentCount(arguments.length, remoteJwks);
  const read = readRemoteOptions(options, REMOTE_OPTIONS);
  const where = checkUrl(url, read, 'url');
  const source: JwksSource = {
    url: where.href,
    load: ({ ifNoneMatch }) => getDocument(where, ownMembers({ ...read, accept: JWKS_MEDIA_TYPES, ifNoneMatch })),
  };
  return makeRemoteJwks(source, read);
}
