// SECURITY.md, group 11: a verifier that remembers tokens, and what an attacker, time or another caller could make of that.

import { describe, expect, test } from 'vitest';
import {
  createVerifier,
  type Expected,
  JoseError,
  type JwtClaims,
  remoteJwks,
  type Verifier,
  type VerifierOptions,
} from '../../src/index.ts';
import { LruCache } from '../../src/verifier/lru-cache.ts';
import { AUDIENCE, CLAIMS, ISSUER, NOW } from '../support/doors.ts';
import { expectCode } from '../support/expect.ts';
import { b64u, compact, forge, macSigner } from '../support/forge.ts';
import { fakeIssuer, jwksResponse } from '../support/issuer.ts';
import { keyPairs, secretKey } from '../support/keys.ts';

const EXPECTED: Omit<Expected, 'now'> = { issuer: ISSUER, audience: AUDIENCE };
const tokenOf = (claims: object = {}) => forge('HS256', { alg: 'HS256' }, { ...CLAIMS, ...claims });

/** A verifier that remembers, with a clock that can be set. */
function remembering(options: Partial<VerifierOptions> = {}): { verifier: Verifier; time: { now: number } } {
  const time = { now: NOW };
  const keys = secretKey('HS256');
  const verifier = createVerifier({ ...EXPECTED, keys, clock: () => time.now, cache: { max: 100 }, ...options });
  return { verifier, time };
}

/** Every text that has as much as possible in common with a token, and is another. */
function lookAlikes(token: string): string[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const admin = b64u({ ...CLAIMS, sub: 'admin' });
  const changed = Array.from(
    token,
    (char, i) => `${token.slice(0, i)}${char === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`,
  );
  return [
    ...changed,
    `${header}.${admin}.${signature}`,
    `${b64u({ alg: 'HS256', kid: 'k' })}.${payload}.${signature}`,
    `${b64u({ alg: 'none' })}.${payload}.${signature}`,
    token.toLowerCase(),
    token.slice(1),
    token.slice(0, -1),
    signature,
    `${token}A`,
    `${token}=`,
    `${token}\0`,
    ` ${token}`,
    `${token}.${signature}`,
    `${'A'.repeat(9_000)}${token}`,
  ];
}

