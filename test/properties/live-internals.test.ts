// Whatever a public function returns is the caller's to change, and whatever a caller passed in may change later: every
// door answers as before.

import { sign } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { explainToken } from '../../src/explain/verifier.ts';
import {
  authenticate,
  type BearerEvent,
  bearerFetch,
  checkClaims,
  createIssuer,
  createSeal,
  createVerifier,
  discover,
  discoverJwks,
  draftJwt,
  ERROR_HELP,
  type Expected,
  explainJwt,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  fetchJwks,
  importJwks,
  importKey,
  importSecret,
  type Jwk,
  jwksEndpoint,
  KeySet,
  memoryStore,
  readUnverifiedJwt,
  remoteJwks,
  SIGNATURE_ALGORITHMS,
  signJws,
  signJwsJson,
  signJwt,
  simulate,
  thumbprint,
  thumbprintUri,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { deepMutate } from '../support/deep-mutate.ts';
import { AUDIENCE, CLAIMS, ISSUER, NOW, parts } from '../support/doors.ts';
import { b64u, forge, jwkOf, keySigner, octets } from '../support/forge.ts';
import { fuzzing } from '../support/fuzz.ts';
import { fakeIssuer } from '../support/issuer.ts';
import { keyPair, nodePair, secretBytes } from '../support/keys.ts';

beforeEach(() => void vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const EXPECTED: Expected = { issuer: ISSUER, audience: AUDIENCE, now: NOW };
const { publicKey } = nodePair('ES256');
const TOKEN = forge(
  'ES256',
  { alg: 'ES256', kid: 'k1', typ: 'JWT', note: { list: ['a'] } },
  { ...CLAIMS, list: [{ a: 1 }] },
);
const CRITICAL = forge('ES256', { alg: 'ES256', kid: 'k1', crit: ['x'], x: [1] }, CLAIMS);
const WRONG = forge('ES256', { alg: 'ES256', kid: 'k1' }, { ...CLAIMS, iss: 'x', aud: [], exp: 1 });
const UNKNOWN = forge('ES256', { alg: 'ES256', kid: 'k9' }, CLAIMS);
const VERIFY_ONLY = { kty: 'oct', k: b64u(secretBytes('HS256')), alg: 'HS256', key_ops: ['verify'], kid: 'v' };
const SIGN_ONLY = { ...VERIFY_ONLY, key_ops: ['sign'], kid: 's' };
const JWKS: { readonly keys: readonly Jwk[] } = {
  keys: [
    { ...jwkOf(publicKey), kty: 'EC', kid: 'k1', alg: 'ES256', use: 'sig' },
    { ...jwkOf(nodePair('RS256').publicKey), kty: 'RSA', kid: 'k1', alg: 'RS256', use: 'sig' },
    { ...jwkOf(nodePair('EdDSA').publicKey), kty: 'OKP', kid: 'k2', alg: 'EdDSA', key_ops: ['verify'] },
    { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'broken' },
  ],
};
const METADATA = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks`, scopes_supported: ['a', { b: ['c'] }] };
const GENERAL = signJwsJson(octets('payload'), [
  { key: keyPair('EdDSA').privateKey, header: { list: ['a'] }, unprotected: { free: ['b'] } },
  { key: keyPair('RS256').privateKey },
]);

type Collect = () => Promise<[name: string, value: unknown][]>;

/** What a function returns or throws, by name. */
async function collected(runs: Readonly<Record<string, () => unknown>>): Promise<[string, unknown][]> {
  const results: [string, unknown][] = [];
  for (const [name, run] of Object.entries(runs)) {
    try {
      results.push([name, await run()]);
    } catch (error) {
      results.push([name, error]);
    }
  }
  return results;
}

/** At the end of a name: the value is changed, and not compared, since every call returns the one that was changed. */
const OWN = ' (own)';

function textOf(results: readonly (readonly [string, unknown])[]): string[] {
  const compared = results.filter(([name]) => !name.endsWith(OWN));
  return compared.map(([name, value]) => {
    const shown = value instanceof Error ? { ...value, text: String(value) } : value;
    return `${name}: ${inspect(shown, { depth: 20, maxArrayLength: null, maxStringLength: null })}`;
  });
}

/** Keys, sets, tokens: no time and no network. */
function core(): Collect {
  const verifyOnly = importKey(VERIFY_ONLY);
  const signOnly = importKey(SIGN_ONLY);
  const edKey = importKey(
    keyPair('EdDSA').privateKey === undefined ? '' : exportPrivatePem(keyPair('EdDSA').privateKey),
    { kid: 'e' },
  );
  const set = importJwks(JWKS);
  const made = new KeySet([importKey(publicKey, { kid: 'k1' })], [{ index: 0, kid: 'x', reason: 'unknown' }]);
  const draft = draftJwt(
    { iss: ISSUER, list: ['a'] },
    { alg: 'EdDSA', expiresIn: 60, now: NOW, header: { list: ['a'] } },
  );
  const keys = [importKey(publicKey), set, made, verifyOnly] as const;
  const perKey = Object.fromEntries(
    keys.flatMap((key, i) =>
      [TOKEN, CRITICAL, WRONG, UNKNOWN].flatMap((token, j) => [
        [`verifyJwt ${i} ${j}`, () => verifyJwt(token, key, EXPECTED)],
        [`verifyJws ${i} ${j}`, () => verifyJws(token, key, { crit: ['x'] })],
        [`verifyJwsJson ${i} ${j}`, () => verifyJwsJson(parts(token), key, { require: 'any' })],
        [`explainJwt ${i} ${j}`, () => explainJwt(token, key, EXPECTED, { values: true })],
      ]),
    ),
  );
  return () =>
    collected({
      ...perKey,
      verifyOnly: () => verifyOnly,
      'a verify-only secret signs': () => signJws(octets('x'), verifyOnly),
      'a sign-only secret verifies': () => verifyJws(forge('HS256', { alg: 'HS256' }, 'x'), signOnly),
      'exportPrivateJwk of it': () => exportPrivateJwk(verifyOnly),
      'exportPrivateJwk of a sign-only one': () => exportPrivateJwk(signOnly),
      signJws: () => signJws(octets('x'), signOnly),
      signJwt: () => signJwt({ iss: 'i' }, edKey, { expiresIn: 60, now: NOW, typ: null }),
      signJwsJson: () => signJwsJson(octets('x'), [{ key: edKey, header: { list: ['a'] }, unprotected: { b: ['c'] } }]),
      'exportPrivateJwk of a private key': () => exportPrivateJwk(edKey),
      exportJwk: () => set.keys.map(exportJwk),
      exportPem: () => set.keys.map(exportPem),
      thumbprint: () => set.keys.map((key) => [thumbprint(key), thumbprintUri(key, 'sha512')]),
      'publicKey()': () => edKey.publicKey(),
      'set.keys': () => set.keys,
      'set.skipped': () => set.skipped,
      'made.skipped': () => made.skipped,
      'set.toJSON': () => set.toJSON(),
      'set.named': () => [undefined, 'k1', 'k2', 'none'].map((kid) => set.named(kid)),
      'made.named': () => ['k1', undefined, 'none'].map((kid) => made.named(kid)),
      'importJwks again': () => importJwks(JWKS),
      'importKey again': () => exportPrivateJwk(importKey(VERIFY_ONLY)),
      [`draft${OWN}`]: () => draft,
      'draft.complete': () =>
        draft.complete(keySigner('EdDSA', nodePair('EdDSA').privateKey)(octets(DRAFTED)), keyPair('EdDSA').publicKey),
      readUnverifiedJwt: () => readUnverifiedJwt(TOKEN),
      checkClaims: () => checkClaims({ iss: 'x', exp: 1 }, EXPECTED, NOW),
      'verifyJwsJson of several': () =>
        verifyJwsJson(
          GENERAL,
          importJwks({ keys: [exportJwk(keyPair('EdDSA').publicKey), exportJwk(keyPair('RS256').publicKey)] }),
        ),
      SIGNATURE_ALGORITHMS: () => SIGNATURE_ALGORITHMS,
      ERROR_HELP: () => ERROR_HELP,
    });
}
const DRAFTED = Buffer.from(
  draftJwt({ iss: ISSUER, list: ['a'] }, { alg: 'EdDSA', expiresIn: 60, now: NOW, header: { list: ['a'] } })
    .signingInput,
).toString();

/** Verifiers, remote sets, endpoints and stores, which keep something between calls. */
async function services(): Promise<Collect> {
  const issuer = fakeIssuer(() => new Response('{}'));
  issuer.now = NOW;
  issuer.answer = () =>
    issuer.requests.at(-1)?.url.includes('/.well-known/')
      ? Response.json(METADATA)
      : Response.json(JWKS, { headers: { etag: '"a"' } });
  const { fetch } = issuer.options;
  const remote = remoteJwks(`${ISSUER}/jwks`, issuer.options);
  const discovered = discoverJwks(ISSUER, issuer.options);
  await Promise.all([remote.refresh(), discovered.refresh()]);
  const options = { issuer: ISSUER, audience: AUDIENCE, clock: () => NOW };
  const set = importJwks(JWKS);
  const source = { current: set, keys: () => set };
  const verifiers = {
    'by a set': createVerifier({ ...options, keys: set }),
    'with a cache': createVerifier({ ...options, keys: set, cache: { max: 9 } }),
    'by a remote set, with a cache': createVerifier({ ...options, keys: remote, cache: { max: 9 } }),
    'by a source': createVerifier({ ...options, keys: source }),
    'of several': createVerifier({
      issuers: [{ ...options, keys: set }].map(({ clock: _, ...each }) => each),
      clock: () => NOW,
    }),
  };
  const events: BearerEvent[] = [];
  const perVerifier = Object.fromEntries(
    Object.entries(verifiers).flatMap(([name, verifier]) =>
      [TOKEN, CRITICAL, WRONG, UNKNOWN].flatMap((token, j) => [
        [`verify ${name} ${j}`, () => verifier.verify(token)],
        [`verifySync ${name} ${j}`, () => verifier.verifySync(token)],
        [`explain ${name} ${j}`, () => explainToken(verifier, token, { values: true })],
        [
          `authenticate ${name} ${j}`,
          () => authenticate(verifier, `Bearer ${token}`, { scope: ['a'], onEvent: (event) => events.push(event) }),
        ],
      ]),
    ),
  );
  const endpoint = jwksEndpoint(set, { issuer: ISSUER, openid: { claims_supported: ['sub'] } });
  const guarded = bearerFetch(verifiers['with a cache'], (_, jwt) => Response.json(jwt.claims));
  const store = memoryStore();
  const saved = memoryStore();
  await saved.save('{}', 0);
  const seal = createSeal([new Uint8Array(32).fill(7)]);
  const sealed = await seal.seal('text', { ring: 'r', kid: 'k' });
  const answered = async (response: Response) => [
    response.status,
    new Map(response.headers),
    response.headers,
    await response.text(),
  ];
  return () => {
    events.length = 0;
    issuer.events.length = 0;
    return collected({
      ...perVerifier,
      'bearer events': () => events.map(({ explain, ...event }) => [event, explain({ values: true })]),
      'remote.current': () => [remote.current, discovered.current],
      'remote.for': () => remote.for(TOKEN),
      'remote.now': () => remote.now(TOKEN),
      'remote.status': () => remote.status,
      'remote.snapshot': () => remote.snapshot(),
      'remote from a snapshot': () =>
        remoteJwks(`${ISSUER}/jwks`, { ...issuer.options, snapshot: remote.snapshot() }).current,
      discover: () => discover(ISSUER, { fetch }),
      fetchJwks: () => fetchJwks(`${ISSUER}/jwks`, { fetch }),
      'jwks events': () => [...issuer.events],
      endpoint: async () => answered(await endpoint(new Request(`${ISSUER}/.well-known/jwks.json`))),
      'endpoint metadata': async () =>
        answered(await endpoint(new Request(`${ISSUER}/.well-known/openid-configuration`))),
      'endpoint 404': async () => answered(await endpoint(new Request(`${ISSUER}/none`))),
      bearerFetch: async () =>
        answered(await guarded(new Request(ISSUER, { headers: { authorization: `Bearer ${TOKEN}` } }))),
      'bearerFetch refused': async () => answered(await guarded(new Request(ISSUER))),
      'store.load': () => Promise.all([store.load(), saved.load()]),
      seal: () => seal,
      unseal: () => seal.unseal(sealed, { ring: 'r', kid: 'k' }),
    });
  };
}

/** Numbers from 0 to below a bound: a linear congruential generator. */
function numbersFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe('what public functions return', () => {
  test.each(['core', 'services'] as const)('can be changed, and every door answers as before: %s', async (which) => {
    const collect = await (which === 'core' ? core() : services());
    await collect(); // the first unknown kid leads to a request, the second does not
    const before = textOf(await collect());
    expect(before.length).toBeGreaterThan(50);
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const pick = numbersFrom(seed);
        for (const [, value] of await collect()) deepMutate(value, pick);
        expect(textOf(await collect()).filter((text, i) => text !== before[i])).toEqual([]);
      }),
      fuzzing(30),
    );
  });
});

type Spoil = (inputs: unknown) => void;

/** How a handle answers that was made of inputs which are spoiled since. */
function made<Inputs>(inputs: () => Inputs, make: (inputs: Inputs) => Readonly<Record<string, () => unknown>>) {
  return async (spoil: Spoil): Promise<string[]> => {
    const given = inputs();
    const runs = make(given);
    spoil(given);
    return textOf(await collected(runs));
  };
}

const { fetch: _, ...REMOTE } = fakeIssuer(() => new Response('{}')).options;
const SNAPSHOT = {
  version: 1 as const,
  url: `${ISSUER}/jwks`,
  fetchedAt: NOW,
  receivedAt: NOW,
  freshUntil: NOW + 60,
  jwks: JWKS,
};
const judged = (verifier: ReturnType<typeof createVerifier>) => ({
  ...Object.fromEntries(
    [TOKEN, CRITICAL, WRONG, UNKNOWN].map((token, i) => [
      `explain ${i}`,
      () => explainToken(verifier, token, { values: true }),
    ]),
  ),
  claims: () => verifier.verifySync(TOKEN).claims,
  critical: () => verifier.verifySync(CRITICAL).claims,
});
const listed = () => ({
  issuer: [ISSUER],
  audience: [AUDIENCE, 'https://other.example'],
  algorithms: ['ES256' as const],
  requiredClaims: ['sub'],
  crit: ['x'],
});

const HANDLES = {
  'createVerifier of one issuer': made(
    () => ({ ...listed(), cache: { max: 3 }, keys: importJwks(JWKS), clock: () => NOW }),
    (options) => judged(createVerifier(options)),
  ),
  'createVerifier of several': made(
    () => ({ issuers: [{ ...listed(), keys: importJwks(JWKS) }], cache: { max: 3 }, clock: () => NOW }),
    (options) => judged(createVerifier(options)),
  ),
  'createVerifier by discovery': made(
    () => ({
      ...listed(),
      issuer: ISSUER,
      clock: () => NOW,
      remote: { ...REMOTE, snapshot: { ...structuredClone(SNAPSHOT), url: ISSUER } },
    }),
    (options) => judged(createVerifier(options)),
  ),
  remoteJwks: made(
    () => {
      const requests: unknown[] = [];
      const fetch: typeof globalThis.fetch = async (url, init) => {
        requests.push([String(url), [...new Headers(init?.headers)]]);
        return Response.json(JWKS);
      };
      const options = {
        ...REMOTE,
        algorithms: ['ES256' as const],
        headers: { 'x-api-key': 'a' },
        snapshot: structuredClone(SNAPSHOT),
        onEvent: undefined,
        fetch,
      };
      return { url: new URL(`${ISSUER}/jwks`), options, requests: () => requests.splice(0) };
    },
    ({ url, options, requests }) => {
      const remote = remoteJwks(url, options);
      return {
        current: () => remote.current,
        status: () => remote.status,
        of: () => [...[TOKEN, UNKNOWN].map((token) => [remote.now(token)])],
        refused: () => remote.now(forge('RS256', { alg: 'RS256', kid: 'k1' }, CLAIMS)),
        requested: async () => [await remote.refresh(), requests()],
      };
    },
  ),
  importKey: made(
    () => structuredClone([VERIFY_ONLY, JWKS.keys[2]] as never[]),
    (jwks) => {
      const [secret, ed] = jwks.map((jwk) => importKey(jwk));
      return {
        signs: () => secret && signJws(octets('x'), secret),
        secret: () => secret && exportPrivateJwk(secret),
        public: () => ed && exportJwk(ed),
      };
    },
  ),
  'importKey of octets': made(
    () => new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    (der) => {
      const key = importKey(der);
      return { key: () => [thumbprint(key), verifyJwt(TOKEN, key, EXPECTED)] };
    },
  ),
  importSecret: made(
    () => ({ octets: secretBytes('HS256'), options: { alg: 'HS256' as const, kid: 'a' } }),
    ({ octets: secret, options }) => {
      const key = importSecret(secret, options);
      return { key: () => [key, exportPrivateJwk(key), signJws(octets('x'), key)] };
    },
  ),
  'importJwks and KeySet': made(
    () => ({
      jwks: structuredClone(JWKS),
      keys: [importKey(publicKey, { kid: 'k1' })],
      skipped: [{ index: 0, reason: 'a' }],
    }),
    ({ jwks, keys, skipped }) => {
      const sets = [importJwks(jwks), new KeySet(keys, skipped)];
      return Object.fromEntries(
        sets.flatMap((set, i) => [
          [`set ${i}`, () => [set, set.named('k1'), set.toJSON()]],
          [`verified ${i}`, () => verifyJwt(TOKEN, set, EXPECTED)],
        ]),
      );
    },
  ),
  createSeal: made(
    () => [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)],
    (keys) => {
      const seal = createSeal(keys);
      return { unseal: () => SEALED.then((texts) => Promise.all(texts.map((text) => seal.unseal(text, CONTEXT)))) };
    },
  ),
  draftJwt: made(
    () => ({
      claims: { iss: ISSUER, list: [{ a: 1 }] },
      options: { alg: 'EdDSA' as const, expiresIn: 60, now: NOW, header: { list: ['a'] } },
    }),
    ({ claims, options }) => {
      const draft = draftJwt(claims, options);
      return {
        token: () => draft.complete(new Uint8Array(64)),
        input: () => Buffer.from(draft.signingInput).toString(),
      };
    },
  ),
  jwksEndpoint: made(
    () => ({ issuer: ISSUER, openid: { claims_supported: ['sub'], nested: { list: ['a'] } }, maxAge: 60 }),
    (options) => {
      const endpoint = jwksEndpoint(importJwks(JWKS), options);
      const at = async (path: string) => (await endpoint(new Request(ISSUER + path))).text();
      return { jwks: () => at('/.well-known/jwks.json'), openid: () => at('/.well-known/openid-configuration') };
    },
  ),
  bearerFetch: made(
    () => ({ scope: ['a'], realm: 'r' }),
    (options) => {
      const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: importJwks(JWKS), clock: () => NOW });
      const guarded = bearerFetch(verifier, () => new Response(), options);
      const request = () => new Request(ISSUER, { headers: { authorization: `Bearer ${TOKEN}` } });
      return { verdict: async () => [...(await guarded(request())).headers] };
    },
  ),
};
const CONTEXT = { ring: 'r', kid: 'k' };
const SEALED = Promise.all([7, 8].map((octet) => createSeal(new Uint8Array(32).fill(octet)).seal('text', CONTEXT)));

describe('what callers pass in', () => {
  test.each(Object.entries(HANDLES))('can be changed afterwards: %s', async (_name, answers) => {
    const before = await answers(() => undefined);
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const after = await answers((given) => deepMutate(given, numbersFrom(seed)));
        expect(after.filter((text, i) => text !== before[i])).toEqual([]);
      }),
      fuzzing(40),
    );
  });
});

test('a simulation is a result of its own', () => {
  const before = textOf([['simulation', simulate({ maxTokenLifetime: '1h' })]]);
  deepMutate(simulate({ maxTokenLifetime: '1h' }), numbersFrom(1));
  expect(textOf([['simulation', simulate({ maxTokenLifetime: '1h' })]])).toEqual(before);
});

/** An issuer, and everything that its methods, its events and its hooks hand out in a life of its own. */
async function issuing() {
  const given: unknown[] = [];
  const { privateKey: outside } = keyPair('EdDSA');
  const external = {
    publicJwk: exportJwk(outside),
    sign: (bytes: Uint8Array) => sign(null, bytes, nodePair('EdDSA').privateKey),
    reference: 'arn:1',
  };
  const options = {
    issuer: 'https://issuer.example',
    store: memoryStore(),
    policy: { maxTokenLifetime: '1h' },
    algorithms: ['ES256', 'EdDSA'],
    clock: () => NOW,
    onEvent: (event: object) => given.push(event),
  } as const;
  await createIssuer({ ...options, firstKeys: [keyPair('ES256').privateKey, external] });
  const signerFor = (record: object) => {
    given.push(record);
    return external.sign;
  };
  const issuer = await createIssuer({ ...options, signerFor });
  await issuer.sign({}, { audience: 'api', expiresIn: 60, alg: 'EdDSA' });
  return { issuer, given };
}

test('what an issuer returns, tells and hands to its hooks is nobody’s but the taker’s', async () => {
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.nat()), async (numbers) => {
      const { issuer, given } = await issuing();
      const look = async () => ({
        policy: issuer.policy,
        status: await issuer.status(),
        jwks: await issuer.jwks(),
        published: await issuer.published(),
        keys: (await issuer.keys()).toJSON(),
        timeline: await issuer.timeline(NOW, NOW + 1e7),
      });
      const before = structuredClone(await look());
      const changes = [await issuer.rotate({ alg: 'ES256' }), await look()];
      const after = structuredClone(await look());
      const pick = (bound: number) => Number(numbers.next().value) % bound;
      for (let i = 0; i < 3; i++) deepMutate([given, changes, await look()], pick);
      expect(await look()).toEqual(after);
      expect(after.policy).toEqual(before.policy);
      const token = await issuer.sign({}, { audience: 'api', expiresIn: 60, alg: 'EdDSA' });
      expect(verifyJwt(token, await issuer.keys(), { issuer: issuer.issuer, audience: 'api', now: NOW }).key.alg).toBe(
        'EdDSA',
      );
    }),
    { numRuns: 20 },
  );
});
