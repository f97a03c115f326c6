// What is told of a ring: which change is told as what, to whom, and that it is nothing but kids, codes and instants.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, test } from 'vitest';
import { emitChange, RING_CHANNEL, type RingEvent, ringEmitter } from '../../src/issuer/events.ts';
import { maintained, newRing, withKey, withMigration, withPromotion, withRevocation } from '../../src/ring/changes.ts';
import type { Ring } from '../../src/ring/ring.ts';
import { at, begun, completed, keyNamed, NAME, T } from './rings.ts';

const heard: RingEvent[] = [];
const hear = (event: unknown) => heard.push(event as RingEvent);

afterEach(() => {
  unsubscribe(RING_CHANNEL, hear);
  heard.length = 0;
});

/** What is told of the step from one ring to the next, with instants counted from T. */
function told(old: Ring | undefined, next: Ring, seconds: number): unknown[] {
  const events: object[] = [];
  emitChange((event) => events.push(event), { old, next, at: T + seconds });
  return events.map((event) =>
    Object.fromEntries(
      Object.entries(event).map(([name, value]) => [name, typeof value === 'number' ? value - T : value]),
    ),
  );
}

describe('a change is told', () => {
  const ring = begun();

  test('nothing changed: nothing is', () => {
    expect(told(ring, { ...ring, keys: ring.keys.map((key) => ({ ...key })) }, 5)).toEqual([]);
  });

  test('a new ring: its algorithms and its keys, each with when it signs', () => {
    expect(told(undefined, ring, 0)).toEqual([
      { type: 'key-created', at: 0, kid: 'a', alg: 'ES256', from: -10 },
      { type: 'key-created', at: 0, kid: 'b', alg: 'ES256', from: 9_990 },
      { type: 'algorithm-added', at: 0, alg: 'ES256', from: 0 },
    ]);
  });

  test('a key that signs before its turn', () => {
    const next = withPromotion(ring, { kid: 'b', force: false }, at(2_000));
    expect(told(ring, next, 2_000)).toEqual([{ type: 'key-promoted', at: 2_000, kid: 'b', alg: 'ES256', from: 2_000 }]);
    expect(told(ring, withPromotion(ring, { kid: 'b', force: true }, at(5)), 5)).toEqual([
      { type: 'key-promoted', at: 5, kid: 'b', alg: 'ES256', from: 5 },
    ]);
  });

  test('a key whose turn comes earlier, but not now, is not', () => {
    const keys = ring.keys.map((key) => (key.kid === 'b' ? { ...key, activateAt: T + 1_000 } : key));
    expect(told(ring, { ...ring, keys }, 5)).toEqual([]);
  });

  test('a key that is taken back, with the reason, and the one that signs in its place', () => {
    expect(told(ring, withRevocation(ring, { kid: 'a', reason: 'stolen' }, at(5)), 5)).toEqual([
      { type: 'key-revoked', at: 5, kid: 'a', alg: 'ES256', reason: 'stolen' },
      { type: 'key-promoted', at: 5, kid: 'b', alg: 'ES256', from: -5 },
    ]);
    const keys = ring.keys.map((key) => (key.kid === 'b' ? { ...key, revokedAt: T + 5 } : key));
    expect(told(ring, { ...ring, keys }, 5)).toEqual([{ type: 'key-revoked', at: 5, kid: 'b', alg: 'ES256' }]);
  });

  test('what was taken back before is not again', () => {
    const next = withRevocation(ring, { kid: 'a', reason: 'stolen' }, at(5));
    expect(told(next, { ...next, keys: [...next.keys] }, 6)).toEqual([]);
  });

  test('a private part that is erased, plain or sealed; what is left of the key goes unsaid', () => {
    const later = completed(withPromotion(ring, { kid: 'b', force: false }, at(2_000)), at(2_000));
    const retired = maintained(later, at(2_010));
    expect(told(later, retired, 2_010)).toEqual([{ type: 'key-erased', at: 2_010, kid: 'a', alg: 'ES256' }]);
    expect(told(retired, maintained(retired, at(3_000)), 3_000)).toEqual([]);
    const sealed = { ...ring, keys: ring.keys.map((key) => ({ ...key, privateJwk: undefined, sealed: 'x' })) };
    const erased = { ...ring, keys: ring.keys.map((key) => ({ ...key, privateJwk: undefined })) };
    expect(told(sealed, erased, 5)).toHaveLength(2);
  });

  test('an algorithm that takes the place of another, and when; and that it is put off', () => {
    const next = withMigration(ring, { to: 'EdDSA', from: 'ES256' }, at(5));
    expect(told(ring, next, 5)).toEqual([
      { type: 'algorithm-added', at: 5, alg: 'EdDSA', from: 1_005 },
      { type: 'algorithm-ended', at: 5, alg: 'ES256', from: 1_005 },
    ]);
    const made = withKey(next, keyNamed('c', 'EdDSA'), at(10));
    expect(told(next, made, 10)).toEqual([
      { type: 'key-created', at: 10, kid: 'c', alg: 'EdDSA', from: 1_010 },
      { type: 'algorithm-added', at: 10, alg: 'EdDSA', from: 1_010 },
      { type: 'algorithm-ended', at: 10, alg: 'ES256', from: 1_010 },
    ]);
    expect(told(made, { ...made }, 15)).toEqual([]);
  });
});

describe('to whom', () => {
  test('the listener and everyone on the channel, with the name of the ring, frozen', () => {
    const events: RingEvent[] = [];
    subscribe(RING_CHANNEL, hear);
    ringEmitter(NAME, (event) => events.push(event))({ type: 'key-erased', at: T, kid: 'a' });
    expect(events).toEqual([{ type: 'key-erased', at: T, kid: 'a', ring: NAME }]);
    expect(heard).toEqual(events);
    expect(Object.isFrozen(events[0])).toBe(true);
  });

  test('either of them, or nobody', () => {
    ringEmitter(NAME, undefined)({ type: 'key-erased', at: T });
    expect(heard).toEqual([]);
    subscribe(RING_CHANNEL, hear);
    ringEmitter(NAME, undefined)({ type: 'key-erased', at: T });
    expect(heard).toEqual([{ type: 'key-erased', at: T, ring: NAME }]);
  });

  test('the channel is barejose:ring', () => {
    expect(RING_CHANNEL).toBe('barejose:ring');
  });

  test('nothing of a key is told: kid, alg, instants, reason and code are all there is', () => {
    const ring = withKey(newRing(NAME, ['ES256'], at(0)), keyNamed('a'), at(0));
    const events = [
      ...told(undefined, ring, 0),
      ...told(ring, withRevocation(ring, { kid: 'a', reason: 'r' }, at(5)), 5),
    ];
    const names = new Set(events.flatMap((event) => Object.keys(Object(event))));
    expect(Array.from(names).toSorted()).toEqual(['alg', 'at', 'from', 'kid', 'reason', 'type']);
  });
});
