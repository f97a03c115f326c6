// What may be done to a ring: each change is a pure function, records in, records out. A change that was made already is no
// change, so that whoever lost a race, or does not know whether it won, may simply do it again.
import { JoseError } from '../errors.ts';
import { quote } from '../json.ts';
import { thumbprint } from '../jwk/thumbprint.ts';
import type { NumericDate } from '../time.ts';
import type { RingAlgorithm } from './ring.ts';
import {
  isLive,
  isPast,
  type KeyState,
  keysOfAlgorithm,
  maintenancePlan,
  pendingKey,
  type Ring,
  type RingKey,
  type RingTerm,
  signingKey,
  stateOf,
  tombstone,
  withoutPrivatePart,
  withoutUnneededParts,
  withPolicyDelay,
} from './ring.ts';
import { type ChangeContext, immediateActivation, rescheduled, retentionOf, signingStart } from './schedule.ts';

export type { ChangeContext };

/** What a key has that was just made or brought: everything but its instants. */
export type NewKey = Pick<RingKey, 'kid' | 'alg' | 'privateJwk' | 'sealed' | 'external'> & {
  readonly publicJwk: NonNullable<RingKey['publicJwk']>;
};

/** So many removed keys are remembered, the newest. */
const MAX_TOMBSTONES = 1000;
/** So many keys are published at most: verifiers read no larger set. */
const MAX_PUBLISHED_KEYS = 100;

/** A ring without keys, whose algorithms are in service from now on. */
export function newRing(ring: string, algorithms: readonly RingAlgorithm[], { policy, now }: ChangeContext): Ring {
  return { ring, policy, algorithms: algorithms.map((alg) => openTerm(alg, now)), keys: [] };
}

/** An algorithm that nothing takes the place of. */
function openTerm(alg: RingAlgorithm, since: NumericDate): RingTerm {
  return { alg, since, until: undefined, successor: undefined };
}

/** The record of a new key, whose end is open. */
function openKey(key: NewKey, publishAt: NumericDate, activateAt: NumericDate): RingKey {
  const open = { retireAt: undefined, removeAt: undefined, revokedAt: undefined };
  return { ...key, publishAt, activateAt, ...open, reason: undefined, thumbprint: undefined };
}

/**
 * The ring with one more key. The first of its algorithm signs as soon as that is in service. Any other one is published
 * now and waits for its turn, for as long as the lead at least.
 */
export function withKey(ring: Ring, key: NewKey, context: ChangeContext): Ring {
  const { policy, now } = context;
  const last = lastScheduledKey(ring, key.alg, now);
  if (!last) return withInitialKey(ring, key, context);
  const turn = Math.max(now + policy.publishLead, last.activateAt + policy.rotation);
  return withAddedKey(ring, openKey(key, now, turn), context);
}

function lastScheduledKey(ring: Ring, alg: RingAlgorithm, now: NumericDate): RingKey | undefined {
  return keysOfAlgorithm(ring, alg).findLast((key) => ['pending', 'active'].includes(stateOf(key, now)));
}

/** An algorithm that is still to come waits for its first key's lead, and the one whose place it takes signs until then. */
function withInitialKey(ring: Ring, key: NewKey, context: ChangeContext): Ring {
  const { policy, now } = context;
  const since = ring.algorithms.find(({ alg }) => alg === key.alg)?.since ?? now;
  if (since <= now) return withAddedKey(ring, openKey(key, now, immediateActivation(ring, key.alg, context)), context);
  const turn = Math.max(since, now + policy.publishLead);
  return withAddedKey(ring, openKey(key, now, turn), context);
}

