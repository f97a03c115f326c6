// What a service configures once and then asks for every token: whom it trusts, by which keys, and for what.
import { checkCritical, type ReadHeader } from '../header.ts';
import type { Key } from '../jwk/key.ts';
import { checkAlgorithm, selectKey } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import { type ReadJwt, readJwt } from '../jwt/jwt.ts';
import { type VerifiedJwt, verifySelected } from '../jwt/verify.ts';
import { checkArgumentCount } from '../options.ts';
import { instant, type NumericDate } from '../time.ts';
import type { Route, TrustedIssuer } from './issuers.ts';
import { isStillValid, type Memory, type Remembered } from './memory.ts';
import {
  type Discovery,
  readConfig,
  type SchemaIssuersOptions,
  type VerifierConfig,
  type VerifierIssuersOptions,
  type VerifierOptions,
} from './options.ts';

/** In this file only: whoever lacks it cannot make a Verifier. */
const PROOF: unique symbol = Symbol('Verifier');

/** A token of which is known whose it says it is, and which key it asks for. */
interface AcceptedToken {
  readonly issuer: TrustedIssuer;
  readonly header: ReadHeader;
  readonly jwt: ReadJwt;
}

/**
 * Verifies the tokens of the issuers it was made for, as `verifyJwt` does, and sees to their keys. Made by `createVerifier`.
 */
export class Verifier<Claims = JwtClaims> {
  readonly #setup: VerifierConfig;

  constructor(proof: typeof PROOF, setup: VerifierConfig) {
    if (proof !== PROOF) throw new TypeError('a Verifier is made by createVerifier');
    this.#setup = setup;
    Object.freeze(this);
  }

  static isVerifier(value: unknown): value is Verifier<unknown> {
    return typeof value === 'object' && value !== null && #setup in value;
  }

  /** For explain/: by what a verifier judges now. Not in a static block, which would keep this class in every bundle. */
  static basisOf(verifier: Verifier<unknown>): { readonly route: Route; readonly now: NumericDate } {
    return { route: verifier.#setup.route, now: verifier.#now() };
  }

  /**
   * Verifies a token. Waits for nothing but keys, and for those only when it must.
   *
   * @throws JoseError as `verifyJwt`; ERR_JWKS_UNAVAILABLE, often with `retryAfter`, when the keys cannot be had: then nothing
   *   is known of the token; ERR_JWT_CLAIM_VALIDATION_FAILED for iss, before any key is looked at, when several issuers are
   *   trusted and it is none of them; TypeError when a KeySource returns something else than a KeySet
   */
  async verify(token: string): Promise<VerifiedJwt<Claims>> {
    checkArgumentCount(arguments.length, this.verify);
    const arrived = this.#accept(token);
    return this.#answer(token, arrived, await arrived.issuer.keys.for(arrived.header));
  }

  /**
   * The same without ever waiting, by the keys that are there; a request that is due begins in the background.
   * @throws JoseError as `verify` rejects, and ERR_JWKS_UNAVAILABLE also while the keys are still on their way
   */
  verifySync(token: string): VerifiedJwt<Claims> {
    checkArgumentCount(arguments.length, this.verifySync);
    const arrived = this.#accept(token);
    return this.#answer(token, arrived, arrived.issuer.keys.now(arrived.header));
  }

  /**
   * Fetches the keys of every issuer that are not fresh already, so that no token has to wait for them.
   * @throws JoseError ERR_JWKS_UNAVAILABLE when an issuer cannot be asked and none of its keys may be used
   */
  async warm(): Promise<void> {
    checkArgumentCount(arguments.length, this.warm);
    await Promise.all(this.#setup.issuers.map(({ keys }) => keys.warm()));
  }

  #accept(token: string): AcceptedToken | Remembered {
    const { memory, route } = this.#setup;
    return memory.recall(token) ?? accept(readJwt(token), route);
  }

  #answer(token: string, arrived: AcceptedToken | Remembered, keys: Key | KeySet): VerifiedJwt<Claims> {
    return answer(token, arrived, { keys, now: this.#now(), memory: this.#setup.memory }) as VerifiedJwt<Claims>;
  }

  #now(): NumericDate {
    const { clock } = this.#setup;
    if (!clock) return instant(undefined);
    const now = clock();
    if (!Number.isFinite(now)) throw new TypeError('options.clock must return a finite number of seconds');
    return now;
  }
}

/** Refuses what no key would make good, before any key is asked for. */
function accept(jwt: ReadJwt, route: Route): AcceptedToken {
  const { header } = jwt;
  const issuer = route(jwt);
  checkCritical(header, issuer.policy.crit);
  checkAlgorithm(header, issuer.policy.algorithms);
  return { issuer, header, jwt };
}

/** By what a token is judged now. */
interface Judging {
  readonly keys: Key | KeySet;
  readonly now: NumericDate;
  readonly memory: Memory;
}

function answer(
  token: string,
  arrived: AcceptedToken | Remembered,
  { keys, now, memory }: Judging,
): VerifiedJwt<unknown> {
  if (!arrived.jwt) {
    if (isStillValid(arrived, keys, now)) return arrived.verified;
    memory.forget(token);
  }
  const { issuer, header, jwt = readJwt(token) } = arrived;
  const verified = verifySelected(jwt, selectKey(header, keys), { ...issuer.policy, now });
  memory.keep(token, { issuer, header, keys, verified });
  return verified;
}

export function makeVerifier(options: unknown, discovery: Discovery | undefined): Verifier {
  return new Verifier(PROOF, readConfig(options, discovery));
}

/**
 * A verifier whose keys are all given, for whoever wants no code that fetches any: otherwise as `createVerifier`.
 * @throws TypeError naming the option
 */
export function createKeyVerifier<Claims = JwtClaims>(options: VerifierOptions<Claims>): Verifier<Claims>;
/** Of several issuers, all of whose claims go through a schema. */
export function createKeyVerifier<Claims>(options: SchemaIssuersOptions<Claims>): Verifier<Claims>;
/** Of several issuers, some without a schema: then claims may be anything, whatever the schemas of the others say. */
export function createKeyVerifier<Claims = JwtClaims>(
  options: VerifierIssuersOptions<Claims>,
): Verifier<Claims | JwtClaims>;
export function createKeyVerifier(options: VerifierOptions | VerifierIssuersOptions): Verifier {
  checkArgumentCount(arguments.length, createKeyVerifier);
  return makeVerifier(options, undefined);
}
