// The stored text of a ring: read as strictly as a stranger's, and whatever is not exactly a ring as it was left is refused,
// with nothing overwritten.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportJwk, exportPrivateJwk, type Jwk } from '../../src/index.ts';
import { hasPublicKey } from '../../src/jwa/signatures.ts';
import { checkProgress, isKid, type RingVersion, readRecords, writeRecords } from '../../src/ring/records.ts';
import type { StoredRing } from '../../src/store/store.ts';
import { API, expectRefused, hearsEveryRejection, kidOf, testStore, world } from '../issuer/issuing.ts';
import { keyNamed, NAME, POLICY, recordOf, T } from '../issuer/rings.ts';
import { expectCode } from '../support/expect.ts';
import { keyPair } from '../support/keys.ts';

hearsEveryRejection();

const { privateKey } = keyPair('ES256');
const PRIVATE: Jwk = { ...exportPrivateJwk(privateKey), kid: 'es', alg: 'ES256' };
const PUBLIC = { ...exportJwk(privateKey), kid: 'es', alg: 'ES256' };
const rsa = { ...exportJwk(keyPair('RS256').publicKey), kid: 'rs', alg: 'RS256' };
const okp = { ...exportJwk(keyPair('EdDSA').publicKey), kid: 'ed', alg: 'EdDSA' };
const akp = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA', kid: 'ml' };
const SECRETS = [PRIVATE.d, 'A256GCM.AAAAAAAAAAA.secret'];

const es = { kid: 'es', alg: 'ES256', publishAt: T, activateAt: T, publicJwk: PUBLIC, privateJwk: PRIVATE };
const sealed = {
  kid: 'rs',
  alg: 'RS256',
  publishAt: T,
  activateAt: T + 1.5,
  retireAt: T + 9,
  removeAt: T + 10,
  publicJwk: rsa,
  sealed: 'A256GCM.AAAAAAAAAAA.secret',
};
const outside = {
  kid: 'ed',
  alg: 'EdDSA',
  publishAt: T,
  activateAt: -1,
  publicJwk: okp,
  external: { reference: 'hsm/1' },
};
const lattice = { kid: 'ml', alg: 'ML-DSA-44', publishAt: T, activateAt: T, publicJwk: akp, external: {} };
const tombstone = { kid: 'gone', alg: 'ES384', publishAt: T, activateAt: T, revokedAt: T + 5, reason: 'stolen' };

const RECORDS = {
  barejose: 'ring/1',
  version: 7,
  history: ['a', 'b'].map((letter) => letter.repeat(43)),
  ring: NAME,
  policy: POLICY,
  algorithms: [
    { alg: 'ES256', since: T },
    { alg: 'RS256', since: T - 1.5, until: T + 9, successor: 'ES256' },
  ],
  keys: [es, sealed, outside, lattice, tombstone],
};

const textOf = (changes: object): string => JSON.stringify({ ...RECORDS, ...changes });
/** The records with a key that is not as it should be. */
const withKey = (key: object): string => textOf({ keys: [key, tombstone] });
const withTerm = (term: unknown): string => textOf({ algorithms: [term] });
const withPolicy = (policy: unknown): string => textOf({ policy });
const GOOD = textOf({});
const twice = (text: string, member: string): string => text.replace(member, `${member},${member}`);
const { publicJwk: _, ...withoutPublic } = es;
const { privateJwk: __, ...withoutPrivate } = es;
const { kid: ___, ...withoutKid } = es;
const { verifierTtl: ____, ...withoutTtl } = POLICY;

