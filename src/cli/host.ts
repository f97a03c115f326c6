// What a command may touch, passed in so that a test can be the world; and how a command can end.
import { JoseError } from '../index.ts';

/** Somewhere to write text. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything outside the program but files and keys at a URL: process itself has this shape, but for `argv`. */
export interface Host {
  /** Without node and script. */
  readonly argv: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves when whoever runs the command has had enough of it. Only a command that asks can be told so. */
  readonly untilStopped: () => Promise<unknown>;
}

/** Exit codes: a script can tell a bad token from keys that could not be had, and from a disk that is full. */
export const EXIT = { valid: 0, invalid: 1, usage: 2, unavailable: 3, unwritten: 4 } as const;

/** The command line cannot be carried out: exit code 2. */
export class UsageError extends Error {}

/** The same, where not the command line but what it points to is at fault: a file or a variable that is not there. */
export class UnreadableError extends UsageError {}

/** The keys could not be had, so nothing is known about the token: exit code 3. */
export class KeysUnavailableError extends Error {}

/** What was caught, as the refusal that it should be; anything else is a defect, and is thrown on. */
export function asJoseError(error: unknown): JoseError {
  if (error instanceof JoseError) return error;
  throw error;
}

/** Whether an error tells of the keys, and nothing of the token. */
export function isAboutKeys({ code }: JoseError): boolean {
  return ['ERR_JWKS_UNAVAILABLE', 'ERR_JWKS_INVALID', 'ERR_RING_UNAVAILABLE'].includes(code);
}
