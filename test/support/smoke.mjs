// The smoke test of a build, or of src, in plain JavaScript so that Node, Bun and Deno run it as it stands: import, sign, verify,
// refuse, for every algorithm the runtime has; then a service over discovered keys, an issuer with its endpoint, and encryption.
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

async function rejected(promise, code) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  check(error instanceof jose.JoseError && error.code === code, `expected ${code}, got ${error}`);
}

/** An issuer's life in a few days: its keys through its endpoint, a rotation, a revocation; sealed, over two instances. */
async function ownIssuer() {
  const { issuer: name, audience } = EXPECTED;
  const DAY = 86_400;
  let now = NOW;
  const clock = () => now;
  const store = jose.memoryStore();
  const seal = jose.createSeal(new Uint8Array(32).fill(7));
  const settings = { issuer: name, store, seal, clock, policy: { maxTokenLifetime: '3d', clockSkew: '1m' } };
  const issuer = await jose.createIssuer(settings);
  const other = await jose.createIssuer({ issuer: name, store, seal, clock, pool: 'always' });
  check(!String((await store.load()).records).includes('"d"'), 'the store has a private part that is not sealed');

  const endpoint = jose.jwksEndpoint(issuer);
  const get = (headers, method = 'GET') =>
    endpoint(new Request(`${name}/.well-known/jwks.json`, { headers: headers ?? {}, method }));
  const near = jose.createVerifier({ issuer: name, audience, keys: issuer, clock });
  const far = () =>
    jose.createVerifier({
      issuer: name,
      audience,
      clock,
      keys: jose.remoteJwks(`${name}/jwks`, { fetch: () => get(), clock }),
    });
  const sign = (by) => by.sign({ sub: 'someone' }, { audience, expiresIn: '3d' });
  const accepts = async (token) => {
    for (const verifier of [near, far()])
      check((await verifier.verify(token)).claims.sub === 'someone', 'the claims came back wrong');
  };

  const first = await sign(issuer);
  await accepts(first);
  const answer = await get();
  const { keys } = await answer.json();
  check(
    answer.status === 200 && keys.length === 2 && keys.every((key) => key.d === undefined),
    'two public keys are there',
  );
  check((await get({ 'if-none-match': answer.headers.get('etag') })).status === 304, 'and for who has them, 304');
  check((await (await get(undefined, 'HEAD')).text()) === '', 'HEAD has no body');
  check((await get(undefined, 'POST')).status === 405, 'and POST is for nobody');

  now += DAY; // the next key has been published for the lead
  await other.rotate();
  await issuer.refresh();
  const second = await sign(other);
  const kidOf = (token) => jose.readUnverifiedJwt(token).header.kid;
  check(kidOf(second) !== kidOf(first) && kidOf(await sign(issuer)) === kidOf(second), 'another key signs, in both');
  for (const token of [first, second]) await accepts(token);

  const { next } = await issuer.revoke(kidOf(second), 'a test');
  check(kidOf(await sign(issuer)) === next, 'the next key signs at once');
  await accepts(first);
  for (const verifier of [near, far()]) await rejected(verifier.verify(second), 'ERR_JWKS_NO_MATCHING_KEY');
  await rejected(issuer.promote(kidOf(second)), 'ERR_RING_CONFLICT');
  await Promise.all([issuer.close(), other.close()]);
}

/** The keys of an algorithm of JWE, one for each curve or content encryption that it may have, by a name that tells them apart. */
function encryptionKeysOf(alg) {
  if (alg.startsWith('PBES2')) return { [alg]: () => jose.importPassword('open sesame', { alg, iterations: 1000 }) };
  if (alg === 'dir')
    return Object.fromEntries(jose.CONTENT_ENCRYPTIONS.map((enc) => [enc, () => jose.generateKey(alg, { enc })]));
  if (!alg.startsWith('ECDH')) return { [alg]: () => jose.generateKey(alg) };
  return Object.fromEntries(
    ['P-256', 'P-384', 'P-521', 'X25519', 'X448'].map((crv) => [crv, () => jose.generateKey(alg, { crv })]),
  );
}

