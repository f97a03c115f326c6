// The changes of a ring: pure functions from records to records. A change that was already made returns the same
// ring, so a process that lost a race, or does not know whether its write succeeded, may repeat it.
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

/** A new key: all members of its record except the instants. */
export type NewKey = Pick<RingKey, 'kid' | 'alg' | 'privateJwk' | 'sealed' | 'external'> & {
  readonly publicJwk: NonNullable<RingKey['publicJwk']>;
};

/** The ring remembers the kids of the newest removed keys. */
const MAX_TOMBSTONES = 1000;
/** Verifiers read no larger set. */
const MAX_PUBLISHED_KEYS = 100;

/** Creates a ring without keys; its algorithms are in service from now on. */
export function newRing(ring: string, algorithms: readonly RingAlgorithm[], { policy, now }: ChangeContext): Ring {
  return { ring, policy, algorithms: algorithms.map((alg) => openTerm(alg, now)), keys: [] };
}

/** A term without an end. */
function openTerm(alg: RingAlgorithm, since: NumericDate): RingTerm {
  return { alg, since, until: undefined, successor: undefined };
}

/** Creates the record of a key without an end. */
function openKey(key: NewKey, publishAt: NumericDate, activateAt: NumericDate): RingKey {
  const open = { retireAt: undefined, removeAt: undefined, revokedAt: undefined };
  return { ...key, publishAt, activateAt, ...open, reason: undefined, thumbprint: undefined };
}

/**
 * Adds a key. The first key of an algorithm signs as soon as that is in service. Any other key is published now, and
 * signs after `publishLead` at the earliest.
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

/**
 * An algorithm that is not yet in service waits for its first key's lead, and the algorithm that it replaces signs
 * until then.
 */
function withInitialKey(ring: Ring, key: NewKey, context: ChangeContext): Ring {
  const { policy, now } = context;
  const since = ring.algorithms.find(({ alg }) => alg === key.alg)?.since ?? now;
  if (since <= now) return withAddedKey(ring, openKey(key, now, immediateActivation(ring, key.alg, context)), context);
  const turn = Math.max(since, now + policy.publishLead);
  return withAddedKey(ring, openKey(key, now, turn), context);
}

/** Adds an imported key: it is published now, and signs as soon as the lead allows. */
export function withImportedKey(ring: Ring, key: NewKey, context: ChangeContext): Ring {
  const { policy, now } = context;
  const known = ring.keys.find(({ kid }) => kid === key.kid);
  if (known) {
    if (!isLive(known, now))
      throw ringConflictError(`the key ${quote(key.kid)} was removed or revoked, and its kid cannot be used again`);
    if (known.alg !== key.alg)
      throw ringConflictError(`the key ${quote(key.kid)} is already in the ring, for ${known.alg}`);
    return ring;
  }
  if (ring.algorithms.some(({ alg, until }) => alg === key.alg && until !== undefined))
    throw ringConflictError(`${key.alg} is no longer in service: call migrate with it first`);
  const extended = withAlgorithm(ring, key.alg, context);
  if (!lastScheduledKey(ring, key.alg, now)) return withInitialKey(extended, key, context);
  return withAddedKey(extended, openKey(key, now, now + policy.publishLead), context);
}

/**
 * Adds a key that verifiers already have. The first of its algorithm signs from now on; the others stay published
 * until their tokens have expired.
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
    throw ringConflictError(`the published set can have at most ${MAX_PUBLISHED_KEYS} keys`);
  return rescheduled({ ...ring, keys: [...ring.keys, key] }, context);
}

/**
 * Makes the pending key sign as early as possible: now, if it has been published for `publishLead`. Only while
 * `from` signs: of several processes that rotate at once, one succeeds.
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

/** Makes a pending key sign now. `force` skips the rest of the lead: verifiers may not have the key yet. */
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
      `the key ${quote(kid)} must be published for ${wait} s more, since verifiers may not have it yet`,
    );
  return withActivation(ring, { kid, at: immediateActivation(ring, key.alg, context) }, context);
}

function describeState(state: KeyState): string {
  return state === 'active' ? 'active, but not the newest' : state;
}

/** The revocation of a key, as its record keeps it. */
interface RevocationRequest {
  readonly kid: string;
  readonly reason: string;
  readonly thumbprint?: string | undefined;
}

/**
 * Revokes a key: it leaves the set immediately and loses its private part. If it signed, the key that has been pending
 * for longest signs in the same write.
 */
