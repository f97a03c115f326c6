// The thread pool: which signatures are verified there, how many at once, and that the outcome is that of the calling thread.
import * as crypto from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createKeyVerifier,
  createVerifier,
  importKey,
  importSecret,
  JoseError,
  type Key,
  KeySet,
  type SignatureAlgorithm,
  signJwt,
  type Verifier,
  type VerifierOptions,
} from '../../src/index.ts';
import { makeSignature } from '../../src/jwa/signing.ts';
import { readyKeyOf } from '../../src/jwk/signature-key.ts';
import { verifyWithKeyInPool } from '../../src/jwk/signature-pool.ts';
import type { PoolUse } from '../../src/pool.ts';
import { paysInPool } from '../../src/verifier/pool.ts';
import { BAD as BAD_TOKENS } from '../http/verifiers.ts';
import { expectTypeError } from '../support/expect.ts';
import { changeCharacter } from '../support/flip.ts';
import { freshPair, nodePair } from '../support/keys.ts';

type Callback = (error: Error | null, isValid: boolean) => void;

vi.mock('node:crypto', async (original) => {
  const actual: typeof crypto = await original();
  return { ...actual, verify: vi.fn(actual.verify) };
});
const nodeVerify = vi.mocked(crypto.verify as (...args: unknown[]) => unknown);
const { verify: actualVerify } = await vi.importActual<typeof crypto>('node:crypto');

/** How many signatures were handed to the pool since the last look. */
function takeHanded(): number {
  const handed = nodeVerify.mock.calls.filter((args) => typeof args[4] === 'function').length;
  nodeVerify.mockClear();
  return handed;
}

beforeEach(() => {
  nodeVerify.mockReset();
  nodeVerify.mockImplementation(actualVerify as (...args: unknown[]) => unknown);
});

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'https://a.example', audience: 'api', clock: () => NOW };
const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

function signingKey(alg: SignatureAlgorithm): Key {
  if (alg === 'HS256') return importSecret(new Uint8Array(32).fill(7), { alg, kid: 'k1' });
  const { privateKey } = nodePair(alg as 'ES256');
  return importKey(privateKey, { alg: alg as 'ES256', kid: 'k1' });
}

function tokenOf(key: Key, claims: object = {}): string {
  const given = { iss: EXPECTED.issuer, aud: EXPECTED.audience, sub: 'user-1', ...claims };
  return signJwt(given, key, { expiresIn: '5m', now: NOW });
}

/** A verifier for that key, and a good token. */
function worldOf(
  alg: SignatureAlgorithm,
  options: Partial<VerifierOptions> = {},
): { verifier: Verifier; token: string } {
  const key = signingKey(alg);
  const keys = key.type === 'secret' ? key : key.publicKey();
  return { verifier: createVerifier({ ...EXPECTED, keys, ...options }), token: tokenOf(key) };
}

/** All that a caller sees of a verification. */
async function outcomeOf(verifier: Verifier, token: string): Promise<unknown> {
  try {
    const { claims, header, key } = await verifier.verify(token);
    return { claims, header, kid: key.kid };
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    const { code, message, failures } = error;
    return { code, message, failures };
  }
}

test.each([
  ['RS256', 0, false],
  ['RS256', 1, true],
  ['PS512', 0, false],
  ['PS256', 3, true],
  ['ES256', 0, true],
  ['ES512', 5, true],
  ['EdDSA', 0, true],
  ['Ed25519', 0, true],
  ['ML-DSA-44', 0, true],
] as const)('%s beside %i others pays in the pool: %s', (alg, others, pays) => {
  expect(paysInPool(alg, others)).toBe(pays);
});

const ALGORITHMS = ['HS256', 'RS256', 'PS256', 'ES256', 'ES512', 'EdDSA', 'Ed448'] as const;

describe.each(ALGORITHMS)('%s', (alg) => {
  test.each(['auto', 'always', 'never'] as const)(
    'pool %j: a good token, and ones with another signature',
    async (pool) => {
      const { verifier, token } = worldOf(alg, { pool });
      const onThread = worldOf(alg, { pool: 'never' });
      const claimed = expect.objectContaining({ sub: 'user-1' });
      expect(await outcomeOf(verifier, token)).toEqual({ claims: claimed, header: expect.anything(), kid: 'k1' });
      const at = token.lastIndexOf('.') + 5;
      for (const bad of [
        token.slice(0, at) + changeCharacter(token.charAt(at)) + token.slice(at + 1),
        token.slice(0, -4),
        `${token}AAAA`,
        `${token.slice(0, -1)}!`,
        token.slice(0, at - 4),
        `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(token.length - at + 4)}`,
      ]) {
        const outcome = await outcomeOf(verifier, bad);
        expect(outcome).toEqual(await outcomeOf(onThread.verifier, bad));
        expect(outcome).toHaveProperty('code', expect.stringMatching(/^ERR_JWS/));
      }
      const handed = takeHanded();
      expect(handed > 0).toBe(pool !== 'never' && alg !== 'HS256');
      if (pool === 'always' && handed > 0) expect(handed).toBe(3); // all that have the length of a signature
    },
  );
});

