// RFC 7517: JSON Web Key and JWK Set.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { exportJwk, exportPrivateJwk, importJwks, importKey, type Jwk, signJws, verifyJws } from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { changeCharacter } from '../support/flip.ts';
import { certificate, octets, spkiOf } from '../support/forge.ts';
import { describeJwk } from '../support/jwk-vector.ts';
import { asymmetricAlgorithms, hmacAlgorithms, keyPair, nodePair, secretBytes, secretKey } from '../support/keys.ts';
import { ownCases, ownKey, vector, vectors } from '../support/vectors.ts';

const publicJwk = ownKey('P-256 public');
const PAYLOAD = octets('a payload');
const token = (header: object = {}) => signJws(PAYLOAD, importKey(ownKey('P-256 private')), { header: { ...header } });
const importCode = (members: object) => codeOf(() => importKey({ ...publicJwk, ...members }, { use: 'sig' }));
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

describe('vectors', () => {
  for (const v of vectors('rfc7517', 'jwk')) describeJwk(v);
  for (const { ref, jwk } of vectors('rfc7517', 'jwk-x5c')) describeJwk({ ref, jwk, type: 'public' });

  test.each(vectors('rfc7517', 'jwk-refused'))('$ref: $because', ({ jwk, code }) => {
    expect(codeOf(() => importKey(jwk, { use: 'sig' }))).toBe(code);
    expect(importJwks({ keys: [jwk] })).toMatchObject({ keys: [], skipped: [{ index: 0, kid: jwk.kid }] });
  });

  test('A.1: of a set of public keys the one for signatures is imported, and the other skipped', () => {
    const { jwks } = vector('rfc7517', 'jwks', 'RFC 7517 A.1');
    for (const set of [importJwks(jwks), importJwks(JSON.stringify(jwks))]) {
      expect(set.keys.map(({ kid, alg, type }) => [kid, alg, type])).toEqual([['2011-04-29', 'RS256', 'public']]);
      expect(set.skipped).toMatchObject([{ index: 0, kid: '1', reason: expect.any(String) }]);
    }
  });

  test('A.2: of a set of private keys none is imported; the RSA key by itself is', () => {
    const { jwks } = vector('rfc7517', 'jwks', 'RFC 7517 A.2');
    expect(importJwks(jwks)).toMatchObject({ keys: [], skipped: [{ index: 0 }, { index: 1 }] });
    const [, rsa] = jwks.keys;
    expect(importKey(rsa ?? publicJwk).type).toBe('private');
  });

  describe.each([0, 1])('A.2: private key %i', (index) => {
    const jwk = vector('rfc7517', 'jwks', 'RFC 7517 A.2').jwks.keys[index] ?? publicJwk;
    test.each(['n', 'e', 'x', 'y', 'd', 'p', 'q', 'dp', 'dq', 'qi'].filter((member) => member in jwk))(
      'one character of %s changed is refused',
      (member) => {
        const { use: _, ...sound } = jwk;
        expect(codeOf(() => importKey(sound))).toBeNull();
        expect(codeOf(() => importKey({ ...sound, [member]: changeCharacter(String(jwk[member])) }))).toMatch(
          /^ERR_JWK_/,
        );
      },
    );
  });

  test('A.3: of a set of secrets the HMAC key is usable, when secrets are asked for', () => {
    const { jwks } = vector('rfc7517', 'jwks', 'RFC 7517 A.3');
    expect(importJwks(jwks, { secrets: true, alg: 'HS256' })).toMatchObject({
      keys: [{ alg: 'HS256', type: 'secret' }],
      skipped: [{ index: 0 }],
    });
    expect(importJwks(jwks).keys).toEqual([]);
  });

  test('B: the certificate holds the key', () => {
    const { jwk } = vector('rfc7517', 'jwk-x5c', 'RFC 7517 Appendix B');
    expect(codeOf(() => importKey({ ...jwk, x5c: [changeCharacter(jwk.x5c[0] ?? '')] }))).toBe('ERR_JWK_INVALID');
  });

  test.each(ownCases('jwk'))('$key with $tries', ({ key, set = {}, drop = [], published = false, code }) => {
    const jwk = Object.fromEntries(
      Object.entries({ ...ownKey(key), ...set }).filter(([member]) => !drop.includes(member)),
    );
    expect(codeOf(() => importKey(jwk as Jwk, { use: 'sig' }))).toBe(code);
    const { keys, skipped } = importJwks({ keys: [jwk] }, { secrets: key === 'oct' });
    const usable = (code === null || published) && !key.includes('private');
    expect([keys.length, skipped.length]).toEqual(usable ? [1, 0] : [0, 1]);
  });
});

