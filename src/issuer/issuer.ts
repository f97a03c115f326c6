// An issuer: signs with the ring's active key, publishes the ring's set, and sees to the ring, together with any number of
// others over the same store. Everything happens because of a call; no timer keeps a process alive.

import { asJoseError, JoseError, RETRY_AFTER } from '../errors.ts';
import type { Jwk } from '../jwk/jwk.ts';
import type { Key } from '../jwk/key.ts';
import type { KeySet } from '../jwks/set.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import { aBoolean, aString, checkArgumentCount, isString, mistake, readOptions } from '../options.ts';
import {
  checkKeyIsNew,
  thumbprintOf,
  withImportedKey,
  withMigration,
  withPromotion,
  withRevocation,
  withRotation,
} from '../ring/changes.ts';
import { leastLead, type RingPolicy } from '../ring/policy.ts';
import {
  aRingAlgorithm,
  isRingAlgorithm,
  pendingKey,
  preferredAlgorithm,
  type Ring,
  type RingAlgorithm,
  type RingKey,
  signingKey,
} from '../ring/ring.ts';
import { type RingStatus, ringStatus, ringTimeline, type TimelineRow } from '../ring/timeline.ts';
import { anInstant, instant, isInstant, type NumericDate, seconds } from '../time.ts';
import { issuedClaims } from './claims.ts';
import { type ExternalKey, newKeyFrom, type Signer, signerOf } from './custody.ts';
import {
  type AddressedClaims,
  type AddressedIssueOptions,
  type IssueOptions,
  type IssuerOptions,
  readIssueOptions,
  readIssuerOptions,
} from './options.ts';
import { Replica } from './replica.ts';
import { type PublishedJwks, publishedJwks, type RingView, signingKeyFor } from './view.ts';

/** The key that a change was about, and when it signs. */
export interface RingChange {
  readonly alg: RingAlgorithm;
  readonly kid: string;
  readonly activateAt: NumericDate;
}

/** What a revocation did. */
export interface Revocation {
  readonly alg: RingAlgorithm;
  readonly kid: string;
  /** The key that signs now in its place, if it was the one that signed. */
  readonly next?: string;
  /** By then no verifier accepts the key any more, if the policy tells the truth about them. */
  readonly acceptedUntil: NumericDate;
}

interface KeySigner {
  readonly kid: string;
  readonly sign: Signer;
}

const PROOF: unique symbol = Symbol('Issuer');

/** Longer than a call waits for the store, in seconds. */
const SLOW_SIGNER = 2;

/** Made by `createIssuer`. Also what `createVerifier` and `jwksEndpoint` take for keys. */
export class Issuer {
  readonly #replica: Replica;
  /** What signs for the keys that did so lately. */
  readonly #signers: Map<string, Signer> = new Map();
  /** The `iss` of its tokens. */
  readonly issuer: string;

  constructor(proof: typeof PROOF, replica: Replica) {
    if (proof !== PROOF) throw new TypeError('an Issuer is made by createIssuer');
    this.#replica = replica;
    this.issuer = replica.name;
    Object.freeze(this);
  }

  get policy(): RingPolicy {
    return this.#replica.policy;
  }

  /**
   * Claims → signed JWT, by the key that is active now. `iss` is the issuer's, `exp` the options', and `aud` is set by the options or
   * by the claims; where both do, they must name the same audiences.
   *
   * @throws TypeError naming the claim or option, also for a token that would outlive `maxTokenLifetime`; JoseError
   *   ERR_RING_UNAVAILABLE when the store has been out of reach for too long, ERR_RING_CONFLICT when no key of `alg` signs
   *   now, ERR_RING_INVALID when its private part cannot be had
   */
  async sign(claims: AddressedClaims, options: AddressedIssueOptions): Promise<string>;
  async sign(claims: JwtClaims, options: IssueOptions): Promise<string>;
  async sign(claims: JwtClaims, options: AddressedIssueOptions): Promise<string> {
    checkArgumentCount(arguments.length, this.sign);
    const { audience, alg, expiresIn, notBefore, typ, header } = readIssueOptions(options);
    if (seconds(expiresIn) > this.policy.maxTokenLifetime)
      throw new TypeError(
        `options.expiresIn must be at most the policy's maxTokenLifetime, ${this.policy.maxTokenLifetime} s`,
      );
    const issued = issuedClaims(claims, audience, this.issuer);
    for (let view = this.#replica.viewWithoutWaiting(); ; ) {
      const signer = this.#cachedSigner(view, alg);
      // While that is waited for, another key's turn may come: hence it is looked for again.
      if (!signer) view = await this.#viewWithSigner(alg);
      else {
        const token = signer.sign(issued, { expiresIn, notBefore, typ, header, now: this.#replica.now() });
        if (isString(token)) return token;
        const signed = await token;
        // A signer outside may take its time, in which its key may be revoked, or its turn may end, here or elsewhere.
        const { signing } = await this.#replica.view();
        if (Array.from(signing.values()).some(({ kid }) => kid === signer.kid)) return signed;
        view = this.#replica.usableView();
      }
    }
  }

  /** What signs now, if nothing has to be waited for. */
  #cachedSigner(view: RingView | undefined, alg: RingAlgorithm | undefined): KeySigner | undefined {
    const kid = view && signingKeyFor(view, alg)?.kid;
    const sign = kid === undefined ? undefined : this.#signers.get(kid);
    return kid !== undefined && sign ? { kid, sign } : undefined;
  }

  /** What holds once the signer was found. The store is waited for once, unless opening the key took longer than that. */
  async #viewWithSigner(alg: RingAlgorithm | undefined): Promise<RingView | undefined> {
    const before = this.#replica.now();
    await this.#cacheSigner(alg);
    return this.#replica.now() - before > SLOW_SIGNER ? this.#replica.viewWithoutWaiting() : this.#replica.usableView();
  }

