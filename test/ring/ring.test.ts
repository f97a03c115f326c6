// A key's life at each edge, and what is to be done about a ring.
import { describe, expect, test } from 'vitest';
import {
  isLive,
  keysOfAlgorithm,
  maintenancePlan,
  nextChange,
  nextRemoval,
  pendingKey,
  preferredAlgorithm,
  publishedKeys,
  type Ring,
  type RingKey,
  signingAlgorithms,
  signingKey,
  stateOf,
  tombstone,
  withoutUnneededParts,
  withPolicyDelay,
} from '../../src/ring/ring.ts';
import { begun, keyNamed, NAME, POLICY, published, recordOf, T, termOf } from '../issuer/rings.ts';

/** A key with instants counted from T. */
function key(kid: string, times: Partial<Record<'publish' | 'activate' | 'retire' | 'remove' | 'revoked', number>>) {
  const { publish = 0, activate = publish, retire, remove, revoked } = times;
  return recordOf(keyNamed(kid), {
    publishAt: T + publish,
    activateAt: T + activate,
    ...(retire !== undefined && { retireAt: T + retire }),
    ...(remove !== undefined && { removeAt: T + remove }),
    ...(revoked !== undefined && { revokedAt: T + revoked }),
  });
}

function ringOf(...keys: readonly RingKey[]): Ring {
  return { ring: NAME, policy: POLICY, algorithms: [termOf('ES256', { since: T })], keys };
}

const WHOLE = key('k', { publish: 0, activate: 100, retire: 200, remove: 300 });

describe('stateOf', () => {
  test.each([
    [-1, 'pending'],
    [0, 'pending'],
    [99.999, 'pending'],
    [100, 'active'],
    [199.999, 'active'],
    [200, 'retiring'],
    [299.999, 'retiring'],
    [300, 'removed'],
    [1e9, 'removed'],
  ])('at %d: %s', (seconds, state) => {
    expect(stateOf(WHOLE, T + seconds)).toBe(state);
    expect(isLive(WHOLE, T + seconds)).toBe(state !== 'removed');
    expect(stateOf({ ...WHOLE, revokedAt: T + 500 }, T + seconds)).toBe('revoked');
    expect(isLive({ ...WHOLE, revokedAt: T + 500 }, T + seconds)).toBe(false);
  });

  test('without a successor a key is active for ever', () => {
    expect(stateOf(key('k', { activate: 100 }), T + 1e12)).toBe('active');
  });

  test('a key whose algorithm ends before its turn goes from pending to removed', () => {
    const skipped = key('k', { activate: 300, retire: 200, remove: 200 });
    expect([199, 200, 300].map((seconds) => stateOf(skipped, T + seconds))).toEqual(['pending', 'removed', 'removed']);
  });
});

describe('publishedKeys', () => {
  test('what is pending, active or retiring, by the instant of publication and then by kid', () => {
    const ring = ringOf(
      key('z', { activate: 100, retire: 200, remove: 300 }),
      key('y', { publish: 1, activate: 200 }),
      key('b', { publish: 1, activate: 1e5 }),
      key('c', { publish: 1, activate: 1e5 }),
      key('r', { revoked: 0 }),
      key('g', { retire: 0, remove: 0 }),
    );
    expect(published(ring, 0)).toEqual(['z', 'b', 'c', 'y']);
    expect(published({ ...ring, keys: ring.keys.toReversed() }, 299)).toEqual(['z', 'b', 'c', 'y']);
    expect(published(ring, 300)).toEqual(['b', 'c', 'y']);
  });

  test('a clock behind the one that made a key publishes it all the same', () => {
    expect(published(ringOf(key('k', { publish: 60, activate: 100 })), 0)).toEqual(['k']);
  });

  test('a key without public part is none', () => {
    expect(publishedKeys(ringOf(tombstone(key('k', {}))), T)).toEqual([]);
  });
});

