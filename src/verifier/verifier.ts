// Verifier: configured once by a service, with the issuers that it trusts, and then called for each token.
import { isPromise } from 'node:util/types';
import { attempt, JoseError } from '../errors.ts';
import type { ReadHeader } from '../header.ts';
import { isSameKey, type Key } from '../jwk/key.ts';
import { checkAlgorithm, selectKey } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import { checkJwsCritical } from '../jws/header.ts';
import type { JwtClaims } from '../jwt/expected.ts';
import type { ReadJwt } from '../jwt/jwt.ts';
import { type VerifiedJwt, verifySelected, verifySelectedBy } from '../jwt/verify.ts';
import { checkArgumentCount } from '../options.ts';
import { type NumericDate, readClock } from '../time.ts';
import type { IssuerRouter, TrustedIssuer } from './issuers.ts';
import {
  type Discovery,
  readVerifierOptions,
  type SchemaIssuersOptions,
  type VerifierConfig,
  type VerifierIssuersOptions,
  type VerifierOptions,
} from './options.ts';
import type { SignaturePool } from './pool.ts';
import { type CachedToken, isStillValid, type TokenCache } from './token-cache.ts';
import type { TokenReader } from './token-reader.ts';

/** Not exported, so that only this file can make a Verifier. */
const PROOF: unique symbol = Symbol('Verifier');

/** A token whose claimed issuer is trusted, and whose header is acceptable; its signature is not verified yet. */
interface AcceptedToken {
  readonly issuer: TrustedIssuer;
  readonly header: ReadHeader;
  readonly jwt: ReadJwt;
}

/** The parts of a verifier that decide on a token beside its issuer. */
interface VerifierBasis {
  readonly read: TokenReader;
  readonly route: IssuerRouter;
  readonly now: NumericDate;
}

/**
 * Verifies the tokens of its issuers as `verifyJwt` does, and obtains their keys. Made by `createVerifier`.
 */
export class Verifier<Claims = JwtClaims> {
  readonly #config: VerifierConfig;

  constructor(proof: typeof PROOF, config: VerifierConfig) {
    if (proof !== PROOF) throw new TypeError('a Verifier is made by createVerifier');
    this.#config = config;
    Object.freeze(this);
  }

  static isVerifier(value: unknown): value is Verifier<unknown> {
    return typeof value === 'object' && value !== null && #config in value;
  }

  /**
   * For explain/ and http/: the reading, the routing and the time. Not in a static block, which would keep this class in every
   * bundle.
   */
  static basisOf(verifier: Verifier<unknown>): VerifierBasis {
    const config = verifier.#config;
    return { ...config, now: readClock(config.clock) };
  }

