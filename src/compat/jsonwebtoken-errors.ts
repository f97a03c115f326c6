// The three error types of jsonwebtoken, and the warnings of its adapter.
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

/** The error for an option that checks nothing or cannot be honoured, with the page that says more. */
export function optionError(text: string): TypeError {
  return new TypeError(`${text}; see "Coming from jsonwebtoken" in src/compat/README.md of barejose`);
}

/** The warnings given so far: each is given once. */
const GIVEN = new Set<string>();

/** Warns once, by process.emitWarning. */
export function warnOnce(text: string): void {
  if (GIVEN.has(text)) return;
  GIVEN.add(text);
  process.emitWarning(`barejose/compat/jsonwebtoken: ${text}`, 'JsonWebTokenWarning');
}
