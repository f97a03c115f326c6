// Recognizes the arguments with which frameworks call a handler, and reports a handler in the wrong framework: the
// request must not pass, and the process must not end.
import { ownMembers } from '../json.ts';
import { isFunction, readMember } from '../options.ts';
import type { BearerResponse } from './bearer.ts';

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Reads a member of the object or its class, but not one that only Object.prototype has. */
export function memberOf(value: unknown, name: string): unknown {
  return readMember(Object(value) as Readonly<Record<string, unknown>>, name);
}

export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return names.every((name) => isFunction(memberOf(value, name)));
}

/** Fastify's request and Koa's context have no `rawHeaders` of their own. */
export function isNodeRequest(value: unknown): boolean {
  return Array.isArray(memberOf(value, 'rawHeaders'));
}

export function isNodeResponse(value: unknown): value is BearerResponse {
  return isFunction(memberOf(value, 'setHeader')) && isFunction(memberOf(value, 'end'));
}

/**
 * A Request has a Headers object; node:http, Express, Fastify and Koa have a plain one, and Hono's context has none.
 */
export function isFetchRequest(value: unknown): value is Request {
  return typeof memberOf(value, 'url') === 'string' && hasMethods(memberOf(value, 'headers'), 'get');
}

/**
 * Reports a call with the wrong arguments where the framework expects errors: to the callback of Express and Fastify,
 * or as an exception, which Koa, Hono, Deno and Bun catch. In node:http without a callback, an exception would end the
 * process, so the response is a 500 with the message. For an upgrade, a CONNECT or a client's error, node:http passes
 * a bare socket, which is answered with 500 and closed.
 *
 * @throws TypeError if there is no callback, response or socket
 */
export function refuseCall(message: string, [, response, next]: readonly unknown[]): void {
  const error = new TypeError(message);
  if (typeof next === 'function') next(error);
  else if (isNodeResponse(response)) answerMisuse(response, message);
  else if (isSocket(response)) refuseSocket(response);
  else throw error;
}

const SOCKET_ANSWER = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

interface Socket {
  on(event: 'error', listener: () => void): unknown;
  end(data: string, done: () => void): unknown;
  destroy(): unknown;
}

/** Node has removed its listener from such a socket, so a reset by the client would end the process. */
function refuseSocket(socket: Socket): void {
  socket.on('error', () => {});
  socket.end(SOCKET_ANSWER, () => socket.destroy());
}

function isSocket(value: unknown): value is Socket {
  return hasMethods(value, 'on', 'write', 'end', 'destroy');
}

function answerMisuse(response: BearerResponse, message: string): void {
  if (response.headersSent) return;
  response.statusCode = 500;
  response.setHeader('Content-Type', 'text/plain');
  response.setHeader('Cache-Control', 'no-store');
  response.end(message);
}

/**
 * Reports the wrong call of a guard, with the names of the guards for other frameworks.
 * @throws TypeError as `refuseCall` does
 */
export function refuseGuardCall(reason: string, args: readonly unknown[]): undefined {
  const others =
    'Fastify has bearerFastify, Koa bearerKoa, Hono bearerHono, and a Request → Response server bearerFetch';
  refuseCall(`${reason}: ${others}`, args);
}

/**
 * Reports the wrong call of a handler that maps a Request to a Response.
 *
 * @returns a Response, for callers that expect one
 * @throws TypeError as `refuseCall` does
 */
export function refuseFetchCall(name: string, args: readonly unknown[]): Response {
  const others = 'for node:http, Express, Fastify and Koa there is toNodeListener; in Hono, c.req.raw is the Request';
  refuseCall(`${name} must be called with a Request: ${others}`, args);
  // Own headers, since undici takes those of a polluted Object.prototype if there are none.
  return new Response(null, ownMembers({ status: 500, headers: { 'Cache-Control': 'no-store' } }));
}

/**
 * Makes an exception safe for `next`: frameworks continue on `undefined`, and Express skips handlers on a text such as
 * 'route', so a value that is not an object is wrapped in an Error.
 */
export function errorForNext(thrown: unknown): object {
  if (isObject(thrown)) return thrown;
  return new Error('a value that is not an object was thrown; throw an Error', { cause: thrown });
}