test.each(Object.entries(BAD_TOKENS))(
  'a token that is refused for %s is refused alike in the pool',
  async (_, token) => {
    const keys = signingKey('ES256').publicKey();
    const verifiers = (['always', 'never'] as const).map((pool) => createKeyVerifier({ ...EXPECTED, keys, pool }));
    const [inPool, onThread] = await Promise.all(verifiers.map((verifier) => outcomeOf(verifier, token)));
    expect(inPool).toEqual(onThread);
    expect(inPool).toHaveProperty('code');
  },
);

describe("'auto'", () => {
  test('an RSA token by itself is verified on the calling thread, those that came with it in the pool', async () => {
    const { verifier, token } = worldOf('RS256');
    await verifier.verify(token);
    expect(takeHanded()).toBe(0);
    await nextTurn();
    await Promise.all([1, 2, 3, 4].map(() => verifier.verify(token)));
    expect(takeHanded()).toBe(3);
    await nextTurn();
    await verifier.verify(token);
    expect(takeHanded()).toBe(0);
  });

  test('is the default, and verifySync never uses the pool', async () => {
    const { verifier, token } = worldOf('ES256');
    await verifier.verify(token);
    expect(takeHanded()).toBe(1);
    expect(verifier.verifySync(token).claims.sub).toBe('user-1');
    expect(takeHanded()).toBe(0);
  });
});

test('what stands on a polluted Object.prototype is no option of a signature in the pool', async () => {
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const { verifier, token } = worldOf(alg, { pool: 'always' });
    for (const pollution of [
      { padding: 1, saltLength: 0, dsaEncoding: 'ieee-p1363', context: new Uint8Array(3), key: token, hash: 'sha1' },
      {
        padding: 'x',
        saltLength: 'x',
        dsaEncoding: 'x',
        context: 'x',
        format: 'jwk',
        encoding: 'hex',
        algorithm: null,
      },
    ]) {
      const names = Object.keys(pollution);
      for (const [name, value] of Object.entries(pollution))
        Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true });
      try {
        expect((await verifier.verify(token)).claims.sub).toBe('user-1');
      } finally {
        for (const name of names) Reflect.deleteProperty(Object.prototype, name);
      }
    }
    expect(takeHanded()).toBe(2);
  }
});

test('a cached token is not verified again, and a cache is filled from the pool', async () => {
  const { verifier, token } = worldOf('ES256', { cache: { max: 5 } });
  const first = await verifier.verify(token);
  expect(await verifier.verify(token)).toBe(first);
  expect(takeHanded()).toBe(1);
});

describe('what changes while a signature waits', () => {
  /** Holds the pool's answers back. */
  function holdAnswers(): Callback[] {
    const waiting: Callback[] = [];
    nodeVerify.mockImplementation((...args) => void waiting.push(args[4] as Callback));
    return waiting;
  }
  const [other] = [importKey(freshPair('ec', { namedCurve: 'P-256' }).privateKey, { alg: 'ES256', kid: 'k2' })];

  test('the time: a token that expires meanwhile is refused', async () => {
    let now = NOW;
    const { verifier, token } = worldOf('ES256', { clock: () => now });
    const waiting = holdAnswers();
    const verdict = outcomeOf(verifier, token);
    await nextTurn();
    now = NOW + 301;
    waiting[0]?.(null, true);
    expect(await verdict).toHaveProperty('code', 'ERR_JWT_EXPIRED');
  });

  test('the keys: a token of a key that is withdrawn meanwhile is refused, one of a key that stays is verified anew', async () => {
    const key = signingKey('ES256');
    const [before, both, without] = [[key], [key, other], [other]].map(
      (keys) => new KeySet(keys.map((k) => k.publicKey())),
    );
    const good = { claims: expect.anything(), header: expect.anything(), kid: 'k1' };
    const refusedBy = (code: string) => expect.objectContaining({ code });
    const fail = () => {
      throw new Error('no route');
    };
    for (const [after, read, outcome] of [
      [before, () => before, good],
      [both, () => both, good],
      [without, () => without, refusedBy('ERR_JWKS_NO_MATCHING_KEY')],
      // The set may be used no more: the source is asked again, as at the beginning.
      [undefined, () => before, good],
      [undefined, () => without, refusedBy('ERR_JWKS_NO_MATCHING_KEY')],
      [undefined, fail, refusedBy('ERR_JWKS_UNAVAILABLE')],
    ] as const) {
      const source: { current: KeySet | undefined; keys: () => KeySet } = {
        current: before,
        keys: () => read() ?? expect.fail(),
      };
      const verifier = createVerifier({ ...EXPECTED, keys: source, cache: { max: 5 } });
      const waiting = holdAnswers();
      const verdict = outcomeOf(verifier, tokenOf(key));
      await nextTurn();
      source.current = after;
      waiting[0]?.(null, true);
      expect(await verdict).toEqual(outcome);
    }
  });

  test('a source that has nothing now, or other keys, gave its keys for this token', async () => {
    const key = signingKey('ES256');
    const keys = async (_: unknown) => new KeySet([key.publicKey()]);
    for (const current of [undefined, new KeySet([])]) {
      const clock = vi.fn(() => NOW);
      const verifier = createVerifier({ ...EXPECTED, clock, keys: { current, keys } });
      expect((await verifier.verify(tokenOf(key))).claims.sub).toBe('user-1');
      expect(takeHanded()).toBe(1);
      expect(clock).toHaveBeenCalledTimes(1); // verified once
    }
  });
});

