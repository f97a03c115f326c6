// SECURITY.md, group 12: the API itself, and a hostile process around it.

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { printable } from '../../src/cli/terminal.ts';
import { explainToken } from '../../src/explain/verifier.ts';
import * as front from '../../src/index.ts';
import {
  authenticate,
  bearer,
  createVerifier,
  draftJwt,
  ERROR_HELP,
  exportPem,
  generateKey,
  importJwks,
  importKey,
  importSecret,
  isVerifiedJwt,
  JoseError,
  type Jwk,
  type JwtClaims,
  type Key,
  KeySet,
  type KeySource,
  readUnverifiedJwt,
  SIGNATURE_ALGORITHMS,
  signJws,
  signJwsJson,
  signJwt,
  thumbprint,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { cryptoCallsDuring } from '../support/crypto-calls.ts';
import { CLAIMS, doorNames, doors, EXPECTED, explainedCode, NOW, parts } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import {
  b64u,
  compact,
  flattened,
  forge,
  general,
  jwkOf,
  keySigner,
  octets,
  pem,
  pkcs8Of,
  signerOf,
  spkiOf,
} from '../support/forge.ts';
import {
  keyPairs,
  nodePair,
  secretBytes,
  secretKey,
  signingKey,
  supportedAlgorithms,
  verifyingKey,
} from '../support/keys.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/crypto-calls.ts')).countingCrypto(await original()),
);

const KEY = secretKey('HS256');
const SOURCE = new URL('../../src/', import.meta.url);
const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map(
    (file) => [file.replaceAll('\\', '/'), readFileSync(new URL(file.replaceAll('\\', '/'), SOURCE), 'utf8')] as const,
  );

describe('API-01 key resolvers', () => {
  // There is none: the core is synchronous and takes keys, so that no callback’s result can be taken for one.
  const token = forge('HS256', { alg: 'HS256' }, CLAIMS);
  const resolvers: readonly (readonly [string, unknown])[] = [
    ['a function', () => KEY],
    ['an async function', async () => KEY],
    ['a promise of a key', Promise.resolve(KEY)],
    ['a promise of nothing', Promise.resolve(undefined)],
    ['a thenable', Object.fromEntries([['then', (done: (key: Key) => void) => done(KEY)]])],
    ['an object with a get method', { get: () => KEY, getKey: () => KEY, getSigningKey: () => KEY, for: () => KEY }],
    ['an iterator of keys', [KEY].values()],
    ['an array of keys', [KEY]],
    ['a Map of keys', new Map([['a', KEY]])],
  ];
  test.each(resolvers)('API-01 %s is no key: a TypeError, and nothing is verified or called', (_, resolver) => {
    for (const door of doorNames) {
      expect(cryptoCallsDuring(() => expectTypeError(() => doors[door](token, resolver as never), 'key'))).toBe(0);
    }
    expectTypeError(() => explainedCode(token, resolver as never), 'key');
    expectTypeError(() => signJwt({}, resolver as never, { expiresIn: 60 }), 'key');
  });

  test('API-01 a resolver that throws is never reached', () => {
    const bomb = () => {
      throw new Error('the resolver ran');
    };
    for (const door of doorNames) expect(() => doors[door](token, bomb as never)).toThrow(TypeError);
  });

  // An issuer is made from what its store holds, which is elsewhere, or from a key that has to be made.
  test('API-01 nothing is asynchronous but making a key, reading a store and going to the network', () => {
    const asynchronous = Object.entries(front).filter(([, value]) => value?.constructor?.name === 'AsyncFunction');
    expect(asynchronous.map(([name]) => name).toSorted()).toEqual([
      'authenticate',
      'createIssuer',
      'discover',
      'fetchJwks',
      'generateKey',
      'moveRing',
    ]);
  });
});

