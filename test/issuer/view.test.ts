// A ring at an instant: what is published, what signs, until when that holds, and for how long others may keep it.
import { describe, expect, test } from 'vitest';
import { exportJwk, exportPrivateJwk, generateKey, type Jwk, type RingAlgorithm } from '../../src/index.ts';
import { publishedJwks, type RingView, signingKeyFor, viewAt } from '../../src/issuer/view.ts';
import { type NewKey, newRing, withKey, withPromotion, withRevocation } from '../../src/ring/changes.ts';
import type { Ring, RingKey } from '../../src/ring/ring.ts';
import { expectCode, expectSilent } from '../support/expect.ts';
import { keyPair } from '../support/keys.ts';
import { at, NAME, POLICY, T } from './rings.ts';

async function keyNamed(kid: string, alg: RingAlgorithm = 'ES256'): Promise<NewKey> {
  const key = await generateKey(alg, { kid });
  const parts = { publicJwk: exportJwk(key), privateJwk: exportPrivateJwk(key), sealed: undefined };
  return { kid, alg, ...parts, external: undefined };
}

/** A ring of ES256 and EdDSA: `a` and `c` sign from T on, `b` and `d` wait. */
async function begun(): Promise<Ring> {
  const keys = [await keyNamed('a'), await keyNamed('b'), await keyNamed('c', 'EdDSA'), await keyNamed('d', 'EdDSA')];
  return keys.reduce((ring, key) => withKey(ring, key, at(0)), newRing(NAME, ['ES256', 'EdDSA'], at(0)));
}

const ring = await begun();
const presentAt = (seconds: number, of: Ring = ring, last?: RingView): RingView =>
  viewAt({ ring: of, version: 3, hash: undefined, history: [] }, T + seconds, last);
const kids = ({ jwks }: RingView): unknown[] => jwks.keys.map(({ kid }) => kid);
const changed = (kid: string, change: object): Ring => ({
  ...ring,
  keys: ring.keys.map((key) => (key.kid === kid ? { ...key, ...change } : key)),
});

describe('at an instant', () => {
  test('everything that is live is published, and what is active signs, the preferred algorithm’s first', () => {
    const present = presentAt(5);
    expect(kids(present)).toEqual(['a', 'b', 'c', 'd']);
    expect(Array.from(present.signing, ([alg, { kid }]) => [alg, kid])).toEqual([
      ['ES256', 'a'],
      ['EdDSA', 'c'],
    ]);
    expect(present).toMatchObject({ version: { version: 3 }, from: T + 5, until: T + 9_990 });
  });

  test('later the next ones do, and what is gone is not published', () => {
    const present = presentAt(10_300);
    expect(kids(present)).toEqual(['b', 'd']);
    expect(Array.from(present.signing.values(), ({ kid }) => kid)).toEqual(['b', 'd']);
    expect(present.until).toBe(Number.POSITIVE_INFINITY);
  });

  test('an algorithm of which no key signs is not there', () => {
    const gone = withRevocation(
      withRevocation(ring, { kid: 'b', reason: 'x' }, at(1)),
      { kid: 'a', reason: 'x' },
      at(1),
    );
    expect(Array.from(presentAt(5, gone).signing.keys())).toEqual(['EdDSA']);
  });

  test('the key for an algorithm, or for none in particular', () => {
    const present = presentAt(5);
    expect(signingKeyFor(present, 'EdDSA')?.kid).toBe('c');
    expect(signingKeyFor(present, undefined)?.kid).toBe('a');
    expect(signingKeyFor(present, 'RS256')).toBeUndefined();
    expect(signingKeyFor({ ...present, signing: new Map() }, undefined)).toBeUndefined();
  });
});

