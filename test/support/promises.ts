// What the issuer's side promises, held against everything that happens in a simulation. By the true clock, and for the worst
// verifier and the worst clock that the policy's numbers admit, whether or not the simulation has them.
import { readUnverifiedJwt } from '../../src/index.ts';
import type { RingPolicy } from '../../src/ring/policy.ts';
import type { Ring, RingKey } from '../../src/ring/ring.ts';
import { type EndpointAnswer, Instance, type Judge, type Verdict } from './fleet.ts';
import type { Epoch, Link } from './simulated-store.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** All instants of a simulation are whole multiples of it, so that nothing is rounded. */
export const EPSILON = 1 / 8;

export interface Token {
  readonly text: string;
  readonly kid: string;
  readonly exp: number;
  /** Signed by someone who has got hold of the key. */
  readonly isForged: boolean;
}

/** What is known of a key beside its record. */
interface Facts {
  /** Since when the store has had it. */
  readonly since: number;
  /** That it may sign at once: the first of its ring, or because of `force`, or in the place of a revoked key. */
  excuse: 'first' | 'forced' | 'emergency' | 'late' | undefined;
  /** Who saved it later than `syncLag` allows, until a change or refresh of theirs has succeeded, which corrects that. */
  uncorrected: Link | undefined;
  /** Since when the store has had it as revoked. */
  revoked: number | undefined;
  /** The instant of a revocation that was written late, which its writer is about to repair. */
  doubt: number | undefined;
  /** When it leaves the set, and since when the store has said so. */
  removal: { readonly at: number; readonly since: number } | undefined;
}

/** When something was asked of an instance, and whether its store had yet to answer then. */
export interface Asked {
  readonly started: number;
  readonly isBusy: boolean;
}

interface Given {
  readonly time: SimulatedTime;
  readonly policy: RingPolicy;
  /** What the store has said, one after the other. */
  readonly epochs: readonly Epoch[];
  readonly drifts: boolean;
}

export class Promises {
  readonly #time: SimulatedTime;
  readonly #policy: RingPolicy;
  readonly #epochs: readonly Epoch[];
  /** By how much the keys of a verifier may be older than its clock says, which was set back. */
  readonly #hidden: number;
  /** How old what an instance goes by may be. */
  readonly #lag: number;
  /** The same while its store answers, however long it has been idle. */
  readonly #lagWhileWell: number;
  readonly #keys: Map<string, Facts> = new Map();
  readonly #forced: Set<string> = new Set();
  #alive: readonly Token[] = [];
  readonly tokens: Token[] = [];
  readonly broken: string[] = [];

  constructor({ time, policy, epochs, drifts }: Given) {
    this.#time = time;
    this.#policy = policy;
    this.#epochs = epochs;
    this.#hidden = drifts ? policy.clockSkew : 0;
    this.#lag = policy.syncLag / 2;
    this.#lagWhileWell = Math.min(30, policy.syncLag / 4);
  }

