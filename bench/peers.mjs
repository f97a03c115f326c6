// The peers, each set up once in the way its own documentation recommends for speed, without a cache of verified tokens.
import { JwtVerifier } from 'aws-jwt-verify';
import fastJwt from 'fast-jwt';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { AUDIENCE, ISSUER } from './fixtures.mjs';

/** Told beside jose's own row, never judged: its operations run on other threads and can overlap. */
export const OVERLAPPED = 'jose, 8 at once';
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];

/** name → candidate of `measure`, for verification; each takes the token's index and returns the claims. */
export async function peerVerifiers(key, tokens) {
  const { alg } = key;
  const token = (i) => tokens[i % tokens.length];
  const joseKey = await joseKeyOf(key, key.jwk, 'verify');
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg] };
  const byJose = async (i) => (await jwtVerify(token(i), joseKey, options)).payload;
  const peers = {
    jose: { call: byJose, asynchronous: true },
    [OVERLAPPED]: {
      call: async (i) => (await Promise.all(EIGHT.map((offset) => byJose(i + offset))))[0],
      asynchronous: true,
      each: 8,
    },
    'fast-jwt': fastJwtVerifier(key, token),
  };
  if (alg !== 'EdDSA') {
    peers.jsonwebtoken = (i) => jsonwebtoken.verify(token(i), key.publicKey, options);
  }
  if (alg !== 'PS256' && alg !== 'HS256') {
    const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}jwks.json` });
    verifier.cacheJwks({ keys: [key.jwk] });
    peers['aws-jwt-verify'] = (i) => verifier.verifySync(token(i));
  }
  return peers;
}

function fastJwtVerifier(key, token) {
  const verify = fastJwt.createVerifier({
    key: key.pem ?? key.secret,
    algorithms: [key.alg],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: false,
  });
  return (i) => verify(token(i));
}

/** name → candidate, for signing the same claims with a lifetime of an hour. */
export async function peerSigners(key, claims) {
  const { alg, kid } = key;
  const joseKey = await joseKeyOf(key, key.privateJwk ?? key.jwk, 'sign');
  const sign = fastJwt.createSigner({ key: key.privatePem ?? key.secret, algorithm: alg, kid, expiresIn: 3_600_000 });
  const peers = {
    jose: {
      call: () =>
        new SignJWT(claims)
          .setProtectedHeader({ alg, typ: 'JWT', kid })
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(joseKey),
      asynchronous: true,
    },
    'fast-jwt': () => sign(claims),
  };
  if (alg !== 'EdDSA') {
    peers.jsonwebtoken = () =>
      jsonwebtoken.sign(claims, key.privateKey, { algorithm: alg, keyid: kid, expiresIn: '1h' });
  }
  return peers;
}

/** jose's own best: a CryptoKey imported beforehand. */
function joseKeyOf({ alg, secret }, jwk, usage) {
  if (!secret) return importJWK(jwk, alg);
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [usage]);
}
