// A fetch-style handler as a listener of node:http, node:http2, Express, and Fastify with @fastify/middie. What was made here
// is answered straight from memory; for any other handler a Request is made, and its Response is streamed.
import { ownMembers } from '../json.ts';
import { aFunction, checkArgumentCount, mistake, type OptionRules, readMember, readOptions } from '../options.ts';
import { type Answer, type Answerer, anOrigin, answererOf, type FetchHandler, refusal } from './answer.ts';
import { errorForNext, isNodeRequest, isNodeResponse, refuseCall } from './call-shape.ts';

/** What is asked of a request: node:http's and node:http2's have it, and so have those of frameworks built on them. */
interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** The whole target, where a framework has cut off what the listener is mounted at. */
  readonly originalUrl?: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly socket: object;
  readonly readableEnded: boolean;
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** What is asked of a response. */
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
  /** Scheme and host of the URLs that a handler sees. Default: those of the connection and of the Host header, which is the client's to write. */
  readonly origin?: string | undefined;
  /** Told what a handler threw, where there is no `next` for it. Default: it surfaces as an uncaught exception. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const LISTENER_OPTIONS: OptionRules<NodeListenerOptions> = { origin: anOrigin, onError: aFunction };

/**
 * Paths are those of the whole request, wherever a framework mounts the listener. With `next`, a 404 without a body is left to
 * whatever comes after it, and so is what the handler throws.
 *
 * @throws TypeError for the arguments
 */
export function toNodeListener(handler: FetchHandler, options?: NodeListenerOptions): NodeListener {
  checkArgumentCount(arguments.length, toNodeListener);
  if (typeof handler !== 'function') throw mistake('handler', 'a function', handler);
  const given = readOptions(options, LISTENER_OPTIONS);
  const answerer = answererOf(handler);
  const listener = answerer ? answering(answerer) : exchanging(handler, given);
  return (request, response, next) => {
    if (!isNodeRequest(request) || !isNodeResponse(response)) refuseCall(MISUSE, [request, response, next]);
    else listener(request, response, next);
  };
}

const MISUSE =
  'the listener that toNodeListener made must be called with a request and a response of node:http: in Fastify call reply.hijack() and ' +
  'listener(request.raw, reply.raw), in Koa set ctx.respond = false and call listener(ctx.req, ctx.res)';

function exchanging(handler: FetchHandler, options: NodeListenerOptions): NodeListener {
  return (request, response, next) => void exchange(handler, { request, response, next }, options);
}

function answering(answerer: Answerer): NodeListener {
  return (request, response, next) => {
    const path = pathOf(targetOf(request));
    const answer = answerer({ method: methodOf(request), path, ifNoneMatch: headerOf(request, 'if-none-match') });
    if (answer instanceof Promise) answer.then((late) => write(response, late, next));
    else write(response, answer, next);
  };
}

function write(response: NodeResponse, { status, headers, body }: Answer, next?: Next): void {
  if (status === 404 && next) queueMicrotask(next);
  else if (!response.headersSent) {
    response.writeHead(status, headers);
    if (body) response.end(body);
    else response.end();
  }
}

function methodOf(request: NodeRequest): string {
  return readMember(request, 'method') ?? 'GET';
}

function targetOf(request: NodeRequest): string {
  return readMember(request, 'originalUrl') ?? readMember(request, 'url') ?? '/';
}

/** RFC 9112 §3.2.2: a target may also be a whole URL. */
function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(ABSOLUTE, '');
  const end = path.indexOf('?');
  return end < 0 ? path : path.slice(0, end);
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/** A header's value, and of several lines all of them as one list; read without making an object of all headers. */
function headerOf({ rawHeaders }: NodeRequest, name: string): string | undefined {
  let list: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const field = String(rawHeaders[i]);
    if (field.length !== name.length || field.toLowerCase() !== name) continue;
    const value = String(rawHeaders[i + 1]);
    list = list === undefined ? value : `${list}, ${value}`;
  }
  return list;
}

/** One request and whoever answers it. */
interface Exchange {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly next: Next | undefined;
}

const BAD_REQUEST: Answer = /* @__PURE__ */ refusal(400);
const BROKEN: Answer = /* @__PURE__ */ refusal(500);

