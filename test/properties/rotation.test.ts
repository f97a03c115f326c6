// Issuers that share a store, and verifiers that know nothing of each other, on clocks that differ and over ways that fail:
// whatever is done to the ring, what the policy promises holds. The promises are in test/support/promises.ts.
import fc from 'fast-check';
import { test } from 'vitest';
import { exportJwk, type RingPolicyOptions } from '../../src/index.ts';
import { type RingKey, stateOf } from '../../src/ring/ring.ts';
import type { Instance } from '../support/fleet.ts';
import { outsideSigner, POOL_ALGORITHMS, type PoolAlgorithm, poolKey } from '../support/key-pool.ts';
import { EPSILON } from '../support/promises.ts';
import { World, type WorldOptions } from '../support/ring-world.ts';
import type { SaveFault } from '../support/simulated-store.ts';

/** Policies with nothing to spare: each number is the least that the others allow. */
const POLICIES: Readonly<Record<string, RingPolicyOptions>> = {
  tight: {
    maxTokenLifetime: 120,
    jwksMaxAge: 60,
    verifierTtl: 480,
    syncLag: 64,
    clockSkew: 16,
    publishLead: 620,
    rotation: 700,
  },
  'long tokens': {
    maxTokenLifetime: 3_000,
    jwksMaxAge: 8,
    verifierTtl: 16,
    syncLag: 8,
    clockSkew: 4,
    publishLead: 36,
    rotation: 60,
  },
  'bad clocks': {
    maxTokenLifetime: 60,
    jwksMaxAge: 8,
    verifierTtl: 64,
    syncLag: 32,
    clockSkew: 64,
    publishLead: 168,
    rotation: 200,
  },
  'good clocks': {
    maxTokenLifetime: 60,
    jwksMaxAge: 0,
    verifierTtl: 0,
    syncLag: 16,
    clockSkew: 0,
    publishLead: 80,
    rotation: 100,
  },
  'as usual': { maxTokenLifetime: '1h', verifierTtl: '2h', publishLead: '3h', rotation: '2d' },
};

/** One step. Its name and what it was given tell it apart in a counterexample. */
class Step implements fc.AsyncCommand<object, World> {
  readonly #name: string;
  readonly #given: unknown;
  readonly #run: (world: World) => Promise<unknown>;

  constructor(name: string, given: unknown, run: (world: World) => Promise<unknown>) {
    this.#name = name;
    this.#given = given;
    this.#run = run;
  }
  check(): boolean {
    return true;
  }
  async run(_: object, world: World): Promise<void> {
    world.note(`${this}`);
    await this.#run(world);
    await world.settle();
  }
  toString(): string {
    return `${this.#name}(${JSON.stringify(this.#given)})`;
  }
}

function step<T>(
  name: string,
  given: fc.Arbitrary<T>,
  run: (world: World, given: T) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return given.map((value) => new Step(name, value, (world) => run(world, value)));
}

/** One of those that there are, if there are any. */
function pick<T>(from: readonly T[], number: number): T | undefined {
  return from[number % from.length];
}

/** One of those of which there always is one. */
function one<T>(from: readonly T[], number: number): T {
  const picked = pick(from, number);
  if (picked === undefined) throw new Error('there is none');
  return picked;
}

const which = fc.nat({ max: 5 });
const instance = fc.nat({ max: 2 });
const alg = fc.constantFrom(...POOL_ALGORITHMS);
const part = fc.constantFrom(-1, -0.5, 0, 0.5, 1);

/** A key of the ring in that state by the true clock. */
const key = fc.tuple(fc.constantFrom('pending', 'active', 'retiring', 'removed', 'revoked'), which);

function keyIn(world: World, [state, number]: readonly [string, number]): RingKey | undefined {
  return pick(
    world.keys.filter((each) => stateOf(each, world.time.now) === state),
    number,
  );
}

async function importNew(world: World, by: Instance, name: PoolAlgorithm, isOutside: boolean): Promise<void> {
  const made = poolKey(name, world.nextKey());
  const kid = `${made.kid}`;
  await world.import(by, isOutside ? { publicJwk: exportJwk(made), sign: outsideSigner(kid) } : made, kid);
}

