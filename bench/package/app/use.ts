// What a TypeScript user writes: compiled, not run, under each compiler and each way of finding modules.

import {
  createVerifier,
  type Expected,
  generateKey,
  isVerifiedJwt,
  JoseError,
  type Key,
  type KeySet,
  remoteJwks,
  signJwt,
  type VerifiedJwt,
  verifyJwt,
} from 'barejose';
import { decode, type JwtPayload } from 'barejose/compat/jsonwebtoken';
import { JwksClient, type Options } from 'barejose/compat/jwks-rsa';
import { importJwks } from 'barejose/jwks/import';
import { verifyJwt as alone } from 'barejose/jwt/verify';
import { type RefusedToken, testIssuer } from 'barejose/testing';

const expected: Expected = { issuer: 'https://issuer.example', audience: 'api' };

export async function trip(): Promise<VerifiedJwt> {
  const key: Key = await generateKey('ES256');
  return alone(signJwt({ sub: 'someone' }, key, { expiresIn: '5m' }), key, expected);
}

export function read(token: string, set: string): string | undefined {
  const keys: KeySet = importJwks(set);
  try {
    const jwt: VerifiedJwt = verifyJwt(token, keys, expected);
    return isVerifiedJwt(jwt) ? jwt.claims.sub : undefined;
  } catch (error) {
    if (error instanceof JoseError && error.code === 'ERR_JWT_EXPIRED') return undefined;
    throw error;
  }
}

// @ts-expect-error: without the declarations everything would be any, and this no error
verifyJwt(1);

export const verifier = createVerifier({ ...expected, keys: remoteJwks('https://issuer.example/jwks.json') });

const issuer = testIssuer({ issuer: 'https://issuer.example', audience: 'api' });
export const tested = createVerifier(issuer.verifierOptions);
export const publicKey: Key = issuer.publicKey;
export const refused: readonly RefusedToken[] = issuer.refusals();
const options: Options = { jwksUri: 'https://issuer.example/jwks.json' };
export const pem: Promise<string> = new JwksClient(options).getSigningKey('k').then((key) => key.getPublicKey());
export const claims: JwtPayload | null = decode('a.b.c', { json: true });

// @ts-expect-error: the declarations of the adapters are read as well
decode(1);
