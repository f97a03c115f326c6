// One token for each refusal. All but the fault that each is named after is right: signature, key, claims and times.

import { type ClaimFailure, exportJwk, exportPem, type JoseErrorCode } from '../index.ts';
import { claimsOf, type Moment } from './good-tokens.ts';
import { hmac, type TestKey } from './key-pairs.ts';
import type { RefusalName, RefusedToken, TestClaims } from './testing.ts';

/** The parts that the tokens are made of. */
interface Parts {
  readonly header: { readonly alg: string; readonly typ: string; readonly kid: string };
  readonly claims: TestClaims;
  readonly now: number;
  readonly key: TestKey;
  /** A key of an attacker under the same kid. */
  readonly stranger: TestKey;
}

interface Refusal {
  readonly code: JoseErrorCode;
  readonly failure?: ClaimFailure;
  readonly why: string;
  readonly make: (parts: Parts) => string;
}

/** A token whose claims differ, correctly signed. */
function ofClaims(reason: ClaimFailure, why: string, change: (parts: Parts) => TestClaims): Refusal {
  const code = reason.reason === 'expired' ? 'ERR_JWT_EXPIRED' : 'ERR_JWT_CLAIM_VALIDATION_FAILED';
  const make = (parts: Parts) => signed(parts.header, { ...parts.claims, ...change(parts) }, parts.key);
  return { code, failure: reason, why, make };
}

const HOUR = 3_600;

