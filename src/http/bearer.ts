// RFC 6750, the resource server's side: a verdict on the Authorization header of a request, and the guards that act
// on it, for handlers with a callback and for Request → Response. Only the event has the reason of a verdict, never
// the answer.

import { asJoseError, type JoseError, RETRY_AFTER } from '../errors.ts';
import { ownMembers } from '../json.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import type { VerifiedJwt } from '../jwt/verify.ts';
import {
  aFunction,
  argumentError,
  checkArgumentCount,
  isBoolean,
  isFunction,
  type OptionRules,
  readMember,
  readOptions,
} from '../options.ts';
import { Verifier } from '../verifier/verifier.ts';
import {
  type AuthorizationSource,
  type Credentials,
  isQuotable,
  readAuthorization,
  readCredentials,
  SENT_TWICE,
  writeChallenge,
} from './credentials.ts';
import { type BearerEvent, emitVerdict } from './events.ts';
import { type GuardedRequest, guardedRequest } from './guarded-request.ts';
import { errorForNext, isFetchRequest, refuseFetchCall, refuseGuardCall } from './handler-arguments.ts';
import { aScope, hasAllScopes, readScope } from './scope.ts';

export { hasScope } from './scope.ts';

export interface BearerOptions {
  /** The scopes that the token must have, all of them: a string with spaces between them, or an array. */
  readonly scope?: string | readonly string[] | undefined;
  /** The name of the protected area in every challenge; printable ASCII. Default 'api'. */
  readonly realm?: string | undefined;
  /** Called with each verdict and its reason. An exception of it surfaces as uncaught, and changes no verdict. */
  readonly onEvent?: ((event: BearerEvent) => void) | undefined;
  /** A guard without `optional` refuses a request without an Authorization header: see OptionalBearerOptions. */
  readonly optional?: false | undefined;
}

/** The options of a guard that also accepts requests without an Authorization header. */
export interface OptionalBearerOptions extends Pick<BearerOptions, 'realm' | 'onEvent'> {
  /**
   * true: a request without an Authorization header, or with an empty one, passes as anonymous, and its proof is
   * undefined. Any other header is verified, so that a client with a bad token learns of it. Excludes `scope`, which a
   * client could evade by leaving the token out: use `hasScope`.
   */
  readonly optional: boolean;
  readonly scope?: undefined;
}

/** The verdict on a request. Status and headers are the whole answer to a refused one, which has no body. */
export type BearerVerdict<Claims = JwtClaims> =
  | {
      readonly ok: true;
      readonly status: 200;
      readonly jwt: VerifiedJwt<Claims>;
      readonly headers: Readonly<Record<string, string>>;
    }
  | {
      readonly ok: false;
      readonly status: 400 | 401 | 403 | 503;
      readonly headers: Readonly<Record<string, string>>;
      /** Why the token was refused, or could not be verified. For your own log, not for the client. */
      readonly error?: JoseError;
    };

