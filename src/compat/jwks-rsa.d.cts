// The declarations of the adapter, by hand: they compile where those of jwks-rsa 4 did, with the same names.
import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Jwt, Secret } from './jsonwebtoken.cjs';

declare function JwksRsa(options: JwksRsa.Options): JwksRsa.JwksClient;

declare namespace JwksRsa {
  class JwksClient {
    constructor(options: Options);

    /** Asks the endpoint, and returns the members of `keys` as it wrote them. */
    getKeys(): Promise<unknown>;
    /** Asks the endpoint, and returns all its keys that can verify. */
    getSigningKeys(): Promise<SigningKey[]>;
    /** The key of a kid; works apart from the client, too. */
    getSigningKey(kid?: string | null | undefined): Promise<SigningKey>;
    getSigningKey(kid: string | null | undefined, cb: (err: Error | null, key?: SigningKey) => void): void;
  }

  interface Headers {
    [key: string]: string;
  }

  interface OptionsBase {
    /** Limits requests to `jwksRequestsPerMinute`. Default false: those for unknown kids are limited at any rate. */
    rateLimit?: boolean;
    /** Default true; false asks the endpoint at each call. */
    cache?: boolean;
    /** Has no effect: a set has at most 100 keys. */
    cacheMaxEntries?: number;
    /** The longest time in milliseconds for which keys are fresh; the endpoint may shorten it. Default 10 minutes. */
    cacheMaxAge?: number;
    /** How long in milliseconds after that known keys are still handed out while the endpoint fails. Default 0. */
    cacheMaxAgeFallback?: number;
    /** Called where a key is handed out for which `cacheMaxAge` is over. */
    onStaleCacheFallback?(err: Error, kid: string | null | undefined, staleKey: SigningKey): void;
    /** Default 10. */
    jwksRequestsPerMinute?: number;
    /** Has no effect: a `fetcher` can send requests through a proxy. */
    proxy?: string;
    requestHeaders?: Headers;
    /** In milliseconds. Default 30 seconds. */
    timeout?: number;
    /** Is refused: a `fetcher` can use an agent. */
    requestAgent?: HttpAgent | HttpsAgent;
    /** Brings keys that are looked at before the endpoint is asked. */
    getKeysInterceptor?(): Promise<JSONWebKey[]>;
  }

  interface OptionsWithFetcher extends OptionsBase {
    // biome-ignore lint/suspicious/noExplicitAny: code whose document has a type of its own compiles with any alone
    fetcher(jwksUri: string): Promise<{ keys: any }>;
    jwksUri?: string;
  }

  interface OptionsWithUri extends OptionsBase {
    /** https, or http on this machine's loopback. */
    jwksUri: string;
    // biome-ignore lint/suspicious/noExplicitAny: code whose document has a type of its own compiles with any alone
    fetcher?(jwksUri: string): Promise<{ keys: any }>;
  }

  type Options = OptionsWithFetcher | OptionsWithUri;

  interface JSONWebKey {
    kid: string;
    alg: string;
    // biome-ignore lint/suspicious/noExplicitAny: code that reads members of its own compiles with any alone
    [key: string]: any;
  }

  interface CertSigningKey {
    kid: string;
    alg: string;
    getPublicKey(): string;
    publicKey: string;
  }

  interface RsaSigningKey {
    kid: string;
    alg: string;
    getPublicKey(): string;
    rsaPublicKey: string;
  }

  type SigningKey = CertSigningKey | RsaSigningKey;

  type secretType = string | Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: as express-jwt 6 declares it
  type SecretDone = (err: any, secret?: secretType) => void;
  // biome-ignore lint/suspicious/noExplicitAny: as express-jwt 6 declares it
  type SecretCallbackLong = (req: unknown, header: any, payload: any, done: SecretDone) => void;
  // biome-ignore lint/suspicious/noExplicitAny: as express-jwt 6 declares it
  type SecretCallback = (req: unknown, payload: any, done: SecretDone) => void;

  /** As express-jwt from 7 on declares it. */
  type GetVerificationKey = (req: unknown, token: Jwt | undefined) => Secret | undefined | Promise<Secret | undefined>;

  function expressJwtSecret(options: ExpressJwtOptions): SecretCallbackLong & GetVerificationKey;

  function passportJwtSecret(options: ExpressJwtOptions): SecretCallback;

  type ExpressJwtOptions = Options & {
    handleSigningKeyError?: (err: Error | null, cb: (err: Error | null) => void) => void;
  };

  function hapiJwt2Key(options: HapiJwtOptions): (decodedToken: DecodedToken, cb: HapiCallback) => void;

  type HapiJwtOptions = Options & {
    handleSigningKeyError?: (err: Error | null, cb: HapiCallback) => void;
  };

  type HapiCallback = (err: Error | null, publicKey: string, signingKey: SigningKey) => void;

  interface DecodedToken {
    header: TokenHeader;
  }

  interface TokenHeader {
    alg: string;
    kid: string;
  }

  function hapiJwt2KeyAsync(options: HapiJwtOptions): (decodedToken: DecodedToken) => Promise<{ key: string }>;

  function koaJwtSecret(options: KoaJwtOptions): (header: TokenHeader) => Promise<string>;

  type KoaJwtOptions = Options & {
    handleSigningKeyError?(err: Error | null): Promise<void>;
  };

  class ArgumentError extends Error {
    name: 'ArgumentError';
    constructor(message: string);
  }

  class JwksError extends Error {
    name: 'JwksError';
    constructor(message: string);
  }

  class JwksRateLimitError extends Error {
    name: 'JwksRateLimitError';
    constructor(message: string);
  }

  class SigningKeyNotFoundError extends Error {
    name: 'SigningKeyNotFoundError';
    constructor(message: string);
  }
}

export = JwksRsa;