const REFUSALS: Readonly<Record<RefusalName, Refusal>> = {
  expired: ofClaims({ claim: 'exp', reason: 'expired' }, 'expired an hour ago (RFC 7519 §4.1.4)', ({ now }) => ({
    iat: now - 2 * HOUR,
    exp: now - HOUR,
  })),
  'not-yet-valid': ofClaims(
    { claim: 'nbf', reason: 'too-early' },
    'is valid only from an hour from now (RFC 7519 §4.1.5)',
    ({ now }) => ({
      nbf: now + HOUR,
      exp: now + 2 * HOUR,
    }),
  ),
  'no-expiry': ofClaims({ claim: 'exp', reason: 'missing' }, 'never expires (RFC 9068 §2.2)', () => ({
    exp: undefined,
  })),
  'expiry-as-text': ofClaims(
    { claim: 'exp', reason: 'type' },
    'has an exp that is text (RFC 7519 §4.1.4)',
    ({ claims }) => ({
      exp: String(claims.exp),
    }),
  ),
  'wrong-issuer': ofClaims(
    { claim: 'iss', reason: 'mismatch' },
    'has an iss that only begins with the right one (RFC 8725 §3.8)',
    ({ claims }) => ({ iss: `${claims.iss}.attacker.example` }),
  ),
  'issuer-slash': ofClaims(
    { claim: 'iss', reason: 'mismatch' },
    'has an iss with a slash at its end too many or too few (RFC 7519 §7.3)',
    ({ claims }) => ({ iss: `${claims.iss}/`.replace(/\/\/$/, '') }),
  ),
  'no-issuer': ofClaims({ claim: 'iss', reason: 'missing' }, 'has no iss (RFC 8725 §3.8)', () => ({ iss: undefined })),
  'wrong-audience': ofClaims(
    { claim: 'aud', reason: 'mismatch' },
    'is for another service (RFC 7519 §4.1.3)',
    ({ claims }) => ({ aud: `not-${[claims.aud].flat().join('-or-')}` }),
  ),
  'no-audience': ofClaims({ claim: 'aud', reason: 'missing' }, 'has no aud (RFC 8725 §3.9)', () => ({
    aud: undefined,
  })),
  'wrong-typ': {
    code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    failure: { claim: 'header.typ', reason: 'mismatch' },
    why: 'is of another type (RFC 8725 §3.11)',
    make: ({ header, claims, key }) =>
      signed({ ...header, typ: /^(?:application\/)?jwt$/i.test(header.typ) ? 'logout+jwt' : 'JWT' }, claims, key),
  },
  'forged-signature': {
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    why: 'is signed by another key under the same kid (RFC 7515 §5.2)',
    make: ({ header, claims, stranger }) => signed(header, claims, stranger),
  },
  'changed-claims': {
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    why: 'has a sub that was changed after it was signed (RFC 7515 §5.2)',
    make: ({ header, claims, key }) => {
      const [, , signature] = signed(header, claims, key).split('.');
      return `${textOf(header)}.${textOf({ ...claims, sub: `not-${claims.sub}` })}.${signature}`;
    },
  },
  'alg-none': {
    code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    why: 'has alg none, and no signature (RFC 8725 §3.2)',
    make: ({ header, claims }) => `${textOf({ ...header, alg: 'none' })}.${textOf(claims)}.`,
  },
  'hs256-public-key': {
    code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    why: 'has alg HS256, with the text of the public key as the secret (RFC 8725 §2.1)',
    make: ({ header, claims, key }) => {
      const input = `${textOf({ ...header, alg: 'HS256' })}.${textOf(claims)}`;
      return `${input}.${hmac(input, exportPem(key.key.publicKey())).toString('base64url')}`;
    },
  },
  'other-algorithm': {
    code: 'ERR_JWKS_NO_MATCHING_KEY',
    why: 'has another alg than its key (RFC 8725 §3.1)',
    make: ({ header, claims, key }) =>
      signed({ ...header, alg: header.alg === 'RS256' ? 'PS256' : 'RS256' }, claims, key),
  },
  'unknown-kid': {
    code: 'ERR_JWKS_NO_MATCHING_KEY',
    why: 'is signed by a key that was never published (RFC 7515 §4.1.4)',
    make: ({ header, claims, stranger }) => signed({ ...header, kid: 'unknown' }, claims, stranger),
  },
  'embedded-key': {
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    why: 'brings the key of its signature in jwk (RFC 8725 §3.1)',
    make: ({ header, claims, stranger }) =>
      signed({ ...header, jwk: exportJwk(stranger.key.publicKey()) }, claims, stranger),
  },
  'key-url': {
    code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    why: 'names the place of its key in jku (RFC 8725 §3.10)',
    make: ({ header, claims, stranger }) =>
      signed({ ...header, jku: 'https://attacker.example/jwks.json' }, claims, stranger),
  },
  'unknown-crit': {
    code: 'ERR_JOSE_NOT_SUPPORTED',
    why: 'has a critical parameter that nobody defines (RFC 7515 §4.1.11)',
    make: ({ header, claims, key }) => signed({ ...header, crit: ['x-test'], 'x-test': true }, claims, key),
  },
  'duplicate-claim': {
    code: 'ERR_JWT_INVALID',
    why: 'has its exp twice (RFC 7519 §4)',
    make: ({ header, claims, key }) => signed(header, JSON.stringify(claims).replace('{', '{"exp":4102444800,'), key),
  },
  'claims-no-object': {
    code: 'ERR_JWT_INVALID',
    why: 'has an array for claims (RFC 7519 §7.2)',
    make: ({ header, claims, key }) => signed(header, JSON.stringify([claims]), key),
  },
  padded: {
    code: 'ERR_JWS_INVALID',
    why: 'has padding after its signature (RFC 7515 §2)',
    make: ({ header, claims, key }) => `${signed(header, claims, key)}=`,
  },
  'two-parts': {
    code: 'ERR_JWS_INVALID',
    why: 'has lost its signature (RFC 7515 §7.1)',
    make: ({ header, claims }) => `${textOf(header)}.${textOf(claims)}`,
  },
  opaque: { code: 'ERR_JWS_INVALID', why: 'is no JWT (RFC 7519 §7.2)', make: () => 'opaque' },
};

/** The tokens for now and the newest key. */
export function refusedTokens({ settings, keys, now }: Moment): readonly RefusedToken[] {
  const { newest, stranger } = keys;
  const { algorithm: alg, typ } = settings;
  const parts: Parts = {
    header: { alg, typ: typ ?? 'JWT', kid: newest.kid },
    claims: { ...claimsOf(settings), iat: now, exp: now + 300 },
    now,
    key: newest,
    stranger,
  };
  const names = Object.entries(REFUSALS).filter(([name]) => name !== 'wrong-typ' || typ !== undefined);
  return names.map(([name, { code, failure, why, make }]) => ({
    name: name as RefusalName,
    token: make(parts),
    code,
    failure,
    why,
  }));
}

function signed(header: object, payload: object | string, key: TestKey): string {
  const input = `${textOf(header)}.${textOf(payload)}`;
  return `${input}.${key.signText(input).toString('base64url')}`;
}

/** The base64url text of a JSON text, or of a value as JSON. */
function textOf(value: object | string): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}
