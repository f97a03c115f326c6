// Each change to a ring: what it does, that doing it twice is doing it once, and every conflict with its words. Instants are
// seconds after T; see rings.ts for the policy.
import { describe, expect, test } from 'vitest';
import type { RingAlgorithm } from '../../src/index.ts';
import {
  maintained,
  type NewKey,
  newRing,
  redated,
  withAlgorithm,
  withFirstKey,
  withImportedKey,
  withKey,
  withMigration,
  withPromotion,
  withRevocation,
  withRotation,
} from '../../src/ring/changes.ts';
import {
  maintenancePlan,
  nextChange,
  preferredAlgorithm,
  type Ring,
  signingAlgorithms,
  signingKey,
} from '../../src/ring/ring.ts';
import {
  at,
  begun,
  completed,
  expectConflict,
  find,
  instants,
  keyNamed,
  NAME,
  POLICY,
  published,
  recordOf,
  states,
  T,
  terms,
} from '../issuer/rings.ts';

const signs = (ring: Ring, seconds: number, alg: RingAlgorithm = 'ES256') => signingKey(ring, alg, T + seconds)?.kid;

const rotate = (ring: Ring, from: string, seconds: number, alg: RingAlgorithm = 'ES256') =>
  withRotation(ring, { alg, from }, at(seconds));
const revoke = (ring: Ring, kid: string, seconds: number) =>
  withRevocation(ring, { kid, reason: 'leaked' }, at(seconds));
const promote = (ring: Ring, kid: string, seconds: number, force = false) =>
  withPromotion(ring, { kid, force }, at(seconds));
const migrate = (ring: Ring, from: RingAlgorithm, to: RingAlgorithm, seconds: number) =>
  withMigration(ring, { to, from }, at(seconds));

/** A ring of two algorithms, begun at T with both. */
function both(): Ring {
  const ring = newRing(NAME, ['ES256', 'RS256'], at(0));
  return completed(
    completed(
      ['a', 'r'].reduce((sum, kid) => withKey(sum, keyNamed(kid, kid === 'a' ? 'ES256' : 'RS256'), at(0)), ring),
      at(0),
    ),
    at(0),
  );
}

/** At every change from an instant on, and just before it, somebody signs. */
function expectSigned(ring: Ring, from: number, until: number): void {
  for (let now: number | undefined = T + from; now !== undefined && now < T + until; now = nextChange(ring, now)) {
    expect(preferredAlgorithm(ring, now), `at ${now - T}`).toBeDefined();
    if (now > T + from) expect(preferredAlgorithm(ring, now - 0.001), `just before ${now - T}`).toBeDefined();
  }
}

describe('a new ring', () => {
  test('has no key, and its algorithms from now on', () => {
    expect(newRing(NAME, ['ES256', 'RS256'], at(0))).toEqual({
      ring: NAME,
      policy: POLICY,
      algorithms: [
        { alg: 'ES256', since: T },
        { alg: 'RS256', since: T },
      ],
      keys: [],
    });
  });

  test('the first key signs at once, by a clock that is behind, too; the second in its turn', () => {
    const ring = begun();
    expect(instants(ring, 'a')).toEqual([0, -10, 9_990, 10_190]);
    expect(instants(ring, 'b')).toEqual([0, 9_990, undefined, undefined]);
    expect([-10, 0, 9_989, 9_990].map((seconds) => signs(ring, seconds))).toEqual(['a', 'a', 'a', 'b']);
  });

  test('its keys have all members of a record, so that none can be inherited', () => {
    for (const kid of ['a', 'b'])
      expect(Object.keys(find(begun(), kid)).toSorted()).toEqual(Object.keys(recordOf(keyNamed(kid))).toSorted());
  });

  test('so it is with each of several algorithms', () => {
    expect(signingAlgorithms(both(), T)).toEqual(['ES256', 'RS256']);
    expect(instants(both(), 'RS256-0')).toEqual([0, 9_990, undefined, undefined]);
  });
});

describe('withKey', () => {
  test('a key made late still waits for its lead', () => {
    const late = completed(begun(), at(50_000));
    expect(instants(late, 'ES256-50000')).toEqual([50_000, 51_000, undefined, undefined]);
    expect(instants(late, 'b')).toEqual([0, 9_990, 51_000, 51_200]);
  });

  test('a key made in time waits for the end of the rotation', () => {
    const ring = completed(begun(), at(9_990));
    expect(instants(ring, 'ES256-9990')).toEqual([9_990, 19_990, undefined, undefined]);
    expect(completed(ring, at(9_990))).toBe(ring);
  });

  test('ends a key that was left without an end when its successor began', () => {
    const open = [-100, -50].map((seconds) => recordOf(keyNamed(`at ${seconds}`), { activateAt: T + seconds }));
    const ring = withKey({ ...begun(), keys: open }, keyNamed('c'), at(0));
    expect(instants(ring, 'at -100')).toEqual([0, -100, -50, 150]);
  });

  test('one more takes its turn after the last that waits', () => {
    expect(instants(withKey(begun(), keyNamed('c'), at(5)), 'c').slice(0, 2)).toEqual([5, 19_990]);
  });

  test('a key where none signs any more does at once', () => {
    const none = revoke(revoke(begun(), 'b', 5), 'a', 5);
    expect(instants(completed(none, at(6)), 'ES256-6')).toEqual([6, -4, undefined, undefined]);
  });

  test('a kid that is there already is a conflict', () => {
    expectConflict(() => withKey(begun(), keyNamed('a'), at(0)), 'the key "a" is in the ring already');
    const gone = revoke(begun(), 'a', 5);
    expectConflict(() => withKey(gone, keyNamed('a'), at(6)), 'the key "a" is in the ring already');
  });

  test('a hundred keys are published, and no more', () => {
    let ring = begun();
    for (let i = 2; i < 100; i++) ring = withImportedKey(ring, keyNamed(`k${i}`), at(i));
    expect(published(ring, 100)).toHaveLength(100);
    const message = 'the published set can have at most 100 keys';
    expectConflict(() => withKey(ring, keyNamed('one more'), at(100)), message);
    expectConflict(() => withImportedKey(ring, keyNamed('one more'), at(100)), message);
    expect(published(withImportedKey(revoke(ring, 'k9', 100), keyNamed('one more'), at(100)), 100)).toHaveLength(100);
  });
});

