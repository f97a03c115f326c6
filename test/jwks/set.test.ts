import { describe, expect, test } from 'vitest';
import {
  DecryptionKeys,
  exportJwk,
  exportPrivateJwk,
  importJwks,
  importKey,
  type Jwk,
  type Key,
  KeySet,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, certificate, digest, octets, spkiOf } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey, signingKey } from '../support/keys.ts';

const rsa = nodePair('RS256').publicKey;
const { n, e } = rsa.export({ format: 'jwk' });
const der = certificate(spkiOf(rsa));
const x5c = [Buffer.from(der).toString('base64')];
const x5t = b64u(digest('sha1', der));
const ec = nodePair('ES256').publicKey.export({ format: 'jwk' });
const okp = nodePair('Ed25519').publicKey.export({ format: 'jwk' });

// The shapes in which well-known providers publish their keys, with our own numbers in them.
const PROVIDERS: Readonly<Record<string, { keys: object[] }>> = {
  'Auth0: alg, x5c and x5t': {
    keys: [
      { kty: 'RSA', use: 'sig', n, e, kid: 'aBcD1', x5t, x5c, alg: 'RS256' },
      { alg: 'RS256', kty: 'RSA', use: 'sig', n, e, kid: 'aBcD2' },
    ],
  },
  'Okta: plain RSA': { keys: [{ kty: 'RSA', alg: 'RS256', kid: 'okta-1', use: 'sig', e, n }] },
  'Cognito: two RSA keys': {
    keys: [
      { alg: 'RS256', e, kid: 'cog/1=', kty: 'RSA', n, use: 'sig' },
      { alg: 'RS256', e, kid: 'cog/2=', kty: 'RSA', n, use: 'sig' },
    ],
  },
  'Entra: no alg, x5t, an issuer member, a cloud name': {
    keys: [
      {
        kty: 'RSA',
        use: 'sig',
        kid: x5t,
        x5t,
        n,
        e,
        x5c,
        cloud_instance_name: 'example',
        issuer: 'https://login.example/{tenantid}/v2.0',
      },
      { kty: 'RSA', use: 'sig', kid: 'entra-2', x5t: 'entra-2', n, e, issuer: 'https://login.example/{tenantid}/v2.0' },
    ],
  },
  'Keycloak: a key for encryption beside the one for signatures': {
    keys: [
      {
        kid: 'kc-enc',
        kty: 'RSA',
        alg: 'RSA-OAEP',
        use: 'enc',
        n,
        e,
        x5c,
        x5t,
        'x5t#S256': b64u(digest('sha256', der)),
      },
      { kid: 'kc-sig', kty: 'RSA', alg: 'RS256', use: 'sig', n, e, x5c, x5t, 'x5t#S256': b64u(digest('sha256', der)) },
    ],
  },
  'many kinds, and some of the future': {
    keys: [
      { ...ec, kid: 'ec', use: 'sig', alg: 'ES256' },
      { ...okp, kid: 'okp', use: 'sig' },
      { kty: 'OKP', crv: 'X25519', kid: 'agreement', x: okp.x },
      { kty: 'QKD', kid: 'quantum', entangled: true },
      { kty: 'EC', crv: 'P-1024', kid: 'huge', x: 'AA', y: 'AA' },
      { kty: 'RSA', kid: 'newer', alg: 'RS1024', n, e },
    ],
  },
};

describe('sets in the shape of real providers', () => {
  test.each(Object.entries(PROVIDERS))('%s', (_, jwks) => {
    const fromObject = importJwks(jwks);
    const fromText = importJwks(JSON.stringify(jwks, null, 2));
    expect(fromText.toJSON()).toEqual(fromObject.toJSON());
    expect(fromObject.keys.length + fromObject.skipped.length).toBe(jwks.keys.length);
    expect(fromObject.keys.every(({ type, use }) => type === 'public' && use === 'sig')).toBe(true);
  });

  const kids = (name: string) => {
    const set = importJwks(PROVIDERS[name] as object);
    return [set.keys.map(({ kid, alg }) => `${kid} ${alg}`), set.skipped.map(({ index, kid }) => `${index} ${kid}`)];
  };
  test('what is used and what is skipped', () => {
    expect(kids('Auth0: alg, x5c and x5t')).toEqual([['aBcD1 RS256', 'aBcD2 RS256'], []]);
    expect(kids('Entra: no alg, x5t, an issuer member, a cloud name')).toEqual([[`${x5t} RS256`, 'entra-2 RS256'], []]);
    expect(kids('Keycloak: a key for encryption beside the one for signatures')).toEqual([
      ['kc-sig RS256'],
      ['0 kc-enc'],
    ]);
    expect(kids('many kinds, and some of the future')).toEqual([
      ['ec ES256', 'okp EdDSA'],
      ['2 agreement', '3 quantum', '4 huge', '5 newer'],
    ]);
  });
});

