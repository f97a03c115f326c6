// Good tokens of a test issuer, written by the library itself.

import { type JwtClaims, signJwt } from '../index.ts';
import type { TestKeys } from './keys.ts';
import { isPlain, isText, readMembers, type TestSettings } from './options.ts';
import type { TestClaims, TestTokenOptions } from './testing.ts';

/** A test issuer at one instant. */
export interface Moment {
  readonly settings: TestSettings;
  readonly keys: TestKeys;
  readonly now: number;
}

const isAny = () => true; // signJwt checks these
const RULES = {
  expiresIn: [isAny, ''],
  notBefore: [isAny, ''],
  typ: [isAny, ''],
  header: [isAny, ''],
  kid: [isText, "a string such as 'key-1'"],
} as const;

/** @throws TypeError for the arguments */
export function signToken({ settings, keys, now }: Moment, claims?: TestClaims, options?: TestTokenOptions): string {
  if (claims !== undefined && !isPlain(claims)) throw new TypeError('claims must be a plain object');
  const { kid, typ = settings.typ ?? 'JWT', ...given } = readMembers<TestTokenOptions>(options, RULES, 'options');
  const all: JwtClaims = Object.assign({}, claimsOf(settings), claims);
  const { expiresIn = all.exp === undefined ? '5m' : null } = given;
  const { key } = kid === undefined ? keys.newest : keys.byKid(kid);
  return signJwt(all, key, { ...given, expiresIn, typ, now });
}

/** The claims of each token, but for its times. */
export function claimsOf({ issuer, audience, claims }: TestSettings): TestClaims {
  return { iss: issuer, aud: audience, sub: 'user-1', ...claims };
}