describe('begunWith', () => {
  const first = (...keys: readonly NewKey[]) =>
    keys.reduce((sum, key) => withFirstKey(sum, key, at(0)), newRing(NAME, ['ES256', 'RS256'], at(0)));

  test('the first key of an algorithm signs, the others are kept for their tokens without their private part', () => {
    const ring = first(keyNamed('a'), keyNamed('old'), keyNamed('older'), keyNamed('r', 'RS256'));
    expect(states(ring, 0)).toEqual({ a: 'active', old: 'retiring', older: 'retiring', r: 'active' });
    for (const kid of ['old', 'older']) {
      expect(instants(ring, kid)).toEqual([0, 0, 0, 200]);
      expect(find(ring, kid).privateJwk).toBeUndefined();
    }
    expect(find(ring, 'a').privateJwk).toBeDefined();
    expect(published(ring, 0)).toEqual(['a', 'old', 'older', 'r']);
    expect(signingAlgorithms(ring, T - 10)).toEqual(['ES256', 'RS256']);
  });

  test('what follows leaves them as they are', () => {
    const ring = completed(first(keyNamed('a'), keyNamed('old'), keyNamed('r', 'RS256')), at(5));
    expect(instants(ring, 'old')).toEqual([0, 0, 0, 200]);
    expect(instants(ring, 'ES256-5')).toEqual([5, 9_990, undefined, undefined]);
    expect(states(rotate(ring, 'a', 1_100), 1_100)).toMatchObject({ old: 'removed', a: 'retiring' });
  });

  test('the same key twice is a conflict', () => {
    expectConflict(() => first(keyNamed('a'), keyNamed('a')), 'the key "a" is in the ring already');
  });

  test('a key of an algorithm that has no term signs all the same', () => {
    const ring = withFirstKey(newRing(NAME, [], at(0)), keyNamed('a'), at(0));
    expect(signs(ring, 0)).toBe('a');
    expect(signs(withKey(newRing(NAME, [], at(0)), keyNamed('a'), at(0)), 0)).toBe('a');
  });
});

describe('imported', () => {
  test('is published at once and signs after the lead, before a key that waits for longer', () => {
    const ring = withImportedKey(begun(), keyNamed('mine'), at(100));
    expect(instants(ring, 'mine')).toEqual([100, 1_100, 9_990, 10_190]);
    expect(instants(ring, 'a')).toEqual([0, -10, 1_100, 1_300]);
    expect(withImportedKey(ring, keyNamed('mine'), at(200))).toBe(ring);
  });

  test('signs at once where no key does any more', () => {
    const none = revoke(revoke(begun(), 'b', 5), 'a', 5);
    expect(instants(withImportedKey(none, keyNamed('mine'), at(6)), 'mine')).toEqual([6, -4, undefined, undefined]);
  });

  test('a kid never returns, nor comes for another algorithm', () => {
    const never = 'the key "a" was removed or revoked, and its kid cannot be used again';
    expectConflict(() => withImportedKey(revoke(begun(), 'a', 1), keyNamed('a'), at(2)), never);
    const removed = maintained(begun(), at(10_190));
    expectConflict(() => withImportedKey(removed, keyNamed('a'), at(10_190)), never);
    expectConflict(() => withImportedKey(maintained(removed, at(10_300)), keyNamed('a'), at(10_300)), never);
    expectConflict(
      () => withImportedKey(begun(), keyNamed('a', 'ES384'), at(1)),
      'the key "a" is already in the ring, for ES256',
    );
  });

  test('a key of a new algorithm puts that in service beside the others, after the lead', () => {
    const ring = withImportedKey(begun(), keyNamed('r', 'RS256'), at(100));
    expect(terms(ring)).toEqual([
      ['ES256', 0, undefined],
      ['RS256', 1_100, undefined],
    ]);
    expect(instants(ring, 'r')).toEqual([100, 1_100, undefined, undefined]);
    expect(preferredAlgorithm(ring, T + 1_100)).toBe('ES256');
  });

  test('as the first key of an algorithm to come it puts that off for its lead', () => {
    const ring = withImportedKey(migrate(begun(), 'ES256', 'RS256', 0), keyNamed('r', 'RS256'), at(500));
    expect(terms(ring)).toEqual([
      ['RS256', 1_500, undefined],
      ['ES256', 0, 1_500],
    ]);
    expect(instants(ring, 'a').slice(2)).toEqual([1_500, 1_700]);
    expectSigned(ring, 0, 20_000);
  });

  test('a key of an algorithm on its way out would be gone before it signs: a conflict, as after it', () => {
    const leaving = completed(migrate(begun(), 'ES256', 'RS256', 0), at(0));
    const message = 'ES256 is no longer in service: call migrate with it first';
    for (const seconds of [1, 999, 1_000, 50_000]) {
      expectConflict(() => withImportedKey(leaving, keyNamed('mine'), at(seconds)), message);
    }
  });
});

