import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Arguments } from '../../src/cli/arguments.ts';
import { readSeal, type SealOption } from '../../src/cli/ring-seal.ts';
import { createSeal, type Seal } from '../../src/index.ts';
import { fakeHost } from './host.ts';

const folder = mkdtempSync(join(tmpdir(), 'barejose-seal-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OCTETS = Buffer.from('\n2 octets, the first and last too\n'.slice(0, 31).concat('\n'));
const OTHER = Buffer.alloc(32, 7);
const PLACE = { ring: 'ring', kid: 'kid' };

function read(option: SealOption, values: readonly string[], env: Record<string, string> = {}) {
  return readSeal(fakeHost({ env }).host, new Arguments<SealOption>([], new Map([[option, values]])));
}

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** Whether what one seals the other unseals. */
async function isSame(a: Seal | undefined, b: Seal): Promise<boolean> {
  const sealed = await a?.seal('text', PLACE);
  return Promise.resolve(sealed)
    .then((text) => b.unseal(String(text), PLACE))
    .then(
      (text) => text === 'text',
      () => false,
    );
}

test('a key is 32 octets as they are, or their text', async () => {
  const seal = createSeal(OCTETS);
  const texts = [OCTETS.toString('hex'), OCTETS.toString('base64url'), `${OCTETS.toString('hex')}\r\n`];
  texts.push(`${OCTETS.toString('base64')}\n`);
  expect(await isSame(await read('seal-file', [put('raw', OCTETS)]), seal)).toBe(true);
  for (const text of texts) {
    expect(await isSame(await read('seal-file', [put('text', text)]), seal)).toBe(true);
    expect(await isSame(await read('seal-env', ['KEY'], { KEY: text }), seal)).toBe(true);
  }
  expect(await isSame(await read('seal-env', ['KEY'], { KEY: OTHER.toString('hex') }), seal)).toBe(false);
});

test('the first one seals, and all of them unseal', async () => {
  const env = { NEW: OTHER.toString('hex'), OLD: OCTETS.toString('hex') };
  const both = await read('seal-env', ['NEW', 'OLD'], env);
  expect([await isSame(both, createSeal(OTHER)), await isSame(both, createSeal(OCTETS))]).toEqual([true, false]);
  const sealed = await createSeal(OCTETS).seal('text', PLACE);
  expect(await both?.unseal(sealed, PLACE)).toBe('text');
  const files = await read('seal-file', [put('new', OTHER), put('old', OCTETS)]);
  expect([await isSame(files, createSeal(OTHER)), await files?.unseal(sealed, PLACE)]).toEqual([true, 'text']);
});

test('without an option it is undefined', async () => {
  expect(await readSeal(fakeHost({}).host, new Arguments<SealOption>([], new Map()))).toBeUndefined();
});

test('a message does not repeat the key', async () => {
  const error = await read('seal-env', ['KEY'], { KEY: 'too-short' }).catch(String);
  expect(error).toBe(
    'Error: --seal-env must hold a key of 32 octets in base64, base64url or hex; `openssl rand -base64 32` creates one',
  );
});
