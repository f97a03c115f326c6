// One ring, three instances that share it, four verifiers beyond caches, and everything that can be done to them. Whatever is
// begun may take its time; what is promised is checked whenever something is over.
import { vi } from 'vitest';
import { type Issuer, type RingPolicyOptions, signJwt } from '../../src/index.ts';
import { type RingPolicy, readRingPolicy } from '../../src/ring/policy.ts';
import type { RingKey } from '../../src/ring/ring.ts';
import {
  codeOf,
  crudeJudge,
  Instance,
  ISSUER,
  type Judge,
  Route,
  remoteJudge,
  type Scene,
  type Settings,
} from './fleet.ts';
import { type PoolAlgorithm, poolKeyOf } from './key-pool.ts';
import { type Asked, EPSILON, Promises, type Token } from './promises.ts';
import { type Epoch, SimulatedStore } from './simulated-store.ts';
import { SimulatedTime, settled } from './simulated-time.ts';

export const START = 1_800_000_000;

export interface WorldOptions {
  readonly policy: RingPolicyOptions;
  /** How far each of seven clocks is ahead, in parts of the most that is allowed: from -1 to 1. */
  readonly offsets: readonly number[];
  readonly seal: Settings['seal'];
  readonly algorithms: readonly PoolAlgorithm[];
  /** Whether clocks are set in between. */
  readonly drifts: boolean;
  /** Whether the machine's timers keep pace with the clocks. Otherwise none fires, as if the machine slept meanwhile. */
  readonly timers: boolean;
}

/** What may come of an operation. */
interface Outcome<T> {
  readonly value?: T;
  readonly code?: string;
  /** Its start by the true clock. */
  readonly started: number;
}

export class World {
  readonly time: SimulatedTime = new SimulatedTime(START);
  readonly policy: RingPolicy;
  readonly options: WorldOptions;
  readonly store: SimulatedStore;
  readonly promises: Promises;
  readonly instances: readonly Instance[];
  readonly routes: readonly Route[];
  readonly judges: readonly Judge[];
  readonly settings: Settings;
  readonly trace: string[] = [];
  #nextKey = 0;
  #underway = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.policy = readRingPolicy(options.policy);
    this.settings = { policy: options.policy, seal: options.seal, algorithms: options.algorithms };
    this.store = new SimulatedStore(this.time, { name: ISSUER, inTime: this.policy.syncLag / 2 }, (epoch, last) => {
      this.note(`saved ${told(epoch)}`);
      this.promises.saved(epoch, last);
    });
    this.promises = new Promises({ ...this, drifts: options.drifts, epochs: this.store.epochs });
    const scene: Scene = {
      time: this.time,
      store: this.store,
      onAnswer: (instance, answer) => this.promises.answered(instance, answer),
      onEvent: ({ type, code }) =>
        this.promises.check(type !== 'refresh-failed' || code === 'ERR_RING_UNAVAILABLE', `${type} because of ${code}`),
      nextKey: () => this.#nextKey++,
    };
    const offset = (i: number) => this.offset(options.offsets[i] ?? 0);
    this.instances = ['A', 'B', 'C'].map((name, i) => new Instance(scene, name, offset(i)));
    const [a, b] = this.instances;
    if (!a || !b) throw new Error('no instances');
    this.routes = [new Route(scene, a, true), new Route(scene, b, false)];
    this.judges = this.routes.flatMap((route, i) => this.#judges(scene, route, [offset(2 * i + 3), offset(2 * i + 4)]));
  }

  /** Runs something with the machine's timers, and its clock that cannot be set, as they are in this world. */
  async live(work: () => Promise<void>): Promise<void> {
    const { setTimeout, clearTimeout } = globalThis;
    const clear = this.time.clearTimeout;
    const set = this.options.timers ? this.time.setTimeout : () => undefined;
    const monotonic = vi.spyOn(performance, 'now').mockImplementation(() => 1000 * (this.time.now - START));
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    try {
      await work();
    } finally {
      Object.assign(globalThis, { setTimeout, clearTimeout });
      monotonic.mockRestore();
    }
  }

