// Processes of their own that share a ring, so that they can race and be killed: ring-worker.mjs over the library, joined into
// one file as it is published.

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import type { RingChange, RingPolicyOptions } from '../../src/index.ts';

/** What a process opens. */
export interface Setup {
  readonly issuer: string;
  readonly policy: RingPolicyOptions;
  readonly store: Readonly<Partial<Record<'file' | 'postgres' | 'ioredis' | 'redis', string>>>;
  /** Seconds of a clock that flies: so many a second, from an instant of ours (`since`, in ms) on. */
  readonly clock?: { readonly start: number; readonly since: number; readonly speed: number };
}

export interface RingProcess {
  /** @throws Error with what the process says of its failure, or that it is gone */
  ask(command: string, argument?: unknown): Promise<unknown>;
  kill(): Promise<void>;
}

/** Is told what a process does of itself. */
export interface Listener {
  readonly onToken?: (token: string) => void;
  readonly onChange?: (change: RingChange) => void;
}

export interface Processes {
  readonly folder: string;
  start(setup: Setup, listener?: Listener): Promise<RingProcess>;
  dispose(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const worker = fileURLToPath(new URL('ring-worker.mjs', import.meta.url));

export async function ringProcesses(): Promise<Processes> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'barejose-processes-')));
  const file = join(folder, 'barejose.mjs');
  await bundle('src/index.ts', file);
  await bundle('test/support/next-records.ts', join(folder, 'next-records.mjs'));
  const alive = new Set<ChildProcess>();
  const leave = () => {
    for (const child of alive) child.kill('SIGKILL');
  };
  process.once('exit', leave);
  return {
    folder,
    start: async (setup, listener = {}) => {
      const args = [pathToFileURL(file).href, JSON.stringify(setup)];
      const child = fork(worker, args, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      alive.add(child);
      child.once('exit', () => alive.delete(child));
      return driven(child, listener);
    },
    dispose: async () => {
      await Promise.all(Array.from(alive, ended));
      process.off('exit', leave);
      rmSync(folder, { recursive: true });
    },
  };
}

async function bundle(input: string, file: string): Promise<void> {
  const bundled = await rolldown({ cwd: root, input, platform: 'node' });
  await bundled.write({ file });
  await bundled.close();
}

interface Message {
  readonly ready?: true;
  readonly token?: string;
  readonly change?: RingChange;
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

async function driven(child: ChildProcess, { onToken, onChange }: Listener): Promise<RingProcess> {
  const waiting = new Map<number, Waiting>();
  const ready = new Promise<unknown>((resolve, reject) => waiting.set(0, { resolve, reject }));
  child.on('message', ({ ready, token, change, id = 0, value, error }: Message) => {
    if (token !== undefined) return onToken?.(token);
    if (change !== undefined) return onChange?.(change);
    const answer = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) answer?.resolve(ready ?? value);
    else answer?.reject(new Error(error));
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the process is gone'));
  });
  await ready;
  let count = 0;
  return {
    ask: (command, argument) =>
      new Promise((resolve, reject) => {
        waiting.set(++count, { resolve, reject });
        child.send({ id: count, command, argument }, (error) => error && reject(error));
      }),
    kill: () => ended(child),
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