describe('the set', () => {
  test('is the same object until it changes, and so are the keys to verify with', () => {
    const first = presentAt(5);
    const rotated = withPromotion(ring, { kid: 'b', force: true }, at(6));
    const second = presentAt(6, rotated, first);
    expect(second.signing.get('ES256')?.kid).toBe('b');
    expect(second.jwks).toBe(first.jwks);
    expect(second.set).toBe(first.set);
    const third = presentAt(6, withRevocation(ring, { kid: 'a', reason: 'x' }, at(6)), second);
    expect(kids(third)).toEqual(['b', 'c', 'd']);
    expect(third.set).not.toBe(first.set);
    expect(third.set.keys.map(({ kid }) => kid)).toEqual(['b', 'c', 'd']);
  });

  test('is frozen, with each key of it', () => {
    const { jwks } = presentAt(5);
    for (const frozen of [jwks, jwks.keys, ...jwks.keys]) expect(Object.isFrozen(frozen)).toBe(true);
  });

  test('has the public members only, whatever else a record has', () => {
    const { publicJwk } = ring.keys[0] as RingKey;
    const more = { ...publicJwk, note: 'internal', iat: 1, ext: true, use: undefined };
    const present = presentAt(5, changed('a', { publicJwk: more }));
    expect(Object.keys(Object(present.jwks.keys[0])).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  test('shows nothing of a private part', () => {
    const present = presentAt(5);
    expectSilent([present.jwks, present.set, present.text], ...ring.keys.map(({ privateJwk }) => privateJwk?.d));
  });

  test.each<[string, object]>([
    ['broken', { publicJwk: { kty: 'EC', crv: 'P-256', x: 'A', y: 'B', kid: 'a', alg: 'ES256' } }],
    ['weak', { publicJwk: { kty: 'RSA', n: 'sQ', e: 'AQAB', kid: 'a', alg: 'RS256' } }],
    ['of another kind than its alg', { publicJwk: { ...exportJwk(keyPair('ES384').publicKey), alg: 'ES256' } }],
    [
      'of another curve than it says',
      { publicJwk: { ...exportJwk(keyPair('ES384').publicKey), alg: 'ES256', crv: 'P-256' } },
    ],
    ['a private one', { publicJwk: exportPrivateJwk(keyPair('ES256').privateKey) }],
    ['a secret', { publicJwk: { kty: 'oct', k: 'A'.repeat(43), alg: 'HS256' } }],
    ['of an unknown kind', { publicJwk: { kty: 'ZZ', kid: 'a' } }],
    ['that may not verify', { publicJwk: { ...exportJwk(keyPair('ES256').publicKey), use: undefined, key_ops: [] } }],
    ['of too many members', { publicJwk: Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`m${i}`, i])) }],
    ['that is too large', { publicJwk: { ...exportJwk(keyPair('ES256').publicKey), note: 'x'.repeat(300_000) } }],
  ])('a key that is %s is never published, nor is anything beside it', (_, change) => {
    expectCode(() => presentAt(5, changed('a', change)), 'ERR_RING_INVALID');
  });

  test('more keys than verifiers read are not published', () => {
    const [key] = ring.keys as [RingKey];
    const keys = Array.from({ length: 101 }, (_, i) => ({
      ...key,
      kid: `${i}`,
      publicJwk: { ...key.publicJwk, kid: `${i}` } as Jwk,
    }));
    expect(presentAt(5, { ...ring, keys: keys.slice(1) }).jwks.keys).toHaveLength(100);
    const { message } = expectCode(() => presentAt(5, { ...ring, keys }), 'ERR_RING_INVALID');
    expect(message).toBe('the key ring has keys that cannot be published: they are too many or too large');
  });
});

describe('as it is published', () => {
  const publishedAt = (seconds: number, of = ring) => publishedJwks(presentAt(seconds, of), POLICY, T + seconds);

  test('for as long as the policy says, or until a key leaves the set, in whole seconds', () => {
    expect(publishedAt(5)).toEqual({
      jwks: presentAt(5).jwks,
      changesAt: T + 10_190,
      maxAge: 60,
      algorithms: ['ES256', 'EdDSA'],
    });
    expect(publishedAt(10_129.5).maxAge).toBe(60);
    expect(publishedAt(10_130.5).maxAge).toBe(59);
    expect(publishedAt(10_189.5).maxAge).toBe(0);
  });

  test('where no key is about to leave, nothing is said of it', () => {
    expect(publishedAt(10_300)).toMatchObject({ changesAt: undefined, maxAge: 60 });
  });
});
