// A clock that is set back while its process is idle: less time seems to have passed since the ring was read. What a policy
// promises holds all the same, for verifiers that keep a set for as long as it says.
import { expect, test } from 'vitest';
import type { Instance, Judge } from '../support/fleet.ts';
import { poolKey } from '../support/key-pool.ts';
import type { Token } from '../support/promises.ts';
import { World } from '../support/ring-world.ts';

const POLICY = {
  maxTokenLifetime: 60,
  jwksMaxAge: 8,
  verifierTtl: 64,
  syncLag: 32,
  clockSkew: 64,
  publishLead: 168,
  rotation: 200,
};

/** The clock of the first is behind, those of the others are ahead. The last has an endpoint behind no cache. */
interface Scene {
  readonly world: World;
  readonly writer: Instance;
  readonly signer: Instance;
  readonly idle: Instance;
  /** Goes on with a set of the idle one's endpoint for as long as `verifierTtl`. */
  readonly verifier: Judge;
}

/** Runs something, and ends with an error as soon as a promise is broken. */
async function live(work: (scene: Scene) => Promise<void>): Promise<void> {
  const offsets = [-1, 1, 1, 0, 0, 0, 0];
  const world = new World({
    ...{ policy: POLICY, offsets, seal: undefined, algorithms: ['EdDSA'], drifts: true, timers: true },
  });
  const [writer, idle, signer] = world.instances;
  const verifier = world.judges.findLast(({ name }) => name === 'crude');
  if (!writer || !idle || !signer || !verifier) throw new Error('someone is missing');
  await world.live(async () => {
    for (const each of world.instances) await world.start(each);
    await work({ world, writer, signer, idle, verifier });
    await world.end();
  });
}

/** Passes the time in which the clock is set back from most ahead to most behind, and a little more. */
async function passUnseen({ world, idle }: Scene): Promise<void> {
  await world.pass(70);
  idle.offset = world.offset(-1);
}

async function sign(world: World, by: Instance): Promise<Token> {
  await world.sign(by, 1, undefined);
  const token = world.promises.tokens.at(-1);
  if (!token) throw new Error('nothing was signed');
  return token;
}

test('an endpoint publishes a new key so early that each verifier has it before it signs', () =>
  live(async (scene) => {
    const { world, writer, signer, idle, verifier } = scene;
    const made = poolKey('EdDSA', world.nextKey());
    const kid = `${made.kid}`;
    await world.pass(200);
    await world.refresh(idle);
    await world.import(writer, made, kid);
    await passUnseen(scene);
    await world.verify(verifier, await sign(world, signer));
    // The lead of the key, less the difference of the clocks.
    await world.pass(POLICY.publishLead - POLICY.clockSkew - 70);
    await world.refresh(signer);
    const token = await sign(world, signer);
    expect(token.kid).toBe(kid);
    await world.verify(verifier, token);
  }));

test('an endpoint publishes the key that signs in the place of a revoked one as early as without', () =>
  live(async (scene) => {
    const { world, writer, signer, verifier } = scene;
    await world.pass(20);
    for (const each of world.instances) await world.refresh(each);
    const token = await sign(world, writer);
    for (const key of world.keys) await world.revoke(writer, key);
    await passUnseen(scene);
    await world.verify(verifier, token);
    await world.pass(50);
    await world.verify(verifier, await sign(world, signer));
  }));

test.each(['sign', 'answer', 'verify'] as const)('a process lets go of a revoked key before it does this: %s', (how) =>
  live(async (scene) => {
    const { world, writer, idle } = scene;
    await world.pass(20);
    const token = await sign(world, idle);
    await world.refresh(idle);
    const [signing] = world.keys;
    if (!signing) throw new Error('there is no key');
    await world.revoke(writer, signing);
    await passUnseen(scene);
    // Each of them is held against the revocation.
    if (how === 'sign') expect((await sign(world, idle)).kid).not.toBe(token.kid);
    else if (how === 'answer') await world.answer(idle);
    else await world.verify(idle, token);
  }),
);
