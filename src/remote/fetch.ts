// The one file that opens a connection: a single bounded GET, without cookies, redirects or retries.
import { concat, readUtf8 } from '../bytes.ts';
import { attempt, JoseError } from '../errors.ts';
import { ownMembers } from '../json.ts';
import {
  aBoolean,
  aCount,
  aFunction,
  argumentError,
  checkArgumentCount,
  isFunction,
  isPlainObject,
  isString,
  type OptionRules,
  type Rule,
  readMember,
  readOptions,
} from '../options.ts';
import { type Duration, seconds } from '../time.ts';

/** How a document is fetched. */
export interface FetchOptions {
  /**
   * The function that sends the requests, for example through a proxy or with your own certificate authority. Default: the
   * platform's.
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Request headers beside `accept` and those that the platform adds. Otherwise no cookie and no Authorization is sent.
   * Discovery sends them to the issuer's own origin only.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The longest time from the request to the last octet of the answer. Default 5 seconds. */
  readonly timeout?: Duration | undefined;
  /** The most octets of a body after decompression. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
  /** Allows http URLs whose host is this machine's loopback. Default false. */
  readonly allowInsecureLoopback?: boolean | undefined;
}

export interface FetchJwksOptions extends FetchOptions {
  /** The ETag of an earlier answer, to which the server may answer 304. */
  readonly ifNoneMatch?: string | undefined;
}

/** An answer of status 200, or 304 where an ETag was sent. */
export interface FetchedDocument {
  readonly url: string;
  readonly status: 200 | 304;
  /** The text; empty for 304. */
  readonly body: string;
  /** The number of octets of the body. */
  readonly octets: number;
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly age?: string;
  readonly etag?: string;
}

/** The most octets of a body, by default. */
export const MAX_BODY_BYTES: number = 256 * 1024;
const TIMEOUT = 5;

export const FETCH_OPTIONS: OptionRules<FetchOptions> = {
  fetch: aFunction,
  headers: [
    (value) => isPlainObject(value) && Object.values(value).every(isString) && areSendableHeaders(value),
    "a plain object of header names and values such as { 'x-api-key': '…' }",
    'requestHeaders',
  ],
  timeout: [
    (value) => seconds(value) > 0 && seconds(value) <= MAX_TIMEOUT,
    "a duration such as '5s', or a number of seconds (not milliseconds), of more than 0 and at most 1 day",
    'timeoutDuration',
  ],
  maxBytes: aCount,
  allowInsecureLoopback: aBoolean,
};

/** Whether headers can be sent. Headers that cannot would look like an outage later. */
function areSendableHeaders(headers: Record<string, unknown>): boolean {
  try {
    return new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)])) !== undefined;
  } catch {
    return false;
  }
}

/** Seconds, safely below the 24.8 days at which the platform's timers overflow and fire at once. */
const MAX_TIMEOUT = 86_400;

/**
 * Fetches the document at the URL of a JWK Set once, for tools or for a cache of your own; a service uses `remoteJwks`.
 *
 * @throws JoseError ERR_JWKS_UNAVAILABLE without an answer in time, or for a status other than 200 (or 304 to an ETag);
 *   ERR_JOSE_LIMIT_EXCEEDED over `maxBytes`; TypeError for the arguments
 */
export async function fetchJwks(url: string | URL, options?: FetchJwksOptions): Promise<FetchedDocument> {
  checkArgumentCount(arguments.length, fetchJwks);
  const { ifNoneMatch, ...fetchOptions } = readOptions(options, FETCH_JWKS_OPTIONS);
  const request = ownMembers({ ...fetchOptions, accept: JWKS_MEDIA_TYPES, ifNoneMatch });
  return { ...(await getDocument(checkUrl(url, request.allowInsecureLoopback, 'url'), request)) };
}

const FETCH_JWKS_OPTIONS: OptionRules<FetchJwksOptions> = /* @__PURE__ */ Object.assign(
  { ifNoneMatch: [isHeaderValue, 'the etag of an earlier answer'] satisfies Rule },
  FETCH_OPTIONS,
);

/** Whether a value can be the value of a header. */
export function isHeaderValue(value: unknown): value is string {
  return isString(value) && areSendableHeaders({ value });
}