describe('who signs', () => {
  const ring = ringOf(
    key('c', { activate: 300 }),
    key('a', { activate: 100, retire: 200, remove: 400 }),
    key('b', { activate: 200, retire: 300, remove: 500 }),
  );

  test.each([
    [99, undefined, 'a'],
    [100, 'a', 'b'],
    [199, 'a', 'b'],
    [200, 'b', 'c'],
    [300, 'c', undefined],
    [1e9, 'c', undefined],
  ])('at %d: %s, and then %s', (seconds, signs, next) => {
    expect(signingKey(ring, 'ES256', T + seconds)?.kid).toBe(signs);
    expect(pendingKey(ring, 'ES256', T + seconds)?.kid).toBe(next);
  });

  test('of several that are active, the newest: by its turn, then its publication, then its kid', () => {
    const turn = ringOf(key('a', { activate: 2 }), key('b', { activate: 1 }));
    const publication = ringOf(key('a', { publish: 1, activate: 2 }), key('b', { publish: 0, activate: 2 }));
    const kid = ringOf(key('b', {}), key('a', {}));
    expect([turn, publication, kid].map((each) => signingKey(each, 'ES256', T + 9)?.kid)).toEqual(['a', 'a', 'b']);
    expect(keysOfAlgorithm(kid, 'ES256').map((each) => each.kid)).toEqual(['a', 'b']);
  });

  test('never a revoked one, nor one of another algorithm', () => {
    expect(signingKey(ringOf(key('a', { revoked: 500 })), 'ES256', T)).toBeUndefined();
    expect(signingKey(ring, 'RS256', T + 300)).toBeUndefined();
    expect(keysOfAlgorithm(ringOf(key('a', { revoked: 500 })), 'ES256')).toEqual([]);
  });

  test('nor one without its public part', () => {
    expect(signingKey(ringOf({ ...key('a', {}), publicJwk: undefined }), 'ES256', T)).toBeUndefined();
  });

  test('the preferred algorithm is the first one that can sign', () => {
    const both: Ring = {
      ...ring,
      algorithms: [termOf('RS256', { since: T + 150 }), ...ring.algorithms],
      keys: [...ring.keys, { ...key('r', { activate: 150 }), alg: 'RS256' }],
    };
    expect([0, 149, 150].map((seconds) => preferredAlgorithm(both, T + seconds))).toEqual([
      undefined,
      'ES256',
      'RS256',
    ]);
    expect([0, 149, 150].map((seconds) => signingAlgorithms(both, T + seconds))).toEqual([
      [],
      ['ES256'],
      ['RS256', 'ES256'],
    ]);
  });
});

describe('the next change', () => {
  const ring = {
    ...ringOf(
      key('a', { activate: 100, retire: 200, remove: 400 }),
      key('b', { activate: 200 }),
      key('r', { activate: 1, retire: 2, remove: 3, revoked: 0 }),
    ),
    algorithms: [termOf('ES256', { since: T + 50, until: T + 450 })],
  } satisfies Ring;

  test('is the first instant still to come at which a key or an algorithm changes', () => {
    const changes = [0, 50, 99, 100, 200, 399, 400, 450].map((seconds) => nextChange(ring, T + seconds));
    expect(changes.map((change) => change && change - T)).toEqual([50, 100, 100, 200, 400, 400, 450, undefined]);
  });

  test('of the set: when the next key leaves it', () => {
    const removals = [0, 100, 399, 400].map((seconds) => nextRemoval(ring, T + seconds));
    expect(removals.map((removal) => removal && removal - T)).toEqual([400, 400, 400, undefined]);
  });

  test('there is none in an empty ring', () => {
    expect(nextChange({ ...ringOf(), algorithms: [] }, T)).toBeUndefined();
    expect(nextRemoval(ringOf(), T)).toBeUndefined();
  });
});

describe('plan', () => {
  test('a ring that is as it should be: nothing but the next promotion', () => {
    expect(maintenancePlan(begun(), POLICY, T)).toEqual({
      create: [],
      promote: [{ kid: 'b', at: T + 9_990 }],
      erase: [],
      delay: [],
    });
  });

  test('an algorithm without a key that waits needs one, for as long as it is in service', () => {
    expect(maintenancePlan(begun(), POLICY, T + 9_989.9).create).toEqual([]);
    expect(maintenancePlan(begun(), POLICY, T + 9_990).create).toEqual(['ES256']);
    const ending = { ...begun(), algorithms: [termOf('ES256', { until: T + 11_000 })] } satisfies Ring;
    expect(maintenancePlan(ending, POLICY, T + 10_999).create).toEqual(['ES256']);
    expect(maintenancePlan(ending, POLICY, T + 11_000).create).toEqual([]);
  });

  test('a key that will be gone before its turn is none that will sign', () => {
    const skipped = ringOf(key('k', { activate: 300, retire: 200, remove: 200 }));
    expect(maintenancePlan(skipped, POLICY, T).promote).toEqual([]);
    expect(maintenancePlan(skipped, POLICY, T).create).toEqual([]);
  });

  test('names what is to be erased and what is to be delayed', () => {
    const early = key('early', { publish: 0, activate: 500 });
    const ring = ringOf(key('old', { retire: 100, remove: 300 }), early);
    const written = { ...ring, policy: { ...POLICY, publishLead: 400 } };
    expect(maintenancePlan(written, POLICY, T + 110)).toMatchObject({ erase: ['old'], delay: ['early'] });
    expect(maintenancePlan(ring, POLICY, T + 110)).toMatchObject({ erase: ['old'], delay: [] });
  });
});

