// JwksClient of jwks-rsa over a remote set: refreshed before it expires, asked for unknown kids within an allowance, and
// patient with an endpoint that fails.
import { callbackify } from 'node:util';
import { fetchJwks, type JwksStatus, type KeySet, type RemoteJwks, remoteJwks } from '../index.ts';
import { optionError } from './advice.ts';
import { ArgumentError, asUnavailable, JwksError, lookUpError, NO_KEYS } from './jwks-rsa-errors.ts';
import { findSigningKey, interceptorOf, remoteLookUp, type SigningKey, signingKeyOf } from './jwks-rsa-keys.ts';
import { type ReadClientOptions, readClientOptions } from './jwks-rsa-options.ts';
import { type Requests, requestsOf } from './jwks-rsa-requests.ts';
import { ownMembers } from './own-members.ts';
import { clockSeconds } from './timespan.ts';

type Callback = (error: unknown, key?: SigningKey) => void;

/** Looks up the key of a kid: a promise, or nothing where a callback is given. Works apart from its client, too. */
type GetSigningKey = (kid?: unknown, callback?: Callback) => Promise<SigningKey> | undefined;

export class JwksClient {
  /** The options as given, with jwks-rsa's defaults. */
  readonly options: { readonly [name: string]: unknown };
  readonly getSigningKey: GetSigningKey;
  readonly #endpoint: Endpoint;

  /** @throws TypeError for an option that cannot be honoured, such as a URL of plain http to another host */
  constructor(options?: unknown) {
    const read = readClientOptions(options);
    this.options = { rateLimit: false, cache: true, timeout: 30_000, ...ownMembers(options) };
    const endpoint = new Endpoint(read);
    this.#endpoint = endpoint;
    const lookUp = lookUpIn(endpoint, read);
    const withCallback = callbackify(lookUp);
    this.getSigningKey = (kid, callback) => {
      if (!callback) return lookUp(kid);
      withCallback(kid, callback);
      return undefined;
    };
  }

  /** Asks the endpoint, and returns the members of `keys` as it wrote them. */
  async getKeys(): Promise<unknown> {
    return this.#endpoint.document();
  }

  /** Asks the endpoint, and returns all its keys that can verify. */
  async getSigningKeys(): Promise<SigningKey[]> {
    const { keys } = await this.#endpoint.freshSet();
    if (keys.length === 0) throw new JwksError(NO_KEYS);
    return keys.map(signingKeyOf);
  }
}

/** The most keys that are remembered for the rest of a second: as many as a set may have. */
const MAX_REMEMBERED = 100;

/** Returns the function that finds the key of a kid. What it found is the answer for the rest of that second. */
function lookUpIn(endpoint: Endpoint, read: ReadClientOptions): (kid: unknown) => Promise<SigningKey> {
  const { cache, onStaleCacheFallback } = read;
  const intercept = interceptorOf(read);
  const remembered = new Map<unknown, Promise<SigningKey>>();
  let second = Number.NaN;
  const lookUp = async (kid: unknown): Promise<SigningKey> => {
    const intercepted = await intercept?.(kid);
    if (intercepted) return intercepted;
    const key = findSigningKey(await (cache ? endpoint.setFor(kid) : endpoint.freshSet()), kid);
    const stale = onStaleCacheFallback && endpoint.staleError();
    if (stale) onStaleCacheFallback(stale, kid, key);
    return key;
  };
  if (!cache) return lookUp;
  return (kid) => {
    const now = clockSeconds();
    if (now !== second) remembered.clear();
    second = now;
    const known = remembered.get(kid);
    if (known) return known;
    const found = lookUp(kid);
    const remember = () => {
      if (remembered.size < MAX_REMEMBERED) remembered.set(kid, found);
    };
    found.then(remember, () => undefined);
    return found;
  };
}

/** The name of an endpoint that the caller's fetcher asks; nobody else is asked for it. */
const FETCHER_URL = 'https://fetcher.invalid/';

/** The endpoint of a client, whose errors are those of jwks-rsa. */
class Endpoint {
  readonly #requests: Requests;
  readonly #read: ReadClientOptions;
  readonly #remote: RemoteJwks | undefined;
  readonly #lookUp: ((kid: unknown) => Promise<KeySet>) | undefined;

  constructor(read: ReadClientOptions) {
    this.#read = read;
    this.#requests = requestsOf(read);
    if (this.#url === undefined) return;
    const { maxFresh, staleFor } = read;
    const lifetimes = { maxFresh, defaultFresh: maxFresh, minFresh: Math.min(60, maxFresh), staleFor };
    try {
      this.#remote = remoteJwks(this.#url, { ...this.#options, ...lifetimes });
    } catch (error) {
      throw withOwnNames(error);
    }
    this.#lookUp = remoteLookUp(this.#remote);
  }

  /** The URL to ask; `undefined` if it is none, which is told when keys are asked for. */
  get #url(): string | undefined {
    if (this.#read.fetcher) return FETCHER_URL;
    const url = String(this.#read.jwksUri);
    return URL.canParse(url) ? url : undefined;
  }

  get #options() {
    const { headers, timeout } = this.#read;
    return { fetch: this.#requests.send, headers, timeout, allowInsecureLoopback: true };
  }

  /** The set to look a kid up in. */
  async setFor(kid: unknown): Promise<KeySet> {
    return this.#told(() => this.#lookUp?.(kid), this.#remote);
  }

  /** The set as it is at the endpoint now. */
  async freshSet(): Promise<KeySet> {
    return this.#told(() => this.#remote?.refresh(), this.#remote);
  }

  /** The member `keys` of the endpoint's document now. */
  async document(): Promise<unknown> {
    const url = this.#url;
    const { body } = await this.#told(() => (url === undefined ? undefined : fetchJwks(url, this.#options)));
    try {
      return Object(JSON.parse(body)).keys;
    } catch (error) {
      throw asUnavailable(Object(error));
    }
  }

  /** The error of the last request while the keys are stale; `undefined` while they are fresh. */
  staleError(): unknown {
    const { state, lastReason }: Partial<JwksStatus> = Object(this.#remote?.status);
    return state === 'stale' ? (this.#requests.failure() ?? new JwksError(String(lastReason))) : undefined;
  }

  /**
   * The result of asking the endpoint.
   * @param remote the set that was asked, whose status has the reason of a failure
   * @throws ArgumentError without a URL; in jwks-rsa's words, what else went wrong
   */
  async #told<T>(ask: () => Promise<T> | undefined, remote?: RemoteJwks): Promise<T> {
    const asked = ask();
    if (!asked) throw asUnavailable(new ArgumentError('Invalid JWKS URI: The provided URI is not a valid URL.'));
    try {
      return await asked;
    } catch (error) {
      throw lookUpError(error, { status: Object(remote?.status), thrown: this.#requests.failure() });
    }
  }
}

/** An error of remoteJwks with the names of jwks-rsa's options. */
function withOwnNames(error: unknown): TypeError {
  const { message }: Error = Object(error);
  if (message.startsWith('url must be https'))
    return optionError(
      'jwks-rsa',
      'options.jwksUri must be https, or http on loopback; for another host give a fetcher, which sends the request',
    );
  const text = message.replace(/^url/, 'options.jwksUri').replace('options.headers', 'options.requestHeaders');
  return optionError('jwks-rsa', text);
}
