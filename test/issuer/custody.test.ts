// Where private parts are: in the records as they are or sealed, or outside; and what signs with them.
import { constants, sign as nodeSign } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import {
  createSeal,
  exportJwk,
  exportPrivateJwk,
  importKey,
  type Jwk,
  type Key,
  type RingAlgorithm,
  type Seal,
  thumbprint,
  verifyJwt,
} from '../../src/index.ts';
import { type Custody, type ExternalKey, isExternalKey, newKeyFrom, signerOf } from '../../src/issuer/custody.ts';
import { SigningPool } from '../../src/issuer/pool.ts';
import type { NewKey } from '../../src/ring/changes.ts';
import { deepMutate } from '../support/deep-mutate.ts';
import { expectSilent } from '../support/expect.ts';
import {
  type AsymmetricAlgorithm,
  asymmetricAlgorithms,
  freshPair,
  keyPair,
  type NodePair,
  nodePair,
  secretKey,
} from '../support/keys.ts';
import { expectMistake, expectRefused, headerOf, hearsEveryRejection } from './issuing.ts';
import { NAME, recordOf, T } from './rings.ts';

hearsEveryRejection();

const OPTIONS = { expiresIn: '1h', now: T } as const;
const CLAIMS = { iss: NAME };

function custody(parts: Partial<Custody> = {}): Custody {
  return {
    ring: NAME,
    seal: undefined,
    signerFor: undefined,
    localSigners: new Map(),
    pool: new SigningPool('auto'),
    ...parts,
  };
}

/** A seal that anyone can open, so that a test can see what is sealed. */
const glass: Seal = {
  seal: (text, context) => JSON.stringify([text, context]),
  unseal: (sealed) => JSON.parse(sealed)[0],
};

const ECDSA_DER = (pair: NodePair) => (bytes: Uint8Array) => nodeSign('sha256', bytes, pair.privateKey);
const ECDSA_RAW = (pair: NodePair) => (bytes: Uint8Array) =>
  nodeSign('sha256', bytes, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });

function outside(alg: AsymmetricAlgorithm, sign: ExternalKey['sign'], more: Partial<ExternalKey> = {}): ExternalKey {
  return { publicJwk: exportJwk(keyPair(alg).publicKey), sign, ...more };
}

/** The token that a key signs once it has been taken in, verified under its public part. */
async function signed(key: Key | ExternalKey, place: Custody): Promise<string> {
  const record = recordOf(await newKeyFrom(key, place));
  const sign = await signerOf(record, place);
  const token = await sign(CLAIMS, OPTIONS);
  const { key: used } = verifyJwt(token, importKey(record.publicJwk as Jwk, { alg: record.alg }), {
    issuer: NAME,
    audience: null,
    now: T,
  });
  expect(headerOf(token)).toEqual({ alg: record.alg, kid: record.kid, typ: 'JWT' });
  expect(used.alg).toBe(record.alg);
  return token;
}

