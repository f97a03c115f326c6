// The declarations of the adapter of jwks-rsa, in each way that code imports it.

import type { GetPublicKeyOrSecret } from '../../src/compat/jsonwebtoken.cjs';
import jwksClient, { expressJwtSecret, type Options, passportJwtSecret } from '../../src/compat/jwks-rsa.cjs';

const options: Options = { jwksUri: 'https://issuer.example/jwks', cache: true, rateLimit: true };
const client: jwksClient.JwksClient = jwksClient(options);
export const other: jwksClient.JwksClient = new jwksClient.JwksClient({
  jwksUri: '',
  timeout: 30_000,
  requestHeaders: { a: 'b' },
});
export const getKey: GetPublicKeyOrSecret = (header, callback) =>
  client.getSigningKey(header.kid, (error, key) => callback(error, key?.getPublicKey()));
export const pem: Promise<string> = client.getSigningKey('a').then((key) => key.getPublicKey());
export const names: Promise<string[]> = client.getSigningKeys().then((keys) => keys.map(({ kid }) => kid));
export const provider: jwksClient.GetVerificationKey = expressJwtSecret({
  ...options,
  handleSigningKeyError: (error, callback) =>
    callback(error instanceof jwksClient.SigningKeyNotFoundError ? null : error),
});
export const passport: jwksClient.SecretCallback = passportJwtSecret(options);
export const koa: Promise<string> = jwksClient.koaJwtSecret(options)({ alg: 'RS256', kid: 'a' });
jwksClient({ fetcher: async () => ({ keys: [] }) });

jwksClient({ rateLimit: true }); // must not compile: where the keys are must be said
client.getSigningKey(5); // must not compile: a kid is text
