// What a verifier takes for keys that may be others tomorrow.
import { expect, test } from 'vitest';
import { createIssuer, KeySet, memoryStore } from '../../src/index.ts';
import { isKeySource } from '../../src/jwks/source.ts';
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
