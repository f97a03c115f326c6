// jwks-rsa over barejose: `require('barejose/compat/jwks-rsa')` in its place. What behaves otherwise: README.md here.
import { JwksClient } from './jwks-rsa-client.ts';
import { ArgumentError, JwksError, JwksRateLimitError, SigningKeyNotFoundError } from './jwks-rsa-errors.ts';
import {
  expressJwtSecret,
  hapiJwt2Key,
  hapiJwt2KeyAsync,
  koaJwtSecret,
  passportJwtSecret,
} from './jwks-rsa-providers.ts';

/** The module: a function that makes a client, with members that tests may replace. */
const jwksRsa = /* @__PURE__ */ Object.assign((options?: unknown): JwksClient => new JwksClient(options), {
  JwksClient,
  ArgumentError,
  JwksError,
  JwksRateLimitError,
  SigningKeyNotFoundError,
  expressJwtSecret,
  hapiJwt2Key,
  hapiJwt2KeyAsync,
  koaJwtSecret,
  passportJwtSecret,
});

// By the last name, `require` of this ES module returns the function itself.
export {
  ArgumentError,
  expressJwtSecret,
  hapiJwt2Key,
  hapiJwt2KeyAsync,
  JwksClient,
  JwksError,
  JwksRateLimitError,
  jwksRsa as default,
  jwksRsa as 'module.exports',
  koaJwtSecret,
  passportJwtSecret,
  SigningKeyNotFoundError,
};
