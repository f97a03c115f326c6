// A ring as people look at it: how each key stands, and its states over a stretch of time.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { withMigration, withPromotion, withRevocation } from '../../src/ring/changes.ts';
import { type Ring, type RingKey, stateOf } from '../../src/ring/ring.ts';
import { ringStatus, ringTimeline } from '../../src/ring/timeline.ts';
import { at, begun, completed, NAME, POLICY, T } from '../issuer/rings.ts';
import { deepMutate } from '../support/deep-mutate.ts';
import { expectSilent } from '../support/expect.ts';

/** Each key's states between two instants, counted from T: `state from-to`. */
function drawn(ring: Ring, from: number, to: number): Record<string, string> {
  const rows = ringTimeline(ring, T + from, T + to);
  return Object.fromEntries(
    rows.map(({ kid, spans }) => [
      kid,
      spans.map((span) => `${span.state} ${span.from - T}..${span.to - T}`).join(', '),
    ]),
  );
}

describe('the timeline', () => {
  let ring: Ring;
  let rotated: Ring;
  let taken: Ring;
  beforeEach(() => {
    ring = begun();
    rotated = completed(withPromotion(ring, { kid: 'b', force: false }, at(2_000)), at(2_000));
    taken = withRevocation(rotated, { kid: 'b', reason: 'stolen' }, at(2_500));
  });

  test('a key’s whole life, one span for each of its states', () => {
    expect(drawn(ring, 0, 20_000)).toEqual({
      a: 'active 0..9990, retiring 9990..10190, removed 10190..20000',
      b: 'pending 0..9990, active 9990..20000',
    });
  });

  test('only what is between the two instants, and no key that is gone by then or not there yet', () => {
    expect(drawn(rotated, 2_100, 2_101)).toEqual({
      a: 'retiring 2100..2101',
      b: 'active 2100..2101',
      'ES256-2000': 'pending 2100..2101',
    });
    expect(Object.keys(drawn(rotated, 0, 2_000))).toEqual(['a', 'b']);
    expect(Object.keys(drawn(rotated, 2_200, 3_000))).toEqual(['b', 'ES256-2000']);
    expect(drawn(ring, -100, 0)).toEqual({});
  });

  test('from before its publication on, a key begins with it', () => {
    expect(drawn(ring, -1_000, 5)).toEqual({ a: 'active 0..5', b: 'pending 0..5' });
  });

  test('what was revoked stays so in one span, whatever would have become of it', () => {
    expect(drawn(taken, 0, 20_000).b).toBe('pending 0..2000, active 2000..2500, revoked 2500..20000');
    expect(drawn(taken, 0, 20_000)['ES256-2000']).toMatch(/^pending 2000\.\.2490, active 2490\.\./);
    const early = withRevocation(ring, { kid: 'b', reason: 'x' }, at(10));
    expect(drawn(early, 0, 20_000).b).toBe('pending 0..10, revoked 10..20000');
    expect(drawn(early, 15, 20).b).toBe('revoked 15..20');
  });

  test('a key revoked by a clock that was behind was nothing else', () => {
    const keys = ring.keys.map((key): RingKey => (key.kid === 'b' ? { ...key, revokedAt: T - 5 } : key));
    expect(drawn({ ...ring, keys }, -10, 10).b).toBe('revoked 0..10');
  });

  test('a key that is gone before its turn never signs, and is kept for whoever learns of it late', () => {
    const moved = completed(withMigration(ring, { to: 'EdDSA', from: 'ES256' }, at(0)), at(0));
    expect(drawn(moved, 0, 2_000).b).toBe('pending 0..1000, retiring 1000..1200, removed 1200..2000');
  });

  test('between an instant and itself, or an earlier one, there is nothing', () => {
    for (const to of [0, -1]) expect(drawn(ring, 0, to)).toEqual({});
  });

  test('in the order of publication, whatever the order of the records', () => {
    expect(Object.keys(drawn({ ...rotated, keys: rotated.keys.toReversed() }, 2_000, 2_100))[2]).toBe('ES256-2000');
  });

  test('the spans of a key follow one another, differ from their neighbours, and say what stateOf says', () => {
    const instant = fc.integer({ min: -20, max: 20 });
    const maybe = fc.option(instant, { nil: undefined });
    const key = fc.record({
      publishAt: instant,
      activateAt: instant,
      retireAt: maybe,
      removeAt: maybe,
      revokedAt: maybe,
    });
    fc.assert(
      fc.property(key, instant, instant, (instants, from, to) => {
        const given = Object.fromEntries(Object.entries(instants).filter(([, value]) => value !== undefined));
        const one = { kid: 'k', alg: 'ES256', ...given } as unknown as RingKey;
        const { revokedAt = Number.POSITIVE_INFINITY, ...life } = one;
        const [row] = ringTimeline({ ...ring, keys: [one] }, from, to);
        const spans = row?.spans ?? [];
        const expected = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
          .filter((now) => now >= one.publishAt)
          .map((now) => (now >= revokedAt ? 'revoked' : stateOf(life as RingKey, now)));
        const said = spans.flatMap(({ state, ...span }) => Array.from({ length: span.to - span.from }, () => state));
        expect(said).toEqual(expected.every((state) => state === 'removed') ? [] : expected);
        for (const [i, span] of spans.entries()) {
          expect(span.from).toBeLessThan(span.to);
          expect(span.from).toBe(spans[i - 1]?.to ?? Math.max(from, one.publishAt));
          expect(span.state).not.toBe(spans[i - 1]?.state);
        }
      }),
    );
  });
});

