// Reads a token, key, passphrase or claims from standard input, @FILE or env:NAME. Refuses a value in an argument,
// and does not repeat it, because other users of the machine can read arguments, and shells record them.
import { createReadStream } from 'node:fs';
import { type Host, UnreadableError, UsageError } from './host.ts';

/** The most octets read of one input, more than the library accepts of any token, key or key set. */
export const MAX_INPUT_OCTETS: number = 1024 * 1024;

/** An argument that names the source of a value. */
export interface Input {
  /** The operand or option, as in the help: TOKEN, --key. */
  readonly name: string;
  /** The argument. Default: standard input. */
  readonly source: string | undefined;
  /** Whether the value is public, so that a file may be named without the @. */
  readonly isPublic?: boolean;
}

/** Whether an argument is a URL. Any text without a scheme is a file. */
export function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

/** @throws UsageError for a value in place of its source, UnreadableError for an empty or missing source */
export async function readOctets(host: Host, input: Input): Promise<Uint8Array> {
  try {
    const octets = await readUpTo(openSource(host, input), MAX_INPUT_OCTETS);
    // An earlier program of the pipe failed, or an unset variable was echoed.
    if (parseSource(input).mark === '-' && isEmptyInput(octets))
      throw new UnreadableError(`${input.name}: standard input is empty`);
    return octets;
  } catch (error) {
    throw readError(input.name, error);
  }
}

function isEmptyInput(octets: Uint8Array): boolean {
  return octets.length <= 2 && /^\r?\n?$/.test(bufferView(octets).toString('latin1'));
}

/** Reads text without the newline that echo and editors add. Invalid UTF-8 becomes U+FFFD, which no parser accepts. */
export async function readText(host: Host, input: Input): Promise<string> {
  return decodeText(await readOctets(host, input));
}

export function decodeText(octets: Uint8Array): string {
  return bufferView(octets)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** Returns a Buffer over the same memory. A copy of a secret would remain in the pool that small Buffers share. */
export function bufferView(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** Reads to the end, or until the octets exceed the limit. */
export async function readUpTo(source: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break; // which also closes the source
  }
  const octets = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    octets.set(chunk, offset);
    offset += chunk.length;
  }
  return octets;
}

/** Checks the form of a source before the command does anything. @throws UsageError */
export function checkSource(input: Input): void {
  parseSource(input);
}

/** A parsed source: `@` a file, `env:` a variable, `-` standard input. */
interface Source {
  readonly mark: '@' | 'env:' | '-';
  readonly name: string;
}

function parseSource({ name, source = '-', isPublic = false }: Input): Source {
  if (source === '-') return { mark: '-', name: '' };
  if (source.startsWith('env:') && source.length > 4) return { mark: 'env:', name: source.slice(4) };
  if (source.startsWith('@') && source.length > 1) return { mark: '@', name: source.slice(1) };
  if (isPublic && !/^(?:@|env:)?$/.test(source)) return { mark: '@', name: source };
  throw new UsageError(
    `${name} must be - (standard input), @FILE or env:NAME; never the value itself, because other users can read arguments`,
  );
}

function openSource(host: Host, input: Input): AsyncIterable<Uint8Array> {
  const { mark, name } = parseSource(input);
  if (mark === '-') return standardInput(host, input.name);
  return mark === 'env:' ? readVariable(host, input.name, name) : createReadStream(name);
}

function standardInput({ stdin, stderr }: Host, name: string): AsyncIterable<Uint8Array> {
  if (stdin.isTTY) stderr.write(`Paste ${name}, then press Enter and Ctrl-D.\n`);
  return stdin;
}

async function* readVariable({ env }: Host, name: string, variable: string): AsyncGenerator<Uint8Array> {
  const value = Object.hasOwn(env, variable) ? env[variable] : undefined;
  if (value === undefined) throw new UnreadableError(`${name}: the environment variable is not set`);
  yield new TextEncoder().encode(value);
}

/** Reduces a system error to its code (ENOENT, EISDIR). Returns any other error, which is a defect, as it is. */
function readError(name: string, error: unknown): unknown {
  if (error instanceof UsageError || !(error instanceof Error) || !('code' in error)) return error;
  return new UnreadableError(`${name}: the file cannot be read (${error.code})`);
}

/** Wraps standard input so that a second reader gets an error, not an empty value. */
export function singleUse(stdin: Host['stdin']): Host['stdin'] {
  let isUsed = false;
  return {
    isTTY: stdin.isTTY === true,
    [Symbol.asyncIterator]() {
      if (isUsed) throw new UsageError('only one value can come from standard input');
      isUsed = true;
      return stdin[Symbol.asyncIterator]();
    },
  };
}