describe('section 4: JWK members', () => {
  test('white space in a set is legal [7517-4-1]', () => {
    expect(importJwks(` \r\n\t${JSON.stringify({ keys: [publicJwk] }, null, 4)}\n`).keys).toHaveLength(1);
  });

  test('member names are unique [7517-4-2]', () => {
    const members = JSON.stringify(publicJwk).slice(1, -1);
    for (const twice of [`"x":"AA",${members}`, `${members},"kty":"EC"`, `${members},"\\u0078":"AA"`]) {
      expect(codeOf(() => importJwks(`{"keys":[{${twice}}]}`))).toBe('ERR_JWKS_INVALID');
    }
  });

  test('members that are not understood are ignored [7517-4-3]', () => {
    expect(importCode({ issued: 1, KTY: 'oct', 'x5t#S512': 'AA', nested: { kty: 'oct' }, constructor: 1 })).toBeNull();
  });

  test('kty is there, a case-sensitive string [7517-4.1-1]', () => {
    for (const kty of [undefined, null, 1, ['EC'], {}]) expect(importCode({ kty })).toBe('ERR_JWK_INVALID');
    for (const kty of ['ec', 'Ec', 'EC ', '', 'rsa', 'toString', '__proto__'])
      expect(importCode({ kty })).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('use is a case-sensitive string [7517-4.2-1]; what is not for signatures is not for us [7517-4.2-2]', () => {
    expect(importCode({ use: 'sig' })).toBeNull();
    for (const use of ['enc', 'SIG', 'Sig', 'other', '']) expect(importCode({ use })).toBe('ERR_JOSE_NOT_SUPPORTED');
    for (const use of [1, null, ['sig']]) expect(importCode({ use })).toBe('ERR_JWK_INVALID');
  });

  test('key_ops is an array of case-sensitive strings [7517-4.3-1]', () => {
    expect(importCode({ key_ops: ['verify'] })).toBeNull();
    for (const ops of ['verify', null, {}, [1], [null], [['verify']]])
      expect(importCode({ key_ops: ops })).toBe('ERR_JWK_INVALID');
    for (const ops of [['Verify'], ['VERIFY'], ['verify '], []])
      expect(importCode({ key_ops: ops })).toBe('ERR_JOSE_NOT_SUPPORTED');
  });

  test('key_ops names nothing twice [7517-4.3-2]', () => {
    expect(importCode({ key_ops: ['verify', 'verify'] })).toBe('ERR_JWK_INVALID');
    expect(importCode({ key_ops: ['verify', 'sign', 'verify'] })).toBe('ERR_JWK_INVALID');
  });

  test('use and key_ops agree [7517-4.3-5]', () => {
    expect(importCode({ use: 'sig', key_ops: ['verify'] })).toBeNull();
    expect(importCode({ use: 'sig', key_ops: ['sign', 'verify'] })).toBeNull();
    for (const ops of [['encrypt'], ['verify', 'encrypt'], ['deriveKey', 'verify']])
      expect(importCode({ use: 'sig', key_ops: ops })).toBe('ERR_JWK_INVALID');
  });

  test('alg is a case-sensitive string, and the one algorithm of the key [7517-4.4-1]', () => {
    expect(importCode({ alg: 'ES256' })).toBeNull();
    for (const alg of [1, null, ['ES256']]) expect(importCode({ alg })).toBe('ERR_JWK_INVALID');
    expect(importCode({ alg: 'es256' })).toBe('ERR_JOSE_NOT_SUPPORTED');
    const rs512 = importKey({ ...ownKey('RSA public'), alg: 'RS512' });
    const signed = signJws(PAYLOAD, importKey(ownKey('RSA private'), { alg: 'RS256' }));
    expect(codeOf(() => verifyJws(signed, rs512))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(codeOf(() => importKey({ ...ownKey('RSA public'), alg: 'RS512' }, { alg: 'RS256' }))).toBe(
      'ERR_JWK_INVALID',
    );
  });

  test('two keys of one kid, kty and alg are ambiguous [7517-4.5-1]', () => {
    const stranger = exportJwk(importKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey));
    const set = importJwks({ keys: [publicJwk, stranger].map((jwk) => ({ ...jwk, kid: '1' })) });
    expect(codeOf(() => verifyJws(token({ kid: '1' }), set))).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
    const same = importJwks({ keys: [publicJwk, publicJwk].map((jwk) => ({ ...jwk, kid: '1' })) });
    expect(codeOf(() => verifyJws(token({ kid: '1' }), same))).toBeNull();
    const other = importJwks({ keys: [publicJwk, ownKey('RSA public')].map((jwk) => ({ ...jwk, kid: '1' })) });
    expect(codeOf(() => verifyJws(token({ kid: '1' }), other))).toBeNull();
  });

  test('kid is a case-sensitive string that is matched to the header [7517-4.5-2] [7517-6-1]', () => {
    for (const kid of [1, null, ['1'], {}]) expect(importCode({ kid })).toBe('ERR_JWK_INVALID');
    const set = importJwks(`{"keys":[${JSON.stringify(publicJwk).slice(0, -1)},"kid":"\\u0041b"}]}`);
    expect(codeOf(() => verifyJws(token({ kid: 'Ab' }), set))).toBeNull();
    for (const kid of ['ab', 'AB', 'A', 'Ab '])
      expect(codeOf(() => verifyJws(token({ kid }), set))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });
});

describe('sections 4.7 to 4.9: certificates', () => {
  const { publicKey } = nodePair('ES256');
  const jwk = exportJwk(keyPair('ES256').publicKey);
  const der = certificate(spkiOf(publicKey));
  const x5c = [Buffer.from(der).toString('base64')];
  const other = Buffer.from(certificate(spkiOf(nodePair('ES384').publicKey))).toString('base64');
  const digest = (hash: string) => createHash(hash).update(der).digest('base64url');
  const code = (members: object) => codeOf(() => importKey({ ...jwk, ...members }));

  test('the first certificate is of this very key [7517-4.7-2]', () => {
    expect([code({ x5c }), code({ x5c: [...x5c, other] })]).toEqual([null, null]);
    for (const wrong of [
      [other],
      [other, ...x5c],
      [],
      x5c[0],
      [x5c[0]?.slice(0, -4)],
      [Buffer.from(der).toString('base64url')],
      [1],
      [''],
    ]) {
      expect(code({ x5c: wrong })).toBe('ERR_JWK_INVALID');
    }
  });

  test.each([
    ['x5t', 'sha1', '[7517-4.8-1]'],
    ['x5t#S256', 'sha256', '[7517-4.9-1]'],
  ])('%s is the %s digest of that certificate %s', (member, hash) => {
    expect(code({ x5c, [member]: digest(hash) })).toBeNull();
    for (const wrong of [changeCharacter(digest(hash)), digest('sha512'), '', 1, `${digest(hash)}=`]) {
      expect(code({ x5c, [member]: wrong })).toBe('ERR_JWK_INVALID');
    }
  });
});

describe('section 5: JWK Set', () => {
  test('keys is there, an array of JWKs [7517-5-1]', () => {
    for (const set of [{}, { keys: {} }, { keys: null }, { keys: 'EC' }, { Keys: [] }, [], null, 1]) {
      expect(codeOf(() => importJwks(JSON.stringify(set)))).toBe('ERR_JWKS_INVALID');
    }
    for (const text of ['', '{"keys":[]', '{"keys":[]}x'])
      expect(codeOf(() => importJwks(text))).toBe('ERR_JWKS_INVALID');
    expect(importJwks({ keys: [] })).toMatchObject({ keys: [], skipped: [] });
  });

  test('member names of the set are unique [7517-5-2]', () => {
    for (const text of ['{"keys":[],"keys":[]}', '{"keys":[],"k\\u0065ys":[]}', '{"keys":[],"x":1,"x":1}']) {
      expect(codeOf(() => importJwks(text))).toBe('ERR_JWKS_INVALID');
    }
  });

  test('other members of the set are ignored [7517-5-3]', () => {
    expect(importJwks({ keys: [publicJwk], issuer: 'x', nested: { keys: 1 } }).keys).toHaveLength(1);
  });

  test('a member that cannot be used is left out, not the whole set [7517-5-4]', () => {
    const bad: unknown[] = [
      { kty: 'new' },
      {},
      null,
      1,
      'EC',
      [],
      { ...publicJwk, x: undefined },
      { ...publicJwk, crv: 'P-999' },
      { ...ownKey('RSA public'), n: 'AQAB' },
    ];
    const { keys, skipped } = importJwks({ keys: [...bad, publicJwk] });
    expect(keys).toHaveLength(1);
    expect(skipped.map(({ index }) => index)).toEqual(bad.map((_, i) => i));
    for (const { reason } of skipped) expect(reason).toMatch(/\w/);
  });

  test('the order of the keys decides nothing [7517-5.1-1]', () => {
    const jwks = ['P-256 public', 'RSA public', 'Ed25519 public'].map((name) => ownKey(name));
    for (const keys of [jwks, [...jwks].reverse()])
      expect(verifyJws(token(), importJwks({ keys })).key.alg).toBe('ES256');
  });
});

describe('section 9: security', () => {
  test('where a public key is asked for, nothing private comes out [7517-7-1] [7517-9.2-1]', () => {
    for (const alg of asymmetricAlgorithms) {
      const { privateKey } = keyPair(alg);
      const secret = exportPrivateJwk(privateKey);
      const held = PRIVATE_MEMBERS.filter((member) => member in secret);
      expect(held.length).toBeGreaterThan(0);
      const shown = [exportJwk(privateKey), exportJwk(privateKey.publicKey())];
      for (const member of PRIVATE_MEMBERS) for (const jwk of shown) expect(jwk).not.toHaveProperty(member);
      const printed = [
        inspect(privateKey, { depth: 9, showHidden: true }),
        JSON.stringify({ privateKey }),
        `${privateKey}`,
      ].join();
      for (const member of held) expect(printed).not.toContain(String(secret[member]).slice(0, 16));
    }
    for (const alg of hmacAlgorithms) {
      expect(codeOf(() => exportJwk(secretKey(alg)))).toBe('TypeError');
      const set = importJwks(
        { keys: [{ kty: 'oct', k: Buffer.from(secretBytes(alg)).toString('base64url'), alg }] },
        { secrets: true },
      );
      expect([set.keys.length, JSON.stringify(set)]).toEqual([1, '{"keys":[]}']);
    }
  });
});
