// The smoke test of a build, or of src, in plain JavaScript so that Node, Bun and Deno run it as it stands: import, sign, verify,
// refuse, for every algorithm the runtime has.
//
//   node test/support/smoke.mjs [its front door, default dist/index.js] [algorithms that may be missing here, with commas]
//
// Prints one line an algorithm, and ends with an error when anything fails or an unexpected algorithm is missing.

import { Buffer } from 'node:buffer';
import { resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const [, , door = 'dist/index.js', absent = ''] = process.argv;
const jose = await import(pathToFileURL(resolve(door)).href);

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'https://issuer.example', audience: 'api', now: NOW };
const CLAIMS = { iss: EXPECTED.issuer, aud: EXPECTED.audience, sub: 'someone' };

function check(condition, what) {
  if (!condition) throw new Error(what);
}

function refused(run, code) {
  try {
    run();
  } catch (error) {
    if (error instanceof jose.JoseError && error.code === code) return;
    throw new Error(`expected ${code}, got ${error}`, { cause: error });
  }
  throw new Error(`expected ${code}, but it passed`);
}

/** The token with one bit of its signature flipped, still canonical base64url. */
function flip(token) {
  const at = token.lastIndexOf('.') + 1;
  const signature = Buffer.from(token.slice(at), 'base64url');
  signature[5] ^= 1;
  return token.slice(0, at) + signature.toString('base64url');
}

/** What a verifier holds of a key: the key set an issuer publishes, read back from its JSON. */
function published(key) {
  if (key.type === 'secret') return jose.importJwks({ keys: [jose.exportPrivateJwk(key)] }, { secrets: true });
  return jose.importJwks(JSON.stringify({ keys: [jose.exportJwk(key)] }));
}

function roundTrip(key, verifier) {
  const token = jose.signJwt(CLAIMS, key, { expiresIn: '5m', now: NOW });
  check(jose.verifyJwt(token, published(key), EXPECTED).claims.sub === 'someone', 'the claims came back wrong');
  check(jose.verifyJwt(token, verifier, EXPECTED).header.alg === key.alg, 'the header came back wrong');
  check(jose.explainJwt(token, verifier, EXPECTED).valid, 'explainJwt disagrees');
  refused(() => jose.verifyJwt(flip(token), verifier, EXPECTED), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
  refused(() => jose.verifyJwt(token, verifier, { ...EXPECTED, now: NOW + 300 }), 'ERR_JWT_EXPIRED');
  refused(() => jose.verifyJwt(token, verifier, { ...EXPECTED, audience: 'x' }), 'ERR_JWT_CLAIM_VALIDATION_FAILED');
  refused(() => jose.verifyJwt(`${token}=`, verifier, EXPECTED), 'ERR_JWS_INVALID');
  const payload = Buffer.from('a detached payload');
  const detached = jose.signJws(payload, key, { detached: true, b64: false });
  jose.verifyJws(detached, verifier, { payload });
  refused(
    () => jose.verifyJws(detached, verifier, { payload: Buffer.from('x') }),
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  );
}

async function exercise(alg) {
  const key = await jose.generateKey(alg);
  if (key.type === 'secret') return roundTrip(key, key);
  roundTrip(key, key.publicKey());
  roundTrip(jose.importKey(jose.exportPrivateJwk(key)), jose.importKey(jose.exportJwk(key)));
  const options = { alg, passphrase: 'open sesame' };
  const sealed = jose.importKey(jose.exportPrivatePem(key, { passphrase: options.passphrase }), options);
  roundTrip(
    jose.importKey(jose.exportPrivatePem(key), { alg, kid: key.kid }),
    jose.importKey(jose.exportPem(key), { alg }),
  );
  check(jose.thumbprint(sealed) === key.kid, 'the thumbprint changed on the way through PEM');
}

/** A service: its issuer's keys are discovered, a good request goes through, a bad one and an outage do not. */
async function service() {
  const { issuer, audience } = EXPECTED;
  const key = await jose.generateKey('ES256');
  let isUp = true;
  const fetch = async (url) => {
    if (!isUp) return new Response('', { status: 500 });
    const keys = [jose.exportJwk(key)];
    return Response.json(String(url).endsWith('/jwks') ? { keys } : { issuer, jwks_uri: `${issuer}/jwks` });
  };
  const guard = (verifier) => jose.bearerFetch(verifier, (_, jwt) => new Response(jwt.claims.sub));
  const open = () => guard(jose.createVerifier({ issuer, audience, remote: { fetch }, cache: { max: 10 } }));
  const ask = async (handler, token) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await handler(new Request('https://api.example/', { headers }))).status;
  };
  const token = jose.signJwt({ iss: issuer, aud: audience, sub: 'user-1' }, key, { expiresIn: '5m' });
  const handler = open();
  check((await ask(handler, token)) === 200, 'a good token is let through');
  check((await ask(handler, token)) === 200, 'and again, from the cache');
  check((await ask(handler, `${token}A`)) === 401, 'a bad one is not');
  isUp = false;
  check((await ask(open(), token)) === 503, 'and without keys nobody knows');
}

const missing = jose.SIGNATURE_ALGORITHMS.filter((alg) => !jose.isAlgorithmSupported(alg));
const failures = [];
for (const alg of jose.SIGNATURE_ALGORITHMS) {
  if (missing.includes(alg)) {
    console.log(`- ${alg}: not in this runtime`);
    continue;
  }
  try {
    await exercise(alg);
    console.log(`✓ ${alg}`);
  } catch (error) {
    failures.push(alg);
    console.log(
      `✗ ${alg}: ${error?.stack ?? error}${error?.cause ? `\n  cause: ${error.cause?.stack ?? error.cause}` : ''}`,
    );
  }
}
await service();
console.log('✓ a service over discovered keys');
const unexpected = missing.filter((alg) => !absent.split(',').includes(alg));
if (unexpected.length > 0) console.log(`✗ missing here, though expected: ${unexpected.join(', ')}`);
if (failures.length + unexpected.length > 0) process.exit(1);