describe('API-02 patterns that backtrack', () => {
  const inputs = [
    'a',
    '=',
    ' ',
    '-',
    '-----BEGIN ',
    '-----BEGIN PUBLIC KEY-----',
    '-----BEGIN EC PARAMETERS-----\n',
    '\n',
    '.',
    '{',
    '"',
    '\\',
    '\\"',
    '0',
    '1s',
    '/',
    'ssh-',
    '"kty',
    'A=',
    '\u00e9',
  ];
  test.each(inputs)('API-02 %j a hundred thousand times over, at every door', (unit) => {
    const text = unit.repeat(Math.ceil(400_000 / unit.length));
    const bytes = octets(text);
    const material = text.slice(0, 250_000); // more of it is refused unread
    const runs: (() => unknown)[] = [
      () => importKey(material),
      () => importKey(octets(material)),
      () => importKey(`-----BEGIN PUBLIC KEY-----\n${material}\n-----END PUBLIC KEY-----`),
      () => importSecret(bytes, { alg: 'HS256' }),
      () => importKey({ kty: 'RSA', n: text, e: 'AQAB' }),
      () => importKey({ kty: 'oct', k: text, alg: 'HS256' }),
      () => importKey({ ...jwkOf(nodePair('RS256').publicKey), x5c: [text] } as never),
      () => importJwks(text),
      () => verifyJws(text, KEY),
      () => verifyJws(`${b64u({ alg: 'HS256' })}.${text}.AAAA`, KEY),
      () => verifyJws(`${b64u('{"alg":"HS256","b64":false,"crit":["b64"]}')}.${text}.AAAA`, KEY),
      () => verifyJwsJson(text, KEY),
      () => verifyJwt(text.slice(0, 250_000), KEY, EXPECTED),
      () => readUnverifiedJwt(text.slice(0, 250_000)),
      () => verifyJwt(forge('HS256', { alg: 'HS256' }, CLAIMS), KEY, { ...EXPECTED, clockSkew: text as never }),
      () => signJwt({}, KEY, { expiresIn: text as never }),
      () => thumbprint({ kty: text } as never),
      () =>
        verifyJwt(forge('HS256', { alg: 'HS256', typ: text.slice(0, 10_000), cty: 'application/j' }, CLAIMS), KEY, {
          ...EXPECTED,
          typ: text,
        }),
    ];
    const start = process.hrtime.bigint();
    for (const run of runs) {
      try {
        run();
      } catch {}
    }
    // What is linear needs a fraction of this; what backtracks over 400 kB needs minutes.
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(5000);
  });

  test('API-02 no pattern of the source nests a quantifier or is built from input', () => {
    for (const [file, text] of sources) {
      expect(text, file).not.toMatch(/new RegExp\(/);
      for (const [pattern] of text.matchAll(
        /\/(?![*/ ])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*(?=[.,;)\s])/g,
      )) {
        expect(pattern, file).not.toMatch(/[+*]\)(?:[+*]|\{\d+,)/);
      }
    }
  });
});

/** Values a caller may pass without thinking. */
const NOT_JSON: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['a function', () => 1],
  ['a symbol', Symbol('x')],
  ['a BigInt', 1n],
  ['a string', '{}'],
  ['null', null],
  ['an array', [1]],
  ['a number', 1],
  ['bytes', new Uint8Array(2)],
  ['a Map', new Map([['sub', 'a']])],
  ['a Date', new Date(0)],
  ['an Error', new Error('x')],
];

