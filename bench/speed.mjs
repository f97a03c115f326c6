// Speed of the built package (../dist) against its floor and its peers, all in one process.
//   node speed.mjs [--quick] [--check] [--only verify|sign|malformed|size]
import { mkdirSync, writeFileSync } from 'node:fs';
import { importJwks, importKey, importSecret, signJwt, verifyJws, verifyJwt } from '../dist/index.js';
import {
  ALGORITHMS,
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
import { fastest, measure, Report, ratio, time } from './measure.mjs';
import { OVERLAPPED, peerSigners, peerVerifiers } from './peers.mjs';

const args = process.argv.slice(2);
const quick = args.includes('--quick');
const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;

const PACE = quick ? { rounds: 21, ms: 1, warm: 60 } : { rounds: 151, ms: 1, warm: 250 };
const VERIFY_TARGETS = { RS256: 1.1, PS256: 1.1, ES256: 1.1, EdDSA: 1.1, HS256: 1.3 };
const SIGN_TARGETS = { RS256: 1.15, PS256: 1.15, ES256: 1.15, EdDSA: 1.15 };
const KIB = 1024;

const report = new Report();
const results = { node: process.version, verify: {}, sign: {} };

if (!only || only === 'verify') for (const alg of ALGORITHMS) await verification(alg);
if (!only || only === 'sign') for (const alg of ALGORITHMS) await signing(alg);
if (!only || only === 'malformed') await malformed();
if (!only || only === 'size') await sizes();

if (!quick && !only) {
  const directory = new URL('results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const major = process.versions.node.split('.')[0];
  writeFileSync(
    new URL(`speed-node${major}.json`, directory),
    `${JSON.stringify({ ...results, checks: report.checks }, null, 2)}\n`,
  );
}
report.finish(args.includes('--check'));

function ourKey(key) {
  return key.secret ? importSecret(key.secret, { alg: key.alg, kid: key.kid }) : importKey(key.jwk);
}

function ourPrivateKey(key) {
  return key.secret ? ourKey(key) : importKey(key.privateJwk);
}

/** The set a resource server would have: this key between two of other kinds (a set of secrets holds secrets only). */
function ourKeySet(key) {
  const others = key.secret
    ? ['HS256', 'HS256']
    : ['RS256', 'ES256', 'EdDSA'].filter((alg) => alg !== key.alg).slice(0, 2);
  const [before, after] = others.map((alg, index) => {
    const { jwk } = keyFor(alg);
    return { ...jwk, kid: `${jwk.kid}-${index}` };
  });
  return importJwks({ keys: [before, key.jwk, after] }, { secrets: key.secret !== undefined });
}

function call(candidate, i) {
  return typeof candidate === 'function' ? candidate(i) : candidate.call(i);
}

/** A candidate is measured only once it has proved that it accepts these tokens and refuses a forged one. */
async function prove(name, candidate, tokens) {
  for (let i = 0; i < tokens.length; i++) {
    const claims = await call(candidate, i);
    if (claims?.jti !== claimsOf(i).jti) throw new Error(`${name} does not accept token ${i}`);
  }
  const genuine = tokens[0];
  const at = genuine.lastIndexOf('.') + 10;
  tokens[0] = `${genuine.slice(0, at)}${genuine[at] === 'A' ? 'B' : 'A'}${genuine.slice(at + 1)}`;
  const refused = await Promise.resolve()
    .then(() => call(candidate, 0))
    .then(
      () => false,
      () => true,
    );
  tokens[0] = genuine;
  if (!refused) throw new Error(`${name} accepts a forged token`);
}

/** The floors of a verification: each cryptographic form, and the decode and parse of the payload. */
function verificationFloors(forms, fixtures) {
  return Object.fromEntries(
    Object.entries(forms).map(([name, verify]) => [
      `floor: ${name}`,
      (i) => {
        const fixture = fixtures[i % fixtures.length];
        return verify(fixture) ? decode(fixture.payload) : undefined;
      },
    ]),
  );
}

async function verification(alg) {
  const key = keyFor(alg);
  const fixtures = Array.from({ length: TOKENS }, (_, i) => tokenOf(JSON.stringify(claimsOf(i)), key));
  const tokens = fixtures.map(({ token }) => token);
  const token = (i) => tokens[i % tokens.length];
  const [single, set] = [ourKey(key), ourKeySet(key)];
  const ours = {
    barejose: (i) => verifyJwt(token(i), single, { issuer: ISSUER, audience: AUDIENCE }).claims,
    'barejose, KeySet': (i) => verifyJwt(token(i), set, { issuer: ISSUER, audience: AUDIENCE }).claims,
  };
  const peers = await peerVerifiers(key, tokens);
  for (const [name, candidate] of Object.entries({ ...ours, ...peers }))
    await prove(`${name} ${alg}`, candidate, tokens);
  const floors = verificationFloors(verifiers(key), fixtures);
  const told = key.secret ? verificationFloors({ 'two one-shot hashes': hmacByHand(key.secret) }, fixtures) : {};
  for (const [name, floor] of Object.entries(floors))
    if (floor(1)?.jti !== claimsOf(1).jti) throw new Error(`${name} fails`);

  const measured = await measure({ ...floors, ...told, ...ours, ...peers }, PACE);
  const form = fastest(measured, Object.keys(floors));
  report.title(`Verify ${alg}  (${form})`);
  for (const name of Object.keys(ours)) row(`${alg} ${name}`, measured[name], measured[form], VERIFY_TARGETS[alg]);
  for (const name of Object.keys(told))
    row(`${alg} barejose : ${name.slice('floor: '.length)}`, measured.barejose, measured[name]);
  results.verify[alg] = {
    form,
    floor: measured[form].median,
    bars: bars(measured, Object.keys({ ...ours, ...peers }), form),
  };
  for (const name of Object.keys(peers))
    rival(`${alg} barejose, KeySet`, measured['barejose, KeySet'], name, measured[name], { told: name === OVERLAPPED });
}

async function signing(alg) {
  const key = keyFor(alg);
  const [ourPrivate, ourPublic] = [ourPrivateKey(key), ourKey(key)];
  const { iat, exp, nbf, ...claims } = claimsOf(0);
  const ours = { barejose: () => signJwt(claims, ourPrivate, { expiresIn: 3600 }) };
  const sample = ours.barejose();
  verifyJwt(sample, ourPublic, { issuer: ISSUER, audience: AUDIENCE });
  const peers = await peerSigners(key, claims);
  for (const peer of Object.values(peers))
    verifyJwt(await call(peer, 0), ourPublic, { issuer: ISSUER, audience: AUDIENCE });
  const data = Buffer.from(sample.slice(0, sample.lastIndexOf('.')));
  const floors = Object.fromEntries(Object.entries(signers(key, data)).map(([name, sign]) => [`floor: ${name}`, sign]));

  const measured = await measure({ ...floors, ...ours, ...peers }, PACE);
  const form = fastest(measured, Object.keys(floors));
  report.title(`Sign ${alg}  (${form})`);
  row(`${alg} sign, barejose`, measured.barejose, measured[form], SIGN_TARGETS[alg]);
  results.sign[alg] = {
    form,
    floor: measured[form].median,
    bars: bars(measured, Object.keys({ ...ours, ...peers }), form),
  };
  for (const name of Object.keys(peers))
    rival(`${alg} sign, barejose`, measured.barejose, name, measured[name], { told: true });
}

function row(name, mine, floor, target) {
  report.line({ row: name, ours: mine.median, floor: floor.median, ratio: ratio(mine, floor), target });
}

/** Ours against a peer: the peer stands in the column of the floor. */
function rival(name, mine, peer, theirs, { told = false } = {}) {
  report.line({
    row: `${name} : ${peer}`,
    ours: mine.median,
    floor: theirs.median,
    ratio: ratio(mine, theirs),
    target: told ? undefined : 1,
  });
}

function bars(measured, names, form) {
  return Object.fromEntries(
    names.map((name) => [name, { ns: measured[name].median, ratio: ratio(measured[name], measured[form]) }]),
  );
}

async function malformed() {
  const key = keyFor('RS256');
  const ours = ourKey(key);
  const fixture = tokenOf(JSON.stringify(claimsOf(0)), key);
  const refuse = (tokens) => (i) => {
    try {
      return verifyJwt(tokens[i % TOKENS], ours, { issuer: ISSUER, audience: AUDIENCE });
    } catch (error) {
      return error.code;
    }
  };
  const kinds = Object.fromEntries(
    Object.entries(malformedKinds(fixture)).map(([name, tokens]) => [name, refuse(tokens)]),
  );
  for (const [name, candidate] of Object.entries(kinds)) {
    for (let i = 0; i < TOKENS; i++)
      if (!String(candidate(i)).startsWith('ERR_')) throw new Error(`${name} is not refused`);
  }
  const measured = await measure({ floor: () => decode(fixture.payload), ...kinds }, { ...PACE, ms: PACE.ms });
  report.title('Refuse a malformed token, against decode and parse of a good payload');
  for (const name of Object.keys(kinds)) row(`refuse: ${name}`, measured[name], measured.floor, 1);
}

async function sizes() {
  for (const alg of ['RS256', 'HS256']) {
    for (const [name, claims] of Object.entries({
      'one long string': claimsWithLongString(64 * KIB),
      'many members': claimsWithManyMembers(64 * KIB),
    })) {
      await large(alg, name, claims);
    }
  }
  await linear();
}

async function large(alg, name, claims) {
  const key = keyFor(alg);
  const fixture = tokenOf(JSON.stringify(claims), key);
  const ours = ourKey(key);
  const verify = () => verifyJwt(fixture.token, ours, { issuer: ISSUER, audience: AUDIENCE }).claims;
  if (verify().jti !== claims.jti) throw new Error('a large token does not verify');
  const floors = verificationFloors(verifiers(key), [fixture]);
  const measured = await measure({ ...floors, barejose: verify }, PACE);
  const form = fastest(measured, Object.keys(floors));
  report.title(`A payload of 64 KiB, ${alg}, ${name}  (${form})`);
  row(`64 KiB ${alg}, ${name}`, measured.barejose, measured[form], 1.25);
}

/** From 1 KiB to 1 MiB: a verifier whose cost is not linear moves away from its floor. */
async function linear() {
  const key = keyFor('HS256');
  const ours = ourKey(key);
  report.title('Payloads of growing size, HS256, one long string; the cost per KiB stands in the row');
  for (const size of [1, 16, 64, 180, 256, 512, 1024]) {
    const payload = JSON.stringify(claimsWithLongString(size * KIB));
    const fixture = tokenOf(payload, key);
    const { token } = fixture;
    const crypt = verifiers(key)['createHmac(bytes)'];
    const candidates = {
      'floor: verifyJws': () => crypt(fixture) && Buffer.from(fixture.payload, 'base64url'),
      verifyJws: () => verifyJws(token, ours, { maxLength: 2 * KIB * KIB }).payload,
    };
    if (candidates.verifyJws().length !== payload.length) throw new Error('a large token does not verify');
    if (token.length <= 256 * KIB) {
      candidates['floor: verifyJwt'] = () => crypt(fixture) && decode(fixture.payload);
      candidates.verifyJwt = () => verifyJwt(token, ours, { issuer: ISSUER, audience: AUDIENCE }).claims;
    }
    const measured = await measure(candidates, PACE);
    for (const verb of ['verifyJws', 'verifyJwt'].filter((name) => measured[name])) {
      const name = `${verb} ${size} KiB (${time(measured[verb].median / size)} per KiB)`;
      row(name, measured[verb], measured[`floor: ${verb}`], size < 64 ? undefined : 1.25);
    }
  }
}
