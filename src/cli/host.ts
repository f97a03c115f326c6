// The process around a command, passed in so that tests can replace it; and the ways a command can end.

/** A stream to write text to. */
export interface Output {
  write(data: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything outside the program but files and URLs. `process` has this shape, except for argv and untilStopped. */
export interface Host {
  /** Without node and the script. */
  readonly argv: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves on SIGINT or SIGTERM, which end the process at once unless a command has called this. */
  readonly untilStopped: () => Promise<unknown>;
}

/** The exit codes, by which a script distinguishes an invalid token from unavailable keys and from a full disk. */
export const EXIT = { valid: 0, invalid: 1, usage: 2, unavailable: 3, unwritten: 4 } as const;

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {}

/** The command line is right, but a file or variable that it names cannot be read: exit code 2. */
export class UnreadableError extends UsageError {}

/** The keys cannot be read or fetched, so the token remains unverified: exit code 3. */
export class KeysUnavailableError extends Error {}
