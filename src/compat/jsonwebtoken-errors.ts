// The three error types of jsonwebtoken.
import { type ErrorType, makeErrorType } from './error-types.ts';

export interface JsonWebTokenError extends Error {
  /** The error of barejose that led to this one, where there is one. */
  inner: Error;
}
export interface TokenExpiredError extends JsonWebTokenError {
  expiredAt: Date;
}
export interface NotBeforeError extends JsonWebTokenError {
  date: Date;
}

/** A token, or the key for it, was refused. */
export const JsonWebTokenError: ErrorType<unknown, JsonWebTokenError> = makeErrorType(
  'JsonWebTokenError',
  Error,
  (error, inner) => {
    if (inner) error.inner = inner;
  },
);

export const TokenExpiredError: ErrorType<Date, TokenExpiredError> = makeErrorType(
  'TokenExpiredError',
  JsonWebTokenError,
  (error, expiredAt) => {
    error.expiredAt = expiredAt;
  },
);

export const NotBeforeError: ErrorType<Date, NotBeforeError> = makeErrorType(
  'NotBeforeError',
  JsonWebTokenError,
  (error, date) => {
    error.date = date;
  },
);
