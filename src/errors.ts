// The one error for what a token, a key or a counterpart did wrong. What the caller did wrong is a TypeError instead.
import { isNativeError } from 'node:util/types';

/** Every code a {@link JoseError} can carry. Where `jose` means the same thing, the code is the same. */
export type JoseErrorCode =
  | 'ERR_JWS_INVALID'
  | 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
  | 'ERR_JWE_INVALID'
  | 'ERR_JWE_DECRYPTION_FAILED'
  | 'ERR_JWT_INVALID'
  | 'ERR_JWT_EXPIRED'
  | 'ERR_JWT_CLAIM_VALIDATION_FAILED'
  | 'ERR_JWK_INVALID'
  | 'ERR_JWK_WEAK'
  | 'ERR_JWKS_INVALID'
  | 'ERR_JWKS_NO_MATCHING_KEY'
  | 'ERR_JWKS_MULTIPLE_MATCHING_KEYS'
  | 'ERR_JWKS_UNAVAILABLE'
  | 'ERR_JWKS_ISSUER_MISMATCH'
  | 'ERR_JOSE_ALG_NOT_ALLOWED'
  | 'ERR_JOSE_NOT_SUPPORTED'
  | 'ERR_JOSE_LIMIT_EXCEEDED'
  | 'ERR_RING_CONFLICT'
  | 'ERR_RING_INVALID'
  | 'ERR_RING_UNAVAILABLE';

/** The seconds after which a caller should try again, where the server or the store names no time of its own. */
export const RETRY_AFTER = 5;

/**
 * One check that failed, and in which way: of a claim by its name, of a header parameter as `header.NAME`. Never a
 * value.
 */
export interface ClaimFailure {
  readonly claim: string;
  readonly reason: 'missing' | 'type' | 'mismatch' | 'expired' | 'too-early' | 'too-old' | 'too-long';
}

/** Details that some errors carry beside their code. */
interface ErrorDetails {
  readonly failures?: readonly ClaimFailure[];
  readonly retryAfter?: number;
  /** The error of the caller's own code that led to this one; kept as `cause`, which is not enumerable. */
  readonly cause?: unknown;
}

/**
 * A token, key or key set was refused. `code` says which rule refused it and `failures` lists every claim check that
 * failed; no member ever holds token text, claim values or key material.
 *
 * It has no stack frames on purpose: its cause is another party's data, not a line of code, and walking the stack would
 * make a forged token several times as expensive to refuse as it is to send.
 */
export class JoseError extends Error {
  static {
    Object.defineProperty(JoseError.prototype, 'name', { value: 'JoseError' });
  }
  readonly code: JoseErrorCode;
  /** Present on `ERR_JWT_EXPIRED` and `ERR_JWT_CLAIM_VALIDATION_FAILED`: all failed checks, in the order made. */
  declare readonly failures?: readonly ClaimFailure[];
  /** Present on `ERR_JWKS_UNAVAILABLE` and `ERR_RING_UNAVAILABLE` where known: the whole seconds before another try. */
  declare readonly retryAfter?: number;

  constructor(code: JoseErrorCode, message: string, details?: ErrorDetails) {
    const frames = Error.stackTraceLimit;
    setFrames(0);
    super(message, details && Object.hasOwn(details, 'cause') ? details : undefined);
    setFrames(frames);
    this.code = code;
    Object.assign(this, details);
  }
}

/**
 * Whether a value is a JoseError of this copy of barejose or of another: by its name and code, which are what all copies
 * have in common. An error that went through structuredClone or postMessage has lost both.
 */
export function isJoseError(error: unknown): error is JoseError {
  if (error instanceof JoseError) return true;
  if (!isNativeError(error) || error.name !== 'JoseError' || !('code' in error)) return false;
  return typeof error.code === 'string' && /^ERR_(JW[EKST]|JWKS|JOSE|RING)_/.test(error.code);
}

/** Returns a caught JoseError, and rethrows anything else: a defect, or an error of the caller's own code. */
export function asJoseError(error: unknown): JoseError {
  if (error instanceof JoseError) return error;
  throw error;
}

/** Runs code that throws and catches errors on the way, without collecting stack frames that are never seen. */
export function withoutFrames<T>(run: () => T): T {
  const frames = Error.stackTraceLimit;
  setFrames(0);
  try {
    return run();
  } finally {
    setFrames(frames);
  }
}

/** The value of a function, or `otherwise` when it throws. */
export function attempt<T>(value: () => T, otherwise: T): T {
  try {
    return value();
  } catch {
    return otherwise;
  }
}

/** Sets how many frames errors collect; not by Reflect.set, which would take a sixth of the time of an error. */
function setFrames(frames: number): void {
  try {
    Error.stackTraceLimit = frames;
  } catch {} // Under --frozen-intrinsics errors simply have their frames.
}
