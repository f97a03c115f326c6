// A ring that moves: the same keys and the same policy over another store, and nothing is written over.
import { expect, test } from 'vitest';
import { createVerifier, memoryStore, moveRing } from '../../src/index.ts';
import { API, expectRefused, NAME, testStore, world } from './issuing.ts';

test('goes on over the new store as it was', async () => {
  const at = await world();
  await at.issuer.rotate();
  const token = await at.issuer.sign({}, API);
  const to = testStore();
  await moveRing(NAME, at.store, to);
  const moved = await world({ store: to, policy: undefined });
  const { keys, policy, algorithms } = await at.issuer.status();
  expect(await moved.issuer.status()).toMatchObject({ version: 1, keys, policy, algorithms });
  const verifier = createVerifier({
    issuer: NAME,
    audience: String(API.audience),
    keys: moved.issuer,
    clock: () => moved.now,
  });
  expect((await verifier.verify(token)).claims.iss).toBe(NAME);
});

test('begins its history anew: what was written to the old store is none of the new one’s', async () => {
  const at = await world();
  await at.issuer.migrate('EdDSA');
  const to = testStore();
  await moveRing(NAME, at.store, to);
  const [old, first] = await Promise.all([at.store.stored(), to.stored()]);
  expect(JSON.parse(String(old.records)).history).toHaveLength(1);
  expect(JSON.parse(String(first.records))).not.toHaveProperty('history');
  const moved = await world({ store: to });
  await moved.issuer.migrate('RS256');
  expect(JSON.parse(String((await to.stored()).records)).history).toHaveLength(1);
});

test('is not moved over another one, nor from nowhere, nor under another name', async () => {
  const [at, other] = [await world(), await world()];
  const { records } = await other.store.stored();
  const taken = await expectRefused(moveRing(NAME, at.store, other.store), 'ERR_RING_CONFLICT');
  expect(taken.message).toBe('the target store already has a key ring; nothing was moved: give an empty store');
  expect((await other.store.stored()).records).toBe(records);
  await expectRefused(moveRing(NAME, memoryStore(), testStore()), 'ERR_RING_CONFLICT');
  await expectRefused(moveRing('https://other.example', at.store, memoryStore()), 'ERR_RING_INVALID');
});
