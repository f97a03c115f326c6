// The adapters beside the originals: microseconds a call, interleaved, and how many requests unknown kids cost. `floor` is bare
// node:crypto with a key that is at hand. --check wants the adapter 3 times as fast as the original (with --quick, twice), or
// within 1.75 times the floor, where no library can be 3 times as fast; and 3 requests for 200 unknown kids.
//   node compat-speed.mjs [--quick] [--check]
import { createHmac, generateKeyPairSync, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { measure, ratio } from './measure.mjs';

const require = createRequire(import.meta.url);
const original = { ...require('jsonwebtoken'), jwksRsa: require('jwks-rsa') };
const adapter = { ...require('../dist/compat/jsonwebtoken.cjs'), jwksRsa: require('../dist/compat/jwks-rsa.cjs') };
const isQuick = process.argv.includes('--quick');
const isCheck = process.argv.includes('--check');
const how = isQuick ? { rounds: 5, ms: 20, warm: 100 } : { rounds: 21, ms: 60, warm: 400 };

// ── keys, tokens and an endpoint ─────────────────────────────────────────────────────────────────────────────────────────

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const privatePem = ({ privateKey }) => privateKey.export({ format: 'pem', type: 'pkcs8' });
const publicPem = ({ publicKey }) => publicKey.export({ format: 'pem', type: 'spki' });
const SECRET = 'x'.repeat(64);
const CLAIMS = { sub: 'user-1', name: 'A Name of some length', scope: 'orders:read orders:write '.repeat(8) };
const EXPECTED = { issuer: 'https://issuer.example', audience: 'api' };
const OPTIONS = { ...EXPECTED, expiresIn: '1h', keyid: 'k1' };
const KEYS = {
  HS256: [SECRET, SECRET],
  RS256: [privatePem(rsa), publicPem(rsa)],
  PS256: [privatePem(rsa), publicPem(rsa)],
  ES256: [privatePem(ec), publicPem(ec)],
};
const PSS = { padding: 6, saltLength: 32 };
const FLOOR_KEYS = {
  RS256: [rsa.privateKey, rsa.publicKey],
  PS256: [
    { key: rsa.privateKey, ...PSS },
    { key: rsa.publicKey, ...PSS },
  ],
  ES256: [
    { key: ec.privateKey, dsaEncoding: 'ieee-p1363' },
    { key: ec.publicKey, dsaEncoding: 'ieee-p1363' },
  ],
};

let requests = 0;
const document = JSON.stringify({
  keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }],
});
const server = createServer((_request, response) => {
  requests++;
  response.end(document);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const jwksUri = `http://127.0.0.1:${server.address().port}/jwks`;

// ── the calls ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const both = (call) => ({ original: call(original), adapter: call(adapter) });
const tokenOf = (alg) => original.sign(CLAIMS, KEYS[alg][0], { ...OPTIONS, algorithm: alg });

function floorOf(alg) {
  const token = tokenOf(alg);
  const end = token.lastIndexOf('.');
  const input = Buffer.from(token.slice(0, end));
  if (alg === 'HS256') {
    const hmac = () => createHmac('sha256', SECRET).update(input).digest();
    return { sign: hmac, verify: hmac };
  }
  const [privateKey, publicKey] = FLOOR_KEYS[alg];
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  return {
    sign: () => sign('sha256', input, privateKey),
    verify: () => verify('sha256', input, publicKey, signature),
  };
}

/** Each row: its name, and the calls. */
const ROWS = [];
for (const alg of Object.keys(KEYS)) {
  const [signing, verifying] = KEYS[alg];
  const token = tokenOf(alg);
  const floor = floorOf(alg);
  const options = { ...EXPECTED, algorithms: [alg] };
  const given = { HS256: 'text', RS256: 'a PEM', PS256: 'a PEM', ES256: 'a PEM' }[alg];
  ROWS.push([
    `sign ${alg}, ${given}`,
    { ...both((each) => () => each.sign(CLAIMS, signing, { ...OPTIONS, algorithm: alg })), floor: floor.sign },
  ]);
  ROWS.push([
    `verify ${alg}, ${given}`,
    { ...both((each) => () => each.verify(token, verifying, options)), floor: floor.verify },
  ]);
}
const token = tokenOf('RS256');
ROWS.push(['decode', both((each) => () => each.decode(token))]);
ROWS.push(['decode, complete', both((each) => () => each.decode(token, { complete: true }))]);

/** Asynchronous, one after the other. */
const waitedFor = (calls) =>
  Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, { call, asynchronous: true }]));