describe('CACHE-01 key collisions', () => {
  test('CACHE-01 no other text is taken for a remembered token, whatever end, beginning or middle they share', () => {
    const { verifier } = remembering();
    const token = tokenOf();
    const first = verifier.verifySync(token);
    for (const text of lookAlikes(token)) {
      expect(() => verifier.verifySync(text), text).toThrow(JoseError);
      expect(verifier.verifySync(token)).toBe(first);
    }
  });

  test('CACHE-01 two good tokens with one end or one beginning keep their own claims', () => {
    const tokens = Array.from({ length: 50 }, (_, i) => tokenOf({ sub: `user-${i}` }));
    const { verifier } = remembering();
    for (let round = 0; round < 2; round++) {
      for (const [i, token] of tokens.entries()) expect(verifier.verifySync(token).claims.sub).toBe(`user-${i}`);
    }
    const end = 'z'.repeat(500);
    const recent = new LruCache<string>(10);
    recent.set(`a${end}`, 'of a');
    expect([recent.get(`b${end}`), recent.get(end), recent.get(`aa${end}`)]).toEqual([undefined, undefined, undefined]);
    recent.set(`b${end}`, 'of b');
    expect([recent.get(`a${end}`), recent.get(`b${end}`)]).toEqual([undefined, 'of b']);
  });

  test('CACHE-01 two verifiers share nothing: neither audience, issuer, algorithm nor key of one is the other’s', () => {
    const token = tokenOf();
    const { verifier } = remembering();
    verifier.verifySync(token);
    const others: readonly [Partial<VerifierOptions>, string][] = [
      [{ audience: 'https://other.example' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ issuer: 'https://other.example' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ algorithms: ['HS512'] }, 'ERR_JOSE_ALG_NOT_ALLOWED'],
      [{ typ: 'at+jwt' }, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [{ keys: secretKey('HS512') }, 'ERR_JOSE_ALG_NOT_ALLOWED'],
      [{ keys: keyPairs.ES256.publicKey }, 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ];
    for (const [options, code] of others) {
      expect(() => remembering(options).verifier.verifySync(token)).toThrow(expect.objectContaining({ code }));
    }
  });

  test('CACHE-01 there is no key builder to set, nor anything else', () => {
    for (const name of ['keyBuilder', 'cacheKeyBuilder', 'hash', 'key', 'ttl'])
      expect(() => remembering({ cache: { max: 1, [name]: () => 'one for all' } })).toThrow(`options.cache.${name}`);
  });
});

describe('CACHE-02 cached past expiry, or errors cached', () => {
  test('CACHE-02 a remembered token expires at its exp, by the second', () => {
    const { verifier, time } = remembering();
    const token = tokenOf();
    verifier.verifySync(token);
    time.now = CLAIMS.exp - 0.001;
    expect(verifier.verifySync(token).claims.sub).toBe(CLAIMS.sub);
    for (const now of [CLAIMS.exp, CLAIMS.exp + 1, CLAIMS.exp + 1e9]) {
      time.now = now;
      expectCode(() => verifier.verifySync(token), 'ERR_JWT_EXPIRED', token);
    }
  });

  test('CACHE-02 nbf, maxAge and the skew are judged at every hit, too', () => {
    const { verifier, time } = remembering({ maxAge: 100, clockSkew: 10 });
    const token = tokenOf({ nbf: NOW });
    for (const [now, isGood] of [
      [NOW, true],
      [NOW - 10, true],
      [NOW - 11, false],
      [NOW + 110, true],
      [NOW + 111, false],
      [NOW + 50, true],
    ] as const) {
      time.now = now;
      if (isGood) expect(verifier.verifySync(token).claims.sub).toBe(CLAIMS.sub);
      else expectCode(() => verifier.verifySync(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    }
  });

  test('CACHE-02 a removed key takes its tokens with it, remembered or not', async () => {
    const { publicKey } = keyPairs.ES256;
    const issuer = fakeIssuer(() => jwksResponse([publicKey]));
    const keys = remoteJwks(`${ISSUER}/jwks`, issuer.options);
    const { verifier } = remembering({ keys });
    const token = forge('ES256', { alg: 'ES256' }, CLAIMS);
    expect(await verifier.verify(token)).toBe(await verifier.verify(token));
    issuer.answer = () => jwksResponse([keyPairs.EdDSA.publicKey]);
    await keys.refresh();
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test('CACHE-02 keys that may not be used any more verify nothing, remembered or not', async () => {
    const issuer = fakeIssuer(() => jwksResponse([keyPairs.ES256.publicKey]));
    const keys = remoteJwks(`${ISSUER}/jwks`, { ...issuer.options, staleFor: 0 });
    const { verifier } = remembering({ keys });
    const token = forge('ES256', { alg: 'ES256' }, CLAIMS);
    await verifier.verify(token);
    issuer.answer = () => new Response('', { status: 500 });
    issuer.now += 600;
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expectCode(() => verifier.verifySync(token), 'ERR_JWKS_UNAVAILABLE');
  });

  test('CACHE-02 no refusal is remembered: what was transient passes', async () => {
    const issuer = fakeIssuer(() => new Response('', { status: 500 }));
    const { verifier, time } = remembering({ keys: remoteJwks(`${ISSUER}/jwks`, issuer.options) });
    const token = forge('ES256', { alg: 'ES256' }, { ...CLAIMS, nbf: NOW + 10 });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    issuer.answer = () => jwksResponse([keyPairs.ES256.publicKey]);
    issuer.now += 60;
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    time.now = NOW + 10;
    expect((await verifier.verify(token)).claims.sub).toBe(CLAIMS.sub);
  });

  test('CACHE-02 a forgery is not remembered, neither as good nor in the place of the good one', () => {
    const { verifier } = remembering({ cache: { max: 1 } });
    const token = tokenOf();
    const first = verifier.verifySync(token);
    const forged = compact({ alg: 'HS256' }, { ...CLAIMS, sub: 'admin' }, macSigner('HS256', 'guessed'));
    for (let round = 0; round < 3; round++) {
      expectCode(() => verifier.verifySync(forged), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', forged);
      expect(verifier.verifySync(token)).toBe(first);
    }
  });
});

describe('CACHE-03 shared mutable result', () => {
  const claims = { ...CLAIMS, roles: ['reader'], org: { admin: false, units: [{ id: 1 }] } };
  const token = tokenOf(claims);

  /** Every way to change something of a value or of what is in it. */
  function attack(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    Reflect.set(value, 'admin', true);
    Reflect.set(value, '0', 'admin');
    Reflect.set(value, 'length', 0);
    Reflect.defineProperty(value, 'sub', { value: 'admin' });
    Reflect.setPrototypeOf(value, { admin: true });
    for (const name of Reflect.ownKeys(value)) {
      attack(Reflect.get(value, name));
      Reflect.set(value, name, 'admin');
      Reflect.deleteProperty(value, name);
    }
  }

  test('CACHE-03 nothing that one caller does to claims, header or verdict reaches the next', async () => {
    const { verifier } = remembering();
    for (let round = 0; round < 3; round++) {
      for (const verified of [verifier.verifySync(token), await verifier.verify(token)]) {
        const { key: _, ...result } = verified;
        attack(result);
        attack(verified.claims);
        attack(verified.header);
        for (const name of ['claims', 'header', 'key']) expect(Reflect.set(verified, name, {})).toBe(false);
        expect(verified.claims).toEqual(claims);
        expect(Object.getPrototypeOf(verified.claims)).toBe(Object.prototype);
        expect(verified.header).toEqual({ alg: 'HS256' });
      }
    }
  });

  test('CACHE-03 what a schema makes is a copy, or is made anew for everyone', () => {
    const shared = { sub: 'user-1', roles: ['reader'] };
    const schemaOf = (value: JwtClaims) =>
      ({ '~standard': { version: 1, vendor: 'test', validate: () => ({ value }) } }) as const;
    const { verifier } = remembering({ schema: schemaOf(shared) });
    attack(verifier.verifySync(token).claims);
    shared.roles.push('admin');
    expect(verifier.verifySync(token).claims).toEqual({ sub: 'user-1', roles: ['reader'] });
    const validate = () => ({ value: { sub: 'user-1', seen: new Date(0) } });
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    const dated = remembering({ schema }).verifier;
    attack(dated.verifySync(token).claims);
    expect(dated.verifySync(token).claims).toEqual({ sub: 'user-1', seen: new Date(0) });
  });
});

describe('CACHE-04 unbounded growth', () => {
  test('CACHE-04 a million texts leave no more than were asked for', () => {
    const recent = new LruCache<number>(1_000);
    for (let i = 0; i < 1_000_000; i++) recent.set(`token ${i}`, i);
    expect(recent.size).toBe(1_000);
    expect([recent.get('token 998999'), recent.get('token 999000')]).toEqual([undefined, 999_000]);
  });

  test('CACHE-04 of many good tokens the last ones are remembered, exactly as many as asked for', () => {
    const { verifier } = remembering({ cache: { max: 100 } });
    const tokens = Array.from({ length: 1_000 }, (_, i) => tokenOf({ jti: String(i) }));
    const first = tokens.map((token) => verifier.verifySync(token));
    const last = tokens.slice(-100).map((token) => verifier.verifySync(token));
    expect(last.every((verified, i) => verified === first[900 + i])).toBe(true);
    expect(verifier.verifySync(tokens[899] ?? '')).not.toBe(first[899]);
  });

  test('CACHE-04 bad tokens take no place at all, however many', () => {
    const { verifier } = remembering({ cache: { max: 1 } });
    const token = tokenOf();
    const first = verifier.verifySync(token);
    for (let i = 0; i < 1_000; i++)
      expect(() => verifier.verifySync(compact({ alg: 'HS256' }, { ...CLAIMS, i }, macSigner('HS256', 'x')))).toThrow();
    expect(verifier.verifySync(token)).toBe(first);
  });

  test('CACHE-04 long tokens are verified and not remembered', () => {
    const { verifier } = remembering();
    const long = tokenOf({ scope: 'x'.repeat(100_000) });
    expect(verifier.verifySync(long)).not.toBe(verifier.verifySync(long));
  });

  test('CACHE-04 the bound must be stated, and has a bound itself', () => {
    for (const cache of [true, {}, { max: 0 }, { max: 1e9 }, { max: Number.POSITIVE_INFINITY }])
      expect(() => remembering({ cache: cache as never })).toThrow(TypeError);
  });
});