  async #cacheSigner(alg: RingAlgorithm | undefined): Promise<void> {
    const view = await this.#replica.view();
    const key = signingKeyFor(view, alg);
    if (!key) throw new JoseError('ERR_RING_CONFLICT', `no key of the ring signs ${alg ?? 'anything'} now`);
    const { kid } = key;
    const sign = this.#signers.get(kid) ?? (await signerOf(key, this.#replica.custody));
    const kids = new Set(Array.from(view.signing.values(), (each) => each.kid));
    for (const cachedKid of this.#signers.keys()) if (!kids.has(cachedKid)) this.#signers.delete(cachedKid);
    this.#signers.set(kid, sign);
  }

  /** The JWK Set as it is published now. @throws JoseError ERR_RING_UNAVAILABLE, ERR_RING_INVALID */
  async jwks(): Promise<{ readonly keys: readonly Jwk[] }> {
    checkArgumentCount(arguments.length, this.jwks);
    return (await this.published()).jwks;
  }

  /** The same for an endpoint: at once while nothing must be read, and with how long it may be kept. */
  published(): PublishedJwks | Promise<PublishedJwks> {
    const view = this.#replica.viewWithoutWaiting();
    if (view) return this.#publishedAt(view);
    return this.#replica.view().then((view) => this.#publishedAt(view));
  }

  #publishedAt(view: RingView): PublishedJwks {
    return publishedJwks(view, this.policy, this.#replica.now());
  }

  /** The same as keys, for `createVerifier`, which takes an issuer for them: what may be used without reading anything. */
  get current(): KeySet | undefined {
    return this.#replica.usableView()?.set;
  }

  /** Whether the ring is being read again, since what is known of it is old: who can wait should ask for `keys()`. */
  get stale(): boolean {
    return this.#replica.viewWithoutWaiting() === undefined;
  }

  /** The keys, read first if they must be. @throws JoseError ERR_JWKS_UNAVAILABLE */
  async keys(): Promise<KeySet> {
    checkArgumentCount(arguments.length, this.keys);
    return this.#replica.view().then(({ set }) => set, throwKeysUnavailable);
  }

  /**
   * The next key signs as early as it may: now, if it has been published for the lead, and otherwise as soon as it has. Only
   * one change comes of any number of calls at once, in any number of processes.
   *
   * @param options `alg`: only this one, by default all in service; `from`: only if this key still signs
   */
  async rotate(options?: { readonly alg?: RingAlgorithm; readonly from?: string }): Promise<readonly RingChange[]> {
    checkArgumentCount(arguments.length, this.rotate);
    const { alg, from } = readOptions(options, { alg: aRingAlgorithm, from: aString });
    const { signing } = await this.#replica.view();
    const rotations = Array.from(signing.values())
      .filter((key) => (alg === undefined || key.alg === alg) && (from === undefined || key.kid === from))
      .map((key) => ({ alg: key.alg, from: key.kid }));
    if (rotations.length === 0) throw new JoseError('ERR_RING_CONFLICT', 'no such key of the ring signs now');
    const ring = await this.#replica.write((old, context) =>
      rotations.reduce((it, rotation) => withRotation(it, rotation, context), old),
    );
    return rotations.map((rotation) => this.#changeOfAlgorithm(ring, rotation.alg, rotation.from));
  }

  /**
   * A pending key signs from now on.
   * @param options `force`: although verifiers may not have it yet
   * @throws JoseError ERR_RING_CONFLICT when it is not pending, or not for long enough
   */
  async promote(kid: string, options?: { readonly force?: boolean }): Promise<RingChange> {
    checkArgumentCount(arguments.length, this.promote);
    const { force = false } = readOptions(options, { force: aBoolean });
    checkNonEmptyString(kid, 'kid');
    const ring = await this.#replica.write((old, context) => withPromotion(old, { kid, force }, context));
    return changeOfKey(ring, kid);
  }

