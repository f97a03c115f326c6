// The ring's inequalities and the simulation, which knows nothing of them, come to the same numbers; and nothing that
// verifiers, instances or operators may do at random is worse than what the search has found.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lifetimesOf } from '../../src/remote/options.ts';
import { initialRemoteState } from '../../src/remote/state.ts';
import {
  maintained,
  newRing,
  withAlgorithm,
  withImportedKey,
  withKey,
  withMigration,
  withPromotion,
  withRevocation,
  withRotation,
} from '../../src/ring/changes.ts';
import { leastLead, leastRetention, policyFaults, type RingPolicy } from '../../src/ring/policy.ts';
import {
  maintenancePlan,
  preferredAlgorithm,
  publishedKeys,
  type Ring,
  signingAlgorithms,
  signingKey,
} from '../../src/ring/ring.ts';
import type { ChangeContext } from '../../src/ring/schedule.ts';
import {
  type DatedRing,
  extremeInstances,
  type RingHistory,
  revocationHistory,
  ringAt,
  signingSpans,
  worstRotations,
} from '../../src/simulate/issuer-model.ts';
import { simulate, type VerifierPolicyOptions } from '../../src/simulate/simulate.ts';
import { endpointAnswer, presentToken, type Route, type SimulatedVerifier } from '../../src/simulate/verifier-model.ts';
import { keyNamed } from '../issuer/rings.ts';

const seconds = (min: number, max: number) => fc.integer({ min, max });
const NUMBERS = fc.record({
  maxTokenLifetime: seconds(1, 100_000),
  jwksMaxAge: seconds(0, 5_000),
  verifierTtl: seconds(1, 100_000),
  syncLag: seconds(1, 5_000),
  clockSkew: fc.oneof(fc.constant(0), seconds(1, 600)),
  more: fc.tuple(seconds(0, 5_000), seconds(0, 5_000), seconds(1, 5_000)),
});

/** Policies without a fault, up to the edge of it. */
const POLICIES: fc.Arbitrary<RingPolicy> = NUMBERS.map(({ more, ...numbers }) => {
  const policy = { ...numbers, publishLead: 0, retention: 0, rotation: 0 };
  const publishLead = leastLead(policy) + more[0];
  return { ...policy, publishLead, retention: leastRetention(policy) + more[1], rotation: publishLead + more[2] };
});

const VERIFIERS = fc
  .record({
    minFresh: seconds(1, 5_000),
    longer: seconds(0, 5_000),
    staleFor: seconds(0, 5_000),
    asksForUnknown: fc.boolean(),
  })
  .map(({ longer, ...verifiers }) => ({ ...verifiers, maxFresh: verifiers.minFresh + longer }));

/** Verifiers that know only their time to live, and that as long as the policy allows for. */
function ttlOnly({ verifierTtl }: RingPolicy): VerifierPolicyOptions {
  return { minFresh: verifierTtl, maxFresh: verifierTtl, staleFor: 0, asksForUnknown: false };
}

const FEW = { numRuns: 25 };

