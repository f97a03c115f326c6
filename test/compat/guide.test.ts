// The guide's table of habits: each is tried on the native API, and what is thrown says what to write in its place. The pairs of
// code above the table are run by bench/guide.mjs, beside the other libraries.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  bearer,
  createVerifier,
  exportPem,
  exportPrivatePem,
  importKey,
  importSecret,
  readUnverifiedJwt,
  remoteJwks,
  signJwt,
  verifyJwt,
} from '../../src/index.ts';
import { keyPairs } from '../support/keys.ts';

const { privateKey, publicKey } = keyPairs.ES256;
const ISSUER = 'https://issuer.example';
const JWKS = `${ISSUER}/jwks.json`;
const EXPECTED = { issuer: ISSUER, audience: 'api' };
const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'user-1' };
const TOKEN = signJwt(CLAIMS, privateKey, { expiresIn: '5m' });
const FOREVER = signJwt(CLAIMS, privateKey, { expiresIn: null });
const verifier = createVerifier({ ...EXPECTED, keys: publicKey });

/** A call as users of another library write it, whose types are wrong here. */
type Loose = (...args: readonly unknown[]) => unknown;
const loose = (call: (...args: never[]) => unknown): Loose => call as Loose;
const verify = (more: object) => () => loose(verifyJwt)(TOKEN, publicKey, { ...EXPECTED, ...more });
const create = (more: object) => () => loose(createVerifier)({ ...EXPECTED, ...more });
const sign = (more: object) => () => loose(signJwt)({ sub: 'user-1' }, privateKey, { expiresIn: '5m', ...more });
const remote = (more: object) => () => loose(remoteJwks)(JWKS, more);
const guard = (more: object) => () => loose(bearer)(verifier, more);

interface Habit {
  /** The first cell of its row. */
  readonly there: string;
  /** What a user writes first. */
  readonly runs: readonly (() => unknown)[];
  /** The words of each error. */
  readonly told: RegExp;
}

