// Where a token, a key, a passphrase or claims come from: standard input, @FILE or env:NAME. Never the command line itself,
// which other users of the machine can read, and shells write down; so no message here repeats what was given.
import { createReadStream } from 'node:fs';
import { type Host, UnreadableError, UsageError } from './host.ts';

/** The most octets that are read of one value: more than any token, key or set of keys may have. */
export const MAX_INPUT_OCTETS: number = 1024 * 1024;

/** One value to be read. */
export interface Input {
  /** As the help calls it: TOKEN, --key. */
  readonly name: string;
  /** As it stands on the command line. Default: standard input. */
  readonly source: string | undefined;
  /** true: nothing secret, so that a file may be named without the @. */
  readonly isPublic?: boolean;
}

/** @throws UsageError when it stands on the command line itself, Unreadable when there is no such value */
export async function readOctets(host: Host, value: Input): Promise<Uint8Array> {
  try {
    const octets = await readUpTo(openSource(host, value), MAX_INPUT_OCTETS);
    // A program before the pipe has failed, or an unset variable was echoed: nothing was given.
    if (parseSource(value).mark === '-' && isBlank(octets))
      throw new UnreadableError(`${value.name}: standard input is empty`);
    return octets;
  } catch (error) {
    throw unreadableError(value.name, error);
  }
}

function isBlank(octets: Uint8Array): boolean {
  return octets.length <= 2 && /^\r?\n?$/.test(bufferView(octets).toString('latin1'));
}

/** As text, less the one newline that echo and editors add. What is not UTF-8 becomes U+FFFD, which no reader takes. */
export async function readText(host: Host, value: Input): Promise<string> {
  return decodeText(await readOctets(host, value));
}

export function decodeText(octets: Uint8Array): string {
  return bufferView(octets)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** Octets as a Buffer, not copied: a copy of a secret would stay in the memory that small Buffers share. */
function bufferView(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
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
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Told before anything is done: what stands on the command line is known by then. @throws UsageError */
export function checkInputSource(value: Input): void {
  parseSource(value);
}

/** `@` a file, `env:` a variable, `-` standard input. */
interface ParsedSource {
  readonly mark: '@' | 'env:' | '-';
  readonly name: string;
}

function parseSource({ name, source = '-', isPublic = false }: Input): ParsedSource {
  if (source === '-') return { mark: '-', name: '' };
  if (source.startsWith('env:') && source.length > 4) return { mark: 'env:', name: source.slice(4) };
  if (source.startsWith('@') && source.length > 1) return { mark: '@', name: source.slice(1) };
  if (isPublic && !/^(?:@|env:)?$/.test(source)) return { mark: '@', name: source };
  throw new UsageError(
    `${name} is taken from standard input (-), @FILE or env:NAME; it is never an argument, which others could read`,
  );
}

function openSource(host: Host, value: Input): AsyncIterable<Uint8Array> {
  const { mark, name } = parseSource(value);
  if (mark === '-') return standardInput(host, value.name);
  return mark === 'env:' ? readVariable(host, value.name, name) : createReadStream(name);
}

function standardInput({ stdin, stderr }: Host, name: string): AsyncIterable<Uint8Array> {
  if (stdin.isTTY) stderr.write(`Paste ${name}, then press Enter and Ctrl-D.\n`);
  return stdin;
}

async function* readVariable({ env }: Host, name: string, variable: string): AsyncGenerator<Uint8Array> {
  const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
  if (value === undefined) throw new UnreadableError(`${name}: the environment has no such variable`);
  yield new TextEncoder().encode(value);
}

/** Tells the system's own word for what went wrong (ENOENT, EISDIR); what the system did not do is a defect. */
function unreadableError(name: string, error: unknown): unknown {
  if (error instanceof UsageError || !(error instanceof Error) || !('code' in error)) return error;
  return new UnreadableError(`${name}: the file cannot be read (${error.code})`);
}

/** Standard input for one value only: a second one would find nothing left. */
export function singleUseInput(stdin: Host['stdin']): Host['stdin'] {
  let isTaken = false;
  return {
    isTTY: stdin.isTTY === true,
    [Symbol.asyncIterator]() {
      if (isTaken) throw new UsageError('only one value can come from standard input');
      isTaken = true;
      return stdin[Symbol.asyncIterator]();
    },
  };
}