  /** Takes a key back, at once and for ever. If it signed, a pending key does so from the same write on. */
  async revoke(kid: string, reason: string): Promise<Revocation> {
    checkArgumentCount(arguments.length, this.revoke);
    checkNonEmptyString(kid, 'kid');
    checkNonEmptyString(reason, 'reason');
    if (reason.length > MAX_REASON_LENGTH)
      throw new TypeError(`reason must be of at most ${MAX_REASON_LENGTH} characters`);
    const { signing } = await this.#replica.view();
    const signed = Array.from(signing.values()).some((key) => key.kid === kid);
    const ring = await this.#replica.write((old, context) =>
      withRevocation(old, { kid, reason, ...thumbprintOf(old, kid) }, context),
    );
    const { alg, revokedAt } = keyOfChange(ring, kid);
    const next = signed ? signingKey(ring, alg, this.#replica.now())?.kid : undefined;
    return { alg, kid, ...(next !== undefined && { next }), acceptedUntil: Number(revokedAt) + leastLead(this.policy) };
  }

  /** Brings a key into the ring: published now, and the one that signs after the lead. */
  async import(key: Key | ExternalKey): Promise<RingChange> {
    checkArgumentCount(arguments.length, this.import);
    const newKey = await newKeyFrom(key, this.#replica.custody);
    const ring = await this.#replica.write((old, context) =>
      withImportedKey(checkKeyIsNew(old, newKey), newKey, context),
    );
    return changeOfKey(ring, newKey.kid);
  }

  /**
   * An algorithm takes the place of another: its key is published now, signs after the lead, and then the old one ends.
   * @param options `from`: by default the preferred algorithm
   */
  async migrate(alg: RingAlgorithm, options?: { readonly from?: RingAlgorithm }): Promise<RingChange> {
    checkArgumentCount(arguments.length, this.migrate);
    if (!isRingAlgorithm(alg)) throw mistake('alg', aRingAlgorithm[1], alg);
    const { from } = readOptions(options, { from: aRingAlgorithm });
    const ring = await this.#replica.write((old, context) => {
      const replaced = from ?? preferredAlgorithm(old, context.now) ?? alg;
      return withMigration(old, { to: alg, from: replaced }, context);
    });
    return this.#changeOfAlgorithm(ring, alg);
  }

  /** How the ring stands, read anew. */
  async status(): Promise<RingStatus> {
    checkArgumentCount(arguments.length, this.status);
    await this.refresh();
    const { version } = await this.#replica.view();
    return ringStatus(version, this.policy, this.#replica.now());
  }

  /** The keys' states from one instant to another, in seconds or Dates, as far as the records say. */
  async timeline(from: NumericDate | Date, to: NumericDate | Date): Promise<readonly TimelineRow[]> {
    checkArgumentCount(arguments.length, this.timeline);
    if (!isInstant(from)) throw mistake('from', anInstant[1], from);
    if (!isInstant(to)) throw mistake('to', anInstant[1], to);
    const { version } = await this.#replica.view();
    return ringTimeline(version.ring, instant(from), instant(to));
  }

  /** Reads the ring anew and does what there is to do: makes keys that will be needed, erases what is not. */
  async refresh(): Promise<void> {
    checkArgumentCount(arguments.length, this.refresh);
    await this.#replica.write((ring) => ring);
  }

  /** Waits for what is under way, and lets go of what the store opened. */
  async close(): Promise<void> {
    checkArgumentCount(arguments.length, this.close);
    await this.#replica.close();
  }

  /** The key of an algorithm that signs, or when that is still the one that was to be replaced, its successor. */
  #changeOfAlgorithm(ring: Ring, alg: RingAlgorithm, from?: string): RingChange {
    const now = this.#replica.now();
    const signing = signingKey(ring, alg, now);
    const key = signing && signing.kid !== from ? signing : (pendingKey(ring, alg, now) ?? signing);
    return changeOfKey(ring, key?.kid);
  }
}

function changeOfKey(ring: Ring, wanted: string | undefined): RingChange {
  const { alg, kid, activateAt } = keyOfChange(ring, wanted);
  return { alg, kid, activateAt };
}

function keyOfChange({ keys }: Ring, wanted: string | undefined): RingKey {
  const key = keys.find(({ kid }) => kid === wanted);
  if (!key) throw new JoseError('ERR_RING_CONFLICT', 'the ring has no such key any more');
  return key;
}

/** What is said of a key is kept for as long as its kid. */
const MAX_REASON_LENGTH = 500;

function checkNonEmptyString(value: unknown, argument: string): void {
  if (!isString(value) || value === '') throw new TypeError(`${argument} must be a string that is not empty`);
}

/** For a verifier it is the keys that are unavailable, whatever they are kept in and whatever is the matter with it. */
function throwKeysUnavailable(error: unknown): never {
  const { message } = asJoseError(error);
  throw new JoseError('ERR_JWKS_UNAVAILABLE', `the keys are unavailable: ${message}`, { retryAfter: RETRY_AFTER });
}

/**
 * An issuer over a store. The ring is read, or made if there is none; a key that is missing is made.
 *
 * @throws TypeError naming the option, and for a policy under which a rotation could break a verifier, the number to change;
 *   JoseError ERR_RING_UNAVAILABLE and ERR_RING_INVALID for the store
 */
export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  checkArgumentCount(arguments.length, createIssuer);
  const replica = new Replica(readIssuerOptions(options));
  await replica.open();
  return new Issuer(PROOF, replica);
}
