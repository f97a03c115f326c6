// An issuer on loopback with a key of each algorithm that this Node.js has, and its tokens: good ones, and ones to be refused.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJwk, generateKey, isAlgorithmSupported, SIGNATURE_ALGORITHMS, signJwt } from '../../dist/index.js';

export const AUDIENCE = 'api';
export const ASYMMETRIC = SIGNATURE_ALGORITHMS.filter((alg) => !alg.startsWith('HS') && isAlgorithmSupported(alg));

const EXPIRY = { expiresIn: '5m' };

/** Starts an issuer. `close` ends it. */
export async function startIssuer() {
  const keys = await Promise.all(ASYMMETRIC.map((alg) => generateKey(alg)));
  const server = createServer(({ url }, response) => {
    const document =
      url === '/jwks' ? { keys: keys.map((key) => exportJwk(key)) } : { issuer, jwks_uri: `${issuer}/jwks` };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(document));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const sign = (key, claims, options) =>
    signJwt({ iss: issuer, aud: AUDIENCE, sub: 'user-1', ...claims }, key, { ...EXPIRY, ...options });
  const tokens = keys.map((key) => tokensOf(key, sign));
  return { issuer, tokens, sign: (claims) => sign(keys[0], claims), close: () => server.close() };
}

/** A good token of a key, and tokens that are refused for one reason each. */
function tokensOf(key, sign) {
  const good = withS(() => sign(key), key.alg === 'ES256K' ? 'low' : 'any');
  const [header, payload, signature] = good.split('.');
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', kid: key.kid })).toString('base64url');
  const changed = signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
  const bad = [
    `${header}.${payload}.${changed}`,
    `${header}.${payload}.${signature.slice(4)}`,
    `${good}A`,
    `${unsigned}.${payload}.`,
    sign(key, { aud: 'other' }),
    sign(key, {}, { now: 1_700_000_000 }),
  ];
  return { alg: key.alg, good, bad, highS: key.alg === 'ES256K' ? withS(() => sign(key), 'high') : undefined };
}

/** A token with an s below or above half the order of secp256k1: JWA knows no difference, some libraries do. */
function withS(sign, half) {
  for (;;) {
    const token = sign();
    const isHigh = Buffer.from(token.split('.')[2], 'base64url')[32] >= 0x80;
    if (half === 'any' || isHigh === (half === 'high')) return token;
  }
}
