// Real PostgreSQL and Redis servers for a test: each on a free port of the loopback, with a data folder of its own that goes
// when the test ends. They are those of the machine: `apt-get install -y --no-install-recommends postgresql redis-server`.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A server that can be taken away and brought back: on the same port, with the same data. */
export interface Server {
  readonly port: number;
  readonly url: string;
  start(): Promise<void>;
  /** Lets it finish what it does, and ends every connection. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Lets it go on after `freeze`, which keeps it from answering. */
  thaw(): void;
  freeze(): void;
  /** Ends it, and removes its data. */
  dispose(): Promise<void>;
}

export const INSTALL = 'apt-get install -y --no-install-recommends postgresql redis-server';

/** The programs, where they are installed. */
const INITDB = find('initdb');
const POSTGRES = find('postgres');
const REDIS = find('redis-server');
export const HAS_POSTGRES: boolean = INITDB !== undefined && POSTGRES !== undefined;
export const HAS_REDIS: boolean = REDIS !== undefined;

/**
 * Tells in one line what will not be tested, unless everything will be. Where BAREJOSE_REQUIRE_SERVERS is 1, as in CI, that is
 * an error instead.
 */
export function announce(tests: string): void {
  const missing = [HAS_POSTGRES ? [] : ['PostgreSQL'], HAS_REDIS ? [] : ['Redis']].flat().join(' and ');
  if (missing === '') return;
  const line = `${tests}: not run with ${missing}, which this machine does not have; to run them: ${INSTALL}`;
  if (process.env.BAREJOSE_REQUIRE_SERVERS === '1') throw new Error(line);
  process.stderr.write(`\n${line}\n`);
}

/** In PATH, or where Debian keeps it: of several versions, the newest. */
function find(program: string): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = readFolder(debian).toSorted((a, b) => Number(b) - Number(a));
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...versions.map((each) => `${debian}/${each}/bin`)];
  return folders.map((folder) => join(folder, program)).find(isProgram);
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root, and lets go of it by itself no more than Redis does. */
const USER = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};

function idOf(which: '-u' | '-g'): number {
  try {
    return Number(execFileSync('id', [which, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return 65534; // nobody
  }
}

export async function startPostgres(): Promise<Server> {
  const data = dataFolder();
  const run = { ...USER, cwd: data, stdio: 'ignore' } as const;
  execFileSync(String(INITDB), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'], run);
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'log_timezone=UTC',
  ];
  const args = ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  // SIGINT: without waiting for clients to leave.
  return started({
    program: String(POSTGRES),
    args,
    data,
    port,
    url,
    end: 'SIGINT',
    ready: /ready to accept connections/,
  });
}

export async function startRedis(): Promise<Server> {
  const [data, port] = [dataFolder(), await freePort()];
  const safe = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', data, ...safe];
  const url = `redis://127.0.0.1:${port}`;
  return started({
    program: String(REDIS),
    args,
    data,
    port,
    url,
    end: 'SIGTERM',
    ready: /Ready to accept connections/i,
  });
}

function dataFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'barejose-server-')));
  if (USER.uid !== undefined) chownSync(folder, USER.uid, USER.gid);
  return folder;
}

/**
 * One below those that the system gives to connections: while a server is away, a client that tries its port again and again
 * could otherwise be given that very port, and be connected to itself.
 */
async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
  return isFree ? port : freePort();
}

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  readonly data: string;
  readonly port: number;
  readonly url: string;
  /** The signal that ends it properly. */
  readonly end: NodeJS.Signals;
  /** What it says when it is there. */
  readonly ready: RegExp;
}

async function started({ program, args, data, port, url, end, ready }: Program): Promise<Server> {
  let child: ChildProcess | undefined;
  const leave = () => {
    child?.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  };
  process.once('exit', leave);
  const start = async () => {
    child = await launch(program, args, { cwd: data, ready });
  };
  const finish = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = undefined;
    await (ending && ended(ending, signal));
  };
  const server: Server = {
    port,
    url,
    start,
    stop: () => finish(end),
    kill: () => finish('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    dispose: async () => {
      await finish('SIGKILL');
      process.off('exit', leave);
      // The processes of a PostgreSQL that was killed may still be about to leave it.
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
  await start();
  return server;
}

/** After a kill PostgreSQL does not start until its processes of before have seen it, which takes them some tries. */
async function launch(program: string, args: readonly string[], { cwd, ready }: { cwd: string; ready: RegExp }) {
  let said = '';
  for (let attempt = 0; attempt < 50; attempt++) {
    const child = spawn(program, args, { ...USER, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const isReady = new Promise<boolean>((resolve) => {
      said = '';
      const listen = (chunk: Buffer) => {
        said = `${said}${chunk}`.slice(-4000);
        if (ready.test(said)) resolve(true);
      };
      child.stdout.on('data', listen);
      child.stderr.on('data', listen);
      child.once('error', () => resolve(false));
      child.once('exit', () => resolve(false));
    });
    if (await isReady) return child;
  }
  throw new Error(`${program} does not start: ${said}`);
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    const others = signal === 'SIGKILL' ? childrenOf(child) : [];
    child.kill(signal);
    // PostgreSQL answers by a process for each connection, which would go on for a moment.
    for (const pid of others) endOf(pid);
    // One that was frozen takes no other signal.
    child.kill('SIGCONT');
  });
}

/** As Linux tells them. */
function childrenOf({ pid }: ChildProcess): readonly number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  return existsSync(list) ? readFileSync(list, 'utf8').split(' ').filter(Boolean).map(Number) : [];
}

function endOf(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
