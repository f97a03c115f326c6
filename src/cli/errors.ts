// Errors of the library as errors of the command: under the names of its options, and with the right exit code.
import { JoseError } from '../index.ts';
import { KeysUnavailableError, UnreadableError, UsageError } from './host.ts';

/** Returns a caught JoseError. Rethrows anything else, which is a defect. */
export function asJoseError(error: unknown): JoseError {
  if (error instanceof JoseError) return error;
  throw error;
}

/** Whether an error is about the keys, and says nothing about the token. */
export function isAboutKeys({ code }: JoseError): boolean {
  return ABOUT_KEYS.includes(code);
}

const ABOUT_KEYS: readonly string[] = [
  'ERR_JWKS_UNAVAILABLE',
  'ERR_JWKS_ISSUER_MISMATCH',
  'ERR_JWKS_INVALID',
  'ERR_RING_UNAVAILABLE',
];

/**
 * Reads keys that a command needs to judge or sign a token. A failure says nothing about the token.
 * @param name the option or operand that names the keys
 * @throws KeysUnavailableError in place of UnreadableError and JoseError
 */
export async function withKeysUnavailable<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UnreadableError) throw new KeysUnavailableError(error.message);
    if (error instanceof JoseError)
      throw new KeysUnavailableError(`${name} cannot be used (${error.code}: ${error.message})`);
    throw error;
  }
}

/**
 * Runs a function of the library with the user's values, whose TypeErrors name options of the library.
 * @param name the command's name for the library's argument `url` or `issuer`
 * @throws UsageError in place of TypeError
 */
export async function withUsageErrors<T>(run: () => T | Promise<T>, name = 'URL'): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const message = toOptionNames(error.message)
      .replace(/^(?:url|issuer)\b/, name)
      .replace(/ with allowInsecureLoopback.*/, '')
      .replace('must be a URL', 'is not a valid URL');
    throw new UsageError(message);
  }
}

/** Replaces the library's option names in a message: options.expiresIn → --expires-in. */
export function toOptionNames(message: string): string {
  return message.replace(/\boptions\.(?:policy\.)?(\w+)/g, (_, option: string) => `--${toOptionName(option)}`);
}

/** expiresIn → expires-in */
export function toOptionName(name: string): string {
  return RENAMED_OPTIONS.get(name) ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const RENAMED_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['modulusLength', 'bits'],
  ['algorithms', 'alg'],
  ['firstKeys', 'key'],
]);