/** How far to go: to an edge, seen by the clock that is ahead most, or behind, or none, or just before or after. */
const until = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      to: fc.constantFrom('change', 'ripe', 'expiry', 'wake'),
      clock: part,
      ticks: fc.integer({ min: -1, max: 1 }),
      number: which,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      times: fc.constantFrom(0.25, 0.5, 1),
      of: fc.constantFrom('syncLag', 'jwksMaxAge', 'verifierTtl', 'publishLead', 'rotation'),
      ticks: fc.integer({ min: -1, max: 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ seconds: fc.constantFrom(EPSILON, 1, 7, 31) }) },
);
type Until = typeof until extends fc.Arbitrary<infer T> ? T : never;

function instantsOf({ policy }: World, key: RingKey, which: string): readonly number[] {
  const { publishAt, activateAt, retireAt = 0, removeAt = 0 } = key;
  return which === 'ripe' ? [publishAt + policy.publishLead] : [activateAt, retireAt, removeAt];
}

function secondsUntil(world: World, it: Until): number {
  const { now } = world.time;
  if ('seconds' in it) return it.seconds;
  if ('of' in it)
    return Math.max(
      0,
      Math.round((it.times * world.policy[it.of as 'syncLag']) / EPSILON) * EPSILON + it.ticks * EPSILON,
    );
  const shift = it.ticks * EPSILON - world.offset(it.clock);
  const edges =
    it.to === 'wake'
      ? [world.time.next ?? now]
      : it.to === 'expiry'
        ? world.promises.tokens.map(({ exp }) => exp + shift)
        : world.keys.flatMap((each) => instantsOf(world, each, it.to)).map((at) => at + shift);
  const ahead = edges.filter((at) => at > now && at < now + 1e6).toSorted((a, b) => a - b);
  return (pick(ahead.slice(0, 4), it.number) ?? now) - now;
}

