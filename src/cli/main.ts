#!/usr/bin/env node
// The command `barejose`: hands the process to run() and keeps the exit code.
import { run } from './run.ts';

// A reader that leaves early (`barejose | head -3`) is no reason for a stack trace.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

process.exitCode = await run({
  argv: process.argv.slice(2),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
});
