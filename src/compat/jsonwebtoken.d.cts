// The declarations of the adapter, by hand: they compile where those of @types/jsonwebtoken 9 did, with the same names.
import type { createPrivateKey, createPublicKey, KeyObject } from 'node:crypto';

/** The token, or the key for it, was refused. */
export class JsonWebTokenError extends Error {
  /** The error of barejose that led to this one, where there is one. */
  inner: Error;
  constructor(message: string, error?: Error);
}
export class TokenExpiredError extends JsonWebTokenError {
  expiredAt: Date;
  constructor(message: string, expiredAt: Date);
}
export class NotBeforeError extends JsonWebTokenError {
  date: Date;
  constructor(message: string, date: Date);
}
export type VerifyErrors = JsonWebTokenError | NotBeforeError | TokenExpiredError;

/** 'none' is refused at run time; EdDSA, ES256K and ML-DSA are beyond the original. */
export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256K'
  | 'EdDSA'
  | 'Ed25519'
  | 'Ed448'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'
  | 'none';

export interface SignOptions {
  /** Default HS256. */
  algorithm?: Algorithm | undefined;
  keyid?: string | undefined;
  /** A number of seconds, or text such as '2 days'; text without a unit is milliseconds. */
  expiresIn?: string | number;
  notBefore?: string | number | undefined;
  audience?: string | string[] | undefined;
  subject?: string | undefined;
  issuer?: string | undefined;
  jwtid?: string | undefined;
  mutatePayload?: boolean | undefined;
  noTimestamp?: boolean | undefined;
  /** Its alg wins over `algorithm`. */
  header?: JwtHeader | undefined;
  encoding?: string | undefined;
  /** Has no effect: RSA needs 2048 bits. */
  allowInsecureKeySizes?: boolean | undefined;
  /** Has no effect: a key signs with its own algorithm. */
  allowInvalidAsymmetricKeyTypes?: boolean | undefined;
}

export interface VerifyOptions {
  algorithms?: Algorithm[] | undefined;
  audience?: string | RegExp | [string | RegExp, ...(string | RegExp)[]] | undefined;
  /** In seconds. */
  clockTimestamp?: number | undefined;
  /** In seconds. */
  clockTolerance?: number | undefined;
  complete?: boolean | undefined;
  issuer?: string | [string, ...string[]] | undefined;
  ignoreExpiration?: boolean | undefined;
  ignoreNotBefore?: boolean | undefined;
  jwtid?: string | undefined;
  nonce?: string | undefined;
  subject?: string | undefined;
  /** A number of seconds, or text such as '2 days'. */
  maxAge?: string | number | undefined;
  allowInvalidAsymmetricKeyTypes?: boolean | undefined;
}

export interface DecodeOptions {
  complete?: boolean | undefined;
  json?: boolean | undefined;
}

export interface JwtHeader {
  alg: string | Algorithm;
  typ?: string | undefined;
  cty?: string | undefined;
  crit?: Array<string | Exclude<keyof JwtHeader, 'crit'>> | undefined;
  kid?: string | undefined;
  jku?: string | undefined;
  x5u?: string | string[] | undefined;
  'x5t#S256'?: string | undefined;
  x5t?: string | undefined;
  x5c?: string | string[] | undefined;
}

export interface JwtPayload {
  // biome-ignore lint/suspicious/noExplicitAny: code that reads claims of its own compiles with any alone
  [key: string]: any;
  iss?: string | undefined;
  sub?: string | undefined;
  aud?: string | string[] | undefined;
  exp?: number | undefined;
  nbf?: number | undefined;
  iat?: number | undefined;
  jti?: string | undefined;
}

export interface Jwt {
  header: JwtHeader;
  payload: JwtPayload | string;
  signature: string;
}

export type VerifyCallback<T = Jwt | JwtPayload | string> = (
  error: VerifyErrors | null,
  decoded?: T | undefined,
) => void;
export type SignCallback = (error: Error | null, encoded?: string | undefined) => void;
export type SigningKeyCallback = (error: Error | null, signingKey?: Secret | PublicKey) => void;
export type GetPublicKeyOrSecret = (header: JwtHeader, callback: SigningKeyCallback) => void;

export type PublicKey = Parameters<typeof createPublicKey>[0];
export type PrivateKey = Parameters<typeof createPrivateKey>[0];
export type Secret = string | Buffer | KeyObject | { key: string | Buffer; passphrase: string };

type Payload = string | Buffer | object;
type SigningKey = Secret | PrivateKey;
type VerifyingKey = Secret | PublicKey;

export function sign(payload: Payload, secretOrPrivateKey: SigningKey, options?: SignOptions): string;
export function sign(payload: Payload, secretOrPrivateKey: null, options?: SignOptions & { algorithm: 'none' }): string;
export function sign(payload: Payload, secretOrPrivateKey: SigningKey, callback: SignCallback): void;
export function sign(
  payload: Payload,
  secretOrPrivateKey: SigningKey,
  options: SignOptions,
  callback: SignCallback,
): void;
export function sign(
  payload: Payload,
  secretOrPrivateKey: null,
  options: SignOptions & { algorithm: 'none' },
  callback: SignCallback,
): void;

export function verify(token: string, key: VerifyingKey, options: VerifyOptions & { complete: true }): Jwt;
export function verify(
  token: string,
  key: VerifyingKey,
  options?: VerifyOptions & { complete?: false },
): JwtPayload | string;
export function verify(token: string, key: VerifyingKey, options?: VerifyOptions): Jwt | JwtPayload | string;
export function verify(
  token: string,
  key: VerifyingKey | GetPublicKeyOrSecret,
  callback?: VerifyCallback<JwtPayload | string>,
): void;
export function verify(
  token: string,
  key: VerifyingKey | GetPublicKeyOrSecret,
  options: VerifyOptions & { complete: true },
  callback?: VerifyCallback<Jwt>,
): void;
export function verify(
  token: string,
  key: VerifyingKey | GetPublicKeyOrSecret,
  options?: VerifyOptions & { complete?: false },
  callback?: VerifyCallback<JwtPayload | string>,
): void;
export function verify(
  token: string,
  key: VerifyingKey | GetPublicKeyOrSecret,
  options?: VerifyOptions,
  callback?: VerifyCallback,
): void;

export function decode(token: string, options: DecodeOptions & { complete: true }): null | Jwt;
export function decode(token: string, options: DecodeOptions & { json: true }): null | JwtPayload;
export function decode(token: string, options?: DecodeOptions): null | JwtPayload | string;
