// barejose/testing: an issuer for the tests of a service that verifies tokens: good tokens, one token for each refusal, a
// `fetch` that answers for its keys and metadata, a clock, rotations and outages. Nothing here opens a connection or waits.

import type { ClaimFailure, Duration, JoseErrorCode, Jwk, Key, NumericDate } from '../index.ts';
import { signToken } from './good-tokens.ts';
import { TestKeys } from './keys.ts';
import { readTestOptions, secondsOf } from './options.ts';
import { refusedTokens } from './refusals.ts';
import { Responder } from './responder.ts';

/** The algorithms that a test issuer signs with. RSA keys have 2048 bits and take about 0.1 s each. */
export type TestAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA';

export interface TestIssuerOptions {
  /** The `iss` of the tokens: an https URL without query and fragment, or an http URL of this machine. */
  readonly issuer: string;
  /** The `aud` of the tokens: what the service under test expects. */
  readonly audience: string | readonly string[];
  /** Default 'ES256'. */
  readonly algorithm?: TestAlgorithm | undefined;
  /** The `typ` that the service expects, such as 'at+jwt'. Default: 'JWT' in the tokens, and no token of a wrong typ. */
  readonly typ?: string | undefined;
  /** Claims of each token beside iss, aud, sub ('user-1'), iat and exp, or in place of these. Default: none. */
  readonly claims?: TestClaims | undefined;
  /** The instant at which the clock begins: a Date, or seconds since 1970. Default 1,700,000,000 (November 2023). */
  readonly now?: number | Date | undefined;
  /** The `max-age` of the documents. Default '10m'. */
  readonly maxAge?: Duration | undefined;
  /** Members of both metadata documents beside those of the issuer. Default: none. */
  readonly metadata?: { readonly [member: string]: unknown } | undefined;
}

/** Claims of a token; undefined leaves one out. */
export interface TestClaims {
  readonly [claim: string]: unknown;
}

export interface TestTokenOptions {
  /** From the issuer's now to exp; null: no exp. Default '5m', or the claims' own exp. */
  readonly expiresIn?: Duration | null | undefined;
  /** From the issuer's now to nbf. Default: no nbf. */
  readonly notBefore?: Duration | undefined;
  /** Default: the issuer's. null: none. */
  readonly typ?: string | null | undefined;
  /** Further protected header parameters. */
  readonly header?: { readonly [parameter: string]: unknown } | undefined;
  /** The key, also one that was revoked. Default: the newest. */
  readonly kid?: string | undefined;
}

/** The names of the refused tokens; the table in src/testing/README.md says what each is. */
export type RefusalName =
  | 'expired'
  | 'not-yet-valid'
  | 'no-expiry'
  | 'expiry-as-text'
  | 'wrong-issuer'
  | 'issuer-slash'
  | 'no-issuer'
  | 'wrong-audience'
  | 'no-audience'
  | 'wrong-typ'
  | 'forged-signature'
  | 'changed-claims'
  | 'alg-none'
  | 'hs256-public-key'
  | 'other-algorithm'
  | 'unknown-kid'
  | 'embedded-key'
  | 'key-url'
  | 'unknown-crit'
  | 'duplicate-claim'
  | 'claims-no-object'
  | 'padded'
  | 'two-parts'
  | 'opaque';

/** A token that must be refused, and how. */
export interface RefusedToken {
  readonly name: RefusalName;
  readonly token: string;
  /** The code of the JoseError that `verify` of a verifier with `verifierOptions` rejects with. */
  readonly code: JoseErrorCode;
  /** The one element of `error.failures`, where the fault is one of the claims or of typ. */
  readonly failure: ClaimFailure | undefined;
  /** The fault, as the rest of a sentence about the token, with the section that says so. */
  readonly why: string;
}

/**
 * A failure of the issuer's URLs. 'down': no connection (ECONNREFUSED). 'hanging': no answer before `recover()` or
 * the caller's own abort. A number: that status, from 400 to 599. 'not-json': 200 with HTML, as a captive portal sends.
 * 'too-large': 200 with over 256 KiB. 'redirect': 302 to a place with the keys of an attacker, which sign the
 * 'forged-signature' token. 'other-issuer': the metadata names another issuer.
 */
export type Outage = 'down' | 'hanging' | 'not-json' | 'too-large' | 'redirect' | 'other-issuer' | number;

export interface FailOptions {
  /** Which document fails. Default: both, but for 'other-issuer', which is about metadata. */
  readonly document?: 'keys' | 'metadata' | undefined;
  /** The Retry-After of a status, in seconds. Default: none. */
  readonly retryAfter?: number | undefined;
}

/** The signature of `fetch`. */
export type TestFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The options of `createVerifier` for a test issuer. */
export interface TestVerifierOptions {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly typ?: string;
  readonly clock: () => NumericDate;
  readonly remote: {
    readonly fetch: TestFetch;
    readonly random: () => number;
    /** Present for an http issuer of this machine. */
    readonly allowInsecureLoopback?: true;
  };
}

