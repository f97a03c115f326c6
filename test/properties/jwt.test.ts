// What holds for every token: it verifies under its own key with the claims that went in, no other string verifies
// in its place, and time opens and closes its window exactly once.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JoseError, type JoseErrorCode, signJwt, verifyJwt } from '../../src/index.ts';
import { signingKey, supportedAlgorithms, verifyingKey } from '../support/keys.ts';

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'https://issuer.example', audience: 'api', now: NOW } as const;
const REGISTERED = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']);

const name = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !REGISTERED.has(text));
const value = fc.jsonValue({ stringUnit: 'binary' });
const claims = fc.dictionary(name, value, { maxKeys: 10 });

function verdict(token: string, key: Parameters<typeof verifyJwt>[1], expected: Parameters<typeof verifyJwt>[2]) {
  try {
    return { claims: verifyJwt(token, key, expected).claims };
  } catch (error) {
    if (error instanceof JoseError) return { code: error.code };
    throw error;
  }
}

describe('sign → verify', () => {
  test.each(supportedAlgorithms)('%s: the claims that went in come out', (alg) => {
    const [signer, verifier] = [signingKey(alg), verifyingKey(alg)];
    fc.assert(
      fc.property(claims, (extra) => {
        const given = { ...extra, iss: EXPECTED.issuer, aud: EXPECTED.audience };
        const token = signJwt(given, signer, { expiresIn: '5m', now: NOW });
        const verified = verifyJwt(token, verifier, EXPECTED);
        const sent = JSON.parse(JSON.stringify({ ...given, iat: NOW, exp: NOW + 300 }));
        expect(JSON.parse(JSON.stringify(verified.claims))).toEqual(sent);
        expect(verified.header.alg).toBe(alg);
      }),
      { numRuns: 30 },
    );
  });
});

// Unicode neighbours of an ASCII character: U+0100 + c and U+FF00 + c (same low byte), U+FEE0 + c (full width),
// combining marks, and the two letters that upper- or lower-case into ASCII (ſ, the Kelvin sign).
const LOOK_ALIKES = [
  (c: string) => String.fromCharCode(c.charCodeAt(0) + 0x100),
  (c: string) => String.fromCharCode(c.charCodeAt(0) + 0xff00),
  (c: string) => String.fromCharCode(c.charCodeAt(0) + 0xfee0),
  (c: string) => String.fromCharCode(c.charCodeAt(0) | 0x80),
  (c: string) => `${c}\u0301`,
  (c: string) => `${c}\u200d`,
  (c: string) => (c === 's' ? '\u017f' : c === 'K' ? '\u212a' : `\u{1d400}`),
];
const SYMBOLS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\r\t\0"');

function swapCase(char: string): string {
  return char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase();
}

interface Edit {
  readonly at: number;
  readonly text: string;
  readonly removed: number;
}
function apply(token: string, { at, text, removed }: Edit): string {
  return token.slice(0, at) + text + token.slice(at + removed);
}

function edits(token: string): fc.Arbitrary<string> {
  const at = fc.nat(token.length);
  const symbol = fc.oneof(fc.constantFrom(...SYMBOLS), fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }));
  const at0 = fc.nat(token.length - 1);
  return fc.oneof(
    fc.tuple(at0, symbol).map(([i, text]) => apply(token, { at: i, text, removed: 1 })),
    fc.tuple(at, symbol).map(([i, text]) => apply(token, { at: i, text, removed: 0 })),
    fc.tuple(at0, fc.integer({ min: 1, max: 8 })).map(([i, removed]) => apply(token, { at: i, text: '', removed })),
    at0.map((i) => apply(token, { at: i, text: swapCase(token.charAt(i)), removed: 1 })),
    fc
      .tuple(at0, fc.constantFrom(...LOOK_ALIKES))
      .map(([i, look]) => apply(token, { at: i, text: look(token.charAt(i)), removed: 1 })),
    fc.tuple(fc.nat(2), fc.constantFrom('=', '==', '===', '%3D', ' ', '\n')).map(([part, pad]) => {
      const parts = token.split('.');
      parts[part] += pad;
      return parts.join('.');
    }),
    fc.tuple(at, at).map(([i, j]) => token.slice(i) + token.slice(0, j)),
    fc.constantFrom(
      `${token}.`,
      `.${token}`,
      `${token}.${token}`,
      `Bearer ${token}`,
      `\ufeff${token}`,
      encodeURIComponent(`${token}=`),
      token.toLowerCase(),
      token.toUpperCase(),
      token.split('.').reverse().join('.'),
      JSON.stringify(token),
    ),
  );
}

