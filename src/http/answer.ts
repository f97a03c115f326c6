// Answers of RFC 9110 that are made in advance. A handler turns one into a Response; a listener of node:http writes
// the same status, headers and octets without a Request or Response.

import { encodeBase64url } from '../base64url.ts';
import { encodeUtf8, sha256 } from '../bytes.ts';
import { type JsonObject, ownMembers } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import type { Rule } from '../options.ts';
import { isString } from '../options.ts';
import { isFetchRequest, refuseFetchCall } from './handler-arguments.ts';

/** The parts of a request that decide the answer. */
export interface DocumentRequest {
  readonly method: string;
  /** The path without a query. */
  readonly path: string;
  readonly ifNoneMatch: string | null | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Always an own member, so that a polluted Object.prototype cannot add a body. */
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/** Answers from memory where it can, and never throws or rejects. */
export type Answerer = (request: DocumentRequest) => Answer | Promise<Answer>;

/** A handler that maps a Request to a Response: Hono, Deno, Bun, and `toNodeListener` take it. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** The answerers of the handlers that `fetchHandler` made. */
const ANSWERERS: WeakMap<FetchHandler, Answerer> = /* @__PURE__ */ new WeakMap();

export function answererOf(handler: FetchHandler): Answerer | undefined {
  return ANSWERERS.get(handler);
}

export function fetchHandler(answerer: Answerer): (request: Request) => Promise<Response> {
  const handler = async (request: Request, ...more: unknown[]): Promise<Response> => {
    if (!isFetchRequest(request)) return refuseFetchCall('the handler that jwksEndpoint made', [request, ...more]);
    const { method, url, headers: sent } = request;
    const path = new URL(url).pathname;
    const { status, headers, body = null } = await answerer({ method, path, ifNoneMatch: sent.get('if-none-match') });
    return new Response(body, ownMembers({ status, headers }));
  };
  ANSWERERS.set(handler, answerer);
  return handler;
}

/** Pages of any origin may read the public documents, and no browser may take one for a script. */
const PUBLIC_HEADERS = { 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' } as const;

/** Makes an answer that has no body and that caches must not store. */
export function emptyAnswer(status: number, headers?: Readonly<Record<string, string>>): Answer {
  return Object.freeze({
    status,
    headers: Object.freeze({ ...headers, 'Cache-Control': 'no-store', ...PUBLIC_HEADERS, 'Content-Length': '0' }),
    body: undefined,
  });
}

/** A JSON document in octets. */
export interface JsonDocument {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** RFC 9110 §8.8.3 a strong tag: the hash of the octets. */
  readonly etag: string;
}

/** @throws TypeError for a value that JSON cannot represent exactly */
export function jsonDocument(type: string, members: JsonObject): JsonDocument {
  const body = encodeUtf8(writeJsonObject(members, 'document'));
  return { type, body, etag: `"${encodeBase64url(sha256(body))}"` };
}

/** The answers to GET, HEAD and conditional requests for a document. */
export interface DocumentAnswers {
  readonly etag: string;
  readonly get: Answer;
  readonly head: Answer;
  readonly unmodified: Answer;
}

/** @param maxAge the whole seconds for which caches may keep the document */
export function documentAnswers({ type, body, etag }: JsonDocument, maxAge: number): DocumentAnswers {
  // RFC 9110 §15.4.5: a 304 repeats the headers that caches update, and none that describe the content.
  const kept = { 'Cache-Control': cacheControl(maxAge), ETag: etag, ...PUBLIC_HEADERS };
  const headers = Object.freeze({ 'Content-Type': type, 'Content-Length': String(body.length), ...kept });
  return {
    etag,
    get: Object.freeze({ status: 200, headers, body }),
    head: Object.freeze({ status: 200, headers, body: undefined }), // §9.3.2 the same headers, and no content
    unmodified: Object.freeze({ status: 304, headers: Object.freeze(kept), body: undefined }),
  };
}

/**
 * RFC 9111 §5.2.2. In the last second, caches must ask before each use: `max-age=0, must-revalidate` means the same as
 * `no-cache`, also to caches that only know max-age.
 */
function cacheControl(maxAge: number): string {
  return `public, max-age=${maxAge}${maxAge === 0 ? ', must-revalidate' : ''}`;
}

/** RFC 9110 §13.1.2 If-None-Match chooses between the document and 304. */
export function chooseAnswer(
  { etag, get, head, unmodified }: DocumentAnswers,
  { method, ifNoneMatch }: DocumentRequest,
): Answer {
  if (ifNoneMatch && matchesEtag(ifNoneMatch, etag)) return unmodified;
  return method === 'HEAD' ? head : get;
}

/** §8.8.3.2 weak comparison: a proxy that compresses an answer makes its tag weak. Our tags contain no comma. */
function matchesEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag) return true; // the usual case
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** Scheme and host only. */
export const anOrigin: Rule = [
  isOrigin,
  "an origin such as 'https://api.example': scheme and host, and nothing after them",
];

function isOrigin(value: unknown): value is string {
  return isString(value) && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
