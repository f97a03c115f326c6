// Stores with invalid records, stores that fail, and keys that are due.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { UnreadableError, UsageError } from '../../src/cli/host.ts';
import { RING_OPTIONS, type RingOption, withRing } from '../../src/cli/ring-open.ts';
import { withStoreErrors } from '../../src/cli/ring-store.ts';
import { run } from '../../src/cli/run.ts';
import { createIssuer, exportJwk, fileStore, generateKey, JoseError } from '../../src/index.ts';
import { fakeHost, type Given } from './host.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const ISSUER = 'https://issuer.example';
const INIT = ['--issuer', ISSUER, '--max-token-lifetime', '1h'];
let folder: string;
let ring: string;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  folder = mkdtempSync(join(tmpdir(), 'barejose-open-'));
  ring = join(folder, 'ring');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

async function transcript(argv: readonly string[], given: Given = {}) {
  const [word = '', ...more] = argv;
  const { host, out, err } = fakeHost({ argv: ['ring', word, '--ring', ring, ...more], ...given });
  return { code: await run(host), out: out(), err: err() };
}

function putRecords(text: string): void {
  mkdirSync(ring, { mode: 0o700, recursive: true });
  writeFileSync(join(ring, 'ring-000000000001.json'), text, { mode: 0o600 });
}

describe('invalid records', () => {
  test.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '"\u001b[2J"',
    '{"ring":"https://issuer.example"}',
    '{"ring":7}',
    '{"barejose":"ring/1","ring":"https://issuer.example","version":1,"policy":{},"algorithms":[],"keys":[]}',
  ])('%j', async (text) => {
    putRecords(text);
    for (const argv of [['status'], ['rotate'], ['timeline'], ['serve', '--port', '0']]) {
      const { code, out, err } = await transcript(argv);
      expect([code, out]).toEqual([1, '']);
      expect(err).toMatch(/^barejose: ERR_RING_INVALID: [ -~]+\n$/);
    }
    const { code, out, err } = await transcript(['simulate']);
    expect([code > 0, out]).toEqual([true, '']);
    expect(err).toMatch(/^[ -~\n]+$/);
    expect(readFileSync(join(ring, 'ring-000000000001.json'), 'utf8')).toBe(text);
    expect(readdirSync(ring)).toHaveLength(1);
  });
});

describe('an error of a store', () => {
  const failing = (error: unknown) => withStoreErrors(() => Promise.reject(error)).catch((thrown: unknown) => thrown);

  test.each([
    [
      Object.assign(new Error('to secret@host'), { code: 'ECONNREFUSED' }),
      'the key ring cannot be reached (ECONNREFUSED)',
    ],
    [Object.assign(new Error('secret'), { code: 'a secret' }), 'the key ring cannot be reached'],
    [new Error('secret'), 'the key ring cannot be reached'],
    [new Error('WRONGPASS secret'), 'the key ring cannot be reached (WRONGPASS)'],
    [undefined, 'the key ring cannot be reached'],
  ])('%s is reported without its message', async (error, message) => {
    expect(await failing(error)).toEqual(new JoseError('ERR_RING_UNAVAILABLE', message));
  });

  test('a missing table is a missing ring', async () => {
    const cause = Object.assign(new Error(), { code: '42P01' });
    expect(await failing(new JoseError('ERR_RING_UNAVAILABLE', 'no table', { cause }))).toEqual(
      new UnreadableError('--ring: there is no key ring; `barejose ring init` creates one'),
    );
  });

  test.each([new UsageError('a'), new JoseError('ERR_RING_INVALID', 'b'), new TypeError('c')])(
    '%s passes',
    async (error) => {
      expect(await failing(error)).toBe(error);
    },
  );
});

