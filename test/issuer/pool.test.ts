// The thread pool: which signatures an issuer makes there, and that the tokens are those of the calling thread.
import * as crypto from 'node:crypto';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createVerifier, importKey, importSecret, signJws } from '../../src/index.ts';
import { paysToSignInPool } from '../../src/issuer/pool.ts';
import { makeSignatureInPool } from '../../src/jwa/pooled-signing.ts';
import { readyKeyOf } from '../../src/jwk/signature-key.ts';
import type { PoolUse } from '../../src/pool.ts';
import { freshPair, keyPairs } from '../support/keys.ts';
import { API, expectMistake, kidOf, NAME, settled, type World, world } from './issuing.ts';

type Callback = (error: Error | null, signature?: Uint8Array) => void;

vi.mock('node:crypto', async (original) => {
  const actual: typeof crypto = await original();
  return { ...actual, sign: vi.fn(actual.sign) };
});
const nodeSign = vi.mocked(crypto.sign as (...args: unknown[]) => unknown);
const { sign: actualSign } = await vi.importActual<typeof crypto>('node:crypto');

const AUDIENCE = String(API.audience);

/** How many signatures were handed to the pool since the last look. */
function takeHanded(): number {
  const handed = nodeSign.mock.calls.filter((args) => typeof args[3] === 'function').length;
  nodeSign.mockClear();
  return handed;
}

beforeEach(() => {
  nodeSign.mockReset();
  nodeSign.mockImplementation(actualSign as (...args: unknown[]) => unknown);
});

test.each([
  ['RS256', true],
  ['PS512', true],
  ['ES256', false],
  ['ES384', true],
  ['EdDSA', false],
  ['Ed25519', false],
  ['Ed448', true],
  ['ML-DSA-44', true],
] as const)('a signature of %s pays in the pool beside others: %s', (alg, pays) => {
  expect(paysToSignInPool(alg, () => 1)).toBe(pays);
  expect(paysToSignInPool(alg, () => 0)).toBe(false);
});

const PAIRS = {
  RS256: freshPair('rsa', { modulusLength: 2048 }),
  PS256: freshPair('rsa', { modulusLength: 2048 }),
  ES256: freshPair('ec', { namedCurve: 'P-256' }),
  ES384: freshPair('ec', { namedCurve: 'P-384' }),
  EdDSA: freshPair('ed25519'),
};
type Alg = keyof typeof PAIRS;

/** A ring whose keys are there already, since an RSA key takes long to generate. */
function worldOf(alg: Alg, pool?: PoolUse): Promise<World> {
  const generate = () => importKey(PAIRS[alg].privateKey, { alg });
  return world({ algorithms: [alg], firstKeys: [keyPairs[alg].privateKey], generate, pool });
}

async function subjectOf({ issuer, now }: World, token: string): Promise<unknown> {
  const verifier = createVerifier({ issuer: NAME, audience: AUDIENCE, keys: issuer, clock: () => now });
  return (await verifier.verify(token)).claims.sub;
}

describe.each(Object.keys(PAIRS) as Alg[])('%s', (alg) => {
  test('the pool itself makes the signature, and not the calling thread after it has failed there', async () => {
    const ready = readyKeyOf(importKey(PAIRS[alg].privateKey, { alg }));
    const outcomes: (Error | null)[] = [];
    nodeSign.mockImplementation((hash, data, key, done) =>
      (actualSign as (...args: unknown[]) => unknown)(hash, data, key, (error: Error | null, signature: Uint8Array) => {
        outcomes.push(error);
        (done as Callback)(error, signature);
      }),
    );
    expect(await makeSignatureInPool(ready, 'input')).toMatch(/^[\w-]+$/);
    expect(outcomes).toEqual([null]);
  });

  test.each([undefined, 'auto', 'always', 'never'] as const)('pool %j: its tokens verify', async (pool) => {
    const it = await worldOf(alg, pool);
    const sign = () => it.issuer.sign({ sub: 'user-1' }, API);
    await sign(); // opens the key
    await settled();
    takeHanded();
    const alone = await sign();
    expect(takeHanded()).toBe(pool === 'always' ? 1 : 0);
    await settled();
    const tokens = await Promise.all([sign(), sign(), sign()]);
    const isPooled = pool !== 'never' && paysToSignInPool(alg, () => 1);
    expect(takeHanded()).toBe(pool === 'always' ? 3 : isPooled ? 2 : 0);
    for (const token of [alone, ...tokens]) expect(await subjectOf(it, token)).toBe('user-1');
  });

  test.each([
    ['answers with an error', (...args: unknown[]) => void (args[3] as Callback)(new Error('no pool'))],
    ['answers with what is no signature', (...args: unknown[]) => void (args[3] as Callback)(null)],
    [
      'is called in vain',
      () => {
        throw new Error('no pool');
      },
    ],
  ])('a pool that %s leaves the signature to the calling thread', async (_, signInPool) => {
    const it = await worldOf(alg, 'always');
    nodeSign.mockImplementation((...args) =>
      args.length === 4 ? signInPool(...args) : actualSign(...(args as [null, Buffer, never])),
    );
    expect(await subjectOf(it, await it.issuer.sign({ sub: 'user-1' }, API))).toBe('user-1');
  });
});

test('claims and options are refused as on the calling thread', async () => {
  const messages = await Promise.all(
    (['always', 'never'] as const).map(async (pool) => {
      const { issuer } = await worldOf('ES256', pool);
      const refused = await issuer.sign({ sub: 1 as never }, API).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(TypeError);
      return String(refused);
    }),
  );
  expect(messages[0]).toBe(messages[1]);
});

test('a key that is revoked while its signature is made signs no token', async () => {
  const it = await world({ pool: 'always' });
  const first = kidOf(await it.issuer.sign({ sub: 'user-1' }, API));
  const waiting: (() => void)[] = [];
  nodeSign.mockImplementationOnce(
    (...args) => void waiting.push(() => actualSign(...(args as Parameters<typeof actualSign>))),
  );
  const token = it.issuer.sign({ sub: 'user-1' }, API);
  await settled();
  expect(waiting).toHaveLength(1);
  await it.issuer.revoke(String(first), 'leaked');
  waiting[0]?.();
  expect(kidOf(await token)).not.toBe(first);
});

test('an HMAC is computed on the calling thread', async () => {
  const key = importSecret(new Uint8Array(32).fill(7), { alg: 'HS256' });
  const token = signJws(new TextEncoder().encode('x'), key);
  const [, input = '', signature] = /^(.*)\.(.*)$/.exec(token) ?? [];
  expect(await makeSignatureInPool(readyKeyOf(key), input)).toBe(signature);
  expect(takeHanded()).toBe(0);
});

test.each([true, 'on', 'Auto', 1, null])('pool %j is no option', async (pool) => {
  await expectMistake(world({ pool: pool as PoolUse }), "options.pool must be 'auto', 'always' or 'never'");
});