/** The ring with a key that someone brought: published now, and signing as soon as the lead allows. */
export function withImportedKey(ring: Ring, key: NewKey, context: ChangeContext): Ring {
  const { policy, now } = context;
  const known = ring.keys.find(({ kid }) => kid === key.kid);
  if (known) {
    if (!isLive(known, now))
      throw ringConflictError(`the key ${quote(key.kid)} was in the ring before: a kid never returns`);
    if (known.alg !== key.alg) throw ringConflictError(`the key ${quote(key.kid)} is in the ring for ${known.alg}`);
    return ring;
  }
  if (ring.algorithms.some(({ alg, until }) => alg === key.alg && until !== undefined))
    throw ringConflictError(`${key.alg} was taken out of service: migrate to it first`);
  const inService = withAlgorithm(ring, key.alg, context);
  if (!lastScheduledKey(ring, key.alg, now)) return withInitialKey(inService, key, context);
  return withAddedKey(inService, openKey(key, now, now + policy.publishLead), context);
}

/**
 * The ring with a key that its verifiers have already. The first of its algorithm signs from now on; others have signed, and
 * are kept until their tokens are gone.
 */
export function withFirstKey(ring: Ring, key: NewKey, context: ChangeContext): Ring {
  const { policy, now } = context;
  const opened = openKey(key, now, immediateActivation(ring, key.alg, context));
  if (!signingKey(ring, key.alg, now)) return withAddedKey(ring, opened, context);
  return withAddedKey(
    ring,
    withoutPrivatePart({ ...opened, retireAt: now, removeAt: now + policy.retention }),
    context,
  );
}

function withAddedKey(ring: Ring, key: RingKey, context: ChangeContext): Ring {
  if (ring.keys.some(({ kid }) => kid === key.kid))
    throw ringConflictError(`the key ${quote(key.kid)} is in the ring already`);
  if (ring.keys.filter(({ publicJwk }) => publicJwk).length >= MAX_PUBLISHED_KEYS)
    throw ringConflictError(`the set would have more than ${MAX_PUBLISHED_KEYS} keys`);
  return rescheduled({ ...ring, keys: [...ring.keys, key] }, context);
}

/**
 * The next key's turn comes as early as it may: now, if the world has had time to see it. With `from`, only while that key
 * still signs; that is how of eight who rotate at once one does.
 */
export function withRotation(
  ring: Ring,
  { alg, from }: { alg: RingAlgorithm; from: string },
  context: ChangeContext,
): Ring {
  const { policy, now } = context;
  const next = pendingKey(ring, alg, now);
  if (!next || signingKey(ring, alg, now)?.kid !== from) return ring;
  const turn = Math.max(now, next.publishAt + policy.publishLead);
  return turn < next.activateAt ? withActivation(ring, { kid: next.kid, at: turn }, context) : ring;
}

/** A pending key signs from now on. Before the lead is over only by force: verifiers may not have it yet. */
export function withPromotion(
  ring: Ring,
  { kid, force }: { kid: string; force: boolean },
  context: ChangeContext,
): Ring {
  const { policy, now } = context;
  const key = keyWithKid(ring, kid);
  const state = stateOf(key, now);
  if (signingKey(ring, key.alg, now)?.kid === kid) return ring;
  if (state !== 'pending')
    throw ringConflictError(`the key ${quote(kid)} is ${describeState(state)}: only a pending key can be promoted`);
  const wait = Math.ceil(key.publishAt + policy.publishLead - now);
  if (wait > 0 && !force)
    throw ringConflictError(
      `the key ${quote(kid)} has to be published for ${wait} s more, or verifiers may not have it`,
    );
  return withActivation(ring, { kid, at: immediateActivation(ring, key.alg, context) }, context);
}

function describeState(state: KeyState): string {
  return state === 'active' ? 'active, but not the newest' : state;
}

/** A key that is taken back, and what is remembered of that. */
interface RevocationRequest {
  readonly kid: string;
  readonly reason: string;
  readonly thumbprint?: string | undefined;
}

/**
 * A key is taken back: out of the set at once, its private part gone, and if it signed, the key that waited longest signs
 * in the same write.
 */
