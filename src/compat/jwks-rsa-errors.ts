// The four error types of jwks-rsa, and which of them tells a failure of barejose.
import type { JoseErrorCode, JwksStatus } from '../index.ts';
import { type ErrorType, makeErrorType } from './error-types.ts';

/** An error of jwks-rsa, whose `cause` is that of barejose, where there is one. */
type PlainError = ErrorType<unknown, Error>;

const plainErrorType = (name: string): PlainError =>
  makeErrorType(name, Error, (error, cause) => {
    if (cause) Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true });
  });

export const ArgumentError: PlainError = plainErrorType('ArgumentError');
export const JwksError: PlainError = plainErrorType('JwksError');
export const JwksRateLimitError: PlainError = plainErrorType('JwksRateLimitError');
export const SigningKeyNotFoundError: PlainError = plainErrorType('SigningKeyNotFoundError');

/** The most characters of a kid in a message: it may be that of an unverified token. */
const MAX_KID_LENGTH = 200;

/** @param reason why the set lacks the key, if that is known */
export function notFoundError(kid: unknown, reason?: string): Error {
  const name = String(kid).slice(0, MAX_KID_LENGTH).replace(/\p{C}/gu, '?');
  const why = reason === undefined ? '' : `; the key of this kid was skipped: ${reason}`;
  return new SigningKeyNotFoundError(`Unable to find a signing key that matches '${name}'${why}`);
}

/** What the last request came to, if it failed. */
export interface RequestFailure {
  readonly status: Partial<Pick<JwksStatus, 'lastError' | 'lastReason'>>;
  /** What the function that sends the requests threw, or the error for a status other than 200. */
  readonly thrown: unknown;
}

/** The error for a look-up that failed, in jwks-rsa's words where it has some. */
export function lookUpError(error: unknown, { status, thrown }: RequestFailure): Error {
  const { code, message }: { code?: JoseErrorCode; message?: string } = Object(error);
  const { lastError = code, lastReason = String(message) } = status;
  if (lastError !== 'ERR_JWKS_INVALID')
    return asUnavailable(thrown instanceof Error ? thrown : new JwksError(lastReason, error));
  if (lastReason.includes('no keys array')) return new JwksError(NO_KEYS, error);
  if (lastReason.includes('no usable key')) return new JwksError(NO_SIGNING_KEYS, error);
  return asUnavailable(new JwksError(lastReason, error));
}

export const NO_KEYS = 'The JWKS endpoint did not contain any keys';
export const NO_SIGNING_KEYS = 'The JWKS endpoint did not contain any signing keys';

/** Marks an error as jwks-rsa does where the endpoint gave no answer; a frozen one stays as it is. */
export function asUnavailable(error: Error): Error {
  Reflect.set(error, 'isEndpointUnavailable', true);
  return error;
}
