// RFC 9110: an answer made before anybody asks, so that each door writes it in its own way: a Response to a Request, or the
// same status, headers and octets straight to node:http, without either.

import { encodeBase64url } from '../base64url.ts';
import { sha256, utf8 } from '../bytes.ts';
import { type JsonObject, ownMembers } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import type { Rule } from '../options.ts';
import { isString } from '../options.ts';
import { isFetchRequest, refuseFetchCall } from './handler-arguments.ts';

/** What of a request decides the answer. */
export interface DocumentRequest {
  readonly method: string;
  /** The path alone, without a query. */
  readonly path: string;
  readonly ifNoneMatch: string | null | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Always there, so that none can be inherited from a polluted Object.prototype. */
  readonly body: Uint8Array | undefined;
}

/** Answers from memory where it can, and never throws or rejects. */
export type Answerer = (request: DocumentRequest) => Answer | Promise<Answer>;

/** Everything that speaks fetch: Hono, Deno, Bun, and `toNodeListener`. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** What is behind the handlers that were made here. */
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

/** A page of any origin may read it (what is published is for everyone), and nobody is to take it for a script. */
const PUBLIC_HEADERS = { 'Access-Control-Allow-Origin': '*', 'X-Content-Type-Options': 'nosniff' } as const;

/** An answer without a body, which is not for a cache to repeat. */
export function emptyAnswer(status: number, headers?: Readonly<Record<string, string>>): Answer {
  return Object.freeze({
    status,
    headers: Object.freeze({ ...headers, 'Cache-Control': 'no-store', ...PUBLIC_HEADERS, 'Content-Length': '0' }),
    body: undefined,
  });
}

/** A JSON document as it is sent. */
export interface JsonDocument {
  readonly type: string;
  readonly body: Uint8Array;
  /** RFC 9110 §8.8.3 a strong one: another octet anywhere, another tag. */
  readonly etag: string;
}

/** @throws TypeError for what JSON cannot say, or would say in another way than it is */
export function jsonDocument(type: string, members: JsonObject): JsonDocument {
  const body = utf8(writeJsonObject(members, 'document'));
  return { type, body, etag: `"${encodeBase64url(sha256(body))}"` };
}

/** Every answer that there is to who asks for a document and may. */
export interface DocumentAnswers {
  readonly etag: string;
  readonly get: Answer;
  readonly head: Answer;
  readonly unmodified: Answer;
}

/** `maxAge`: for how many whole seconds a cache may keep the document. */
export function documentAnswers({ type, body, etag }: JsonDocument, maxAge: number): DocumentAnswers {
  // RFC 9110 §15.4.5 what a 304 must have of what the 200 has; the rest would say again what the client knows.
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
 * RFC 9111 §5.2.2. In the last second nothing may be used without asking first: `max-age=0, must-revalidate` says what
 * `no-cache` says, and to those also who look for max-age only.
 */
function cacheControl(maxAge: number): string {
  return `public, max-age=${maxAge}${maxAge === 0 ? ', must-revalidate' : ''}`;
}

/** RFC 9110 §13.1.2 If-None-Match decides between the document and "you have it". */
export function chooseAnswer(
  { etag, get, head, unmodified }: DocumentAnswers,
  { method, ifNoneMatch }: DocumentRequest,
): Answer {
  if (ifNoneMatch && matchesEtag(ifNoneMatch, etag)) return unmodified;
  return method === 'HEAD' ? head : get;
}

/** §8.8.3.2 weak comparison: whoever compresses an answer on its way makes its tag a weak one. Our tag has no comma in it. */
function matchesEtag(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch === etag) return true; // as nearly everybody has it
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** Scheme and host, and no more. */
export const anOrigin: Rule = [
  isOrigin,
  "an origin such as 'https://api.example': scheme and host, and nothing after them",
];

function isOrigin(value: unknown): value is string {
  return isString(value) && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}
