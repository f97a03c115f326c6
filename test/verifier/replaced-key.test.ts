// A key replaced under its kid: the next valid token makes the verifier look again, and no flood of bad signatures can make it
// look more than once a minute.
import { describe, expect, test } from 'vitest';
import {
  createVerifier,
  exportJwk,
  importJwks,
  importKey,
  type JoseErrorCode,
  type Key,
  type RemoteJwks,
  remoteJwks,
  signJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { changeCharacter } from '../support/flip.ts';
import { type FakeIssuer, fakeIssuer, hanging, JWKS_URL, jwksResponse } from '../support/issuer.ts';
import { freshPair } from '../support/keys.ts';

const NAME = 'https://issuer.example';
const keyOf = (kid: string) => importKey(freshPair('ec', { namedCurve: 'P-256' }).privateKey, { alg: 'ES256', kid });
const [before, after, other] = [keyOf('a'), keyOf('a'), keyOf('b')];
const T = 1_700_000_000;
const DAY = 86_400;
const tokenOf = (key: Key) => signJwt({ iss: NAME, aud: 'api' }, key, { expiresIn: 30 * DAY, now: T });
const broken = (token: string) => token.slice(0, -4) + changeCharacter(token.slice(-4, -3)) + token.slice(-3);

interface World {
  readonly issuer: FakeIssuer;
  readonly keys: RemoteJwks;
  readonly verdict: (token: string) => Promise<JoseErrorCode | string>;
  readonly sync: (token: string) => unknown;
}

/** A verifier that has fetched the old key, `idle` seconds ago. */
async function warm(idle = 120): Promise<World> {
  const issuer = fakeIssuer(() => jwksResponse([before.publicKey()]));
  const keys = remoteJwks(JWKS_URL, issuer.options);
  const verifier = createVerifier({ issuer: NAME, audience: 'api', keys, clock: () => issuer.now, cache: { max: 9 } });
  const verdict = async (token: string) => {
    try {
      return String((await verifier.verify(token)).key.kid);
    } catch (error) {
      return (error as { code: JoseErrorCode }).code;
    }
  };
  expect(await verdict(tokenOf(before))).toBe('a');
  issuer.now += idle;
  return { issuer, keys, verdict, sync: (token) => codeOf(() => verifier.verifySync(token)) };
}

const FAILED = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';

test('the first token under the new key is verified, after one request without an ETag', async () => {
  const { issuer, verdict } = await warm();
  issuer.answer = () => jwksResponse([after.publicKey()], { etag: '"x"' });
  expect(await verdict(tokenOf(after))).toBe('a');
  expect(issuer.requests).toHaveLength(2);
  expect(issuer.requests[1]?.headers.has('if-none-match')).toBe(false);
  expect(await verdict(tokenOf(before))).toBe(FAILED);
  expect(issuer.requests).toHaveLength(2);
});

test('verifySync does not wait, and asks for nothing', async () => {
  const { issuer, sync } = await warm();
  issuer.answer = () => jwksResponse([after.publicKey()]);
  expect(sync(tokenOf(after))).toBe(FAILED);
  expect(issuer.requests).toHaveLength(1);
});

test('many at once wait for one request', async () => {
  const { issuer, verdict } = await warm();
  const { response, release } = hanging();
  issuer.answer = () => response;
  const all = Promise.all(
    Array.from({ length: 100 }, (_, i) => verdict(i % 2 ? tokenOf(after) : broken(tokenOf(after)))),
  );
  release(jwksResponse([after.publicKey()]));
  expect(new Set(await all)).toEqual(new Set(['a', FAILED]));
  expect(issuer.requests).toHaveLength(2);
});

test('bad signatures cause at most one request a minute, however many there are', async () => {
  const { issuer, verdict } = await warm();
  const bad = broken(tokenOf(before));
  for (let second = 0; second < 600; second++) {
    issuer.now += 1;
    for (let i = 0; i < 3; i++) expect(await verdict(bad)).toBe(FAILED);
    expect(await verdict(tokenOf(before))).toBe('a');
  }
  expect(issuer.requests.length - 1).toBeLessThanOrEqual(10);
  expect(issuer.requests.length - 1).toBeGreaterThanOrEqual(9);
});

test('they spend nothing of the allowance for unknown kids', async () => {
  const { issuer, verdict } = await warm();
  expect(await verdict(broken(tokenOf(before)))).toBe(FAILED);
  issuer.answer = () => jwksResponse([before.publicKey(), other.publicKey()]);
  expect(await verdict(tokenOf(other))).toBe('b');
  const invented = Array.from({ length: 5 }, (_, i) => tokenOf(keyOf(`invented-${i}`)));
  for (const token of invented) expect(await verdict(token)).toBe('ERR_JWKS_NO_MATCHING_KEY');
  expect(issuer.requests).toHaveLength(1 + 1 + 3); // the bad signature's, and a burst of three for unknown kids
});

test.each([0, 59])('not within a minute of the last request: %i s', async (idle) => {
  const { issuer, verdict } = await warm(idle);
  issuer.answer = () => jwksResponse([after.publicKey()]);
  expect(await verdict(tokenOf(after))).toBe(FAILED);
  issuer.now = T + 60;
  expect(await verdict(tokenOf(after))).toBe('a');
});

describe('the verdict stays', () => {
  test.each<[string, () => Response]>([
    ['the key is the same', () => jwksResponse([before.publicKey()])],
    ['the key is gone', () => jwksResponse([other.publicKey()])],
    ['the set is empty', () => jwksResponse([])],
    ['the issuer fails', () => new Response(null, { status: 503 })],
    ['the issuer sends something else', () => new Response('<html>')],
    ['the kid is ambiguous', () => jwksResponse([before.publicKey(), after.publicKey()])],
    ['it is for another alg', () => Response.json({ keys: [{ ...exportJwk(after), alg: 'ES384' }] })],
  ])('where %s', async (_, answer) => {
    const { issuer, verdict } = await warm();
    issuer.answer = answer;
    expect(await verdict(broken(tokenOf(before)))).toBe(FAILED);
    expect(issuer.requests).toHaveLength(2);
  });

  test('where the issuer has failed lately: no request before its pause is over', async () => {
    const { issuer, keys, verdict } = await warm(700);
    issuer.answer = () => new Response(null, { status: 503, headers: { 'retry-after': '200' } });
    await keys.refresh().catch(() => undefined);
    issuer.now += 100;
    expect(await verdict(broken(tokenOf(before)))).toBe(FAILED);
    expect(issuer.requests).toHaveLength(2);
  });

  test('with keys that were given, which cannot change', async () => {
    const set = importJwks({ keys: [exportJwk(before)] });
    for (const given of [before.publicKey(), set, { current: set, keys: () => set }]) {
      const verifier = createVerifier({ issuer: NAME, audience: 'api', keys: given, clock: () => T });
      await expect(verifier.verify(tokenOf(after))).rejects.toMatchObject({ code: FAILED });
    }
  });

  test('a token refused for its claims asks for nothing', async () => {
    const { issuer, verdict } = await warm();
    const foreign = signJwt({ iss: NAME, aud: 'other' }, before, { expiresIn: 30 * DAY, now: T });
    expect(await verdict(foreign)).toBe('ERR_JWT_CLAIM_VALIDATION_FAILED');
    expect(issuer.requests).toHaveLength(1);
  });
});

test('a verified token is not taken from the cache once its key was replaced', async () => {
  const { issuer, verdict } = await warm();
  const token = tokenOf(before);
  expect(await verdict(token)).toBe('a');
  issuer.answer = () => jwksResponse([after.publicKey()]);
  expect(await verdict(tokenOf(after))).toBe('a');
  expect(await verdict(token)).toBe(FAILED);
});

test('an error of the application’s own schema is no bad signature, whatever code it has', async () => {
  const issuer = fakeIssuer(() => jwksResponse([before.publicKey()]));
  const keys = remoteJwks(JWKS_URL, issuer.options);
  const failure = Object.assign(new Error('of the schema'), { code: FAILED });
  const validate = () => {
    throw failure;
  };
  const schema = { '~standard': { version: 1, vendor: 'x', validate } } as const;
  const verifier = createVerifier({ issuer: NAME, audience: 'api', keys, clock: () => issuer.now, schema });
  await keys.refresh();
  issuer.now += 120;
  await expect(verifier.verify(tokenOf(before))).rejects.toBe(failure);
  expect(issuer.requests).toHaveLength(1);
});
