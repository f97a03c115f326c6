// What a command may touch, passed in so that a test can be the world; and how a command can end.

/** Somewhere to write text. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything outside the program: process itself has this shape, but for `argv`, which is without node and script. */
export interface World {
  readonly argv: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit codes: a script can tell a bad token from keys that could not be had. */
export const EXIT = { valid: 0, invalid: 1, usage: 2, unavailable: 3 } as const;

/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {}

/** The keys could not be had, so nothing is known about the token: exit code 3. */
export class KeysUnavailable extends Error {}
