// Mutated tokens and JWS JSON objects, given to barejose and to jose with the same keys and expectations: what jose refuses is
// never accepted here, without exception, and what both accept they read alike. Stricter is fine, and told.
//   node differential.mjs [--seconds 20] [--seed 7]
import { constants, createHmac, createPrivateKey, createSecretKey, sign } from 'node:crypto';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import * as jose from 'jose';
import {
  exportJwk,
  exportPrivateJwk,
  generateKey,
  importJwks,
  isAlgorithmSupported,
  SIGNATURE_ALGORITHMS,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../dist/index.js';
import { HEADER_VALUES, jsonWithout, mutateJson, mutateText, numbersFrom } from './mutations.mjs';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '20' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const { pick, chance, nat } = numbersFrom(seed);
const NOW = 1_700_000_000;
const CLAIMS = {
  iss: 'https://issuer.example',
  aud: ['api', 'web'],
  sub: 'user-1',
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 60,
};

// ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const PSS = (bits) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 });

/** Signs any octets by node:crypto alone, so that a header or payload that no library would write is signed as well. */
function signerOf(alg, jwk) {
  const bits = Number(alg.slice(2));
  if (alg.startsWith('HS')) {
    const key = createSecretKey(Buffer.from(jwk.k, 'base64url'));
    return (input) => createHmac(`sha${bits}`, key).update(input).digest();
  }
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  const options = alg.startsWith('PS') ? PSS(bits) : alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' } : {};
  const hash = /^[REP]S\d/.test(alg) ? `sha${bits}` : null;
  return (input) => sign(hash, Buffer.from(input), { key, ...options });
}

async function keysOf(alg) {
  const key = await generateKey(alg, { kid: `k-${alg}` });
  const jwk = exportPrivateJwk(key);
  const isSecret = key.type === 'secret';
  const publicJwk = isSecret ? jwk : exportJwk(key);
  return {
    alg,
    publicJwk,
    sign: signerOf(alg, jwk),
    single: { isSet: false, ours: isSecret ? key : key.publicKey(), theirs: await jose.importJWK(publicJwk, alg) },
  };
}

/** jose has no ES256K and no Ed448. */
const algorithms = SIGNATURE_ALGORITHMS.filter((alg) => isAlgorithmSupported(alg) && !/^(ES256K|Ed448)$/.test(alg));
const signers = await Promise.all(algorithms.map(keysOf));
const jwks = { keys: signers.map(({ publicJwk }) => publicJwk).filter(({ kty }) => kty !== 'oct') };
// EdDSA and Ed25519 name one operation (RFC 9864 §2.2), but jose compares the alg of a JWK to the letter: there it has none.
const theirJwks = { keys: jwks.keys.map(({ alg, ...jwk }) => (jwk.kty === 'OKP' ? jwk : { ...jwk, alg })) };
const set = { isSet: true, ours: importJwks(jwks), theirs: jose.createLocalJWKSet(theirJwks) };

// ── cases ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const part = (value) => Buffer.from(value).toString('base64url');
const CLAIM_VALUES = [CLAIMS.iss, 'api', ['api'], [], NOW, NOW + 60, NOW - 61, NOW + 0.5, '1700000060', 'x', true, [1]];

function headerOf(alg) {
  const header = { alg: chance(0.05) ? pick(['EdDSA', 'Ed25519', ...algorithms]) : alg };
  if (chance(0.6)) header.kid = chance(0.9) ? `k-${alg}` : pick(['k', '', 7]);
  if (chance(0.3)) header.typ = pick(['JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'AT+JWT']);
  if (chance(0.1)) Object.assign(header, { crit: ['x'], x: 1 });
  if (chance(0.1)) Object.assign(header, { crit: ['b64'], b64: chance(0.7) });
  return header;
}

/** Times at which a comparison turns, and other claims as they may be. */
const TIMES = [0, 0.5, 1, -1, 59, 60, 61, -59, -60, -61, 600, -600].map((seconds) => NOW + seconds);

function claimsFor() {
  const claims = { ...CLAIMS };
  for (const name of ['exp', 'nbf', 'iat']) if (chance(0.2)) claims[name] = pick(TIMES);
  if (chance(0.1)) claims.aud = pick(['api', ['x'], 'x']);
  return claims;
}

/** JSON text, mostly as it should be. */
function written(value, replacements) {
  const text = chance(0.6) ? JSON.stringify(value) : mutateJson(JSON.stringify(value), replacements, { pick, nat });
  return chance(0.05) ? mutateText(text, { pick, nat }) : text;
}

/** What the same values are called by each library. */
function expectations() {
  const ours = { issuer: null, audience: null, now: NOW, expiry: 'optional' };
  const theirs = { currentDate: new Date(NOW * 1000) };
  const both = (name, theirName, value) => {
    ours[name] = value;
    theirs[theirName] = value;
  };
  if (chance(0.5)) both('issuer', 'issuer', pick([CLAIMS.iss, CLAIMS.iss, 'x', ['x', CLAIMS.iss]]));
  if (chance(0.5)) both('audience', 'audience', pick(['api', 'api', 'x', ['x', 'web']]));
  if (chance(0.2)) both('subject', 'subject', pick(['user-1', 'x']));
  if (chance(0.2)) both('typ', 'typ', pick(['JWT', 'at+jwt', 'application/at+jwt']));
  if (chance(0.2)) both('maxAge', 'maxTokenAge', pick([60, 59, 600]));
  if (chance(0.2)) both('clockSkew', 'clockTolerance', pick([1, 60, 600]));
  if (chance(0.2)) both('requiredClaims', 'requiredClaims', [pick(['sub', 'jti', 'x'])]);
  if (chance(0.1)) both('algorithms', 'algorithms', [pick(algorithms), pick(algorithms)]);
  if (chance(0.3)) Object.assign(ours, { crit: ['x'] }) && Object.assign(theirs, { crit: { x: true } });
  return { ours, theirs };
}

/** A signature in another form, or of another length. */
function spoiled(signature) {
  const half = signature.length / 2;
  const forms = [
    () => signature.subarray(1),
    () => signature.subarray(0, -1),
    () => Buffer.concat([Buffer.alloc(1), signature]),
    () => Buffer.concat([signature, Buffer.alloc(1)]),
    () => Buffer.concat([signature.subarray(half), signature.subarray(0, half)]),
    () => Buffer.alloc(signature.length),
    () => signature.map((octet, i) => (i === nat(signature.length) ? octet ^ 1 : octet)),
  ];
  return pick(forms)();
}

function signed(signer, protectedPart, payload) {
  const signature = signer.sign(`${protectedPart}.${payload}`);
  return part(chance(0.9) ? signature : spoiled(signature));
}

function keysFor(signer) {
  if (chance(0.05)) return pick(signers).single; // mostly the wrong one
  return chance(0.5) && signer.publicJwk.kty !== 'oct' ? set : signer.single;
}

function compactCase() {
  const signer = pick(signers);
  const header = headerOf(signer.alg);
  const protectedPart = part(written(header, HEADER_VALUES));
  const text = written(claimsFor(), CLAIM_VALUES);
  const payload = chance(0.02) ? text.replaceAll('.', '') : part(chance(0.02) ? Buffer.from(text, 'utf16le') : text);
  const token = `${protectedPart}.${payload}.${signed(signer, protectedPart, payload)}`;
  return { keys: keysFor(signer), token: chance(0.8) ? token : mutateText(token, { pick, nat }) };
}

function jwtCase() {
  const { keys, token } = compactCase();
  const { ours, theirs } = expectations();
  return {
    keys,
    input: { token, expected: ours },
    ours: () => {
      const { claims, header } = verifyJwt(token, keys.ours, ours);
      return [claims, header];
    },
    theirs: async () => {
      const { payload, protectedHeader } = await jose.jwtVerify(token, keys.theirs, theirs);
      return [payload, protectedHeader];
    },
  };
}

/** The options that a JWS is verified with, and the names of critical extensions for each. */
function jwsOptions() {
  const ours = {};
  const theirs = {};
  if (chance(0.3)) Object.assign(ours, { crit: ['x'] }) && Object.assign(theirs, { crit: { x: true } });
  if (chance(0.1)) ours.algorithms = theirs.algorithms = [pick(algorithms), pick(algorithms)];
  return { ours, theirs };
}

function jwsCase() {
  const { keys, token } = compactCase();
  const { ours, theirs } = jwsOptions();
  return {
    keys,
    input: { token, options: ours },
    ours: () => octets(verifyJws(token, keys.ours, ours)),
    theirs: async () => octets(await jose.compactVerify(token, keys.theirs, theirs)),
  };
}

function signatureCase(signer, payload) {
  const header = headerOf(signer.alg);
  const unprotected = chance(0.3)
    ? chance(0.5)
      ? { note: 'x' }
      : jsonWithout(header, pick(Object.keys(header)))
    : undefined;
  const kept = unprotected && Object.fromEntries(Object.entries(header).filter(([name]) => !(name in unprotected)));
  const protectedPart = part(written(kept ?? header, HEADER_VALUES));
  return { protected: protectedPart, header: unprotected, signature: signed(signer, protectedPart, payload) };
}

function jsonCase() {
  const signer = pick(signers);
  const payload = part(chance(0.9) ? JSON.stringify(CLAIMS) : '');
  const entries = Array.from({ length: pick([1, 1, 1, 2, 3]) }, (_, i) =>
    signatureCase(i === 0 ? signer : pick(signers), payload),
  );
  const isFlattened = entries.length === 1 && chance(0.5);
  const whole = JSON.stringify(isFlattened ? { payload, ...entries[0] } : { payload, signatures: entries });
  const text = chance(0.6) ? whole : mutateJson(whole, [...HEADER_VALUES, payload, entries], { pick, nat });
  const jws = JSON.parse(text);
  const keys = keysFor(signer);
  const { ours, theirs } = jwsOptions();
  const require = isFlattened ? 'all' : 'any';
  const verify = 'signatures' in jws ? jose.generalVerify : jose.flattenedVerify;
  return {
    keys,
    input: { jws, options: { ...ours, require } },
    ours: () => octets(verifyJwsJson(chance(0.5) ? jws : text, keys.ours, { ...ours, require })),
    theirs: async () => octets(await verify(jws, keys.theirs, theirs)),
  };
}

/** With b64 false jose gives the payload as it stands: text becomes its octets. */
function octets({ payload }) {
  return Buffer.from(payload).toString('base64');
}

// ── the comparison ───────────────────────────────────────────────────────────────────────────────────────────────────────

async function outcomeOf(run) {
  try {
    return { accepted: true, value: await run() };
  } catch (error) {
    return { accepted: false, error };
  }
}

function judge(ours, theirs) {
  if (!ours.accepted) return theirs.accepted ? 'refused here, accepted by jose' : 'refused by both';
  if (!theirs.accepted) return 'ACCEPTED HERE, REFUSED BY JOSE';
  return isDeepStrictEqual(ours.value, theirs.value) ? 'accepted by both' : 'READ DIFFERENTLY';
}

const KINDS = { JWT: jwtCase, 'compact JWS': jwsCase, 'JWS JSON': jsonCase };
const counts = {};
const stricter = {};
const faults = [];
const until = performance.now() + Number(values.seconds) * 1000;
while (performance.now() < until && faults.length < 5) {
  const kind = pick(Object.keys(KINDS));
  const given = KINDS[kind]();
  const [ours, theirs] = [await outcomeOf(given.ours), await outcomeOf(given.theirs)];
  const verdict = judge(ours, theirs);
  counts[verdict] ??= {};
  counts[verdict][kind] = (counts[verdict][kind] ?? 0) + 1;
  if (verdict === verdict.toUpperCase())
    faults.push({ verdict, kind, input: given.input, isSet: given.keys.isSet, theirs: String(theirs.error) });
  if (verdict.startsWith('refused here')) stricter[ours.error.code] = (stricter[ours.error.code] ?? 0) + 1;
  // Of what strangers send, nothing else may ever be thrown.
  if (!ours.accepted && ours.error.name !== 'JoseError')
    faults.push({ verdict: String(ours.error), kind, input: given.input });
}

console.log(`seed ${seed}, Node ${process.version}, ${algorithms.length} algorithms: ${algorithms.join(' ')}\n`);
console.table(counts);
console.log('stricter, by code:', stricter);
for (const fault of faults) console.log(`FAIL   ${JSON.stringify({ ...fault, jwks }, null, 2)}`);
const total = Object.values(counts)
  .flatMap(Object.values)
  .reduce((sum, count) => sum + count, 0);
const isVacuous = !(
  counts['accepted by both'] && Object.keys(counts['accepted by both']).length === Object.keys(KINDS).length
);
if (isVacuous) console.log('FAIL   nothing was accepted by both');
console.log(`\n${total} cases, ${faults.length} laxer or otherwise wrong`);
if (faults.length > 0 || isVacuous) process.exitCode = 1;
