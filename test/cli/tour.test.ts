import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { tour } from '../../src/cli/tour.ts';
import type { PublishKeys } from '../../src/cli/tour-environment.ts';
import { exportJwk, generateKey, importJwks, JoseError, jwksEndpoint } from '../../src/index.ts';
import { fakeHost } from './host.ts';

/** The output with what differs from run to run replaced. */
const stable = (text: string): string =>
  text.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:PORT').replace(/[\w-]{14}…\.[\w-]{14}…\.[\w-]{14}…/g, 'TOKEN');

const { TMPDIR } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'barejose-tours-'));
beforeAll(() => {
  process.env.TMPDIR = folder;
});
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(folder, { recursive: true });
});

test('the whole tour, which removes its ring', async () => {
  const { host, out, err } = fakeHost({});
  expect(await run(host)).toBe(0);
  expect(err()).toBe('');
  await expect(stable(out())).toMatchFileSnapshot('tour.txt');
  expect(readdirSync(folder)).toEqual([]);
});

test.each([60, 72, 80])('it fits a terminal of %d columns, in colour', async (columns) => {
  const { host, out } = fakeHost({ terminal: true, columns });
  expect(await tour(host)).toBe(0);
  expect(out()).toContain('\u001b[32m✓\u001b[39m');
  for (const line of stripVTControlCharacters(out()).split('\n'))
    expect(line.length, line).toBeLessThanOrEqual(columns);
});

test('it is about two screens long', async () => {
  const { host, out } = fakeHost({});
  await tour(host);
  expect(out().split('\n').length).toBeLessThanOrEqual(100);
});

test('no colour with NO_COLOR', async () => {
  const { host, out } = fakeHost({ terminal: true, env: { NO_COLOR: '1' } });
  expect(await tour(host)).toBe(0);
  expect(out()).not.toContain('\u001b');
});

describe('an unexpected result is marked, and the exit code is not 0', () => {
  const unexpectedLines = (text: string) => text.split('\n').filter((line) => line.trim().startsWith('!'));

  test('the issuer publishes other keys: nothing verifies', async () => {
    const { host, out } = fakeHost({});
    const other = jwksEndpoint(importJwks({ keys: [exportJwk(await generateKey('ES256', { kid: 'other' }))] }));
    expect(await tour(host, () => other)).toBe(1);
    expect(unexpectedLines(out())).toEqual([
      '  !  RS256 should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
      '  !  ES256 should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
      '  !  EdDSA should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
      '  !  expired should have been refused with ERR_JWT_EXPIRED',
      '  !  wrong audience should have been refused with ERR_JWT_CLAIM_VALIDATION_FAILED',
      '  !  tampered payload should have been refused with ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      '  !  one bit flipped should have been refused with ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      '  !  duplicate member should have been refused with ERR_JWT_INVALID',
      '  !  2026-01-02 01:00   not true: tokens of ec-1 and of ec-2 are both accepted',
      '  !  2026-01-04 00:01   not true: a token of ec-2 is still accepted: the service caches the set for 10 minutes',
      '  !  2026-01-04 00:11   not true: a token of ec-3 is accepted',
      '  !  Some results are not as expected: see the lines marked !',
    ]);
  });

  test('one key is not published: its token is not accepted', async () => {
    const { host, out } = fakeHost({});
    expect(await tour(host, without('rsa-1'))).toBe(1);
    expect(unexpectedLines(out())).toEqual([
      '  !  RS256 should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
      '  !  expired should have been refused with ERR_JWT_EXPIRED',
      '  !  Some results are not as expected: see the lines marked !',
    ]);
  });

  test('a key goes on being published when it is revoked: its token is accepted', async () => {
    const { host, out } = fakeHost({});
    expect(await tour(host, hoarding)).toBe(1);
    expect(unexpectedLines(out())).toEqual([
      '  !  2026-01-04 00:11   not true: it is refused: undefined',
      '  !  Some results are not as expected: see the lines marked !',
    ]);
  });

  test('none is published: the keys are unavailable, and nothing is left behind', async () => {
    const { host } = fakeHost({});
    await expect(tour(host, () => async () => new Response(null, { status: 503 }))).rejects.toThrow(JoseError);
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** The set of the ring but for one key. */
function without(missing: string): PublishKeys {
  return (issuer) => async () =>
    Response.json({ keys: (await issuer.jwks()).keys.filter(({ kid }) => kid !== missing) });
}

/** Every key that was ever in the set. */
const hoarding: PublishKeys = (issuer) => {
  const seen = new Map();
  return async () => {
    for (const key of (await issuer.jwks()).keys) seen.set(key.kid, key);
    return Response.json({ keys: [...seen.values()] });
  };
};
