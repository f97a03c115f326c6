// verify of jsonwebtoken: the same arguments, order and words, over verifyJws.
import { type JoseErrorCode, type JoseHeader, type Key, verifyJws } from '../index.ts';
import {
  defaultAlgorithms,
  isAlgorithm,
  kindMismatch,
  NO_OTHER_KEYS,
  typeMismatch,
} from './jsonwebtoken-algorithms.ts';
import { checkTokenClaims } from './jsonwebtoken-claims.ts';
import {
  type CompleteToken,
  isTokenForm,
  type Payload,
  readTokenHeader,
  readTokenPayload,
} from './jsonwebtoken-decode.ts';
import { JsonWebTokenError } from './jsonwebtoken-errors.ts';
import { type KeyMaterial, readKeyMaterial, UnusableKey } from './jsonwebtoken-keys.ts';
import { type ReadVerifyOptions, readVerifyOptions } from './jsonwebtoken-options.ts';

type Callback = (error: unknown, result?: unknown) => unknown;
/** Calls back with the key for a header. */
type KeyFunction = (header: JoseHeader, callback: (error: unknown, key?: unknown) => unknown) => unknown;

/** A token of which the header was read, and the options to judge it by. */
interface OpenToken {
  readonly token: string;
  readonly header: JoseHeader;
  readonly options: ReadVerifyOptions;
}

/**
 * Verifies a token as jsonwebtoken does.
 *
 * @param key text of a secret or a PEM, octets, a KeyObject, `{ key, … }`, or with a callback a function `(header,
 *   callback)`
 * @param rest options and callback, each of which may be left out
 * @returns the payload, or header, payload and signature where `complete` is true; with a callback, what that returns
 * @throws without a callback, what the callback would be given: JsonWebTokenError, TokenExpiredError, NotBeforeError;
 *   TypeError for options that would check nothing
 */
export function verify(token: unknown, key: unknown, ...rest: readonly unknown[]): unknown {
  const [first, second] = rest;
  const callback = second || (typeof first === 'function' ? first : undefined);
  const options = first === callback ? undefined : first;
  if (isCallback(callback)) return verifyWithCallback(() => openToken(token, options), key, callback);
  const open = openToken(token, options);
  if (typeof key === 'function') throw new JsonWebTokenError(NEEDS_CALLBACK);
  return verifyWithKey(open, key);
}

const NEEDS_CALLBACK = 'verify must be called asynchronous if secret or public key is provided as a callback';

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}

function isKeyFunction(value: unknown): value is KeyFunction {
  return typeof value === 'function';
}

/** Calls back in this turn, as jsonwebtoken does, and outside of any `try`: what a callback throws is not for it again. */
function verifyWithCallback(open: () => OpenToken, key: unknown, callback: Callback): unknown {
  const opened = outcomeOf(open);
  if ('error' in opened) return callback(opened.error);
  const { value } = opened;
  const finish = (given: unknown) => {
    const verified = outcomeOf(() => verifyWithKey(value, given));
    return 'error' in verified ? callback(verified.error) : callback(null, verified.value);
  };
  if (!isKeyFunction(key)) return finish(key);
  return key(value.header, (error, given) => (error ? callback(keyFunctionError(error)) : finish(given)));
}

function keyFunctionError(error: unknown): JsonWebTokenError {
  const { message }: { message?: unknown } = Object(error);
  return new JsonWebTokenError(`error in secret or public key callback: ${message}`);
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown };

function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

function openToken(token: unknown, given: unknown): OpenToken {
  const options = readVerifyOptions(given);
  if (!token) throw new JsonWebTokenError('jwt must be provided');
  if (typeof token !== 'string') throw new JsonWebTokenError('jwt must be a string');
  if (token.split('.', 4).length !== 3) throw new JsonWebTokenError('jwt malformed');
  if (!isTokenForm(token)) throw new JsonWebTokenError('invalid token');
  return { token, header: readOrRefuse(() => readTokenHeader(token)), options };
}

/** The result of reading a part of the token. @throws JsonWebTokenError with the JoseError as `inner` */
function readOrRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new JsonWebTokenError('invalid token', error);
  }
}

function verifyWithKey({ token, header, options }: OpenToken, given: unknown): Payload | CompleteToken {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (signature === '') throw new JsonWebTokenError('jwt signature is required');
  if (!given) throw new JsonWebTokenError('secret or public key must be provided');
  const key = readKey(given, header, options);
  checkSignature(token, signature, key);
  const payload = readOrRefuse(() => readTokenPayload(token, header));
  checkTokenClaims(payload, options);
  return options.complete ? { header, payload, signature } : payload;
}

/** The Key for a token. @throws JsonWebTokenError if it is none, or not for the token's alg */
function readKey(given: unknown, { alg }: JoseHeader, options: ReadVerifyOptions): Key {
  try {
    const material = readKeyMaterial(given);
    const { algorithms = defaultAlgorithms(material) } = options;
    if (!algorithms.includes(alg) || !isAlgorithm(alg)) throw new JsonWebTokenError('invalid algorithm');
    checkKind(material, alg, options);
    const key = material.keyFor(alg);
    return key.type === 'private' ? key.publicKey() : key;
  } catch (error) {
    throw error instanceof UnusableKey ? unusableKeyError(error, alg) : error;
  }
}

function unusableKeyError(error: UnusableKey, alg: string): JsonWebTokenError {
  const end = error.message.endsWith('2048 bits') ? ` for ${alg}` : '';
  return new JsonWebTokenError(`secretOrPublicKey ${error.message}${end}`, error.cause);
}

/** Checks that a key is of the alg's type, kind and curve. A private KeyObject does not verify, though text of one does. */
function checkKind(material: KeyMaterial, alg: string, { allowsAnyKey }: ReadVerifyOptions): void {
  const mismatch = typeMismatch(alg, material.type === 'secret');
  if (mismatch !== undefined) throw new JsonWebTokenError(`secretOrPublicKey ${mismatch}`);
  if (material.type === 'private' && !material.isText)
    throw new JsonWebTokenError(`secretOrPublicKey must be an asymmetric key when using ${alg}`);
  const wrongKind = kindMismatch(alg, material);
  if (wrongKind !== undefined) throw new JsonWebTokenError(allowsAnyKey ? `${wrongKind} ${NO_OTHER_KEYS}` : wrongKind);
}

function checkSignature(token: string, signature: string, key: Key): void {
  try {
    verifyJws(token, key);
  } catch (error) {
    const { code }: { code?: JoseErrorCode } = Object(error);
    const isOfSignature =
      code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' ||
      Buffer.from(signature, 'base64url').toString('base64url') !== signature;
    throw isOfSignature ? new JsonWebTokenError('invalid signature') : new JsonWebTokenError('invalid token', error);
  }
}
