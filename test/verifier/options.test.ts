// The options of a verifier: read once, each for itself, and every mistake in them is told by its name when it is made.

import { describe, expect, test } from 'vitest';
import { explainToken } from '../../src/explain/verifier.ts';
import {
  createKeyVerifier,
  createVerifier,
  type Expected,
  importKey,
  importSecret,
  type JwtClaims,
  KeySet,
  remoteJwks,
  type StandardSchemaV1,
  type VerifierOptions,
} from '../../src/index.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { jwkOf } from '../support/forge.ts';
import { fakeIssuer } from '../support/issuer.ts';
import { nodePair, secretBytes } from '../support/keys.ts';
import { A, AUDIENCE, a1, answerOf, B, b1, GOOD, NOW, setOf, tokenOf } from './world.ts';

const keys = setOf(a1);
const ONE: VerifierOptions = { issuer: A, audience: AUDIENCE, keys };
const create = (options: unknown) => () => createVerifier(options as VerifierOptions);
const { fetch } = fakeIssuer(answerOf(a1)).options;

/** What is wrong, wherever an issuer is described, and the option that the error names. */
const WRONG: readonly [options: object, name: RegExp][] = [
  [{}, /^options\.issuer must be given/],
  [{ issuer: undefined, audience: AUDIENCE }, /^options\.issuer must be given/],
  [{ issuer: A }, /^options\.audience must be given/],
  [{ ...ONE, issuer: 7 }, /^options\.issuer must be /],
  [{ ...ONE, issuer: [] }, /^options\.issuer must be /],
  [{ ...ONE, issuer: [A, 7] }, /^options\.issuer must be /],
  [{ ...ONE, issuer: new Array(2) }, /^options\.issuer must be /],
  [{ ...ONE, audience: {} }, /^options\.audience must be /],
  [{ ...ONE, algorithms: [] }, /^options\.algorithms must be /],
  [{ ...ONE, algorithms: ['none'] }, /^options\.algorithms must be /],
  [{ ...ONE, typ: 1 }, /^options\.typ must be /],
  [{ ...ONE, subject: null }, /^options\.subject must be /],
  [{ ...ONE, requiredClaims: 'jti' }, /^options\.requiredClaims must be /],
  [{ ...ONE, expiry: false }, /^options\.expiry must be /],
  [{ ...ONE, maxAge: -1 }, /^options\.maxAge must be /],
  [{ ...ONE, clockSkew: '11m' }, /^options\.clockSkew must be /],
  [{ ...ONE, crit: [1] }, /^options\.crit must be /],
  [{ ...ONE, schema: {} }, /^options\.schema must be /],
  [{ ...ONE, now: NOW }, /^options\.now is not an option/],
  [{ ...ONE, ignoreExpiration: true }, /^options\.ignoreExpiration is not an option/],
  [{ ...ONE, onEvent: () => 1 }, /^options\.onEvent belongs in the options of remoteJwks or discoverJwks$/],
  [JSON.parse('{"issuer":"a","audience":"b","__proto__":1}'), /^options\.__proto__ is not an option/],
  [
    { ...ONE, keys: 'secret' },
    /^options\.keys must be a Key \(importKey\), a KeySet \(importJwks\), a RemoteJwks \(remoteJwks, discoverJwks\), an Issuer or another KeySource$/,
  ],
  [{ ...ONE, keys: null }, /^options\.keys must be/],
  [{ ...ONE, keys: [a1.publicKey] }, /^options\.keys must be/],
  [{ ...ONE, keys: { keys: [] } }, /^options\.keys must be/],
  [{ ...ONE, keys: { current: keys } }, /^options\.keys must be/],
  [{ ...ONE, keys: { keys: () => keys } }, /^options\.keys must be/],
  [
    { ...ONE, keys: { current: keys, keys: () => keys }, remote: {} },
    /^options\.remote must not be given with options\S*\.keys: it is for discovered keys$/,
  ],
  [{ ...ONE, keys: Object.create(KeySet.prototype) }, /^options\.keys must be/],
  [{ ...ONE, keys: importKey(nodePair('ES256').privateKey) }, /^options\.keys is private/],
  [
    {
      ...ONE,
      keys: importKey({ ...jwkOf(nodePair('ES256').privateKey), key_ops: ['sign'] } as never, { alg: 'ES256' }),
    },
    /^options\.keys is private/,
  ],
  [
    { ...ONE, keys: importKey({ kty: 'oct', k: 'A'.repeat(43), alg: 'HS256', key_ops: ['sign'] }) },
    /^options\.keys: the key_ops/,
  ],
  [{ ...ONE, remote: {} }, /^options\.remote must not be given with options\S*\.keys: it is for discovered keys$/],
  [
    { issuer: [A], audience: AUDIENCE },
    /^options\.keys must be given, unless options\S*\.issuer is one name to discover them by$/,
  ],
  [{ issuer: 'http://a.example', audience: AUDIENCE }, /^options\.issuer /],
  [{ issuer: 'not a URL', audience: AUDIENCE }, /^options\.issuer /],
  [{ issuer: `${A}?tenant=1`, audience: AUDIENCE }, /^options\.issuer /],
  [{ issuer: A, audience: AUDIENCE, remote: null }, /^options\.remote must be a plain object/],
  [{ issuer: A, audience: AUDIENCE, remote: new Map() }, /^options\.remote must be a plain object/],
  [{ issuer: A, audience: AUDIENCE, remote: { timeout: 0 } }, /^options\.remote\.timeout must be /],
  [{ ...ONE, jwksUri: A }, /^options\.jwksUri is not an option; options\S*\.keys is: remoteJwks\(url\)/],
  [{ ...ONE, currentDate: NOW }, /^options\.currentDate is not an option; options\.clock is$/],
  [
    { issuer: A, audience: AUDIENCE, allowInsecureLoopback: true },
    /^options\.allowInsecureLoopback belongs in options\S*\.remote$/,
  ],
  [{ issuer: A, audience: AUDIENCE, remote: { audience: 'api' } }, /^options\.remote\.audience belongs in options\S*$/],
  [{ issuer: A, audience: AUDIENCE, remote: { keys: [] } }, /^options\.remote\.keys belongs in options\S*$/],
  [{ issuer: A, audience: AUDIENCE, remote: { remote: {} } }, /^options\.remote\.remote belongs in options\S*$/],
  [{ issuer: A, audience: AUDIENCE, remote: { retries: 3 } }, /^options\.remote\.retries is not an option/],
  [{ issuer: A, audience: AUDIENCE, remote: { clock: 5 } }, /^options\.remote\.clock must be /],
];