/** The verdict on a request without an Authorization header, where `optional` allows that. */
export interface AnonymousVerdict {
  readonly ok: true;
  readonly status: 200;
  readonly jwt: undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const ANONYMOUS: AnonymousVerdict = /* @__PURE__ */ Object.freeze({
  ok: true,
  status: 200,
  jwt: undefined,
  headers: /* @__PURE__ */ Object.freeze({}),
});

/** The options of a guard after reading. */
interface ReadGuardOptions {
  readonly scope: readonly string[];
  readonly realm: string;
  readonly onEvent: BearerOptions['onEvent'];
  readonly optional: boolean;
}

/** The options of every guard. */
export type GuardOptions = BearerOptions | OptionalBearerOptions;

const GUARD_OPTIONS: OptionRules<GuardOptions> = {
  scope: aScope,
  realm: [isQuotable, "a string of printable ASCII such as 'api'"],
  onEvent: aFunction,
  optional: [isBoolean, 'true or false', 'credentialsRequired authRequired'],
};

export function readGuardOptions(verifier: unknown, options: GuardOptions | undefined): ReadGuardOptions {
  if (!Verifier.isVerifier(verifier))
    throw argumentError('verifier', 'a Verifier, as createVerifier returns it', verifier);
  const { scope, realm = 'api', onEvent, optional = false } = readOptions<GuardOptions>(options, GUARD_OPTIONS);
  if (optional && scope !== undefined)
    throw new TypeError(
      'options.scope and options.optional exclude each other, since a request without a token would pass: ' +
        'use hasScope where the scope is needed',
    );
  return { scope: scope === undefined ? [] : readScope(scope, 'options.scope'), realm, onEvent, optional };
}

/**
 * Verifies the Authorization header of a request, with or without a server.
 *
 * Rejects with a TypeError for wrong arguments, and with an exception of your own schema; every fault of the token, or
 * of the issuer's keys, is a verdict.
 *
 * @param authorization the text of the header, null or undefined if there is none; or the headers of the request, in
 *   which the name may have any case: a Headers object, or a plain one such as `event.headers` of AWS Lambda, null if
 *   the request had none. An event itself, whose `headers` are a plain object, null or missing, is a TypeError
 */
export async function authenticate<Claims = JwtClaims>(
  verifier: Verifier<Claims>,
  authorization: AuthorizationSource,
  options?: BearerOptions,
): Promise<BearerVerdict<Claims>>;
export async function authenticate<Claims = JwtClaims>(
  verifier: Verifier<Claims>,
  authorization: AuthorizationSource,
  options: OptionalBearerOptions,
): Promise<BearerVerdict<Claims> | AnonymousVerdict>;
export async function authenticate<Claims>(
  verifier: Verifier<Claims>,
  authorization: AuthorizationSource,
  options?: GuardOptions,
): Promise<BearerVerdict<Claims> | AnonymousVerdict> {
  checkArgumentCount(arguments.length, authenticate);
  const guard = readGuardOptions(verifier, options);
  return authenticateHeader(verifier, readAuthorization(authorization), guard);
}

export async function authenticateHeader<Claims>(
  verifier: Verifier<Claims>,
  authorization: string | null | undefined,
  guard: ReadGuardOptions,
): Promise<BearerVerdict<Claims> | AnonymousVerdict> {
  const credentials = readCredentials(authorization);
  // Only if nothing was sent: a client that sent credentials must learn that they are bad.
  const isAnonymous = guard.optional && (authorization ?? '') === '';
  const verdict = isAnonymous ? ANONYMOUS : await verifyCredentials(verifier, credentials, guard);
  const { status } = verdict;
  const [code, kid] = verdict.ok ? [undefined, verdict.jwt?.key.kid] : [readMember(verdict, 'error')?.code, undefined];
  emitVerdict({ verifier, credentials, scope: guard.scope, status, code, kid }, guard.onEvent);
  return verdict;
}

async function verifyCredentials<Claims>(
  verifier: Verifier<Claims>,
  { kind, token }: Credentials,
  { realm, scope }: ReadGuardOptions,
): Promise<BearerVerdict<Claims>> {
  // [6750-3.1-5] no error code without credentials, [6750-3.1-2] invalid_request for malformed ones
  if (kind === 'none') return refusalVerdict(401, writeChallenge(realm));
  if (token === undefined) return refusalVerdict(400, writeChallenge(realm, { error: 'invalid_request' }));
  try {
    const jwt = await verifier.verify(token);
    if (hasAllScopes(jwt.claims, scope)) return { ok: true, status: 200, jwt, headers: {} };
    // A good token without the scopes is answered by 403 [6750-3.1-4].
    return refusalVerdict(403, writeChallenge(realm, { error: 'insufficient_scope', scope: scope.join(' ') }));
  } catch (error) {
    return failureVerdict(asJoseError(errorForNext(error)), realm);
  }
}

/**
 * Gives the same answer for every fault of a token [6750-3.1-3], so that an attacker learns nothing from it.
 * Unavailable keys are no fault of the token, so there is no challenge: a client would discard a good token.
 */
function failureVerdict(error: JoseError, realm: string): BearerVerdict<never> {
  if (error.code !== 'ERR_JWKS_UNAVAILABLE')
    return { ...refusalVerdict(401, writeChallenge(realm, { error: 'invalid_token' })), error };
  const headers = { 'Retry-After': String(readMember(error, 'retryAfter') ?? RETRY_AFTER), ...NO_STORE };
  return { ok: false, status: 503, headers, error };
}

/** A refusal belongs to one request: caches must not store it. */
const NO_STORE = { 'Cache-Control': 'no-store' } as const;

/** RFC 6750 §3 [6750-3-1], RFC 9110 §11.6.1: each of these answers has a challenge. */
function refusalVerdict(status: 400 | 401 | 403, challenge: string): BearerVerdict<never> & { readonly ok: false } {
  return { ok: false, status, headers: { 'WWW-Authenticate': challenge, ...NO_STORE } };
}

/** The members of a request that the guard reads, as node:http and node:http2 and frameworks on them have them. */
export interface BearerRequest {
  readonly headers: { readonly authorization?: string | undefined };
  readonly rawHeaders?: readonly string[];
}

/** The members of a response that the guard uses. */
export interface BearerResponse {
  statusCode: number;
  readonly headersSent: boolean;
  readonly destroyed?: boolean;
  setHeader(name: string, value: string): unknown;
  end(): unknown;
  end(text: string): unknown;
}

export type BearerMiddleware = (
  request: BearerRequest,
  response: BearerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Guards the handlers after it in node:http, Connect, Express, or Fastify with @fastify/middie: sets `request.auth` to
 * the VerifiedJwt and calls `next`, or answers the refusal itself. An exception that is no fault of the token or of
 * the issuer, such as one of your own schema, goes to `next(error)`. As a hook of Fastify it does the same as
 * `bearerFastify`.
 *
 * @throws TypeError for verifier and options
 */
export function bearer(verifier: Verifier<unknown>, options?: GuardOptions): BearerMiddleware {
  checkArgumentCount(arguments.length, bearer);
  return callbackGuard('bearer', verifier, options);
}

type CallbackGuard = (request: object, response: object, next: (error?: Error) => void) => void;

/**
 * Makes the guard for frameworks that call `(request, response, next)`: middlewares of node:http and hooks of Fastify.
 */
export function callbackGuard(
  name: string,
  verifier: Verifier<unknown>,
  options: GuardOptions | undefined,
): CallbackGuard {
  const guard = readGuardOptions(verifier, options);
  return (request, response, next) => {
    const guarded = guardedRequest(request, response);
    if (!guarded || !isFunction(next))
      return refuseGuardCall(`${name} must be called with (request, response, next)`, [request, response, next]);
    admitOrRefuse(verifier, guarded, guard).then(
      (isAdmitted) => {
        // Outside the promise, so that an exception of the next handler surfaces as usual.
        if (isAdmitted) queueMicrotask(next);
      },
      (error) => queueMicrotask(() => next(error)),
    );
  };
}

/** Verifies a request, and admits or refuses it unless it is already over. Returns whether it may go on. */
export async function admitOrRefuse(
  verifier: Verifier<unknown>,
  guarded: GuardedRequest,
  guard: ReadGuardOptions,
): Promise<boolean> {
  const verdict = await authenticateHeader(verifier, authorizationOf(guarded), guard);
  if (guarded.isAnsweredOrGone()) return false;
  if (verdict.ok) guarded.admit(verdict.jwt);
  else guarded.refuse(verdict);
  return verdict.ok;
}

/** Of two Authorization headers Node keeps the first, and a proxy may have checked the second [6750-2-1]. */
function authorizationOf({ headers, rawHeaders = [] }: GuardedRequest): string | undefined {
  const sent = rawHeaders.filter((_, i) => rawHeaders[i - 1]?.toLowerCase() === 'authorization' && i % 2 === 1);
  if (sent.length > 1) return SENT_TWICE;
  return Object.hasOwn(headers, 'authorization') ? headers.authorization : undefined;
}

/** The handler behind `bearerFetch`: receives the request, the verified token, and the framework's other arguments. */
export type BearerFetchHandler<Jwt, Received extends Request, More extends readonly unknown[]> = (
  request: Received,
  jwt: Jwt,
  ...more: More
) => Response | Promise<Response>;

/** The result of `bearerFetch`: the framework calls it like the handler. */
export type GuardedFetchHandler<Received extends Request, More extends readonly unknown[]> = (
  request: Received,
  ...more: More
) => Promise<Response>;

/**
 * Guards a handler that maps a Request to a Response, for Deno, Bun, Next.js, and other servers of the Fetch API. The
 * handler is called only for requests with a good token, and receives it verified; with `optional`, also for requests
 * without one. The framework's other arguments, such as `{ params }` of Next.js, follow the token.
 *
 * @throws TypeError for the arguments
 */
export function bearerFetch<
  Claims = JwtClaims,
  Received extends Request = Request,
  More extends readonly unknown[] = readonly [],
>(
  verifier: Verifier<Claims>,
  handler: BearerFetchHandler<VerifiedJwt<Claims>, Received, More>,
  options?: BearerOptions,
): GuardedFetchHandler<Received, More>;
export function bearerFetch<
  Claims = JwtClaims,
  Received extends Request = Request,
  More extends readonly unknown[] = readonly [],
>(
  verifier: Verifier<Claims>,
  handler: BearerFetchHandler<VerifiedJwt<Claims> | undefined, Received, More>,
  options: OptionalBearerOptions,
): GuardedFetchHandler<Received, More>;
export function bearerFetch<Claims, Received extends Request, More extends readonly unknown[]>(
  verifier: Verifier<Claims>,
  handler: (...args: never[]) => Response | Promise<Response>,
  options?: GuardOptions,
): GuardedFetchHandler<Received, More> {
  checkArgumentCount(arguments.length, bearerFetch);
  const guard = readGuardOptions(verifier, options);
  if (typeof handler !== 'function') throw argumentError('handler', 'a function', handler);
  return async (request, ...more) => {
    if (!isFetchRequest(request)) return refuseFetchCall('the handler that bearerFetch made', [request, ...more]);
    const verdict = await authenticateHeader(verifier, request.headers.get('authorization'), guard);
    if (verdict.ok) return Reflect.apply(handler, undefined, [request, verdict.jwt, ...more]);
    return new Response(null, ownMembers({ status: verdict.status, headers: verdict.headers }));
  };
}
