// What the simulator tells: safe or not, how much is to spare, which number binds, and the worst case in words.
import { describe, expect, test } from 'vitest';
import { type RingPolicyOptions, readRingPolicy } from '../../src/ring/policy.ts';
import { simulate, type VerifierPolicyOptions } from '../../src/simulate/simulate.ts';
import { expectTypeError } from '../support/expect.ts';

const HOUR = 3_600;
const LIFE = { maxTokenLifetime: '1h' } as const;
/** Verifiers that know only their time to live, and that as long as the policy says by default. */
const TTL = { minFresh: '12h', maxFresh: '12h', staleFor: 0, asksForUnknown: false } as const;

describe('the default policy', () => {
  const simulation = simulate(LIFE);

  test('is safe with remote sets like ours, which need much less of a lead', () => {
    expect(simulation).toMatchObject({
      policy: readRingPolicy(LIFE),
      faults: [],
      safe: true,
      refusedFor: 0,
      binding: 'retention',
      needed: { publishLead: 600 + 1_800 + 60, retention: HOUR + 1_800 + 2 * 60, rotation: 86_400 },
      spare: { publishLead: 86_400 - 2_460, retention: 0, rotation: 89 * 86_400 },
    });
  });

  test('has a revoked key accepted until the last verifier that cannot ask gives up', () => {
    expect(simulation).toMatchObject({ revokedFor: 1_800 + 600 + 600 + 3_600, revokedBy: 'staleFor' });
    expect(simulation.revokedTrace).toEqual([
      { at: 0, what: 'A is revoked' },
      { at: 1_800, what: 'a cache asks an endpoint, and keeps the answer with A for 600 s' },
      { at: 2_400, what: 'a verifier asks the cache, and uses its answer for 600 s' },
      { at: 3_000, what: 'the endpoint is unreachable, and the verifier continues for 3600 s' },
      { at: 6_600, what: 'a token of A is accepted for the last time' },
    ]);
  });

  test('comes closest to a refusal when a key is removed', () => {
    expect(simulation.trace).toEqual([
      { at: 0, what: 'A retires' },
      { at: 1_800, what: 'A signs for the last time, in a process that does not know of it yet' },
      { at: 5_460, what: 'a cache asks an endpoint, and keeps the answer without A for 600 s' },
      { at: 5_460, what: 'from here on a token of A would be refused' },
      { at: 5_460, what: 'the last token of A expires, by the clock that is most behind' },
    ]);
  });

  test('is safe with verifiers that know only their time to live', () => {
    expect(simulate(LIFE, TTL)).toMatchObject({
      safe: true,
      refusedFor: 0,
      needed: { publishLead: 600 + 43_200 + 1_800 + 60 },
      spare: { publishLead: 86_400 - 45_660 },
      revokedFor: 1_800 + 600 + 43_200,
    });
  });

  test('is not with those that also go on for longer than it says while they cannot ask', () => {
    const simulation = simulate(LIFE, { ...TTL, staleFor: '1d' });
    expect(simulation).toMatchObject({ safe: false, binding: 'publishLead', needed: { publishLead: 132_060 } });
    expect(simulation.faults).toEqual([]);
    expect(simulation.trace.map(({ what }) => what)).toContain(
      'the endpoint is unreachable, and the verifier continues for 86400 s',
    );
  });
});

describe('a lead that is too short', () => {
  test('by an hour has verifiers that know only their time to live refuse valid tokens for an hour', () => {
    const lead = 45_660 - HOUR;
    const simulation = simulate({ ...LIFE, publishLead: lead, retention: '2h' }, TTL);
    expect(simulation).toMatchObject({
      safe: false,
      refusedFor: HOUR,
      binding: 'publishLead',
      spare: { publishLead: -HOUR },
      needed: { publishLead: 45_660 },
    });
    expect(simulation.faults).toEqual([
      'publishLead is 42060 s: make it at least 45660, jwksMaxAge + verifierTtl + syncLag + clockSkew',
    ]);
    expect(simulation.trace).toEqual([
      { at: 0, what: expect.stringMatching(/^[BC] is written to the store, published from now on$/) },
      {
        at: 1_800,
        what: expect.stringMatching(/^a cache asks an endpoint, and keeps the answer without . for 600 s$/),
      },
      { at: 2_400, what: 'a verifier asks the cache, and uses its answer for 43200 s' },
      { at: 42_000, what: expect.stringMatching(/^. signs for the first time, by the clock that is most ahead$/) },
      { at: 45_600, what: expect.stringMatching(/^a valid token of . is refused for the last time$/) },
    ]);
  });

  test('by more than the clocks agree: what is needed is told all the same', () => {
    for (const publishLead of [1, 30, 59, 60, 61]) {
      const simulation = simulate({ ...LIFE, publishLead }, TTL);
      expect(simulation).toMatchObject({ safe: false, binding: 'publishLead', needed: { publishLead: 45_660 } });
      expect(simulation.refusedFor).toBe(45_660 - Math.max(60, publishLead));
    }
  });

  test('does no harm to those that ask again, as long as the caches are through', () => {
    expect(simulate({ ...LIFE, publishLead: 2_460 })).toMatchObject({ safe: true, spare: { publishLead: 0 } });
  });

  test('has them refuse for half a minute more what they asked for in vain', () => {
    expect(simulate({ ...LIFE, publishLead: 2_450 })).toMatchObject({ safe: false, refusedFor: 10 + 30 });
    expect(simulate({ ...LIFE, publishLead: 2_450 }, { asksForUnknown: false })).toMatchObject({ safe: false });
  });

  test('comes closest to a refusal, told as such, when only just long enough', () => {
    const { safe, trace } = simulate({ ...LIFE, publishLead: 2_461, retention: '2h' });
    expect([safe, trace.at(-1)]).toEqual([
      true,
      { at: 2_401, what: expect.stringMatching(/^. signs for the first time, by the clock that is most ahead$/) },
    ]);
    expect(trace.at(-2)).toEqual({
      at: 2_400,
      what: expect.stringMatching(/^until here a token of . would be refused$/),
    });
  });
});