export function withRevocation(ring: Ring, { kid, ...details }: RevocationRequest, context: ChangeContext): Ring {
  const { policy, now } = context;
  const key = keyWithKid(ring, kid);
  if (key.revokedAt !== undefined) return ring;
  const early = now - policy.clockSkew;
  const rest = withChangedKey(ring, kid, (found) => ({ ...tombstone(found), revokedAt: now, ...details }));
  const signed = (at: NumericDate) => signingKey(ring, key.alg, at)?.kid === kid;
  // The instant by the clock that is most behind, or the key's first signature if that is later.
  const first = Math.max(early, key.activateAt);
  if (!signed(now) && !(first <= now && signed(first))) return rescheduled(rest, context);
  const next = signed(now) && !signingKey(rest, key.alg, now) ? longestPendingKey(rest, key.alg, now) : undefined;
  // A clock that is behind had this key sign until now, and its replacement, of any algorithm, not yet.
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
 * Replaces an algorithm: the next write publishes the first key of the new one, which signs after the lead; the old
 * algorithm signs until then. A new algorithm that is already in service only needs a signing key.
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

/** Adds an algorithm to those in service, from when its first key has been published for long enough. */
export function withAlgorithm(ring: Ring, alg: RingAlgorithm, { policy, now }: ChangeContext): Ring {
  if (ring.algorithms.some((term) => term.alg === alg)) return ring;
  return { ...ring, algorithms: [...ring.algorithms, openTerm(alg, now + policy.publishLead)] };
}

/** A write: the ring before it and after it. */
export interface RingWrite {
  readonly before: Ring;
  readonly after: Ring;
}

/**
 * Moves the instants of a write that was saved late to now: the wait of the keys that it published starts again, the
 * keys that it retired have signed until now, and the keys that it revoked were published until now. Later changes of
 * other processes stay.
 */
export function redated(ring: Ring, { before, after }: RingWrite, context: ChangeContext): Ring {
  const { policy, now } = context;
  const [keysBefore, keysAfter] = [keysByKid(before), keysByKid(after)];
  const isFromWrite = (key: RingKey, which: 'publishAt' | 'retireAt' | 'revokedAt') =>
    key[which] !== keysBefore.get(key.kid)?.[which] && key[which] === keysAfter.get(key.kid)?.[which];
  // An earlier write set the instant, and others have seen that one.
  const isFirstFromWrite = (key: RingKey, which: 'publishAt' | 'revokedAt') =>
    isFromWrite(key, which) && keysBefore.get(key.kid)?.[which] === undefined;
  const late = ring.keys.filter((key) => isFirstFromWrite(key, 'publishAt') && stateOf(key, now) === 'pending');
  const turns = new Map(late.map(({ kid, activateAt }) => [kid, Math.max(activateAt, now + policy.publishLead)]));
  const redatedKey = (key: RingKey): RingKey => {
    const turn = turns.get(key.kid);
    if (turn !== undefined) return { ...key, publishAt: now, activateAt: turn };
    if (isFirstFromWrite(key, 'revokedAt')) return { ...key, revokedAt: now };
    const isRetentionShort = isFromWrite(key, 'retireAt') && isPast(key.retireAt, now) && isLive(key, now);
    return isRetentionShort ? { ...key, removeAt: now + retentionOf(key, policy) } : key;
  };
  const keys = ring.keys.map(redatedKey);
  if (keys.every((key, i) => key === ring.keys[i])) return ring;
  return rescheduled({ ...ring, keys }, context);
}

function keysByKid({ keys }: Ring): ReadonlyMap<string, RingKey> {
  return new Map(keys.map((key) => [key.kid, key]));
}

/** Does the work that needs no new key: erases unneeded parts, and delays instants too early for the policy. */
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
  if (!key) throw ringConflictError(`the ring has no key ${quote(kid)}; ring.status() lists its keys`);
  return key;
}

function ringConflictError(message: string): JoseError {
  return new JoseError('ERR_RING_CONFLICT', message);
}

/** Returns the member that lets a record recognize its revoked key again. */
export function thumbprintOf({ keys }: Ring, kid: string): { readonly thumbprint: string | undefined } {
  const jwk = keys.find((key) => key.kid === kid)?.publicJwk;
  return { thumbprint: jwk && thumbprint(jwk) };
}

/**
 * Returns the ring.
 * @throws JoseError if the kid belongs to another key of the ring, or the key has or had another kid in it
 */
export function checkKidMatchesKey(ring: Ring, { kid, publicJwk }: NewKey): Ring {
  const added = thumbprint(publicJwk);
  const known = ring.keys.map((key) => ({
    kid: key.kid,
    is: key.thumbprint ?? thumbprintOf(ring, key.kid).thumbprint,
  }));
  if (known.some((each) => each.kid === kid && each.is !== undefined && each.is !== added))
    throw new JoseError(
      'ERR_RING_CONFLICT',
      `the kid ${quote(kid)} belongs to another key of the ring: give this one another kid`,
    );
  const other = known.find((each) => each.kid !== kid && each.is === added);
  if (other)
    throw new JoseError('ERR_RING_CONFLICT', `the key is or was in the ring under the kid ${quote(other.kid)}`);
  return ring;
}