describe('erased', () => {
  const names = (seconds: number) => {
    const columns = Object.entries(withoutUnneededParts(WHOLE, POLICY, T + seconds));
    return columns.flatMap(([name, value]) => (value === undefined ? [] : [name])).toSorted();
  };
  const all = names(0);
  const without = (...gone: readonly string[]) => all.filter((name) => !gone.includes(name));

  test('the private part when no clock has the key sign any more, the public one when no clock publishes it', () => {
    expect(names(209.9)).toEqual(all);
    expect(names(210)).toEqual(without('privateJwk'));
    expect(names(309.9)).toEqual(without('privateJwk'));
    expect(names(310)).toEqual(without('privateJwk', 'publicJwk'));
  });

  test('a sealed part as well, and what an outside key is called there', () => {
    const rest = { ...WHOLE, privateJwk: undefined };
    const sealed = { ...rest, sealed: 'sealed text' };
    expect(withoutUnneededParts(sealed, POLICY, T + 210)).toEqual(rest);
    const external = { ...rest, external: { reference: 'kms' } };
    expect(withoutUnneededParts(external, POLICY, T + 210)).toBe(external);
    expect(withoutUnneededParts(external, POLICY, T + 310)).toEqual({ ...rest, publicJwk: undefined });
  });

  test('what is erased already is the very same', () => {
    for (const seconds of [0, 250, 500]) {
      const once = withoutUnneededParts(WHOLE, POLICY, T + seconds);
      expect(withoutUnneededParts(once, POLICY, T + seconds)).toBe(once);
    }
    expect(withoutUnneededParts({ ...tombstone(WHOLE), privateJwk: { kty: 'EC' } }, POLICY, T + 310)).toEqual(
      tombstone(WHOLE),
    );
  });
});

describe('delayed', () => {
  const POLICIES = { from: { ...POLICY, publishLead: 900, retention: 100 }, to: POLICY };
  const early = key('k', { publish: 0, activate: 900, retire: 5_000, remove: 5_200 });

  test('a key that waits, until the lead is over', () => {
    expect(withPolicyDelay(early, POLICIES, T)).toEqual({ ...early, activateAt: T + 1_000 });
    const ripe = key('k', { publish: 0, activate: 1_000 });
    expect(withPolicyDelay(ripe, POLICIES, T)).toBe(ripe);
  });

  test('but not one that was told to sign before any lead was over', () => {
    const first = key('k', { publish: 0, activate: -10 });
    const forced = key('k', { publish: 0, activate: 899 });
    for (const seconds of [-5_000, -100, 0, 800])
      for (const it of [first, forced]) expect(withPolicyDelay(it, POLICIES, T + seconds)).toBe(it);
    expect(withPolicyDelay(early, { from: POLICY, to: POLICY }, T)).toBe(early);
  });

  test('nor one that a clock which is ahead may have sign already', () => {
    expect(withPolicyDelay(early, POLICIES, T + 889.9)).not.toBe(early);
    for (const seconds of [890, 900, 1e6]) expect(withPolicyDelay(early, POLICIES, T + seconds)).toBe(early);
  });

  test('a retired key, until the retention is over, while it is there', () => {
    const brief = key('k', { activate: 0, retire: 100, remove: 299 });
    for (const seconds of [0, 100, 258]) {
      expect(withPolicyDelay(brief, POLICIES, T + seconds)).toEqual({ ...brief, removeAt: T + 300 });
    }
    // By then others may have it removed before they know.
    for (const seconds of [259, 298, 299]) expect(withPolicyDelay(brief, POLICIES, T + seconds)).toBe(brief);
    const long = key('k', { activate: 0, retire: 100, remove: 300 });
    expect(withPolicyDelay(long, POLICIES, T)).toBe(long);
    const passed = key('k', { activate: 100, retire: 100, remove: 299 });
    expect(withPolicyDelay(passed, POLICIES, T)).toEqual({ ...passed, removeAt: T + 300 });
  });

  test('never one that is revoked; one that is gone before its turn has no later one', () => {
    const revoked = { ...early, revokedAt: T };
    expect(withPolicyDelay(revoked, POLICIES, T)).toBe(revoked);
    const skipped = key('k', { activate: 300, retire: 200, remove: 400 });
    expect(withPolicyDelay(skipped, POLICIES, T)).toBe(skipped);
    for (const retire of [200, 950]) {
      const ending = key('k', { activate: 950, retire, remove: retire + 200 });
      expect(withPolicyDelay(ending, POLICIES, T)).toBe(ending);
    }
  });
});
