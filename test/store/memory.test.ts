// A ring in memory keeps to the contract of a store.

import { expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory.ts';
import type { RingStore } from '../../src/store/store.ts';
import { keepsToTheContract } from './store-contract.ts';

const rings = new Map<string, RingStore>();
keepsToTheContract((name) => {
  const store = rings.get(name) ?? memoryStore();
  rings.set(name, store);
  return store;
});

test('each has a ring of its own, and what it hands out cannot be changed', async () => {
  const [a, b] = [memoryStore(), memoryStore()];
  await a.save('{}', 0);
  expect((await b.load()).version).toBe(0);
  expect(Object.isFrozen(await a.load())).toBe(true);
  expect(Object.isFrozen(await b.load())).toBe(true);
});
