// What a verifier takes for keys that may be others tomorrow.

import { describe, expect, test } from 'vitest';
import { readHeader } from '../../src/header.ts';
import { createIssuer, JoseError, KeySet, type KeySource, memoryStore } from '../../src/index.ts';
import { checkedSource, isKeySource, providerOf, setProvider } from '../../src/jwks/source.ts';
import { expectTypeError } from '../support/expect.ts';
import { keyPair } from '../support/keys.ts';

const set = new KeySet([]);

test('an object with a current set, if there is one now, and a way to have it', async () => {
  class Source {
    get current(): KeySet {
      return set;
    }
    keys(): KeySet {
      return set;
    }
  }
  const sources = [{ current: undefined, keys: () => set }, { current: set, keys: async () => set }, new Source()];
  const issuer = await createIssuer({ issuer: 'a', store: memoryStore(), policy: { maxTokenLifetime: '1h' } });
  for (const source of [...sources, issuer]) expect(isKeySource(source)).toBe(true);
});

test('to see that, it is not asked for its keys', () => {
  const source = {
    get current(): never {
      throw new Error('asked');
    },
    keys(): never {
      throw new Error('asked');
    },
  };
  expect(isKeySource(source)).toBe(true);
});

test('nothing else, and no keys that stay what they are', () => {
  const others = [
    undefined,
    null,
    'x',
    7,
    [],
    {},
    () => set,
    { current: set },
    { current: set, keys: [set] },
    { keys: () => set },
    new Map(),
    [].keys,
    set,
    keyPair('ES256').publicKey,
  ];
  expect(others.filter(isKeySource)).toEqual([]);
});

test('keys that stay what they are need neither a request nor a promise', async () => {
  for (const keys of [set, keyPair('ES256').publicKey]) {
    const provider = providerOf(keys, 'options.keys');
    expect([provider?.for(HEADER), provider?.now(HEADER), provider?.current()]).toEqual([keys, keys, keys]);
    expect(provider?.warm()).toBeInstanceOf(Promise);
    expect(await provider?.warm()).toBeUndefined();
    expect([provider?.newerThan, provider?.algorithms]).toEqual([undefined, undefined]);
  }
});

test('an object of this library has its own provider, which cannot be changed', () => {
  const own = { ...checkedSource({ current: set, keys: () => set }, 'x'), algorithms: ['ES256'] as const };
  const owner = { current: undefined, keys: () => set };
  setProvider(owner, own);
  expect(providerOf(owner, 'options.keys')).toBe(own);
  expect(Object.isFrozen(own)).toBe(true);
});

test('what has no keys has no provider', () => {
  for (const value of [undefined, null, 'x', 7, {}, [], { keys: [] }])
    expect(providerOf(value, 'options.keys')).toBeUndefined();
});

const HEADER = readHeader({ alg: 'ES256' }, {}, 'ERR_JWS_INVALID');

