// Published sets in the spellings of real providers: what is read, as which key, and what stays refused.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportJwk, importJwks, importKey, type Jwk, signJwt, thumbprint, verifyJwt } from '../../src/index.ts';
import { canonicalJwk } from '../../src/jwks/published.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, certificate, spkiOf } from '../support/forge.ts';
import { keyPair, keyPairs, nodePair, secretKey, signingKey } from '../support/keys.ts';

const KINDS = ['RS256', 'ES256', 'ES512', 'Ed25519'] as const;
type Kind = (typeof KINDS)[number];

const OCTETS: Readonly<Record<Kind, readonly string[]>> = {
  RS256: ['n', 'e'],
  ES256: ['x', 'y'],
  ES512: ['x', 'y'],
  Ed25519: ['x'],
};
const jwkOf = (kind: Kind): Jwk => ({ ...exportJwk(keyPair(kind).publicKey), kid: 'k' });
const der = (kind: Kind) => Buffer.from(certificate(spkiOf(nodePair(kind).publicKey)));

/** Each member of octets spelt in another way. */
const respelt = (kind: Kind, spell: (octets: Buffer) => string): Jwk => ({
  ...jwkOf(kind),
  ...Object.fromEntries(OCTETS[kind].map((name) => [name, spell(Buffer.from(String(jwkOf(kind)[name]), 'base64url'))])),
});
const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64');
const padded = (octets: Uint8Array) => base64(octets).replaceAll('+', '-').replaceAll('/', '_');
const unpadded = (octets: Uint8Array) => base64(octets).replaceAll('=', '');
const zeros = (octets: Uint8Array) => b64u(Buffer.concat([Buffer.alloc(2), octets]));

/** Whether a set with this JWK alone has the key of its kind, under its own thumbprint; else the reason why not. */
function read(kind: Kind, jwk: object): true | string {
  const { keys, skipped } = importJwks({ keys: [jwk] });
  const [key] = keys;
  if (!key) return skipped[0]?.reason ?? 'no key and no reason';
  expect(thumbprint(key)).toBe(thumbprint(jwkOf(kind)));
  expect(exportJwk(key)).toMatchObject(Object.fromEntries(OCTETS[kind].map((name) => [name, jwkOf(kind)[name]])));
  return true;
}