describe('a key of this process', () => {
  test.each(asymmetricAlgorithms)('%s is kept and signs, as it is and sealed', async (alg) => {
    for (const seal of [undefined, createSeal('ab'.repeat(32))])
      await signed(importKey(exportPrivateJwk(keyPair(alg).privateKey), { alg }), custody({ seal }));
  });

  test('its kid is its own, or its thumbprint, and so is that of its public part', async () => {
    const { privateKey } = keyPair('ES256');
    const kid = thumbprint(privateKey);
    expect(await newKeyFrom(privateKey, custody())).toMatchObject({ kid, publicJwk: { kid, alg: 'ES256' } });
    const named = importKey(exportPrivateJwk(privateKey), { kid: 'mine' });
    expect(await newKeyFrom(named, custody())).toMatchObject({ kid: 'mine', publicJwk: { kid: 'mine' } });
  });

  test('its alg is the name that it came by, of the two that name one operation', async () => {
    const jwk = exportPrivateJwk(keyPair('EdDSA').privateKey);
    for (const alg of ['EdDSA', 'Ed25519'] as const) {
      const taken = await newKeyFrom(importKey({ ...jwk, alg }), custody());
      expect(taken).toMatchObject({ alg, publicJwk: { alg } });
      const sign = await signerOf(recordOf({ ...taken, publicJwk: { ...taken.publicJwk, alg: 'EdDSA' } }), custody());
      expect(headerOf(await sign(CLAIMS, OPTIONS)).alg).toBe(alg);
    }
  });

  test('its public part has no private member', async () => {
    const taken = await newKeyFrom(keyPair('RS256').privateKey, custody());
    expect(Object.keys(taken.publicJwk).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    expect(taken.sealed).toBeUndefined();
  });

  test('one that is public, a secret or no key at all is the caller’s mistake', async () => {
    const { privateKey, publicKey } = keyPair('ES256');
    for (const key of [publicKey, secretKey('HS256'), exportPrivateJwk(privateKey), 'secret', undefined, null, {}, []])
      await expectMistake(newKeyFrom(key as Key, custody()), /^key must be a private Key, or \{ publicJwk, sign \}/);
    await expectMistake(newKeyFrom(publicKey, custody(), 'options.firstKeys[2]'), /^options\.firstKeys\[2\] must be/);
  });

  test.each(['', 'k'.repeat(501)])(
    'a kid that a ring cannot keep, %#, is refused with the name of the argument',
    async (kid) => {
      const key = importKey(exportPrivateJwk(keyPair('ES256').privateKey), { kid });
      await expectMistake(newKeyFrom(key, custody(), 'this'), /^this must have a kid of 1 to 500 characters, or none$/);
      await expectMistake(
        newKeyFrom(
          outside('ES256', () => new Uint8Array(), { publicJwk: { ...exportJwk(key), kid } }),
          custody(),
        ),
        /^key must have a kid of/,
      );
    },
  );
});

describe('sealed', () => {
  test.each([
    ['at once', glass],
    [
      'later',
      {
        seal: async (text: string, context: never) => glass.seal(text, context),
        unseal: async (text: string, context: never) => glass.unseal(text, context),
      },
    ],
  ])('%s: only what is sealed is kept, bound to the ring and the kid', async (_, seal) => {
    const { privateKey } = keyPair('ES256');
    const taken = await newKeyFrom(privateKey, custody({ seal }));
    expect(taken.privateJwk).toBeUndefined();
    const [text, context] = JSON.parse(String(taken.sealed));
    expect(JSON.parse(text)).toEqual(exportPrivateJwk(privateKey));
    expect(context).toEqual({ ring: NAME, kid: taken.kid });
    await signed(privateKey, custody({ seal }));
  });

  test('unsealed with the same context', async () => {
    const unseal = vi.fn(glass.unseal);
    const taken = await newKeyFrom(keyPair('ES256').privateKey, custody({ seal: glass }));
    await signerOf(recordOf(taken), custody({ seal: { ...glass, unseal } }));
    expect(unseal.mock.calls).toEqual([[taken.sealed, { ring: NAME, kid: taken.kid }]]);
  });

  test('a seal that makes anything but text is the caller’s mistake', async () => {
    for (const made of [undefined, null, new Uint8Array(9), {}, '\ud800'])
      await expectMistake(
        newKeyFrom(keyPair('ES256').privateKey, custody({ seal: { ...glass, seal: () => made as string } })),
        /^options\.seal\.seal must return a string$/,
      );
  });

  test('what a seal throws comes out as it is, at once and later', async () => {
    const failure = new Error('no KMS');
    const fail = () => {
      throw failure;
    };
    const taken = await newKeyFrom(keyPair('ES256').privateKey, custody({ seal: glass }));
    for (const run of [fail, async () => fail()]) {
      const seal = { seal: run, unseal: run };
      await expect(newKeyFrom(keyPair('ES256').privateKey, custody({ seal }))).rejects.toBe(failure);
      await expect(signerOf(recordOf(taken), custody({ seal }))).rejects.toBe(failure);
    }
  });

  test('without the seal, under another one, of another ring or kid: refused, and silently', async () => {
    const seal = createSeal('ab'.repeat(32));
    const { privateKey } = keyPair('ES256');
    const secret = exportPrivateJwk(privateKey).d;
    const taken = await newKeyFrom(privateKey, custody({ seal }));
    await expectRefused(signerOf(recordOf(taken), custody()), 'ERR_RING_INVALID', secret, taken.sealed);
    for (const place of [{ seal: createSeal('cd'.repeat(32)) }, { seal, ring: 'https://other.example' }])
      await expectRefused(signerOf(recordOf(taken), custody(place)), 'ERR_RING_INVALID', secret, taken.sealed);
    await expectRefused(signerOf(recordOf(taken, { kid: 'k' }), custody({ seal })), 'ERR_RING_INVALID', taken.sealed);
  });

  test.each([undefined, '', 'null', '[]', '{}', '"x"', 'not JSON', '{"kty":"EC"}', 7])(
    'a seal that makes %o of it is refused',
    async (made) => {
      const taken = await newKeyFrom(keyPair('ES256').privateKey, custody({ seal: glass }));
      const seal = { ...glass, unseal: () => made as string };
      await expectRefused(
        signerOf(recordOf(taken), custody({ seal })),
        'ERR_RING_INVALID',
        exportPrivateJwk(keyPair('ES256').privateKey).d,
      );
    },
  );

  test('what is not sealed is used as it is, though there is a seal by now', async () => {
    const sign = await signerOf(
      recordOf(await newKeyFrom(keyPair('ES256').privateKey, custody())),
      custody({ seal: glass }),
    );
    expect(headerOf(await sign(CLAIMS, OPTIONS)).alg).toBe('ES256');
  });
});

describe('records that were tampered with', () => {
  const [a, b] = ['a', 'b'].map((kid) => importKey(freshPair('ec', { namedCurve: 'P-256' }).privateKey, { kid }));
  const taken = (key: Key | undefined, place: Custody): Promise<NewKey> => newKeyFrom(key as Key, place);

  test.each([
    ['plain', undefined],
    ['sealed so that anyone can', glass],
    ['sealed', createSeal('ab'.repeat(32))],
  ])('the private part of another record, %s', async (_, seal) => {
    const [mine, other] = [await taken(a, custody({ seal })), await taken(b, custody({ seal }))];
    const swapped = recordOf({ ...other, kid: mine.kid, publicJwk: mine.publicJwk });
    await expectRefused(signerOf(swapped, custody({ seal })), 'ERR_RING_INVALID', other.privateJwk?.d);
  });

  test.each<[string, object]>([
    ['is gone', { privateJwk: undefined }],
    ['is a public key', { privateJwk: exportJwk(keyPair('ES256').publicKey) }],
    ['is a secret', { privateJwk: { kty: 'oct', k: 'A'.repeat(43), alg: 'HS256' } }],
    ['is of another kind', { privateJwk: exportPrivateJwk(keyPair('EdDSA').privateKey) }],
    ['is of another curve', { privateJwk: exportPrivateJwk(keyPair('ES384').privateKey) }],
    ['is no text and no key', { privateJwk: 'd' }],
  ])('a private part that %s', async (_, changes) => {
    const record = recordOf(await taken(a, custody()), Object(changes));
    const error = await expectRefused(signerOf(record, custody()), 'ERR_RING_INVALID', exportPrivateJwk(a as Key).d);
    expect(error.message).toBe('the key "a" of the ring has an invalid private JWK');
  });

  test.each<[string, object]>([
    ['is gone', { publicJwk: undefined }],
    ['is broken', { publicJwk: { kty: 'EC', crv: 'P-256', x: 'A', y: 'B' } }],
    ['is of another alg', { alg: 'ES384' }],
    ['is of an alg that nobody knows', { alg: 'ES128' }],
    ['is no key', { publicJwk: 'x' }],
  ])('a public part that %s', async (_, changes) => {
    const record = recordOf(await taken(a, custody()), Object(changes));
    const error = await expectRefused(signerOf(record, custody()), 'ERR_RING_INVALID');
    expect(error.message).toBe('the key "a" of the ring has no valid public JWK');
  });
});

describe('a key outside', () => {
  const pairs = {
    ES256: nodePair('ES256'),
    ES256K: nodePair('ES256K'),
    RS256: nodePair('RS256'),
    PS256: nodePair('PS256'),
  };
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };

  test.each<[AsymmetricAlgorithm, string, ExternalKey['sign']]>([
    ['ES256', 'DER, as a KMS returns it', ECDSA_DER(pairs.ES256)],
    ['ES256', 'r and s', ECDSA_RAW(pairs.ES256)],
    ['ES256', 'later', async (bytes) => ECDSA_DER(pairs.ES256)(bytes)],
    ['ES256K', 'DER', ECDSA_DER(pairs.ES256K)],
    ['RS256', 'PKCS #1', (bytes) => nodeSign('sha256', bytes, pairs.RS256.privateKey)],
    ['PS256', 'PSS', (bytes) => nodeSign('sha256', bytes, { key: pairs.PS256.privateKey, ...pss })],
    ['EdDSA', 'EdDSA', (bytes) => nodeSign(null, bytes, nodePair('EdDSA').privateKey)],
    ['Ed25519', 'EdDSA', (bytes) => nodeSign(null, bytes, nodePair('Ed25519').privateKey)],
    ['Ed448', 'EdDSA', (bytes) => nodeSign(null, bytes, nodePair('Ed448').privateKey)],
  ])('signs %s: %s', async (alg, _, sign) => {
    await signed(outside(alg, sign), custody());
  });

  test('only its public part and its reference are kept, and no private part that came along', async () => {
    const publicJwk = exportPrivateJwk(keyPair('RS256').privateKey);
    const taken = await newKeyFrom(
      { publicJwk, sign: () => new Uint8Array(), reference: 'arn:1' },
      custody({ seal: glass }),
    );
    expect(taken).toEqual({
      kid: thumbprint(publicJwk),
      alg: 'RS256',
      publicJwk: { ...exportJwk(keyPair('RS256').publicKey), kid: thumbprint(publicJwk) },
      external: { reference: 'arn:1' },
    });
    expectSilent(taken, publicJwk.d, publicJwk.p);
    expect(
      (
        await newKeyFrom(
          outside('ES256', () => new Uint8Array()),
          custody(),
        )
      ).external,
    ).toEqual({});
  });

  test('its kid and alg are those of its JWK', async () => {
    const publicJwk = { ...exportJwk(keyPair('PS256').publicKey), kid: 'kms-1', alg: 'PS256' };
    expect(await newKeyFrom({ publicJwk, sign: () => new Uint8Array() }, custody())).toMatchObject({
      kid: 'kms-1',
      alg: 'PS256',
    });
  });

  test.each<[string, ExternalKey['sign']]>([
    ['signs with another key', ECDSA_DER(freshPair('ec', { namedCurve: 'P-256' }))],
    ['signs something else', () => ECDSA_DER(nodePair('ES256'))(Buffer.from('something else'))],
    ['returns nothing', () => new Uint8Array()],
    ['returns zeros', () => new Uint8Array(64)],
    ['returns text', () => 'signature' as never],
    ['returns undefined later', async () => undefined as never],
  ])('one that %s makes no token', async (_, sign) => {
    await expectMistake(signed(outside('ES256', sign), custody()), /^signature /);
  });

  test('what its signer throws comes out as it is', async () => {
    const failure = new Error('the HSM is on fire');
    const sign = () => {
      throw failure;
    };
    await expect(signed(outside('ES256', sign), custody())).rejects.toBe(failure);
  });

  test('its signer is called as a method of it', async () => {
    const pair = nodePair('ES256');
    const key = {
      pair,
      publicJwk: exportJwk(keyPair('ES256').publicKey),
      sign(bytes: Uint8Array): Uint8Array {
        return ECDSA_DER(this.pair)(bytes);
      },
    };
    await signed(key, custody());
  });

  test('is told to signerFor by a copy: the ring’s record stays as it is', async () => {
    const record = recordOf(
      await newKeyFrom(
        outside('ES256', () => new Uint8Array()),
        custody(),
      ),
    );
    const before = structuredClone(record);
    const signerFor = (told: object) => {
      for (let way = 0; way < 12; way++) deepMutate(told, (bound) => way % bound);
      return ECDSA_DER(nodePair('ES256'));
    };
    await signerOf(record, custody({ signerFor }));
    expect(record).toEqual(before);
  });

  test('that another process brought signs through signerFor, which is told all that is known', async () => {
    const taken = await newKeyFrom(
      outside('ES256', () => new Uint8Array(), { reference: 'arn:1' }),
      custody(),
    );
    const signerFor = vi.fn(() => ECDSA_DER(nodePair('ES256')));
    const sign = await signerOf(recordOf(taken), custody({ signerFor }));
    expect(signerFor.mock.calls).toEqual([
      [{ kid: taken.kid, alg: 'ES256', publicJwk: taken.publicJwk, reference: 'arn:1' }],
    ]);
    expect(headerOf(await sign(CLAIMS, OPTIONS)).kid).toBe(taken.kid);
    const unnamed = await newKeyFrom(
      outside('ES256', () => new Uint8Array()),
      custody(),
    );
    await signerOf(recordOf(unnamed), custody({ signerFor }));
    expect(signerFor.mock.lastCall).toEqual([{ kid: taken.kid, alg: 'ES256', publicJwk: taken.publicJwk }]);
  });

  test('without signerFor, or where that knows none, it is refused by name', async () => {
    const taken = await newKeyFrom(
      outside('ES256', () => new Uint8Array()),
      custody(),
    );
    for (const signerFor of [undefined, () => undefined]) {
      const error = await expectRefused(signerOf(recordOf(taken), custody({ signerFor })), 'ERR_RING_INVALID');
      expect(error.message).toMatch(/ is an external key: options\.signerFor must return its signing function$/);
    }
  });

  test('that was brought here is signed for here, whatever signerFor says; the latest one brought counts', async () => {
    const place = custody({ signerFor: () => () => new Uint8Array() });
    await newKeyFrom(
      outside('ES256', () => new Uint8Array()),
      place,
    );
    await signed(outside('ES256', ECDSA_DER(nodePair('ES256'))), place);
  });

  test('another key cannot come by its signer, though it has its kid', async () => {
    const place = custody();
    const mine = await newKeyFrom(outside('ES256', ECDSA_DER(nodePair('ES256'))), place);
    const jwk = { ...exportJwk(importKey(freshPair('ec', { namedCurve: 'P-256' }).publicKey)), kid: mine.kid };
    await newKeyFrom({ publicJwk: jwk, sign: () => new Uint8Array() }, place);
    const sign = await signerOf(recordOf(mine), place);
    expect(headerOf(await sign(CLAIMS, OPTIONS)).kid).toBe(mine.kid);
  });

  test.each<[string, object]>([
    ['a secret', { kty: 'oct', k: 'A'.repeat(43), alg: 'HS256' }],
    ['a secret without an alg', { kty: 'oct', k: 'A'.repeat(43) }],
    ['a broken key', { kty: 'EC', crv: 'P-256', x: 'A', y: 'B' }],
    ['a weak key', { kty: 'RSA', n: 'sQ', e: 'AQAB' }],
    ['a key that may not verify', { ...exportJwk(keyPair('ES256').publicKey), use: undefined, key_ops: ['sign'] }],
    ['a key for encryption', { ...exportJwk(keyPair('ES256').publicKey), use: 'enc' }],
    ['a key of an unknown kind', { kty: 'ZZ' }],
    ['nothing', {}],
  ])('%s is no public JWK', async (_, publicJwk) => {
    const key = { publicJwk, sign: () => new Uint8Array() } as unknown as ExternalKey;
    await expectMistake(newKeyFrom(key, custody(), 'this'), /^this\.publicJwk must be a public JWK$/);
  });

  test('is an object with a JWK, a function and perhaps a reference', () => {
    const good = outside('ES256', () => new Uint8Array());
    expect([good, { ...good, reference: 'r' }, { ...good, reference: undefined }].every(isExternalKey)).toBe(true);
    const bad = [
      undefined,
      null,
      'x',
      [],
      {},
      { ...good, sign: 'x' },
      { ...good, sign: undefined },
      { ...good, publicJwk: undefined },
      { ...good, publicJwk: 'x' },
      { ...good, publicJwk: keyPair('ES256').publicKey },
      { ...good, reference: 1 },
      { ...good, reference: null },
      { ...good, reference: '\ud800' },
      keyPair('ES256').privateKey,
    ];
    expect(bad.filter(isExternalKey)).toEqual([]);
  });
});

describe('errors', () => {
  test('name the key in printable text', async () => {
    const taken = await newKeyFrom(keyPair('ES256').privateKey, custody());
    const kid = '\u001b[31m\u202e"';
    const record = recordOf({ ...taken, kid } as NewKey, { alg: 'ES384' as RingAlgorithm });
    const { message } = await expectRefused(signerOf(record, custody()), 'ERR_RING_INVALID');
    expect(message).toBe('the key "\\u001b[31m\\u202e\\"" of the ring has no valid public JWK');
  });
});
