import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  exportJwk,
  exportPrivateJwk,
  generateKey,
  JoseError,
  SIGNATURE_ALGORITHMS,
  signJws,
  thumbprint,
  verifyJws,
} from '../../src/index.ts';
import { asymmetricAlgorithms, hmacAlgorithms, supportedAlgorithms } from '../support/keys.ts';

test.each(asymmetricAlgorithms)('%s: a private key whose kid is its thumbprint', async (alg) => {
  const key = await generateKey(alg);
  expect(key).toMatchObject({ type: 'private', alg, use: 'sig', kid: thumbprint(exportJwk(key)) });
  expect(verifyJws(signJws(new Uint8Array(3), key), key.publicKey()).key.kid).toBe(key.kid);
});

test.each(hmacAlgorithms)('%s: a secret as long as the hash, whose kid says nothing of it', async (alg) => {
  const [a, b] = await Promise.all([generateKey(alg), generateKey(alg)]);
  expect(Buffer.from(String(exportPrivateJwk(a).k), 'base64url').length * 8).toBe(Number(alg.slice(2)));
  expect(a.kid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(a.kid).not.toBe(b.kid);
  expect(exportPrivateJwk(a).k).not.toBe(exportPrivateJwk(b).k);
});

test('EdDSA means Ed25519', async () => {
  expect(exportJwk(await generateKey('EdDSA')).crv).toBe('Ed25519');
});

test('a kid of one’s own', async () => {
  expect((await generateKey('ES256', { kid: 'mine' })).kid).toBe('mine');
  expect((await generateKey('HS256', { kid: 'mine' })).kid).toBe('mine');
});

test('the modulus is of 2048 bits, or as told', async () => {
  const bits = async (options?: { modulusLength: number }) =>
    Buffer.from(String(exportJwk(await generateKey('RS256', options)).n), 'base64url').length * 8;
  expect(await bits()).toBe(2048);
  expect(await bits({ modulusLength: 2048 })).toBe(2048);
  expect(await bits({ modulusLength: 2560 })).toBe(2560);
});

test.each(SIGNATURE_ALGORITHMS.filter((alg) => !supportedAlgorithms.includes(alg)))(
  '%s, which this runtime lacks',
  async (alg) => {
    const error = await generateKey(alg).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(JoseError);
    expect(error).toMatchObject({
      code: 'ERR_JOSE_NOT_SUPPORTED',
      message: `${alg} is not supported by this runtime`,
    });
  },
);

describe('when the platform’s generator fails', () => {
  afterEach(() => {
    vi.doUnmock('node:crypto');
    vi.resetModules();
  });

  test('its error is passed on', async () => {
    const generateKeyPair = (_type: string, _options: object, done: (error: Error) => void) =>
      done(new Error('no entropy'));
    vi.doMock('node:crypto', async (original) => ({ ...(await original<object>()), generateKeyPair }));
    vi.resetModules();
    const broken = await import('../../src/jwk/generate.ts');
    await expect(broken.generateKey('ES256')).rejects.toThrow('no entropy');
  });

  test.each([
    ['RS256', 16_384],
    ['PS512', 2056],
  ] as const)('it was asked for what was told: %s of %i bits', async (alg, modulusLength) => {
    const asked: unknown[] = [];
    const generateKeyPair = (type: string, options: object, done: (error: Error) => void) => {
      asked.push(type, options);
      done(new Error('no entropy'));
    };
    vi.doMock('node:crypto', async (original) => ({ ...(await original<object>()), generateKeyPair }));
    vi.resetModules();
    const broken = await import('../../src/jwk/generate.ts');
    await expect(broken.generateKey(alg, { modulusLength })).rejects.toThrow('no entropy');
    expect(asked).toEqual([
      'rsa',
      {
        namedCurve: undefined,
        modulusLength,
        publicKeyEncoding: { format: 'der', type: 'spki' },
        privateKeyEncoding: { format: 'der', type: 'pkcs8' },
      },
    ]);
  });
});

describe('arguments', () => {
  test.each([
    ['none', undefined, /alg/],
    [undefined, undefined, /alg/],
    ['rs256', undefined, /alg/],
    ['RS256', { modulusLength: 1024 }, /modulusLength/],
    ['RS256', { modulusLength: 2049 }, /modulusLength/],
    ['RS256', { modulusLength: 16_392 }, /modulusLength/],
    ['RS256', { modulusLength: '2048' }, /modulusLength/],
    ['ES256', { modulusLength: 2048 }, /modulusLength/],
    ['HS256', { modulusLength: 2048 }, /modulusLength/],
    ['ES256', { kid: 1 }, /kid/],
    ['ES256', { crv: 'P-256' }, /crv/],
  ])('%s %j', async (alg, options, name) => {
    const error = await generateKey(alg as 'RS256', options as never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(name);
  });
});