/** RFC 7517 §8.5.2 The type of a JWK Set, and the general one that many servers use. */
export const JWKS_MEDIA_TYPES = 'application/jwk-set+json, application/json';

/**
 * RFC 8725 §3.10 [8725-3.10-2] The caller names the URL of keys, which must be https, or http on loopback if allowed.
 * Credentials in a URL would end up in logs, and a fragment is never sent.
 *
 * @throws TypeError naming the argument
 */
export function checkUrl(url: unknown, allowInsecureLoopback: boolean | undefined, argument: string): URL {
  const text = isUrl(url) ? url.href : url;
  if (typeof text !== 'string' || !URL.canParse(text)) throw argumentError(argument, 'a URL', url);
  const parsed = new URL(text);
  if (parsed.username || parsed.password) throw new TypeError(`${argument} must not hold a user name or password`);
  if (parsed.href.includes('#')) throw new TypeError(`${argument} must not have a fragment`);
  if (parsed.protocol === 'https:') return parsed;
  if (parsed.protocol === 'http:' && allowInsecureLoopback && isLoopback(parsed)) return parsed;
  throw new TypeError(`${argument} must be https, or http on loopback with allowInsecureLoopback`);
}

/** Whether a value is a URL object, of this realm or another. Its text is then parsed like any other. */
function isUrl(value: unknown): value is URL {
  return Object.prototype.toString.call(value) === '[object URL]';
}

/** The URL parser has already written each form of an address, such as 0x7f.1, in the form compared here. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** The place that a set is loaded from; `url` names it in events and snapshots. */
export interface JwksSource {
  readonly url: string;
  readonly load: (hints: FetchHints) => Promise<FetchedDocument>;
}

/** How to fetch a set. */
export interface FetchHints {
  /** The ETag of the present set, if a 304 will do. */
  readonly ifNoneMatch: string | undefined;
  /** The URL that the ETag came from; it is valid there only. */
  readonly taggedBy: string | undefined;
  /** `true` after a failure or a missing key: the set may have moved. */
  readonly recheckLocation: boolean;
}

/** A request, in options that were read already. */
interface DocumentRequest extends FetchJwksOptions {
  readonly accept: string;
  /** The deadline, if several requests share one. */
  readonly deadline?: AbortSignal;
}

/** The signal that aborts requests after `timeout`, or after a fraction of it. */
export function deadlineSignal({ timeout = TIMEOUT }: FetchOptions, part: number = 1): AbortSignal {
  return AbortSignal.timeout(Math.ceil(1000 * part * seconds(timeout)));
}

/** A response of any status. The body is read only for a 200. */
export interface ReadResponse extends Omit<FetchedDocument, 'status'> {
  readonly status: number;
  /** The seconds of Retry-After, on a 429 or 503. */
  readonly retryAfter: number | undefined;
}

/**
 * Sends one GET, within the deadline and the limit on octets.
 * @throws JoseError as {@link fetchJwks}, except for the status
 */
export async function getResponse(url: URL, request: DocumentRequest): Promise<ReadResponse> {
  const { deadline = deadlineSignal(request) } = request;
  try {
    return await withDeadline(deadline, fetchResponse(url, request, deadline));
  } catch (error) {
    if (error instanceof JoseError) throw error;
    throw unavailableError(deadline.aborted ? 'no answer in time' : `no answer (${systemCode(error)})`);
  }
}

/** Fetches a document. @throws JoseError as {@link fetchJwks} */
export async function getDocument(url: URL, request: DocumentRequest): Promise<FetchedDocument> {
  const { status, retryAfter, ...answer } = await getResponse(url, request);
  if (status === 200 || (status === 304 && request.ifNoneMatch !== undefined)) return ownMembers({ ...answer, status });
  throw unavailableError(`status ${status} instead of 200`, retryAfter);
}

const ONCE = /* @__PURE__ */ ownMembers({ once: true });

/** Rejects at the deadline, even if `fetch` ignores its signal. */
async function withDeadline<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => reject(deadline.reason), ONCE);
  });
  return Promise.race([work, late]);
}

