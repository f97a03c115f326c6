// Eight processes rotate one ring at the same moment, over PostgreSQL and over Redis, with the server going away in the middle:
// one new key each time, and nothing lost.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importJwks, type Jwk, verifyJwt } from '../../src/index.ts';
import { type Processes, type RingProcess, ringProcesses, type Setup } from '../support/ring-processes.ts';
import { announce, HAS_POSTGRES, HAS_REDIS, type Server, startPostgres, startRedis } from '../support/servers.ts';

announce('tests of eight processes that race on a rotation over real servers');

const ISSUER = 'https://issuer.example';
const START = 1_700_000_000;
const DAY = 86_400;
const policy = { maxTokenLifetime: 10 * DAY, publishLead: DAY, rotation: '90d' } as const;

/** What the test looks at of a ring's status. */
interface Status {
  readonly version: number;
  readonly keys: readonly { readonly kid: string; readonly state: string; readonly activateAt: number }[];
}

let processes: Processes;
beforeAll(async () => {
  processes = await ringProcesses();
}, 60_000);
afterAll(() => processes?.dispose());

/** Eight that know which key signs, at an instant that is theirs to be told. */
class Eight {
  readonly #each: readonly RingProcess[];
  readonly #tokens: { readonly token: string; readonly at: number }[] = [];
  #now = START;

  private constructor(each: readonly RingProcess[]) {
    this.#each = each;
  }

  static async over(stores: readonly Setup['store'][]): Promise<Eight> {
    const starting = Array.from({ length: 8 }, (_, i) =>
      processes.start({ issuer: ISSUER, policy, store: stores[i % stores.length] ?? {} }),
    );
    const eight = new Eight(await Promise.all(starting));
    await eight.all('open', START);
    return eight;
  }

  all(command: string, argument?: unknown): Promise<unknown[]> {
    return Promise.all(this.#each.map((each) => each.ask(command, argument)));
  }

  /** A day later, when the pending key has been published for long enough, each signs with the one it knows to be active. */
  async nextDay(): Promise<{ before: Status; signing: string; pending: string }> {
    this.#now += DAY;
    for (const token of await this.all('look', this.#now)) this.#tokens.push({ token: String(token), at: this.#now });
    const before = await this.status();
    return { before, signing: this.#kid(before, 'active'), pending: this.#kid(before, 'pending') };
  }

  /** One in that state; there is no other. */
  #kid({ keys }: Status, wanted: string): string {
    const kids = keys.filter(({ state }) => state === wanted).map(({ kid }) => kid);
    expect(kids).toHaveLength(1);
    return String(kids[0]);
  }

  async status(): Promise<Status> {
    return (await this.#each[0]?.ask('status')) as Status;
  }

  /** The pending key signs, one new one is pending, the others are as they were, and what they signed is good. */
  async expectOneRotation({ before, signing, pending }: Awaited<ReturnType<Eight['nextDay']>>): Promise<void> {
    const after = await this.status();
    expect(this.#kid(after, 'active')).toBe(pending);
    expect(after.keys).toHaveLength(before.keys.length + 1);
    expect(before.keys.every(({ kid }) => after.keys.some((key) => key.kid === kid))).toBe(true);
    expect(after.keys.find(({ kid }) => kid === signing)?.state).toBe('retiring');
    expect(this.#kid(after, 'pending')).not.toBe(pending);
    const set = importJwks((await this.#each[7]?.ask('jwks')) as { keys: Jwk[] });
    const good = this.#tokens.filter(({ at }) => at + policy.maxTokenLifetime > this.#now);
    for (const { token } of good) verifyJwt(token, set, { issuer: ISSUER, audience: ISSUER, now: this.#now });
    expect(good.length).toBeGreaterThan(0);
  }

  async end(): Promise<void> {
    await Promise.all(this.#each.map((each) => each.kill()));
  }
}

describe.each([
  {
    name: 'PostgreSQL',
    skipped: !HAS_POSTGRES,
    begin: startPostgres,
    stores: (url: string): Setup['store'][] => [{ postgres: url }],
  },
  {
    name: 'Redis, through both clients',
    skipped: !HAS_REDIS,
    begin: startRedis,
    stores: (url: string): Setup['store'][] => [{ ioredis: url }, { redis: url }],
  },
])('$name', ({ skipped, begin, stores }) => {
  let server: Server;
  let eight: Eight;
  beforeAll(async () => {
    if (skipped) return;
    server = await begin();
    eight = await Eight.over(stores(server.url));
  }, 60_000);
  afterAll(async () => {
    await eight?.end();
    await server?.dispose();
  });

  test.skipIf(skipped)('eight that begin at once begin one ring', async () => {
    const { keys } = await eight.status();
    expect(keys.map(({ state }) => state)).toEqual(['active', 'pending']);
  });

  test.skipIf(skipped)('eight rotations at one moment are one', async () => {
    for (let round = 0; round < 15; round++) {
      const day = await eight.nextDay();
      const changes = await eight.all('rotate');
      for (const change of changes) expect(change).toMatchObject([{ kid: day.pending }]);
      await eight.expectOneRotation(day);
    }
  });

  test.skipIf(skipped)(
    'and so they are when the server dies in the middle and comes back',
    { timeout: 120_000 },
    async () => {
      let failures = 0;
      for (let round = 0; round < 12; round++) {
        const day = await eight.nextDay();
        const insisting = eight.all('insist', day.signing);
        await pause(Math.random() * 10);
        await server[round % 2 ? 'kill' : 'stop']();
        await server.start();
        for (const each of await insisting) failures += Number(each);
        await eight.expectOneRotation(day);
      }
      expect(failures).toBeGreaterThan(0);
    },
  );
});