/** An issuer under the control of a test. Its functions need no `this`: `const { fetch } = issuer`. */
export interface TestIssuer {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  /** The URL of the key set: `/.well-known/jwks.json` below the issuer. */
  readonly jwksUri: string;
  /** For `createVerifier(issuer.verifierOptions)`: the expectations, the clock and the fetch. */
  readonly verifierOptions: TestVerifierOptions;

  /** The instant, in seconds since 1970. */
  readonly now: NumericDate;
  /** The instant, for libraries that take a Date, such as jose's `currentDate`. */
  readonly date: Date;
  /** Returns the instant in seconds, for the option `clock`. */
  readonly clock: () => NumericDate;
  /** Moves the clock on. @throws TypeError for anything but seconds or a text such as '10m' */
  readonly advance: (duration: Duration) => void;

  /**
   * Signs a token that is good now.
   * @param claims in place of the issuer's own, or beside them; a member that is undefined is left out of the token
   * @throws TypeError for the arguments
   */
  readonly sign: (claims?: TestClaims, options?: TestTokenOptions) => string;
  /** Makes one token for each refusal, for now and the newest key: 23, and 'wrong-typ' where the issuer has a typ. */
  readonly refusals: () => readonly RefusedToken[];
  /** Makes one of them. @throws TypeError for a name that is none, and for 'wrong-typ' where the issuer has no typ */
  readonly refusal: (name: RefusalName) => RefusedToken;

  /** The kid of the newest key: 'key-1', then 'key-2', … */
  readonly kid: string;
  /** The newest key's public part, for libraries that take one key: `exportPem(issuer.publicKey)`. */
  readonly publicKey: Key;
  /** The published set; another object after each change. */
  readonly jwks: { readonly keys: readonly Jwk[] };
  /**
   * Makes a new key, publishes it and signs with it from now on. Earlier keys stay published.
   * @param options.kid of the new key; a published key of that kid is replaced. Default: the next number
   * @returns the kid
   */
  readonly rotate: (options?: { readonly kid?: string | undefined }) => string;
  /**
   * Takes a key out of the set. For the newest, or without a kid, a new one is made first.
   * @throws TypeError for a kid that is not published
   */
  readonly revoke: (kid?: string) => void;

  /**
   * Answers GET and HEAD for the key set and the metadata (OpenID Connect Discovery and RFC 8414), with ETag and
   * Cache-Control; 404 for other paths. A request to another origin rejects as one to an unknown host does.
   */
  readonly fetch: TestFetch;
  /** The requests so far, answered or not. */
  readonly requests: readonly { readonly url: string; readonly at: NumericDate }[];
  /** From now on requests fail in this way. @throws TypeError for the arguments */
  readonly fail: (outage: Outage, options?: FailOptions) => void;
  /** From now on requests are answered again, and those that hang are answered at once. */
  readonly recover: () => void;
}

/**
 * Makes an issuer with one key.
 * @throws TypeError naming the option that is missing, unknown or of a wrong form
 */
export function testIssuer(options: TestIssuerOptions): TestIssuer {
  const settings = readTestOptions(options);
  const { issuer, audience, typ } = settings;
  let { now } = settings;
  const clock = () => now;
  const keys = new TestKeys(settings.algorithm);
  const responder = new Responder(settings, keys, clock);
  const refusals = () => refusedTokens({ settings, keys, now });
  const insecure = issuer.startsWith('http:') ? ({ allowInsecureLoopback: true } as const) : {};
  const remote = { fetch: responder.respond, random: () => 0.5, ...insecure };
  const verifierOptions = { issuer, audience, ...(typ !== undefined && { typ }), clock, remote };
  return {
    issuer,
    audience,
    jwksUri: responder.jwksUri,
    verifierOptions,
    get now() {
      return now;
    },
    get date() {
      return new Date(1000 * now);
    },
    clock,
    advance: (duration) => {
      now += secondsOf(duration, 'duration');
    },
    sign: (claims, tokenOptions) => signToken({ settings, keys, now }, claims, tokenOptions),
    refusals,
    refusal: (name) => named(name, refusals()),
    get kid() {
      return keys.newest.kid;
    },
    get publicKey() {
      return keys.newest.key.publicKey();
    },
    get jwks() {
      return keys.jwks;
    },
    rotate: (rotation) => keys.rotate(rotation),
    revoke: (kid) => keys.revoke(kid),
    fetch: responder.respond,
    requests: responder.requests,
    fail: (outage, failOptions) => responder.fail(outage, failOptions),
    recover: () => responder.recover(),
  };
}

function named(name: RefusalName, refusals: readonly RefusedToken[]): RefusedToken {
  const found = refusals.find((refusal) => refusal.name === name);
  if (found) return found;
  throw new TypeError(`name must be one of ${refusals.map((refusal) => refusal.name).join(', ')}`);
}