describe('the formula and the simulation', () => {
  test('agree to the second on verifiers that know only their time to live', () => {
    fc.assert(
      fc.property(POLICIES, (policy) => {
        const { jwksMaxAge, verifierTtl, syncLag, publishLead, retention, rotation } = policy;
        expect(policyFaults(policy)).toEqual([]);
        expect(simulate(policy, ttlOnly(policy))).toMatchObject({
          faults: [],
          safe: true,
          refusedFor: 0,
          needed: { publishLead: leastLead(policy), retention: leastRetention(policy), rotation: publishLead },
          spare: {
            publishLead: publishLead - leastLead(policy),
            retention: retention - leastRetention(policy),
            rotation: rotation - publishLead,
          },
          revokedFor: syncLag + jwksMaxAge + verifierTtl,
        });
      }),
      FEW,
    );
  });

  test('agree on tenths of a second, whose sums are rounded', () => {
    fc.assert(
      fc.property(POLICIES, (whole) => {
        const { publishLead, retention, maxTokenLifetime, verifierTtl, syncLag, clockSkew } = whole;
        const tenths = {
          maxTokenLifetime: maxTokenLifetime + 0.1,
          verifierTtl: verifierTtl + 0.1,
          syncLag: syncLag + 0.1,
          clockSkew: clockSkew + 0.1,
        };
        const policy = { ...whole, ...tenths, publishLead: publishLead + 0.4, retention: retention + 0.5 };
        const { safe, needed, revokedFor } = simulate(policy, ttlOnly(policy));
        expect(safe).toBe(true);
        expect(needed.publishLead).toBeCloseTo(leastLead(policy), 1);
        expect(needed.retention).toBeCloseTo(leastRetention(policy), 1);
        expect(revokedFor).toBeCloseTo(policy.syncLag + policy.jwksMaxAge + policy.verifierTtl, 1);
      }),
      FEW,
    );
  });

  test('agree on any verifiers: they are safe if the policy tells the truth about them', () => {
    fc.assert(
      fc.property(POLICIES, VERIFIERS, (policy, verifiers) => {
        const { jwksMaxAge, syncLag, clockSkew } = policy;
        const { minFresh, maxFresh, staleFor, asksForUnknown } = verifiers;
        const ttl = Math.min(maxFresh, Math.max(minFresh, jwksMaxAge)) + staleFor;
        const simulation = simulate(policy, verifiers);
        expect(simulation.needed.publishLead).toBe(syncLag + clockSkew + jwksMaxAge + (asksForUnknown ? 0 : ttl));
        expect(simulation.needed.retention).toBe(leastRetention(policy));
        expect(simulation.revokedFor).toBe(syncLag + jwksMaxAge + ttl);
        expect(simulation.safe).toBe(simulation.needed.publishLead <= policy.publishLead);
        if (ttl <= policy.verifierTtl) expect(simulation.safe).toBe(true);
      }),
      FEW,
    );
  });

  test('a lead too short by so many seconds: valid tokens are refused for as many', () => {
    fc.assert(
      fc.property(POLICIES, fc.double({ min: 0, max: 0.5, noNaN: true }), (policy, part) => {
        const short = Math.max(1, Math.floor(part * leastLead(policy)));
        const publishLead = leastLead(policy) - short;
        const simulation = simulate({ ...policy, publishLead }, ttlOnly(policy));
        // Nothing is refused before it is signed, and nothing signed before the key is there.
        const refusedFor = Math.min(short, leastLead(policy) - policy.clockSkew);
        expect(simulation).toMatchObject({ safe: false, binding: 'publishLead', refusedFor });
        expect(simulation.needed.publishLead).toBe(leastLead(policy));
      }),
      FEW,
    );
  });

  test('verifiers that ask again refuse what they asked for in vain for half a minute more at most', () => {
    fc.assert(
      fc.property(POLICIES, VERIFIERS, seconds(1, 1_000), (policy, verifiers, by) => {
        const least = policy.syncLag + policy.clockSkew + policy.jwksMaxAge;
        const short = Math.min(by, Math.ceil(least / 2));
        fc.pre(short < least);
        const simulation = simulate({ ...policy, publishLead: least - short }, { ...verifiers, asksForUnknown: true });
        expect(simulation.safe).toBe(false);
        expect(simulation.refusedFor).toBeGreaterThanOrEqual(
          Math.min(short, policy.maxTokenLifetime, least - policy.clockSkew),
        );
        expect(simulation.refusedFor).toBeLessThanOrEqual(short + 30);
      }),
      FEW,
    );
  });

  test('a retention too short by so many seconds: valid tokens are refused for as many', () => {
    fc.assert(
      fc.property(POLICIES, VERIFIERS, fc.double({ min: 0, max: 1, noNaN: true }), (policy, verifiers, part) => {
        const least = leastRetention(policy);
        const short = Math.max(1, Math.floor(part * (least - 1)));
        const ttl = Math.min(verifiers.maxFresh, Math.max(verifiers.minFresh, policy.jwksMaxAge)) + verifiers.staleFor;
        const honest = { ...policy, publishLead: policy.publishLead + ttl, rotation: policy.rotation + ttl };
        const simulation = simulate({ ...honest, retention: least - short }, verifiers);
        expect(simulation).toMatchObject({ safe: false, binding: 'retention' });
        expect(simulation.refusedFor).toBeLessThanOrEqual(short);
        // Where it is shorter than the clocks differ, keys can be gone before they sign.
        if (short > policy.maxTokenLifetime) return;
        expect([simulation.refusedFor, simulation.needed.retention]).toEqual([short, least]);
      }),
      FEW,
    );
  });

  test('what is said to be needed is enough, and a second less is not', () => {
    fc.assert(
      fc.property(POLICIES, VERIFIERS, seconds(0, 600), (policy, verifiers, clockSkew) => {
        const tolerant = { ...verifiers, clockSkew };
        const { publishLead, retention } = simulate(policy, tolerant).needed;
        const rotation = Math.max(policy.rotation, publishLead + 1);
        const least = { ...policy, publishLead, retention, rotation };
        expect(simulate(least, tolerant)).toMatchObject({ safe: true, spare: { publishLead: 0, retention: 0 } });
        expect(simulate({ ...least, publishLead: publishLead - 1 }, tolerant).safe).toBe(publishLead === 1);
        expect(simulate({ ...least, retention: retention - 1 }, tolerant).safe).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  /** Here publishLead - clockSkew + clockSkew is a rounding less than publishLead. */
  const SUM_ROUNDED_DOWN = {
    maxTokenLifetime: 0.001,
    publishLead: 694.9843514044079,
    rotation: 3e9,
    retention: 0.001,
    jwksMaxAge: 3e9,
    syncLag: 3e9,
    clockSkew: 169.09261040175767,
  };

  test('whatever the numbers, something is told', () => {
    const wild = fc.oneof(seconds(1, 100), fc.double({ min: 0.001, max: 1e7, noNaN: true }), fc.constant(3e9));
    const policies = fc.record({
      maxTokenLifetime: wild,
      publishLead: wild,
      rotation: wild,
      retention: wild,
      jwksMaxAge: wild,
      syncLag: wild,
      clockSkew: wild,
    });
    fc.assert(
      fc.property(policies, VERIFIERS, (policy, verifiers) => {
        const { safe, refusedFor, revokedFor, spare, trace } = simulate(policy, verifiers);
        expect(safe).toBe(refusedFor === 0);
        expect(revokedFor).toBeGreaterThan(0);
        expect(Object.values(spare).every(Number.isFinite)).toBe(true);
        expect(trace.length).toBeGreaterThan(2);
      }),
      { ...FEW, examples: [[SUM_ROUNDED_DOWN, { minFresh: 1, maxFresh: 1, staleFor: 0, asksForUnknown: false }]] },
    );
  });
});

describe('what verifiers do at random is no worse than what the search has found', () => {
  /** An instant, some seconds before or after one that matters; what comes then; and whether an endpoint can be asked. */
  const VISITS = fc.array(
    fc.record({
      anchor: fc.nat(),
      off: fc.oneof(seconds(-60, 60), seconds(-20_000, 20_000)),
      kid: fc.nat(),
      endpoint: fc.nat(),
      isOut: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  );
  type Visit = { readonly at: number; readonly kid: string; readonly way: Route };

  function visitsOf(
    history: RingHistory,
    policy: RingPolicy,
    drawn: typeof VISITS extends fc.Arbitrary<infer T> ? T : never,
  ) {
    const anchors = history.flatMap(({ at, ring }) => [
      ...(at < 0 ? [] : [at, at + policy.syncLag]),
      ...ring.keys.flatMap(({ activateAt, removeAt = activateAt }) => [activateAt, removeAt]),
    ]);
    const endpoints = extremeInstances(policy);
    const kids = [...new Set(history.flatMap(({ ring }) => ring.keys.map(({ kid }) => kid))), 'made up', 'too'];
    return drawn
      .map(({ anchor, off, kid, endpoint, isOut }): Visit => {
        const at = Math.max(-1_000, (anchors[anchor % anchors.length] ?? 0) + off);
        const reachableUntil = isOut ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
        const way = {
          history,
          endpoint: endpoints[endpoint % endpoints.length] ?? { clockAhead: 0, lag: 0 },
          reachableUntil,
        };
        return { at, kid: kids[kid % kids.length] ?? '', way };
      })
      .toSorted((a, b) => a.at - b.at);
  }

  /** One verifier, one visit after another. Its requests may go to other endpoints each time. */
  function* walked(visits: readonly Visit[], verifiers: VerifierPolicyOptions & { readonly asksForUnknown: boolean }) {
    const [first] = visits;
    if (!first) return;
    const behaviour = { ages: lifetimesOf(verifiers), asksForUnknown: verifiers.asksForUnknown };
    const cached = endpointAnswer(first.way, first.at);
    let client: SimulatedVerifier = { behaviour, state: initialRemoteState(behaviour.ages), set: undefined, cached };
    for (const { kid, at, way } of visits) {
      const outcome = presentToken(client, { kid, at }, way);
      yield { kid, at, verdict: outcome.verdict };
      client = outcome.verifier;
    }
  }

  test('no valid token is refused', () => {
    fc.assert(
      fc.property(POLICIES, VERIFIERS, VISITS, fc.nat(), (given, verifiers, drawn, which) => {
        const ttl = Math.min(verifiers.maxFresh, Math.max(verifiers.minFresh, given.jwksMaxAge)) + verifiers.staleFor;
        const publishLead = Math.max(given.publishLead, leastLead({ ...given, verifierTtl: ttl }));
        const policy = { ...given, publishLead, rotation: Math.max(given.rotation, publishLead + 1) };
        const histories = worstRotations(policy);
        const history = histories[which % histories.length];
        if (!history) return;
        const signings = signingSpans(history, policy, 0);
        for (const { kid, at, verdict } of walked(visitsOf(history, policy, drawn), verifiers)) {
          const { from, validUntil } = signings.get(kid) ?? { from: Number.POSITIVE_INFINITY, validUntil: 0 };
          if (at >= from && at < validUntil) expect(verdict, `${kid} at ${at}`).not.toBe('refused');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('no revoked key is accepted after its time', () => {
    fc.assert(
      fc.property(POLICIES, VERIFIERS, VISITS, (policy, verifiers, drawn) => {
        const ttl = Math.min(verifiers.maxFresh, Math.max(verifiers.minFresh, policy.jwksMaxAge)) + verifiers.staleFor;
        const over = policy.syncLag + policy.jwksMaxAge + ttl;
        for (const { kid, at, verdict } of walked(visitsOf(revocationHistory(policy), policy, drawn), verifiers))
          if (kid === 'A' && at >= over) expect(verdict, `at ${at}`).not.toBe('accepted');
      }),
      { numRuns: 500 },
    );
  });
});

describe('what operators do at random, on instances whose clocks differ and who learn late', () => {
  const POLICY: RingPolicy = {
    maxTokenLifetime: 100,
    publishLead: 600,
    rotation: 2_000,
    retention: 150,
    jwksMaxAge: 60,
    verifierTtl: 500,
    syncLag: 30,
    clockSkew: 10,
  };
  const DEEDS = fc.array(
    fc.record({
      wait: fc.oneof(seconds(0, 40), seconds(0, 700), seconds(1_900, 2_000)),
      ahead: seconds(0, POLICY.clockSkew),
      what: fc.constantFrom('tend', 'rotate', 'promote', 'force', 'revoke', 'import', 'migrate', 'serve'),
      which: fc.nat(),
    }),
    { maxLength: 14 },
  );
  const ALGS = ['ES256', 'RS256', 'PS256'] as const;

  type Deed = (ring: Ring, context: ChangeContext) => Ring;

  /** A deed as it is meant by whoever sees this ring. */
  function deedOf(seen: Ring, now: number, { what, which }: { what: string; which: number }): Deed {
    const alg = ALGS[which % 3] ?? 'ES256';
    const kid = seen.keys[which % seen.keys.length]?.kid ?? '';
    const from = signingKey(seen, alg, now)?.kid ?? '';
    const place = preferredAlgorithm(seen, now) ?? alg;
    switch (what) {
      case 'rotate':
        return (ring, context) => withRotation(ring, { alg, from }, context);
      case 'promote':
        return (ring, context) => withPromotion(ring, { kid, force: false }, context);
      case 'force':
        return (ring, context) => withPromotion(ring, { kid, force: true }, context);
      case 'revoke':
        return (ring, context) => withRevocation(ring, { kid, reason: 'leaked' }, context);
      case 'import':
        return (ring, context) => withImportedKey(ring, keyNamed(`brought ${now} ${alg}`, alg), context);
      case 'serve':
        return (ring, context) => withAlgorithm(ring, alg, context);
      case 'migrate':
        return (ring, context) => withMigration(ring, { to: alg, from: place }, context);
      default:
        return (ring) => ring;
    }
  }

  /** The ring with all keys that it needs, and without what it does not. */
  function completed(ring: Ring, context: ChangeContext): Ring {
    let next = maintained(ring, context);
    for (;;) {
      const [alg] = maintenancePlan(next, context.policy, context.now).create;
      if (alg === undefined) return next;
      next = withKey(next, keyNamed(`made ${next.keys.length}`, alg), context);
    }
  }

  /** The ring after a deed and whatever else there is to do; a conflict is no change. */
  function settled(ring: Ring, deed: Deed, context: ChangeContext): Ring {
    const whole = completed(ring, context);
    try {
      return completed(deed(whole, context), context);
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_RING_CONFLICT' });
      return whole;
    }
  }

  /** What was written, and which keys signed before they were ripe because someone wanted it so or had to. */
  function lived(deeds: typeof DEEDS extends fc.Arbitrary<infer T> ? T : never) {
    const context = { policy: POLICY, now: 0 };
    const begun = settled(newRing('x', ['ES256'], context), (ring) => ring, context);
    const history: [DatedRing, ...DatedRing[]] = [{ at: 0, ring: begun }];
    const hurried = new Set(['made 0']);
    let at = 0;
    for (const { wait, ahead, ...deed } of deeds) {
      at += wait;
      const ring = history.at(-1)?.ring ?? begun;
      const next = settled(ring, deedOf(ring, at + ahead, deed), { policy: POLICY, now: at + ahead });
      for (const key of next.keys) {
        const before = ring.keys.find(({ kid }) => kid === key.kid);
        const isSoon = key.activateAt <= at + ahead && before?.activateAt !== key.activateAt;
        if (isSoon && key.activateAt < key.publishAt + POLICY.publishLead) hurried.add(key.kid);
      }
      history.push({ at, ring: next });
    }
    return { history, hurried };
  }

  const momentsOf = (history: RingHistory): readonly number[] =>
    [
      ...new Set(
        history.flatMap(({ at, ring }) => [
          at,
          at + POLICY.syncLag,
          ...[...ring.keys, ...ring.algorithms].flatMap((its) =>
            Object.values(its).flatMap((value) => (typeof value === 'number' ? [value, value - POLICY.clockSkew] : [])),
          ),
        ]),
      ),
    ]
      .flatMap((at) => [at - 0.01, at])
      .filter((at) => at >= 0)
      .toSorted((a, b) => a - b);

  /** Every token that any instance signs at any moment: by which key, when, and until when a slow clock takes it. */
  function tokensOf(history: RingHistory, moments: readonly number[]) {
    return extremeInstances(POLICY).flatMap((instance) =>
      moments.flatMap((at) => {
        const ring = ringAt(history, instance, at);
        const now = at + instance.clockAhead;
        const keys = signingAlgorithms(ring, now).flatMap((alg) => signingKey(ring, alg, now) ?? []);
        return keys.map((key) => ({ key, at, until: now + POLICY.maxTokenLifetime }));
      }),
    );
  }

  const check = (property: (life: ReturnType<typeof lived>) => void) =>
    fc.assert(
      fc.property(DEEDS, (deeds) => property(lived(deeds))),
      { numRuns: 150 },
    );

  test('there is always a key that signs, whose private part is there', () => {
    check(({ history }) => {
      const moments = momentsOf(history);
      for (const instance of extremeInstances(POLICY))
        for (const at of moments) {
          const ring = ringAt(history, instance, at);
          expect(
            preferredAlgorithm(ring, at + instance.clockAhead),
            `${instance.clockAhead} ahead at ${at}`,
          ).toBeDefined();
        }
      for (const { key, at } of tokensOf(history, moments)) expect(key.privateJwk, `${key.kid} at ${at}`).toBeDefined();
    });
  });

  test('no key signs before it is ripe, unless it must', () => {
    check(({ history, hurried }) => {
      for (const { key, at } of tokensOf(history, momentsOf(history))) {
        const published = history.find(({ ring }) => ring.keys.some(({ kid }) => kid === key.kid))?.at ?? 0;
        if (!hurried.has(key.kid))
          expect(at - published, key.kid).toBeGreaterThanOrEqual(POLICY.publishLead - POLICY.clockSkew);
      }
    });
  });

  test('no key is gone while a token of it lives, unless it was revoked', () => {
    check(({ history }) => {
      const moments = momentsOf(history);
      const until = new Map<string, number>();
      for (const { key, until: end } of tokensOf(history, moments))
        until.set(key.kid, Math.max(end, until.get(key.kid) ?? 0));
      for (const endpoint of extremeInstances(POLICY))
        for (const at of moments) {
          const ring = ringAt(history, endpoint, at);
          const published = new Set(publishedKeys(ring, at + endpoint.clockAhead).map(({ kid }) => kid));
          for (const { kid, revokedAt } of ring.keys)
            if (revokedAt === undefined && at < (until.get(kid) ?? 0) && !published.has(kid))
              expect.fail(
                `${kid} is gone at ${at} from ${JSON.stringify(endpoint)}, and lives until ${until.get(kid)}`,
              );
        }
    });
  });

  test('what is gone does not return, and what was done is done', () => {
    check(({ history }) => {
      const now = (history.at(-1)?.at ?? 0) + POLICY.clockSkew;
      const ring = history.at(-1)?.ring ?? history[0].ring;
      for (const { kid, alg, publicJwk } of ring.keys)
        if (!publicJwk)
          expect(() => withImportedKey(ring, keyNamed(kid, alg), { policy: POLICY, now })).toThrow(
            'its kid cannot be used again',
          );
      const context = { policy: POLICY, now };
      for (const what of ['tend', 'rotate', 'promote', 'force', 'revoke', 'import', 'migrate', 'serve'])
        for (let which = 0; which < 6; which++) {
          const deed = deedOf(ring, now, { what, which });
          const once = settled(ring, deed, context);
          expect(settled(once, deed, context), what).toEqual(once);
          expect(
            settled(once, (same) => same, context),
            what,
          ).toBe(once);
        }
    });
  });
});
