// Turns a handler of Request → Response into a listener of node:http, node:http2, Express, and Fastify with
// @fastify/middie. The library's own handlers answer from memory; others receive a Request and stream the Response.
import { ownMembers } from '../json.ts';
import { aFunction, argumentError, checkArgumentCount, type OptionRules, readMember, readOptions } from '../options.ts';
import { type Answer, type Answerer, anOrigin, answererOf, emptyAnswer, type FetchHandler } from './answer.ts';
import { errorForNext, isNodeRequest, isNodeResponse, refuseCall } from './handler-arguments.ts';

/** The members of a request that the listener uses, as node:http and node:http2 and frameworks on them have them. */
interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole target, where a framework has removed the path at which the listener is mounted. */
  readonly originalUrl?: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly socket: object;
  readonly readableEnded: boolean;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** The members of a response that the listener uses. */
interface NodeResponse {
  statusCode: number;
  strictContentLength?: boolean;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  setHeader(name: string, value: string): unknown;
  appendHeader(name: string, value: string): unknown;
  writeHead(status: number, headers: Readonly<Record<string, string>>): unknown;
  flushHeaders?(): void;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  end(chunk: Uint8Array): unknown;
  destroy(): unknown;
  on(event: string, listener: () => void): unknown;
}

export type NodeListener = (request: NodeRequest, response: NodeResponse, next?: Next) => void;
type Next = (error?: unknown) => void;

export interface NodeListenerOptions {
  /** The scheme and host of the URLs that a handler sees. Default: from the connection and the client's Host header. */
  readonly origin?: string | undefined;
  /** Called with an exception of the handler if there is no `next`. Default: it surfaces as an uncaught exception. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const LISTENER_OPTIONS: OptionRules<NodeListenerOptions> = { origin: anOrigin, onError: aFunction };

/**
 * Makes a listener. Its paths are those of the whole request, wherever a framework mounts it. With `next`, a 404
 * without a body and an exception of the handler are passed on to the next handler.
 *
 * @throws TypeError for the arguments
 */
export function toNodeListener(handler: FetchHandler, options?: NodeListenerOptions): NodeListener {
  checkArgumentCount(arguments.length, toNodeListener);
  if (typeof handler !== 'function') throw argumentError('handler', 'a function', handler);
  const given = readOptions(options, LISTENER_OPTIONS);
  const answerer = answererOf(handler);
  const listener = answerer ? answererListener(answerer) : fetchListener(handler, given);
  return (request, response, next) => {
    if (!isNodeRequest(request) || !isNodeResponse(response)) refuseCall(LISTENER_MISUSE, [request, response, next]);
    else listener(request, response, next);
  };
}

const LISTENER_MISUSE =
  'the listener that toNodeListener made must be called with a request and a response of node:http: ' +
  'in Fastify call reply.hijack() and listener(request.raw, reply.raw), ' +
  'in Koa set ctx.respond = false and call listener(ctx.req, ctx.res)';

function fetchListener(handler: FetchHandler, options: NodeListenerOptions): NodeListener {
  return (request, response, next) => void answerByFetch(handler, { request, response, next }, options);
}

function answererListener(answerer: Answerer): NodeListener {
  return (request, response, next) => {
    const path = targetPath(requestTarget(request));
    const answer = answerer({
      method: requestMethod(request),
      path,
      ifNoneMatch: headerValue(request, 'if-none-match'),
    });
    if (answer instanceof Promise) answer.then((late) => writeAnswer(response, late, next));
    else writeAnswer(response, answer, next);
  };
}

function writeAnswer(response: NodeResponse, { status, headers, body }: Answer, next?: Next): void {
  if (status === 404 && next) queueMicrotask(next);
  else if (!response.headersSent) {
    response.writeHead(status, headers);
    if (body) response.end(body);
    else response.end();
  }
}

function requestMethod(request: NodeRequest): string {
  return readMember(request, 'method') ?? 'GET';
}

function requestTarget(request: NodeRequest): string {
  return readMember(request, 'originalUrl') ?? readMember(request, 'url') ?? '/';
}

/** RFC 9112 §3.2.2: a target may also be an absolute URL. */
function targetPath(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(ABSOLUTE_TARGET, '');
  const end = path.indexOf('?');
  return end < 0 ? path : path.slice(0, end);
}

const ABSOLUTE_TARGET = /^https?:\/\/([^/?#]*)/i;

/** Returns the value of a header, several lines joined by commas; without building an object of all headers. */
function headerValue({ rawHeaders }: NodeRequest, name: string): string | undefined {
  let list: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const field = String(rawHeaders[i]);
    if (field.length !== name.length || field.toLowerCase() !== name) continue;
    const value = String(rawHeaders[i + 1]);
    list = list === undefined ? value : `${list}, ${value}`;
  }
  return list;
}

/** A request, its response and the next handler. */
interface NodeExchange {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly next: Next | undefined;
}

const BAD_REQUEST: Answer = /* @__PURE__ */ emptyAnswer(400);
const SERVER_ERROR: Answer = /* @__PURE__ */ emptyAnswer(500);

async function answerByFetch(
  handler: FetchHandler,
  exchange: NodeExchange,
  { origin, onError }: NodeListenerOptions,
): Promise<void> {
  const { response, next } = exchange;
  const clientGone = new AbortController();
  response.on('close', () => {
    if (!response.writableEnded) clientGone.abort();
  });
  try {
    const request = fetchRequestOf(exchange, clientGone.signal, origin);
    if (!request) return writeAnswer(response, BAD_REQUEST);
    await writeResponse(await handler(request), exchange, clientGone.signal);
  } catch (error) {
    if (clientGone.signal.aborted) return; // the client is gone, and the exception is most likely about that
    if (response.headersSent)
      response.destroy(); // an incomplete answer must not look complete
    else if (!next) writeAnswer(response, SERVER_ERROR);
    const report = next ?? onError ?? throwError;
    queueMicrotask(() => report(errorForNext(error)));
  }
}

function throwError(error: unknown): never {
  throw error;
}

/** Makes a Request; `undefined` if that is impossible, for an unknown method, or an invalid header, target or host. */
function fetchRequestOf(
  { request, response }: NodeExchange,
  signal: AbortSignal,
  origin: string | undefined,
): Request | undefined {
  const url = requestUrl(request, origin);
  if (url === undefined) return undefined;
  const method = requestMethod(request);
  try {
    const headers = fetchHeaders(request);
    const init = { method, headers, signal };
    if (method === 'GET' || method === 'HEAD') return new Request(url, ownMembers(init));
    return new Request(url, ownMembers({ ...init, body: requestBody(request, response), duplex: 'half' }));
  } catch {
    return undefined;
  }
}

/**
 * The client chooses the host, so it must be a mere host that cannot change the path; a handler that builds links from
 * it should be given an `origin`. RFC 9112 §3.2: several hosts, or an invalid one, are a bad request.
 */
function requestUrl(request: NodeRequest, origin: string | undefined): string | undefined {
  const target = requestTarget(request);
  const absolute = ABSOLUTE_TARGET.exec(target);
  const host = absolute?.[1] ?? headerValue(request, 'host') ?? headerValue(request, ':authority') ?? 'localhost';
  const path = absolute ? target.slice(absolute[0].length).replace(/^(?!\/)/, '/') : target;
  if (!HOST_SYNTAX.test(host) || !path.startsWith('/')) return undefined;
  const scheme = readMember(Object(request.socket), 'encrypted') === true ? 'https' : 'http';
  return `${origin ?? `${scheme}://${host}`}${path}`;
}

const HOST_SYNTAX = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Appends each line by itself, except the pseudo-header fields of HTTP/2 (RFC 9113 §8.3). */
function fetchHeaders({ rawHeaders }: NodeRequest): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = String(rawHeaders[i]);
    if (!name.startsWith(':')) headers.append(name, String(rawHeaders[i + 1]));
  }
  return headers;
}