describe('a source held to its interface', () => {
  const checked = (source: object) => checkedSource(source as KeySource, 'options.keys');
  const throwing = (error: unknown) =>
    checked({
      get current(): never {
        throw error;
      },
      keys(): never {
        throw error;
      },
    });
  const unavailable = new JoseError('ERR_JWKS_UNAVAILABLE', 'the vault is sealed', { retryAfter: 7 });

  test('gives what the source gives, asked anew each time', async () => {
    const sets = [new KeySet([]), new KeySet([])] as const;
    const source = { current: undefined as KeySet | undefined, keys: () => sets[0] as KeySet | Promise<KeySet> };
    const keys = checked(source);
    expect([keys.current(), keys.for(HEADER)]).toEqual([undefined, sets[0]]);
    source.keys = async () => sets[1];
    expect(await keys.for(HEADER)).toBe(sets[1]);
    source.current = sets[1];
    expect([keys.current(), keys.for(HEADER), keys.now(HEADER)]).toEqual([sets[1], sets[1], sets[1]]);
  });

  test('calls the methods of a class on its instance', async () => {
    class Source {
      readonly #set = set;
      get current(): KeySet {
        return this.#set;
      }
      keys(): KeySet {
        return this.#set;
      }
    }
    const keys = checked(new Source());
    expect([keys.current(), await keys.for(HEADER)]).toEqual([set, set]);
  });

  test.each([null, 0, '', false, {}, [], { keys: [], named: () => [] }, keyPair('ES256').publicKey, { ...set }])(
    'refuses %o, which is not a KeySet, as the fault of the source',
    async (value) => {
      for (const promised of [value, Promise.resolve(value)])
        await expect(checked({ current: undefined, keys: () => promised }).for(HEADER)).rejects.toThrow(
          new TypeError('options.keys.keys() must be a KeySet, as importJwks makes it, or a promise of one'),
        );
      expectTypeError(
        () => checked({ current: value, keys: () => set }).current(),
        /^options\.keys\.current must be a KeySet, as importJwks makes it, or undefined$/,
      );
    },
  );

  test('has no newer keys, and says nothing of algorithms', () => {
    const { newerThan, algorithms } = checked({ current: set, keys: () => set });
    expect([newerThan, algorithms]).toEqual([undefined, undefined]);
  });

  test('without waiting, says how keys that were never read are had', () => {
    expect(() => checked({ current: undefined, keys: () => set }).now(HEADER)).toThrow(
      new JoseError(
        'ERR_JWKS_UNAVAILABLE',
        'the keys are unavailable: they must be read first, by verifier.warm() or verify()',
      ),
    );
  });

  test('stale keys are read anew where one may wait, and used where not', () => {
    const fresh = new KeySet([]);
    for (const [stale, keys] of [
      [true, fresh],
      [false, set],
      [undefined, set],
      ['true', set],
    ] as const) {
      const source = checked({ current: set, stale, keys: () => fresh });
      expect(source.for(HEADER)).toBe(keys);
      expect([source.now(HEADER), source.current()].every((each) => each === set)).toBe(true);
    }
    const failing = checked({
      current: set,
      get stale(): never {
        throw new Error('down');
      },
      keys: () => set,
    });
    expect(() => failing.for(HEADER)).toThrow('the keys are unavailable: the key source failed');
  });

  test('that takes a header is asked with it where it lacks the key; one that does not is never told it', () => {
    const given: unknown[][] = [];
    const declaring = {
      current: set,
      keys(header?: unknown) {
        given.push([header]);
        return set;
      },
    };
    checked(declaring).for(HEADER);
    expect(given).toEqual([[{ alg: 'ES256' }]]);
    expect(() => checked(declaring).now(HEADER)).toThrow('they must be read first');
    const silent = { current: undefined, keys: (...rest: unknown[]) => given.push(rest) && set };
    checked(silent).for(HEADER);
    expect(given).toEqual([[{ alg: 'ES256' }], []]);
    const { publicKey } = keyPair('ES256');
    const having = { ...declaring, current: new KeySet([publicKey]) };
    expect(checked(having).for(HEADER)).toBe(having.current);
    expect(given).toHaveLength(2);
  });

  test('warm() reads what is missing or stale, and fails only without keys that may be used', async () => {
    let reads = 0;
    const source = (current: KeySet | undefined, stale: boolean, failure?: unknown) =>
      checked({
        current,
        stale,
        keys: () => {
          reads++;
          if (failure !== undefined) throw failure;
          return set;
        },
      });
    await source(set, false, new Error('down')).warm();
    expect(reads).toBe(0);
    await source(set, true, new Error('down')).warm();
    await source(set, true).warm();
    await source(undefined, false).warm();
    expect(reads).toBe(3);
    await expect(source(undefined, false, new Error('down')).warm()).rejects.toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
    });
    expect(reads).toBe(4);
    const wrong = checked({ current: set, stale: true, keys: () => 'no keys' });
    await expect(wrong.warm()).rejects.toThrow(TypeError);
  });

  test('says ERR_JWKS_UNAVAILABLE for whatever the source throws, with the cause but without its words', async () => {
    for (const error of [
      new TypeError('fetch failed'),
      new Error('secret'),
      'secret',
      undefined,
      null,
      new DOMException(),
    ]) {
      const keys = throwing(error);
      const asks = [() => keys.current(), () => keys.for(HEADER), () => keys.now(HEADER), () => keys.warm()];
      for (const ask of asks as readonly (() => unknown)[]) {
        const caught = await Promise.resolve()
          .then(ask)
          .catch((thrown: unknown) => thrown);
        expect(caught).toBeInstanceOf(JoseError);
        expect(caught).toMatchObject({
          code: 'ERR_JWKS_UNAVAILABLE',
          message: 'the keys are unavailable: the key source failed',
        });
        expect(Object.getOwnPropertyDescriptor(caught, 'cause')).toMatchObject({ value: error, enumerable: false });
      }
      await expect(
        checked({ current: undefined, keys: () => Promise.reject(error) }).for(HEADER),
      ).rejects.toMatchObject({
        code: 'ERR_JWKS_UNAVAILABLE',
      });
    }
  });

  test('repeats what another JoseError says, which holds nothing of a document', async () => {
    const error = new JoseError('ERR_JWKS_INVALID', 'the JWK Set is not JSON');
    await expect(Promise.resolve().then(() => throwing(error).for(HEADER))).rejects.toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
      message: 'the keys are unavailable: the JWK Set is not JSON',
    });
  });

  test('passes ERR_JWKS_UNAVAILABLE on as it is', async () => {
    expect(() => throwing(unavailable).current()).toThrow(unavailable);
    await expect(checked({ current: undefined, keys: () => Promise.reject(unavailable) }).for(HEADER)).rejects.toBe(
      unavailable,
    );
  });

  class JoseErrorOfAnotherCopy extends Error {
    readonly code: string;
    readonly retryAfter: unknown;
    constructor(code: string, message: string, retryAfter: unknown) {
      super(message);
      this.name = 'JoseError';
      this.code = code;
      this.retryAfter = retryAfter;
    }
  }

  test.each<[unknown, number | undefined]>([
    [7, 7],
    [0, 0],
    [0.5, 1],
    [-1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['7', undefined],
    [undefined, undefined],
  ])('keeps the message of a JoseError of another copy, and its retryAfter %o as %o', async (given, retryAfter) => {
    const error = new JoseErrorOfAnotherCopy('ERR_JWKS_UNAVAILABLE', 'the keys are unavailable: status 500', given);
    const caught = await checked({ current: undefined, keys: () => Promise.reject(error) })
      .warm()
      .catch((thrown: unknown) => thrown);
    expect(caught).toBeInstanceOf(JoseError);
    expect(caught).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', message: error.message, cause: error });
    expect(caught instanceof JoseError && caught.retryAfter).toBe(retryAfter);
  });

  test('keeps retryAfter of a JoseError with another code, and of no other error', () => {
    const ring = new JoseError('ERR_RING_UNAVAILABLE', 'the store of the ring failed', { retryAfter: 5 });
    expect(() => throwing(ring).current()).toThrow(
      expect.objectContaining({ message: 'the keys are unavailable: the store of the ring failed', retryAfter: 5 }),
    );
    expect(() => throwing(Object.assign(new Error('x'), { retryAfter: 5 })).current()).toThrow(
      expect.not.objectContaining({ retryAfter: 5 }),
    );
  });
});
