// Snapshots, mutated, and caching headers, whatever they say: a remote set keeps to its bounds, and to public keys.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportJwk, JoseError, KeySet, type RemoteJwks, remoteJwks } from '../../src/index.ts';
import { freshnessOf } from '../../src/remote/policy.ts';
import { readSnapshot } from '../../src/remote/snapshot.ts';
import { FUZZ_TIMEOUT, fuzzing, mutatedJson } from '../support/fuzz.ts';
import { fakeIssuer, JWKS_URL, jwksResponse } from '../support/issuer.ts';
import { keyPair } from '../support/keys.ts';

const NOW = 1_700_000_000;
const KEYS = (['ES256', 'EdDSA', 'RS256'] as const).map((alg) => keyPair(alg).publicKey);
const JWKS = { keys: KEYS.map((key, i) => ({ ...exportJwk(key), kid: `k${i}` })) };
const SNAPSHOT = {
  version: 1,
  url: JWKS_URL,
  fetchedAt: NOW - 60,
  receivedAt: NOW - 120,
  freshUntil: NOW + 540,
  etag: '"a"',
  jwks: JWKS,
};
const AGES = { minFresh: 60, defaultFresh: 600, maxFresh: 3_600, staleFor: 7_200 };
const LONGEST = AGES.maxFresh + AGES.staleFor;
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv', 'oth'];

/** Every instant is a number, in its order, and within what the options allow; what may be used has public keys only. */
function checkSound(remote: RemoteJwks, now: number): void {
  const { state, fetchedAt, refreshAt, freshUntil, staleUntil, retryAt, keys } = remote.status;
  const instants = [fetchedAt, refreshAt, freshUntil, staleUntil].filter((instant) => instant !== undefined);
  expect(instants.every(Number.isFinite)).toBe(true);
  if (fetchedAt !== undefined) {
    expect(fetchedAt).toBeLessThanOrEqual(now);
    expect(Number(freshUntil)).toBeLessThanOrEqual(fetchedAt + AGES.maxFresh);
    expect(Number(staleUntil)).toBeLessThanOrEqual(fetchedAt + LONGEST);
    expect(Number(refreshAt)).toBeLessThanOrEqual(Math.max(fetchedAt, Number(freshUntil)));
  }
  if (retryAt !== undefined) expect(retryAt).toBeLessThanOrEqual(now + 60);
  const { current } = remote;
  expect(current !== undefined).toBe(state === 'fresh' || state === 'stale');
  if (!current) return;
  expect(KeySet.isKeySet(current)).toBe(true);
  expect([keys, current.keys.length]).toEqual([keys, keys]);
  for (const jwk of remote.snapshot()?.jwks.keys ?? [])
    expect(Object.keys(jwk).filter((name) => PRIVATE.includes(name))).toEqual([]);
}

/** What is given, or `undefined` when it is refused as no snapshot of this set. */
function accepted<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    expect(error.code).toMatch(/^ERR_(?:JWKS_INVALID|JOSE_LIMIT_EXCEEDED)$/);
    return undefined;
  }
}

describe('a mutated snapshot', () => {
  const text = mutatedJson([JSON.stringify(SNAPSHOT), JSON.stringify({ ...SNAPSHOT, etag: undefined })]);

  test('is read or refused as ERR_JWKS_INVALID', { timeout: FUZZ_TIMEOUT }, () => {
    fc.assert(
      fc.property(text, (snapshot) => {
        const read = accepted(() => readSnapshot(snapshot.toWellFormed(), JWKS_URL, 65_536));
        if (read) expect([read.version, read.url, typeof read.jwks]).toEqual([1, JWKS_URL, 'object']);
      }),
      fuzzing(2_000),
    );
  });

  test('starts a set within its bounds, or none', { timeout: FUZZ_TIMEOUT }, () => {
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(text, fc.constantFrom(0, 600, 7_000, -1_000), (snapshot, later) => {
        const { options } = fakeIssuer(() => new Response('{}'));
        const clock = () => NOW + later;
        const remote = accepted(() =>
          remoteJwks(JWKS_URL, { ...options, ...AGES, clock, snapshot: snapshot.toWellFormed() }),
        );
        outcomes.add(remote?.status.state ?? 'refused');
        if (!remote) return;
        checkSound(remote, NOW + later);
        const again = remote.snapshot();
        const { status } = remoteJwks(JWKS_URL, { ...options, ...AGES, clock, snapshot: again });
        if (again) expect(status).toEqual({ ...remote.status, skipped: 0, skippedKeys: [] });
      }),
      fuzzing(1_000),
    );
    expect([...outcomes].toSorted()).toEqual(['empty', 'fresh', 'refused', 'stale', 'unavailable']);
  });
});

const digits = fc.oneof(
  fc.nat().map(String),
  fc.stringMatching(/^\d{1,400}$/),
  fc.constantFrom('-1', '1e9', '0x10', ' 5', '5 ', '', 'NaN', 'Infinity'),
);
const directive = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('max-age', 'MAX-AGE', 's-maxage', 'stale-if-error', 'max-ageing'),
      fc.constantFrom('=', '="', ' = ', ''),
      digits,
    )
    .map((parts) => parts.join('')),
  fc.constantFrom(
    'no-cache',
    'no-store',
    'no-cache="set-cookie, x"',
    'public',
    'private',
    'immutable',
    'must-revalidate',
    ',',
    '"',
  ),
);
/** Values that a header can have. */
const headerText = fc.oneof(
  fc.array(directive, { maxLength: 4 }).map((directives) => directives.join(', ')),
  fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,40}$/).map((value) => value.trim()),
);

describe('caching headers', () => {
  test('leave between 0 and 2^31 seconds, or say nothing', { timeout: FUZZ_TIMEOUT }, () => {
    const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
    fc.assert(
      fc.property(
        optional(fc.oneof(headerText, fc.string())),
        optional(fc.oneof(digits, headerText, fc.string())),
        (cacheControl, age) => {
          const seconds = freshnessOf(cacheControl, age);
          expect(seconds === undefined || (seconds >= 0 && seconds <= 2 ** 31)).toBe(true);
        },
      ),
      fuzzing(3_000),
    );
  });

  test('whatever they are, a set that answers came to stays within its bounds', { timeout: FUZZ_TIMEOUT }, async () => {
    const answer = fc.record({
      'cache-control': fc.option(headerText, { nil: undefined }),
      age: fc.option(
        fc.oneof(
          digits.map((text) => text.trim()),
          headerText,
        ),
        { nil: undefined },
      ),
      etag: fc.option(fc.constantFrom('"a"', 'W/"a"', 'a', '""'), { nil: undefined }),
      status: fc.constantFrom(200, 200, 200, 304, 500),
      keys: fc.subarray(KEYS),
      after: fc.oneof(fc.nat(100), fc.nat(10_000), fc.integer({ min: -5_000, max: 0 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 6 }), async (answers) => {
        const issuer = fakeIssuer(() => new Response('{}'));
        const remote = remoteJwks(JWKS_URL, { ...issuer.options, ...AGES });
        for (const { status, keys, after, ...headers } of answers) {
          const given = Object.entries(headers).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, value] as const],
          );
          issuer.answer = () =>
            status === 200
              ? jwksResponse(keys, Object.fromEntries(given))
              : new Response(null, { status, headers: Object.fromEntries(given) });
          await remote
            .refresh()
            .catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' }));
          checkSound(remote, issuer.now);
          issuer.now += after;
          checkSound(remote, issuer.now);
        }
      }),
      fuzzing(300),
    );
  });
});