const STEPS = fc.oneof(
  { weight: 10, arbitrary: step('pass', until, (world, it) => world.pass(secondsUntil(world, it))) },
  {
    weight: 8,
    arbitrary: step(
      'sign',
      fc.tuple(instance, fc.constantFrom(1, 0.5, 0), fc.option(alg, { nil: undefined })),
      (world, [i, life, name]) => world.sign(one(world.instances, i), life, name),
    ),
  },
  {
    weight: 4,
    arbitrary: step('all sign', fc.constant(''), async (world) => {
      for (const each of world.instances) await world.sign(each, 1, undefined);
    }),
  },
  {
    weight: 4,
    arbitrary: step(
      'change unseen',
      fc.tuple(instance, fc.constantFrom('rotate', 'promote', 'migrate'), key, alg, fc.integer({ min: -1, max: 1 })),
      async (world, [i, how, it, name, ticks]) => {
        for (const each of world.instances) await world.refresh(each);
        const [by, found] = [one(world.instances, i), keyIn(world, it)];
        if (how === 'rotate') await world.rotate([by], undefined);
        else if (how === 'migrate') await world.migrate(by, name, undefined);
        else if (found) await world.promote(by, found, false);
        // As long as the others may go by what they know.
        await world.pass(world.policy.syncLag / 2 + ticks * EPSILON);
        for (const each of world.instances) await world.sign(each, 1, undefined);
      },
    ),
  },
  {
    weight: 4,
    arbitrary: step(
      'revoke unseen',
      fc.tuple(
        instance,
        fc.constantFrom('sign', 'answer', 'verify'),
        fc.tuple(fc.constantFrom('active', 'pending'), which),
        fc.constantFrom(4, 2),
        fc.integer({ min: -1, max: 1 }),
      ),
      async (world, [i, how, it, part, ticks]) => {
        for (const each of world.instances) await world.refresh(each);
        await world.sign(one(world.instances, i), 1, undefined);
        const found = keyIn(world, it);
        if (found) await world.revoke(one(world.instances, i), found);
        const { syncLag } = world.policy;
        await world.pass((part === 2 ? syncLag / 2 : Math.min(30, syncLag / 4)) + ticks * EPSILON);
        const token = world.promises.tokens.findLast(({ kid }) => kid === found?.kid);
        // One thing only: whichever comes first has the ring read.
        for (const each of world.instances)
          if (how === 'sign') await world.sign(each, 1, undefined);
          else if (how === 'answer') await world.answer(each);
          else if (token) await world.verify(each, token);
      },
    ),
  },
  {
    weight: 1,
    arbitrary: step('forge', key, async (world, it) => {
      const found = keyIn(world, it);
      if (found) world.forge(found);
    }),
  },
  {
    weight: 6,
    arbitrary: step('verify', fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 9 })), async (world, [who, back]) => {
      const judge = pick(world.everyone, who);
      const token = world.promises.tokens.at(-1 - back);
      if (judge && token) await world.verify(judge, token);
    }),
  },
  { weight: 2, arbitrary: step('sweep', fc.constant(''), (world) => world.sweep()) },
  { weight: 2, arbitrary: step('answer', instance, (world, i) => world.answer(one(world.instances, i))) },
  { weight: 3, arbitrary: step('refresh', instance, (world, i) => world.refresh(one(world.instances, i))) },
  {
    weight: 3,
    arbitrary: step(
      'rotate',
      fc.tuple(fc.uniqueArray(instance, { minLength: 1 }), fc.option(alg, { nil: undefined })),
      (world, [who, name]) =>
        world.rotate(
          who.map((i) => one(world.instances, i)),
          name,
        ),
    ),
  },
  {
    weight: 2,
    arbitrary: step('promote', fc.tuple(instance, key, fc.boolean()), async (world, [i, it, force]) => {
      const found = keyIn(world, it);
      if (found) await world.promote(one(world.instances, i), found, force);
    }),
  },
  {
    weight: 2,
    arbitrary: step('revoke', fc.tuple(instance, key), async (world, [i, it]) => {
      const found = keyIn(world, it);
      if (found) await world.revoke(one(world.instances, i), found);
    }),
  },
  {
    weight: 1,
    arbitrary: step('import', fc.tuple(instance, alg, fc.boolean()), (world, [i, name, isOutside]) =>
      importNew(world, one(world.instances, i), name, isOutside),
    ),
  },
  {
    weight: 1,
    arbitrary: step('import again', fc.tuple(instance, key), async (world, [i, it]) => {
      const found = keyIn(world, it);
      if (found) await world.importAgain(one(world.instances, i), found);
    }),
  },
  {
    weight: 1,
    arbitrary: step('migrate', fc.tuple(instance, alg, fc.option(alg, { nil: undefined })), (world, [i, to, from]) =>
      world.migrate(one(world.instances, i), to, from),
    ),
  },
  {
    weight: 2,
    arbitrary: step(
      'start',
      fc.tuple(instance, fc.boolean(), fc.constantFrom('same', 'longer', 'stored')),
      (world, [i, seal, policy]) => world.restart(one(world.instances, i), seal, policy),
    ),
  },
  { weight: 1, arbitrary: step('stop', instance, (world, i) => world.stop(one(world.instances, i))) },
  {
    weight: 3,
    arbitrary: step(
      'delay',
      fc.tuple(
        instance,
        fc.constantFrom(0, 0.25, 0.5, 1),
        fc.constantFrom(0, 0.25, 0.5, 1),
        fc.integer({ min: -1, max: 1 }),
      ),
      async (world, [i, before, after, ticks]) => {
        const { link } = one(world.instances, i);
        const { syncLag } = world.policy;
        link.before = before === 0 ? 0 : before * syncLag + ticks * EPSILON;
        link.after = after === 0 ? 0 : after * syncLag + ticks * EPSILON;
      },
    ),
  },
  {
    weight: 3,
    arbitrary: step(
      'fault',
      fc.tuple(instance, fc.constantFrom<SaveFault>('refused', 'unsaid', 'cut', 'cut-after', 'late')),
      async (world, [i, fault]) => {
        one(world.instances, i).link.faults.push(fault);
      },
    ),
  },
  {
    weight: 2,
    arbitrary: step('down', fc.tuple(instance, fc.boolean()), async (world, [i, isDown]) => {
      one(world.instances, i).link.isDown = isDown;
    }),
  },
  {
    weight: 2,
    arbitrary: step('heal', instance, async (world, i) => {
      world.heal(one(world.instances, i));
    }),
  },
  {
    weight: 1,
    arbitrary: step(
      'route',
      fc.tuple(fc.nat({ max: 1 }), instance, fc.constantFrom(0, 1, 2), fc.boolean()),
      async (world, [i, to, delay, isCut]) => {
        const route = one(world.routes, i);
        route.to = one(world.instances, to);
        route.delay = delay;
        route.isCut = isCut;
      },
    ),
  },
);

