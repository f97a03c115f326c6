// A host for tests: it supplies the input of a command and records its output.
import type { Host } from '../../src/cli/host.ts';

export interface Given {
  readonly argv?: readonly string[];
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Standard input, output and error are a terminal. */
  readonly terminal?: boolean;
  readonly columns?: number;
  readonly env?: Record<string, string>;
  /** Resolves when the command must stop. Default: at once. */
  readonly untilStopped?: () => Promise<unknown>;
}

export interface Kept {
  readonly host: Host;
  readonly out: () => string;
  readonly err: () => string;
}

export function fakeHost({
  argv = [],
  stdin = '',
  terminal = false,
  columns,
  env = {},
  untilStopped = stop,
}: Given): Kept {
  const out: string[] = [];
  const err: string[] = [];
  const output = (kept: string[]) => ({
    write: (data: string | Uint8Array) => kept.push(typeof data === 'string' ? data : Buffer.from(data).toString()),
    isTTY: terminal,
    ...(columns !== undefined && { columns }),
  });
  const host = {
    argv,
    stdin: Object.assign(typeof stdin === 'object' && !(stdin instanceof Uint8Array) ? stdin : chunksOf(stdin), {
      isTTY: terminal,
    }),
    stdout: output(out),
    stderr: output(err),
    env,
    untilStopped,
  };
  return { host, out: () => out.join(''), err: () => err.join('') };
}

async function stop(): Promise<void> {}

/** As a pipe delivers it: in pieces. */
async function* chunksOf(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  const octets = Buffer.from(input);
  for (let at = 0; at < octets.length; at += 16_384) yield octets.subarray(at, at + 16_384);
}
