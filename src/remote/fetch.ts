// A single bounded GET without cookies, redirects or retries, by the platform's fetch or the caller's. All requests
// pass here.
import { concat, readUtf8 } from '../bytes.ts';
import { JoseError } from '../errors.ts';
import { ownMembers } from '../json.ts';
import {
  aBoolean,
  aCount,
  checkArgumentCount,
  isFunction,
  type OptionRules,
  type Rule,
  readOptions,
} from '../options.ts';
import { type Duration, seconds } from '../time.ts';
import { systemCode, unavailableError } from './failures.ts';
import { A_HEADER_SOURCE, callForHeaders, copyHeaders, isHeaderValue, type RequestHeaders } from './headers.ts';
import { A_HOST_LIST, checkUrl, type InsecureAccess, warnOfInsecureHosts } from './urls.ts';

/** How a document is fetched. */
export interface FetchOptions extends InsecureAccess {
  /**
   * The function that sends the requests, for example through a proxy or with your own certificate authority. Default: the
   * platform's.
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Request headers beside `accept` and those that the platform adds, or a function that returns them, also as a
   * promise, and is called for each request within its `timeout`; if it fails, so does the request. Otherwise no cookie
   * and no Authorization is sent. Discovery sends them to the issuer's own origin only, and to those of `headersTo`.
   */
  readonly headers?: RequestHeaders | undefined;
  /** The longest time from the request to the last octet of the answer. Default 5 seconds. */
  readonly timeout?: Duration | undefined;
  /** The most octets of a body after decompression. Default 256 KiB. */
  readonly maxBytes?: number | undefined;
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
  fetch: [isFunction, 'a function', 'fetcher agent requestAgent'],
  headers: A_HEADER_SOURCE,
  timeout: [
    (value) => seconds(value) > 0 && seconds(value) <= MAX_TIMEOUT,
    "a duration such as '5s', or a number of seconds (not milliseconds), of more than 0 and at most 1 day",
    'timeoutDuration',
  ],
  maxBytes: aCount,
  allowInsecureLoopback: aBoolean,
  insecureHosts: A_HOST_LIST,
};

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
  const request = ownMembers({ ...readFetchOptions(options, FETCH_JWKS_OPTIONS), accept: JWKS_MEDIA_TYPES });
  return { ...(await getDocument(checkUrl(url, request, 'url'), request)) };
}

/** Reads options, copies those that the caller could change later, and warns of `insecureHosts`. */
export function readFetchOptions<T extends FetchOptions>(options: T | undefined, rules: OptionRules<T>): T {
  const read = readOptions(options, rules);
  warnOfInsecureHosts(read);
  const { headers, insecureHosts } = read;
  return ownMembers({ ...read, headers: copyHeaders(headers), insecureHosts: insecureHosts && [...insecureHosts] });
}

const FETCH_JWKS_OPTIONS: OptionRules<FetchJwksOptions> = /* @__PURE__ */ Object.assign(
  { ifNoneMatch: [isHeaderValue, 'the etag of an earlier answer'] satisfies Rule },
  FETCH_OPTIONS,
);

/** RFC 7517 §8.5.2 The type of a JWK Set, and the general one that many servers use. */
export const JWKS_MEDIA_TYPES = 'application/jwk-set+json, application/json';

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
export interface DocumentRequest extends FetchJwksOptions {
  readonly accept: string;
  /** The likely reason of a 401 or 403. */
  readonly hintIfRefused?: string | undefined;
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
  const hint = (status === 401 || status === 403) && request.hintIfRefused;
  throw unavailableError(`status ${status} instead of 200${hint ? `: ${hint}` : ''}`, retryAfter);
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
  const { fetch = globalThis.fetch, accept, ifNoneMatch } = request;
  signal.throwIfAborted();
  const headers = typeof request.headers === 'function' ? await callForHeaders(request.headers) : request.headers;
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
