// What each step of a token's path costs: the built package is measured whole and once more without each of its steps, all
// interleaved in one process. A variant is made by changing the text of ../dist, and the run fails where that text is not found.
//   node steps.mjs [--quick]
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as whole from '../dist/index.js';
import {
  AUDIENCE,
  claimsOf,
  claimsWithLongString,
  claimsWithManyMembers,
  ISSUER,
  keyFor,
  malformedKinds,
  TOKENS,
  tokenOf,
} from './fixtures.mjs';
import { decode, hmacByHand, signers, verifiers } from './floors.mjs';
import { fastest, measure, median, ratio, time } from './measure.mjs';

const PACE = process.argv.includes('--quick') ? { rounds: 41, ms: 1, warm: 60 } : { rounds: 1001, ms: 1, warm: 250 };
const KIB = 1024;

/** Each step: the file, what stands there, and what stands there without the step. */
const STEPS = {
  'the reading of Expected': [
    'verify.js',
    'const policy = readExpected(expected);',
    'const policy = globalThis.remembered ??= readExpected(expected);',
  ],
  'the check of the keys': ['verify.js', '\tcheckKeys(keys);\n\tconst jwt', '\tconst jwt'],
  'strict base64url': [
    'verify.js',
    'const bytes = Buffer.from(text, "base64url");',
    'return Buffer.from(text, "base64url");',
  ],
  'strict UTF-8': [
    'verify.js',
    'return text.includes("�") && !buffer.equals(encodeUtf8(text)) ? void 0 : text;',
    'return text;',
  ],
  'names twice, depth, members': [
    'verify.js',
    'const { names, nested } = scan(text, reading);\n\tif (names',
    'return value;\n\tconst { names, nested } = {};\n\tif (names',
  ],
  'the checks of the claims': [
    'verify.js',
    'const judgement = judgeClaims(readClaims(payload, policy.maxMembers), header, policy);\n\tconst error = claimsError(judgement);',
    'const judgement = { value: readClaims(payload, policy.maxMembers) };\n\tconst error = undefined;',
  ],
  'the frozen VerifiedJwt': [
    'verify.js',
    'return makeVerifiedJwt({\n\t\tclaims: judgement.value,\n\t\theader: header.parameters,\n\t\tkey\n\t});',
    'return { claims: judgement.value, header: header.parameters, key };',
  ],
  'equal time of comparison': [
    'verify.js',
    'equalText(hmac(ready.secret, input), signature)',
    'hmac(ready.secret, input) === signature',
  ],
  'an array buffer of its own': ['index.js', 'payload: unpooled(payload),', 'payload,'],
  'the details of an error': ['verify.js', 'Object.assign(this, details);', ''],
  'the second look at a bad signature': [
    'verify.js',
    'if (!decodeBase64url(signature)) return new JoseError("ERR_JWS_INVALID", "the signature is not canonical base64url");',
    '',
  ],
  'the reading of the options': [
    'index.js',
    'function signJwt(claims, key, options) {\n\tcheckArgumentCount(arguments.length, signJwt);\n\tconst input = signingInput(claims, checkOperation(key, "sign"), readSignOptions(options));',
    'function signJwt(claims, key, options) {\n\tconst input = signingInput(claims, checkOperation(key, "sign"), globalThis.remembered ??= readSignOptions(options));',
  ],
  'the types of the claims': ['index.js', '\tcheckClaimTypes(all, at);\n\treturn all;', '\treturn all;'],
  'DER to r‖s': [
    'index.js',
    'const raw = row.kty === "EC" ? rawFromDer(signature, row.keyLength) : signature;',
    'const raw = row.kty === "EC" && !globalThis.isMeasuring ? rawFromDer(signature, row.keyLength) : signature;',
  ],
  'strict JSON of the claims': [
    'index.js',
    'return writeJsonObject(withTimes(claims, options), "claims", true);',
    'return JSON.stringify(withTimes(claims, options));',
  ],
};

const READING = ['strict base64url', 'strict UTF-8', 'names twice, depth, members'];
const VERIFYING = [
  'the reading of Expected',
  'the check of the keys',
  ...READING,
  'the checks of the claims',
  'the frozen VerifiedJwt',
];
const REFUSING = ['the reading of Expected', 'the details of an error'];

const folder = mkdtempSync(join(tmpdir(), 'barejose-steps-'));
try {
  await verifying('HS256');
  await signingES256();
  for (const kind of ['padding after the signature', 'header has alg twice', 'header is not JSON', 'alg none'])
    await refusing(kind);
  await large('verifyJwt, HS256, 64 KiB, 900 members', claimsWithManyMembers(64 * KIB));
  await largeJws();
} finally {
  rmSync(folder, { recursive: true });
}

/** The built package without a step. */
async function without(step) {
  const [file, from, to] = STEPS[step];
  const home = join(folder, String(Object.keys(STEPS).indexOf(step)));
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  for (const each of ['index.js', 'verify.js'])
    cpSync(fileURLToPath(new URL(`../dist/${each}`, import.meta.url)), join(home, each));
  const text = readFileSync(join(home, file), 'utf8');
  if (text.split(from).length !== 2) throw new Error(`dist/${file} has not once: ${from}`);
  writeFileSync(
    join(home, file),
    text.replace(from, () => to),
  );
  return import(pathToFileURL(join(home, 'index.js')));
}