describe('no other string verifies', () => {
  test.each(supportedAlgorithms)('%s: any edit of a signed token is refused', (alg) => {
    const key = verifyingKey(alg);
    const token = signJwt({ iss: EXPECTED.issuer, aud: EXPECTED.audience, sub: 'Ksk' }, signingKey(alg), {
      expiresIn: '5m',
      now: NOW,
    });
    expect(verdict(token, key, EXPECTED)).toHaveProperty('claims');
    fc.assert(
      fc.property(edits(token), (other) => {
        fc.pre(other !== token);
        expect(verdict(other, key, EXPECTED)).toHaveProperty('code');
      }),
      { numRuns: 400 },
    );
  });

  test.each(['HS256', 'ES256', 'EdDSA'] as const)('%s: every character by every look-alike and every bit', (alg) => {
    const key = verifyingKey(alg);
    const token = signJwt({ iss: EXPECTED.issuer, aud: EXPECTED.audience }, signingKey(alg), {
      expiresIn: '5m',
      now: NOW,
    });
    for (let at = 0; at < token.length; at++) {
      const char = token.charAt(at);
      const others = [
        ...LOOK_ALIKES.map((look) => look(char)),
        ...[0, 1, 2, 3, 4, 5, 6].map((bit) => String.fromCharCode(char.charCodeAt(0) ^ (1 << bit))),
        swapCase(char),
        '',
        char + char,
        `${char}=`,
      ];
      for (const text of others) {
        const other = apply(token, { at, text, removed: 1 });
        if (other !== token && 'claims' in verdict(other, key, EXPECTED)) throw new Error(`accepted at ${at}: ${text}`);
      }
    }
  });

  test('HS256: every other symbol in every place', () => {
    const key = verifyingKey('HS256');
    const token = signJwt({ iss: EXPECTED.issuer, aud: EXPECTED.audience }, key, { expiresIn: '5m', now: NOW });
    for (let at = 0; at < token.length; at++) {
      for (const text of SYMBOLS) {
        const other = apply(token, { at, text, removed: 1 });
        if (other !== token && 'claims' in verdict(other, key, EXPECTED)) throw new Error(`accepted at ${at}: ${text}`);
      }
    }
  });
});

describe('time', () => {
  const instant = fc.oneof(
    fc.integer({ min: 0, max: 4_000_000_000 }),
    fc.double({ min: 0, max: 4_000_000_000, noNaN: true }),
  );
  const near = fc.oneof(fc.constantFrom(-600.5, -600, -1, -0.001, 0, 0.001, 1, 600, 600.5), fc.integer());
  const skew = fc.integer({ min: 0, max: 600 });
  const key = verifyingKey('HS256');

  function judge(dates: { nbf?: number; exp: number }, now: number, clockSkew: number): JoseErrorCode | 'valid' {
    const token = signJwt({ ...dates, iat: 0 }, key, { expiresIn: null, now: 0 });
    const outcome = verdict(token, key, { issuer: null, audience: null, now, clockSkew });
    return outcome.code ?? 'valid';
  }

  test('a token is valid exactly inside [nbf − skew, exp + skew)', () => {
    fc.assert(
      fc.property(instant, instant, near, skew, fc.constantFrom('nbf', 'exp'), (nbf, exp, offset, clockSkew, edge) => {
        const now = Math.max(0, (edge === 'nbf' ? nbf - clockSkew : exp + clockSkew) + offset);
        const inside = now >= nbf - clockSkew && now < exp + clockSkew;
        const outcome = judge({ nbf, exp }, now, clockSkew);
        if (inside) expect(outcome).toBe('valid');
        else if (now >= nbf - clockSkew) expect(outcome).toBe('ERR_JWT_EXPIRED');
        else expect(outcome).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
      }),
      { numRuns: 1000 },
    );
  });

  test('once expired, a token never comes back; once begun, it is never again too early', () => {
    fc.assert(
      fc.property(
        instant,
        instant,
        skew,
        fc.uniqueArray(instant, { minLength: 3, maxLength: 12 }),
        (a, b, s, times) => {
          const [nbf, exp] = [Math.min(a, b), Math.max(a, b)];
          const outcomes = times.toSorted((x, y) => x - y).map((now) => judge({ nbf, exp }, now, s));
          const order = ['ERR_JWT_CLAIM_VALIDATION_FAILED', 'valid', 'ERR_JWT_EXPIRED'];
          const ranks = outcomes.map((outcome) => order.indexOf(outcome));
          expect(ranks).not.toContain(-1);
          expect(ranks).toEqual(ranks.toSorted((x, y) => x - y));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('more skew never refuses what less skew accepted', () => {
    fc.assert(
      fc.property(instant, instant, near, skew, skew, (nbf, exp, offset, s1, s2) => {
        const now = Math.max(0, exp + offset);
        const [less, more] = [Math.min(s1, s2), Math.max(s1, s2)];
        if (judge({ nbf, exp }, now, less) === 'valid') expect(judge({ nbf, exp }, now, more)).toBe('valid');
      }),
      { numRuns: 300 },
    );
  });
});
