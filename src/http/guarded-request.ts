// A request that waits for its verdict, in the shape of each framework: where its Authorization header is, where the proof of its
// token goes, and how it is refused.
import type { VerifiedJwt } from '../jwt/verify.ts';
import { readMember } from '../options.ts';
import type { BearerRequest, BearerResponse } from './bearer.ts';
import { isHeaders } from './credentials.ts';
import type { BearerFastifyReply, BearerFastifyRequest, BearerKoaContext } from './frameworks.ts';
import { hasMethods, isNodeResponse, isObject, memberOf } from './handler-arguments.ts';

/** The answer to a request that may not go on; it has no body. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
}

export interface GuardedRequest {
  readonly headers: BearerRequest['headers'];
  readonly rawHeaders: readonly string[] | undefined;
  /** Whether another handler has answered, or the client has gone. */
  readonly isAnsweredOrGone: () => boolean;
  /** Sets the proof, or undefined in its place: nobody else's `auth` may be taken for it. */
  readonly admit: (auth: VerifiedJwt<unknown> | undefined) => void;
  readonly refuse: (refusal: Refusal) => void;
}

/** A request of a framework that calls `(request, response, next)`; `undefined` for arguments that are neither node's nor Fastify's. */
export function guardedRequest(request: unknown, response: unknown): GuardedRequest | undefined {
  if (!hasHeaders(request)) return undefined;
  if (isNodeResponse(response)) return guardedNodeRequest(request, response);
  return isFastifyRequest(request) && isFastifyReply(response) ? guardedFastifyRequest(request, response) : undefined;
}

/** The Headers of a fetch Request have no member `authorization`: every such request would look anonymous. */
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

/** Refuses by the reply, not by node's response, so that Fastify's own hooks and log see the answer. */
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
  // In this order: Hono's context has no state, and would make a response when asked for `res`.
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
      ctx.remove('Content-Type'); // Koa would write `null` for a body that was to be JSON
      ctx.body = null;
      ctx.status = status; // after the body, since without one Koa says 204
      ctx.set(headers);
    },
  };
}
