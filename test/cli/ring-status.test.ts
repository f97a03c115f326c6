// What transcripts do not come by: keys of every kind, and colours.
import { expect, test } from 'vitest';
import { putStatus } from '../../src/cli/ring-status.ts';
import type { RingKeyStatus, RingStatus } from '../../src/index.ts';
import { worldOf } from './world.ts';

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

function told(status: RingStatus, terminal = false): string {
  const { world, out } = worldOf({ terminal });
  putStatus(world, status, false);
  return out();
}

test('keys of every kind, grouped by algorithm', () => {
  expect(told(STATUS)).toBe(`"an issuer\\u001b[2J"
saved 2 times, read at 1970-01-01T00:00:00Z

✗ RS256  revoked   c
                   since 1e+300, reason "\\u009b2J", private part erased
✓ ES256  active    a
                   signs until another does, private part outside
· ES256  active    "two words; and more"
                   not the newest until 1970-01-01T00:01:00Z, private part sealed
  and 2 keys removed

next change  none that is known
policy       a token lives 1s at most
             a key is published 1s before it signs, signs for 1s, stays 1s more
             caches keep the set 0s, verifiers 1s
             instances agree within 1s, clocks within 0s
`);
});

test('in colour: what signs and what is revoked', () => {
  const text = told(STATUS, true).replaceAll('\u001b[', '<');
  expect(text).toContain('<32m✓<39m ES256  <32mactive  <39m  <1ma<22m');
  expect(text).toContain('<31m✗<39m RS256  <31mrevoked <39m  <1mc<22m');
});