  /**
   * Verifies a token. Waits if its signature is verified in the thread pool, if keys must be fetched first, or if its
   * signature fails under a key that the issuer may have replaced: then, at most once a minute, the keys are fetched again.
   *
   * @throws JoseError as `verifyJwt`; ERR_JWKS_UNAVAILABLE, often with `retryAfter`, if the keys are unavailable, which
   *   says nothing about the token; ERR_JWT_CLAIM_VALIDATION_FAILED for iss, before any key is used, if several issuers
   *   are trusted and iss is none of them; TypeError if a KeySource returns anything but a KeySet
   */
  async verify(token: string): Promise<VerifiedJwt<Claims>> {
    checkArgumentCount(arguments.length, this.verify);
    const accepted = this.#acceptToken(token);
    const keys = await accepted.issuer.keys.for(accepted.header);
    const { pool } = this.#config;
    try {
      const verdict = verdictOn(token, accepted, this.#context(keys, pool));
      return (isPromise(verdict) ? await verdict : verdict) as VerifiedJwt<Claims>;
    } catch (error) {
      const newer = isSignatureFailure(error) ? await newerKeys(accepted, keys) : undefined;
      if (!newer) throw error;
      return verdictOn(token, accepted, this.#context(newer, pool)) as Promise<VerifiedJwt<Claims>>;
    }
  }

  /**
   * Verifies a token without waiting, with the present keys. A request that is due begins in the background.
   * @throws JoseError as `verify`, and ERR_JWKS_UNAVAILABLE also while the first keys are being fetched
   */
  verifySync(token: string): VerifiedJwt<Claims> {
    checkArgumentCount(arguments.length, this.verifySync);
    const accepted = this.#acceptToken(token);
    const keys = accepted.issuer.keys.now(accepted.header);
    return verdictOn(token, accepted, this.#context(keys, undefined)) as VerifiedJwt<Claims>;
  }

  /**
   * Fetches the keys of every issuer, unless they are fresh, so that no token has to wait for them.
   * @throws JoseError ERR_JWKS_UNAVAILABLE if an issuer is unavailable and none of its keys may be used;
   *   ERR_JWKS_ISSUER_MISMATCH if its metadata names another issuer, which is no outage
   */
  async warm(): Promise<void> {
    checkArgumentCount(arguments.length, this.warm);
    await Promise.all(this.#config.issuers.map(({ keys }) => keys.warm()));
  }

  #acceptToken(token: string): AcceptedToken | CachedToken {
    const { tokenCache, read, route } = this.#config;
    return tokenCache.get(token) ?? acceptToken(read(token), route);
  }

  #context(keys: Key | KeySet, pool: SignaturePool | undefined): VerificationContext {
    const { clock, tokenCache, read } = this.#config;
    return { keys, pool, clock, tokenCache, read };
  }
}

/** Refuses a token that no key could make valid, before any key is fetched. */
function acceptToken(jwt: ReadJwt, route: IssuerRouter): AcceptedToken {
  const { header } = jwt;
  const issuer = route(jwt);
  checkJwsCritical(header, issuer.policy.crit);
  checkAlgorithm(header, issuer.policy.algorithms);
  return { issuer, header, jwt };
}

function isSignatureFailure(error: unknown): boolean {
  return error instanceof JoseError && error.code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
}

/** Newer keys in which the token's key was replaced under its kid, as some development servers and appliances do. */
async function newerKeys(
  { issuer, header }: Pick<AcceptedToken, 'issuer' | 'header'>,
  keys: Key | KeySet,
): Promise<KeySet | undefined> {
  const newer = await issuer.keys.newerThan?.(keys);
  const key = newer && attempt(() => selectKey(header, newer), undefined);
  return key && !isSameKey(key, selectKey(header, keys)) ? newer : undefined;
}

/** The keys and the time of a verification, and the cache for its result. */
interface VerificationContext {
  readonly keys: Key | KeySet;
  /** `undefined`: nothing is verified in the pool. */
  readonly pool: SignaturePool | undefined;
  readonly clock: (() => NumericDate) | undefined;
  readonly tokenCache: TokenCache;
  readonly read: TokenReader;
}

/** A promise if the signature is verified in the pool. */
function verdictOn(
  token: string,
  accepted: AcceptedToken | CachedToken,
  context: VerificationContext,
): VerifiedJwt<unknown> | Promise<VerifiedJwt<unknown>> {
  const { keys, pool, clock, tokenCache, read } = context;
  if (!accepted.jwt) {
    if (isStillValid(accepted, keys, readClock(clock))) return accepted.verified;
    tokenCache.delete(token);
  }
  const { issuer, header, jwt = read(token) } = accepted;
  const key = selectKey(header, keys);
  const policyNow = () => ({ ...issuer.policy, now: readClock(clock) });
  const cache = (verified: VerifiedJwt<unknown>) => {
    tokenCache.add(token, { issuer, header, keys, verified });
    return verified;
  };
  if (!pool?.takes(key.alg)) return cache(verifySelected(jwt, key, policyNow()));
  const wereCurrent = issuer.keys.current() === keys; // those of a source that has them one by one are not
  return verifySelectedBy(pool.verify, { jwt, key }, policyNow).then(async (verified) => {
    // The pool may be busy for long, with a password's hash of the same process for example: the key may be gone by now.
    const latest = wereCurrent ? (issuer.keys.current() ?? (await issuer.keys.for(header))) : keys;
    if (latest === keys) return cache(verified);
    return verdictOn(token, accepted, { ...context, keys: latest, pool: undefined });
  });
}

/** Makes a verifier whose claims type is `never`, so that it fits each signature of CreateVerifier. */
export function makeVerifier(options: unknown, discovery: Discovery | undefined): Verifier<never> {
  return new Verifier<never>(PROOF, readVerifierOptions(options, discovery));
}

/** The signatures of createVerifier and createKeyVerifier. */
export interface CreateVerifier {
  /** A verifier for the tokens of one issuer. */
  <Claims = JwtClaims>(options: VerifierOptions<Claims>): Verifier<Claims>;
  /** A verifier for several issuers, each with a schema. */
  <Claims>(options: SchemaIssuersOptions<Claims>): Verifier<Claims>;
  /** A verifier for several issuers, some without a schema: their claims may be of any type. */
  <Claims = JwtClaims>(options: VerifierIssuersOptions<Claims>): Verifier<Claims | JwtClaims>;
}

/**
 * Creates a verifier like `createVerifier`, but without the code that fetches keys: `keys` must be given.
 * @throws TypeError naming the option
 */
export const createKeyVerifier: CreateVerifier = function createKeyVerifier(options: unknown) {
  checkArgumentCount(arguments.length, createKeyVerifier);
  return makeVerifier(options, undefined);
};