test('an HMAC is computed on the calling thread, also by whoever asks for the pool', async () => {
  const key = signingKey('HS256');
  const [, input = '', signature = ''] = /^(.*)\.(.*)$/.exec(tokenOf(key)) ?? [];
  expect(await verifyWithKeyInPool(key, input, signature)).toBe(true);
  expect(await verifyWithKeyInPool(key, `${input}A`, signature)).toBe(false);
  expect(takeHanded()).toBe(0);
});

test('an HMAC token beside an RSA token is none of the others', async () => {
  const rsa = worldOf('RS256');
  const set = new KeySet([signingKey('RS256').publicKey()]);
  const source = { current: set, keys: () => set };
  const verifier = createVerifier({ ...EXPECTED, keys: source });
  await Promise.all([worldOf('HS256').verifier.verify(worldOf('HS256').token), verifier.verify(rsa.token)]);
  expect(takeHanded()).toBe(0);
});

describe('a pool that is slow or broken', () => {
  test('has at most 256 signatures of a verifier: the next is verified on the calling thread', async () => {
    const { verifier, token } = worldOf('ES256', { pool: 'always' });
    const waiting: Callback[] = [];
    nodeVerify.mockImplementation((...args) => void waiting.push(args[4] as Callback));
    const heard: unknown[] = [];
    const hear = (event: unknown) => void heard.push(event);
    subscribe('barejose:pool', hear);
    const pending: Promise<unknown>[] = [];
    const fill = async (count: number) => {
      for (let i = 0; i < count; i++) pending.push(verifier.verify(token));
      await nextTurn();
      expect(waiting).toHaveLength(256);
    };
    const answer = async (count: number) => {
      for (const each of waiting.splice(0, count)) each(null, true);
      await nextTurn();
    };
    const verifyBeside = async () => expect((await verifier.verify(token)).claims.sub).toBe('user-1');
    await fill(256);
    expect(heard).toEqual([]);
    await verifyBeside();
    await verifyBeside();
    expect(waiting).toHaveLength(256);
    await answer(1);
    await fill(1);
    await verifyBeside();
    expect(heard).toEqual([{ type: 'pool-full', inPool: 256 }]); // once, until half of them have ended
    await answer(128);
    await fill(128);
    await verifyBeside();
    expect(heard).toHaveLength(2);
    unsubscribe('barejose:pool', hear);
    await answer(256);
    expect(await Promise.all(pending)).toHaveLength(256 + 1 + 128);
  });

  test.each([
    ['answers with an error', (...args: unknown[]) => void (args[4] as Callback)(new Error('no pool'), false)],
    [
      'is called in vain',
      () => {
        throw new Error('no pool');
      },
    ],
  ])('that %s leaves the verdict to the calling thread', async (_, verifyInPool) => {
    const { verifier, token } = worldOf('ES256', { pool: 'always' });
    nodeVerify.mockImplementation(verifyInPool);
    expect((await verifier.verify(token)).claims.sub).toBe('user-1');
    const bad = tokenOf(signingKey('ES256')).replace(/\.[^.]+$/, `.${'A'.repeat(86)}`);
    expect(await outcomeOf(verifier, bad)).toHaveProperty('code', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  });
});

test('PSS as an option beside the key is for the calling thread: workerd overlooks it in the pool', async () => {
  const key = signingKey('PS256');
  const signature = makeSignature(readyKeyOf(key), 'input');
  nodeVerify.mockImplementation((...args) => void (args[4] as Callback)(null, false));
  expect(await verifyWithKeyInPool(key, 'input', signature)).toBe(true);
  expect(await verifyWithKeyInPool(key, 'other', signature)).toBe(false);
  expect(takeHanded()).toBe(0);
});

test.each([true, 'on', 'Auto', 1, null])('pool %j is no option', (pool) => {
  const keys = signingKey('ES256').publicKey();
  expectTypeError(() => createVerifier({ ...EXPECTED, keys, pool: pool as PoolUse }), 'options.pool');
});