  /** How far a clock may be from the true one, if any two differ by `clockSkew` at most. */
  get #skew(): number {
    return this.#policy.clockSkew / 2;
  }

  /** How long a verifier may go by what the store said before it says something else. */
  get #memory(): number {
    const { syncLag, jwksMaxAge, verifierTtl } = this.#policy;
    return syncLag / 2 + jwksMaxAge + verifierTtl;
  }

  /** The same for one verifier: those in a process of an issuer go by its ring. */
  #memoryOf(judge: Judge | Instance): number {
    if (judge instanceof Instance) return this.#lag;
    return this.#memory + (judge.goesByOwnClock ? this.#hidden : 0);
  }

  check(holds: boolean, promise: string): void {
    if (!holds) this.broken.push(`at ${this.#time.now}: ${promise}`);
  }

  // ---- the store

  saved({ version, ring, history, made, by, isInDoubt }: Epoch, last: Epoch | undefined): void {
    this.check(version === (last?.version ?? 0) + 1, `version ${version} follows ${last?.version}`);
    this.check(history?.[0] === last?.hash, `version ${version} does not name version ${last?.version}`);
    const after = new Map(ring.keys.map((key) => [key.kid, key]));
    const isLate = this.#time.now - made > this.#policy.syncLag / 2;
    for (const was of last?.ring.keys ?? []) this.#followed(was, after.get(was.kid), isInDoubt || isLate);
    for (const key of ring.keys) this.#learn(key, { isFirst: version === 1, lateBy: isLate ? by : undefined });
    if (last) this.#excuse(last.ring, ring);
  }

  /**
   * A kid never returns, and never is another key. But whoever was late to say that a key retired may have it kept for
   * longer, when it is gone already: its tokens are valid.
   */
  #followed(was: RingKey, is: RingKey | undefined, isMadeGood: boolean): void {
    const { kid } = was;
    this.check(is !== undefined, `${kid} was forgotten`);
    if (!is) return;
    this.check(was.publicJwk !== undefined || is.publicJwk === undefined, `${kid} was taken out, and returned`);
    const isGone = (key: RingKey) => this.#isRemoved(key, this.#time.now - this.#skew);
    this.check(isMadeGood || !isGone(was) || isGone(is), `${kid} was removed for every clock, and returned`);
    this.check(was.revokedAt === undefined || is.revokedAt !== undefined, `${kid} was revoked, and is not any more`);
    const isSame = !is.publicJwk || JSON.stringify(is.publicJwk) === JSON.stringify(was.publicJwk);
    this.check(isSame, `${kid} is another key now`);
  }

  #isRemoved({ revokedAt, removeAt }: RingKey, now: number): boolean {
    return revokedAt !== undefined || (removeAt !== undefined && removeAt <= now);
  }

  #learn(
    { kid, revokedAt, removeAt }: RingKey,
    { isFirst, lateBy }: { isFirst: boolean; lateBy: Link | undefined },
  ): void {
    const { now } = this.#time;
    const excuse = isFirst ? 'first' : this.#forced.has(kid) ? 'forced' : undefined;
    const facts = this.#keys.get(kid) ?? {
      since: now,
      excuse,
      uncorrected: lateBy,
      revoked: undefined,
      doubt: undefined,
      removal: undefined,
    };
    this.#keys.set(kid, facts);
    if (revokedAt !== facts.doubt) facts.doubt = lateBy && facts.revoked === undefined ? revokedAt : undefined;
    if (revokedAt !== undefined) facts.revoked ??= now;
    if (removeAt !== facts.removal?.at)
      facts.removal = removeAt === undefined ? undefined : { at: removeAt, since: now };
  }

  /** Whatever begins to sign in the same write in which the key that signed is revoked may not be ripe. */
  #excuse(last: Ring, ring: Ring): void {
    const before = new Map(last.keys.map((key) => [key.kid, key]));
    for (const { kid, alg, revokedAt } of ring.keys) {
      if (revokedAt === undefined || before.get(kid)?.revokedAt !== undefined) continue;
      if (!this.#signing(last, alg, revokedAt).has(kid)) continue;
      for (const key of ring.keys)
        if (key.alg === alg && key.activateAt <= revokedAt && before.get(key.kid)?.activateAt !== key.activateAt)
          this.#pardon(key.kid, 'emergency');
    }
  }

  #pardon(kid: string, excuse: 'forced' | 'emergency' | 'late'): void {
    const facts = this.#keys.get(kid);
    if (facts) facts.excuse ??= excuse;
  }

  /** The keys of which one signs: the newest of those whose turn it is. */
  #signing({ keys }: Ring, alg: string, now: number): Set<string> {
    const active = keys.filter(
      (key) =>
        key.alg === alg && !this.#isRemoved(key, now) && key.activateAt <= now && now < (key.retireAt ?? Infinity),
    );
    const newest = Math.max(...active.map(({ activateAt }) => activateAt));
    return new Set(active.filter(({ activateAt }) => activateAt === newest).map(({ kid }) => kid));
  }

  // ---- the instances

  /** Told before a pending key is promoted by force: verifiers may not have it yet. */
  forced(kid: string): void {
    this.#forced.add(kid);
    this.#pardon(kid, 'forced');
  }

  /** Told when a change or a refresh of an instance has succeeded: what it had saved late is corrected by then. */
  succeeded({ link }: Instance): void {
    for (const facts of this.#keys.values()) if (facts.uncorrected === link) facts.uncorrected = undefined;
  }

  /** A process whose store answers knows of a revocation after 30 s, even if it did nothing in between. */
  #knowsOf(kid: string, instance: Instance, { started, isBusy }: Asked): boolean {
    const { revoked = Infinity } = this.#keys.get(kid) ?? {};
    return !isBusy && started >= revoked + this.#lagWhileWell && instance.isWellSince(revoked);
  }

  signed(instance: Instance, text: string, asked: Asked): void {
    const { header, claims } = readUnverifiedJwt(text);
    const [kid, exp] = [String(header.kid), Number(claims.exp)];
    const { now } = this.#time;
    const facts = this.#keys.get(kid);
    this.check(facts !== undefined, `${instance.name} signed with ${kid}, which is not in the store`);
    if (!facts) return;
    this.check(!this.#knowsOf(kid, instance, asked), `${instance.name} signed with ${kid}, which was revoked`);
    const ripe = facts.since + this.#memory;
    // Only its writer knows that a key was saved late.
    if (now < ripe && facts.uncorrected) this.#pardon(kid, 'late');
    this.check(
      facts.excuse !== undefined || now >= ripe,
      `${instance.name} signed with ${kid}, which a verifier may have first seen ${ripe - now} s later`,
    );
    const isSigning = ({ ring }: Epoch) => this.#signing(ring, String(header.alg), instance.now).has(kid);
    this.check(this.#recent(this.#lag).some(isSigning), `${instance.name} signed with ${kid} out of turn`);
    this.#add({ text, kid, exp, isForged: false });
  }

  forgedWith(kid: string, text: string, exp: number): void {
    this.#add({ text, kid, exp, isForged: true });
  }

  #add(token: Token): void {
    this.tokens.push(token);
    if (!token.isForged) this.#alive = [...this.#alive, token];
  }

  /** What the store has said within so many seconds. */
  #recent(lag: number): readonly Epoch[] {
    const from = this.#time.now - lag;
    return this.#epochs.filter((_, i) => (this.#epochs[i + 1]?.since ?? Infinity) >= from);
  }

  /** An endpoint publishes what the store said lately, and lets caches keep it until a key leaves. */
  answered(instance: Instance, { asked, isShaky, status, kids, maxAge, text }: EndpointAnswer): void {
    const isSlow = this.#time.now - asked >= this.#policy.syncLag / 2;
    const isExcused = status === 503 && (isShaky || isSlow);
    this.check(status === 200 || isExcused, `the endpoint of ${instance.name} answered ${status}`);
    if (status !== 200) return;
    this.check(!/"(?:d|p|q|k|priv)":/.test(text), `${instance.name} published a private part`);
    for (const kid of kids)
      this.check(
        !this.#knowsOf(kid, instance, { started: asked, isBusy: isShaky }),
        `${instance.name} published ${kid}, which was revoked`,
      );
    const { now } = instance;
    const published = ({ ring }: Epoch) => ring.keys.filter((key) => key.publicJwk && !this.#isRemoved(key, now));
    const told = kids.toSorted().join();
    const sources = this.#recent(this.#lag)
      .map(published)
      .filter(
        (keys) =>
          keys
            .map(({ kid }) => kid)
            .toSorted()
            .join() === told,
      );
    this.check(sources.length > 0, `${instance.name} published ${told}, which the store has not said lately`);
    this.check(
      maxAge <= this.#policy.jwksMaxAge &&
        sources.some((keys) => keys.every(({ removeAt = Infinity }) => removeAt >= now + maxAge)),
      `${instance.name} lets caches keep for ${maxAge} s what changes before`,
    );
  }

  /** What a revocation says is true even if a verifier fetched just before, by the clock that is ahead most. */
  revoked(kid: string, acceptedUntil: number): void {
    const { revoked = Infinity, doubt } = this.#keys.get(kid) ?? {};
    if (doubt !== undefined) return;
    const late = revoked + this.#memory - (acceptedUntil - this.#skew);
    this.check(late <= 0, `${kid} may be accepted for ${late} s longer than its revocation says`);
  }

  isGone(kid: string): boolean {
    const { revoked, removal } = this.#keys.get(kid) ?? {};
    return revoked !== undefined || (removal !== undefined && removal.at + this.#skew <= this.#time.now);
  }

  // ---- the verifiers

  /** While nothing else happens until then, the token of no one is refused by a verifier whose clock is behind most. */
  passing(to: number): void {
    const keys = new Map(this.#epochs.at(-1)?.ring.keys.map((key) => [key.kid, key]));
    this.#alive = this.#alive.filter(({ exp }) => this.#time.now < exp + this.#skew);
    for (const { kid, exp } of this.#alive) {
      const key = keys.get(kid);
      if (!key || key.revokedAt !== undefined) continue;
      const last = Math.min(to, exp + this.#skew - EPSILON);
      const left = (key.removeAt ?? Infinity) - (last + this.#skew);
      this.check(key.publicJwk !== undefined && left > 0, `${kid} is gone ${-left} s before the last of its tokens`);
    }
    this.#alive = this.#alive.filter(({ kid }) => keys.get(kid)?.revokedAt === undefined);
  }

  verified(judge: Judge | Instance, { kid, exp, isForged }: Token, verdict: Verdict, asked: Asked): void {
    const { now } = this.#time;
    const { started } = asked;
    const facts = this.#keys.get(kid);
    if (!facts) return;
    const who = `${judge.name} (${judge.offset} s ahead)`;
    const memory = this.#memoryOf(judge);
    if (verdict === 'ok') {
      const isKnown = judge instanceof Instance && this.#knowsOf(kid, judge, asked);
      this.check(!isKnown, `${who} accepted ${kid}, which was revoked`);
      const until = this.#acceptedUntil(facts, memory);
      this.check(started <= until, `${who} accepted ${kid} ${started - until} s too late`);
      return;
    }
    const isExcused = isForged || facts.revoked !== undefined || now + judge.offset >= exp;
    // A lead is as long as a verifier remembers whose clock hides nothing.
    const isEarly = (facts.excuse ?? 'first') !== 'first' || memory > this.#memory;
    const isUnripe = isEarly && started < facts.since + memory;
    this.check(isExcused || isUnripe, `${who} refused a token of ${kid}: ${verdict}`);
  }

  /** Until when a verifier may accept what bears a key's signature: when it was revoked or removed and nobody remembers. */
  #acceptedUntil({ revoked = Infinity, removal }: Facts, memory: number): number {
    const { syncLag, jwksMaxAge } = this.#policy;
    const { at = Infinity, since = Infinity } = removal ?? {};
    // What caches keep, they keep until the removal only, if that was known by then.
    const ttl = Math.max(0, memory - syncLag / 2 - jwksMaxAge);
    const removed = Math.max(at + this.#skew + ttl, since + memory);
    return Math.min(revoked + memory, removed);
  }
}
