// Eight tokens that must be refused: how each is made, and the code that must refuse it.
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

/** What the issuer signs with, what it says, and when. */
export interface TokenTemplate {
  readonly keys: readonly [rsa: Key, ec: Key, ed: Key];
  readonly claims: JwtClaims;
  readonly now: number;
}

export interface BadToken {
  readonly name: string;
  /** How it came about. */
  readonly description: string;
  readonly token: string;
  readonly code: JoseErrorCode;
}

/** In the order in which the tour shows them. */
export async function createBadTokens({
  keys: [rsa, ec, ed],
  claims,
  now,
}: TokenTemplate): Promise<readonly BadToken[]> {
  const fresh = { expiresIn: '5m', now } as const;
  const good = signJwt(claims, ec, fresh);
  const { iat: _, ...said } = readUnverifiedJwt(good).claims;
  const stranger = await generateKey('ES256', { kid: 'stranger' });
  return [
    {
      name: 'expired',
      description: 'signed an hour ago, good for five minutes',
      token: signJwt(claims, rsa, { ...fresh, now: now - 3_600 }),
      code: 'ERR_JWT_EXPIRED',
    },
    {
      name: 'wrong audience',
      description: 'meant for another service of the same issuer',
      token: signJwt({ ...claims, aud: 'billing' }, ed, fresh),
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    },
    {
      name: 'unknown kid',
      description: "signed with a stranger's key, which names itself",
      token: signJwt(claims, stranger, fresh),
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    },
    {
      name: 'alg none',
      description: 'the header says that no signature is needed',
      token: `${encodeSegment({ alg: 'none', kid: ec.kid })}.${payloadSegment(good)}.`,
      code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    },
    {
      name: 'HS256 confusion',
      description: 'the public RSA key, known to all, used as an HMAC secret',
      token: await signWithHmac(
        exportPem(rsa),
        `${encodeSegment({ alg: 'HS256', kid: rsa.kid })}.${payloadSegment(good)}`,
      ),
      code: 'ERR_JOSE_ALG_NOT_ALLOWED',
    },
    {
      name: 'tampered payload',
      description: 'sub changed to admin, the signature kept',
      token: withPayload(good, { ...said, sub: 'admin' }),
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    },
    {
      name: 'one bit flipped',
      description: 'a good token but for one bit of its signature',
      token: withBitFlipped(good),
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    },
    {
      name: 'duplicate member',
      description: 'truly signed, but it says sub twice: readers differ on which counts',
      token: signJws(Buffer.from(withDuplicateMember(said, 'sub', 'admin')), ec),
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

/** By WebCrypto: importSecret refuses a public key as a secret. */
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

/** JSON text of an object with one more member at its end, whose name it has already. */
function withDuplicateMember(claims: JwtClaims, name: string, value: string): string {
  return `${JSON.stringify(claims).slice(0, -1)},"${name}":${JSON.stringify(value)}}`;
}
