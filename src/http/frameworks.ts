// The bearer guards of Fastify, Koa and Hono: each with its framework's arguments, place for the verified token, and
// errors. The types are structural, so that none of the frameworks needs to be installed.
import { checkArgumentCount, isFunction } from '../options.ts';
import type { Verifier } from '../verifier/verifier.ts';
import {
  admitOrRefuse,
  authenticateHeader,
  type BearerRequest,
  type BearerResponse,
  callbackGuard,
  type GuardOptions,
  readGuardOptions,
} from './bearer.ts';
import { guardedKoaRequest, isKoaContext, type Refusal } from './guarded-request.ts';
import { hasMethods, memberOf, refuseGuardCall } from './handler-arguments.ts';

/** The members of a FastifyRequest that the guard reads. */
export interface BearerFastifyRequest {
  readonly headers: BearerRequest['headers'];
  readonly raw: { readonly rawHeaders?: readonly string[] };
}

/** The members of a FastifyReply that the guard uses. */
export interface BearerFastifyReply {
  readonly raw: Pick<BearerResponse, 'headersSent' | 'destroyed'>;
  readonly sent: boolean;
  code(status: Refusal['status']): unknown;
  headers(headers: Record<string, string>): unknown;
  send(): unknown;
}

export type BearerFastifyHook = (
  request: BearerFastifyRequest,
  reply: BearerFastifyReply,
  done: (error?: Error) => void,
) => void;

/**
 * Makes an `onRequest` hook for Fastify, of one route or of all: sets `request.auth` to the VerifiedJwt, or refuses
 * through the reply, which `onSend`, `onResponse` and the log see. The error handler receives an exception of a schema.
 *
 * @throws TypeError for verifier and options
 */
export function bearerFastify(verifier: Verifier<unknown>, options?: GuardOptions): BearerFastifyHook {
  checkArgumentCount(arguments.length, bearerFastify);
  return callbackGuard('bearerFastify', verifier, options);
}

/** The members of Koa's context that the guard uses. */
export interface BearerKoaContext {
  readonly req: BearerRequest;
  readonly res: Pick<BearerResponse, 'headersSent' | 'destroyed'>;
  readonly state: object;
  status: number;
  body: unknown;
  set(headers: Record<string, string>): void;
  remove(name: string): void;
}

export type BearerKoaMiddleware = (ctx: BearerKoaContext, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * Makes a middleware for Koa: sets `ctx.state.auth` to the VerifiedJwt and calls `next`, or sets status, headers and
 * an empty body. An exception of a schema is thrown.
 *
 * @throws TypeError for verifier and options
 */
export function bearerKoa(verifier: Verifier<unknown>, options?: GuardOptions): BearerKoaMiddleware {
  checkArgumentCount(arguments.length, bearerKoa);
  const guard = readGuardOptions(verifier, options);
  return async (ctx, next, ...more: unknown[]) => {
    if (!isKoaContext(ctx) || !isFunction(next))
      return refuseGuardCall('bearerKoa must be called with (ctx, next)', [ctx, next, ...more]);
    return (await admitOrRefuse(verifier, guardedKoaRequest(ctx), guard)) && next();
  };
}

/** The members of Hono's context that the guard uses. */
export interface BearerHonoContext {
  readonly req: { header(name: 'authorization'): string | undefined };
  /** The app declares names and types in its Variables. */
  readonly set: (name: never, value: never) => void;
  body(data: null, status: Refusal['status'], headers: Record<string, string>): Response;
}

export type BearerHonoMiddleware = (c: BearerHonoContext, next: () => Promise<void>) => Promise<Response | undefined>;

/**
 * Makes a middleware for Hono: sets the variable `auth` to the VerifiedJwt and calls `next`, or returns the refusal.
 * An exception of a schema is thrown.
 *
 * @throws TypeError for verifier and options
 */
export function bearerHono(verifier: Verifier<unknown>, options?: GuardOptions): BearerHonoMiddleware {
  checkArgumentCount(arguments.length, bearerHono);
  const guard = readGuardOptions(verifier, options);
  return async (c, next, ...more: unknown[]) => {
    if (!isHonoContext(c) || !isFunction(next))
      return refuseGuardCall('bearerHono must be called with (c, next)', [c, next, ...more]);
    const verdict = await authenticateHeader(verifier, c.req.header('authorization'), guard);
    if (!verdict.ok) return c.body(null, verdict.status, verdict.headers);
    Reflect.apply(c.set, c, ['auth', verdict.jwt]);
    await next();
    return undefined;
  };
}

function isHonoContext(value: unknown): boolean {
  return hasMethods(value, 'set', 'body') && hasMethods(memberOf(value, 'req'), 'header');
}
