// The peers that fetch keys, each set up as its own documentation shows, with nothing tuned; and ours the same.
// A candidate is (issuer) → (token) → Promise of the claims.
import { JwtVerifier } from 'aws-jwt-verify';
import fastJwt from 'fast-jwt';
import buildGetJwks from 'get-jwks';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import jwksClient from 'jwks-rsa';
import { createVerifier, remoteJwks } from '../dist/index.js';
import { seconds } from './clock.mjs';
import { AUDIENCE } from './fixtures.mjs';
import { versionOf } from './versions.mjs';

export const OURS = 'barejose';

export const CANDIDATES = {
  jose: byJose,
  'jwks-rsa': byJwksRsa,
  'get-jwks': byGetJwks,
  'aws-jwt-verify': byAws,
  [OURS]: byBarejose,
};

/** Its README: "Remote JSON Web Key Set". */
function byJose({ url, jwksUrl }) {
  const keys = createRemoteJWKSet(new URL(jwksUrl));
  return async (token) => (await jwtVerify(token, keys, { issuer: url, audience: AUDIENCE })).payload;
}

/** Its examples: the cache, which is on by default, and `rateLimit: true` with the default of ten requests a minute. */
function byJwksRsa({ url, jwksUrl }) {
  const client = jwksClient({ jwksUri: jwksUrl, cache: true, rateLimit: true });
  const getKey = (header, callback) => {
    client.getSigningKey(header.kid).then(
      (key) => callback(null, key.getPublicKey()),
      (error) => callback(error),
    );
  };
  const options = { issuer: url, audience: AUDIENCE, algorithms: ['RS256'] };
  return (token) =>
    new Promise((resolve, reject) => {
      jsonwebtoken.verify(token, getKey, options, (error, claims) => (error ? reject(error) : resolve(claims)));
    });
}

/** Its README: "fast-jwt". */
function byGetJwks({ url }) {
  const getJwks = buildGetJwks({ issuersWhitelist: [url] });
  return fastJwt.createVerifier({
    key: ({ header }) => getJwks.getPublicKey({ kid: header.kid, alg: header.alg, domain: url }),
    algorithms: ['RS256'],
    allowedIss: url,
    allowedAud: AUDIENCE,
  });
}

/** Its README: "Verifying JWTs from any OIDC-compatible IDP"; SimpleJwksCache over SimpleFetcher is what it takes by itself. */
function byAws({ url, jwksUrl }) {
  const verifier = JwtVerifier.create({ issuer: url, audience: AUDIENCE, jwksUri: jwksUrl });
  return (token) => verifier.verify(token);
}

function byBarejose({ url, jwksUrl }) {
  const keys = remoteJwks(jwksUrl, { clock: seconds });
  const verifier = createVerifier({ issuer: url, audience: AUDIENCE, keys, clock: seconds });
  return async (token) => (await verifier.verify(token)).claims;
}

/** The versions measured, of the peers and of what they verify with. */
export const VERSIONS = Object.fromEntries(
  ['jose', 'jwks-rsa', 'jsonwebtoken', 'get-jwks', 'fast-jwt', 'aws-jwt-verify'].map((name) => [name, versionOf(name)]),
);