export function withRevocation(ring: Ring, { kid, ...details }: RevocationRequest, context: ChangeContext): Ring {
  const { policy, now } = context;
  const key = keyWithKid(ring, kid);
  if (key.revokedAt !== undefined) return ring;
  const early = now - policy.clockSkew;
  const rest = withChangedKey(ring, kid, (found) => ({ ...tombstone(found), revokedAt: now, ...details }));
  const signed = (at: NumericDate) => signingKey(ring, key.alg, at)?.kid === kid;
  // By the clock that is behind most, or as soon as it did.
  const first = Math.max(early, key.activateAt);
  if (!signed(now) && !(first <= now && signed(first))) return rescheduled(rest, context);
  const next = signed(now) && !signingKey(rest, key.alg, now) ? longestPendingKey(rest, key.alg, now) : undefined;
  // By a clock that is behind it signed until just now, and what took its place then, of whatever algorithm, does not yet.
  const isDue = (it: RingKey) => it.activateAt > early && (it.activateAt <= now || it === next);
  return rescheduled(
    { ...rest, keys: rest.keys.map((it) => (isDue(it) ? { ...it, activateAt: early } : it)) },
    context,
  );
}

function longestPendingKey(ring: Ring, alg: RingAlgorithm, now: NumericDate): RingKey | undefined {
  const waiting = keysOfAlgorithm(ring, alg).filter((key) => stateOf(key, now) === 'pending');
  return waiting.toSorted((a, b) => a.publishAt - b.publishAt)[0];
}

/**
 * An algorithm takes the place of another: its first key is published with the next write and signs after the lead; until
 * then the old one does, and after it no more. One that is in service already only has to be able to sign.
 */
export function withMigration(
  ring: Ring,
  { to, from }: { to: RingAlgorithm; from: RingAlgorithm },
  context: ChangeContext,
): Ring {
  const { policy, now } = context;
  const replaced = ring.algorithms.find(({ alg }) => alg === from);
  const serving = ring.algorithms.find(({ alg, until }) => alg === to && until === undefined);
  if (replaced?.until !== undefined && serving) return ring;
  if (!replaced || isPast(replaced.until, now)) throw ringConflictError(`${from} is not in service`);
  if (to === from) return ring;
  const since = signingStart(ring, serving ?? openTerm(to, now + policy.publishLead), now);
  const algorithms = ring.algorithms
    .filter((term) => term.alg !== to || term === serving)
    .flatMap((term) =>
      term === replaced ? [serving ?? openTerm(to, since), { ...term, until: since, successor: to }] : [term],
    )
    .filter((term, i, all) => all.indexOf(term) === i);
  return rescheduled({ ...ring, algorithms }, context);
}

/** An algorithm is in service beside the others, from when its first key has been published for long enough. */
export function withAlgorithm(ring: Ring, alg: RingAlgorithm, { policy, now }: ChangeContext): Ring {
  if (ring.algorithms.some((term) => term.alg === alg)) return ring;
  return { ...ring, algorithms: [...ring.algorithms, openTerm(alg, now + policy.publishLead)] };
}

/** A write: the ring that it was made of, and what it made of that. */
export interface RingWrite {
  readonly before: Ring;
  readonly after: Ring;
}

/**
 * A write that took long was seen later than it says: the keys that it published begin their wait anew, those that it
 * retired have signed until now, and those that it revoked were published until now. What others wrote since stays.
 */
