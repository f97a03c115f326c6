// Transcripts: what is typed, and what comes out where, with which exit code. Each text in transcripts/ is a session in a
// folder of its own; it is run, and written anew with what really came out, and must be the same text. `vitest -u` writes it.
//
//   # a remark                                      $ barejose …  < FILE  > FILE  NAME=value before it for the environment
//   === FILE, then its content, then ===            standard output as it is, standard error after "! ", then "→ exit code"
//   "\" and a remark where the output ends within a line
//   === FILE (600) for another mode than 644        @ 2026-02-01T12:00:00Z and from then on it is that time
//
// In those about rings KID1_…, or KID1 where it is typed, is the first kid that was made and shown, KID2 the second.
//
// A server on 127.0.0.1:PORT serves the folder. FILE.answer, where there is one, says what else is in the answer.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { fakeHost } from './host.ts';

const TEXTS = new URL('./transcripts/', import.meta.url);
const NOW = Date.parse('2026-01-31T12:00:00Z');
const home = process.cwd();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'barejose-transcript-'));
  process.chdir(folder);
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

/** Serves the folder until it is closed. */
async function serveFolder() {
  const server = createServer((request, response) => {
    const file = join(folder, (request.url ?? '').slice(1).replaceAll('/', '_'));
    const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': 'max-age=600', etag: '"1"' };
    const { status = 200, ...others } = JSON.parse(contentOf(`${file}.answer`) ?? '{}');
    const body = contentOf(file);
    response.writeHead(body === undefined ? 404 : status, { ...headers, ...others });
    response.end(body?.replaceAll('PORT', String(portOf(server))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: portOf(server), close: () => server.close().closeAllConnections() };
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Words as a shell tells them apart; single quotes hold a word together. */
function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/(?:'[^']*'|[^\s'])+/g), ([word]) => word.replaceAll("'", ''));
}

/** The values that differ in every run, and their names in a transcript. */
interface Session {
  readonly port: number;
  /** Kids by what they are called; undefined where all kids are given. */
  readonly kids: Map<string, string> | undefined;
}

/** Replaces names of a transcript by the values of this run. */
function asTyped(line: string, { port, kids = new Map() }: Session): string {
  return line
    .replaceAll('PORT', String(port))
    .replace(/\bKID\d+\b/g, (name) => kids.get(`${name}_`.padEnd(KID, '_')) ?? name);
}

/** The length of a thumbprint. */
const KID = 43;

/** Replaces the values of this run by names. The name of a kid is as long as a kid. */
function asTranscript(text: string, { port, kids }: Session): string {
  const settled = text
    .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:PORT')
    .replace(/127\.0\.0\.1:\d{5}/g, '127.0.0.1:PORT');
  if (!kids) return settled;
  for (const [kid] of settled.matchAll(/(?<![\w-])[\w-]{43}(?![\w-])/g))
    if (![...kids.values()].includes(kid)) kids.set(`KID${kids.size + 1}_`.padEnd(KID, '_'), kid);
  const uncut = [...kids].reduce((it, [name, kid]) => it.replaceAll(kid, name), settled);
  // A drawing shows so much of a kid as tells it apart from the others.
  return uncut.replace(/([\w-]{11,24})…/g, (cut, beginning) => {
    const [name] = [...kids].find(([, kid]) => kid.startsWith(beginning)) ?? [];
    return name === undefined ? cut : `${name.slice(0, beginning.length)}…`;
  });
}

/** Runs a line, and returns what a transcript says of it. */
async function runLine(line: string, session: Session): Promise<string> {
  const words = wordsOf(asTyped(line, session));
  const start = words.indexOf('barejose');
  const env = Object.fromEntries(words.slice(0, start).map((word) => word.split(/=(.*)/s)));
  const args = words.slice(start + 1);
  const from = args.indexOf('<');
  const stdin = from < 0 ? '' : readFileSync(join(folder, String(args.splice(from, 2)[1])));
  const into = args.indexOf('>');
  const target = into < 0 ? undefined : String(args.splice(into, 2)[1]);
  const { host, out, err } = fakeHost({ argv: args, stdin, env });
  const code = await run(host);
  if (target !== undefined) writeFileSync(join(folder, target), out());
  const shown = target === undefined ? withLineBreak(out()) : '';
  return asTranscript(`${shown}${err().replace(/^(?=.)/gm, '! ')}→ ${code}`, session);
}

/** Output that ends within a line, so that what follows begins with a line of its own. */
function withLineBreak(output: string): string {
  return output === '' || output.endsWith('\n') ? output : `${output}\n\\ without a line break at the end\n`;
}

async function rerun(text: string, session: Session): Promise<string> {
  const written: string[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = String(lines[i]);
    const [, file, mode = '644'] = /^=== (\S+)(?: \((\d+)\))?$/.exec(line) ?? [];
    const [, instant] = /^@ (.+)$/.exec(line) ?? [];
    if (instant) vi.setSystemTime(Date.parse(instant));
    const end = file ? lines.indexOf('===', i) : line.startsWith('$ ') ? endOfOutput(lines, i) : i;
    if (file) {
      writeFileSync(join(folder, file), lines.slice(i + 1, end).join('\n'));
      chmodSync(join(folder, file), Number.parseInt(mode, 8));
    }
    if (line.startsWith('$ ')) written.push(line, await runLine(line.slice(2), session));
    else written.push(...lines.slice(i, end + 1));
    i = end;
  }
  return written.join('\n');
}

/** Returns the line with the exit code, or the line itself if the transcript has no output yet. */
function endOfOutput(lines: readonly string[], start: number): number {
  const end = lines.findIndex((line, index) => index > start && /^→ \d|^[$@#] |^===/.test(line));
  return end > 0 && lines[end]?.startsWith('→') ? end : start;
}

test.each(readdirSync(TEXTS))('%s', async (name) => {
  const path = new URL(name, TEXTS).pathname;
  const { port, close } = await serveFolder();
  try {
    await expect(
      await rerun(readFileSync(path, 'utf8'), { port, kids: name.startsWith('ring') ? new Map() : undefined }),
    ).toMatchFileSnapshot(path);
  } finally {
    close();
  }
});