describe('a retention that is too short', () => {
  test('by an hour has valid tokens refused for an hour', () => {
    const simulation = simulate({ ...LIFE, retention: 1_920 });
    expect(simulation).toMatchObject({
      safe: false,
      refusedFor: HOUR,
      binding: 'retention',
      spare: { retention: -HOUR },
      needed: { retention: 5_520 },
    });
    expect(simulation.trace.map(({ at }) => at)).toEqual([0, 1_800, 1_860, 1_860, 5_460]);
    expect(simulation.trace[3]?.what).toBe('a valid token of A is refused for the first time');
  });

  test('by milliseconds is not safe, and refuses for a hundredth of a second at least', () => {
    const policy = { maxTokenLifetime: 1, publishLead: 2_000, rotation: 3_000, jwksMaxAge: 0.5, syncLag: 0.003 };
    const short = { ...policy, clockSkew: 0.0015, retention: 1.004 };
    expect(simulate(short)).toMatchObject({ safe: false, refusedFor: 0.01 });
    expect(simulate({ ...short, retention: 1.01 })).toMatchObject({ safe: true, refusedFor: 0 });
  });

  test('by what the verifiers tolerate beyond exp', () => {
    expect(simulate(LIFE, { clockSkew: 60 })).toMatchObject({
      safe: false,
      refusedFor: 60,
      needed: { retention: 5_580 },
    });
  });

  test('needs no lag where clocks and instances agree', () => {
    expect(simulate({ ...LIFE, clockSkew: 0, syncLag: 1 }).needed.retention).toBe(3_601);
  });
});

test('a rotation that is too short refuses nothing: keys then sign for as long as the lead', () => {
  expect(simulate({ ...LIFE, rotation: '1h' })).toMatchObject({
    safe: true,
    refusedFor: 0,
    binding: 'rotation',
    spare: { rotation: HOUR - 86_400 },
    faults: ['rotation is 3600 s: make it more than 86400, publishLead'],
  });
});

test.each<[string, Partial<RingPolicyOptions>, VerifierPolicyOptions, number]>([
  ['syncLag', { syncLag: '10h' }, {}, 36_000 + 600 + 600 + 3_600],
  ['jwksMaxAge', { jwksMaxAge: '50m' }, {}, 1_800 + 3_000 + 3_000 + 3_600],
  ['jwksMaxAge', { jwksMaxAge: '5h' }, {}, 1_800 + 18_000 + 3_600 + 3_600],
  ['jwksMaxAge', { jwksMaxAge: '3h' }, { maxFresh: '170m', staleFor: 0 }, 1_800 + 10_800 + 10_200],
  ['minFresh', {}, { minFresh: '1h', staleFor: 0 }, 1_800 + 600 + 3_600],
  ['staleFor', {}, { staleFor: '2h', defaultFresh: '5m' }, 1_800 + 600 + 600 + 7_200],
])('a revoked key lives on mostly by %s: %j, %j', (revokedBy, ring, verifiers, revokedFor) => {
  expect(simulate({ ...LIFE, ...ring }, verifiers)).toMatchObject({ revokedBy, revokedFor });
});

describe('what cannot be simulated', () => {
  test.each<[string, object, object | undefined]>([
    ['ring.maxTokenLifetime', {}, undefined],
    ['ring.publishLead', { ...LIFE, publishLead: 0 }, undefined],
    ['ring.lead', { ...LIFE, lead: 5 }, undefined],
    ['verifiers.ttl', LIFE, { ttl: 5 }],
    ['verifiers.minFresh', LIFE, { minFresh: 0 }],
    ['verifiers.maxFresh', LIFE, { maxFresh: -1 }],
    ['verifiers.defaultFresh', LIFE, { defaultFresh: 'x' }],
    ['verifiers.staleFor', LIFE, { staleFor: null }],
    ['verifiers.asksForUnknown', LIFE, { asksForUnknown: 1 }],
    ['verifiers.clockSkew', LIFE, { clockSkew: '1' }],
    ['verifiers.minFresh', LIFE, { minFresh: '2h' }],
    ['100 years', { maxTokenLifetime: '5500w' }, undefined],
    ['100 years', LIFE, { staleFor: '5500w' }],
    ['100 years', LIFE, { clockSkew: '5500w' }],
  ])('%s', (name, ring, verifiers) => {
    expectTypeError(() => simulate(ring as RingPolicyOptions, verifiers), name);
  });
});
