// What a configured verifier costs: tokens that it remembers, against fast-jwt with its cache on; and keys that live at a URL,
// against the same keys at hand.
//   node cache.mjs [--quick] [--check]
import { createVerifier as fastVerifier } from 'fast-jwt';
import { createVerifier, importJwks, remoteJwks, verifyJwt } from '../dist/index.js';
import { AUDIENCE, claimsOf, ISSUER, keyFor, TOKENS, tokenOf } from './fixtures.mjs';
import { measure, Report, ratio } from './measure.mjs';
import { versionOf } from './versions.mjs';

const args = process.argv.slice(2);
const PACE = args.includes('--quick') ? { rounds: 21, ms: 1, warm: 60 } : { rounds: 151, ms: 1, warm: 250 };
const CACHED_TARGET = 0.25;
const REMOTE_TARGET = 1.05;
const EXPECTED = { issuer: ISSUER, audience: AUDIENCE };

const report = new Report();
console.log(
  `Node ${process.version}, fast-jwt ${versionOf('fast-jwt')}; in the column "floor" stands what ours is compared with`,
);
for (const alg of ['RS256', 'ES256', 'EdDSA']) await cached(alg);
for (const alg of ['RS256', 'ES256', 'EdDSA']) await remote(alg);
report.finish(args.includes('--check'));

/** A key of the kind, a set with it in the middle, and tokens of it. */
function world(alg) {
  const key = keyFor(alg);
  const others = ['RS256', 'ES256', 'EdDSA'].filter((other) => other !== alg).map((other) => keyFor(other).jwk);
  const jwks = { keys: [others[0], key.jwk, others[1]] };
  const tokens = Array.from({ length: TOKENS }, (_, i) => tokenOf(JSON.stringify(claimsOf(i)), key).token);
  return { key, jwks, tokens, token: (i) => tokens[i % TOKENS] };
}

/** Measured only once it has proved that it accepts these tokens, the second time too, and never a forged one. */
function prove(name, verify, tokens) {
  for (let i = 0; i < 2 * TOKENS; i++)
    if (verify(tokens[i % TOKENS])?.jti !== claimsOf(i % TOKENS).jti)
      throw new Error(`${name} does not accept token ${i}`);
  const [genuine] = tokens;
  const at = genuine.lastIndexOf('.') + 10;
  const forged = `${genuine.slice(0, at)}${genuine[at] === 'A' ? 'B' : 'A'}${genuine.slice(at + 1)}`;
  for (let i = 0; i < 2; i++) if (accepts(verify, forged)) throw new Error(`${name} accepts a forged token`);
}

function accepts(verify, token) {
  try {
    return verify(token) !== undefined;
  } catch {
    return false;
  }
}

async function cached(alg) {
  const { key, jwks, tokens, token } = world(alg);
  const verifier = createVerifier({ ...EXPECTED, keys: importJwks(jwks), cache: { max: 1000 } });
  const ours = (text) => verifier.verifySync(text).claims;
  const theirs = fastVerifier({
    key: key.pem,
    algorithms: [alg],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: 1000,
  });
  prove('barejose', ours, tokens);
  prove('fast-jwt', theirs, tokens);
  const measured = await measure({ ours: (i) => ours(token(i)), theirs: (i) => theirs(token(i)) }, PACE);
  report.title(`A token seen before, ${alg}`);
  line(`${alg} barejose : fast-jwt, both with a cache`, measured.ours, measured.theirs, CACHED_TARGET);
}

async function remote(alg) {
  const { jwks, tokens, token } = world(alg);
  const body = JSON.stringify(jwks);
  const fetch = async () => new Response(body, { headers: { 'cache-control': 'max-age=3600' } });
  const verifier = createVerifier({ ...EXPECTED, keys: remoteJwks(`${ISSUER}jwks.json`, { fetch }) });
  await verifier.warm();
  const set = importJwks(jwks);
  const candidates = {
    remote: (text) => verifier.verifySync(text).claims,
    local: (text) => verifyJwt(text, set, { issuer: ISSUER, audience: AUDIENCE }).claims,
  };
  for (const [name, verify] of Object.entries(candidates)) prove(name, verify, tokens);
  const measured = await measure(
    { remote: (i) => candidates.remote(token(i)), local: (i) => candidates.local(token(i)) },
    PACE,
  );
  report.title(`Keys at a URL, ${alg}`);
  line(`${alg} verifySync, remote set : verifyJwt, set`, measured.remote, measured.local, REMOTE_TARGET);
}

function line(row, mine, theirs, target) {
  report.line({ row, ours: mine.median, floor: theirs.median, ratio: ratio(mine, theirs), target });
}