/** Measures a path whole and without each step, and prints what each step costs. */
async function tell(title, { floors, beside = {}, steps, path }) {
  globalThis.remembered = undefined;
  globalThis.isMeasuring = false; // a key that is imported makes and verifies a signature
  const variants = await Promise.all(steps.map(async (step) => [step, path(await without(step))]));
  const paths = { whole: path(whole), ...Object.fromEntries(variants) };
  for (const [name, call] of Object.entries(paths))
    if (JSON.stringify(call(0)).length !== JSON.stringify(paths.whole(0)).length)
      throw new Error(`${name} has another result`);
  globalThis.isMeasuring = true;
  const candidates = { ...floors, ...beside, ...paths };
  const measured = await measure(candidates, PACE);
  const floor = measured[fastest(measured, Object.keys(floors))];
  console.log(`\n${title}: ${time(measured.whole.median)}, ${ratio(measured.whole, floor).toFixed(2)} × the floor`);
  for (const name of Object.keys(beside))
    console.log(`  ${ratio(measured.whole, measured[name]).toFixed(2)} × ${name} (${time(measured[name].median)})`);
  console.log(`  ${time(floor.median).padStart(9)}  the floor`);
  let rest = measured.whole.median - floor.median;
  for (const step of steps) {
    const { samples } = measured[step];
    const cost = median(samples.map((sample, round) => measured.whole.samples[round] - sample));
    rest -= cost;
    console.log(`  ${time(cost).padStart(9)}  ${step}`);
  }
  console.log(`  ${time(rest).padStart(9)}  the rest: splitting, the header, the key, small objects`);
}

function keyOf({ importKey, importSecret }, key, half = 'jwk') {
  return key.secret ? importSecret(key.secret, { alg: key.alg, kid: key.kid }) : importKey(key[half]);
}

async function verifying(alg) {
  const key = keyFor(alg);
  const fixtures = Array.from({ length: TOKENS }, (_, i) => tokenOf(JSON.stringify(claimsOf(i)), key));
  const floorOf = (verify) => (i) => {
    const fixture = fixtures[i % TOKENS];
    return verify(fixture) ? decode(fixture.payload) : undefined;
  };
  const floorsOf = (forms) =>
    Object.fromEntries(Object.entries(forms).map(([form, verify]) => [`floor: ${form}`, floorOf(verify)]));
  await tell(`verifyJwt, ${alg}`, {
    floors: floorsOf(verifiers(key)),
    beside: key.secret ? floorsOf({ 'two one-shot hashes': hmacByHand(key.secret) }) : {},
    steps: key.secret ? [...VERIFYING, 'equal time of comparison'] : VERIFYING,
    path: (lib) => {
      const own = keyOf(lib, key);
      return (i) => lib.verifyJwt(fixtures[i % TOKENS].token, own, { issuer: ISSUER, audience: AUDIENCE }).claims;
    },
  });
}

async function signingES256() {
  const key = keyFor('ES256');
  const { iat, exp, nbf, ...claims } = claimsOf(0);
  const signing = (lib) => {
    const own = keyOf(lib, key, 'privateJwk');
    return () => lib.signJwt(claims, own, { expiresIn: 3600 });
  };
  const sample = signing(whole)();
  const forms = signers(key, Buffer.from(sample.slice(0, sample.lastIndexOf('.'))));
  await tell('signJwt, ES256', {
    floors: Object.fromEntries(Object.entries(forms).map(([form, sign]) => [`floor: ${form}`, sign])),
    steps: ['the reading of the options', 'the types of the claims', 'strict JSON of the claims', 'DER to r‖s'],
    path: signing,
  });
}

async function refusing(kind) {
  const key = keyFor('RS256');
  const fixture = tokenOf(JSON.stringify(claimsOf(0)), key);
  const tokens = malformedKinds(fixture)[kind];
  const steps = kind === 'padding after the signature' ? [...REFUSING, 'the second look at a bad signature'] : REFUSING;
  await tell(`refusing: ${kind}`, {
    floors: { 'floor: decode and parse': () => decode(fixture.payload) },
    steps,
    path: (lib) => {
      const own = keyOf(lib, key);
      return (i) => {
        try {
          return lib.verifyJwt(tokens[i % TOKENS], own, { issuer: ISSUER, audience: AUDIENCE });
        } catch (error) {
          return String(error.code).slice(0, 4);
        }
      };
    },
  });
}

async function large(title, claims) {
  const key = keyFor('HS256');
  const fixture = tokenOf(JSON.stringify(claims), key);
  const { 'createHmac(bytes)': mac } = verifiers(key);
  await tell(title, {
    floors: { floor: () => mac(fixture) && decode(fixture.payload) },
    steps: READING,
    path: (lib) => {
      const own = keyOf(lib, key);
      return () => lib.verifyJwt(fixture.token, own, { issuer: ISSUER, audience: AUDIENCE }).claims;
    },
  });
}

async function largeJws() {
  const key = keyFor('HS256');
  const fixture = tokenOf(JSON.stringify(claimsWithLongString(1024 * KIB)), key);
  const { 'createHmac(bytes)': mac } = verifiers(key);
  await tell('verifyJws, HS256, 1 MiB', {
    floors: { floor: () => mac(fixture) && Buffer.from(fixture.payload, 'base64url') },
    steps: ['strict base64url', 'an array buffer of its own'],
    path: (lib) => {
      const own = keyOf(lib, key);
      return () => lib.verifyJws(fixture.token, own, { maxLength: 2 * KIB * KIB }).payload.length;
    },
  });
}