describe('API-03 signing what cannot be verified', () => {
  test('API-03 whatever signJwt emits verifies with the same claims, whatever it refuses it refuses with a TypeError', () => {
    const registered = fc.record(
      {
        iss: fc.oneof(fc.string(), fc.jsonValue()),
        sub: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
        aud: fc.oneof(fc.string(), fc.array(fc.string()), fc.jsonValue()),
        nbf: fc.oneof(fc.integer({ min: 0, max: NOW }), fc.jsonValue()),
        iat: fc.oneof(fc.integer({ min: 0, max: NOW }), fc.jsonValue(), fc.double()),
        jti: fc.oneof(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const others = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 });
    let emitted = 0;
    fc.assert(
      fc.property(
        others,
        registered,
        fc.constantFrom(...supportedAlgorithms.filter((alg) => !/^[RP]S/.test(alg))),
        (some, known, alg) => {
          const claims = { ...some, ...known } as JwtClaims;
          if (Object.hasOwn(claims, 'exp')) return;
          let token: string;
          try {
            token = signJwt(claims, signingKey(alg), { expiresIn: 60, now: NOW });
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
            return;
          }
          emitted++;
          const future = typeof known.nbf === 'number' && known.nbf > NOW;
          const expected = { issuer: null, audience: null, now: NOW } as const;
          if (future) return;
          const { claims: verified } = verifyJwt(token, verifyingKey(alg), expected);
          expect(verified).toEqual(JSON.parse(JSON.stringify({ iat: NOW, ...claims, exp: NOW + 60 })));
        },
      ),
      { numRuns: 300 },
    );
    expect(emitted).toBeGreaterThan(5);
  });

  test.each(NOT_JSON)('API-03 claims that are %s', (_, value) => {
    expectTypeError(() => signJwt(value as never, KEY, { expiresIn: 60, now: NOW }));
    expectTypeError(() => draftJwt(value as never, { alg: 'ES256', expiresIn: 60, now: NOW }));
    if (!(value instanceof Uint8Array)) expectTypeError(() => signJws(value as never, KEY), 'payload');
    if (!(value instanceof Uint8Array)) expectTypeError(() => signJwsJson(value as never, [{ key: KEY }]), 'payload');
  });

  test('API-03 times that are no NumericDate, and options at odds with the claims', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, new Date(0), '1', 1n, null, [], {}, true]) {
      for (const claim of ['exp', 'nbf', 'iat']) {
        expectTypeError(() =>
          signJwt({ [claim]: value } as never, KEY, { expiresIn: claim === 'exp' ? null : 60, now: NOW }),
        );
      }
    }
    expectTypeError(() => signJwt({ exp: NOW }, KEY, { expiresIn: 60, now: NOW }), 'exp');
    expectTypeError(() => signJwt({ nbf: NOW }, KEY, { expiresIn: 60, notBefore: 1, now: NOW }), 'nbf');
    for (const expiresIn of [undefined, Number.NaN, -1, Number.POSITIVE_INFINITY, '1', '', '5 m', {}, true]) {
      expectTypeError(() => signJwt({}, KEY, { expiresIn, now: NOW } as never), 'expiresIn');
    }
    expectTypeError(() => signJwt({ big: 1n } as never, KEY, { expiresIn: 60, now: NOW }));
    expectTypeError(() => signJwt({ x: { y: Number.NaN } }, KEY, { expiresIn: 60, now: NOW }));
    expectTypeError(() => signJwt({ pad: 'x'.repeat(256 * 1024) }, KEY, { expiresIn: 60, now: NOW }));
  });

  test('API-03 headers that a verifier would refuse', () => {
    const headers: object[] = [
      { kid: 1 },
      { kid: null },
      { typ: 1 },
      { cty: [] },
      { cty: 'JWT' },
      { alg: 'none' },
      { alg: 'HS256' },
      { crit: ['x'] },
      { crit: [] },
      { b64: false },
      { x: 1n },
      { x: 'x'.repeat(20_000) },
      JSON.parse(`{"deep":${'['.repeat(40)}${']'.repeat(40)}}`) as object,
    ];
    for (const header of headers) {
      expectTypeError(() => signJwt({}, KEY, { expiresIn: 60, now: NOW, header } as never));
      expectTypeError(() => draftJwt({}, { alg: 'ES256', expiresIn: 60, now: NOW, header } as never));
      if (!('cty' in header && header.cty === 'JWT')) {
        expectTypeError(() => signJws(octets('x'), KEY, { header } as never));
        expectTypeError(() => signJwsJson(octets('x'), [{ key: KEY, header } as never]));
      }
    }
    for (const header of [null, [], 'x', 1, () => ({})]) {
      expectTypeError(() => signJws(octets('x'), KEY, { header } as never), 'header');
    }
    expectTypeError(() => signJws(octets('x'), KEY, { headers: {} } as never), 'headers');
  });

  test('API-03 a draft is checked when the public key is given, and takes no secret algorithm', () => {
    const draft = draftJwt({ sub: 'a' }, { alg: 'ES256', expiresIn: 60, now: NOW });
    const good = keySigner('ES256', nodePair('ES256').privateKey)(draft.signingInput);
    const bad = good.slice();
    bad[10] = (bad[10] ?? 0) ^ 1;
    const { publicKey } = keyPairs.ES256;
    expect(
      verifyJwt(draft.complete(good, publicKey), publicKey, { issuer: null, audience: null, now: NOW }).claims.sub,
    ).toBe('a');
    expect(() => draft.complete(bad, publicKey)).toThrow();
    expect(() => draft.complete(good, keyPairs.ES384.publicKey)).toThrow();
    expect(() => draft.complete(good, keyPairs.ES256.privateKey)).toThrow(TypeError);
    expectTypeError(() => draft.complete('AAAA' as never), 'signature');
    expectTypeError(() => draftJwt({}, { alg: 'HS256', expiresIn: 60, now: NOW }), 'alg');
    expectTypeError(() => draftJwt({}, { alg: 'none', expiresIn: 60, now: NOW } as never), 'alg');
  });

  test('API-03 signing input is not shared: changing it changes no token', () => {
    const draft = draftJwt({ sub: 'a' }, { alg: 'ES256', expiresIn: 60, now: NOW });
    const signature = keySigner('ES256', nodePair('ES256').privateKey)(draft.signingInput);
    const before = draft.complete(signature);
    draft.signingInput.fill(0x41);
    expect(draft.complete(signature)).toBe(before);
  });
});

describe('API-04 tables that a dependency could change', () => {
  test('API-04 exported tables and results are frozen', () => {
    const keys = importJwks({ keys: [jwkOf(nodePair('ES256').publicKey), { kty: 'x' }] });
    const token = forge('ES256', { alg: 'ES256', note: { a: 1 } }, CLAIMS);
    const verified = verifyJwt(token, keys, EXPECTED);
    const json = verifyJwsJson(parts(token), keys);
    const frozen: readonly (readonly [string, object])[] = [
      ['SIGNATURE_ALGORITHMS', SIGNATURE_ALGORITHMS],
      ['ERROR_HELP', ERROR_HELP],
      ['KeySet', keys],
      ['KeySet.keys', keys.keys],
      ['KeySet.skipped', keys.skipped],
      ['Key', verified.key],
      ['VerifiedJwt', verified],
      ['header', verified.header],
      ['a header’s values', verified.header.note as object],
      ['VerifiedJws', verifyJws(token, keys)],
      ['VerifiedJwsJson', json],
      ['signatures', json.signatures],
    ];
    for (const [name, value] of frozen) expect(Object.isFrozen(value), name).toBe(true);
    expect(() => (SIGNATURE_ALGORITHMS as string[]).push('none')).toThrow(TypeError);
    expect(() => Object.assign(ERROR_HELP, { ERR_JWS_INVALID: '' })).toThrow(TypeError);
    expect(SIGNATURE_ALGORITHMS).not.toContain('none');
  });

  test('API-04 no exported object holds state that decides', () => {
    for (const [name, value] of Object.entries(front)) {
      if (typeof value === 'object') expect(Object.isFrozen(value), name).toBe(true);
    }
  });
});

