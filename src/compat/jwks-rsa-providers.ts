// The secret providers of jwks-rsa: functions that find the key of a token for express-jwt, koa-jwt, passport-jwt and hapi.
import { callbackify } from 'node:util';
import { type JoseHeader, readUnverifiedJwt, SIGNATURE_ALGORITHMS } from '../index.ts';
import { JwksClient } from './jwks-rsa-client.ts';
import { ArgumentError } from './jwks-rsa-errors.ts';
import type { SigningKey } from './jwks-rsa-keys.ts';
import { ownMembers } from './own-members.ts';

type Callback = (...results: readonly unknown[]) => unknown;
/** Decides what becomes of an error: calls back with the one to tell, or with null for a token without a key. */
type ErrorHandler = (error: unknown, callback: (error?: unknown) => void) => unknown;
type Header = Partial<Pick<JoseHeader, 'alg' | 'kid'>> | null | undefined;

/** A signature that can be made with a published key proves nothing, so that HMAC is not among them. */
const ALGORITHMS: readonly string[] = /* @__PURE__ */ SIGNATURE_ALGORITHMS.filter((alg) => !alg.startsWith('HS'));

function isSupported(header: Header): boolean {
  return header?.alg !== undefined && ALGORITHMS.includes(header.alg);
}

/** jwks-rsa's own handler for Express and Passport: a token of an unknown key is one without a key. */
const onErrorByDefault: ErrorHandler = (error, callback) =>
  callback(Object(error).name === 'SigningKeyNotFoundError' ? null : error);

function isErrorHandler(value: unknown): value is ErrorHandler {
  return typeof value === 'function';
}

function errorHandlerOf(options: unknown, byDefault: ErrorHandler): ErrorHandler {
  const { handleSigningKeyError } = ownMembers(options);
  return isErrorHandler(handleSigningKeyError) ? handleSigningKeyError : byDefault;
}

function checkOptions(options: unknown, name: string): void {
  if (options === null || options === undefined)
    throw new ArgumentError(`An options object must be provided when initializing ${name}`);
}

function checkUri(options: unknown): void {
  if (!ownMembers(options).jwksUri) throw new ArgumentError('No JWKS provided. Please provide a jwksUri');
}

/** For express-jwt: called with request and token by its versions from 7 on, and with four arguments by version 6. */
export function expressJwtSecret(options?: unknown): (...args: readonly unknown[]) => unknown {
  checkOptions(options, 'expressJwtSecret');
  const client = new JwksClient(options);
  const onError = errorHandlerOf(options, onErrorByDefault);
  const keyFor = async (header: Header): Promise<string | undefined> => {
    if (!isSupported(header)) return undefined;
    try {
      return (await client.getSigningKey(header?.kid))?.publicKey;
    } catch (error) {
      return new Promise((resolve, reject) => {
        onError(error, (told) => (told ? reject(told) : resolve(undefined)));
      });
    }
  };
  const provider = (...args: readonly unknown[]): unknown => {
    const [, token, , callback] = args;
    if (args.length !== 4) return keyFor(Object(token).header);
    return callbackify(keyFor)(token as Header, callback as (error: unknown, key?: string) => void);
  };
  return Object.defineProperty(provider, 'length', { value: 4 }); // by which express-jwt 6 knows how to call it
}

/** For hapi-auth-jwt2 with callbacks. */
export function hapiJwt2Key(options?: unknown): (decoded: unknown, callback: Callback) => unknown {
  checkOptions(options, 'hapiJwt2Key');
  const client = new JwksClient(options);
  const onError = errorHandlerOf(options, (error, callback) => callback(error));
  return (decoded, callback) => {
    const { header }: { header?: Header } = Object(decoded);
    if (!header) return callback(new Error('Cannot find a signing certificate if there is no header'), null, null);
    if (!isSupported(header)) return callback(new Error(`Unsupported algorithm ${header.alg} supplied.`), null, null);
    return client.getSigningKey(header.kid, (error, key) =>
      error ? onError(error, (told) => callback(told, null, null)) : callback(null, key?.publicKey, key),
    );
  };
}

/** For hapi-auth-jwt2 with promises. */
export function hapiJwt2KeyAsync(options?: unknown): (decoded: unknown) => Promise<{ key: unknown }> {
  const provider = hapiJwt2Key(options);
  return (decoded) =>
    new Promise((resolve, reject) => {
      provider(decoded, (error, key) => (error || !key ? reject(error) : resolve({ key })));
    });
}

/** For koa-jwt. */
export function koaJwtSecret(options: unknown = {}): (header?: Header) => Promise<string | undefined> {
  checkUri(options);
  const client = new JwksClient(options);
  const { handleSigningKeyError } = ownMembers(options);
  return async (header) => {
    if (!isSupported(header)) throw new Error('Missing / invalid token algorithm');
    try {
      return (await client.getSigningKey(header?.kid))?.publicKey;
    } catch (error) {
      throw typeof handleSigningKeyError === 'function' ? await handleSigningKeyError(error) : error;
    }
  };
}

/** For passport-jwt. */
export function passportJwtSecret(
  options?: unknown,
): (request: unknown, token: unknown, callback: Callback) => unknown {
  checkOptions(options, 'passportJwtSecret');
  checkUri(options);
  const client = new JwksClient(options);
  const onError = errorHandlerOf(options, onErrorByDefault);
  return (_request, token, callback) => {
    const header = headerOf(token);
    if (!isSupported(header)) return callback(null, null);
    const tell = (error: unknown, key?: SigningKey): unknown =>
      error ? onError(error, (told) => callback(told, null)) : callback(null, key?.publicKey);
    return client.getSigningKey(header?.kid, tell);
  };
}

/** The header of a token; `undefined` if barejose does not read it. */
function headerOf(token: unknown): Header {
  try {
    return readUnverifiedJwt(String(token)).header;
  } catch {
    return undefined;
  }
}