export function redated(ring: Ring, { before, after }: RingWrite, context: ChangeContext): Ring {
  const { policy, now } = context;
  const [was, written] = [keysByKid(before), keysByKid(after)];
  const isOfIt = (key: RingKey, which: 'publishAt' | 'retireAt' | 'revokedAt') =>
    key[which] !== was.get(key.kid)?.[which] && key[which] === written.get(key.kid)?.[which];
  // What only moved such an instant was seen before.
  const isFirst = (key: RingKey, which: 'publishAt' | 'revokedAt') =>
    isOfIt(key, which) && was.get(key.kid)?.[which] === undefined;
  const late = ring.keys.filter((key) => isFirst(key, 'publishAt') && stateOf(key, now) === 'pending');
  const turns = new Map(late.map(({ kid, activateAt }) => [kid, Math.max(activateAt, now + policy.publishLead)]));
  const seen = (key: RingKey): RingKey => {
    const turn = turns.get(key.kid);
    if (turn !== undefined) return { ...key, publishAt: now, activateAt: turn };
    if (isFirst(key, 'revokedAt')) return { ...key, revokedAt: now };
    const isShort = isOfIt(key, 'retireAt') && isPast(key.retireAt, now) && isLive(key, now);
    return isShort ? { ...key, removeAt: now + retentionOf(key, policy) } : key;
  };
  const keys = ring.keys.map(seen);
  if (keys.every((key, i) => key === ring.keys[i])) return ring;
  return rescheduled({ ...ring, keys }, context);
}

function keysByKid({ keys }: Ring): ReadonlyMap<string, RingKey> {
  return new Map(keys.map((key) => [key.kid, key]));
}

/** The ring with everything done that needs no new key: what is to be erased is, and what is too early for the policy is put off. */
export function maintained(ring: Ring, { policy, now }: ChangeContext): Ring {
  const { erase, delay } = maintenancePlan(ring, policy, now);
  if (erase.length + delay.length === 0) return ring;
  const keys = ring.keys.map((key) =>
    withoutUnneededParts(withPolicyDelay(key, { from: ring.policy, to: policy }, now), policy, now),
  );
  const next = { ...ring, keys };
  return withoutOldTombstones(delay.length > 0 ? rescheduled(next, { policy, now }) : next);
}

function withoutOldTombstones(ring: Ring): Ring {
  const gone = ring.keys.filter(({ publicJwk }) => !publicJwk).toSorted((a, b) => a.publishAt - b.publishAt);
  const forgotten = new Set(gone.slice(0, -MAX_TOMBSTONES));
  return { ...ring, keys: ring.keys.filter((key) => !forgotten.has(key)) };
}

function withActivation(ring: Ring, { kid, at }: { kid: string; at: NumericDate }, context: ChangeContext): Ring {
  return rescheduled(
    withChangedKey(ring, kid, (key) => ({ ...key, activateAt: at })),
    context,
  );
}

function withChangedKey(ring: Ring, kid: string, change: (key: RingKey) => RingKey): Ring {
  return { ...ring, keys: ring.keys.map((key) => (key.kid === kid ? change(key) : key)) };
}

function keyWithKid({ keys }: Ring, kid: string): RingKey {
  const key = keys.find((each) => each.kid === kid);
  if (!key) throw ringConflictError(`the ring has no key ${quote(kid)}`);
  return key;
}

function ringConflictError(message: string): JoseError {
  return new JoseError('ERR_RING_CONFLICT', message);
}

/** What is remembered of a key that is revoked. */
export function thumbprintOf({ keys }: Ring, kid: string): { readonly thumbprint: string | undefined } {
  const jwk = keys.find((key) => key.kid === kid)?.publicJwk;
  return { thumbprint: jwk && thumbprint(jwk) };
}

/** The ring, unless it has another key under the kid of this one, or had this one under another. */
export function checkKeyIsNew(ring: Ring, { kid, publicJwk }: NewKey): Ring {
  const added = thumbprint(publicJwk);
  const known = ring.keys.map((key) => ({
    kid: key.kid,
    is: key.thumbprint ?? thumbprintOf(ring, key.kid).thumbprint,
  }));
  if (known.some((each) => each.kid === kid && each.is !== undefined && each.is !== added))
    throw new JoseError('ERR_RING_CONFLICT', `the kid ${quote(kid)} is that of another key of the ring`);
  const other = known.find((each) => each.kid !== kid && each.is === added);
  if (other) throw new JoseError('ERR_RING_CONFLICT', `the key is or was in the ring as ${quote(other.kid)}`);
  return ring;
}
