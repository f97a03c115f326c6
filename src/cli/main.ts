#!/usr/bin/env node
// The command `barejose`: passes the process to run() and sets the exit code.
import { EXIT } from './host.ts';
import { run } from './run.ts';

// A reader that leaves early (`barejose | head -3`) has what it wants; any other failure to write has lost something.
for (const output of [process.stdout, process.stderr])
  output.on('error', (error: Error & { code?: unknown }) => {
    if (error.code !== 'EPIPE') process.exitCode = EXIT.unwritten;
  });

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const code = await run({
  argv: process.argv.slice(2),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  untilStopped: () => new Promise((resolve) => SIGNALS.forEach((signal) => void process.once(signal, resolve))),
});
process.exitCode ??= code;
