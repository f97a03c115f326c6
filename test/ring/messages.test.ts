// The words with which a ring's policy and its records are refused, whole: what was wrong, and what would be right.
import { describe, expect, test } from 'vitest';
import { exportJwk, thumbprint } from '../../src/index.ts';
import { checkKidMatchesKey, type NewKey, newRing, thumbprintOf, withRevocation } from '../../src/ring/changes.ts';
import { policyInSeconds, type RingPolicyOptions, readRingPolicy } from '../../src/ring/policy.ts';
import { checkProgress, type RingVersion, readRecords } from '../../src/ring/records.ts';
import { at, keyNamed, NAME, POLICY, recordOf, T } from '../issuer/rings.ts';
import { keyPair } from '../support/keys.ts';
import { refusalOf } from '../support/refusal.ts';

const es = { kid: 'es', alg: 'ES256', publishAt: T, activateAt: T };
const RECORDS = {
  barejose: 'ring/1',
  version: 7,
  ring: NAME,
  policy: POLICY,
  algorithms: [{ alg: 'ES256', since: T }],
  keys: [es],
};
const read = (changes: object, version: unknown = 7) =>
  readRecords({ records: JSON.stringify({ ...RECORDS, ...changes }), version } as never, NAME);
const invalid = (what: string) => `ERR_RING_INVALID: the key ring in the store ${what}; nothing was changed`;

describe('a policy', () => {
  const positive = "a duration such as '15m', or a number of seconds, and not zero";
  const longest = "the longest that a token may live, as a duration such as '1h' or a number of seconds, and not zero";

  test.each<[object, string]>([
    [{}, `policy.maxTokenLifetime must be given: ${longest}`],
    [{ maxTokenLifetime: 0 }, `policy.maxTokenLifetime must be ${longest}`],
    ...['publishLead', 'rotation', 'retention', 'syncLag'].map((name): [object, string] => [
      { maxTokenLifetime: '1h', [name]: 0 },
      `policy.${name} must be ${positive}`,
    ]),
    [{ maxTokenLifetime: '1h', lead: 5 }, 'policy.lead is not an option'],
    [
      { maxTokenLifetime: '1h', rotation: 3_162_240_001 },
      'policy.rotation is 3162240001 s: make it at most 3162240000, 100 years',
    ],
    [
      { maxTokenLifetime: '1h', retention: 3_162_240_001 },
      'policy.retention is 3162240001 s: make it at most 3162240000, 100 years',
    ],
    [{ maxTokenLifetime: 3_162_240_000 }, 'policy.retention is 3162241920 s: make it at most 3162240000, 100 years'],
  ])('%o', (options, words) => {
    expect(refusalOf(() => readRingPolicy(options as RingPolicyOptions))).toBe(`TypeError: ${words}`);
  });

  test('of 100 years is the longest', () => {
    expect(policyInSeconds({ maxTokenLifetime: '1h', rotation: 3_162_240_000 }).rotation).toBe(3_162_240_000);
  });
});