describe('rotated', () => {
  test('a ripe key signs at once, and its predecessor is kept for its tokens', () => {
    const ring = rotate(begun(), 'a', 1_000);
    expect(instants(ring, 'a')).toEqual([0, -10, 1_000, 1_200]);
    expect(instants(ring, 'b')).toEqual([0, 1_000, undefined, undefined]);
    expect(maintenancePlan(ring, POLICY, T + 1_000).create).toEqual(['ES256']);
  });

  test('an unripe one as soon as it is ripe', () => {
    const ring = rotate(begun(), 'a', 400);
    expect(instants(ring, 'b')).toEqual([0, 1_000, undefined, undefined]);
    expect(signs(ring, 999)).toBe('a');
    expect(rotate(ring, 'a', 400)).toBe(ring);
    expect(rotate(ring, 'a', 900)).toBe(ring);
  });

  test('of eight at once one does: the others find that the key signs no more', () => {
    const ring = completed(rotate(begun(), 'a', 1_000), at(1_000));
    expect(rotate(ring, 'a', 1_000)).toBe(ring);
    expect(rotate(ring, 'a', 1_001)).toBe(ring);
    expect(signs(rotate(ring, 'b', 1_001), 2_000)).toBe('ES256-1000');
  });

  test('without a key that waits nothing happens', () => {
    const unpooled = revoke(begun(), 'b', 1);
    expect(rotate(unpooled, 'a', 5)).toBe(unpooled);
    expect(rotate(begun(), 'a', 1_000, 'RS256')).toEqual(begun());
    const coming = completed(migrate(begun(), 'ES256', 'RS256', 0), at(0));
    expect(rotate(coming, 'RS256-0', 500, 'RS256')).toBe(coming);
  });
});

describe('promoted', () => {
  test('a ripe key signs from now on', () => {
    const ring = promote(begun(), 'b', 1_000);
    expect(instants(ring, 'b')).toEqual([0, 1_000, undefined, undefined]);
    expect(instants(ring, 'a')).toEqual([0, -10, 1_000, 1_200]);
    expect(promote(ring, 'b', 1_000)).toBe(ring);
    expect(promote(ring, 'b', 5_000)).toBe(ring);
  });

  test('an unripe one only by force', () => {
    const wait = (seconds: number) =>
      `the key "b" must be published for ${seconds} s more, since verifiers may not have it yet`;
    expectConflict(() => promote(begun(), 'b', 0), wait(1_000));
    expectConflict(() => promote(begun(), 'b', 999.5), wait(1));
    expect(instants(promote(begun(), 'b', 5, true), 'b')).toEqual([0, 5, undefined, undefined]);
  });

  test('past others that wait: they keep their turn', () => {
    const three = withImportedKey(begun(), keyNamed('c'), at(10));
    const ring = promote(three, 'b', 1_000);
    expect(instants(ring, 'a').slice(2)).toEqual([1_000, 1_200]);
    expect(instants(ring, 'b').slice(1)).toEqual([1_000, 1_010, 1_210]);
    expect(instants(ring, 'c').slice(1)).toEqual([1_010, undefined, undefined]);
  });

  test('where no key signs, by a clock that is behind, too', () => {
    const none = { ...begun(), keys: begun().keys.filter(({ kid }) => kid === 'b') };
    expect(instants(promote(none, 'b', 1_000), 'b')).toEqual([0, 990, undefined, undefined]);
  });

  test.each<[string, () => Ring, number, string]>([
    ['a retiring key', () => rotate(begun(), 'a', 1_000), 1_100, 'retiring'],
    ['a removed one', () => rotate(begun(), 'a', 1_000), 1_200, 'removed'],
    ['a revoked one', () => revoke(begun(), 'a', 1), 1_200, 'revoked'],
  ])('%s is a conflict', (_, ringOf, seconds, state) => {
    const ring = ringOf();
    for (const force of [false, true]) {
      expectConflict(
        () => promote(ring, 'a', seconds, force),
        `the key "a" is ${state}: only a pending key can be promoted`,
      );
    }
  });

  test('so is one that still signs by an older record, and one that there is not', () => {
    const slow = revoke(promote(withImportedKey(begun(), keyNamed('c'), at(10)), 'b', 1_000), 'b', 1_005);
    expect([995, 1_005].map((seconds) => signs(slow, seconds))).toEqual(['c', 'c']);
    expectConflict(
      () => promote(slow, 'a', 996),
      'the key "a" is active, but not the newest: only a pending key can be promoted',
    );
    expectConflict(() => promote(begun(), 'x', 1), 'the ring has no key "x"; ring.status() lists its keys');
    expectConflict(() => revoke(begun(), 'x', 1), 'the ring has no key "x"; ring.status() lists its keys');
  });
});

