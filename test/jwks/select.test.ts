// Which key a header means. The header chooses among keys of ours, and never brings one.

import { beforeEach, describe, expect, test } from 'vitest';
import {
  exportJwk,
  importJwks,
  importKey,
  type Key,
  KeySet,
  type SignatureAlgorithm,
  signJws,
  verifyJws,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { forge, octets } from '../support/forge.ts';
import { type AsymmetricAlgorithm, nodePair } from '../support/keys.ts';

const key = (material: AsymmetricAlgorithm, kid?: string, alg: SignatureAlgorithm = material): Key =>
  importKey(nodePair(material).publicKey, { alg, ...(kid !== undefined && { kid }) });
const sign = (material: AsymmetricAlgorithm, kid?: string, alg: SignatureAlgorithm = material) =>
  signJws(octets('x'), importKey(nodePair(material).privateKey, { alg, ...(kid !== undefined && { kid }) }));
const chosen = (token: string, keys: Key | KeySet) =>
  codeOf(() => verifyJws(token, keys)) ?? verifyJws(token, keys).key;

describe('a Key by itself is the caller’s own choice', () => {
  test('its kid is not compared', () => {
    const own = key('ES256', 'a');
    for (const kid of [undefined, 'a', 'b']) expect(chosen(sign('ES256', kid), own)).toBe(own);
  });

  test('its alg is', () => {
    expect(chosen(sign('ES256'), key('ES384'))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
    expect(chosen(sign('RS256'), key('RS256', undefined, 'PS256'))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });

  test('of several algorithms that are allowed, the token has one', () => {
    const [token, own] = [sign('ES256'), key('ES256')];
    expect(verifyJws(token, own, { algorithms: ['ES384', 'ES256', 'RS256'] }).key).toBe(own);
    expect(codeOf(() => verifyJws(token, own, { algorithms: ['ES384', 'RS256'] }))).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
  });
});

describe('in a set', () => {
  const [a, b, other] = [key('ES256', 'a'), key('ES384', 'b'), key('ES256', 'other')];
  let set: KeySet;
  beforeEach(() => {
    set = new KeySet([a, b, other]);
  });

  test('named() has the keys of a kid, or all, in an array that does not change', () => {
    const named = [set.named('a'), set.named('c'), set.named(undefined)];
    expect(named).toEqual([[a], [], [a, b, other]]);
    expect(named.every(Object.isFrozen)).toBe(true);
  });

  test('a kid names its key, exactly', () => {
    expect(chosen(sign('ES256', 'a'), set)).toBe(a);
    expect(chosen(sign('ES256', 'other'), set)).toBe(other);
    expect(chosen(sign('ES384', 'b'), set)).toBe(b);
    for (const kid of ['A', 'a ', 'á', '', 'constructor', '__proto__'])
      expect(chosen(sign('ES256', kid), set)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('a kid whose key is for another alg names none', () => {
    expect(chosen(sign('ES256', 'b'), set)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('without a kid only one key may fit', () => {
    expect(chosen(sign('ES384'), set)).toBe(b);
    expect(chosen(sign('ES256'), set)).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
    expect(chosen(sign('Ed25519'), set)).toBe('ERR_JWKS_NO_MATCHING_KEY');
    expect(chosen(sign('ES256'), new KeySet([]))).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('a key without a kid is found by tokens without one only', () => {
    const plain = new KeySet([key('ES256')]);
    expect(chosen(sign('ES256'), plain)).toBe(plain.keys[0]);
    expect(chosen(sign('ES256', 'a'), plain)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  });

  test('one kid may name keys of several algorithms; the alg decides', () => {
    const shared = new KeySet([key('ES256', 'k'), key('Ed25519', 'k'), key('RS256', 'k'), key('RS256', 'k', 'PS256')]);
    expect(chosen(sign('Ed25519', 'k'), shared)).toBe(shared.keys[1]);
    expect(chosen(sign('RS256', 'k', 'PS256'), shared)).toBe(shared.keys[3]);
    const twice = new KeySet([key('ES256', 'k'), key('ES256', 'k')]);
    expect(chosen(sign('ES256', 'k'), twice)).toBe('ERR_JWKS_MULTIPLE_MATCHING_KEYS');
  });

  test('EdDSA and Ed25519 find each other’s keys', () => {
    const jwks = importJwks({ keys: [exportJwk(key('Ed25519', 'k', 'EdDSA'))] });
    expect(chosen(sign('Ed25519', 'k'), jwks)).toBe(jwks.keys[0]);
    expect(chosen(sign('Ed25519', 'k', 'EdDSA'), jwks)).toBe(jwks.keys[0]);
  });

  test('keys and URLs in the header are not looked at', () => {
    const jwk = exportJwk(key('Ed25519'));
    const header = {
      alg: 'ES256',
      kid: 'a',
      jwk,
      jku: 'https://attacker.example',
      x5u: 'https://attacker.example',
      x5c: ['AA'],
      x5t: 'AA',
    };
    expect(chosen(forge('ES256', header, 'x'), set)).toBe(a);
  });
});