describe('API-05 what an error tells', () => {
  test('API-05 every way a signature can be wrong has one code and one text', () => {
    const texts = new Set<string>();
    for (const alg of supportedAlgorithms) {
      const good = forge(alg, { alg }, CLAIMS);
      const [header = '', payload = '', signature = ''] = good.split('.');
      const length = Buffer.from(signature, 'base64url').length;
      const bad = [
        '',
        'AA',
        b64u(new Uint8Array(length)),
        b64u(new Uint8Array(length).fill(255)),
        b64u(new Uint8Array(length + 1)),
        b64u(new Uint8Array(length - 1)),
        forge(alg, { alg }, { ...CLAIMS, sub: 'x' }).split('.')[2],
      ];
      for (const each of bad) {
        const token = `${header}.${payload}.${each}`;
        for (const door of doorNames) {
          texts.add(
            expectCode(() => doors[door](token, verifyingKey(alg)), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token)
              .message,
          );
        }
      }
    }
    expect([...texts].length).toBe(1);
  });

  test('API-05 the codes are a closed list, each with a sentence of help', () => {
    expect(Object.keys(ERROR_HELP).sort()).toEqual(
      [
        'ERR_JOSE_ALG_NOT_ALLOWED',
        'ERR_JOSE_LIMIT_EXCEEDED',
        'ERR_JOSE_NOT_SUPPORTED',
        'ERR_JWE_DECRYPTION_FAILED',
        'ERR_JWE_INVALID',
        'ERR_JWKS_INVALID',
        'ERR_JWKS_ISSUER_MISMATCH',
        'ERR_JWKS_UNAVAILABLE',
        'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
        'ERR_JWKS_NO_MATCHING_KEY',
        'ERR_JWK_INVALID',
        'ERR_JWK_WEAK',
        'ERR_JWS_INVALID',
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        'ERR_JWT_CLAIM_VALIDATION_FAILED',
        'ERR_JWT_EXPIRED',
        'ERR_JWT_INVALID',
        'ERR_RING_CONFLICT',
        'ERR_RING_INVALID',
        'ERR_RING_UNAVAILABLE',
      ].sort(),
    );
    for (const [file, text] of sources.filter(([name]) => !name.startsWith('cli/'))) {
      const known = [...Object.keys(ERROR_HELP), 'ERR_BUFFER_TOO_LARGE']; // the last is node:zlib's
      for (const [code] of text.matchAll(/ERR_[A-Z_]+/g)) expect(known, file).toContain(code);
    }
    for (const help of Object.values(ERROR_HELP)) expect(help).toMatch(/^[A-Z`].*\.$/);
    expect(new JoseError('ERR_JWS_INVALID', 'x')).toMatchObject({ name: 'JoseError', code: 'ERR_JWS_INVALID' });
  });

  test('API-05 before the signature nothing of the payload is told', () => {
    const claims = '{"iss": not JSON at all';
    const token = compact({ alg: 'HS256' }, claims, () => new Uint8Array(32));
    expectCode(() => verifyJwt(token, KEY, EXPECTED), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token);
    const expired = compact({ alg: 'HS256' }, { ...CLAIMS, exp: 1 }, () => new Uint8Array(32));
    expect(
      expectCode(() => verifyJwt(expired, KEY, EXPECTED), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED').failures,
    ).toBeUndefined();
  });
});

// ── API-06 ───────────────────────────────────────────────────────────────────────────────────────────────────────

function outcomeOf(run: () => unknown): string {
  try {
    return `ok ${JSON.stringify(run())}`;
  } catch (error) {
    return error instanceof JoseError ? `${error.code} ${error.message}` : `TypeError? ${error instanceof TypeError}`;
  }
}

/** The core, run over good and bad input; the outcomes as text. */
function core(): string[] {
  const { publicKey, privateKey } = nodePair('RS256');
  const ed = nodePair('EdDSA');
  const jwk = publicJwk;
  const expected = { issuer: CLAIMS.iss, audience: CLAIMS.aud, now: NOW };
  const runs: (() => unknown)[] = [
    () => verifyJwt(tokens.good, KEY, expected).claims.sub,
    () => verifyJwt(tokens.rsa, keyPairs.RS256.publicKey, expected).claims.sub,
    () => verifyJwt(tokens.pss, keyPairs.RS256.publicKey, expected).claims.sub,
    () => verifyJwt(tokens.pssAsRs, keyPairs.RS256.publicKey, expected).claims.sub,
    () => verifyJwt(tokens.ec, keyPairs.ES256.publicKey, expected).claims.sub,
    () => verifyJwt(tokens.none, KEY, expected).claims.sub,
    () => verifyJwt(tokens.none, keyPairs.RS256.publicKey, expected).claims.sub,
    () => verifyJwt(tokens.noAlg, KEY, expected).claims.sub,
    () => verifyJwt(tokens.crit, KEY, expected).claims.sub,
    () => verifyJws(tokens.crit, KEY).header.alg,
    () => verifyJwsJson(parts(tokens.crit), KEY).signatures.length,
    () => verifyJwt(tokens.noExp, KEY, expected).claims.sub,
    () => verifyJwt(tokens.noIss, KEY, expected).claims.sub,
    () => verifyJwt(tokens.forged, KEY, expected).claims.sub,
    () => verifyJwt(tokens.good, KEY, { issuer: CLAIMS.iss, now: NOW } as never).claims.sub,
    () => verifyJwt(tokens.good, KEY, { ...expected, issuer: 'x' }).claims.sub,
    () => verifyJws(tokens.detached, KEY).payload.length,
    () => verifyJwsJson(parts(tokens.good), KEY).signatures.length,
    () => verifyJwsJson({ payload: parts(tokens.good).payload }, KEY).signatures.length,
    () =>
      verifyJwsJson({ signature: parts(tokens.good).signature, protected: parts(tokens.good).protected }, KEY)
        .signatures.length,
    () => verifyJwsJson(general(...[tokens.good, tokens.forged].map(parts)), KEY).signatures.length,
    () => verifyJwt(tokens.kid, importJwks({ keys: [{ ...jwk, kid: 'a' }] }), expected).key.kid,
    () => verifyJwt(tokens.rsa, importJwks({ keys: [{ ...jwk, kid: 'a' }] }), expected).key.kid,
    () => importJwks({}).keys.length,
    () => importJwks({ keys: [{ kty: 'oct', k: b64u(secretBytes('HS256')), alg: 'HS256' }] }).keys.length,
    () => importKey(jwk as never).alg,
    () => importKey({ kty: 'RSA', e: 'AQAB' }).alg,
    () => importKey({ kty: 'oct', k: b64u(secretBytes('HS256')) }).alg,
    () => importKey(publicKey).alg,
    () => importKey(ed.publicKey).alg,
    () => String(importKey(privateKey).publicKey()),
    () => importSecret(secretBytes('HS256').subarray(1), { alg: 'HS256' }).alg,
    () => importSecret(secretBytes('HS256'), {} as never).alg,
    () => thumbprint(keyPairs.RS256.publicKey),
    () => exportPem(keyPairs.EdDSA.publicKey).length,
    () => signJwt({ iss: 'a' }, KEY, { expiresIn: 60, now: NOW }),
    () => signJwt({ iss: 'a' }, KEY, { now: NOW } as never),
    () => signJws(octets('x'), KEY),
    () => signJws(octets('x'), keyPairs.RS256.privateKey),
    () => signJwsJson(octets('x'), [{ key: KEY }]),
    () => Buffer.from(draftJwt({ iss: 'a' }, { alg: 'ES256', expiresIn: 60, now: NOW }).signingInput).toString(),
    () => readUnverifiedJwt(tokens.good).claims.sub,
  ];
  return runs.map(outcomeOf);
}

const publicJwk = jwkOf(nodePair('RS256').publicKey);
const tokens = {
  good: forge('HS256', { alg: 'HS256' }, CLAIMS),
  rsa: forge('RS256', { alg: 'RS256' }, CLAIMS),
  pss: forge('PS256', { alg: 'PS256' }, CLAIMS),
  pssAsRs: compact({ alg: 'RS256' }, CLAIMS, signerOf('PS256')),
  ec: forge('ES256', { alg: 'ES256' }, CLAIMS),
  none: `${b64u({ alg: 'none' })}.${b64u(CLAIMS)}.`,
  noAlg: compact({ typ: 'JWT' }, CLAIMS, signerOf('HS256')),
  crit: compact({ alg: 'HS256', crit: ['x'], x: 1 }, CLAIMS, signerOf('HS256')),
  noExp: forge('HS256', { alg: 'HS256' }, { ...CLAIMS, exp: undefined }),
  noIss: forge('HS256', { alg: 'HS256' }, { ...CLAIMS, iss: undefined }),
  forged: compact({ alg: 'HS256' }, CLAIMS, () => new Uint8Array(32)),
  detached: `${b64u({ alg: 'HS256' })}..${b64u(signerOf('HS256')(octets(`${b64u({ alg: 'HS256' })}.${b64u('x')}`)))}`,
  kid: forge('RS256', { alg: 'RS256', kid: 'a' }, CLAIMS),
};

const POLLUTION: readonly (readonly [string, unknown])[] = [
  // the token’s and the key’s own names
  ['alg', 'none'],
  ['alg', 'HS256'],
  ['kid', 'a'],
  ['kid', 1],
  ['typ', 'JWT'],
  ['cty', 'JWT'],
  ['crit', ['x']],
  ['crit', null],
  ['b64', false],
  ['b64', true],
  ['iss', CLAIMS.iss],
  ['aud', CLAIMS.aud],
  ['exp', 9_999_999_999],
  ['iat', 1],
  ['keys', [publicJwk]],
  ['kty', 'oct'],
  ['k', b64u(new Uint8Array(64))],
  ['n', publicJwk.n],
  ['use', 'enc'],
  ['key_ops', ['encrypt']],
  ['x5c', ['AAAA']],
  ['oth', []],
  ['crv', 'P-256'],
  ['payload', 'AAAA'],
  ['payload', new Uint8Array(1)],
  ['signature', 'AAAA'],
  ['signatures', []],
  ['protected', 'AAAA'],
  ['header', { kid: 'x' }],
  ['ciphertext', 'AAAA'],
  // options
  ['algorithms', ['none']],
  ['algorithms', ['PS256']],
  ['algorithms', ['HS256', 'RS256', 'PS256']],
  ['issuer', null],
  ['audience', null],
  ['expiry', 'optional'],
  ['requiredClaims', ['nothing']],
  ['clockSkew', 600],
  ['maxAge', 1],
  ['now', 1],
  ['schema', { '~standard': { version: 1, validate: () => ({ value: {} }) } }],
  ['require', 'any'],
  ['maxLength', 1],
  ['secrets', true],
  ['maxKeys', 1],
  ['passphrase', 'x'],
  ['expiresIn', null],
  ['notBefore', 1],
  ['detached', true],
  ['flattened', true],
  ['unprotected', { kid: 'x' }],
  // names a table or a helper inside may have
  ['name', 'none'],
  ['alias', 'none'],
  ['alias', 'PS256'],
  ['hash', 'md5'],
  ['saltLength', 32],
  ['minBits', 0],
  ['signatureLength', 0],
  ['keyLength', 0],
  ['maxMembers', 0],
  ['operations', []],
  ['code', 'ERR_X'],
  ['cause', 'x'],
  ['failures', []],
  ['valid', true],
  ['row', {}],
  ['key', {}],
  ['then', () => undefined],
  ['1', 'x'],
];

describe('API-06 a polluted Object.prototype', () => {
  const clean = core();

  test('API-06 the run to compare with does what it should', () => {
    expect(clean[0]).toBe('ok "user-1"');
    expect(clean.filter((outcome) => outcome.startsWith('ok')).length).toBeGreaterThan(15);
    expect(clean.filter((outcome) => !outcome.startsWith('ok')).length).toBeGreaterThan(15);
    expect(clean).not.toContain('TypeError? false');
  });

  test.each(POLLUTION)('API-06 Object.prototype.%s (case %#) changes no outcome', (name, value) => {
    const outcomes: string[] = [];
    Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: false, writable: true });
    try {
      outcomes.push(...core());
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
    expect(outcomes).toEqual(clean);
  });

  test('API-06 an inherited d, which Node 20 and 22 themselves take for a part of an RSA JWK, refuses keys and admits none', () => {
    const outcomes: string[] = [];
    Object.defineProperty(Object.prototype, 'd', {
      value: 'AQAB',
      configurable: true,
      enumerable: false,
      writable: true,
    });
    try {
      outcomes.push(...core());
    } finally {
      Reflect.deleteProperty(Object.prototype, 'd');
    }
    const changed = outcomes.filter((outcome, i) => outcome !== clean[i]);
    expect(changed.filter((outcome) => !/^ERR_JWKS?_/.test(outcome))).toEqual([]);
  });

  test('API-06 an enumerable one neither', () => {
    for (const [name, value] of POLLUTION.filter(([each]) =>
      ['alg', 'kid', 'crit', 'b64', 'keys', 'algorithms'].includes(each),
    )) {
      const outcomes: string[] = [];
      Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true });
      try {
        outcomes.push(...core());
      } finally {
        Reflect.deleteProperty(Object.prototype, name);
      }
      expect(outcomes).toEqual(clean);
    }
  });

  test('API-06 a polluted Array.prototype and String.prototype bring no key and no signature', () => {
    const outcomes: string[] = [];
    Object.defineProperty(Array.prototype, '0', { value: KEY, configurable: true, writable: true });
    try {
      outcomes.push(
        outcomeOf(() => verifyJwt(tokens.good, importJwks({ keys: [] }), EXPECTED).claims.sub),
        outcomeOf(() => verifyJwsJson({ payload: '', signatures: [] }, KEY).signatures.length),
      );
    } finally {
      Reflect.deleteProperty(Array.prototype, '0');
    }
    expect(outcomes.every((outcome) => !outcome.startsWith('ok'))).toBe(true);
  });

  test('API-06 an inherited toJSON does not change what is signed', () => {
    for (const prototype of [Object.prototype, Array.prototype]) {
      Object.defineProperty(prototype, 'toJSON', { value: () => ({ admin: true }), configurable: true });
      try {
        expectTypeError(() => signJwt({ aud: ['a'] }, secretKey('HS256'), { expiresIn: 60 }), 'JSON');
      } finally {
        Reflect.deleteProperty(prototype, 'toJSON');
      }
    }
  });
});

describe('API-07 randomness', () => {
  test('API-07 the source draws random values from node:crypto only, but for when to ask an issuer again', () => {
    for (const [file, text] of sources.filter(([name]) => !/^remote\/(?:remote|options)\.ts$/.test(name))) {
      expect(text, file).not.toMatch(/Math\.random|Date\.now\(\)\.toString|pseudoRandomBytes/);
    }
    const drawing = sources.filter(([, text]) => /randomBytes|randomUUID|randomFill|getRandomValues/.test(text));
    for (const [file, text] of drawing)
      expect(text, file).toMatch(/from 'node:crypto'|\bcrypto\.(?:randomUUID|getRandomValues)\(/);
  });

  test('API-07 generated secrets have the full length and never repeat; neither do their kids', async () => {
    const kids = new Set<string | undefined>();
    const macs = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const key = await generateKey('HS256');
      kids.add(key.kid);
      macs.add(signJws(octets('x'), key, { header: { kid: 'a' } }));
    }
    expect([kids.size, macs.size]).toEqual([50, 50]);
    for (const [alg, length] of [
      ['HS256', 32],
      ['HS384', 48],
      ['HS512', 64],
    ] as const) {
      const { k } = front.exportPrivateJwk(await generateKey(alg)) as unknown as { k: string };
      expect(Buffer.from(k, 'base64url').length).toBe(length);
    }
  });

  test('API-07 a Key or a KeySet cannot be made of other things', () => {
    expectTypeError(() => new KeySet([{} as Key]));
    expectTypeError(() => new KeySet([keyPairs.ES256.privateKey]));
    expectCode(() => new KeySet([KEY, keyPairs.ES256.publicKey]), 'ERR_JWKS_INVALID');
    expect(isVerifiedJwt(flattened('HS256', { alg: 'HS256' }, CLAIMS))).toBe(false);
    const text = pem('PRIVATE KEY', pkcs8Of(nodePair('ES256').privateKey));
    expect(importKey(text).type).toBe('private');
    expect(importKey(spkiOf(nodePair('ES256').privateKey)).type).toBe('public');
  });
});

describe('API-12 a key source that returns something else, or fails', () => {
  const { privateKey, publicKey } = keyPairs.ES256;
  const token = forge('ES256', { alg: 'ES256' }, CLAIMS);
  const forged = `${token.slice(0, -4)}AAAA`;
  class Lenient extends KeySet {
    override named(): readonly Key[] {
      return [privateKey];
    }
  }
  const verifierBy = (keys: object, max = 1) =>
    createVerifier({
      issuer: EXPECTED.issuer,
      audience: EXPECTED.audience,
      keys: keys as KeySource,
      clock: () => NOW,
      cache: { max },
    });
  const failing = (fail: () => never): KeySource => ({
    get current() {
      return fail();
    },
    keys: fail,
  });

  test.each([
    ['a private Key', privateKey],
    ['a public Key', publicKey],
    ['a look-alike', { keys: [publicKey], skipped: [], named: () => [publicKey] }],
    ['a look-alike with a private Key', { keys: [privateKey], named: () => [privateKey] }],
    ['an object that inherits from a KeySet', Object.create(new KeySet([publicKey]))],
    ['a Proxy of a KeySet', new Proxy(new KeySet([publicKey]), {})],
    ['an array of keys', [publicKey]],
    ['a JWK Set', { keys: [jwkOf(nodePair('ES256').publicKey)] }],
    ['an empty object', {}],
    ['null', null],
    ['false', false],
  ])('API-12 %s verifies nothing, and is the fault of the source: never a 401', async (_, value) => {
    const sources = [
      { current: value, keys: () => new KeySet([publicKey]) },
      { current: undefined, keys: () => value },
      { current: undefined, keys: async () => value },
    ];
    for (const source of sources) {
      const verifier = verifierBy(source);
      for (const each of [token, forged]) {
        await expect(verifier.verify(each)).rejects.toThrow(/^options\.keys\.(current|keys\(\)) must /);
        await expect(authenticate(verifier, `Bearer ${each}`)).rejects.toThrow(TypeError);
        expect(() => verifier.verifySync(each)).toThrow();
      }
    }
    expectTypeError(() => verifierBy(sources[0] ?? {}).verifySync(token), 'options');
  });

  test('API-12 a KeySet with a look-up of its own is searched as it was made', async () => {
    const verifier = verifierBy({ current: new Lenient([]), keys: () => new Lenient([]) });
    expectCode(() => verifier.verifySync(token), 'ERR_JWKS_NO_MATCHING_KEY');
    expectCode(() => verifyJwt(token, new Lenient([]), EXPECTED), 'ERR_JWKS_NO_MATCHING_KEY');
  });

  test.each([
    ['an HTML page in place of the keys', () => importJwks('<html>502 Bad Gateway</html>')],
    ['an object in place of the keys', () => importJwks({ error: 'rate limited' })],
    ['a connection that fails', () => Promise.reject(new TypeError('fetch failed'))],
    ['a text that is thrown', () => Promise.reject('down')],
    [
      'a refusal of its own',
      () => {
        throw new JoseError('ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'of another token');
      },
    ],
  ])('API-12 %s is an outage: 503 with Retry-After, and no good token is thrown away', async (_, keys) => {
    const verifier = verifierBy({ current: undefined, keys });
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    await expect(verifier.warm()).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    const verdict = await authenticate(verifier, `Bearer ${token}`);
    expect(verdict).toMatchObject({ status: 503, headers: { 'Retry-After': '5' } });
    expect(verdict.headers).not.toHaveProperty('WWW-Authenticate');
  });

  test('API-12 current keys that cannot be read are an outage too, told without the words of whatever failed', async () => {
    const failure = new Error('password=hunter2 refused by db.internal');
    const verifier = verifierBy(
      failing(() => {
        throw failure;
      }),
    );
    const error = expectCode(() => verifier.verifySync(token), 'ERR_JWKS_UNAVAILABLE');
    expect([error.cause, `${error.message} ${JSON.stringify(error)}`]).toEqual([
      failure,
      expect.not.stringMatching(/hunter2|db/),
    ]);
    expect(explainToken(verifier, token, { values: true }).code).toBe('ERR_JWKS_UNAVAILABLE');
    expect(JSON.stringify(explainToken(verifier, token, { values: true }))).not.toMatch(/hunter2|db\.internal/);
    expect(await authenticate(verifier, `Bearer ${token}`)).toMatchObject({ status: 503 });
  });

  test('API-12 behind bearer, an outage is answered and a defect goes to next', async () => {
    const serve = (keys: object) =>
      new Promise<unknown>((done) => {
        const headers = new Map<string, string>();
        const response = {
          statusCode: 200,
          headersSent: false,
          setHeader: (name: string, value: string) => headers.set(name, value),
          end: () => done([response.statusCode, headers.get('Retry-After')]),
        };
        bearer(verifierBy(keys))({ headers: { authorization: `Bearer ${token}` } }, response, done);
      });
    expect(await serve({ current: undefined, keys: () => importJwks('<html>') })).toEqual([503, '5']);
    expect(await serve({ current: undefined, keys: () => null })).toBeInstanceOf(TypeError);
  });

  test('API-12 what is remembered of a token does not stand in for the keys', () => {
    const source = { current: new KeySet([publicKey]) as unknown, keys: () => new KeySet([publicKey]) };
    const verifier = verifierBy(source);
    const first = verifier.verifySync(token);
    expect(verifier.verifySync(token)).toBe(first);
    for (const other of [null, {}, privateKey, { named: () => [publicKey] }]) {
      source.current = other;
      expectTypeError(() => verifier.verifySync(token), 'options');
    }
  });
});

describe('API-13 live internals handed out', () => {
  const push = (list: unknown, value: unknown) => expect(() => (list as unknown[]).push(value)).toThrow(TypeError);

  test('API-13 a secret that may only verify does not sign, whatever is done to its JWK', () => {
    for (const [allowed, other] of [
      ['verify', 'sign'],
      ['sign', 'verify'],
    ] as const) {
      const key = importKey({ kty: 'oct', k: b64u(secretBytes('HS256')), alg: 'HS256', key_ops: [allowed] });
      const { key_ops: operations } = front.exportPrivateJwk(key);
      (operations as string[]).push(other);
      expect(front.exportPrivateJwk(key).key_ops).toEqual([allowed]);
      const use =
        other === 'sign'
          ? () => signJws(octets('x'), key)
          : () => verifyJws(forge('HS256', { alg: 'HS256' }, 'x'), key);
      expectTypeError(use, `key_ops of the key do not allow it to ${other}`);
    }
  });

  test('API-13 no key gets into a set by what the set returns', () => {
    const mine = importKey(jwkOf(nodePair('ES256').publicKey) as Jwk, { kid: 'k' });
    const theirs = importKey(jwkOf(nodePair('ES384').publicKey) as Jwk, { kid: 'k' });
    const skipped = [{ index: 0, reason: 'the kty of the key is missing or malformed' }];
    const set = new KeySet([mine], skipped);
    for (const list of [set.keys, set.named('k'), set.named(undefined), set.named('none')]) push(list, theirs);
    expect(() => Object.assign(set.skipped[0] ?? {}, { reason: 'none' })).toThrow(TypeError);
    set.toJSON().keys.push(front.exportJwk(theirs));
    Object.assign(skipped[0] ?? {}, { reason: 'none' });
    expect(set.skipped).toEqual([{ index: 0, reason: 'the kty of the key is missing or malformed' }]);
    const forged = forge('ES384', { alg: 'ES384', kid: 'k' }, CLAIMS);
    expectCode(() => verifyJwt(forged, set, EXPECTED), 'ERR_JWKS_NO_MATCHING_KEY');
    expect(set.toJSON().keys).toHaveLength(1);
  });

  test('API-13 a draft completes what was drafted', () => {
    const draft = draftJwt({ iss: 'a' }, { alg: 'ES256', expiresIn: 60, now: NOW });
    const signature = signerOf('ES256')(draft.signingInput);
    const token = draft.complete(signature, keyPairs.ES256.publicKey);
    draft.signingInput.fill(0);
    expect(() => Object.assign(draft, { complete: () => 'x' })).toThrow(TypeError);
    expect(draft.complete(signature, keyPairs.ES256.publicKey)).toBe(token);
  });
});

test('API-17 a kid that hides characters is shown with them, by the library and by the command', () => {
  for (const hidden of ['\u200b', '\u00ad', '\u2060', '\u202e', '\u{e0041}', '\ufe0f', '\u0007']) {
    const kid = `ad${hidden}min`;
    const shown = [String(importSecret(secretBytes('HS256'), { alg: 'HS256', kid })), printable(kid)];
    for (const text of shown) expect(text).toMatch(/ad(\\u[0-9a-f]{4})+min/);
  }
});