describe('spellings of octets', () => {
  const spellings = {
    'standard base64': base64,
    'base64url with padding': padded,
    'standard base64 without': unpadded,
  };

  describe.each(Object.entries(spellings))('%s', (_, spell) => {
    test.each(KINDS)('%s', (kind) => {
      const jwk = respelt(kind, spell);
      expect(read(kind, jwk)).toBe(true);
      expect(read(kind, JSON.parse(JSON.stringify(jwk)))).toBe(true);
      if (OCTETS[kind].some((name) => jwk[name] !== jwkOf(kind)[name]))
        expectCode(() => importKey(jwk), 'ERR_JWK_INVALID');
    });
  });

  test('so it is with an AKP key, also where the runtime has no such algorithm', () => {
    const members = { kty: 'AKP', alg: 'ML-DSA-44', use: null, pub: '+/8=', x: '+/8=' };
    expect({ ...canonicalJwk(members) }).toEqual({ kty: 'AKP', alg: 'ML-DSA-44', pub: '-_8', x: '+/8=' });
  });

  test('leading zero octets are of a number; a coordinate keeps its length', () => {
    expect(read('RS256', respelt('RS256', zeros))).toBe(true);
    for (const kind of ['ES256', 'ES512', 'Ed25519'] as const)
      expect(read(kind, respelt(kind, zeros))).toBe(
        'the x of the key is missing or malformed'.replace('x', kind === 'Ed25519' ? 'x' : 'y'),
      );
  });

  test.each([
    [
      'a surplus bit',
      (text: string) =>
        `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : `${String.fromCharCode(text.charCodeAt(text.length - 1) + 1)}`}`,
    ],
    ['too much padding', (text: string) => `${text}==`],
    ['padding in the middle', (text: string) => `${text.slice(0, 4)}=${text.slice(4)}`],
    ['a line break', (text: string) => `${text.slice(0, 20)}\n${text.slice(20)}`],
    ['a character of no alphabet', (text: string) => `*${text.slice(1)}`],
    ['nothing', () => ''],
    ['null', () => null],
    ['zeros only', () => 'AAAA'],
  ])('%s is no spelling', (_, spoil) => {
    expect(read('ES256', { ...jwkOf('ES256'), x: spoil(String(jwkOf('ES256').x)) })).toBe(
      'the x of the key is missing or malformed',
    );
  });

  test('of 400 random numbers, each spelling is read as the one number', () => {
    const rsa = jwkOf('RS256');
    const spelling = fc.record({
      zeros: fc.nat(3),
      spell: fc.constantFrom(b64u, base64, padded, unpadded),
      name: fc.constantFrom('n', 'e'),
    });
    fc.assert(
      fc.property(spelling, ({ zeros: count, spell, name }) => {
        const octets = Buffer.concat([Buffer.alloc(count), Buffer.from(String(rsa[name]), 'base64url')]);
        expect(read('RS256', { ...rsa, [name]: spell(octets) })).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('of 1,000 texts in the place of n, none but its own spellings make the key', () => {
    const rsa = jwkOf('RS256');
    const n = String(rsa.n);
    const changed = fc
      .tuple(fc.nat(n.length - 1), fc.constantFrom(...'AQz-_+/= \n.'))
      .map(([at, symbol]) => n.slice(0, at) + symbol + n.slice(at + 1));
    fc.assert(
      fc.property(changed, (text) => {
        const [key] = importJwks({ keys: [{ ...rsa, n: text }] }).keys;
        const isSpelling = text.replaceAll('+', '-').replaceAll('/', '_') === n;
        expect(key !== undefined && thumbprint(key) === thumbprint(rsa)).toBe(isSpelling);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('members that are null', () => {
  test.each([
    'use',
    'alg',
    'key_ops',
    'kid',
    'd',
    'p',
    'q',
    'dp',
    'dq',
    'qi',
    'oth',
    'k',
    'priv',
    'x5c',
    'x5t',
    'x5t#S256',
  ])('%s is absent', (name) => expect(read('RS256', { ...jwkOf('RS256'), [name]: null })).toBe(true));

  test('other members are not, and a private member is still a leak', () => {
    expect(read('RS256', { ...jwkOf('RS256'), kty: null })).not.toBe(true);
    expect(read('ES256', { ...jwkOf('ES256'), crv: null })).not.toBe(true);
    expect(read('ES256', { ...jwkOf('ES256'), d: '' })).toBe('the key is published with its private members');
    expectCode(() => importKey({ ...jwkOf('ES256'), d: null } as unknown as Jwk), 'ERR_JWK_INVALID');
  });
});

describe('certificates', () => {
  const armour = `-----BEGIN CERTIFICATE-----\n${base64(der('RS256')).replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

  test.each([
    ['empty', []],
    ['null', null],
    ['a text', base64(der('RS256'))],
    ['of null', [null]],
    ['that is not base64', ['*']],
    ['that is no certificate', [base64(Buffer.from('no certificate'))]],
    ['with octets behind it', [base64(Buffer.concat([der('RS256'), Buffer.from([0])]))]],
    ['in PEM armour', [armour]],
    ['in base64url', [b64u(der('RS256'))]],
    ['whose second cannot be read', [base64(der('RS256')), '*']],
  ])('an x5c %s does not lose the key', (_, x5c) => {
    expect(read('RS256', { ...jwkOf('RS256'), x5c })).toBe(true);
  });

  test.each([
    ['in base64', base64(der('ES256'))],
    ['in PEM armour', armour.replace(/\n[^-]+\n-/, `\n${base64(der('ES256'))}\n-`)],
    ['in base64url', b64u(der('ES256'))],
  ])('a first certificate %s of another key refuses it (RFC 7517 §4.7)', (_, other) => {
    expect(read('RS256', { ...jwkOf('RS256'), x5c: [other, base64(der('RS256'))] })).toBe(
      'the x5c of the key is missing or malformed',
    );
  });

  test.each(['x5t', 'x5t#S256'])('%s adds nothing to the key, in whatever form', (name) => {
    for (const value of ['', 'x', 7, {}, 'AA==', b64u(Buffer.alloc(20)), Buffer.alloc(20).toString('hex')])
      expect(read('RS256', { ...jwkOf('RS256'), x5c: [base64(der('RS256'))], [name]: value })).toBe(true);
  });
});

describe('the set', () => {
  test('a byte-order mark before it, as text', () => {
    const text = `\ufeff${JSON.stringify({ keys: [jwkOf('RS256')] })}`;
    expect(importJwks(text).keys).toHaveLength(1);
    expectCode(() => importJwks(`\ufeff${text}`), 'ERR_JWKS_INVALID');
  });

  test('one key twice under its kid is one key, in whatever spelling; under another kid, or for another alg, it is two', () => {
    const [first, second] = [jwkOf('RS256'), respelt('RS256', base64)];
    const set = importJwks({ keys: [first, second, { ...second, alg: undefined }] });
    expect(set.keys).toHaveLength(1);
    expect(set.skipped).toMatchObject(
      [1, 2].map((index) => ({ index, kid: 'k', reason: 'the key is in the set already, under this kid' })),
    );
    expect(importJwks({ keys: [first, { ...second, kid: 'l' }] }).keys).toHaveLength(2);
    expect(importJwks({ keys: [first, { ...second, alg: 'PS256' }] }).keys).toHaveLength(2);
  });

  test('one key for EdDSA and for Ed25519, which are one algorithm on its curve, is one key', () => {
    const okp = exportJwk(keyPair('Ed25519').publicKey);
    const set = importJwks({
      keys: [
        { ...okp, alg: 'EdDSA', kid: 'k' },
        { ...okp, alg: 'Ed25519', kid: 'k' },
      ],
    });
    expect([set.keys.length, set.skipped.length]).toEqual([1, 1]);
  });

  test('a secret among public keys is skipped, and its octets are not shown', () => {
    const secret = { kty: 'oct', kid: 's', k: b64u(Buffer.alloc(32, 7)), alg: 'HS256' };
    const set = importJwks({ keys: [secret, jwkOf('RS256')] });
    expect(set.keys.map(({ alg }) => alg)).toEqual(['RS256']);
    expect(JSON.stringify(set.skipped)).not.toContain(secret.k);
    expectCode(() => importJwks({ keys: [secret, jwkOf('RS256')] }, { secrets: true }), 'ERR_JWKS_INVALID');
  });
});

describe('alg, use and accept', () => {
  const bare = ({ alg: _, use: __, ...jwk }: Jwk) => jwk;

  test('alg is that of the keys that name none', () => {
    const keys = importJwks({ keys: [bare(jwkOf('RS256'))] }, { alg: 'PS512' });
    expect(keys.keys.map(({ alg }) => alg)).toEqual(['PS512']);
    expect(importJwks({ keys: [jwkOf('RS256')] }, { alg: 'PS512' }).keys.map(({ alg }) => alg)).toEqual(['RS256']);
  });

  test('use names the keys for this purpose; a key without one is for any', () => {
    const set = { keys: [{ ...jwkOf('ES256'), use: 'jwt-svid' }, jwkOf('Ed25519'), bare(jwkOf('RS256'))] };
    expect(importJwks(set).keys.map(({ alg }) => alg)).toEqual(['Ed25519', 'RS256']);
    const svid = importJwks(set, { use: 'jwt-svid' });
    expect(svid.keys.map(({ alg }) => alg)).toEqual(['ES256', 'RS256']);
    expect(svid.skipped).toMatchObject([{ index: 1, reason: 'the use of the key is "sig", not "jwt-svid"' }]);
    for (const use of ['enc', '', 1]) expectTypeError(() => importJwks(set, { use } as never), /^options\.use must be/);
  });

  test('a use that contradicts key_ops is named as that', () => {
    expect(read('RS256', { ...jwkOf('RS256'), key_ops: ['encrypt'] })).toBe(
      'the use and key_ops of the key contradict each other',
    );
  });

  test('accept sees the public members as published, and can only leave out', () => {
    const keys = [
      { ...respelt('RS256', base64), issuer: 'a', cloud: { name: 'x' } },
      { ...jwkOf('ES256'), issuer: 'b' },
      {
        ...exportJwk(secretKey('HS256').type === 'secret' ? keyPairs.Ed25519.publicKey : raise()),
        issuer: 'a',
        d: 'x',
      },
    ];
    const seen: Jwk[] = [];
    const set = importJwks({ keys }, { accept: (jwk) => seen.push(jwk) > 0 && jwk.issuer === 'a' });
    expect(seen).toEqual(keys.slice(0, 2));
    expect(set.keys.map(({ alg }) => alg)).toEqual(['RS256']);
    expect(set.skipped).toMatchObject([
      { index: 1, reason: 'options.accept does not accept the key' },
      { index: 2, reason: 'the key is published with its private members' },
    ]);
  });

  test.each([
    ['throws', () => raise()],
    ['returns what is not true', () => 1 as never],
    ['returns a promise', () => Promise.resolve(true) as never],
  ])('accept that %s leaves the key out', (_, accept) => {
    expect(importJwks({ keys: [jwkOf('RS256')] }, { accept }).keys).toEqual([]);
  });

  test('accept is asked of secrets as well, without their octets, and inherits nothing', () => {
    const keys = [{ kty: 'oct', kid: 's', k: b64u(Buffer.alloc(32, 7)), alg: 'HS256' }];
    const seen: Jwk[] = [];
    const accept = (jwk: Jwk) => seen.push(jwk) > 0 && jwk.kid === 't';
    expect(importJwks({ keys }, { secrets: true, accept }).keys).toEqual([]);
    expect(importJwks({ keys }, { secrets: true, accept: () => true }).keys).toHaveLength(1);
    expect(seen.map((jwk) => [Object.getPrototypeOf(jwk), Object.keys(jwk)])).toEqual([[null, ['kty', 'kid', 'alg']]]);
  });

  test('a change that accept makes reaches no key', () => {
    const accept = (jwk: Jwk) => {
      (jwk as { kid: string }).kid = 'other';
      (jwk as { alg: string }).alg = 'PS256';
      return true;
    };
    expect(importJwks({ keys: [jwkOf('RS256')] }, { accept }).keys).toMatchObject([{ kid: 'k', alg: 'RS256' }]);
  });

  function raise(): never {
    throw new Error('no');
  }
});

describe('tokens stay as strict under keys that came in another spelling', () => {
  const expected = { issuer: null, audience: null, now: 1 };
  const token = signJwt({ sub: 'a' }, signingKey('RS256'), { expiresIn: 60, now: 1, header: { kid: 'k' } });

  test('of 1,000 other strings, none verifies', () => {
    const keys = importJwks({ keys: [respelt('RS256', (octets) => base64(Buffer.concat([Buffer.alloc(1), octets])))] });
    expect(verifyJwt(token, keys, expected).claims.sub).toBe('a');
    const other = fc.oneof(
      fc.constantFrom(
        `${token}=`,
        `${token}==`,
        token.replaceAll('-', '+').replaceAll('_', '/'),
        `${token}\n`,
        ` ${token}`,
      ),
      fc
        .tuple(fc.nat(token.length - 1), fc.constantFrom(...'AQgwz09-_+/=. '))
        .map(([at, symbol]) => token.slice(0, at) + symbol + token.slice(at + 1)),
      fc.nat(token.length - 1).map((at) => token.slice(0, at)),
    );
    fc.assert(
      fc.property(other, (text) => {
        fc.pre(text !== token);
        expect(() => verifyJwt(text, keys, expected)).toThrow();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('key sets in the spelling of 22 providers', () => {
  const folder = new URL('../../vectors/idp/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const REFUSED = /modulus under 2048 bits|^the use of the key is|kty, crv or alg of the key is not supported$/;

  /** Usable keys, and those that are not, with the reasons that are right. */
  const COUNTS: Readonly<Record<string, readonly [usable: number, skipped: number]>> = {
    'entra-b2c': [3, 1],
    'entra-common': [7, 0],
    'google-iap': [5, 0],
    'google-old': [0, 2],
    'nets-eid-broker': [2, 1],
    'openbanking-uk': [1, 2],
    'scitokens-chtc': [5, 0],
    apple: [3, 0],
    auth0: [1, 0],
    'battle-net': [2, 0],
    cognito: [2, 0],
    'github-actions': [2, 0],
    identityserver: [1, 0],
    keycloak: [1, 1],
    klarna: [4, 0],
    mojeid: [1, 0],
    paypal: [14, 1],
    pinglabs: [3, 0],
    slack: [1, 0],
    spiffe: [6, 1],
    yahoo: [1, 3],
    zklogin: [3, 0],
  };

  test('each is tried', () => {
    expect(files.map((name) => name.replace('.json', '')).sort()).toEqual(Object.keys(COUNTS).sort());
  });

  test.each(Object.entries(COUNTS))('%s', (name, [usable, left]) => {
    const text = readFileSync(new URL(`${name}.json`, folder), 'utf8');
    const { keys, skipped } = importJwks(text, name === 'spiffe' ? { use: 'jwt-svid' } : {});
    expect([keys.length, skipped.length]).toEqual([usable, left]);
    for (const { reason } of skipped) expect(reason).toMatch(REFUSED);
  });
});