/** Texts that a store may not have, each with version 7. */
const HOSTILE: Readonly<Record<string, unknown>> = {
  empty: '',
  'a space': ' ',
  null: 'null',
  'an array': '[]',
  'a string': '"ring/1"',
  'an empty object': '{}',
  garbage: '\u0001\u0002\ufffd',
  HTML: '<html><body>502 Bad Gateway</body></html>',
  'with a byte-order mark': `\ufeff${GOOD}`,
  'with something after it': `${GOOD}{}`,
  'with a lone surrogate': GOOD.replace('stolen', '\ud800'),
  'with an escaped lone surrogate in a reason': GOOD.replace('stolen', '\\ud800'),
  'with an escaped lone surrogate in a kid': GOOD.replaceAll('"gone"', '"\\ud800"'),
  'of a number': 7,
  'of an object': RECORDS,
  'of octets': Buffer.from(GOOD),
  'of null': null,
  'that is not there': undefined,
  'over 4 MiB': `${GOOD}${' '.repeat(4 * 1024 * 1024)}`,
  'over 4 MiB in UTF-8 only': textOf({ barejose: '漢'.repeat(1.5 * 1024 * 1024) }),
  'nested deeply': `{"a":${'['.repeat(33)}${']'.repeat(33)}}`,
  'nested abysmally': '[{"a":'.repeat(500_000),
  'nested deeply in a key': withKey({ ...es, publicJwk: JSON.parse(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`) }),
  'of too many members': withKey({
    ...es,
    publicJwk: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [i, 1])),
  }),
  'with a member twice': twice(GOOD, '"version":7'),
  'with a member twice, once escaped': GOOD.replace('"version":7', '"version":7,"\\u0076ersion":7'),
  'with a member of a key twice': twice(GOOD, '"kid":"gone"'),
  'with __proto__': GOOD.replace('{', '{"__proto__":{"version":7},'),
  'with __proto__ in place of a member': GOOD.replace('"version":7', '"__proto__":{"version":7}'),
  'with __proto__ in a key': GOOD.replace('"kid":"gone"', '"__proto__":{"a":1},"kid":"gone"'),
  'with __proto__ in a policy': GOOD.replace('"rotation"', '"__proto__":{},"rotation"'),
  'with constructor in a key': GOOD.replace('"kid":"gone"', '"constructor":1,"kid":"gone"'),
  'with an unknown member': textOf({ note: 'hello' }),
  'of another format': textOf({ barejose: 'ring/2' }),
  'of no format': textOf({ barejose: undefined }),
  'of another ring': textOf({ ring: 'https://other.example' }),
  'of another ring by case': textOf({ ring: NAME.toUpperCase() }),
  'of an older version': textOf({ version: 6 }),
  'of a newer version': textOf({ version: 8 }),
  'of a version as text': textOf({ version: '7' }),
  'without a version': textOf({ version: undefined }),
  'of an empty history': textOf({ history: [] }),
  'of a history that is none': textOf({ history: {} }),
  'of a history of null': textOf({ history: null }),
  'of a history of numbers': textOf({ history: [7] }),
  'of a history of other hashes': textOf({ history: ['a'.repeat(64)] }),
  'of a history that is not base64url': textOf({ history: [`${'a'.repeat(42)}=`] }),
  'of a history longer than there were versions': textOf({ history: Array.from('1234567', (it) => it.repeat(43)) }),
  'without a policy': textOf({ policy: undefined }),
  'of a policy of null': withPolicy(null),
  'of a policy in a list': withPolicy([POLICY]),
  'of an empty policy': withPolicy({}),
  'of a policy that lacks a number': withPolicy(withoutTtl),
  'of a policy of texts': withPolicy({ ...POLICY, rotation: '90d' }),
  'of a policy with another member': withPolicy({ ...POLICY, rotate: 1 }),
  'of a negative policy': withPolicy({ ...POLICY, clockSkew: -1 }),
  'of an infinite policy': GOOD.replace('"rotation":10000', '"rotation":1e999'),
  'of a policy of zero': withPolicy({ ...POLICY, retention: 0 }),
  'without algorithms': textOf({ algorithms: undefined }),
  'of no algorithms': textOf({ algorithms: [] }),
  'of algorithms in an object': textOf({ algorithms: { 0: RECORDS.algorithms[0] } }),
  'of an algorithm as text': withTerm('ES256'),
  'of an algorithm of null': withTerm(null),
  'of an algorithm in a list': withTerm(['ES256']),
  'of an unknown algorithm': withTerm({ alg: 'ES128', since: T }),
  'of alg none': withTerm({ alg: 'none', since: T }),
  'of HMAC': withTerm({ alg: 'HS256', since: T }),
  'of an algorithm since text': withTerm({ alg: 'ES256', since: '1' }),
  'of an algorithm since null': withTerm({ alg: 'ES256', since: null }),
  'of an algorithm without a beginning': withTerm({ alg: 'ES256' }),
  'of an algorithm until text': withTerm({ alg: 'ES256', since: T, until: '1', successor: 'RS256' }),
  'of an algorithm until null': withTerm({ alg: 'ES256', since: T, until: null, successor: 'RS256' }),
  'of an algorithm until something, with no successor': withTerm({ alg: 'ES256', since: T, until: T + 1 }),
  'of an algorithm with a successor that never comes': withTerm({ alg: 'ES256', since: T, successor: 'RS256' }),
  'of an algorithm with a secret successor': withTerm({ alg: 'ES256', since: T, until: T, successor: 'HS256' }),
  'of an algorithm with another member': withTerm({ alg: 'ES256', since: T, note: 1 }),
  'of an algorithm twice': textOf({ algorithms: [RECORDS.algorithms[0], RECORDS.algorithms[0]] }),
  'without keys': textOf({ keys: undefined }),
  'of no keys': textOf({ keys: [] }),
  'of keys by kid': textOf({ keys: { es } }),
  'of a key of null': textOf({ keys: [null] }),
  'of a key as text': textOf({ keys: ['es'] }),
  'of two keys with one kid': textOf({ keys: [es, { ...tombstone, kid: 'es' }] }),
  'of a key without a kid': withKey(withoutKid),
  'of a key with an empty kid': withKey({ ...tombstone, kid: '' }),
  'of a key with a kid of 501 characters': withKey({ ...tombstone, kid: 'x'.repeat(501) }),
  'of a key whose kid is a number': withKey({ ...es, kid: 1 }),
  'of a key without an alg': withKey({ ...es, alg: undefined }),
  'of a key with alg none': withKey({ ...es, alg: 'none' }),
  'of a key with an HMAC alg': withKey({ ...es, alg: 'HS256' }),
  'of a key that is never published': withKey({ ...es, publishAt: undefined }),
  'of a key that is published infinitely late': GOOD.replace(`"publishAt":${T}`, '"publishAt":1e999'),
  'of a key that signs infinitely late': GOOD.replace(`"activateAt":${T}`, '"activateAt":1e999'),
  'of a key that signs at a text': withKey({ ...es, activateAt: `${T}` }),
  'of a key that is never removed though it retires': withKey({ ...es, retireAt: T }),
  'of a key that is removed though it never retires': withKey({ ...es, removeAt: T }),
  'of a key that retires at null': withKey({ ...es, retireAt: null }),
  'of a key that is removed at a text': withKey({ ...es, removeAt: '1' }),
  'of a key that is revoked': withKey({ ...es, revokedAt: true }),
  'of a key revoked for a number': withKey({ ...es, reason: 1 }),
  'of a key with another member': withKey({ ...es, note: 'x' }),
  'of a key with a private member of its own': withKey({ ...es, d: PRIVATE.d }),
  'of a public key with its private member': withKey({ ...withoutPrivate, publicJwk: PRIVATE }),
  'of a public RSA key with d': withKey({ ...sealed, publicJwk: { ...rsa, d: 'AAAA' } }),
  'of a public RSA key with p': withKey({ ...sealed, publicJwk: { ...rsa, p: 'AAAA' } }),
  'of a public RSA key with qi of null': withKey({ ...sealed, publicJwk: { ...rsa, qi: null } }),
  'of a public RSA key with oth': withKey({ ...sealed, publicJwk: { ...rsa, oth: [] } }),
  'of a public OKP key with d': withKey({ ...outside, publicJwk: { ...okp, d: 'AAAA' } }),
  'of a public AKP key with priv': withKey({ ...lattice, publicJwk: { ...akp, priv: 'AAAA' } }),
  'of a public key that is a secret': withKey({
    ...withoutPrivate,
    publicJwk: { kty: 'oct', k: 'AAAA', kid: 'es', alg: 'ES256' },
  }),
  'of a public key without kty': withKey({ ...es, publicJwk: { ...PUBLIC, kty: undefined } }),
  'of a public key for encryption': withKey({ ...es, publicJwk: { ...PUBLIC, use: 'enc' } }),
  'of a public key of null': withKey({ ...es, publicJwk: null }),
  'of a public key as text': withKey({ ...es, publicJwk: JSON.stringify(PUBLIC) }),
  'of a public key with another kid': withKey({ ...es, publicJwk: { ...PUBLIC, kid: 'other' } }),
  'of a public key without a kid': withKey({ ...es, publicJwk: { ...PUBLIC, kid: undefined } }),
  'of a public key with another alg': withKey({ ...es, alg: 'ES256K' }),
  'of a private key in a list': withKey({ ...es, privateJwk: [PRIVATE] }),
  'of a private key without kty': withKey({ ...es, privateJwk: { ...PRIVATE, kty: 1 } }),
  'of a private part without the public one': withKey(withoutPublic),
  'of a sealed part without the public one': withKey({ ...sealed, publicJwk: undefined }),
  'of a key outside without the public part': withKey({ ...outside, publicJwk: undefined }),
  'of a private part plain and sealed': withKey({ ...es, sealed: 'x' }),
  'of a private part inside and outside': withKey({ ...es, external: {} }),
  'of a sealed part that is no text': withKey({ ...sealed, sealed: {} }),
  'of a key outside that is true': withKey({ ...outside, external: true }),
  'of a key outside whose reference is a number': withKey({ ...outside, external: { reference: 1 } }),
  'of a key outside with another member': withKey({ ...outside, external: { reference: 'x', pin: '1234' } }),
};

const readAt = (version: unknown, records: unknown): RingVersion | undefined =>
  readRecords({ records, version } as StoredRing, NAME);
const read = (records: unknown): RingVersion | undefined => readAt(7, records);

describe('what is a ring', () => {
  test('nothing was ever saved: no ring', () => {
    expect(readAt(0, undefined)).toBeUndefined();
  });

  test('comes back as it was written, with all that it may have', () => {
    const { barejose: _, version: __, history, ...ring } = RECORDS;
    expect(read(GOOD)).toMatchObject({ version: 7, ring, history });
    expect(JSON.parse(writeRecords({ ring, version: 7, history } as never))).toEqual(RECORDS);
    expect(read(writeRecords({ ring, version: 7, history } as never))).toEqual(read(GOOD));
  });

  test('may have no history: the first records, and those that barejose 0.3.0 wrote', () => {
    const unlinked = read(textOf({ history: undefined }));
    expect(unlinked?.history).toEqual([]);
    expect(unlinked?.ring).toEqual(read(GOOD)?.ring);
    expect(writeRecords({ ...unlinked, history: [] } as never)).not.toContain('history');
  });

  test.each([1e300, -1e300, 8_640_000_000_001, 'now', null, true])(
    'has no instant %j, and the error tells which it is and what it may be',
    (instant) => {
      const key = RECORDS.keys[0];
      for (const name of ['publishAt', 'activateAt', 'retireAt', 'removeAt', 'revokedAt']) {
        const text = textOf({ keys: [key, { ...key, [name]: instant }] });
        const { message } = expectCode(() => read(text), 'ERR_RING_INVALID');
        expect(message).toContain(`keys[1].${name}: it must be seconds, at most 8640000000000`);
      }
      const [term] = RECORDS.algorithms;
      const { message } = expectCode(
        () => read(textOf({ algorithms: [{ ...term, since: instant }] })),
        'ERR_RING_INVALID',
      );
      expect(message).toContain('algorithms[0].since');
    },
  );

  test('has no policy number that is out of bounds, and the error tells which', () => {
    for (const [name, number] of [
      ['rotation', 1e300],
      ['syncLag', -1],
      ['clockSkew', '1m'],
      ['verifierTtl', null],
    ] as const) {
      const text = textOf({ policy: { ...RECORDS.policy, [name]: number } });
      expect(expectCode(() => read(text), 'ERR_RING_INVALID').message).toMatch(new RegExp(`policy.*${name}`));
    }
  });

  test('may be spelt otherwise, by a store that keeps JSON', () => {
    expect(read(JSON.stringify(JSON.parse(GOOD), null, 2))).toEqual(read(GOOD));
    expect(read(GOOD.replace('"gone"', '"\\u0067one"'))).toEqual(read(GOOD));
  });

  test('may be of 4 MiB', () => {
    expect(read(GOOD.padEnd(4 * 1024 * 1024))).toEqual(read(GOOD));
  });

  test('may have as many keys as there can be, with long names and reasons', () => {
    const keys = Array.from({ length: 1_100 }, (_, i) => ({
      ...{ ...tombstone, retireAt: T, removeAt: T },
      kid: `${i}`.padEnd(500, 'k'),
      reason: 'r'.repeat(500),
    }));
    expect(read(textOf({ keys }))?.ring.keys).toHaveLength(1_100);
  });

  test('a version later is progress, the same one none, and one before a store that lost something', () => {
    const of = (version: number, ...keys: RingVersion['ring']['keys']): RingVersion => ({
      version,
      hash: undefined,
      history: [],
      ring: { ring: NAME, policy: POLICY, algorithms: [], keys },
    });
    for (const found of [3, 4, 99]) expect(() => checkProgress(of(3), of(found))).not.toThrow();
    expect(() => checkProgress(undefined, undefined)).not.toThrow();
    expectCode(() => checkProgress(of(3), of(2)), 'ERR_RING_INVALID');
    expectCode(() => checkProgress(of(3), undefined), 'ERR_RING_INVALID');
    // It went back, and on since.
    const key = recordOf(keyNamed('a'));
    const revoked = { ...key, revokedAt: T + 1 };
    for (const keys of [[revoked], []]) expect(() => checkProgress(of(3, revoked), of(4, ...keys))).not.toThrow();
    expectCode(() => checkProgress(of(3, revoked), of(4, key)), 'ERR_RING_INVALID');
  });

  test('an algorithm of a ring has a public key', () => {
    for (const alg of ['ES256', 'EdDSA', 'Ed25519', 'ES256K', 'PS512', 'ML-DSA-44'])
      expect(hasPublicKey(alg)).toBe(true);
    for (const alg of ['HS256', 'HS512', 'none', 'es256', 'constructor', '', 1, undefined])
      expect(hasPublicKey(alg)).toBe(false);
  });

  test('a kid has 1 to 500 characters', () => {
    for (const kid of ['a', 'ü'.repeat(500)]) expect(isKid(kid)).toBe(true);
    for (const kid of ['', 'a'.repeat(501), '\udc00', 1, undefined]) expect(isKid(kid)).toBe(false);
  });
});

describe('what is none', () => {
  test.each(Object.entries(HOSTILE))('records %s are refused, and nothing of them is told', (_, records) => {
    expectCode(() => read(records), 'ERR_RING_INVALID', ...SECRETS);
  });

  test.each([0, -0, -7, 7.5, '7', 7n, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, null, undefined, [7], {}])(
    'a version of %o is refused, even where the records say it, too',
    (version) => {
      expectCode(() => readAt(version, GOOD), 'ERR_RING_INVALID');
      const told = ['bigint', 'undefined'].includes(typeof version) ? 7 : version;
      expectCode(() => readAt(version, textOf({ version: told })), 'ERR_RING_INVALID');
    },
  );

  test.each([undefined, null, 7, 'ring', [], {}, { records: undefined }, { records: null, version: 0 }])(
    'a store that returns %o is refused',
    (stored) => {
      expectCode(() => readRecords(stored as never, NAME), 'ERR_RING_INVALID');
    },
  );

  test('every truncation is refused', () => {
    for (let length = 0; length < GOOD.length; length++)
      expectCode(() => read(GOOD.slice(0, length)), 'ERR_RING_INVALID');
  });

  test('any JSON that is not ours is refused, and nothing but that happens', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expectCode(() => read(text), 'ERR_RING_INVALID');
      }),
    );
  });

  test('a character changed anywhere: refused, or a ring of the same name and version', () => {
    fc.assert(
      fc.property(fc.nat(GOOD.length - 1), fc.constantFrom(...'{}[]":,0a-\\'), (at, by) => {
        const text = GOOD.slice(0, at) + by + GOOD.slice(at + 1);
        try {
          expect(read(text)).toMatchObject({ version: 7, ring: { ring: NAME } });
        } catch (error) {
          expectCode(
            () => {
              throw error;
            },
            'ERR_RING_INVALID',
            ...SECRETS,
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what is none is not overwritten', () => {
  test.each(Object.entries(HOSTILE))('records %s: no issuer, and no write', async (_, records) => {
    const store = testStore();
    store.put({ records, version: 7 });
    await expectRefused(world({ store }), 'ERR_RING_INVALID', ...SECRETS);
    expect(store).toMatchObject({ loads: 1, saves: 0 });
  });

  test.each(Object.entries(HOSTILE))(
    'records %s under an issuer at work: no write, and it signs on',
    async (_, records) => {
      const { issuer, store } = await world();
      const kid = kidOf(await issuer.sign({}, API));
      const { saves } = store;
      store.put({ records, version: 7 });
      for (const change of [() => issuer.refresh(), () => issuer.rotate(), () => issuer.revoke(String(kid), 'x')])
        await expectRefused(change(), 'ERR_RING_INVALID', ...SECRETS);
      expect(store.saves).toBe(saves);
      expect(kidOf(await issuer.sign({}, API))).toBe(kid);
    },
  );
});