describe('one issuer', () => {
  test.each(WRONG)('%o', (options, name) => {
    expectTypeError(create(options), name);
  });

  test.each([undefined, null, 'a', 1, [], [ONE], new Map(), () => ONE, new (class Options {})()])(
    '%o is no object of options',
    (options) => {
      expectTypeError(create(options), /^options must be a plain object/);
    },
  );

  test.each([
    [{ clock: 5 }, /^options\.clock must be /],
    [{ clock: null }, /^options\.clock must be /],
    [{ cache: true }, /^options\.cache must be /],
    [{ cache: 100 }, /^options\.cache must be /],
    [{ cache: null }, /^options\.cache must be /],
    [{ cache: {} }, /^options\.cache\.max must be given/],
    [{ cache: { max: undefined } }, /^options\.cache\.max must be given/],
    [{ cache: { max: 0 } }, /^options\.cache\.max must be /],
    [{ cache: { max: -1 } }, /^options\.cache\.max must be /],
    [{ cache: { max: 1.5 } }, /^options\.cache\.max must be /],
    [{ cache: { max: '10' } }, /^options\.cache\.max must be /],
    [{ cache: { max: Number.POSITIVE_INFINITY } }, /^options\.cache\.max must be /],
    [{ cache: { max: 1_000_001 } }, /^options\.cache\.max must be /],
    [{ cache: { max: 10, ttl: 60 } }, /^options\.cache\.ttl is not an option/],
  ])('%o', (options, name) => {
    expectTypeError(create({ ...ONE, ...options }), name);
    expectTypeError(create({ issuers: [ONE], ...options }), name);
  });

  test('without keys, the issuer must be one name', () => {
    expectTypeError(
      create({ issuer: null, audience: AUDIENCE }),
      /^options\.keys must be given, unless options\.issuer is one name to discover them by$/,
    );
  });

  test('undefined is the only “not set”', () => {
    const unset = { keys, clock: undefined, cache: undefined, issuers: undefined, remote: undefined, now: undefined };
    const verifier = createVerifier({ ...unset, issuer: A, audience: AUDIENCE, typ: undefined, maxAge: undefined });
    expect(explainToken(verifier, GOOD).code).toBe('ERR_JWT_EXPIRED');
    expect(createVerifier({ issuer: A, audience: AUDIENCE, keys: undefined, remote: { fetch } })).toBeDefined();
  });

  test('what may be used as keys', () => {
    const secret = importSecret(secretBytes('HS256'), { alg: 'HS256' });
    const source = { current: keys, keys: () => keys };
    for (const good of [keys, a1.publicKey, secret, setOf(), remoteJwks(`${A}/jwks`, { fetch }), source])
      expect(create({ ...ONE, keys: good })).not.toThrow();
  });

  test('a snapshot of something else is refused as what it is', () => {
    const snapshot = JSON.stringify({
      version: 1,
      url: B,
      fetchedAt: 1,
      receivedAt: 1,
      freshUntil: 2,
      jwks: setOf(b1),
    });
    expectCode(create({ issuer: A, audience: AUDIENCE, remote: { snapshot } }), 'ERR_JWKS_INVALID');
  });

  test('what a getter throws passes through', () => {
    const options = {
      ...ONE,
      get schema(): StandardSchemaV1<JwtClaims> {
        throw new RangeError('side effect');
      },
    };
    expect(create(options)).toThrow(RangeError);
    const schema = {
      get '~standard'(): never {
        throw new RangeError('side effect');
      },
    };
    expect(create({ ...ONE, schema })).toThrow(RangeError);
    const own = {
      get '~standard'(): never {
        throw new TypeError('of its own');
      },
    };
    expect(create({ ...ONE, schema: own })).toThrow(/^of its own$/);
  });
});

