// A request and its response in the form of each framework: where to read the Authorization header, where to put the
// verified token, and how to refuse.
import type { VerifiedJwt } from '../jwt/verify.ts';
import { readMember } from '../options.ts';
import type { BearerRequest, BearerResponse } from './bearer.ts';
import { isHeaders } from './credentials.ts';
import type { BearerFastifyReply, BearerFastifyRequest, BearerKoaContext } from './frameworks.ts';
import { hasMethods, isNodeResponse, isObject, memberOf } from './handler-arguments.ts';

/** The answer to a refused request; it has no body. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
}

export interface GuardedRequest {
  readonly headers: BearerRequest['headers'];
  readonly rawHeaders: readonly string[] | undefined;
  /** Whether another handler has answered, or the client has closed the connection. */
  readonly isAnsweredOrGone: () => boolean;
  /** Sets `auth` to the verified token, or to undefined, so that no other value of that name passes for it. */
  readonly admit: (auth: VerifiedJwt<unknown> | undefined) => void;
  readonly refuse: (refusal: Refusal) => void;
}

/**
 * Reads the arguments of a framework that calls `(request, response, next)`; `undefined` unless they are those of
 * node:http or Fastify.
 */
export function guardedRequest(request: unknown, response: unknown): GuardedRequest | undefined {
  if (!hasHeaders(request)) return undefined;
  if (isNodeResponse(response)) return guardedNodeRequest(request, response);
  return isFastifyRequest(request) && isFastifyReply(response) ? guardedFastifyRequest(request, response) : undefined;
}

/** A Headers object has no member `authorization`, so a fetch Request would always look anonymous. */
function hasHeaders(value: unknown): value is BearerRequest {
  const headers = isObject(value) ? memberOf(value, 'headers') : undefined;
  return isObject(headers) && !isHeaders(headers);
}

function guardedNodeRequest(request: BearerRequest, response: BearerResponse): GuardedRequest {
  return {
    headers: request.headers,
    rawHeaders: readMember(request, 'rawHeaders'),
    isAnsweredOrGone: () => isResponseOver(response),
    admit: (auth) => void Object.assign(request, { auth }),
    refuse({ status, headers }) {
      response.statusCode = status;
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      response.end();
    },
  };
}

function isResponseOver(response: Pick<BearerResponse, 'headersSent' | 'destroyed'>): boolean {
  return response.headersSent || readMember(response, 'destroyed') === true;
}

function isFastifyRequest(value: BearerRequest): value is BearerRequest & BearerFastifyRequest {
  return isObject(memberOf(value, 'raw'));
}

function isFastifyReply(value: unknown): value is BearerFastifyReply {
  return isObject(memberOf(value, 'raw')) && hasMethods(value, 'code', 'headers', 'send');
}

/** Refuses through the reply, not through node's response, so that Fastify's hooks and log see the answer. */
function guardedFastifyRequest(request: BearerFastifyRequest, reply: BearerFastifyReply): GuardedRequest {
  return {
    headers: request.headers,
    rawHeaders: readMember(request.raw, 'rawHeaders'),
    isAnsweredOrGone: () => reply.sent || isResponseOver(reply.raw),
    admit: (auth) => void Object.assign(request, { auth }),
    refuse({ status, headers }) {
      reply.code(status);
      reply.headers(headers);
      reply.send();
    },
  };
}

export function isKoaContext(value: unknown): boolean {
  // State first: Hono's context has none, and would create a response if `res` were read.
  const [req, state] = [memberOf(value, 'req'), memberOf(value, 'state')];
  return isObject(state) && hasMethods(value, 'set') && hasHeaders(req) && isNodeResponse(memberOf(value, 'res'));
}

export function guardedKoaRequest(ctx: BearerKoaContext): GuardedRequest {
  return {
    headers: ctx.req.headers,
    rawHeaders: readMember(ctx.req, 'rawHeaders'),
    isAnsweredOrGone: () => isResponseOver(ctx.res),
    admit: (auth) => void Object.assign(ctx.state, { auth }),
    refuse({ status, headers }) {
      ctx.remove('Content-Type'); // Koa would write `null` for a JSON body
      ctx.body = null;
      ctx.status = status; // after the body, since Koa sets 204 for a null body
      ctx.set(headers);
    },
  };
}