describe('a key that is due', () => {
  const KEY = 'b'.repeat(64);
  const LATER = NOW + 91 * 86_400_000;

  test('is sealed like the others, or not created', async () => {
    expect(await transcript(['init', ...INIT, '--seal-env', 'KEY'], { env: { KEY } })).toMatchObject({
      code: 0,
      err: '',
    });
    const before = readFileSync(join(ring, 'ring-000000000001.json'), 'utf8');
    expect(before).not.toMatch(/"d":/);
    vi.setSystemTime(LATER);
    const due = 'a key is due, and this ring is sealed: --seal-env or --seal-file must be given';
    // Everything else is done: what is to be erased is, and a key that is taken back does not wait for the one in its place.
    for (const argv of [['status'], ['rotate']])
      expect(await transcript(argv)).toMatchObject({ code: 0, err: `barejose: ${due}\n` });
    const [kid] = /(?<="kid":")[^"]+/.exec(before) ?? [];
    const taken = await transcript(['revoke', `${kid}`, '--reason', 'stolen']);
    expect(taken).toMatchObject({ code: 0, out: expect.stringContaining('is revoked'), err: `barejose: ${due}\n` });
    expect(readFileSync(join(ring, 'ring-000000000003.json'), 'utf8')).not.toMatch(/"d":/);
    expect(await transcript(['status', '--seal-env', 'KEY'], { env: { KEY } })).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(join(ring, 'ring-000000000004.json'), 'utf8')).not.toMatch(/"d":/);
  });

  test('is not created for an algorithm with external keys', async () => {
    const keys = await Promise.all(['kms-1', 'kms-2'].map((kid) => generateKey('ES256', { kid })));
    const outside = keys.map((key) => ({ publicJwk: exportJwk(key), sign: () => new Uint8Array(64) }));
    const generate = () => outside.shift() ?? generateKey('ES256');
    const policy = { maxTokenLifetime: '1h' } as const;
    await createIssuer({ issuer: ISSUER, store: fileStore(ring), policy, generate });
    const { code, out } = await transcript(['status']);
    expect([code, out]).toEqual([0, expect.stringContaining('private key held by a service')]);
    vi.setSystemTime(LATER);
    const { err } = await transcript(['rotate']);
    expect(err).toBe('barejose: a key for ES256 is due, and the service that holds the private keys must create it\n');
  });
});

test('the ring is closed after an error', async () => {
  await transcript(['init', ...INIT]);
  const given = parseArguments<RingOption>({ name: 'x', options: RING_OPTIONS }, ['--ring', ring]);
  const { host } = fakeHost({});
  await expect(
    withRing(host, given, {
      run: async ({ issuer }) => {
        throw new RangeError(issuer);
      },
    }),
  ).rejects.toThrow(new RangeError(ISSUER));
  const failing = { run: async () => Promise.reject(new TypeError('options.alg must be ')) };
  await expect(withRing(host, given, failing)).rejects.toEqual(new UsageError('--alg must be '));
});

test('no command prints a private key', async () => {
  await transcript(['init', ...INIT, '--alg', 'ES256', '--alg', 'EdDSA', '--alg', 'RS256']);
  const secrets =
    readFileSync(join(ring, 'ring-000000000001.json'), 'utf8').match(/"(?:d|p|q|dp|dq|qi)":"[^"]+"/g) ?? [];
  expect(secrets.length).toBeGreaterThan(8);
  for (const argv of [
    ['status'],
    ['status', '--json'],
    ['timeline', '--json'],
    ['rotate', '--json'],
    ['simulate', '--json'],
  ]) {
    const { code, out, err } = await transcript(argv);
    expect([code, err]).toEqual([0, '']);
    for (const secret of secrets) expect(out).not.toContain(secret.split('"')[3]);
  }
});

test('an ambiguous kid lists ten kids', async () => {
  await transcript(['init', ...INIT]);
  const file = join(ring, 'ring-000000000001.json');
  const records = JSON.parse(readFileSync(file, 'utf8'));
  const isPart = ([name]: readonly [string, unknown]) => ['publicJwk', 'privateJwk'].includes(name);
  const tombstone = Object.fromEntries(Object.entries(records.keys[0]).filter((member) => !isPart(member)));
  const { activateAt } = records.keys[0];
  const gone = { ...tombstone, retireAt: activateAt + 1, removeAt: activateAt + 2 };
  const old = Array.from({ length: 12 }, (_, i) => ({ ...gone, kid: `signing-${i}` }));
  writeFileSync(file, JSON.stringify({ ...records, keys: [...old, ...records.keys] }));
  const { code, err } = await transcript(['revoke', 'signing-', '--reason', 'lost']);
  expect([code, err]).toEqual([2, expect.stringMatching(/12 kids begin .*: signing-0, .*, signing-9 and 2 more\n/)]);
  expect(await transcript(['promote', 'signing-11'])).toMatchObject({ code: 1 });
});

test('a kid and a reason cannot control the terminal', async () => {
  await transcript(['init', ...INIT]);
  const file = join(ring, 'ring-000000000001.json');
  const records = readFileSync(file, 'utf8');
  writeFileSync(file, records.replaceAll(JSON.parse(records).keys[0].kid, 'k\\u001b[2J\\u202e'));
  const outputs = [
    await transcript(['revoke', 'k\u001b[2J\u202e', '--reason', '\u001b]0;x\u0007']),
    await transcript(['promote', 'k\u001b[2J\u202e']),
    await transcript(['status']),
    await transcript(['timeline', '--days', '1']),
    await transcript(['status', '--json']),
  ];
  expect(outputs.map(({ code }) => code)).toEqual([0, 1, 0, 0, 0]);
  for (const { out, err } of outputs) expect(out + err).not.toMatch(/(?!\n)\p{Cc}|\p{Bidi_Control}/u);
  expect(outputs[2]?.out).toContain('"k\\u001b[2J\\u202e"');
});