describe('revoked', () => {
  const tombstoneOf = (ring: Ring, kid: string) => {
    const { publicJwk, privateJwk, sealed, external, ...rest } = find(ring, kid);
    expect([publicJwk, privateJwk, sealed, external]).toEqual([undefined, undefined, undefined, undefined]);
    return rest;
  };

  test('the key that signs: gone at once, and the one that waits signs in the same write, on every clock', () => {
    const ring = revoke(begun(), 'a', 1_500);
    expect(tombstoneOf(ring, 'a')).toMatchObject({ kid: 'a', revokedAt: T + 1_500, reason: 'leaked' });
    expect(published(ring, 1_490)).toEqual(['b']);
    expect([1_490, 1_500].map((seconds) => signs(ring, seconds))).toEqual(['b', 'b']);
    expect(revoke(ring, 'a', 1_600)).toBe(ring);
  });

  test('of several that wait, the one that was published first, though it is not ripe', () => {
    const three = withImportedKey(begun(), keyNamed('c'), at(10));
    const ring = revoke(three, 'a', 20);
    expect(instants(ring, 'b').slice(1)).toEqual([10, 1_010, 1_210]);
    expect(instants(ring, 'c').slice(1)).toEqual([1_010, undefined, undefined]);
  });

  test('the key that waits: the one before it signs on', () => {
    const ring = revoke(begun(), 'b', 5);
    expect(instants(ring, 'a')).toEqual([0, -10, undefined, undefined]);
    expect(instants(completed(ring, at(5)), 'ES256-5')).toEqual([5, 9_990, undefined, undefined]);
  });

  test('a key that never signed: one that has just begun to keeps its instant', () => {
    const ring = completed(rotate(begun(), 'a', 1_000), at(1_000));
    expect(instants(revoke(ring, 'ES256-1000', 1_005), 'b')).toEqual([0, 1_000, undefined, undefined]);
  });

  test('a key at the instant at which its successor begins: that begins by a clock that is behind, too', () => {
    expect(instants(revoke(rotate(begun(), 'a', 1_000), 'a', 1_000), 'b')).toEqual([0, 990, undefined, undefined]);
  });

  test('a retiring key: the others stay as they are', () => {
    const ring = rotate(begun(), 'a', 1_000);
    expect(instants(revoke(ring, 'a', 1_100), 'b')).toEqual(instants(ring, 'b'));
    expect(published(revoke(ring, 'a', 1_100), 1_100)).toEqual(['b']);
  });

  test('a removed one, too, and so does a tombstone', () => {
    const ring = revoke(maintained(rotate(begun(), 'a', 1_000), at(2_000)), 'a', 2_000);
    expect(states(ring, 2_000).a).toBe('revoked');
    expect(signs(ring, 2_000)).toBe('b');
  });

  test('the last: no key signs until there is one', () => {
    const none = revoke(revoke(begun(), 'a', 5), 'b', 6);
    expect(signs(none, 7)).toBeUndefined();
    expect(maintenancePlan(none, POLICY, T + 7)).toEqual({ create: ['ES256'], promote: [], erase: [], delay: [] });
    expect(signs(completed(none, at(7)), 7)).toBe('ES256-7');
  });

  test('a key that signs by a clock that is behind, when another has its successor sign already', () => {
    const ring = revoke(begun(), 'b', 9_985);
    expect(signs(ring, 9_990)).toBe('a');
    const other = revoke(begun(), 'a', 9_985);
    expect([9_975, 9_990].map((seconds) => signs(other, seconds))).toEqual(['b', 'b']);
  });

  test('what has just taken its place does so by a clock that is behind, too, of another algorithm as well', () => {
    const rotating = revoke(rotate(begun(), 'a', 1_000), 'a', 1_005);
    expect([995, 1_005].map((seconds) => signs(rotating, seconds))).toEqual(['b', 'b']);
    const migrating = completed(migrate(begun(), 'ES256', 'RS256', 0), at(0));
    expect([995, 1_005].map((seconds) => signingAlgorithms(revoke(migrating, 'a', 1_005), T + seconds))).toEqual([
      ['RS256'],
      ['RS256'],
    ]);
    // What retires by a clock that is behind only later is kept for as long as it was told to be.
    const behind = withImportedKey(rotating, keyNamed('c'), at(996));
    expect(instants(behind, 'b')).toEqual([0, 995, 1_996, 2_196]);
    const emergency = revoke(promote(withImportedKey(begun(), keyNamed('c'), at(10)), 'b', 1_000), 'b', 1_005);
    expect(instants(emergency, 'a')).toEqual([0, -10, 1_000, 1_200]);
    expect(instants(withImportedKey(emergency, keyNamed('d'), at(996)), 'a')).toEqual([0, -10, 1_000, 1_200]);
    // What is still to come waits: another algorithm signs meanwhile.
    const backAgain = completed(migrate(migrating, 'RS256', 'ES256', 1_002), at(1_002));
    expect(instants(revoke(backAgain, 'a', 1_005), 'ES256-1002').slice(0, 2)).toEqual([1_002, 2_002]);
    // A key that signs for long does not begin anew.
    expect(instants(revoke(both(), 'a', 5_000), 'r')).toEqual(instants(both(), 'r'));
  });

  test('a key that signed for less time than clocks differ, by one that is behind', () => {
    const migrating = completed(migrate(begun(), 'ES256', 'RS256', 0), at(0));
    const brief = withPromotion(migrating, { kid: 'b', force: true }, at(994));
    expect([993, 999, 1_000].map((seconds) => signingAlgorithms(brief, T + seconds))).toEqual([
      ['ES256'],
      ['ES256'],
      ['RS256'],
    ]);
    const ring = revoke(brief, 'b', 1_003);
    for (const seconds of [993, 994, 999, 1_003]) expect(signingAlgorithms(ring, T + seconds)[0]).toBe('RS256');
  });

  test('a key with whose turn an algorithm begins: it begins with the next one', () => {
    const migrating = completed(migrate(begun(), 'ES256', 'RS256', 0), at(0));
    const ring = revoke(withImportedKey(migrating, keyNamed('r', 'RS256'), at(300)), 'RS256-0', 500);
    expect(terms(ring)).toEqual([
      ['RS256', 1_300, undefined],
      ['ES256', 0, 1_300],
    ]);
    expect(instants(ring, 'a').slice(2)).toEqual([1_300, 1_500]);
    expectSigned(completed(ring, at(500)), 0, 20_000);
  });
});

