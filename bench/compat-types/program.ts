// Code of services that use jsonwebtoken and jwks-rsa, as it is written in TypeScript: compat-types.mjs compiles it with the
// declarations of the originals, and with those of the adapters in their place. Nothing here runs.
import { createSecretKey } from 'node:crypto';
import { promisify } from 'node:util';
import { expressjwt } from 'express-jwt';
import jwt, { type Algorithm, type JwtHeader, type JwtPayload, type SigningKeyCallback } from 'jsonwebtoken';
import jwksClient, { type JwksClient, type Options, SigningKeyNotFoundError } from 'jwks-rsa';

const SECRET: jwt.Secret = process.env.JWT_SECRET ?? '';

interface User extends JwtPayload {
  readonly roles: string[];
}

export function issue(sub: string): string {
  const options: jwt.SignOptions = {
    algorithm: 'HS512',
    expiresIn: '1h',
    audience: ['api'],
    header: { alg: 'HS512', kid: 'k' },
  };
  return jwt.sign({ sub, roles: ['admin'] }, SECRET, options);
}

export function issueLater(sub: string): Promise<string> {
  return new Promise((resolve, reject) => {
    jwt.sign({ sub }, { key: 'PEM', passphrase: 'word' }, { algorithm: 'RS256' }, (error, token) =>
      token === undefined ? reject(error) : resolve(token),
    );
  });
}

export function read(token: string): User | undefined {
  const algorithms: Algorithm[] = ['RS256', 'ES256'];
  try {
    return jwt.verify(token, createSecretKey(Buffer.alloc(64)), {
      algorithms,
      issuer: ['a', 'b'],
      maxAge: '2 days',
    }) as User;
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError) console.log(error.expiredAt.getTime(), error.inner.message);
    if (error instanceof jwt.NotBeforeError) console.log(error.date.getTime());
    if (error instanceof jwt.JsonWebTokenError) return undefined;
    throw error;
  }
}

export function readComplete(token: string): string | undefined {
  const complete = jwt.verify(token, Buffer.from(''), { complete: true });
  const { header, payload, signature } = complete;
  const decoded = jwt.decode(token, { complete: true });
  const text: string | JwtPayload | null = jwt.decode(token);
  const json: JwtPayload | null = jwt.decode(token, { json: true });
  return (
    header.kid ??
    signature ??
    decoded?.header.alg ??
    json?.sub ??
    (typeof text === 'string' ? text : payload.sub?.toString())
  );
}

const options: Options = {
  jwksUri: 'https://issuer.example/.well-known/jwks.json',
  cache: true,
  cacheMaxEntries: 5,
  cacheMaxAge: 600_000,
  cacheMaxAgeFallback: 60_000,
  onStaleCacheFallback: (error, kid, key) => console.log(error.message, kid, key.getPublicKey()),
  rateLimit: true,
  jwksRequestsPerMinute: 10,
  requestHeaders: { accept: 'application/json' },
  timeout: 30_000,
  getKeysInterceptor: async () => [{ kid: 'k', alg: 'RS256', kty: 'RSA' }],
};
const client: JwksClient = jwksClient(options);

export function getKey(header: JwtHeader, callback: SigningKeyCallback): void {
  client.getSigningKey(header.kid, (error, key) => callback(error, key?.getPublicKey()));
}

export function check(token: string): void {
  jwt.verify(token, getKey, { audience: /^api/, ignoreExpiration: true }, (error, payload) => {
    if (error) console.log(error.name, error.inner);
    else if (typeof payload === 'object') console.log(payload.sub, payload.anything.at.all);
  });
}

export const verifyLater = promisify<string, jwt.GetPublicKeyOrSecret>(jwt.verify);

export async function keys(): Promise<string[]> {
  const key = await client.getSigningKey('k');
  const pem: string = 'publicKey' in key ? key.publicKey : key.rsaPublicKey;
  try {
    return [pem, ...(await new jwksClient.JwksClient(options).getSigningKeys()).map(({ kid, alg }) => `${kid} ${alg}`)];
  } catch (error) {
    if (error instanceof SigningKeyNotFoundError || error instanceof jwksClient.JwksRateLimitError) return [];
    throw error;
  }
}

export const guard = expressjwt({
  secret: jwksClient.expressJwtSecret({
    ...options,
    handleSigningKeyError: (error, callback) => callback(error),
  }) as jwksClient.GetVerificationKey,
  algorithms: ['RS256'],
});
export const forPassport: jwksClient.SecretCallback = jwksClient.passportJwtSecret(options);
export const forKoa: (header: jwksClient.TokenHeader) => Promise<string> = jwksClient.koaJwtSecret(options);
export const forHapi = jwksClient.hapiJwt2KeyAsync({ fetcher: async () => ({ keys: [] }) });