/** Encrypts and decrypts in every form and with every content encryption that the runtime has. */
function decrypts(key, encs) {
  const text = Buffer.from('a secret ✓');
  const encrypting = key.type === 'private' ? key.publicKey() : key;
  const isText = ({ plaintext }) => Buffer.from(plaintext).equals(text);
  for (const enc of encs) {
    const token = jose.encryptJwe(text, encrypting, { enc });
    check(isText(jose.decryptJwe(token, key)), `${enc}: the plaintext came back wrong`);
    check(
      isText(jose.decryptJweJson(jose.encryptJweJson(text, [{ key: encrypting }], { enc }), key)),
      `${enc} in JSON`,
    );
    refused(() => jose.decryptJwe(flip(token), key), 'ERR_JWE_DECRYPTION_FAILED');
    const [header, encryptedKey, ...rest] = token.split('.');
    const other = Buffer.from(encryptedKey, 'base64url')
      .map((octet) => octet ^ 1)
      .toString('base64url');
    if (other) refused(() => jose.decryptJwe([header, other, ...rest].join('.'), key), 'ERR_JWE_DECRYPTION_FAILED');
  }
}

/** Whether the runtime lacks what a run needs, which it must say with the code that is for this. */
async function lacks(run) {
  try {
    await run();
    return false;
  } catch (error) {
    if (error instanceof jose.JoseError && error.code === 'ERR_JOSE_NOT_SUPPORTED') return true;
    throw error;
  }
}

/** Every algorithm of JWE on every kind of key; returns what the runtime lacks: content encryptions, curves, algorithms. */
async function encryption() {
  const direct = (enc) => jose.importSecret(new Uint8Array(LENGTHS[enc]).fill(7), { alg: 'dir', enc });
  const lacking = new Set();
  for (const enc of jose.CONTENT_ENCRYPTIONS) if (await lacks(() => decrypts(direct(enc), [enc]))) lacking.add(enc);
  for (const enc of lacking) refused(() => jose.decryptJwe(zerosIn(enc), direct(enc)), 'ERR_JOSE_NOT_SUPPORTED');
  const encs = jose.CONTENT_ENCRYPTIONS.filter((enc) => !lacking.has(enc));
  for (const alg of jose.KEY_MANAGEMENT_ALGORITHMS) {
    for (const [name, make] of Object.entries(encryptionKeysOf(alg))) {
      if (lacking.has(name)) continue;
      const run = async () => {
        const key = await make();
        decrypts(key, alg === 'dir' ? [name] : encs);
        const read = (jwk) => jose.importDecryptionKeys({ keys: [jwk] }).keys[0];
        if (!alg.startsWith('PBES2')) decrypts(read(jose.exportPrivateJwk(key)), alg === 'dir' ? [name] : ['A128GCM']);
      };
      if (await lacks(run)) lacking.add(name);
    }
  }
  return [...lacking];
}

/** A token for dir, with zeros for its IV and tag: it decrypts nowhere. */
function zerosIn(enc) {
  const [iv, tag] = enc.endsWith('GCM') ? [12, 16] : [16, LENGTHS[enc] / 2];
  const octets = (length) => Buffer.alloc(length).toString('base64url');
  const header = Buffer.from(JSON.stringify({ alg: 'dir', enc })).toString('base64url');
  return [header, '', octets(iv), octets(16), octets(tag)].join('.');
}

const LENGTHS = {
  A128GCM: 16,
  A192GCM: 24,
  A256GCM: 32,
  'A128CBC-HS256': 32,
  'A192CBC-HS384': 48,
  'A256CBC-HS512': 64,
};

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
await ownIssuer();
console.log('  and an issuer: signed, published, rotated, revoked');
const lacking = await encryption();
console.log(`✓ encryption${lacking.length > 0 ? `, but for ${lacking.join(', ')}: not in this runtime` : ''}`);
const unexpected = [...missing, ...lacking].filter((alg) => !absent.split(',').includes(alg));
if (unexpected.length > 0) console.log(`✗ missing here, though expected: ${unexpected.join(', ')}`);
if (failures.length + unexpected.length > 0) process.exit(1);