describe('migrated', () => {
  const migrating = () => completed(migrate(begun(), 'ES256', 'RS256', 0), at(0));

  test('to a new algorithm: its key is published now and signs after the lead, the old one until then', () => {
    const ring = migrating();
    expect(terms(ring)).toEqual([
      ['RS256', 1_000, undefined],
      ['ES256', 0, 1_000],
    ]);
    expect(instants(ring, 'RS256-0')).toEqual([0, 1_000, undefined, undefined]);
    expect(instants(ring, 'a')).toEqual([0, -10, 1_000, 1_200]);
    expect([999, 1_000].map((seconds) => signingAlgorithms(ring, T + seconds))).toEqual([['ES256'], ['RS256']]);
    expectSigned(ring, 0, 20_000);
  });

  test('what waited of the old one is gone with it, unsigned', () => {
    const ring = migrating();
    expect(instants(ring, 'b')).toEqual([0, 9_990, 1_000, 1_200]);
    expect(states(ring, 1_000)).toEqual({ a: 'retiring', b: 'retiring', 'RS256-0': 'active' });
    expect(maintenancePlan(ring, POLICY, T + 1_000).create).toEqual(['RS256']);
  });

  test('twice is once; what is not in service cannot be left', () => {
    const ring = migrating();
    for (const seconds of [0, 500, 999, 1_000, 1e6]) expect(migrate(ring, 'ES256', 'RS256', seconds)).toBe(ring);
    expectConflict(() => migrate(ring, 'ES256', 'EdDSA', 1_000), 'ES256 is not in service');
    expectConflict(() => migrate(ring, 'PS256', 'RS256', 0), 'PS256 is not in service');
    expect(migrate(ring, 'RS256', 'RS256', 0)).toBe(ring);
  });

  test('its key made late: the old one signs until the new one is ripe', () => {
    for (const seconds of [1, 500, 999]) {
      const ring = completed(migrate(begun(), 'ES256', 'RS256', 0), at(seconds));
      expect(terms(ring)).toEqual([
        ['RS256', 1_000 + seconds, undefined],
        ['ES256', 0, 1_000 + seconds],
      ]);
      expect(instants(ring, `RS256-${seconds}`)).toEqual([seconds, 1_000 + seconds, undefined, undefined]);
      expectSigned(ring, 0, 20_000);
      expect(maintenancePlan(ring, POLICY, T + seconds).delay).toEqual([]);
    }
  });

  test('its key made when the old one signs no more signs at once', () => {
    const ring = completed(migrate(begun(), 'ES256', 'RS256', 0), at(1_500));
    expect(signs(ring, 1_490, 'RS256')).toBe('RS256-1500');
  });

  test('its key revoked before its turn: the next one waits for its lead, and the old one signs until then', () => {
    const ring = completed(revoke(migrating(), 'RS256-0', 995), at(995));
    expect(instants(ring, 'RS256-995')).toEqual([995, 1_995, undefined, undefined]);
    expect(instants(ring, 'a').slice(2)).toEqual([1_995, 2_195]);
    expectSigned(ring, 0, 20_000);
  });

  test('back again while it is under way: the old one signs on', () => {
    const ring = migrate(migrating(), 'RS256', 'ES256', 500);
    expect(terms(ring)).toEqual([
      ['ES256', 500, undefined],
      ['RS256', 1_000, 500],
    ]);
    expect(instants(ring, 'a')).toEqual(instants(begun(), 'a'));
    expect(instants(ring, 'b')).toEqual(instants(begun(), 'b'));
    expect(instants(ring, 'RS256-0')).toEqual([0, 1_000, 500, 700]);
    expect(preferredAlgorithm(ring, T + 1_200)).toBe('ES256');
    expectSigned(ring, 0, 20_000);
  });

  test('there and back and there, and under a longer lead: the old one signs until the new one can', () => {
    const back = migrate(migrating(), 'RS256', 'ES256', 30);
    const there = completed(migrate(back, 'ES256', 'RS256', 40), at(40));
    expect(instants(there, 'RS256-0').slice(0, 3)).toEqual([0, 1_000, 30]);
    const long = maintained(there, at(50, { publishLead: 3_000 }));
    expect(terms(long)).toEqual([
      ['RS256', 3_040, undefined],
      ['ES256', 30, 3_040],
    ]);
    expectSigned(long, 0, 20_000);
    const late = redated(there, { before: back, after: there }, at(90));
    expect(terms(late)).toEqual([
      ['RS256', 1_090, undefined],
      ['ES256', 30, 1_090],
    ]);
    expectSigned(late, 0, 20_000);
  });

  test('to one whose key was brought before: as soon as that is ripe, whatever else comes and goes', () => {
    const localSigners = withImportedKey(begun(), keyNamed('r', 'RS256'), at(100));
    const ring = migrate(localSigners, 'ES256', 'RS256', 200);
    expect(terms(ring)).toEqual([
      ['RS256', 1_100, undefined],
      ['ES256', 0, 1_100],
    ]);
    const revokedIt = completed(revoke(ring, 'r', 300), at(300));
    expect(instants(revokedIt, 'a').slice(2)).toEqual([1_300, 1_500]);
    expectSigned(revokedIt, 0, 20_000);
    const forced = completed(promote(ring, 'r', 300, true), at(300));
    expect(terms(forced)[0]).toEqual(['RS256', 300, undefined]);
    expectSigned(forced, 0, 20_000);
  });

  test('back again after it: with a new key', () => {
    const ring = completed(migrate(migrating(), 'RS256', 'ES256', 2_000), at(2_000));
    expect(terms(ring)).toEqual([
      ['ES256', 3_000, undefined],
      ['RS256', 1_000, 3_000],
    ]);
    expect(instants(ring, 'ES256-2000')).toEqual([2_000, 3_000, undefined, undefined]);
    expect(instants(ring, 'a')).toEqual([0, -10, 1_000, 1_200]);
    expectSigned(ring, 0, 20_000);
  });

  test('on to a third one while it is under way: each signs in its time', () => {
    const ring = completed(migrate(migrating(), 'RS256', 'PS256', 500), at(500));
    expect(terms(ring)).toEqual([
      ['PS256', 1_500, undefined],
      ['RS256', 1_000, 1_500],
      ['ES256', 0, 1_000],
    ]);
    expect([999, 1_000, 1_500].map((seconds) => preferredAlgorithm(ring, T + seconds))).toEqual([
      'ES256',
      'RS256',
      'PS256',
    ]);
    expectSigned(ring, 0, 20_000);
    // Even when the one between loses its key before its turn.
    expectSigned(completed(revoke(ring, 'RS256-0', 900), at(900)), 900, 20_000);
  });

  test('an emergency in the midst of it finds a key as ever', () => {
    const first = completed(revoke(migrating(), 'a', 100), at(100));
    expect(signs(first, 100)).toBe('b');
    const second = completed(revoke(first, 'b', 200), at(200));
    expect(signs(second, 200)).toBe('ES256-100');
    expect(instants(second, 'ES256-100').slice(2)).toEqual([1_000, 1_200]);
    expectSigned(second, 200, 20_000);
  });

  test('to one in service: it signs alone from now on', () => {
    const ring = migrate(both(), 'ES256', 'RS256', 5_000);
    expect(terms(ring)).toEqual([
      ['RS256', 0, undefined],
      ['ES256', 0, 5_000],
    ]);
    expect(instants(ring, 'a').slice(2)).toEqual([5_000, 5_200]);
    expect(instants(ring, 'ES256-0')).toEqual([0, 9_990, 5_000, 5_200]);
    expect(signingAlgorithms(ring, T + 5_000)).toEqual(['RS256']);
  });

  test('to one in service whose key is not ripe: the old one signs until it is', () => {
    const added = withImportedKey(withAlgorithm(begun(), 'RS256', at(0)), keyNamed('r', 'RS256'), at(500));
    const ring = migrate(added, 'ES256', 'RS256', 600);
    expect(instants(ring, 'r')).toEqual([500, 1_500, undefined, undefined]);
    expect(instants(ring, 'a').slice(2)).toEqual([1_500, 1_700]);
    expectSigned(ring, 600, 20_000);
    const again = completed(revoke(ring, 'r', 700), at(700));
    expect(instants(again, 'RS256-700').slice(0, 2)).toEqual([700, 1_700]);
    expectSigned(again, 700, 20_000);
  });

  test('to one in service that has no key yet: the old one signs until it can', () => {
    const soon = migrate(withAlgorithm(begun(), 'RS256', at(0)), 'ES256', 'RS256', 600);
    expect(instants(completed(soon, at(700)), 'a').slice(2)).toEqual([1_700, 1_900]);
    expectSigned(completed(soon, at(700)), 700, 20_000);
    const none = revoke(revoke(both(), 'r', 100), 'RS256-0', 100);
    const now = completed(migrate(none, 'ES256', 'RS256', 200), at(200));
    expect(signingAlgorithms(now, T + 200)).toEqual(['RS256']);
  });

  test('to one that is preferred already leaves the others in their order', () => {
    const three = newRing(NAME, ['ES256', 'RS256', 'PS256'], at(0));
    const ring = migrate(three, 'PS256', 'ES256', 5);
    expect(terms(ring).map((term) => JSON.stringify(term))).toEqual([
      '["ES256",0,null]',
      '["RS256",0,null]',
      '["PS256",0,5]',
    ]);
    expect(terms(migrate(three, 'RS256', 'PS256', 5)).map((term) => JSON.stringify(term))).toEqual([
      '["ES256",0,null]',
      '["PS256",0,null]',
      '["RS256",0,5]',
    ]);
  });

  test('two to the same one', () => {
    const ring = migrate(migrate(both(), 'ES256', 'PS256', 0), 'RS256', 'PS256', 100);
    const done = completed(ring, at(100));
    expect(done.algorithms.map(({ alg }) => alg).toSorted()).toEqual(['ES256', 'PS256', 'RS256']);
    expect(instants(done, 'PS256-100').slice(0, 2)).toEqual([100, 1_100]);
    expect(instants(done, 'a').slice(2)).toEqual([1_100, 1_300]);
    expect(instants(done, 'r').slice(2)).toEqual([1_100, 1_300]);
    expectSigned(done, 100, 20_000);
  });
});