describe('skipped members', () => {
  test('each has its place, its kid and a reason that shows no key material', () => {
    const weak = { kty: 'RSA', kid: 'weak', n: b64u(Buffer.alloc(128, 0xff)), e };
    const priv: Jwk = { ...exportPrivateJwk(keyPairs.ES256.privateKey), kid: 'private' };
    const set = importJwks({
      keys: [
        null,
        'text',
        [],
        {},
        { kty: 'RSA', kid: 7 },
        weak,
        priv,
        { ...okp, key_ops: ['sign'] },
        { ...okp, x: `${okp.x}==` },
        okp,
      ],
    });
    expect(set.keys).toHaveLength(1);
    expect(set.skipped.map(({ index, kid }) => [index, kid])).toEqual([
      ...[0, 1, 2, 3, 4].map((index) => [index, undefined]),
      [5, 'weak'],
      [6, 'private'],
      [7, undefined],
      [8, undefined],
    ]);
    expect(set.skipped.every(({ reason }) => reason.length > 10)).toBe(true);
    expect(JSON.stringify(set)).not.toContain(String(priv.d));
    expect(JSON.stringify(set.skipped)).not.toContain(String(priv.d));
    expect(set.skipped[6]).not.toHaveProperty('kid', undefined);
  });

  test('an empty set is a set', () => expect(importJwks({ keys: [] }).keys).toEqual([]));
});

describe('options.alg', () => {
  test('is for keys that name none, where it fits their kind', () => {
    const set = importJwks(
      { keys: [{ kty: 'RSA', n, e }, { kty: 'RSA', n, e, alg: 'RS512' }, ec, okp] },
      { alg: 'PS256' },
    );
    expect(set.keys.map(({ alg }) => alg)).toEqual(['PS256', 'RS512', 'ES256', 'EdDSA']);
    expect(importJwks({ keys: [okp] }, { alg: 'Ed25519' }).keys[0]?.alg).toBe('Ed25519');
  });
});

describe('secrets', () => {
  const [a, b] = ['a', 'b'].map((kid) => ({ ...exportPrivateJwk(secretKey('HS256')), kid }));
  test('are skipped unless asked for', () => {
    const set = importJwks({ keys: [a, b] });
    expect([set.keys.length, set.skipped.length]).toEqual([0, 2]);
  });

  test('asked for, they verify, and are not published', () => {
    const set = importJwks({ keys: [a, b] }, { secrets: true });
    expect(set.keys.map(({ type, kid }) => [type, kid])).toEqual([
      ['secret', 'a'],
      ['secret', 'b'],
    ]);
    expect(set.toJSON()).toEqual({ keys: [] });
    const token = signJws(octets('x'), importKey(a as Jwk));
    expect(verifyJws(token, set).key.kid).toBe('a');
  });

  test('their alg is their own or the one told, and a short one or one for something else is skipped', () => {
    const { alg: _, ...bare } = a as Jwk;
    expect(importJwks({ keys: [bare] }, { secrets: true }).skipped).toHaveLength(1);
    expect(importJwks({ keys: [bare] }, { secrets: true, alg: 'HS256' }).keys[0]?.alg).toBe('HS256');
    expect(importJwks({ keys: [{ ...a, k: 'AAAA' }] }, { secrets: true }).skipped).toHaveLength(1);
    expect(importJwks({ keys: [{ ...a, key_ops: ['sign'] }] }, { secrets: true }).skipped).toHaveLength(1);
    expect(importJwks({ keys: [{ ...a, key_ops: ['verify'] }] }, { secrets: true }).keys).toHaveLength(1);
  });

  test('among public keys they make the set unusable where they are wanted, and are skipped where not', () => {
    expectCode(() => importJwks({ keys: [a, okp] }, { secrets: true }), 'ERR_JWKS_INVALID');
    expect(importJwks({ keys: [a, okp] }).keys).toHaveLength(1);
    expectCode(() => new KeySet([secretKey('HS256'), keyPairs.ES256.publicKey]), 'ERR_JWKS_INVALID');
  });
});