describe('records', () => {
  const key = (changes: object) => ({ keys: [{ ...es, ...changes }] });
  const instant = 'it must be seconds, at most 8640000000000';

  test.each<[string, () => unknown, string]>([
    [
      'no text',
      () => readRecords({ records: 7, version: 7 } as never, NAME),
      'is not JSON text of at most 4 MiB with a version',
    ],
    ['no version', () => read({}, 0), 'is not JSON text of at most 4 MiB with a version'],
    ['no JSON', () => readRecords({ records: '[]', version: 7 }, NAME), 'is not strict JSON within its limits'],
    [
      'another format',
      () => read({ barejose: 'ring/2' }),
      'was written by a newer barejose, or changed by hand: upgrade this process',
    ],
    [
      'an unknown member',
      () => read({ note: 1 }),
      'was written by a newer barejose, or changed by hand: upgrade this process',
    ],
    ['another name', () => read({ ring: 'x' }), 'belongs to another issuer'],
    ['another version', () => read({ version: 6 }), 'has another version than the answer of the store'],
    ['a history', () => read({ history: ['x'] }), 'has a history that does not fit its version'],
    [
      'a policy that is refused',
      () => read({ policy: { ...POLICY, rotation: -1 } }),
      "has an invalid policy: policy.rotation must be a duration such as '15m', or a number of seconds, and not zero",
    ],
    [
      'a policy in other units',
      () => read({ policy: { ...POLICY, verifierTtl: '500s' } }),
      'has a policy without verifierTtl in seconds',
    ],
    [
      'a policy that lacks a number',
      () => read({ policy: { ...POLICY, clockSkew: undefined } }),
      'has a policy without clockSkew in seconds',
    ],
    ['no algorithms', () => read({ algorithms: [] }), 'has no algorithms'],
    ['an algorithm that is none', () => read({ algorithms: [null] }), 'has an invalid algorithms[0]'],
    [
      'an algorithm twice',
      () => read({ algorithms: [...RECORDS.algorithms, ...RECORDS.algorithms] }),
      'contains an algorithm twice',
    ],
    ['no keys', () => read({ keys: {} }), 'has no keys'],
    ['a key that is none', () => read({ keys: [es, 7] }), 'has an invalid keys[1]'],
    ['a key with another member', () => read(key({ note: 1 })), 'has an invalid keys[0]'],
    ['a kid twice', () => read({ keys: [es, es] }), 'contains a kid twice'],
    ...['publishAt', 'activateAt', 'retireAt', 'removeAt', 'revokedAt'].map((name): [string, () => unknown, string] => [
      name,
      () => read(key({ [name]: 8_640_000_000_001 })),
      `has an invalid keys[0].${name}: ${instant}`,
    ]),
    ...['since', 'until'].map((name): [string, () => unknown, string] => [
      name,
      () => read({ algorithms: [{ alg: 'ES256', since: T, successor: 'RS256', [name]: '1' }] }),
      `has an invalid algorithms[0].${name}: ${instant}`,
    ]),
  ])('%s', (_, action, what) => expect(refusalOf(action)).toBe(invalid(what)));

  test('the latest instant that there may be, and the earliest', () => {
    for (const activateAt of [8_640_000_000_000, -8_640_000_000_000])
      expect(read(key({ activateAt }))?.ring.keys[0]?.activateAt).toBe(activateAt);
  });

  test('what may not follow what was read before', () => {
    const of = (version: number, changes: Partial<RingVersion> = {}, revokedAt?: number): RingVersion => ({
      version,
      hash: `hash ${version}`,
      history: [],
      ring: { ...newRing(NAME, ['ES256'], at(0)), keys: [recordOf(keyNamed('a'), { revokedAt })] },
      ...changes,
    });
    const progress = (seen: RingVersion, found?: RingVersion) => refusalOf(() => checkProgress(seen, found));
    expect(progress(of(3), of(2))).toBe(invalid('is older than what was read before'));
    expect(progress(of(1), undefined)).toBe(invalid('is older than what was read before'));
    expect(progress(of(3), of(4, { history: ['another'] }))).toBe(
      invalid('does not continue what was read before, so the store has lost changes'),
    );
    expect(progress(of(3, {}, T), of(4, { history: ['hash 3'] }))).toBe(
      invalid('lacks a revocation that was read before'),
    );
    expect(progress(of(3), of(4, { history: ['hash 3'] }, T))).toBeNull();
  });
});

describe('a key of another kid, and a kid of another key', () => {
  const named = (kid: string, alg: 'ES256' | 'ES384'): NewKey => {
    const publicJwk = { ...exportJwk(keyPair(alg).publicKey), kid, alg };
    return { kid, alg, publicJwk, privateJwk: undefined, sealed: undefined, external: { reference: undefined } };
  };
  const [one, other] = [named('one', 'ES256'), named('other', 'ES384')];
  const ring = () => ({ ...newRing(NAME, ['ES256'], at(0)), keys: [recordOf(one)] });
  const revoked = () => withRevocation(ring(), { kid: 'one', reason: 'x', ...thumbprintOf(ring(), 'one') }, at(5));

  test('are conflicts, also with a key that was revoked', () => {
    for (const known of [ring(), revoked()]) {
      expect(refusalOf(() => checkKidMatchesKey(known, { ...other, kid: 'one' }))).toBe(
        'ERR_RING_CONFLICT: the kid "one" belongs to another key of the ring: give this one another kid',
      );
      expect(refusalOf(() => checkKidMatchesKey(known, { ...one, kid: 'two' }))).toBe(
        'ERR_RING_CONFLICT: the key is or was in the ring under the kid "one"',
      );
      const several = {
        ...known,
        keys: [recordOf(keyNamed('first'), { publicJwk: undefined }), ...known.keys, recordOf(other)],
      };
      expect(refusalOf(() => checkKidMatchesKey(several, { ...other, kid: 'one' }))).toMatch(
        /"one" belongs to another/,
      );
      expect(thumbprintOf(several, 'other')).toEqual({ thumbprint: thumbprint(other.publicJwk) });
      expect(checkKidMatchesKey(known, one)).toBe(known);
      expect(checkKidMatchesKey(known, other)).toBe(known);
    }
  });

  test('a removed key, of which nothing is left but its kid, is in nobody’s way', () => {
    const removed = { ...ring(), keys: [recordOf(one, { publicJwk: undefined })] };
    expect(checkKidMatchesKey(removed, { ...other, kid: 'one' })).toBe(removed);
    expect(thumbprintOf(removed, 'one')).toEqual({ thumbprint: undefined });
    expect(thumbprintOf(removed, 'nobody')).toEqual({ thumbprint: undefined });
  });
});
