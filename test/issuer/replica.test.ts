// The ring as one process knows it: how old that may be, when the store is asked again, and how changes are written against a
// store that fails, dawdles, lies, or is written to by others.
import { describe, expect, test, vi } from 'vitest';
import { exportJwk, generateKey, JoseError, type Key, type RingAlgorithm } from '../../src/index.ts';
import { newKeyFrom } from '../../src/issuer/custody.ts';
import type { RingEvent } from '../../src/issuer/events.ts';
import { type IssuerOptions, readIssuerOptions } from '../../src/issuer/options.ts';
import { SigningPool } from '../../src/issuer/pool.ts';
import { type ApplyChange, Replica } from '../../src/issuer/replica.ts';
import { type NewKey, withImportedKey, withPromotion, withRevocation, withRotation } from '../../src/ring/changes.ts';
import { leastLead } from '../../src/ring/policy.ts';
import type { Ring } from '../../src/ring/ring.ts';
import { keyPair } from '../support/keys.ts';
import {
  DAY,
  down,
  expectMistake,
  expectRefused,
  gate,
  hearsEveryRejection,
  LEAD,
  NAME,
  RETENTION,
  ROTATION,
  SKEW,
  SYNC_LAG,
  settled,
  T,
  type TestStore,
  testStore,
} from './issuing.ts';

hearsEveryRejection();

interface Instance {
  readonly replica: Replica;
  readonly store: TestStore;
  readonly events: RingEvent[];
  now: number;
}

type Settings = Partial<IssuerOptions> & { readonly store?: TestStore };

/** A process over a store, not opened yet. */
function instance({ store = testStore(), ...settings }: Settings = {}): Instance {
  const events: RingEvent[] = [];
  const state = { store, events, now: T };
  const given = {
    issuer: NAME,
    policy: { maxTokenLifetime: '1h' as const },
    clock: () => state.now,
    onEvent: (event: RingEvent) => events.push(event),
    ...settings,
    store,
  };
  return Object.assign(state, { replica: new Replica(readIssuerOptions(given)) });
}

async function opened(settings?: Settings): Promise<Instance> {
  const made = instance(settings);
  await made.replica.open();
  return made;
}

/** The ring in the store, and how often it was saved. */
async function stored({ store }: Instance): Promise<{ ring: Ring; version: number }> {
  const { records, version } = await store.stored();
  return { ring: JSON.parse(String(records)), version };
}

const kidsOf = ({ keys }: { readonly keys: readonly { kid?: string | undefined }[] }) => keys.map(({ kid }) => kid);
const nothing: ApplyChange = (ring) => ring;
const rotation: ApplyChange = (ring, context) => {
  const from = ring.keys.find(({ activateAt }) => activateAt <= context.now)?.kid ?? '';
  return withRotation(ring, { alg: 'ES256', from }, context);
};
const bring =
  (key: NewKey): ApplyChange =>
  (ring, context) =>
    withImportedKey(ring, key, context);

async function newKey(kid: string, alg: RingAlgorithm = 'ES256'): Promise<NewKey> {
  return newKeyFrom(await generateKey(alg, { kid }), {
    ring: NAME,
    seal: undefined,
    signerFor: undefined,
    localSigners: new Map(),
    pool: new SigningPool('auto'),
  });
}