/** Changes whatever can be changed of a value. */
function spoil(value: unknown): void {
  for (let way = 0; way < 12; way++) deepMutate(value, (bound) => way % bound);
}

describe('the status', () => {
  test('and the timeline are the taker’s: the ring stays as it is, whatever becomes of them', () => {
    const ring = begun();
    const before = structuredClone(ring);
    spoil(ringStatus({ ring, version: 4 }, { ...POLICY }, T));
    spoil(ringTimeline(ring, T, T + 20_000));
    expect(ring).toEqual(before);
  });

  test('each key: its state, whether it signs, its instants, and where its private part is', () => {
    const rotated = completed(withPromotion(begun(), { kid: 'b', force: false }, at(2_000)), at(2_000));
    const taken = withRevocation(rotated, { kid: 'a', reason: 'stolen' }, at(2_100));
    expect(ringStatus({ ring: taken, version: 4 }, POLICY, T + 2_100)).toStrictEqual({
      issuer: NAME,
      at: T + 2_100,
      version: 4,
      policy: POLICY,
      algorithms: [{ alg: 'ES256', since: T }],
      keys: [
        {
          kid: 'a',
          alg: 'ES256',
          state: 'revoked',
          signs: false,
          publishAt: T,
          activateAt: T - 10,
          retireAt: T + 2_000,
          removeAt: T + 2_200,
          revokedAt: T + 2_100,
          reason: 'stolen',
          custody: 'erased',
        },
        {
          kid: 'b',
          alg: 'ES256',
          state: 'active',
          signs: true,
          publishAt: T,
          activateAt: T + 2_000,
          retireAt: T + 12_000,
          removeAt: T + 12_200,
          custody: 'plain',
        },
        {
          kid: 'ES256-2000',
          alg: 'ES256',
          state: 'pending',
          signs: false,
          publishAt: T + 2_000,
          activateAt: T + 12_000,
          custody: 'plain',
        },
      ],
      nextChange: T + 12_000,
    });
  });

  test('each algorithm: when it ends, and what replaces it, where something does', () => {
    const moved = completed(withMigration(begun(), { to: 'EdDSA', from: 'ES256' }, at(0)), at(0));
    expect(ringStatus({ ring: moved, version: 4 }, POLICY, T).algorithms).toStrictEqual([
      { alg: 'EdDSA', since: T + 1_000 },
      { alg: 'ES256', since: T, until: T + 1_000, successor: 'EdDSA' },
    ]);
  });

  test('a key may be sealed, outside, or erased', () => {
    const ring = begun();
    const custodyOf = (change: object) => {
      const keys = ring.keys.map((key) => ({ ...key, privateJwk: undefined, ...change }));
      return ringStatus({ ring: { ...ring, keys }, version: 1 }, POLICY, T).keys[0]?.custody;
    };
    expect(custodyOf({ sealed: 'x' })).toBe('sealed');
    expect(custodyOf({ external: { reference: undefined } })).toBe('external');
    expect(custodyOf({})).toBe('erased');
  });

  test('of two that are active only the newest signs, of each algorithm', () => {
    const ring = begun();
    const both = {
      ...ring,
      keys: ring.keys.map((key) => ({ ...key, retireAt: undefined, activateAt: key.publishAt })),
    };
    const { keys } = ringStatus({ ring: both, version: 1 }, POLICY, T + 5);
    expect(keys.map(({ kid, state, signs }) => [kid, state, signs])).toEqual([
      ['a', 'active', false],
      ['b', 'active', true],
    ]);
  });

  test('where nothing changes any more, it does not say when', () => {
    const [key] = begun().keys;
    const open = { ...(key as RingKey), retireAt: undefined, removeAt: undefined };
    expect(ringStatus({ ring: { ...begun(), keys: [open] }, version: 1 }, POLICY, T)).not.toHaveProperty('nextChange');
  });

  test('nothing of a key’s material is in it', () => {
    const ring = { ...begun() };
    const secret = 'a-very-secret-text-of-some-length';
    const keys = ring.keys.map((key) => ({ ...key, privateJwk: { kty: 'EC', d: secret }, sealed: secret }));
    expectSilent(ringStatus({ ring: { ...ring, keys }, version: 1 }, POLICY, T), secret);
  });
});