/**
 * Streams the body of a request, no faster than the handler reads. What remains unread when the answer is done, or the
 * client is gone, is discarded, so that the next request of the connection can be read.
 */
function requestBody(request: NodeRequest, response: NodeResponse): ReadableStream<Uint8Array> {
  let isOpen = true;
  const finish = (close: () => void) => {
    if (isOpen) close();
    isOpen = false;
    request.resume();
  };
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (request.readableEnded) return finish(() => controller.close()); // another handler has read it
    request.pause();
    request.on('data', (chunk: Uint8Array) => {
      if (!isOpen) return;
      request.pause();
      controller.enqueue(chunk);
    });
    request.on('end', () => finish(() => controller.close()));
    response.on('close', () => finish(() => controller.error(new Error('the request is over'))));
  };
  const pull = () => void request.resume();
  const source = ownMembers({ start, pull, cancel: () => finish(() => undefined) });
  return new ReadableStream(source, ownMembers({ highWaterMark: 0 }));
}

/** RFC 9110 §7.6.1: headers about the connection, which node:http sets. */
const CONNECTION_HEADERS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

async function writeResponse(
  answer: Response,
  { request, response, next }: NodeExchange,
  clientGone: AbortSignal,
): Promise<void> {
  const { status, headers, body } = answer;
  if (status === 404 && !body && next) {
    queueMicrotask(next);
    return;
  }
  // Already answered, or the client is gone.
  if (clientGone.aborted || response.headersSent) return cancelBody(body);
  response.statusCode = status;
  response.strictContentLength = true; // a wrong Content-Length would shift all later answers of the connection
  for (const [name, value] of headers) {
    if (name === 'set-cookie') response.appendHeader(name, value);
    else if (!CONNECTION_HEADERS.has(name)) response.setHeader(name, value);
  }
  if (body && requestMethod(request) !== 'HEAD') return streamBody(body, response, clientGone);
  response.end();
  cancelBody(body);
}

function cancelBody(body: ReadableStream<Uint8Array> | null): void {
  body?.cancel().catch(() => undefined);
}

/** Streams a body no faster than the client reads. The headers go first, since the body may take time. */
async function streamBody(
  body: ReadableStream<Uint8Array>,
  response: NodeResponse,
  clientGone: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  let wake = () => {};
  response.on('drain', () => wake());
  response.on('close', () => wake());
  clientGone.addEventListener('abort', stop);
  try {
    readMember(response, 'flushHeaders')?.call(response);
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (response.write(part.value) || clientGone.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    response.end();
  } finally {
    stop();
  }
}