describe('what is not a JWK Set', () => {
  test.each([
    '',
    'x',
    '[]',
    '{}',
    '{"keys":{}}',
    '{"keys":null}',
    '{"keys":[],"keys":[]}',
    '{"keys":[{"kty":"RSA","kty":"EC"}]}',
    '\ufeff\ufeff{"keys":[]}',
    // Each with two of the three octets of a byte-order mark.
    '\u2eff{"keys":[]}',
    '\uff3f{"keys":[]}',
    '\ufefe{"keys":[]}',
    ' \ufeff{"keys":[]}',
  ])('text %j', (text) => {
    expectCode(() => importJwks(text), 'ERR_JWKS_INVALID');
  });

  test('objects', () => {
    const circular: Record<string, unknown> = {};
    circular.keys = [circular];
    for (const value of [{}, [], { keys: 'x' }, circular, { keys: [1n] }, { toJSON: () => undefined }]) {
      expectCode(() => importJwks(value), 'ERR_JWKS_INVALID');
    }
  });

  test.each([undefined, null, 1, true])('%j', (value) => {
    expect(() => importJwks(value as never)).toThrow();
  });
});

describe('limits', () => {
  const many = (count: number) => ({ keys: Array.from({ length: count }, (_, i) => ({ ...okp, kid: `${i}` })) });
  test('keys: 100, or as told', () => {
    expect(importJwks(many(100)).keys).toHaveLength(100);
    expectCode(() => importJwks(many(101)), 'ERR_JOSE_LIMIT_EXCEEDED');
    expect(importJwks(many(150), { maxKeys: 150 }).keys).toHaveLength(150);
    expectCode(() => importJwks(many(3), { maxKeys: 2 }), 'ERR_JOSE_LIMIT_EXCEEDED');
  });

  test('octets: 256 KiB, or as told', () => {
    const ofOctets = (count: number) => JSON.stringify({ keys: [] }).padEnd(count, ' ');
    expect(importJwks(ofOctets(256 * 1024)).keys).toEqual([]);
    expectCode(() => importJwks(ofOctets(256 * 1024 + 1)), 'ERR_JOSE_LIMIT_EXCEEDED');
    expect(importJwks(ofOctets(256 * 1024 + 1), { maxBytes: 256 * 1024 + 1 }).keys).toEqual([]);
  });

  test('members: 24 for each key that the set may have', () => {
    const ofMembers = (count: number) => ({
      keys: [{ ...okp, ...Object.fromEntries(Array.from({ length: count - 4 }, (_, i) => [`m${i}`, i])) }],
    });
    expect(importJwks(ofMembers(24), { maxKeys: 1 }).keys).toHaveLength(1);
    expectCode(() => importJwks(ofMembers(25), { maxKeys: 1 }), 'ERR_JOSE_LIMIT_EXCEEDED');
  });
});

describe('options', () => {
  test.each([
    [{ alg: 'none' }, /alg/],
    [{ maxKeys: 0 }, /maxKeys/],
    [{ maxKeys: 1.5 }, /maxKeys/],
    [{ maxKeys: '5' }, /maxKeys/],
    [{ secrets: 1 }, /secrets/],
    [{ secret: true }, /secret/],
    [null, /options/],
  ])('%j', (options, name) => {
    expectTypeError(() => importJwks({ keys: [] }, options as never), name);
  });
});