describe('serving', () => {
  test('an algorithm beside the others, from when its first key is ripe', () => {
    const ring = withAlgorithm(begun(), 'RS256', at(100));
    expect(terms(ring)).toEqual([
      ['ES256', 0, undefined],
      ['RS256', 1_100, undefined],
    ]);
    expect(withAlgorithm(ring, 'RS256', at(200))).toBe(ring);
    expect(instants(completed(ring, at(150)), 'RS256-150').slice(0, 2)).toEqual([150, 1_150]);
  });

  test('one that was left does not return by that', () => {
    const ring = migrate(begun(), 'ES256', 'RS256', 0);
    expect(withAlgorithm(ring, 'ES256', at(5_000))).toBe(ring);
  });
});

describe('republished', () => {
  const again = (after: Ring, seconds: number, before = begun()) => redated(after, { before, after }, at(seconds));

  test('what a slow write published begins its wait anew, and what it retired is kept from now on', () => {
    const ring = again(completed(rotate(begun(), 'a', 1_000), at(1_000)), 1_100);
    expect(instants(ring, 'ES256-1000')).toEqual([1_100, 11_000, undefined, undefined]);
    expect(instants(ring, 'a')).toEqual([0, -10, 1_000, 1_300]);
    expect(instants(ring, 'b')).toEqual([0, 1_000, 11_000, 11_200]);
    expect(signs(ring, 1_000)).toBe('b');
  });

  test('with an algorithm that is to come, that too', () => {
    const ring = again(completed(migrate(begun(), 'ES256', 'RS256', 0), at(0)), 100);
    expect(terms(ring)).toEqual([
      ['RS256', 1_100, undefined],
      ['ES256', 0, 1_100],
    ]);
    expect(instants(ring, 'RS256-0')).toEqual([100, 1_100, undefined, undefined]);
    expect(instants(ring, 'a').slice(2)).toEqual([1_100, 1_300]);
  });

  test('what it had sign at an instant that has passed since is kept from now on, too', () => {
    const slow = rotate(begun(), 'a', 995);
    expect(instants(slow, 'a')).toEqual([0, -10, 1_000, 1_200]);
    expect(again(slow, 999)).toBe(slow);
    expect(instants(again(slow, 1_100), 'a')).toEqual([0, -10, 1_000, 1_300]);
  });

  test('what it revoked was published until now', () => {
    const slow = revoke(begun(), 'a', 500);
    expect(find(again(slow, 600), 'a')).toMatchObject({ revokedAt: T + 600, reason: 'leaked' });
    expect(again(slow, 600, slow)).toBe(slow);
  });

  test('what is over already stays: a wait, a removal', () => {
    const slow = completed(rotate(begun(), 'a', 1_000), at(1_000));
    expect(instants(again(slow, 1_199), 'a')).toEqual([0, -10, 1_000, 1_399]);
    expect(instants(again(slow, 1_200), 'a')).toEqual([0, -10, 1_000, 1_200]);
    expect(instants(again(slow, 11_000), 'ES256-1000').slice(0, 2)).toEqual([1_000, 11_000]);
  });

  test('what another write did stays', () => {
    const ring = rotate(begun(), 'a', 1_000);
    expect(again(ring, 1_100, ring)).toBe(ring);
    expect(redated(ring, { before: begun(), after: begun() }, at(1_100))).toBe(ring);
    // One that came instead of it, or after it.
    const [first, second] = [rotate(begun(), 'a', 1_001), withImportedKey(begun(), keyNamed('c'), at(5))];
    expect(redated(ring, { before: begun(), after: first }, at(1_100))).toBe(ring);
    const both = withImportedKey(second, keyNamed('d'), at(5));
    const late = redated(both, { before: begun(), after: second }, at(100));
    expect(instants(late, 'c').slice(0, 2)).toEqual([100, 1_100]);
    expect(instants(late, 'd').slice(0, 2)).toEqual([5, 1_005]);
  });

  test('once: a late repair is not to be repaired', () => {
    const slow = revoke(completed(rotate(begun(), 'a', 1_000), at(1_000)), 'a', 1_000);
    const repaired = again(slow, 1_100);
    expect(find(repaired, 'a')).toMatchObject({ revokedAt: T + 1_100 });
    expect(again(repaired, 1_200, slow)).toBe(repaired);
  });

  test('by the next change of a clock that is behind, too', () => {
    const ring = again(rotate(begun(), 'a', 1_000), 1_100);
    expect(instants(completed(ring, at(1_091)), 'a')).toEqual([0, -10, 1_000, 1_300]);
  });

  test('a key that was taken back meanwhile stays so', () => {
    const slow = rotate(begun(), 'a', 1_000);
    const ring = revoke(slow, 'a', 1_050);
    expect(redated(ring, { before: begun(), after: slow }, at(1_100))).toBe(ring);
  });
});