const HABITS: readonly Habit[] = [
  {
    there: 'a secret as text',
    runs: [() => loose(importSecret)('text', { alg: 'HS256' })],
    told: /^secret must be a Uint8Array of random octets; of text: Buffer\.from\(text, 'base64'\)/,
  },
  {
    there: 'a secret of any length',
    runs: [
      () => importSecret(new Uint8Array(31), { alg: 'HS256' }),
      () => importSecret(new Uint8Array(47), { alg: 'HS384' }),
      () => importSecret(new Uint8Array(63), { alg: 'HS512' }),
    ],
    told: /^the secret is shorter than HS\d+ needs$/,
  },
  {
    there: 'a PEM text as a key',
    runs: [() => loose(verifyJwt)(TOKEN, exportPem(publicKey), EXPECTED)],
    told: /^keys must be a Key or a KeySet \(importKey, /,
  },
  {
    there: '`getKey(header, callback)`',
    runs: [() => loose(verifyJwt)(TOKEN, () => publicKey, EXPECTED)],
    told: /for remote keys: verifyJwt\(token, await keys\.for\(token\), expected\), or createVerifier$/,
  },
  {
    there: 'a callback',
    runs: [
      () => loose(verifyJwt)(TOKEN, publicKey, EXPECTED, () => undefined),
      () => loose(signJwt)(CLAIMS, privateKey, { expiresIn: 60 }, () => undefined),
      () => loose(readUnverifiedJwt)(TOKEN, () => undefined),
    ],
    told: /takes \d arguments?, and was given \d$/,
  },
  {
    there: 'no `issuer` or no `audience`',
    runs: [verify({ issuer: undefined }), verify({ audience: undefined }), create({ audience: undefined })],
    told: /\.(issuer|audience) must be given: a name such as .* or null to leave it unchecked$/,
  },
  {
    there: '`audience: /^api/`',
    runs: [verify({ audience: /^api/ })],
    told: /^expected\.audience must be a name such as 'api', several in an array/,
  },
  {
    there: "`algorithms: 'RS256'`",
    runs: [verify({ algorithms: 'RS256' })],
    told: /^expected\.algorithms must be an array of signature algorithms such as 'ES256'$/,
  },
  {
    there: 'tokens without `exp`',
    runs: [() => verifyJwt(FOREVER, publicKey, EXPECTED)],
    told: /^claims refused: "exp" missing$/,
  },
  {
    there: '`ignoreExpiration: true`',
    runs: [verify({ ignoreExpiration: true }), create({ ignoreExpiration: true })],
    told: /is not an option: catch ERR_JWT_EXPIRED, which means that only the expiry failed$/,
  },
  { there: '`complete: true`', runs: [verify({ complete: true })], told: /^expected\.complete is not an option$/ },
  { there: '`clockTolerance: 5`', runs: [verify({ clockTolerance: 5 })], told: /; clockSkew is$/ },
  {
    there: '`clockTimestamp`, `currentDate`',
    runs: [verify({ clockTimestamp: 5 }), verify({ currentDate: new Date(0) }), create({ currentDate: new Date(0) })],
    told: /is not an option; (now|options\.clock) is$/,
  },
  { there: '`maxTokenAge`', runs: [verify({ maxTokenAge: '1h' })], told: /; maxAge is$/ },
  {
    there: "`maxAge: '1 hour'`",
    runs: [verify({ maxAge: '1 hour' })],
    told: /^expected\.maxAge must be a duration such as '5m', or a number of seconds$/,
  },
  {
    there: '`jwtid`, `nonce` of `verify`',
    runs: [verify({ jwtid: 'id-1' }), verify({ nonce: 'n' })],
    told: /is not an option; claims is$/,
  },
  {
    there: '`decode` gives null',
    runs: [() => readUnverifiedJwt('no token')],
    told: /^the token has not exactly three parts$/,
  },
  {
    there: '`algorithm`, `keyid` of `sign`',
    runs: [sign({ algorithm: 'ES256' }), sign({ keyid: 'key-1' })],
    told: /is not an option: the key says it, as importKey\(…, \{ alg, kid \}\) does$/,
  },
  {
    there: '`issuer`, `audience`, `subject`, `jwtid` of `sign`',
    runs: [sign({ issuer: 'a' }), sign({ audience: 'a' }), sign({ subject: 'a' }), sign({ jwtid: 'a' })],
    told: /is not an option: put it into the claims, as (iss|aud|sub|jti)$/,
  },
  {
    there: 'no `expiresIn`',
    runs: [() => loose(signJwt)(CLAIMS, privateKey, {})],
    told: /^options\.expiresIn must be given: .* or null for a token that does not expire$/,
  },
  {
    there: "`expiresIn: '3600'`",
    runs: [sign({ expiresIn: '3600' })],
    told: /^options\.expiresIn must be a duration such as '5m', a number of seconds, or null/,
  },
  {
    there: '`noTimestamp: true`',
    runs: [sign({ noTimestamp: true })],
    told: /^options\.noTimestamp is not an option$/,
  },
  {
    there: 'a numeric `sub`',
    runs: [() => loose(signJwt)({ sub: 5 }, privateKey, { expiresIn: 60 })],
    told: /^claims\.sub must be a string$/,
  },
  {
    there: 'text or octets as payload',
    runs: ['text', new Uint8Array(4)].map((claims) => () => loose(signJwt)(claims, privateKey, { expiresIn: 60 })),
    told: /^claims must be a plain object such as \{ sub: 'user' \}$/,
  },
  {
    there: '`jwksClient({ jwksUri })`',
    runs: [() => loose(remoteJwks)({ jwksUri: JWKS })],
    told: /^url must be a URL/,
  },
  {
    there: '`rateLimit: true`, `jwksRequestsPerMinute`',
    runs: [remote({ rateLimit: true }), remote({ jwksRequestsPerMinute: 5 })],
    told: /^options\.\w+ is not an option$/,
  },
  { there: '`cacheMaxAge` in milliseconds', runs: [remote({ cacheMaxAge: 600_000 })], told: /; maxFresh is$/ },
  { there: '`cacheMaxAgeFallback`', runs: [remote({ cacheMaxAgeFallback: 5 })], told: /; staleFor is$/ },
  {
    there: '`requestAgent`, `fetcher`',
    runs: [remote({ requestAgent: {} }), remote({ agent: {} }), remote({ fetcher: () => undefined })],
    told: /; fetch is$/,
  },
  {
    there: '`jwtVerify(token, createRemoteJWKSet(url))`',
    runs: [() => loose(verifyJwt)(TOKEN, remoteJwks(JWKS), EXPECTED)],
    told: /verifyJwt\(token, await keys\.for\(token\), expected\)/,
  },
  {
    there: "`importPKCS8(pem, 'RS256')`",
    runs: [() => loose(importKey)(exportPrivatePem(privateKey), 'ES256')],
    told: /^options must be a plain object such as \{ alg: 'ES256' \}$/,
  },
  {
    there: 'a CryptoKey that is not extractable',
    runs: [
      async () => {
        const usages = ['sign', 'verify'] as const;
        const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [...usages]);
        return importKey(pair.privateKey);
      },
    ],
    told: /^key is a CryptoKey that is not extractable$/,
  },
  {
    there: '`credentialsRequired: false`, `authRequired: false`',
    runs: [guard({ credentialsRequired: false }), guard({ authRequired: false })],
    told: /; optional is$/,
  },
  {
    there: "`requiredScopes('orders:read')`",
    runs: [guard({ requiredScopes: 'orders:read' })],
    told: /; scope is$/,
  },
  {
    there: '`secretOrKey`, `secretOrKeyProvider`, `secret`',
    runs: [create({ secretOrKey: 'a' }), create({ secretOrKeyProvider: () => 'a' }), create({ secret: 'a' })],
    told: /; options\.keys is: remoteJwks\(url\), importJwks\(jwks\) or importKey\(key\)$/,
  },
  {
    there: '`clientId`, `tokenUse`',
    runs: [create({ clientId: 'a' }), create({ tokenUse: 'access' })],
    told: /is not an option; claims is$/,
  },
  {
    there: '`issuerBaseURL`, `tokenSigningAlg`',
    runs: [create({ issuerBaseURL: ISSUER }), create({ tokenSigningAlg: 'ES256' })],
    told: /is not an option; (issuer|algorithms) is$/,
  },
  {
    there: "`error.name === 'TokenExpiredError'`",
    runs: [verify({ now: new Date(4_000_000_000_000) })],
    told: /^the token has expired$/,
  },
];

describe('habits of other libraries', () => {
  const page = readFileSync(new URL('../../src/compat/guide/README.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('## Habits that need a change'));

  test('the guide lists those that are tried here, in this order', () => {
    const rows = Array.from(table.matchAll(/^\| (?!there |---)(.+?) \| .+ \| ?.*\|$/gm), ([, there]) => there);
    expect(rows).toEqual(HABITS.map(({ there }) => there));
  });

  test.each(HABITS)('$there', async ({ runs, told }) => {
    for (const run of runs) await expect((async () => run())()).rejects.toThrow(told);
  });

  test('numbers are seconds, and nothing says so of milliseconds below a day', () => {
    expect(remote({ timeout: 30_000 })).not.toThrow();
    expect(remote({ timeout: 300_000 })).toThrow('a number of seconds (not milliseconds)');
  });

  test('an error has one name, and its code tells which it is', async () => {
    const error = await verifier.verify('no token').catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'JoseError', code: 'ERR_JWS_INVALID' });
  });
});