describe('a KeySet', () => {
  test('of keys one has: public ones or secrets, nothing else', () => {
    const set = new KeySet([keyPairs.ES256.publicKey, keyPairs.Ed25519.publicKey]);
    expect(set.keys).toHaveLength(2);
    expect(set.toJSON()).toEqual({
      keys: [exportJwk(keyPairs.ES256.publicKey), exportJwk(keyPairs.Ed25519.publicKey)],
    });
    expect(JSON.parse(JSON.stringify(set))).toEqual(set.toJSON());
    expectTypeError(() => new KeySet([keyPairs.ES256.privateKey]), /^key /);
    expectTypeError(() => new KeySet([exportJwk(keyPairs.ES256.publicKey)] as never), /^key /);
  });

  test('does not change', () => {
    const given = [keyPairs.ES256.publicKey];
    const set = new KeySet(given);
    given.push(keyPairs.Ed25519.publicKey);
    expect(set.keys).toHaveLength(1);
    expect([set, set.keys, set.skipped].every(Object.isFrozen)).toBe(true);
  });

  test('keeps copies of what was skipped, which cannot change either', () => {
    const skipped = [{ index: 0, reason: 'weak' }];
    for (const set of [new KeySet([], skipped), new DecryptionKeys([], skipped)]) {
      expect(set.skipped).toEqual(skipped);
      expect(set.skipped[0]).not.toBe(skipped[0]);
      expect([set.skipped, set.skipped[0]].every(Object.isFrozen)).toBe(true);
    }
    expect([new KeySet([]).skipped, new DecryptionKeys([]).skipped]).toEqual([[], []]);
  });

  test('is told from any other value', () => {
    const [set, own] = [new KeySet([]), new DecryptionKeys([])];
    const others = [{ ...set }, { keys: [] }, [], null, undefined, 'x', 1, () => set];
    expect([set, own, ...others].map(KeySet.isKeySet)).toEqual([true, ...[own, ...others].map(() => false)]);
    expect([own, set, ...others].map(DecryptionKeys.isDecryptionKeys)).toEqual([
      true,
      ...[set, ...others].map(() => false),
    ]);
  });

  test('a look-alike is none', () => {
    const set = new KeySet([keyPairs.ES256.publicKey]);
    const token = signJws(octets('x'), signingKey('ES256'));
    for (const fake of [
      { ...set },
      Object.create(set),
      { keys: set.keys },
      [keyPairs.ES256.publicKey],
      set.toJSON(),
      null,
      undefined,
      'x',
    ]) {
      expectTypeError(() => verifyJws(token, fake as KeySet), /^keys? /);
    }
  });
});

describe('what real sets hold besides', () => {
  test('an x5t of the hexadecimal digits is read where digests are checked: in a JWK of its own', () => {
    const hex = Buffer.from(digest('sha1', der)).toString('hex').toUpperCase();
    const jwk = { kty: 'RSA', n, e, x5c, x5t: b64u(octets(hex)) };
    expect(importKey(jwk).alg).toBe('RS256');
    const other = { ...jwk, x5t: b64u(octets(hex.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))) };
    expectCode(() => importKey(other), 'ERR_JWK_INVALID');
    expect(importJwks({ keys: [other] }).keys).toHaveLength(1);
  });

  test('a kind of key that nobody knows does not mix with secrets', () => {
    const secret = exportPrivateJwk(secretKey('HS256'));
    const set = importJwks({ keys: [secret, { kty: 'FUTURE' }, null] }, { secrets: true });
    expect([set.keys.length, set.skipped.length]).toEqual([1, 2]);
    for (const kty of ['toString', ['RSA'], null])
      expect(importJwks({ keys: [secret, { kty, n, e }] }, { secrets: true }).keys).toHaveLength(1);
    expectCode(() => importJwks({ keys: [secret, { kty: 'RSA', n, e }] }, { secrets: true }), 'ERR_JWKS_INVALID');
  });
});

test('a set keeps the keys that it checked, from an array that yields others at its second reading', () => {
  const [verifying, signing] = [signingKey('ES256').publicKey(), signingKey('ES256')];
  let readings = 0;
  const keys: Key[] = [verifying];
  keys[Symbol.iterator] = () => [readings++ === 0 ? verifying : signing].values();
  expect(new KeySet(keys).keys).toEqual([verifying]);
  expect(readings).toBe(1);
});