async function fetchResponse(url: URL, request: DocumentRequest, signal: AbortSignal): Promise<ReadResponse> {
  const { fetch = globalThis.fetch, accept, ifNoneMatch, headers } = request;
  signal.throwIfAborted();
  const init = ownMembers({
    method: 'GET',
    headers: { accept, ...headers, ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }) },
    cache: 'no-store', // the policy decides on freshness, not a cache of the platform
    credentials: 'omit',
    redirect: 'manual', // whoever controls a redirect would choose the keys
    signal,
  });
  const response = await fetch(url.href, init);
  checkResponse(response);
  const { status } = response;
  if (response.redirected || (status >= 300 && status < 400 && status !== 304)) {
    discardBody(response);
    throw unavailableError(`status ${status}: redirects are not followed; give the URL of the document itself`);
  }
  const body = status === 200 ? await readBody(response, request, signal) : NO_BODY;
  if (status !== 200) discardBody(response);
  const retryAfter = status === 429 || status === 503 ? readRetryAfter(response.headers) : undefined;
  return ownMembers({ url: url.href, status, retryAfter, ...body, ...cacheHeaders(response.headers) });
}

/** RFC 9110 §10.2.3: a number of seconds, or an instant, which counts from the server's own Date. */
function readRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value);
  if (!value.endsWith(' GMT')) return undefined;
  const milliseconds = Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return milliseconds >= 0 ? Math.ceil(milliseconds / 1000) : undefined;
}

/**
 * Checks that `options.fetch` returned a Response, which a mock in tests may not be.
 * @throws JoseError ERR_JWKS_UNAVAILABLE, since no answer can be read
 */
function checkResponse(response: unknown): void {
  const { status, headers, body }: Partial<Record<keyof Response, unknown>> = Object(response);
  const isReadable = isFunction(Object(headers).get) && isFunction(Object(body ?? new Blob([]).stream()).getReader);
  if (typeof status !== 'number' || !isReadable)
    throw unavailableError('options.fetch must return a Response, such as Response.json(jwks), or a promise of one');
}

type ReadBody = Pick<ReadResponse, 'body' | 'octets'>;

const NO_BODY: ReadBody = { body: '', octets: 0 };

/** Cancels the rest of a body, without waiting and without reporting errors. */
function discardBody(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}

async function readBody(
  response: Response,
  { maxBytes = MAX_BODY_BYTES }: FetchOptions,
  deadline: AbortSignal,
): Promise<ReadBody> {
  const reader = (response.body ?? new Blob([]).stream()).getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  deadline.addEventListener('abort', stop, ONCE); // also if `fetch` ignores its signal
  if (deadline.aborted) stop();
  try {
    const octets = await readAtMost(maxBytes, reader, deadline);
    const body = readUtf8(octets);
    if (body === undefined) throw new JoseError('ERR_JWKS_INVALID', 'the document is not UTF-8');
    return { body, octets: octets.length };
  } finally {
    stop(); // cancels the rest, and with it the connection
  }
}

async function readAtMost(
  maxBytes: number,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  deadline: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  for (;;) {
    const { done, value } = await reader.read();
    deadline.throwIfAborted();
    if (done) return concat(chunks);
    chunks.push(value);
    octets += value.length;
    if (octets > maxBytes)
      throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the document is over ${maxBytes} octets (maxBytes)`);
  }
}

/** The headers that caching depends on, and the content type. */
function cacheHeaders(headers: Headers): Partial<FetchedDocument> {
  const values = {
    contentType: headers.get('content-type'),
    cacheControl: headers.get('cache-control'),
    age: headers.get('age'),
    etag: headers.get('etag'),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** How many errors `systemCode` looks at, since causes may form a cycle. */
const MAX_CAUSES = 8;

/**
 * The system's code for a failure, such as ECONNREFUSED, from the error or its causes. Any object may carry it, such as
 * an error of node-fetch or of another realm. Never a message, which may quote the server.
 */
function systemCode(error: unknown): string {
  let cause = error;
  for (let i = 0; i < MAX_CAUSES; i++) {
    const code = errorMember(cause, 'code');
    if (typeof code === 'string' && /^\w{1,64}$/.test(code)) return code;
    cause = errorMember(cause, 'cause');
  }
  return 'no reason given';
}

function errorMember(error: unknown, name: 'code' | 'cause'): unknown {
  return attempt(() => readMember(Object(error), name), undefined);
}

export function unavailableError(reason: string, retryAfter?: number): JoseError {
  return new JoseError('ERR_JWKS_UNAVAILABLE', reason, retryAfter === undefined ? {} : { retryAfter });
}
