// An issuer signs with the ring's active key and publishes the ring's key set. Any number of issuers may share one
// store. Each call does the work that is due; no timer keeps a process alive.

import { asJoseError, JoseError, RETRY_AFTER } from '../errors.ts';
import { anAsymmetricAlgorithm, hasPublicKey } from '../jwa/signatures.ts';
import type { Jwk } from '../jwk/jwk.ts';
import type { Key } from '../jwk/key.ts';
import type { KeySet } from '../jwks/set.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import { aBoolean, argumentError, aString, checkArgumentCount, isString, readOptions } from '../options.ts';
import {
  checkKidMatchesKey,
  thumbprintOf,
  withImportedKey,
  withMigration,
  withPromotion,
  withRevocation,
  withRotation,
} from '../ring/changes.ts';
import { leastLead, type RingPolicy } from '../ring/policy.ts';
import {
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

/** The key that a call changed, and the instant at which it starts to sign. */
export interface RingChange {
  readonly alg: RingAlgorithm;
  readonly kid: string;
  readonly activateAt: NumericDate;
}

/** The result of a revocation. */
export interface Revocation {
  readonly alg: RingAlgorithm;
  readonly kid: string;
  /** The kid of the key that signs in its place; absent if the revoked key did not sign. */
  readonly next?: string;
  /** No verifier accepts the key after this instant, if the policy is true of all verifiers. */
  readonly acceptedUntil: NumericDate;
}

interface KeySigner {
  readonly kid: string;
  readonly sign: Signer;
}

const PROOF: unique symbol = Symbol('Issuer');

/** In seconds, and longer than a call waits for the store: after opening a signer for so long, the view may be old. */
const SLOW_SIGNER = 2;

/** Made by `createIssuer`. `createVerifier` and `jwksEndpoint` take it as a source of keys. */
export class Issuer {
  readonly #replica: Replica;
  /** The signers of the keys that sign now, by kid. */
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
   * Signs a JWT with the active key. `iss` is the issuer's name, and `exp` follows from the options. The options or
   * the claims set `aud`; where both do, they must name the same audiences.
   *
   * @throws TypeError naming the claim or option, also when the token would outlive `maxTokenLifetime`; JoseError
   *   ERR_RING_UNAVAILABLE when the store has not answered for too long, ERR_RING_CONFLICT when no key of `alg` signs
   *   now, ERR_RING_INVALID when the private part of the key cannot be read
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
      // Another key may have become active during the wait, so look again.
      if (!signer) view = await this.#viewWithSigner(alg);
      else {
        const token = signer.sign(issued, { expiresIn, notBefore, typ, header, now: this.#replica.now() });
        if (isString(token)) return token;
        const signed = await token;
        // An external signer or the pool may be slow: any process may have revoked or replaced the key meanwhile.
        const { signing } = await this.#replica.view();
        if (Array.from(signing.values()).some(({ kid }) => kid === signer.kid)) return signed;
        view = this.#replica.usableView();
      }
    }
  }

  /** Returns the signer of the key that signs now, if it is cached. */
  #cachedSigner(view: RingView | undefined, alg: RingAlgorithm | undefined): KeySigner | undefined {
    const kid = view && signingKeyFor(view, alg)?.kid;
    const sign = kid === undefined ? undefined : this.#signers.get(kid);
    return kid !== undefined && sign ? { kid, sign } : undefined;
  }

  /** Caches the signer and returns the view; no old view if that took long, so that the caller waits for the store. */
  async #viewWithSigner(alg: RingAlgorithm | undefined): Promise<RingView | undefined> {
    const before = this.#replica.moment();
    await this.#cacheSigner(alg);
    return this.#replica.secondsSince(before) > SLOW_SIGNER
      ? this.#replica.viewWithoutWaiting()
      : this.#replica.usableView();
  }

  async #cacheSigner(alg: RingAlgorithm | undefined): Promise<void> {
    const view = await this.#replica.view();
    const key = signingKeyFor(view, alg);
    if (!key)
      throw new JoseError('ERR_RING_CONFLICT', `no key of the ring signs${alg === undefined ? '' : ` ${alg}`} now`);
    const { kid } = key;
    const sign = this.#signers.get(kid) ?? (await signerOf(key, this.#replica.custody));
    const kids = new Set(Array.from(view.signing.values(), (each) => each.kid));
    for (const cachedKid of this.#signers.keys()) if (!kids.has(cachedKid)) this.#signers.delete(cachedKid);
    this.#signers.set(kid, sign);
  }

  /** Returns the JWK Set as it is published now. @throws JoseError ERR_RING_UNAVAILABLE, ERR_RING_INVALID */
  async jwks(): Promise<{ readonly keys: readonly Jwk[] }> {
    checkArgumentCount(arguments.length, this.jwks);
    return (await this.published()).jwks;
  }

  /** Returns the published set and its cache lifetime for an endpoint; without a promise while no reading is needed. */
  published(): PublishedJwks | Promise<PublishedJwks> {
    const view = this.#replica.viewWithoutWaiting();
    if (view) return this.#publishedAt(view);
    return this.#replica.view().then((view) => this.#publishedAt(view));
  }

  #publishedAt(view: RingView): PublishedJwks {
    return publishedJwks(view, this.policy, this.#replica.now());
  }

  /** The public keys that may be used without reading the store; `createVerifier` reads them. */
  get current(): KeySet | undefined {
    return this.#replica.usableView()?.set;
  }

  /** Whether the known keys are old and the ring is being read: a caller that can wait should call `keys()`. */
  get stale(): boolean {
    return this.#replica.viewWithoutWaiting() === undefined;
  }

  /** Returns the public keys, and reads the ring first if they are old. @throws JoseError ERR_JWKS_UNAVAILABLE */
  async keys(): Promise<KeySet> {
    checkArgumentCount(arguments.length, this.keys);
    return this.#replica.view().then(({ set }) => set, throwKeysUnavailable);
  }

  /**
   * Makes the pending key sign as early as possible: now, if it has been published for `publishLead`, else as soon as
   * it has. Concurrent calls, also in different processes, cause one rotation.
   *
   * @param options `alg`: only this algorithm, by default all; `from`: only if this key still signs
   */
  async rotate(options?: { readonly alg?: RingAlgorithm; readonly from?: string }): Promise<readonly RingChange[]> {
    checkArgumentCount(arguments.length, this.rotate);
    const { alg, from } = readOptions(options, { alg: anAsymmetricAlgorithm, from: aString });
    const { signing } = await this.#replica.view();
    const rotations = Array.from(signing.values())
      .filter((key) => (alg === undefined || key.alg === alg) && (from === undefined || key.kid === from))
      .map((key) => ({ alg: key.alg, from: key.kid }));
    if (rotations.length === 0)
      throw new JoseError('ERR_RING_CONFLICT', 'no key of the ring that fits options.alg and options.from signs now');
    const ring = await this.#replica.write((old, context) =>
      rotations.reduce((it, rotation) => withRotation(it, rotation, context), old),
    );
    return rotations.map((rotation) => this.#changeOfAlgorithm(ring, rotation.alg, rotation.from));
  }

  /**
   * Makes a pending key sign now.
   * @param options `force`: although verifiers may not have the key yet
   * @throws JoseError ERR_RING_CONFLICT when the key is not pending, or has not been published for long enough
   */
  async promote(kid: string, options?: { readonly force?: boolean }): Promise<RingChange> {
    checkArgumentCount(arguments.length, this.promote);
    const { force = false } = readOptions(options, { force: aBoolean });
    checkNonEmptyString(kid, 'kid');
    const ring = await this.#replica.write((old, context) => withPromotion(old, { kid, force }, context));
    return changeOfKey(ring, kid);
  }

  /** Revokes a key immediately and for ever. If it signed, a pending key signs from the same write on. */
  async revoke(kid: string, reason: string): Promise<Revocation> {
    checkArgumentCount(arguments.length, this.revoke);
    checkNonEmptyString(kid, 'kid');
    checkNonEmptyString(reason, 'reason');
    if (reason.length > MAX_REASON_LENGTH)
      throw new TypeError(`reason must have at most ${MAX_REASON_LENGTH} characters`);
    const { signing } = await this.#replica.view();
    const signed = Array.from(signing.values()).some((key) => key.kid === kid);
    const ring = await this.#replica.write((old, context) =>
      withRevocation(old, { kid, reason, ...thumbprintOf(old, kid) }, context),
    );
    const { alg, revokedAt } = keyOfChange(ring, kid);
    const next = signed ? signingKey(ring, alg, this.#replica.now())?.kid : undefined;
    return { alg, kid, ...(next !== undefined && { next }), acceptedUntil: Number(revokedAt) + leastLead(this.policy) };
  }

  /** Adds a key to the ring: it is published now, and signs after `publishLead`. */
  async import(key: Key | ExternalKey): Promise<RingChange> {
    checkArgumentCount(arguments.length, this.import);
    const newKey = await newKeyFrom(key, this.#replica.custody);
    const ring = await this.#replica.write((old, context) =>
      withImportedKey(checkKidMatchesKey(old, newKey), newKey, context),
    );
    return changeOfKey(ring, newKey.kid);
  }

  /**
   * Replaces an algorithm: a key of the new one is published now and signs after `publishLead`; then the old one ends.
   * @param options `from`: the algorithm to replace, by default the preferred one
   */
  async migrate(alg: RingAlgorithm, options?: { readonly from?: RingAlgorithm }): Promise<RingChange> {
    checkArgumentCount(arguments.length, this.migrate);
    if (!hasPublicKey(alg)) throw argumentError('alg', anAsymmetricAlgorithm[1], alg);
    const { from } = readOptions(options, { from: anAsymmetricAlgorithm });
    const ring = await this.#replica.write((old, context) => {
      const replaced = from ?? preferredAlgorithm(old, context.now) ?? alg;
      return withMigration(old, { to: alg, from: replaced }, context);
    });
    return this.#changeOfAlgorithm(ring, alg);
  }

  /** Reads the ring and returns its status. */
  async status(): Promise<RingStatus> {
    checkArgumentCount(arguments.length, this.status);
    await this.refresh();
    const { version } = await this.#replica.view();
    return ringStatus(version, this.policy, this.#replica.now());
  }

  /** Returns the states of each key between two instants, in seconds or Dates, as far as the records go. */
  async timeline(from: NumericDate | Date, to: NumericDate | Date): Promise<readonly TimelineRow[]> {
    checkArgumentCount(arguments.length, this.timeline);
    if (!isInstant(from)) throw argumentError('from', anInstant[1], from);
    if (!isInstant(to)) throw argumentError('to', anInstant[1], to);
    const { version } = await this.#replica.view();
    return ringTimeline(version.ring, instant(from), instant(to));
  }

  /** Reads the ring and does the work that is due: creates keys, and erases private parts that are no longer needed. */
  async refresh(): Promise<void> {
    checkArgumentCount(arguments.length, this.refresh);
    await this.#replica.write((ring) => ring);
  }

  /**
   * Waits for pending changes, and closes the store. A closed issuer refuses changes. It signs and publishes with the
   * keys that it has read until these are 30 s old, or a quarter of `syncLag` if that is less.
   */
  async close(): Promise<void> {
    checkArgumentCount(arguments.length, this.close);
    await this.#replica.close();
  }

  /** Returns the key that signs, or its successor while the replaced key still signs. */
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
  if (!key) throw new JoseError('ERR_RING_CONFLICT', 'the ring no longer has this key');
  return key;
}

/** The records keep a reason for as long as the kid. */
const MAX_REASON_LENGTH = 500;

function checkNonEmptyString(value: unknown, argument: string): void {
  if (!isString(value) || value === '') throw new TypeError(`${argument} must be a non-empty string`);
}

/** A verifier only needs to know that the keys are unavailable, whatever failed in the ring or its store. */
function throwKeysUnavailable(error: unknown): never {
  const { message } = asJoseError(error);
  throw new JoseError('ERR_JWKS_UNAVAILABLE', `the keys are unavailable: ${message}`, { retryAfter: RETRY_AFTER });
}

/**
 * Creates an issuer over a store. Reads the ring, or creates it if there is none, and creates missing keys.
 *
 * @throws TypeError naming the option; for a policy under which a rotation could break a verifier, it names the number
 *   to change; JoseError ERR_RING_UNAVAILABLE and ERR_RING_INVALID for the store
 */
export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  checkArgumentCount(arguments.length, createIssuer);
  const replica = new Replica(readIssuerOptions(options));
  await replica.open();
  return new Issuer(PROOF, replica);
}