const clients = { original: original.jwksRsa({ jwksUri }), adapter: adapter.jwksRsa({ jwksUri }) };
for (const client of Object.values(clients)) await client.getSigningKey('k1');
ROWS.push([
  'getSigningKey, cached',
  waitedFor({
    original: () => clients.original.getSigningKey('k1'),
    adapter: () => clients.adapter.getSigningKey('k1'),
  }),
]);
const verifiedBy = ({ verify: verifyToken }, client) => {
  const getKey = ({ kid }, callback) => client.getSigningKey(kid, (error, key) => callback(error, key?.getPublicKey()));
  return () =>
    new Promise((resolve, reject) => {
      verifyToken(token, getKey, { ...EXPECTED, algorithms: ['RS256'] }, (error, claims) =>
        error ? reject(error) : resolve(claims),
      );
    });
};
ROWS.push([
  'verify RS256 with getSigningKey',
  waitedFor({
    original: verifiedBy(original, clients.original),
    adapter: verifiedBy(adapter, clients.adapter),
  }),
]);

/** Reading a token is decoding and JSON.parse in both, and the adapter finds members that are there twice: as fast will do. */
const AS_FAST = ['decode', 'decode, complete'];

/** The least factor; --quick is for machines that have other work, and leaves room for their noise. */
const LEAST = isQuick ? 2 : 3;

// ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Measures a row: its factor, the microseconds of each, and whether the factor is too small. */
async function judged(name, calls) {
  const { original: theirs, adapter: ours, floor } = await measure(calls, how);
  const factor = ratio(theirs, ours);
  const isFloor = floor !== undefined && ratio(ours, floor) <= 1.75;
  const isMissed = factor < LEAST * (AS_FAST.includes(name) ? 0.3 : 1) && !isFloor;
  return { factor, isMissed, medians: [theirs, ours, floor].map((each) => each && each.median / 1000) };
}

let missed = 0;
const right = (value, width = 10) => value.padStart(width);
console.log(
  `${'µs a call'.padEnd(34)}${['original', 'adapter', 'factor', 'floor'].map((name) => right(name)).join('')}`,
);
for (const [name, calls] of ROWS) {
  let { factor, isMissed, medians } = await judged(name, calls);
  // Other work of the machine may fall on one of two: a row is missed if it is so three times.
  for (let i = 0; i < 2 && isMissed && isCheck; i++) ({ factor, isMissed, medians } = await judged(name, calls));
  missed += Number(isMissed);
  const figures = [medians[0], medians[1], factor, medians[2]];
  const texts = figures.map((figure) => right(figure === undefined ? '' : figure.toFixed(figure < 10 ? 2 : 0)));
  console.log(`${name.padEnd(34)}${texts.join('')}${isMissed ? '  MISS' : ''}`);
}

for (const [name, { jwksRsa }] of Object.entries({ original, adapter })) {
  const client = jwksRsa({ jwksUri });
  await client.getSigningKey('k1');
  requests = 0;
  for (let i = 0; i < 200; i++) await client.getSigningKey(`unknown-${i}`).catch(() => undefined);
  console.log(`200 unknown kids, ${name}: ${requests} requests`);
  if (name === 'adapter' && requests > 3) missed++;
}
server.closeAllConnections();
server.close();
if (isCheck && missed > 0) process.exitCode = 1;