/** A clock is set, within the bound. A verifier may take its keys for older than they are, or for younger. */
const DRIFT = step('drift', fc.tuple(fc.nat({ max: 6 }), part), async (world, [who, to]) => {
  const clocked = [...world.instances, ...world.judges][who];
  if (clocked) clocked.offset = world.offset(to);
  if (clocked && 'link' in clocked) clocked.link.failedAt = world.time.now;
  if (clocked && 'route' in clocked) clocked.route.failedAt = world.time.now;
});

/** An issuer is idle while another one changes the ring, and meanwhile its clock is set back as far as the bound allows. */
const SET_BACK = step(
  'set back unseen',
  fc.tuple(
    fc.tuple(instance, instance),
    fc.constantFrom('revoke', 'import', 'promote'),
    key,
    alg,
    fc.constantFrom('sign', 'answer', 'sweep'),
    fc.integer({ min: -1, max: 1 }),
  ),
  async (world, [[i, j], how, it, name, first, ticks]) => {
    const [idle, by] = [one(world.instances, i), one(world.instances, j)];
    idle.offset = world.offset(1);
    idle.link.failedAt = world.time.now; // as when any clock is set: what it knows may look too old for a moment
    for (const each of world.instances) await world.refresh(each);
    await world.sign(by, 1, undefined);
    const found = keyIn(world, it);
    if (how === 'import') await importNew(world, by, name, false);
    else if (found && how === 'revoke') await world.revoke(by, found);
    else if (found) await world.promote(by, found, false);
    await world.pass(Math.max(0, world.policy.clockSkew + ticks * EPSILON));
    idle.offset = world.offset(-1);
    if (first === 'sign') await world.sign(idle, 1, undefined);
    else if (first === 'answer') await world.answer(idle);
    await world.sweep();
  },
);

const CLOCKS = fc.oneof({ weight: 9, arbitrary: DRIFT }, { weight: 1, arbitrary: SET_BACK });

const WORLDS: fc.Arbitrary<Omit<WorldOptions, 'drifts'>> = fc.record({
  policy: fc.constantFrom(...Object.values(POLICIES)),
  offsets: fc.array(part, { minLength: 7, maxLength: 7 }),
  seal: fc.constantFrom(undefined, 0 as const, 1 as const),
  algorithms: fc.constantFrom(['ES256' as const], ['EdDSA' as const, 'ES256' as const]),
  timers: fc.boolean(),
});

/** More on demand: some seconds for each hundred. */
const RUNS = Number(process.env.BAREJOSE_RUNS ?? 250);

test.each([false, true])(
  'whatever is done to a ring, what its policy promises holds; with clocks that are set: %s',
  async (drifts) => {
    const steps = fc.commands(drifts ? [STEPS, CLOCKS] : [STEPS], { maxCommands: 100, size: 'max' });
    await fc.assert(
      fc.asyncProperty(WORLDS, steps, async (options, commands) => {
        const world = new World({ ...options, drifts });
        await world.live(async () => {
          await fc.asyncModelRun(async () => {
            for (const each of world.instances) await world.start(each);
            return { model: {}, real: world };
          }, commands);
          await world.end();
        });
      }),
      // Shrinking stops in time, too.
      { numRuns: RUNS, interruptAfterTimeLimit: 1000 * RUNS, markInterruptAsFailure: true },
    );
  },
  1200 * RUNS,
);