describe('several issuers', () => {
  test.each(
    WRONG.map(
      ([options, name]) => [options, new RegExp(name.source.replace('options', 'options\\.issuers\\[1\\]'))] as const,
    ),
  )('among them %o', (options, name) => {
    expectTypeError(create({ issuers: [{ ...ONE, issuer: 'https://first.example' }, options] }), name);
  });

  test.each([
    [{ issuers: [] }, /^options\.issuers must be /],
    [{ issuers: null }, /^options\.issuers must be /],
    [{ issuers: ONE }, /^options\.issuers must be /],
    [{ issuers: new Set([ONE]) }, /^options\.issuers must be /],
    [{ issuers: [ONE], issuer: A }, /^options\.issuer belongs in each of options\.issuers$/],
    [{ issuers: [ONE], audience: AUDIENCE }, /^options\.audience belongs in each of options\.issuers$/],
    [{ issuers: [ONE], keys }, /^options\.keys belongs in each of options\.issuers$/],
    [{ issuers: [ONE], remote: {} }, /^options\.remote belongs in each of options\.issuers$/],
    [{ issuers: [ONE], now: NOW }, /^options\.now is not an option/],
    [{ issuers: [null] }, /^options\.issuers\[0\] must be a plain object/],
    [{ issuers: [ONE, undefined] }, /^options\.issuers\[1\] must be a plain object/],
    [{ issuers: new Array(1) }, /^options\.issuers\[0\] must be a plain object/],
    [{ issuers: [A] }, /^options\.issuers\[0\] must be a plain object/],
    [{ issuers: [Object.create(ONE)] }, /^options\.issuers\[0\] must be a plain object/],
    [{ issuers: [{ ...ONE, clock: () => 1 }] }, /^options\.issuers\[0\]\.clock belongs in options, beside issuers$/],
    [{ issuers: [{ ...ONE, cache: { max: 1 } }] }, /^options\.issuers\[0\]\.cache belongs in options, beside issuers$/],
    [{ issuers: [{ ...ONE, issuers: [ONE] }] }, /^options\.issuers\[0\]\.issuers is not an option/],
    ...[
      { ...ONE, issuer: null },
      { issuer: null, audience: AUDIENCE },
    ].map((unnamed): [object, RegExp] => [
      { issuers: [ONE, unnamed] },
      /^options\.issuers\[1\]\.issuer must not be null: it decides whose keys judge a token$/,
    ]),
    [
      { issuers: [ONE, ONE] },
      /^options\.issuers\[1\]\.issuer repeats a name: issuers of one name must have audiences of /,
    ],
    [
      { issuers: [ONE, { ...ONE, issuer: [B, A] }] },
      /^options\.issuers\[1\]\.issuer repeats a name: issuers of one name must have audiences of which none is another's$/,
    ],
    [
      { issuers: [{ ...ONE, issuer: [A, A] }] },
      /^options\.issuers\[0\]\.issuer repeats a name: issuers of one name must have audiences of which none is another's$/,
    ],
  ])('%o', (options, name) => {
    expectTypeError(create(options), name);
  });
});

