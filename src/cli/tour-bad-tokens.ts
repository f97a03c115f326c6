// Creates eight tokens that a service must refuse, each with the error code that must refuse it.
import {
  exportPem,
  generateKey,
  type JoseErrorCode,
  type JwtClaims,
  type Key,
  readUnverifiedJwt,
  signJws,
  signJwt,
} from '../index.ts';

/** The keys, claims and time of the issuer's valid tokens. */
export interface TokenTemplate {
  readonly keys: readonly [rsa: Key, ec: Key, ed: Key];
  readonly claims: JwtClaims;
  readonly now: number;
}

export interface BadToken {
  readonly name: string;
  /** How the token was made. */
  readonly description: string;
  readonly token: string;
  readonly code: JoseErrorCode;
}

/** Creates them in the order of the tour. */
export async function createBadTokens({
  keys: [rsa, ec, ed],
  claims,
  now,
}: TokenTemplate): Promise<readonly BadToken[]> {
  const fresh = { expiresIn: '5m', now } as const;
  const good = signJwt(claims, ec, fresh);
  const { iat: _, ...claimsOfGood } = readUnverifiedJwt(good).claims;
  const stranger = await generateKey('ES256', { kid: 'stranger' });
  return [
    {
      name: 'expired',
      description: 'signed an hour ago, valid for five minutes',
      token: signJwt(claims, rsa, { ...fresh, now: now - 3_600 }),
      code: 'ERR_JWT_EXPIRED',
    },
    {
      name: 'wrong audience',
      description: 'issued for another service of the same issuer',
      token: signJwt({ ...claims, aud: 'billing' }, ed, fresh),
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    },
    {
      name: 'unknown kid',
      description: "signed with a stranger's key, under its own kid",
      token: signJwt(claims, stranger, fresh),
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    },
    {
      name: 'alg none',
      description: 'the header claims that no signature is needed',
      token: `${encodeSegment({ alg: 'none', kid: ec.kid })}.${payloadSegment(good)}.`,
      code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    },
    {
      name: 'HS256 confusion',
      description: 'the public RSA key used as an HMAC secret',
      token: await signWithHmac(
        exportPem(rsa),
        `${encodeSegment({ alg: 'HS256', kid: rsa.kid })}.${payloadSegment(good)}`,
      ),
      code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    },
    {
      name: 'tampered payload',
      description: 'sub changed to admin, under the old signature',
      token: withPayload(good, { ...claimsOfGood, sub: 'admin' }),
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    },
    {
      name: 'one bit flipped',
      description: 'one bit of a valid signature changed',
      token: withBitFlipped(good),
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    },
    {
      name: 'duplicate member',
      description: 'validly signed, but with sub twice, and parsers differ on which counts',
      token: signJws(Buffer.from(withDuplicateMember(claimsOfGood, 'sub', 'admin')), ec),
      code: 'ERR_JWT_INVALID',
    },
  ];
}

function encodeSegment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function payloadSegment(token: string): string {
  return token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'));
}

function withPayload(token: string, claims: JwtClaims): string {
  return token.replace(payloadSegment(token), encodeSegment(claims));
}

/** Signs by WebCrypto, because importSecret refuses a public key as a secret. */
async function signWithHmac(secret: string, input: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const mac = await crypto.subtle.sign('HMAC', key, Buffer.from(input));
  return `${input}.${Buffer.from(mac).toString('base64url')}`;
}

function withBitFlipped(token: string): string {
  const start = token.lastIndexOf('.') + 1;
  const signature = Buffer.from(token.slice(start), 'base64url');
  signature.writeUInt8(signature.readUInt8(7) ^ 1, 7);
  return token.slice(0, start) + signature.toString('base64url');
}

/** Returns the JSON text of an object with a second member of a name that it already has. */
function withDuplicateMember(claims: JwtClaims, name: string, value: string): string {
  return `${JSON.stringify(claims).slice(0, -1)},"${name}":${JSON.stringify(value)}}`;
}
