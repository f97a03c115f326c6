// The arguments with which frameworks call a handler, told apart by their members; and the error for a handler that is called
// with the arguments of another framework, which must neither let the request through nor end the process.
import { ownMembers } from '../json.ts';
import { isFunction, readMember } from '../options.ts';
import type { BearerResponse } from './bearer.ts';

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A member that a framework gave a value, and none that stands on Object.prototype only. */
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

/** A Request has a Headers object; node:http, Express, Fastify and Koa have a plain one, and Hono's context has none. */
export function isFetchRequest(value: unknown): value is Request {
  return typeof memberOf(value, 'url') === 'string' && hasMethods(memberOf(value, 'headers'), 'get');
}

/**
 * Reports a call with the wrong arguments where the framework expects errors: the callback of Express and Fastify, or an exception,
 * which Koa, Hono, Deno and Bun catch. node:http without a callback would be ended by an exception, so it gets a 500 that says why;
 * for an upgrade, a CONNECT or a client's error it gives a bare socket, which gets the same and is closed.
 *
 * @throws TypeError where there is neither a callback nor a response or socket of node:http
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

/** Node has taken its own listener off such a socket, and leaves it half open: a client's reset would end the process. */
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

/** @throws TypeError as `refuseCall` does, with the names of the guards that other frameworks have */
export function refuseGuardCall(reason: string, args: readonly unknown[]): undefined {
  const others =
    'Fastify has bearerFastify, Koa bearerKoa, Hono bearerHono, and a Request → Response server bearerFetch';
  refuseCall(`${reason}: ${others}`, args);
}

/**
 * For a handler of Request → Response.
 *
 * @returns a Response for callers that want one all the same
 * @throws TypeError as `refuseCall` does
 */
export function refuseFetchCall(name: string, args: readonly unknown[]): Response {
  const others = 'for node:http, Express, Fastify and Koa there is toNodeListener; in Hono, c.req.raw is the Request';
  refuseCall(`${name} must be called with a Request: ${others}`, args);
  // With headers of its own, since undici takes those of a polluted Object.prototype where there are none.
  return new Response(null, ownMembers({ status: 500, headers: { 'Cache-Control': 'no-store' } }));
}

/**
 * An exception as it may be given to `next`: frameworks take `undefined` for leave to go on, and Express a text such as 'route' for
 * an order to skip the rest, so what is no object is wrapped.
 */
export function errorForNext(thrown: unknown): object {
  if (isObject(thrown)) return thrown;
  return new Error('something other than an object was thrown; throw an Error', { cause: thrown });
}