/** The same object, telling how often each of its members was read. */
function counting<T extends object>(target: T): { proxy: T; reads: Map<PropertyKey, number> } {
  const reads = new Map<PropertyKey, number>();
  const get = (object: T, name: PropertyKey) => {
    reads.set(name, (reads.get(name) ?? 0) + 1);
    return Reflect.get(object, name) as unknown;
  };
  return { proxy: new Proxy(target, { get }), reads };
}

describe('options are read once, when the verifier is made', () => {
  test('each of them, and never again', () => {
    const clock = () => NOW;
    const cache = counting({ max: 3 });
    const one = counting({ ...ONE, clock, cache: cache.proxy });
    const entry = counting({ ...ONE });
    const several = counting({ issuers: [entry.proxy], clock });
    for (const verifier of [createVerifier(one.proxy), createVerifier(several.proxy)]) {
      for (let round = 0; round < 3; round++) verifier.verifySync(GOOD);
      explainToken(verifier, GOOD);
    }
    for (const { reads } of [one, cache, entry, several])
      for (const [name, count] of reads) expect([name, count]).toEqual([name, 1]);
  });

  test('a getter cannot show one thing to the check and another to the verifier', () => {
    let reads = 0;
    const options = {
      ...ONE,
      get audience() {
        return reads++ === 0 ? AUDIENCE : null;
      },
    };
    const verifier = createVerifier({ ...ONE, clock: () => NOW });
    const shifty = createVerifier(
      Object.defineProperties({ clock: () => NOW }, Object.getOwnPropertyDescriptors(options)) as never,
    );
    const token = tokenOf(a1, { aud: 'other' });
    for (const one of [verifier, shifty]) expectCode(() => one.verifySync(token), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    expect(reads).toBe(1);
  });

  test('what is changed afterwards changes nothing', () => {
    const lists = { issuer: [A], audience: [AUDIENCE], algorithms: ['ES256'], requiredClaims: ['sub'], crit: ['x'] };
    const options = { ...lists, keys, clock: () => NOW, cache: { max: 1 } };
    const verifier = createVerifier(options as never);
    for (const list of Object.values(lists)) list.push('https://evil.example', 'RS256');
    Object.assign(options, { audience: null, keys: setOf(b1), clock: () => 0, expiry: 'optional' });
    options.cache.max = 1_000;
    expect(verifier.verifySync(GOOD).claims.sub).toBe('user-1');
    for (const claims of [{ iss: 'https://evil.example' }, { aud: 'https://evil.example' }, { exp: undefined }]) {
      expectCode(() => verifier.verifySync(tokenOf(a1, claims)), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
      expect(explainToken(verifier, tokenOf(a1, claims)).code).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    }
    const critical = tokenOf(a1, {}, { crit: ['https://evil.example'], 'https://evil.example': 1 });
    expectCode(() => verifier.verifySync(critical), 'ERR_JOSE_NOT_SUPPORTED');
  });

  test('of several issuers, too', () => {
    const issuers = [{ ...ONE }];
    const verifier = createVerifier({ issuers, clock: () => NOW });
    issuers.push({ issuer: B, audience: null, keys: setOf(b1) });
    Object.assign(issuers[0] ?? {}, { audience: null });
    expectCode(() => verifier.verifySync(tokenOf(b1, { iss: B })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    expectCode(() => verifier.verifySync(tokenOf(a1, { aud: 'x' })), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  });
});

describe('what is inherited is no option, and nothing of a token', () => {
  const names: Readonly<Record<string, unknown>> = {
    issuer: null,
    audience: null,
    keys: setOf(b1),
    issuers: [{ ...ONE, audience: null }],
    clock: () => 0,
    cache: { max: 5 },
    max: 5,
    remote: { fetch },
    expiry: 'optional',
    clockSkew: 600,
    maxAge: 1,
    now: 0,
    algorithms: ['none'],
    crit: ['x'],
    schema: { '~standard': { version: 1, vendor: 'evil', validate: () => ({ value: { sub: 'admin' } }) } },
    jwt: {},
    verified: { claims: { sub: 'admin' } },
    period: { from: 0, expires: Number.POSITIVE_INFINITY, last: Number.POSITIVE_INFINITY },
    issues: [{}],
    value: { sub: 'admin' },
    values: true,
    iss: A,
    exp: 1e300,
    nbf: 0,
    iat: 0,
    get: () => 'admin',
    expected: 'evil',
  };
  const tokens = [
    GOOD,
    tokenOf(b1),
    tokenOf(a1, { iss: undefined }),
    tokenOf(a1, { exp: undefined }),
    tokenOf(a1, { exp: NOW }),
  ];

  /** All that verifiers of each kind say of the tokens, twice. */
  function verdicts(): unknown {
    const common = { clock: () => NOW };
    const verifiers = [
      createVerifier({ ...ONE, ...common }),
      createVerifier({ ...ONE, ...common, cache: { max: 9 } }),
      createVerifier({ issuers: [ONE], ...common, cache: { max: 9 } }),
    ];
    const calls = [0, 1].flatMap(() =>
      verifiers.flatMap((verifier) =>
        tokens.flatMap((token) => [
          () => JSON.stringify(verifier.verifySync(token).claims),
          () => JSON.stringify(explainToken(verifier, token, {})),
        ]),
      ),
    );
    const missing = [{}, { issuer: A }, { issuers: [{}] }].map(create);
    return [...calls, ...missing].map((call) => {
      try {
        return call();
      } catch (error) {
        return String(error);
      }
    });
  }

  test.each(Object.entries(names))('Object.prototype.%s', (name, value) => {
    const clean = verdicts();
    let polluted: unknown;
    Object.defineProperty(Object.prototype, name, { value, configurable: true, enumerable: true, writable: true });
    try {
      polluted = verdicts();
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
    expect(polluted).toEqual(clean);
  });
});

test('an Expected without an instant will do as options', () => {
  const expected: Omit<Expected, 'now'> = { issuer: A, audience: AUDIENCE, clockSkew: '1m' };
  expect(createVerifier({ ...expected, keys, clock: () => NOW }).verifySync(GOOD).claims.sub).toBe('user-1');
});

test('createKeyVerifier discovers nothing: every issuer has its keys', () => {
  const expected = { issuer: A, audience: AUDIENCE };
  expect(createKeyVerifier({ ...expected, keys: setOf(a1), clock: () => NOW }).verifySync(GOOD).key.kid).toBe(a1.kid);
  const message = /keys must be given; to discover them, use createVerifier$/;
  expectTypeError(() => createKeyVerifier(expected), message);
  expectTypeError(
    () =>
      createKeyVerifier({
        issuers: [
          { ...expected, keys: setOf(a1) },
          { issuer: B, audience: AUDIENCE },
        ],
      }),
    message,
  );
});
