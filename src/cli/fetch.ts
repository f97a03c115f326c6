// A JWK Set from a file or a URL, as text. Small and bounded: one GET, no redirect, no cache, no second try.
import { createReadStream } from 'node:fs';
import { KeysUnavailable, UsageError } from './world.ts';

/** The most octets of a JWK Set, counted while reading. */
const MAX_OCTETS: number = 256 * 1024;
/** The most milliseconds from the request to the last octet. */
const TIMEOUT = 5_000;

/**
 * The text of a JWK Set. Whatever has a scheme is a URL; the rest is a file.
 * @throws UsageError for a URL that is not https, nor http on loopback; KeysUnavailable when there is no such text
 */
export async function readJwks(source: string, timeout: number = TIMEOUT): Promise<string> {
  const open = /^[a-z][a-z0-9+.-]*:\/\//i.test(source) ? getBody(checkUrl(source), timeout) : createReadStream(source);
  try {
    const octets = await readUpTo(await open, MAX_OCTETS);
    if (octets.length > MAX_OCTETS) throw new KeysUnavailable(`${source} is over 256 KiB`);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (error) {
    if (error instanceof KeysUnavailable) throw error;
    throw new KeysUnavailable(`${source} cannot be read (${reasonOf(error)})`, { cause: error });
  }
}

/** Reads until the end, or until there is more than `limit`. */
export async function readUpTo(source: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break; // which also closes the source
  }
  return Buffer.concat(chunks);
}

function checkUrl(source: string): URL {
  if (!URL.canParse(source)) throw new UsageError('--jwks is not a valid URL');
  const url = new URL(source);
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(loopback && url.protocol === 'http:'))
    throw new UsageError('--jwks must be a file, an https URL, or an http URL on loopback');
  if (url.username || url.password) throw new UsageError('--jwks must not hold a user name or password');
  return url;
}

async function getBody(url: URL, timeout: number): Promise<AsyncIterable<Uint8Array>> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeout),
  });
  if (response.status === 200 && response.body) return response.body;
  await response.body?.cancel();
  throw new KeysUnavailable(`${url} answered with status ${response.status} instead of 200 and a body`);
}

/** The system's own word for what went wrong (ENOENT, ECONNREFUSED), however deep it is wrapped. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.name === 'TimeoutError' ? 'no answer in time' : reasonOf(error.cause);
}
