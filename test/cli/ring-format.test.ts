// Statuses that transcripts do not reach: keys of every kind, and colours.
import { describe, expect, test } from 'vitest';
import { writeStatus } from '../../src/cli/ring-format.ts';
import type { RingKeyStatus, RingStatus } from '../../src/index.ts';
import { fakeHost } from './host.ts';

const KEY: RingKeyStatus = {
  kid: 'a',
  alg: 'ES256',
  state: 'active',
  signs: true,
  publishAt: 0,
  activateAt: 0,
  custody: 'external',
};
const STATUS: RingStatus = {
  issuer: 'an issuer\u001b[2J',
  at: 0,
  version: 2,
  policy: {
    maxTokenLifetime: 1,
    publishLead: 1,
    rotation: 1,
    retention: 1,
    jwksMaxAge: 0,
    verifierTtl: 1,
    syncLag: 1,
    clockSkew: 0,
  },
  algorithms: [
    { alg: 'RS256', since: 0 },
    { alg: 'ES256', since: 0 },
  ],
  keys: [
    KEY,
    { ...KEY, kid: 'two words; and more', signs: false, retireAt: 60, custody: 'sealed' },
    {
      ...KEY,
      kid: 'c',
      alg: 'RS256',
      state: 'revoked',
      signs: false,
      revokedAt: 1e300,
      reason: '\u009b2J',
      custody: 'erased',
    },
    { ...KEY, kid: 'd', state: 'removed' },
    { ...KEY, kid: 'e', state: 'removed' },
  ],
};

function statusText(status: RingStatus, terminal = false): string {
  const { host, out } = fakeHost({ terminal });
  writeStatus(host, status, false);
  return out();
}

test('keys of every kind, grouped by algorithm', () => {
  expect(statusText(STATUS)).toBe(`"an issuer\\u001b[2J"
version 2, read at 1970-01-01T00:00:00Z

✗ RS256  revoked   c
                   revoked at 1e+300, reason "\\u009b2J", private key erased
✓ ES256  active    a
                   signs until a successor does, private key held by a service
· ES256  active    "two words; and more"
                   does not sign, because a newer key does, and retires at 1970-01-01T00:01:00Z,
                   private key sealed
  and 2 removed keys

✗ RS256  no key that signs, and no pending key
  \`barejose ring status\` with --seal-file or --seal-env creates one
✗ ES256  no pending key
  the service that holds its private keys must open the ring

next change  none scheduled
policy       a token lives at most 1s
             a key is published 1s before it signs, signs for 1s, and stays 1s more
             caches keep the set for 0s, verifiers for 1s
             instances agree within 1s, clocks within 0s
`);
});

test('in colour: what signs and what is revoked', () => {
  const text = statusText(STATUS, true).replaceAll('\u001b[', '<');
  expect(text).toContain('<32m✓<39m ES256  <32mactive  <39m  <1ma<22m');
  expect(text).toContain('<31m✗<39m RS256  <31mrevoked <39m  <1mc<22m');
});

describe('an algorithm without a pending key', () => {
  const missing = (keys: readonly Partial<RingKeyStatus>[], algorithms = [{ alg: 'ES256', since: 0 } as const]) =>
    statusText({ ...STATUS, algorithms, keys: keys.map((key) => ({ ...KEY, ...key })) }).match(
      /^✗ ES256 {2}no .*\n.*$/m,
    )?.[0];
  const SEALED = '`barejose ring status` with --seal-file or --seal-env creates one';

  test('lacks a successor, or any key', () => {
    expect(missing([{ custody: 'sealed' }])).toBe(`✗ ES256  no pending key\n  ${SEALED}`);
    expect(missing([{ state: 'revoked', signs: false, custody: 'erased' }])).toBe(
      `✗ ES256  no key that signs, and no pending key\n  ${SEALED}`,
    );
    expect(missing([])).toContain('no key that signs');
  });

  test('gets one with the custody of the others', () => {
    const [, outside] = missing([{ custody: 'erased' }, { custody: 'external' }])?.split('\n') ?? [];
    expect(outside).toBe('  the service that holds its private keys must open the ring');
    const [, plain] = missing([{ custody: 'plain' }])?.split('\n') ?? [];
    expect(plain).toBe('  a service that can create such a key must open the ring');
    expect(missing([{ alg: 'RS256', custody: 'plain' }, { custody: 'erased' }])).toContain('a service that can');
  });

  test('is not reported if a key is pending, or the algorithm ends', () => {
    expect(missing([{}, { state: 'pending', signs: false }])).toBeUndefined();
    expect(missing([{ custody: 'sealed' }], [{ alg: 'ES256', since: 0, until: 60 } as never])).toBeUndefined();
  });
});

test('it is at most as wide as the terminal', () => {
  const policy = { ...STATUS.policy, rotation: 7_776_000, publishLead: 86_400, retention: 5_520 };
  const { host, out } = fakeHost({ columns: 60 });
  const reason = 'a reason that takes some time to tell, and more than one line';
  writeStatus(host, { ...STATUS, policy, keys: [{ ...KEY, state: 'revoked', revokedAt: 0, reason }] }, false);
  for (const line of out().split('\n')) expect(line.length).toBeLessThanOrEqual(60);
  expect(out().replace(/\n {19}/g, ' ')).toContain(reason);
});