describe('a ring that does not exist yet', () => {
  test('is made in one write: a key that signs and one that waits, of each algorithm', async () => {
    const made = await opened({ algorithms: ['ES256', 'EdDSA'] });
    const { ring, version } = await stored(made);
    expect(version).toBe(1);
    expect(ring.algorithms).toEqual(['ES256', 'EdDSA'].map((alg) => ({ alg, since: T })));
    expect(ring.keys.map(({ alg, activateAt }) => [alg, activateAt - T])).toEqual([
      ['ES256', -SKEW],
      ['ES256', ROTATION - SKEW],
      ['EdDSA', -SKEW],
      ['EdDSA', ROTATION - SKEW],
    ]);
    expect(made.store).toMatchObject({ saves: 1 });
  });

  test('of ES256, if nobody says otherwise', async () => {
    expect((await stored(await opened())).ring.algorithms).toEqual([{ alg: 'ES256', since: T }]);
  });

  test('needs a policy', async () => {
    const without = instance({ policy: undefined });
    await expectMistake(without.replica.open(), /^options\.policy must be given for a new ring$/);
    expect(without.store.saves).toBe(0);
  });

  test('is the same for all that begin it at once', async () => {
    const store = testStore();
    const all = await Promise.all(Array.from({ length: 8 }, () => opened({ store })));
    const sets = await Promise.all(all.map(async ({ replica }) => kidsOf((await replica.view()).set)));
    expect(new Set(sets.map(String)).size).toBe(1);
    expect((await store.stored()).version).toBe(1);
  });

  test('the events of its making come from the one that made it', async () => {
    const store = testStore();
    const all = await Promise.all(Array.from({ length: 4 }, () => opened({ store })));
    expect(all.flatMap(({ events }) => events.map(({ type }) => type))).toEqual([
      'key-created',
      'key-created',
      'algorithm-added',
    ]);
  });

  test('begins with the keys that its verifiers have: the first of each algorithm signs, the others are retired', async () => {
    const [a, b, c] = await Promise.all(
      ['a', 'b', 'c'].map((kid) => generateKey(kid === 'c' ? 'EdDSA' : 'ES256', { kid })),
    );
    const made = await opened({ firstKeys: [a, b, c] as Key[] });
    const { ring } = await stored(made);
    expect(ring.algorithms.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA']);
    expect(ring.keys.find(({ kid }) => kid === 'b')).toMatchObject({ retireAt: T, removeAt: T + RETENTION });
    const { signing, jwks } = await made.replica.view();
    expect(Array.from(signing.values(), ({ kid }) => kid)).toEqual(['a', 'c']);
    expect(jwks.keys).toHaveLength(5);
  });

  test('may have more algorithms than its first keys, but not fewer', async () => {
    const firstKeys = [await generateKey('ES256', { kid: 'a' })];
    const made = await opened({ firstKeys, algorithms: ['RS256', 'ES256'] });
    expect(Array.from((await made.replica.view()).signing.keys())).toEqual(['RS256', 'ES256']);
    const fewer = instance({ firstKeys, algorithms: ['EdDSA'] });
    await expectMistake(
      fewer.replica.open(),
      /^options\.algorithms must include ES256, the algorithm of a key in options\.firstKeys$/,
    );
    expect(fewer.store.saves).toBe(0);
  });

  test('a first key that is none is told before the store is asked, whether there is a ring or not', async () => {
    const { store } = await opened();
    const { loads } = store;
    const wrong = instance({ store, firstKeys: [keyPair('ES256').privateKey, keyPair('ES256').publicKey] });
    await expectMistake(wrong.replica.open(), /^options\.firstKeys\[1\] must be a private Key/);
    expect(store.loads).toBe(loads);
  });

  test('too many first keys for a set that verifiers read are refused, and nothing is written', async () => {
    const { publicJwk, privateJwk } = await newKey('k', 'RS256');
    const firstKeys = Array.from({ length: 101 }, (_, i) => ({
      publicJwk: { ...publicJwk, kid: `k${i}` },
      sign: () => new Uint8Array(),
    }));
    expect(privateJwk).toBeDefined();
    const many = instance({ firstKeys });
    await expectRefused(many.replica.open(), 'ERR_RING_CONFLICT');
    expect(many.store.saves).toBe(0);
  });
});

describe('a ring that exists', () => {
  test('is read, and not written to', async () => {
    const { store } = await opened();
    const second = await opened({ store, policy: undefined });
    expect(store.saves).toBe(1);
    expect(second.events).toEqual([]);
    expect(second.replica.name).toBe(NAME);
  });

  test('brings its policy for those who have none', async () => {
    const { store, replica } = await opened({ policy: { maxTokenLifetime: '2h', rotation: '30d' } });
    const second = await opened({ store, policy: undefined });
    expect(second.replica.policy).toEqual(replica.policy);
    const third = await opened({ store, policy: { maxTokenLifetime: '1h' } });
    expect(third.replica.policy).toMatchObject({ maxTokenLifetime: 3_600, rotation: ROTATION });
  });

  test('with a policy that would break verifiers is refused, unless there is another one', async () => {
    const first = await opened();
    const { ring, version } = await stored(first);
    first.store.put({ records: JSON.stringify({ ...ring, policy: { ...ring.policy, publishLead: 60 } }), version });
    const second = instance({ store: first.store, policy: undefined });
    const error = await expectRefused(second.replica.open(), 'ERR_RING_INVALID');
    expect(error.message).toMatch(/publishLead is 60 s: make it at least/);
    expect(first.store.saves).toBe(1);
    await opened({ store: first.store });
  });

  test('has an algorithm that it lacked come beside the others, after the lead', async () => {
    const { store } = await opened();
    const second = await opened({ store, algorithms: ['EdDSA', 'ES256'] });
    expect((await stored(second)).ring.algorithms).toEqual([
      { alg: 'ES256', since: T },
      { alg: 'EdDSA', since: T + LEAD },
    ]);
    await opened({ store, algorithms: ['EdDSA'] });
    expect((await store.stored()).version).toBe(2);
  });

  test('an impossible policy is told when the options are read', () => {
    expect(() => instance({ policy: { maxTokenLifetime: '1h', rotation: '1h' } })).toThrow(
      /^options\.policy\.rotation is 3600 s: make it more than/,
    );
  });
});

describe('how old what is known may be', () => {
  test('for 30 s nothing is read', async () => {
    const at = await opened();
    const { loads } = at.store;
    at.now += 29.9;
    const present = at.replica.usableView();
    expect(present?.version.version).toBe(1);
    expect(at.replica.usableView()).toBe(present);
    await settled();
    expect(at.store.loads).toBe(loads);
  });

  test('from then on it is read behind the caller’s back, once, and what is known is used meanwhile', async () => {
    const at = await opened();
    const other = await opened({ store: at.store });
    await other.replica.write(bring(await newKey('new')));
    const { loads } = at.store;
    at.now += 30;
    for (let i = 0; i < 9; i++) expect(kidsOf(at.replica.usableView()?.set ?? { keys: [] })).not.toContain('new');
    await settled();
    expect(at.store.loads).toBe(loads + 1);
    expect(kidsOf(at.replica.usableView()?.set ?? { keys: [] })).toContain('new');
  });

  test('when the policy wants to know sooner, sooner', async () => {
    const at = await opened({ policy: { maxTokenLifetime: '1h', syncLag: 60 } });
    const { loads } = at.store;
    at.now += 14.9;
    at.replica.usableView();
    await settled();
    expect(at.store.loads).toBe(loads);
    at.now += 0.1;
    expect(at.replica.usableView()).toBeDefined();
    await settled();
    expect(at.store.loads).toBe(loads + 1);
    at.now += 30;
    expect(at.replica.usableView()).toBeUndefined();
    await settled();
  });

  test('at half the syncLag it must be read first, and any number of callers wait for one reading', async () => {
    const at = await opened();
    at.now += SYNC_LAG / 2 - 0.1;
    at.store.onLoad = down;
    expect(at.replica.usableView()).toBeDefined();
    await settled();
    at.now += 0.1;
    at.store.onLoad = (load) => load();
    expect(at.replica.usableView()).toBeUndefined();
    const { loads } = at.store;
    const all = await Promise.all(Array.from({ length: 100 }, () => at.replica.view()));
    expect(new Set(all).size).toBe(1);
    expect(at.store.loads).toBe(loads + 1);
  });

  test('too old to go by, it is read in the background, too: who never waits gets it a little later', async () => {
    const at = await opened();
    at.now += DAY;
    expect(at.replica.usableView()).toBeUndefined();
    await settled();
    expect(at.replica.usableView()).toBeDefined();
  });

  test('a key’s turn comes without any reading', async () => {
    const at = await opened({ policy: { maxTokenLifetime: '1h', syncLag: '30d', publishLead: '40d' } });
    const [a, b] = kidsOf((await stored(at)).ring);
    at.store.onLoad = down;
    at.now = T + ROTATION - SKEW - 1;
    at.store.onLoad = (load) => load();
    await at.replica.freshView();
    at.store.onLoad = down;
    expect(at.replica.usableView()?.signing.get('ES256')?.kid).toBe(a);
    at.now++;
    expect(at.replica.usableView()?.signing.get('ES256')?.kid).toBe(b);
    at.now--;
    expect(at.replica.usableView()?.signing.get('ES256')?.kid).toBe(a);
    await settled();
  });

  test.each([SKEW, 0])(
    'when a key’s turn has come, its successor is made at once, behind the caller’s back, with clocks %d s apart, too',
    async (clockSkew) => {
      const at = await opened({ policy: { maxTokenLifetime: '1h', clockSkew } });
      at.now = T + ROTATION - clockSkew - 1;
      await at.replica.freshView();
      const { loads, saves } = at.store;
      at.now++;
      expect(at.replica.usableView()).toBeDefined();
      await vi.waitFor(() => expect(at.store.saves).toBe(saves + 1));
      expect(at.store.loads).toBeGreaterThan(loads);
      expect((await stored(at)).ring.keys).toHaveLength(3);
    },
  );

  test('when nothing is to be done about it, nothing is read for a turn that has come', async () => {
    const at = await opened();
    await at.replica.write(bring(await newKey('new')));
    at.now = T + LEAD - 1;
    await at.replica.freshView();
    const { loads } = at.store;
    at.now++;
    expect(at.replica.usableView()?.signing.get('ES256')?.kid).toBe('new');
    await settled();
    expect(at.store.loads).toBe(loads);
  });

  test('a clock that is set back makes nothing younger', async () => {
    const at = await opened();
    at.now += 2 * LEAD;
    await at.replica.freshView();
    at.now += 20;
    at.replica.usableView();
    at.now -= 3_600;
    const { loads } = at.store;
    at.replica.usableView();
    at.now += 9.9;
    at.replica.usableView();
    await settled();
    expect(at.store.loads).toBe(loads);
    at.now += 0.1;
    at.replica.usableView();
    await settled();
    expect(at.store.loads).toBe(loads + 1);
    at.store.onLoad = down;
    at.now += 20;
    at.replica.usableView();
    at.now -= 7_200;
    at.replica.usableView();
    at.now += SYNC_LAG / 2 - 20;
    expect(at.replica.usableView()).toBeUndefined();
    await settled();
  });

  test('nor does one that is set back wait for the past to be over before it tries again', async () => {
    const at = await opened();
    at.now += 2 * LEAD;
    await at.replica.freshView();
    at.now += 40;
    at.store.onLoad = down;
    at.replica.usableView();
    await settled();
    const { loads } = at.store;
    at.now -= 3_600;
    at.replica.usableView();
    at.now += 29;
    at.replica.usableView();
    await settled();
    expect(at.store.loads).toBe(loads);
    at.now += 1;
    at.replica.usableView();
    await settled();
    expect(at.store.loads).toBe(loads + 1);
  });

  test('a clock that was ahead for a while is none the worse for it', async () => {
    const at = await opened();
    at.now += DAY;
    await at.replica.freshView();
    at.now -= DAY;
    expect(at.replica.usableView()).toBeDefined();
    at.now += SYNC_LAG / 2;
    expect(at.replica.usableView()).toBeUndefined();
    await settled();
  });

  test('a clock that tells no time is the caller’s mistake', async () => {
    const at = await opened();
    for (const now of [Number.NaN, Number.POSITIVE_INFINITY, undefined, '1', new Date()]) {
      at.now = now as number;
      expect(() => at.replica.now()).toThrow(/^options\.clock must return a number of seconds(; it is 1e11 .*)?$/);
      expect(() => at.replica.usableView()).toThrow(TypeError);
    }
  });

  test('the clock is the system’s, if there is no other', () => {
    const before = Date.now() / 1000;
    const now = instance({ clock: undefined }).replica.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test('what took half the syncLag to read is too old when it comes', async () => {
    const at = await opened();
    at.now += SYNC_LAG;
    at.store.onLoad = (load) => {
      at.now += SYNC_LAG / 2;
      return load();
    };
    const error = await expectRefused(at.replica.view(), 'ERR_RING_UNAVAILABLE');
    expect(error).toMatchObject({ message: 'reading the key ring took too long', retryAfter: 5 });
    at.store.onLoad = (load) => load();
    await settled();
    expect(at.replica.usableView()).toBeUndefined();
    await settled();
    expect(at.replica.usableView()).toBeDefined();
  });
});

describe('who can wait, when what is known is 30 s old', () => {
  /** A process that has been idle for so long, and another one that has brought a key meanwhile. */
  async function idle(seconds: number, settings?: Settings): Promise<Instance> {
    const at = await opened(settings);
    const other = await opened({ store: at.store });
    await other.replica.write(bring(await newKey('new')));
    at.now += seconds;
    return at;
  }
  const isNews = (set: { readonly keys: readonly { kid?: string | undefined }[] }) => kidsOf(set).includes('new');
  const hang = () => new Promise<never>(() => undefined);

  test('waits for nothing until then', async () => {
    const at = await idle(29.9);
    const { loads } = at.store;
    expect(at.replica.viewWithoutWaiting()).toBe(at.replica.usableView());
    expect(isNews((await at.replica.view()).set)).toBe(false);
    expect(at.store.loads).toBe(loads);
  });

  test.each([30, 600, SYNC_LAG / 2 - 1])(
    'waits for the store after %d s, and all wait for one reading',
    async (after) => {
      const at = await idle(after);
      const { loads } = at.store;
      expect(at.replica.viewWithoutWaiting()).toBeUndefined();
      const all = await Promise.all(Array.from({ length: 100 }, () => at.replica.view()));
      expect(new Set(all).size).toBe(1);
      expect(isNews(all[0]?.set ?? { keys: [] })).toBe(true);
      expect(at.store.loads).toBe(loads + 1);
      expect(at.replica.viewWithoutWaiting()).toBe(all[0]);
    },
  );

  test('waits sooner where the policy wants to know sooner', async () => {
    const at = await idle(14.9, { policy: { maxTokenLifetime: '1h', syncLag: 60 } });
    expect(at.replica.viewWithoutWaiting()).toBeDefined();
    at.now += 0.1;
    expect(at.replica.viewWithoutWaiting()).toBeUndefined();
    expect(isNews((await at.replica.view()).set)).toBe(true);
  });

  test('waits for the store’s answer, not for what is then done about it', async () => {
    const wait = gate();
    const at: Instance = instance({
      generate: async (alg) => {
        if (at.now > T) await wait.opened;
        return generateKey(alg);
      },
    });
    await at.replica.open();
    at.now = T + ROTATION - SKEW - 40;
    await at.replica.write(nothing);
    at.now += 40;
    expect(at.replica.viewWithoutWaiting()).toBeUndefined();
    expect((await at.replica.view()).from).toBe(at.now);
    expect((await stored(at)).ring.keys).toHaveLength(2);
    expect(at.replica.viewWithoutWaiting()).toBeDefined();
    wait.open();
    await vi.waitFor(async () => expect((await stored(at)).ring.keys).toHaveLength(3));
  });

  test('does not wait for a key to be made when its turn comes', async () => {
    const at = await opened();
    at.now = T + ROTATION - SKEW - 1;
    await at.replica.write(nothing);
    at.now++;
    at.store.onLoad = hang;
    expect(at.replica.viewWithoutWaiting()?.signing.get('ES256')?.kid).toBe(kidsOf((await stored(at)).ring)[1]);
  });

  test('goes on with what is known when the store fails, and asks again only when the next try is due', async () => {
    const at = await idle(600);
    at.events.length = 0;
    at.store.onLoad = down;
    const { loads } = at.store;
    expect(at.replica.viewWithoutWaiting()).toBeUndefined();
    expect(isNews((await at.replica.view()).set)).toBe(false);
    for (let passed = 0; passed < 30; passed++) {
      expect(at.replica.viewWithoutWaiting()).toBeDefined();
      expect(at.replica.viewWithoutWaiting()).toBe(await at.replica.view());
      at.now++;
    }
    expect(at.store.loads).toBe(loads + 1);
    expect(at.events.map(({ type }) => type)).toEqual(['refresh-failed']);
    at.store.onLoad = (load) => load();
    expect(at.replica.viewWithoutWaiting()).toBeUndefined();
    expect(isNews((await at.replica.view()).set)).toBe(true);
  });

  test('waits a second at most for a store that does not answer, once for each try', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const at = await idle(600);
      at.store.onLoad = hang;
      for (let tries = 0; tries < 3; tries++) {
        expect(at.replica.viewWithoutWaiting()).toBeUndefined();
        const views: unknown[] = [];
        for (let i = 0; i < 9; i++) at.replica.view().then((view) => views.push(view));
        await vi.advanceTimersByTimeAsync(999);
        expect([views.length, at.replica.viewWithoutWaiting()]).toEqual([0, undefined]);
        await vi.advanceTimersByTimeAsync(1);
        expect(new Set(views)).toEqual(new Set([at.replica.viewWithoutWaiting()]));
        at.now += 29;
        await vi.advanceTimersByTimeAsync(28_999);
        expect(at.replica.viewWithoutWaiting()).toBeDefined();
        at.now += 1;
        await vi.advanceTimersByTimeAsync(1);
      }
      at.store.onLoad = (load) => load();
      expect(isNews((await at.replica.view()).set)).toBe(true);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('waits to the end when what is known is too old to go by', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const at = await idle(SYNC_LAG / 2);
      const wait = gate();
      at.store.onLoad = async (load) => {
        await wait.opened;
        return load();
      };
      const reading = at.replica.view();
      await vi.advanceTimersByTimeAsync(20_000);
      expect(at.replica.viewWithoutWaiting()).toBeUndefined();
      wait.open();
      expect(isNews((await reading).set)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is told that the issuer was closed, when it was', async () => {
    const at = await idle(600);
    await at.replica.close();
    expect(at.replica.viewWithoutWaiting()).toBeUndefined();
    const error = await expectRefused(at.replica.view(), 'ERR_RING_UNAVAILABLE');
    expect(error.message).toBe('the issuer was closed');
  });
});

describe('a store that is out of reach', () => {
  test.each<[string, (store: TestStore) => void]>([
    ['read', (store) => Object.assign(store, { onLoad: down })],
    ['written', (store) => Object.assign(store, { onSave: down })],
  ])('cannot be %s: there is no issuer, and it says when to try again', async (how, fail) => {
    const store = testStore();
    fail(store);
    const error = await expectRefused(opened({ store }), 'ERR_RING_UNAVAILABLE');
    expect(error).toMatchObject({ message: `the key ring cannot be ${how} (ECONNREFUSED)`, retryAfter: 5 });
  });

  test.each([
    [new Error('x'), ''],
    [Object.assign(new Error('password authentication failed'), { code: '28P01' }), ' (28P01)'],
    [Object.assign(new Error('x'), { code: 7 }), ''],
    [Object.assign(new Error('x'), { code: 'user:secret@host' }), ''],
    [Object.assign(new Error('x'), { code: 'x'.repeat(41) }), ''],
    ['a string', ''],
    [undefined, ''],
    [null, ''],
  ])('%o: only a plain code of it is told', async (thrown, word) => {
    const store = testStore();
    store.onLoad = () => {
      throw thrown;
    };
    const error = await expectRefused(opened({ store }), 'ERR_RING_UNAVAILABLE');
    expect(error.message).toBe(`the key ring cannot be read${word}`);
  });

  test('what it tells of its content comes out as it is', async () => {
    const store = testStore();
    const garbage = new JoseError('ERR_RING_INVALID', 'the store of the ring returned garbage');
    store.onLoad = () => {
      throw garbage;
    };
    await expect(opened({ store })).rejects.toBe(garbage);
  });

  test.each(['load', 'save'] as const)('a %s that never ends is given up after half a minute', async (verb) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const at = await opened();
      const hang = () => new Promise<never>(() => undefined);
      if (verb === 'load') at.store.onLoad = hang;
      else at.store.onSave = hang;
      const written = at.replica.write(bring(await newKey('new'))).catch((error: unknown) => error);
      const patience = Math.min(30, SYNC_LAG / 4);
      await vi.advanceTimersByTimeAsync(1000 * patience - 1);
      at.store.onLoad = (load) => load();
      at.store.onSave = (save) => save();
      const next = at.replica.write(nothing);
      await vi.advanceTimersByTimeAsync(1);
      expect(await written).toMatchObject({
        code: 'ERR_RING_UNAVAILABLE',
        message: `the key ring was not ${verb === 'load' ? 'read' : 'written'} within ${patience} s: the store did not answer`,
        retryAfter: 5,
      });
      expect((await next).keys).toHaveLength(2);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('what is known is used for half the syncLag, and it is told every 30 s that it is', async () => {
    const at = await opened();
    at.events.length = 0;
    at.store.onLoad = down;
    for (at.now = T + 1; at.now < T + SYNC_LAG / 2; at.now++) {
      expect(at.replica.usableView()).toBeDefined();
      await settled();
    }
    expect(at.events).toHaveLength(29);
    expect(at.events[0]).toEqual({
      type: 'refresh-failed',
      ring: NAME,
      at: T + 30,
      reason: 'the key ring cannot be read (ECONNREFUSED)',
      code: 'ERR_RING_UNAVAILABLE',
    });
    await expectRefused(at.replica.view(), 'ERR_RING_UNAVAILABLE');
    at.store.onLoad = (load) => load();
    expect((await at.replica.view()).version.version).toBe(1);
  });

  test('a reading that takes long is told of once, however often one asks meanwhile', async () => {
    const at = await opened();
    at.events.length = 0;
    const wait = gate();
    at.store.onLoad = async () => {
      await wait.opened;
      return down();
    };
    const { loads } = at.store;
    for (at.now = T + 30; at.now < T + 300; at.now += 10) {
      at.replica.usableView();
      await settled();
    }
    wait.open();
    await settled();
    expect(at.store.loads).toBe(loads + 1);
    expect(at.events.map(({ type }) => type)).toEqual(['refresh-failed']);
  });

  test('for what could be read but not written, what was read is good', async () => {
    const at = await opened();
    at.now = T + ROTATION;
    at.store.onSave = down;
    const present = await at.replica.view();
    expect(present.signing.get('ES256')?.kid).toBe(kidsOf((await stored(at)).ring)[1]);
    await expectRefused(at.replica.write(nothing), 'ERR_RING_UNAVAILABLE');
  });

  test('whatever else fails in the background is told without detail', async () => {
    const failure = new Error('secret detail');
    const at: Instance = instance({
      generate: async (alg) => {
        if (at.now > T) throw failure;
        return generateKey(alg);
      },
    });
    await at.replica.open();
    at.events.length = 0;
    at.now = T + ROTATION;
    await at.replica.freshView();
    at.now += 30;
    expect(at.replica.usableView()).toBeDefined();
    await settled();
    const failed = { type: 'refresh-failed', ring: NAME, reason: 'a function of the options threw an exception' };
    expect(at.events.filter(({ type }) => type === 'refresh-failed')).toEqual([
      { ...failed, at: T + ROTATION },
      { ...failed, at: T + ROTATION + 30 },
    ]);
    expect((await at.replica.write(nothing)).keys).toHaveLength(2);
  });
});

describe('a store that returns something else', () => {
  test('an older version, or nothing any more: refused, and nothing is written', async () => {
    const at = await opened();
    const first = await at.store.stored();
    await at.replica.write(bring(await newKey('new')));
    const { saves } = at.store;
    for (const found of [first, { records: undefined, version: 0 }]) {
      at.store.put(found);
      await expectRefused(at.replica.write(rotation), 'ERR_RING_INVALID');
    }
    expect(at.store.saves).toBe(saves);
    expect(kidsOf(at.replica.usableView()?.set ?? { keys: [] })).toContain('new');
  });

  test('the version that is known with something else in it, as a restored store may have: refused, nothing written', async () => {
    const at = await opened();
    const { ring, version } = await stored(at);
    const keys = ring.keys.map((key, i) => (i === 0 ? { ...key, retireAt: T + 5, removeAt: T + 5 } : key));
    at.store.put({ records: JSON.stringify({ ...ring, keys }), version });
    const error = await expectRefused(at.replica.write(bring(await newKey('new'))), 'ERR_RING_INVALID');
    expect(error.message).toBe(
      'the key ring in the store does not continue what was read before, so the store has lost changes; ' +
        'nothing was changed',
    );
    expect(at.store.saves).toBe(1);
  });

  test('what is known in another spelling, as a store of JSON may have it: nothing is wrong', async () => {
    const at = await opened();
    await at.replica.write(bring(await newKey('new')));
    const { records, version } = await at.store.stored();
    const reversed = (_: string, value: unknown) =>
      Array.isArray(value) || Object(value) !== value
        ? value
        : Object.fromEntries(Object.entries(Object(value)).reverse());
    at.store.put({ records: JSON.stringify(JSON.parse(String(records)), reversed, 1), version });
    await at.replica.write(nothing);
    await at.replica.write(bring(await newKey('newer')));
    expect(at.store.saves).toBe(3);
  });

  test('true for what it did not save: found out at the next reading', async () => {
    const at = await opened();
    at.store.onSave = () => true;
    await at.replica.write(bring(await newKey('new')));
    await expectRefused(at.replica.write(nothing), 'ERR_RING_INVALID');
  });
});

describe('changes', () => {
  test('of one process follow one another, and lose no race', async () => {
    const at = await opened();
    const keys = await Promise.all(['a', 'b', 'c', 'd'].map((kid) => newKey(kid)));
    const rings = await Promise.all(keys.map((key) => at.replica.write(bring(key))));
    expect(rings.map((ring) => ring.keys.length)).toEqual([3, 4, 5, 6]);
    expect(at.store.saves).toBe(5);
  });

  test('of several processes at once are all made', async () => {
    const first = await opened();
    const others = await Promise.all(Array.from({ length: 5 }, () => opened({ store: first.store })));
    const names = others.map((_, i) => `k${i}`);
    const keys = await Promise.all(names.map((kid) => newKey(kid)));
    await Promise.all(others.map(({ replica }, i) => replica.write(bring(keys[i] as NewKey))));
    const { ring, version } = await stored(first);
    expect(kidsOf(ring)).toEqual(expect.arrayContaining(names));
    expect(version).toBe(6);
    const created = others.flatMap(({ events }) => events.filter(({ type }) => type === 'key-created'));
    expect(created).toHaveLength(5);
  });

  test('one that was made already is none', async () => {
    const at = await opened();
    const key = await newKey('a');
    const once = await at.replica.write(bring(key));
    expect(await at.replica.write(bring(key))).toEqual(once);
    expect((await stored(at)).version).toBe(2);
  });

  test('a key that was made for a lost race is used for the next one', async () => {
    const generate = vi.fn((alg: RingAlgorithm) => generateKey(alg));
    const at = await opened({ generate });
    expect(generate).toHaveBeenCalledTimes(2);
    let lost = 0;
    at.store.onSave = (save) => lost++ >= 3 && save();
    at.now = T + ROTATION;
    await at.replica.write(nothing);
    expect(lost).toBe(4);
    expect(generate).toHaveBeenCalledTimes(3);
  });

  test('but not when it was written, only the answer was lost, and another one is due by now', async () => {
    const at = await opened();
    at.store.onSave = async (save) => {
      at.store.onSave = (next) => next();
      await save();
      at.now += 2 * ROTATION;
      return false;
    };
    at.now = T + ROTATION;
    await at.replica.write(nothing);
    const kids = kidsOf((await stored(at)).ring);
    expect([kids.length, new Set(kids).size]).toEqual([4, 4]);
  });

  test('what a change throws comes out, nothing is written, and the next one is made', async () => {
    const at = await opened();
    const failure = new Error('no');
    const failing = at.replica.write(() => {
      throw failure;
    });
    const next = at.replica.write(bring(await newKey('a')));
    await expect(failing).rejects.toBe(failure);
    expect((await next).keys).toHaveLength(3);
    expect(at.store.saves).toBe(2);
  });

  test('one that would make the ring unreadable, or its set too large, is not written', async () => {
    const at = await opened();
    const key = await newKey('a');
    const publicJwk = { ...key.publicJwk, note: 'x'.repeat(300_000) };
    const error = await expectRefused(at.replica.write(bring({ ...key, publicJwk })), 'ERR_RING_CONFLICT');
    expect(error.message).toBe('the change would exceed the limits of a key ring: 4 MiB, and 100 published keys');
    const never = (ring: Ring): Ring => ({
      ...ring,
      algorithms: ring.algorithms.map((term) => ({ ...term, since: Number.NaN })),
    });
    await expectRefused(at.replica.write(never), 'ERR_RING_CONFLICT');
    expect(at.store.saves).toBe(1);
    await at.replica.write(bring(key));
  });

  test('a hundred lost races are enough', async () => {
    const at = await opened();
    at.store.onSave = () => false;
    const { saves } = at.store;
    const error = await expectRefused(at.replica.write(bring(await newKey('a'))), 'ERR_RING_CONFLICT');
    expect(error.message).toBe('the key ring was changed by other processes 100 times during this write');
    expect(at.store.saves).toBe(saves + 100);
    expect(at.replica.usableView()).toBeDefined();
  });

  test('ninety-nine are not', async () => {
    const at = await opened();
    let lost = 0;
    at.store.onSave = (save) => ++lost > 99 && save();
    await at.replica.write(bring(await newKey('a')));
    expect((await stored(at)).version).toBe(2);
  });
});

describe('a save of which nobody knows how it ended', () => {
  test('that throws although it saved: it says so, and the change is made once', async () => {
    const at = await opened();
    at.store.onSave = async (save) => {
      await save();
      return down();
    };
    const change = bring(await newKey('a'));
    const error = await expectRefused(at.replica.write(change), 'ERR_RING_UNAVAILABLE');
    expect(error.message).toBe('the key ring cannot be written (ECONNREFUSED)');
    at.store.onSave = (save) => save();
    expect((await at.replica.write(change)).keys).toHaveLength(3);
    expect(await stored(at)).toMatchObject({ version: 2 });
  });

  test.each([false, undefined, null, 1, 'OK', {}])(
    'that returns %o although it saved: looked at again',
    async (says) => {
      const at = await opened();
      at.store.onSave = async (save) => {
        await save();
        return says;
      };
      expect((await at.replica.write(bring(await newKey('a')))).keys).toHaveLength(3);
      expect(await stored(at)).toMatchObject({ version: 2 });
      expect(kidsOf((await at.replica.view()).set)).toContain('a');
    },
  );

  test('that throws while a ring is begun, although it saved: whoever opens it next has that ring', async () => {
    const store = testStore();
    store.onSave = async (save) => {
      await save();
      return down();
    };
    await expectRefused(opened({ store }), 'ERR_RING_UNAVAILABLE');
    store.onSave = (save) => save();
    await opened({ store });
    expect((await store.stored()).version).toBe(1);
  });
});

describe('a save that took longer than half the syncLag', () => {
  const SLOW = SYNC_LAG / 2 + 1;
  /** From now on the next save takes so long, and then ends as it is told to. */
  function slowly(at: Instance, end: (save: () => Promise<boolean>) => unknown): void {
    at.store.onSave = async (save) => {
      at.store.onSave = (next) => next();
      at.now += SLOW;
      return end(save);
    };
  }
  const instantsOf = async (at: Instance, kid: string) => {
    const key = (await stored(at)).ring.keys.find((each) => each.kid === kid);
    return [key?.publishAt, key?.activateAt].map((instant) => Number(instant) - T);
  };
  const imports = async (at: Instance) => at.replica.write(bring(await newKey('new')));

  test('is made good: what it published begins its wait anew', async () => {
    const at = await opened();
    slowly(at, (save) => save());
    await imports(at);
    expect(await instantsOf(at, 'new')).toEqual([SLOW, SLOW + LEAD]);
    expect((await stored(at)).version).toBe(3);
  });

  test('up to half of it is in time', async () => {
    const at = await opened();
    at.store.onSave = (save) => {
      at.now += SYNC_LAG / 2;
      return save();
    };
    await imports(at);
    expect(await instantsOf(at, 'new')).toEqual([0, LEAD]);
  });

  test('and what it retired has signed until now', async () => {
    const at = await opened();
    const [a, b] = kidsOf((await stored(at)).ring);
    at.now += 2 * LEAD;
    await at.replica.write(nothing);
    slowly(at, (save) => save());
    await at.replica.write((ring, context) => withPromotion(ring, { kid: String(b), force: false }, context));
    const key = (await stored(at)).ring.keys.find(({ kid }) => kid === a);
    expect(key).toMatchObject({ retireAt: T + 2 * LEAD, removeAt: T + 2 * LEAD + SLOW + RETENTION });
  });

  test('so is a load, or the making of a key, that took so long', async () => {
    const at = await opened();
    at.store.onLoad = (load) => {
      at.store.onLoad = (next) => next();
      at.now += SLOW;
      return load();
    };
    await imports(at);
    expect(await instantsOf(at, 'new')).toEqual([SLOW, SLOW + LEAD]);
    const slow: Instance = instance({
      generate: (alg) => {
        if (slow.now > T) slow.now += SLOW;
        return generateKey(alg);
      },
    });
    await slow.replica.open();
    slow.now = T + ROTATION;
    await slow.replica.write(nothing);
    const [, , third] = (await stored(slow)).ring.keys;
    expect(third?.publishAt).toBe(T + ROTATION + SLOW);
  });

  test('and lost its race, is made anew and needs no more', async () => {
    const at = await opened();
    slowly(at, () => false);
    await imports(at);
    expect(await instantsOf(at, 'new')).toEqual([SLOW, SLOW + LEAD]);
    expect((await stored(at)).version).toBe(2);
  });

  test('and says false although it saved, is made good', async () => {
    const at = await opened();
    slowly(at, async (save) => !(await save()));
    await imports(at);
    expect(await instantsOf(at, 'new')).toEqual([SLOW, SLOW + LEAD]);
  });

  test('and threw although it saved, is made good with the next change, or by the next reading', async () => {
    const at = await opened();
    slowly(at, async (save) => {
      await save();
      return down();
    });
    await expectRefused(imports(at), 'ERR_RING_UNAVAILABLE');
    expect(await instantsOf(at, 'new')).toEqual([0, LEAD]);
    at.now += 30;
    await at.replica.view();
    expect(await instantsOf(at, 'new')).toEqual([SLOW + 30, SLOW + 30 + LEAD]);
    const { version } = await stored(at);
    at.now += SLOW;
    await at.replica.view();
    expect((await stored(at)).version).toBe(version);
  });

  test('and threw at once, is not late if it was seen in time', async () => {
    const at = await opened();
    at.store.onSave = async (save) => {
      at.store.onSave = (next) => next();
      await save();
      return down();
    };
    await expectRefused(imports(at), 'ERR_RING_UNAVAILABLE');
    at.now += 30;
    await at.replica.write(nothing);
    at.now += SLOW;
    await at.replica.write(nothing);
    expect(await instantsOf(at, 'new')).toEqual([0, LEAD]);
  });

  test('and came to its end long after it threw, is made good when it is seen', async () => {
    const at = await opened();
    let land = async () => false;
    at.store.onSave = (save) => {
      at.store.onSave = (next) => next();
      land = save;
      return down();
    };
    await expectRefused(imports(at), 'ERR_RING_UNAVAILABLE');
    at.now += 30;
    await at.replica.write(nothing);
    expect((await stored(at)).version).toBe(1);
    at.now += SLOW;
    expect(await land()).toBe(true);
    expect(await instantsOf(at, 'new')).toEqual([0, LEAD]);
    at.now += 30;
    await at.replica.write(nothing);
    expect(await instantsOf(at, 'new')).toEqual([SLOW + 60, SLOW + 60 + LEAD]);
  });

  test('and the reading that it was part of is of now, so what is known may be used', async () => {
    const at = await opened();
    at.now = T + ROTATION;
    slowly(at, (save) => save());
    expect((await at.replica.view()).from).toBe(T + ROTATION + SLOW);
  });
});

describe('what makes the keys', () => {
  test('may take its time: instants are counted from when it is done', async () => {
    const at = instance({
      generate: async (alg) => {
        at.now += 60;
        return generateKey(alg);
      },
    });
    await at.replica.open();
    expect((await stored(at)).ring.keys.map(({ publishAt }) => publishAt)).toEqual([T + 120, T + 120]);
  });

  test('may make keys outside', async () => {
    const at = await opened({
      generate: async (alg) => ({
        publicJwk: exportJwk(await generateKey(alg)),
        sign: () => new Uint8Array(),
        reference: 'r',
      }),
    });
    expect((await stored(at)).ring.keys.map(({ external }) => external)).toEqual([
      { reference: 'r' },
      { reference: 'r' },
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'of another alg',
      () => generateKey('EdDSA'),
      /^options\.generate must return a key for ES256 when called with it$/,
    ],
    ['that is public', () => keyPair('ES256').publicKey, /^the result of options\.generate must be a private Key/],
    ['that is none', () => undefined, /^the result of options\.generate must be/],
    ['that is a JWK', () => exportJwk(keyPair('ES256').publicKey), /^the result of options\.generate must be/],
  ])('makes a key %s: the caller’s mistake, and nothing is written', async (_, generate, message) => {
    const at = instance({ generate: generate as () => Promise<Key> });
    await expectMistake(at.replica.open(), message);
    expect(at.store.saves).toBe(0);
  });

  test('makes the same key again: the caller’s mistake', async () => {
    const key = await generateKey('ES256', { kid: 'always' });
    const again = /^options\.generate must return another key each time$/;
    await expectMistake(instance({ generate: () => key }).replica.open(), again);
    await expectMistake(instance({ generate: () => key, firstKeys: [key] }).replica.open(), again);
    let isStuck = false;
    const at = await opened({ firstKeys: [key], generate: async (alg) => (isStuck ? key : generateKey(alg)) });
    isStuck = true;
    at.now += ROTATION;
    at.events.length = 0;
    await at.replica.write(nothing);
    expect(kidsOf((await stored(at)).ring)).toHaveLength(2);
    expect(at.events.map(({ type }) => type)).toContain('refresh-failed');
  });

  test.each<[string, () => Promise<Key>]>([
    ['fails', () => Promise.reject(new Error('KMS down'))],
    ['throws nothing', () => Promise.reject(undefined)],
    ['makes one that is there', async () => generateKey('EdDSA')],
  ])('%s: a revocation does not wait for it, and what was erased is', async (_, broken) => {
    const makers = { generate: (alg: RingAlgorithm): Promise<Key> => generateKey(alg) };
    const at = await opened({ generate: (alg) => makers.generate(alg) });
    makers.generate = broken;
    at.events.length = 0;
    const [a, b] = kidsOf((await stored(at)).ring);
    await at.replica.write((ring, context) => withRevocation(ring, { kid: String(a), reason: 'stolen' }, context));
    const { keys } = (await stored(at)).ring;
    expect(keys.map(({ kid, privateJwk }) => [kid, privateJwk !== undefined])).toEqual([
      [a, false],
      [b, true],
    ]);
    expect(at.events.map(({ type }) => type)).toEqual(['refresh-failed', 'key-revoked', 'key-promoted']);
    makers.generate = (alg) => generateKey(alg);
    expect((await at.replica.write(nothing)).keys).toHaveLength(3);
  });

  test('never ends: given up after half a minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const at = instance({ generate: () => new Promise<never>(() => undefined) });
      const opening = at.replica.open().catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await opening).toMatchObject({
        code: 'ERR_RING_UNAVAILABLE',
        message: 'creating a key took longer than 30 s',
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test('throws, at once or later: that comes out, and nothing is written', async () => {
    const failure = new Error('entropy');
    for (const generate of [
      () => {
        throw failure;
      },
      () => Promise.reject(failure),
    ]) {
      const at = instance({ generate });
      await expect(at.replica.open()).rejects.toBe(failure);
      expect(at.store.saves).toBe(0);
    }
  });
});

describe('closing', () => {
  test('waits for the change under way, and then lets go of the store', async () => {
    const at = await opened();
    const order: string[] = [];
    const wait = gate();
    at.store.onSave = async (save) => {
      await wait.opened;
      order.push('saved');
      return save();
    };
    at.store.close = async () => {
      order.push('closed');
    };
    const change = at.replica.write(bring(await newKey('a')));
    const closing = at.replica.close();
    await settled();
    expect(order).toEqual([]);
    wait.open();
    await Promise.all([change, closing]);
    expect(order).toEqual(['saved', 'closed']);
  });

  test('is done at once where nothing is under way and the store has nothing to let go of', async () => {
    await (await opened()).replica.close();
  });

  test('is done once, and then nothing is read in the background', async () => {
    const at = await opened();
    let closed = 0;
    at.store.close = async () => {
      closed++;
    };
    await Promise.all([at.replica.close(), at.replica.close()]);
    await at.replica.close();
    const { loads } = at.store;
    at.now += 29;
    expect(at.replica.usableView()).toBeDefined();
    at.now += 31;
    expect(at.replica.usableView()).toBeUndefined();
    await settled();
    await expectRefused(at.replica.write(nothing), 'ERR_RING_UNAVAILABLE');
    expect([closed, at.store.loads - loads]).toEqual([1, 0]);
  });

  test('does not mind a change that fails', async () => {
    const at = await opened();
    at.store.onLoad = down;
    const change = at.replica.write(nothing);
    await at.replica.close();
    await expectRefused(change, 'ERR_RING_UNAVAILABLE');
  });
});

describe('a key that is revoked', () => {
  test('is gone from what is published at once here, and after the reading interval elsewhere', async () => {
    const at = await opened();
    const other = await opened({ store: at.store });
    const [a] = kidsOf((await stored(at)).ring);
    await at.replica.write((ring, context) => withRevocation(ring, { kid: String(a), reason: 'x' }, context));
    expect(kidsOf((await at.replica.view()).set)).not.toContain(a);
    expect(kidsOf((await other.replica.view()).set)).toContain(a);
    other.now += 30;
    other.replica.usableView();
    await settled();
    expect(kidsOf((await other.replica.view()).set)).not.toContain(a);
    expect(leastLead(at.replica.policy)).toBeLessThanOrEqual(LEAD);
  });
});