  offset(part: number): number {
    return Math.round((part * this.policy.clockSkew) / 2 / EPSILON) * EPSILON;
  }

  /** As slow as the policy takes them to be: ours with an hour fresh and an hour stale, or as much less as it must be. */
  #judges(scene: Scene, route: Route, [one = 0, other = 0]: readonly number[]): Judge[] {
    const { verifierTtl } = this.policy;
    const crude = crudeJudge(scene, route, verifierTtl, one);
    if (verifierTtl < 4) return [crude];
    const half = Math.min(3_600, verifierTtl / 2);
    const remote = { minFresh: Math.min(60, half), maxFresh: half, staleFor: half };
    return [crude, remoteJudge(scene, route, remote, other)];
  }

  get keys(): readonly RingKey[] {
    return this.store.latest?.ring.keys ?? [];
  }

  nextKey(): number {
    return this.#nextKey++;
  }

  /** Begins something, and sees what comes of it without time passing; what is not over then goes on. */
  async begin<T>(name: string, work: () => Promise<T>, over: (outcome: Outcome<T>) => void): Promise<void> {
    const started = this.time.now;
    this.#underway++;
    this.note(`${name} …`);
    const done = (outcome: Outcome<T>): void => {
      this.#underway--;
      this.note(`… ${name}: ${outcome.code ?? `${JSON.stringify(outcome.value)}`.replace(/\.[^"]*/, '')}`);
      over(outcome);
    };
    work()
      .then(
        (value) => done({ value, started }),
        (error: unknown) => done({ code: codeOf(error), started }),
      )
      .catch((error: unknown) => this.promises.broken.push(`the test failed: ${error}`));
    await this.settle();
  }

  /** Adds a line to what a broken promise is told with. */
  note(text: string): void {
    this.trace.push(`${this.time.now - START}: ${text}`);
  }

  async settle(): Promise<void> {
    await settled();
    this.promises.passing(this.time.now);
    const [broken] = this.promises.broken;
    if (broken !== undefined) throw new Error([broken, ...this.trace].join('\n  '));
  }

  async pass(seconds: number): Promise<void> {
    await this.time.pass(this.time.now + seconds, (to) => this.promises.passing(to));
    await this.settle();
  }

  /** Begins something with an instance that runs, and judges the errors that may come of it. */
  async ask<T>(
    instance: Instance,
    { name, conflict }: { name: string; conflict: boolean },
    work: (issuer: Issuer) => Promise<T>,
    over: (value: T, asked: Asked) => void,
  ): Promise<void> {
    const { issuer } = instance;
    if (!issuer) return;
    const isBusy = instance.link.underway > 0;
    const { life } = instance;
    await this.begin(
      `${instance.name} ${name}`,
      () => work(issuer),
      ({ value, code, started }) => {
        if (instance.life !== life) return;
        if (code === undefined) {
          if (!name.startsWith('sign')) this.promises.succeeded(instance);
          over(value as T, { started, isBusy });
        } else {
          const isSlow = this.time.now - started >= this.policy.syncLag / 2;
          const isShaky = isBusy || isSlow || instance.isShakySince(started);
          const isFine = code === 'ERR_RING_UNAVAILABLE' ? isShaky : conflict && code === 'ERR_RING_CONFLICT';
          this.promises.check(isFine, `${instance.name} ${name}: ${code}`);
        }
      },
    );
  }

  async start(instance: Instance, settings: Partial<Settings> = {}): Promise<void> {
    const { time } = this;
    const started = time.now;
    const life = instance.life + 1;
    await this.begin(
      `${instance.name} start`,
      () => instance.start({ ...this.settings, ...settings }).then(() => ''),
      ({ code }) => {
        if (instance.life !== life) return;
        const isShaky = instance.isShakySince(started);
        this.promises.check(
          code === undefined || (code === 'ERR_RING_UNAVAILABLE' && isShaky),
          `${instance.name} start: ${code}`,
        );
      },
    );
  }

  async sign(instance: Instance, part: number, alg: PoolAlgorithm | undefined): Promise<void> {
    const expiresIn = Math.max(1, Math.floor(part * this.policy.maxTokenLifetime));
    const options = { audience: 'api', expiresIn, alg };
    await this.ask(
      instance,
      { name: `sign ${alg ?? ''}`, conflict: alg !== undefined },
      (issuer) => issuer.sign({}, options),
      (token, asked) => this.promises.signed(instance, token, asked),
    );
  }

  /** Someone has got hold of a key of the ring. */
  forge({ kid }: RingKey): void {
    const key = poolKeyOf(kid);
    if (!key) return;
    const exp = this.time.now + 1e6;
    const text = signJwt({ iss: ISSUER, aud: 'api', exp }, key, { expiresIn: null, now: START });
    this.promises.forgedWith(kid, text, exp);
  }

  async verify(judge: Judge | Instance, token: Token): Promise<void> {
    const isBusy = judge instanceof Instance && judge.link.underway > 0;
    const lifeOf = () => (judge instanceof Instance ? judge.life : 0);
    const life = lifeOf();
    await this.begin(
      `${judge.name} verify ${token.kid}`,
      () => judge.verify(token.text),
      ({ value = '', started }) => {
        if (lifeOf() !== life) return;
        if (value === 'ERR_JWKS_UNAVAILABLE')
          this.promises.check(isBusy || this.#isCutOff(judge, started), `${judge.name} says ${value}`);
        else this.promises.verified(judge, token, value, { started, isBusy });
      },
    );
  }

  /** Whether the way to the keys was shaky lately: a verifier of ours asks again after a minute at most. */
  #isCutOff(judge: Judge | Instance, started: number): boolean {
    if (judge instanceof Instance)
      return !judge.issuer || judge.isShakySince(started) || this.time.now - started >= this.policy.syncLag / 2;
    return judge.route.failedAt >= started - 60 - this.policy.clockSkew;
  }

  async answer(instance: Instance): Promise<void> {
    if (instance.issuer)
      await this.begin(
        `${instance.name} answer`,
        () => instance.answer().then(({ kids }) => kids),
        () => undefined,
      );
  }

  async refresh(instance: Instance): Promise<void> {
    await this.ask(
      instance,
      { name: 'refresh', conflict: false },
      (issuer) => issuer.refresh(),
      () => undefined,
    );
  }

  /** Several at once, which all mean the same key: one change comes of it. */
  async rotate(instances: readonly Instance[], alg: PoolAlgorithm | undefined): Promise<void> {
    for (const instance of instances)
      await this.ask(
        instance,
        { name: `rotate ${alg ?? ''}`, conflict: true },
        (issuer) => issuer.rotate(alg === undefined ? {} : { alg }),
        () => undefined,
      );
  }

  async promote(instance: Instance, { kid }: RingKey, force: boolean): Promise<void> {
    if (force && instance.issuer) this.promises.forced(kid);
    await this.ask(
      instance,
      { name: `promote ${kid} ${force}`, conflict: true },
      (issuer) => issuer.promote(kid, { force }),
      () => undefined,
    );
  }

  async revoke(instance: Instance, { kid }: RingKey): Promise<void> {
    await this.ask(
      instance,
      { name: `revoke ${kid}`, conflict: false },
      (issuer) => issuer.revoke(kid, 'lost'),
      ({ acceptedUntil }) => this.promises.revoked(kid, acceptedUntil),
    );
  }

  async import(instance: Instance, key: Parameters<Issuer['import']>[0], kid: string): Promise<void> {
    await this.ask(
      instance,
      { name: `import ${kid}`, conflict: true },
      (issuer) => issuer.import(key),
      () => undefined,
    );
  }

  async importAgain(instance: Instance, { kid }: RingKey): Promise<void> {
    const key = poolKeyOf(kid);
    const isGone = this.promises.isGone(kid);
    if (key)
      await this.ask(
        instance,
        { name: `import ${kid}`, conflict: true },
        (issuer) => issuer.import(key),
        () => this.promises.check(!isGone, `${kid} was taken in again`),
      );
  }

  async migrate(instance: Instance, to: PoolAlgorithm, from: PoolAlgorithm | undefined): Promise<void> {
    await this.ask(
      instance,
      { name: `migrate ${from ?? ''} to ${to}`, conflict: true },
      (issuer) => issuer.migrate(to, from === undefined ? {} : { from }),
      () => undefined,
    );
  }

  /**
   * It dies. But not while something that it wrote is seen later than it says, which it would have repaired itself: that the
   * store is slower than the policy says, and the one who knows of it dies, is not promised to be survived.
   */
  async stop(instance: Instance): Promise<void> {
    if (!this.#isAlone(instance)) instance.stop();
  }

  #isAlone({ link }: Instance): boolean {
    const last = this.store.epochs.findLast(({ by }) => by === link);
    return link.saving > 0 || (last !== undefined && last.since - last.made > this.policy.syncLag / 2);
  }

  async restart(instance: Instance, other: boolean, policy: string): Promise<void> {
    if (this.#isAlone(instance)) return;
    const { seal } = this.settings;
    const { publishLead, retention, rotation } = this.policy;
    const longer = {
      ...this.policy,
      publishLead: publishLead * 1.5,
      retention: retention * 1.5,
      rotation: rotation * 2,
    };
    await this.start(instance, {
      seal: seal === undefined || !other ? seal : seal === 0 ? 1 : 0,
      policy: policy === 'longer' ? longer : policy === 'stored' ? undefined : this.settings.policy,
    });
  }

  heal({ link }: Instance): void {
    link.before = 0;
    link.after = 0;
    link.isDown = false;
    link.faults.length = 0;
  }

  /** In the end everything works again, and what is under way comes to its end. */
  async end(): Promise<void> {
    for (const instance of this.instances) this.heal(instance);
    for (const route of this.routes) route.isCut = false;
    while (this.time.next !== undefined) await this.pass(this.time.next - this.time.now);
    for (const instance of this.instances) if (!instance.issuer) await this.start(instance);
    for (const instance of this.instances) {
      await this.refresh(instance);
      await this.answer(instance);
      await this.sign(instance, 1, undefined);
    }
    await this.sweep();
  }

  async sweep(): Promise<void> {
    const last = new Map(this.promises.tokens.map((token) => [`${token.kid} ${token.isForged}`, token]));
    for (const token of last.values()) for (const judge of this.everyone) await this.verify(judge, token);
  }

  get everyone(): readonly (Judge | Instance)[] {
    return [...this.judges, ...this.instances.filter(({ issuer }) => issuer)];
  }

  get isBusy(): boolean {
    return this.#underway > 0;
  }
}

/** An epoch in a line: each key with when it is published, signs, signs no more and is removed. */
function told({ version, made, ring }: Epoch): string {
  const since = (instant: number | undefined) => (instant === undefined ? '' : instant - START);
  const keys = ring.keys.map(({ kid, publishAt, activateAt, retireAt, removeAt, revokedAt, publicJwk }) =>
    [kid, ...[publishAt, activateAt, retireAt, removeAt, revokedAt].map(since), publicJwk ? '' : 'gone']
      .join(' ')
      .trimEnd(),
  );
  const terms = ring.algorithms.map(({ alg, since: from, until }) => `${alg} ${since(from)}-${since(until)}`);
  return [version, `made ${since(made)}`, ...terms, ...keys].join(', ');
}