async function exchange(
  handler: FetchHandler,
  parties: Exchange,
  { origin, onError }: NodeListenerOptions,
): Promise<void> {
  const { response, next } = parties;
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableEnded) gone.abort();
  });
  try {
    const asked = requestOf(parties, gone.signal, origin);
    if (!asked) return write(response, BAD_REQUEST);
    await deliver(await handler(asked), parties, gone.signal);
  } catch (error) {
    if (gone.signal.aborted) return; // there is nobody to answer, and most likely that is what it says
    if (response.headersSent)
      response.destroy(); // an answer cut short must not look like a whole one
    else if (!next) write(response, BROKEN);
    const tell = next ?? onError ?? raise;
    queueMicrotask(() => tell(errorForNext(error)));
  }
}

function raise(error: unknown): never {
  throw error;
}

/** `undefined` for what no Request can be made of: a method or header that fetch does not know, a target or host that is none. */
function requestOf(
  { request, response }: Exchange,
  signal: AbortSignal,
  origin: string | undefined,
): Request | undefined {
  const url = urlOf(request, origin);
  if (url === undefined) return undefined;
  const method = methodOf(request);
  try {
    const headers = headersOf(request);
    const init = { method, headers, signal };
    if (method === 'GET' || method === 'HEAD') return new Request(url, ownMembers(init));
    return new Request(url, ownMembers({ ...init, body: bodyOf(request, response), duplex: 'half' }));
  } catch {
    return undefined;
  }
}

/**
 * The host is what the client says it is, so it may only be a host: nothing in it can move the path, and a handler that builds
 * links from it should be given an `origin`. RFC 9112 §3.2: several, or none that can be read, is a bad request.
 */
function urlOf(request: NodeRequest, origin: string | undefined): string | undefined {
  const target = targetOf(request);
  const absolute = ABSOLUTE.exec(target);
  const host = absolute?.[1] ?? headerOf(request, 'host') ?? headerOf(request, ':authority') ?? 'localhost';
  const path = absolute ? target.slice(absolute[0].length).replace(/^(?!\/)/, '/') : target;
  if (!HOST.test(host) || !path.startsWith('/')) return undefined;
  const scheme = readMember(Object(request.socket), 'encrypted') === true ? 'https' : 'http';
  return `${origin ?? `${scheme}://${host}`}${path}`;
}

const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/** Each line for itself, but for those of HTTP/2 that are no headers (RFC 9113 §8.3). */
function headersOf({ rawHeaders }: NodeRequest): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = String(rawHeaders[i]);
    if (!name.startsWith(':')) headers.append(name, String(rawHeaders[i + 1]));
  }
  return headers;
}

/**
 * A request's body, read no faster than it is asked for. What nobody has asked for when the answer is done, or the client has
 * gone, is thrown away, so that the next request of the connection can be read.
 */
function bodyOf(request: NodeRequest, response: NodeResponse): ReadableStream<Uint8Array> {
  let isOpen = true;
  const finish = (tell: () => void) => {
    if (isOpen) tell();
    isOpen = false;
    request.resume();
  };
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    if (request.readableEnded) return finish(() => controller.close()); // somebody has read it before
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

/** RFC 9110 §7.6.1: about the connection, which is not the handler's. */
const OF_CONNECTION: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

async function deliver(answer: Response, { request, response, next }: Exchange, gone: AbortSignal): Promise<void> {
  const { status, headers, body } = answer;
  if (status === 404 && !body && next) {
    queueMicrotask(next);
    return;
  }
  // Already answered, or the client has gone.
  if (gone.aborted || response.headersSent) return discard(body);
  response.statusCode = status;
  response.strictContentLength = true; // a length that is not that of the body would shift every answer after it
  for (const [name, value] of headers) {
    if (name === 'set-cookie') response.appendHeader(name, value);
    else if (!OF_CONNECTION.has(name)) response.setHeader(name, value);
  }
  if (body && methodOf(request) !== 'HEAD') return stream(body, response, gone);
  response.end();
  discard(body);
}

function discard(body: ReadableStream<Uint8Array> | null): void {
  body?.cancel().catch(() => undefined);
}

/** No faster than the client reads. The headers go first, since the body may take its time. */
async function stream(body: ReadableStream<Uint8Array>, response: NodeResponse, gone: AbortSignal): Promise<void> {
  const reader = body.getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  let wake = () => {};
  response.on('drain', () => wake());
  response.on('close', () => wake());
  gone.addEventListener('abort', stop);
  try {
    readMember(response, 'flushHeaders')?.call(response);
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (response.write(part.value) || gone.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    response.end();
  } finally {
    stop();
  }
}