describe('tended', () => {
  test('nothing to do is the very same ring', () => {
    const ring = begun();
    for (const seconds of [0, 9_990, 9_999.9]) expect(maintained(ring, at(seconds))).toBe(ring);
  });

  test('erases when every clock is past the end, once', () => {
    const ring = maintained(begun(), at(10_000));
    expect(find(ring, 'a').privateJwk).toBeUndefined();
    expect(find(ring, 'a').publicJwk).toBeDefined();
    expect(maintained(ring, at(10_000))).toBe(ring);
    const gone = maintained(ring, at(10_200));
    expect(find(gone, 'a').publicJwk).toBeUndefined();
    expect(maintained(gone, at(10_200))).toBe(gone);
    expect(maintained(begun(), at(10_000, { rotation: 20_000 })).policy).toEqual(POLICY);
  });

  test('under a longer lead what waits is put off, and its predecessor signs on', () => {
    const strict = at(5, { publishLead: 20_000 });
    const ring = maintained(begun(), strict);
    expect(instants(ring, 'b')).toEqual([0, 20_000, undefined, undefined]);
    expect(instants(ring, 'a')).toEqual([0, -10, 20_000, 20_200]);
    expect(ring.policy).toEqual(strict.policy);
    expect(maintained(ring, strict)).toBe(ring);
  });

  test('an algorithm that is to come is put off with its first key', () => {
    const ring = maintained(completed(migrate(begun(), 'ES256', 'RS256', 0), at(0)), at(5, { publishLead: 3_000 }));
    expect(terms(ring)).toEqual([
      ['RS256', 3_000, undefined],
      ['ES256', 0, 3_000],
    ]);
    expect(instants(ring, 'a').slice(2)).toEqual([3_000, 3_200]);
    expect(preferredAlgorithm(ring, T + 2_999)).toBe('ES256');
  });

  test('under a longer retention what is retired is kept, and what will be', () => {
    const retired = rotate(begun(), 'a', 1_000);
    const long = at(1_100, { retention: 5_000 });
    expect(instants(maintained(retired, long), 'a')).toEqual([0, -10, 1_000, 6_000]);
    expect(instants(maintained(begun(), at(5, { retention: 5_000 })), 'a')).toEqual([0, -10, 9_990, 14_990]);
  });

  test('under a shorter one nothing goes earlier than it was told to: tokens may still be from the longer one', () => {
    const long = { retention: 5_000 };
    const ring = completed(maintained(begun(), at(5, long)), at(5, long));
    expect(instants(maintained(ring, at(6)), 'a').slice(2)).toEqual([9_990, 14_990]);
    expect(instants(withPromotion(ring, { kid: 'b', force: false }, at(1_000)), 'a').slice(2)).toEqual([1_000, 6_000]);
    const made = withPromotion(ring, { kid: 'b', force: false }, at(1_000));
    const late = redated(made, { before: ring, after: made }, at(1_100));
    expect(instants(late, 'a').slice(2)).toEqual([1_000, 6_100]);
    const next = completed(rotate(ring, 'a', 1_000), at(1_000));
    expect(instants(next, 'b').slice(2)).toEqual([11_000, 11_200]);
  });

  test('instances with different policies do not write for ever in turn', () => {
    const policies = [{ publishLead: 20_000 }, { retention: 5_000 }, { publishLead: 15_000, retention: 300 }, {}];
    for (const first of policies) {
      let ring = completed(migrate(withImportedKey(begun(), keyNamed('c'), at(1)), 'ES256', 'RS256', 2), at(3));
      const writes = Array.from({ length: 24 }, (_, i) => {
        const before = ring;
        ring = maintained(ring, at(4 + i / 10, i % 2 ? first : policies[(i / 2) % 4]));
        return ring !== before;
      });
      expect(writes.slice(-12), JSON.stringify(first)).not.toContain(true);
    }
  });

  test('a thousand tombstones are kept, the newest', () => {
    const stones = Array.from({ length: 1_005 }, (_, i) =>
      recordOf(keyNamed(`t${i}`), {
        publicJwk: undefined,
        privateJwk: undefined,
        publishAt: T - 10_000 + i,
        activateAt: T - 10_000 + i,
        retireAt: T - 9_000 + i,
        removeAt: T - 8_000 + i,
      }),
    );
    const ring = { ...begun(), keys: [...stones.toReversed(), ...begun().keys] };
    expect(maintained(ring, at(0))).toBe(ring);
    const kids = maintained(ring, at(10_200)).keys.map(({ kid }) => kid);
    expect(kids).toHaveLength(1_001);
    expect(['t5', 't6', 'a', 'b'].map((kid) => kids.includes(kid))).toEqual([false, true, true, true]);
  });
});
