// RFC 9864: fully specified algorithms: Ed25519 and Ed448 beside EdDSA.
import { describe, expect, test } from 'vitest';
import {
  importKey,
  type Jwk,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { b64u, octets } from '../support/forge.ts';
import { describeJwk } from '../support/jwk-vector.ts';
import { describeJws } from '../support/jws-vector.ts';
import { keyPair, secretKey } from '../support/keys.ts';
import { ownKey, vectors } from '../support/vectors.ts';

const PAYLOAD = octets('a payload');
const code = (jwk: object, alg?: SignatureAlgorithm) => codeOf(() => importKey(jwk as Jwk, alg ? { alg } : {}));

describe('vectors', () => {
  for (const v of vectors('rfc9864', 'jws')) {
    describeJws(v);
    describeJwk({ ref: v.ref, jwk: v.key, type: 'private' });
  }
});

test('section 2.2: each name is for its own curve only [9864-2.2-1]', () => {
  const { d: _, ...ed448 } = vectors('rfc9864', 'jws')[1]?.key ?? ownKey('Ed25519 public');
  for (const [jwk, own, other] of [
    [ownKey('Ed25519 public'), 'Ed25519', 'Ed448'],
    [ed448, 'Ed448', 'Ed25519'],
  ] as const) {
    expect([code(jwk, own), code({ ...jwk, alg: own })]).toEqual([null, null]);
    expect([code(jwk, other), code({ ...jwk, alg: other })]).toEqual(['ERR_JWK_INVALID', 'ERR_JWK_INVALID']);
  }
});

test('section 5: EdDSA and the name of the curve are one operation, so a key of either verifies both [9864-5-1] [9864-4.1.2-1]', () => {
  for (const crv of ['Ed25519', 'Ed448'] as const) {
    const { privateKey, publicKey } = keyPair(crv);
    const eddsa = importKey({ ...jwkOf(crv) }, { alg: 'EdDSA' });
    const token = signJws(PAYLOAD, privateKey);
    expect(verifyJws(token, publicKey).header.alg).toBe(crv);
    const legacy = signJws(PAYLOAD, eddsa);
    expect(verifyJws(legacy, eddsa.publicKey()).header.alg).toBe('EdDSA');
    expect(verifyJws(legacy, importKey(jwkOf(crv), { alg: crv }).publicKey()).header.alg).toBe('EdDSA');
    expect(verifyJws(signJws(PAYLOAD, importKey(jwkOf(crv), { alg: crv })), eddsa.publicKey()).header.alg).toBe(crv);
  }
});

test('section 4.4: no prohibited identifier is used [9864-4.4-2]', () => {
  const prohibited = [
    'RS1',
    'HS1',
    'none',
    'HS256/64',
    'A128CBC',
    'A192CBC',
    'A256CBC',
    'A128CTR',
    'A192CTR',
    'A256CTR',
  ];
  for (const alg of prohibited) {
    expect(SIGNATURE_ALGORITHMS).not.toContain(alg);
    expect(code({ ...ownKey('oct'), alg })).toBe('ERR_JOSE_NOT_SUPPORTED');
    expect(codeOf(() => verifyJws(`${b64u({ alg })}.AA.AA`, secretKey('HS256')))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  }
});

test('section 7: a key is for one algorithm, and its JWK says which [9864-7-1]', () => {
  for (const alg of ['RS256', 'RS384', 'PS256'] as const) {
    const key = importKey(ownKey('RSA private'), { alg });
    const token = signJws(PAYLOAD, key);
    for (const other of ['RS256', 'RS384', 'PS256'] as const) {
      const verified = codeOf(() => verifyJws(token, importKey(ownKey('RSA public'), { alg: other })));
      expect(verified).toBe(other === alg ? null : 'ERR_JOSE_ALG_NOT_ALLOWED');
    }
  }
});

function jwkOf(crv: 'Ed25519' | 'Ed448'): Jwk {
  const found = vectors('rfc9864', 'jws').find(({ key }) => key.crv === crv);
  if (!found) throw new Error(`no vector on ${crv}`);
  return found.key;
}
