// sign of jsonwebtoken: the same arguments, order and words, over signJws.
import { type Key, type SignatureAlgorithm, signJws } from '../index.ts';
import { isAlgorithm, kindMismatch, NO_OTHER_KEYS, typeMismatch } from './jsonwebtoken-algorithms.ts';
import { isTokenForm, readToken } from './jsonwebtoken-decode.ts';
import { type KeyMaterial, readKeyMaterial } from './jsonwebtoken-keys.ts';
import { isPlainObject, type SignInput, signedClaims } from './jsonwebtoken-sign-claims.ts';
import { ownMembers } from './own-members.ts';
import { clockSeconds } from './timespan.ts';

type Callback = (error: unknown, token?: string) => unknown;

/**
 * Signs a token as jsonwebtoken does.
 *
 * @param payload a plain object of claims, or text, or the octets of text
 * @param key text of a secret or a PEM, octets, a KeyObject, or `{ key, passphrase }`
 * @param rest options and callback, each of which may be left out
 * @returns the token; with a callback nothing, and the callback is called on a later turn, or at once with an error
 * @throws Error without a callback, what the callback would be given
 */
export function sign(payload: unknown, key: unknown, ...rest: readonly unknown[]): unknown {
  const [first, second] = rest;
  const callback = typeof first === 'function' ? first : second;
  const options = ownMembers(typeof first === 'function' ? undefined : first);
  if (!isCallback(callback)) return tokenOf({ payload, options }, key);
  let token: string;
  try {
    token = tokenOf({ payload, options }, key);
  } catch (error) {
    return callback(error);
  }
  queueMicrotask(() => callback(null, token));
  return undefined;
}

function isCallback(value: unknown): value is Callback {
  return typeof value === 'function';
}

function tokenOf(input: SignInput, given: unknown): string {
  const { payload, options } = input;
  const isObject = typeof payload === 'object' && !(payload instanceof Uint8Array);
  const { alg, ...header } = headerOf(isObject, options);
  if (alg === 'none' || options.algorithm === 'none') throw new Error(NO_UNSIGNED);
  if (!given) throw new Error('secretOrPrivateKey must have a value');
  if (!isAlgorithm(alg)) throw new Error('"algorithm" must be a valid string enum value');
  const material = readKey(given, alg);
  if (header.crit !== undefined) throw new Error('"header" must not have crit: verify knows no critical extension');
  const octets = signedOctets(signedClaims(input, clockSeconds), options.encoding);
  return readable(signJws(octets, keyFor(material, alg, options), { header }));
}

/** A token that verify can read; others would be found out by who receives them. @throws Error with the reason */
function readable(token: string): string {
  try {
    if (isTokenForm(token)) readToken(token, false);
    else throw new Error('the payload is empty');
  } catch (cause) {
    const { message }: Error = Object(cause);
    throw new Error(`verify would refuse the token: ${message}`, { cause });
  }
  return token;
}

const NO_UNSIGNED =
  '"algorithm" must not be "none": a token without a signature proves nothing, and barejose neither makes nor reads one';

/** The header parameters: those of options.header win, and undefined ones are left out. */
function headerOf(isObject: boolean, options: SignInput['options']): { [parameter: string]: unknown } {
  const given = isPlainObject(options.header) ? options.header : {};
  const header = { alg: options.algorithm || 'HS256', typ: isObject ? 'JWT' : undefined, kid: options.keyid, ...given };
  return Object.fromEntries(Object.entries(header).filter(([, value]) => value !== undefined));
}

/** Reads the key, and checks that it is of the alg's type. */
function readKey(given: unknown, alg: string): KeyMaterial {
  const material = told(alg, () => readKeyMaterial(given));
  const mismatch = typeMismatch(alg, material.type === 'secret');
  if (mismatch !== undefined) throw new Error(`secretOrPrivateKey ${mismatch}`);
  if (material.type === 'public') throw new Error(`secretOrPrivateKey must be an asymmetric key when using ${alg}`);
  return material;
}

/** The Key of the material for an alg. */
function keyFor(material: KeyMaterial, alg: SignatureAlgorithm, options: SignInput['options']): Key {
  const mismatch = kindMismatch(alg, material);
  if (mismatch !== undefined)
    throw new Error(options.allowInvalidAsymmetricKeyTypes ? `${mismatch} ${NO_OTHER_KEYS}` : mismatch);
  return told(alg, () => material.keyFor(alg));
}

/** The result of reading a key, whose faults are told with the name of the argument. */
function told<T>(alg: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { message, cause }: Error = Object(error);
    const end = message.endsWith('2048 bits') ? ` for ${alg}` : '';
    throw new Error(`secretOrPrivateKey ${message}${end}`, { cause });
  }
}

/**
 * The octets that are signed: of an object its JSON, of text its encoding. Octets that are no text could never be
 * verified.
 */
function signedOctets(payload: unknown, encoding: unknown): Uint8Array {
  const text = payload instanceof Uint8Array ? Buffer.from(payload).toString() : textOf(payload);
  const octets = payload instanceof Uint8Array ? Buffer.from(payload) : Buffer.from(text, encodingOf(encoding));
  if (!octets.equals(Buffer.from(octets.toString())))
    throw new Error('payload must be UTF-8: for other octets, encode them as base64url, or use signJws of barejose');
  return octets;
}

function textOf(payload: unknown): string {
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

function encodingOf(encoding: unknown): BufferEncoding {
  const name = encoding || 'utf8';
  if (typeof name === 'string' && Buffer.isEncoding(name)) return name;
  throw new Error('"encoding" must be an encoding that Buffer knows, such as "utf8"');
}
