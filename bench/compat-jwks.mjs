// The adapter of jwks-rsa beside the original: the same clients over the same documents, asked for the same keys in each form,
// by a seeded generator; results and messages are compared. Each difference has a name and a reason in DIFFERENCES, and is
// counted; any other one fails.
//   node compat-jwks.mjs [--cases 1500] [--seed 11]
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util';
import { numbersFrom } from './mutations.mjs';

const require = createRequire(import.meta.url);
const LIBRARIES = { original: require('jwks-rsa'), adapter: require('../dist/compat/jwks-rsa.cjs') };

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '1500' }, seed: { type: 'string', default: '11' } },
});
const { pick, chance } = numbersFrom(Number(values.seed));
process.removeAllListeners('warning');
process.on('warning', () => undefined); // of unknown options, which the generator makes on purpose

// ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const jwkOf = (type, options) => {
  const der = generateKeyPairSync(type, options).privateKey.export({ format: 'der', type: 'pkcs8' });
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return [createPublicKey(privateKey).export({ format: 'jwk' }), privateKey.export({ format: 'jwk' })];
};
const [rsa, rsaPrivate] = jwkOf('rsa', { modulusLength: 2048 });
const [weak] = jwkOf('rsa', { modulusLength: 1024 });
const [p256] = jwkOf('ec', { namedCurve: 'P-256' });
const [p384] = jwkOf('ec', { namedCurve: 'P-384' });
const [ed25519] = jwkOf('ed25519');
const KEYS = [
  { ...rsa, alg: 'RS256', use: 'sig' },
  { ...rsa, alg: 'RS256', use: 'sig' },
  { ...p256, alg: 'ES256', use: 'sig' },
  { ...p384, alg: 'ES384' },
  { ...ed25519, alg: 'EdDSA' },
  { ...rsa, alg: 'PS384' },
  rsa,
  p256,
];
const ODD_KEYS = [
  { ...weak, alg: 'RS256' },
  { ...rsaPrivate, alg: 'RS256' },
  { ...rsa, alg: 'RSA-OAEP', use: 'enc' },
  { ...rsa, alg: 'ES256' },
  { ...rsa, n: 'AQAB' },
  { ...rsa, key_ops: ['sign'] },
  { kty: 'oct', k: 'AAAA' },
  { kty: 'XX' },
  {},
];
const KIDS = ['a', 'b', 'c', 'a/b+c=', 'ü'];
const ODD_KIDS = ['', 5, null, undefined, 'x', 'line\nline', 'x'.repeat(300)];

/** The keys that only the original hands out. */
const ODD = new WeakSet();

function keySet() {
  const count = pick([0, 1, 1, 2, 3]);
  const kids = [...KIDS].sort(() => (chance(0.5) ? 1 : -1));
  return Array.from({ length: count }, (_, i) => {
    const isOdd = chance(0.15);
    const hasOddKid = chance(0.05);
    const kid = hasOddKid ? { kid: 5 } : chance(0.9) && { kid: kids[i] };
    const jwk = { ...pick(isOdd ? ODD_KEYS : KEYS), ...kid };
    if (isOdd || hasOddKid) ODD.add(jwk);
    return jwk;
  });
}

/** What an endpoint answers: a status and a body. */
function answer() {
  const keys = keySet();
  if (chance(0.88)) return { status: 200, keys, body: JSON.stringify({ keys }) };
  return pick([
    { status: 500, body: '' },
    { status: 404, body: 'not found' },
    { status: 200, body: '{}' },
    { status: 200, body: '{"keys":5}' },
    { status: 200, body: 'no JSON' },
    { status: 200, body: '' },
  ]);
}

let current;
const server = createServer((_request, response) => {
  response.statusCode = current.status;
  response.end(current.body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const jwksUri = `http://127.0.0.1:${server.address().port}/jwks`;

// ── clients and calls ────────────────────────────────────────────────────────────────────────────────────────────────────

function clientOptions() {
  const options = { jwksUri };
  if (chance(0.05)) options.jwksUri = pick([undefined, 'no URL', '', 'http://keys.example/jwks']);
  if (chance(0.1)) options.cache = pick([true, false]);
  if (chance(0.1)) Object.assign(options, { rateLimit: true, jwksRequestsPerMinute: pick([1, 10, undefined]) });
  if (chance(0.05)) Object.assign(options, { requestHeaders: pick([{}, { 'x-a': 'b' }]), timeout: 5000 });
  if (chance(0.05)) options.requestAgent = {};
  if (chance(0.05)) options.strictSsl = true;
  if (chance(0.1)) {
    const keys = keySet();
    options.getKeysInterceptor = async () => keys;
  }
  if (chance(0.1)) options.fetcher = async () => JSON.parse(current.body || '{}');
  return options;
}

const header = (kid) => ({ alg: 'RS256', ...(kid !== undefined && { kid }) });
const tokenOf = (kid) => `${Buffer.from(JSON.stringify(header(kid))).toString('base64url')}.e30.AA`;
const calledBack = (call) => new Promise((resolve) => call((error, value) => resolve(error ? { error } : { value })));

/** The forms in which a key is asked for: of a library, its options, and a kid; each makes a client of its own. */
const FORMS = {
  promise: (library, options) => {
    const client = library(options);
    return (kid) => client.getSigningKey(kid);
  },
  callback: (library, options) => {
    const { getSigningKey } = new library.JwksClient(options);
    return (kid) => promisify(getSigningKey)(kid);
  },
  getSigningKeys: (library, options) => {
    const client = library(options);
    return () => client.getSigningKeys();
  },
  getKeys: (library, options) => {
    const client = library(options);
    return () => client.getKeys();
  },
  express: (library, options) => {
    const provider = library.expressJwtSecret(options);
    return (kid) => provider({}, { header: header(kid) });
  },
  'express-jwt 6': (library, options) => {
    const provider = library.expressJwtSecret(options);
    return (kid) => calledBack((done) => provider({}, header(kid), {}, done));
  },
  koa: (library, options) => {
    const provider = library.koaJwtSecret(options);
    return (kid) => provider(header(kid));
  },
  passport: (library, options) => {
    const provider = library.passportJwtSecret(options);
    return (kid) => calledBack((done) => provider({}, tokenOf(kid), done));
  },
  hapi: (library, options) => {
    const provider = library.hapiJwt2KeyAsync(options);
    return (kid) => provider({ header: header(kid) });
  },
};

function makeCase() {
  const answers = Array.from({ length: pick([1, 1, 2]) }, answer);
  const calls = Array.from({ length: pick([1, 1, 2, 3]) }, (_, i) => ({
    kid: chance(0.8) ? pick(KIDS) : pick(ODD_KIDS),
    answer: answers[Math.min(i, answers.length - 1)],
  }));
  return { form: pick(Object.keys(FORMS)), options: clientOptions(), calls };
}

/** What each call of a case comes to, up to the first that is not made since the client could not be. */
async function outcomesOf(library, { form, options, calls }) {
  const outcomes = [];
  let ask;
  try {
    ask = FORMS[form](library, options);
  } catch (error) {
    return [told({ error })];
  }
  for (const { kid, answer } of calls) {
    current = answer;
    try {
      const value = await ask(kid);
      outcomes.push(told(value?.error || Object.hasOwn(Object(value), 'value') ? value : { value }));
    } catch (error) {
      outcomes.push(told({ error }));
    }
  }
  return outcomes;
}

/** What of an outcome must be alike. */
function told({ error, value }) {
  if (error) return { said: `${error.name}: ${error.message}` };
  return { value: Array.isArray(value) ? value.map(plain) : plain(value) };
}

/** A signing key as plain data, whose members are getters in the original. */
function plain(value) {
  if (typeof value?.getPublicKey !== 'function') return value;
  const { kid, alg, publicKey, rsaPublicKey } = value;
  return { kid, alg, publicKey, rsaPublicKey, called: value.getPublicKey() };
}

const ours =
  (pattern) =>
  ({ mine }) =>
    pattern.test(mine.said);
const withoutAlg = (value) => JSON.stringify(value, (name, each) => (name === 'alg' ? undefined : each));

/** Every difference that is meant: its name, and the calls it explains. */
const DIFFERENCES = [
  ['an option that cannot be honoured', ours(/^TypeError: options\.(requestAgent|jwksUri) /)],
  [
    'the alg of a key that names none',
    ({ mine, theirs }) => theirs.value !== undefined && withoutAlg(mine.value) === withoutAlg(theirs.value),
  ],
  [
    'a key that is weak, private, for something else, there twice, or of a kid that is no text',
    ({ mine, cleaned }) => isDeepStrictEqual(withoutReason(mine), withoutReason(cleaned)),
  ],
  ['a document that is no JSON is a JwksError', ours(/^JwksError: the JWK Set is not a JSON object in UTF-8$/)],
  ['a document without a list of keys', ({ answer, mine }) => answer.body === '{"keys":5}' && mine.said !== undefined],
  ['an empty document', ({ answer, mine }) => answer.body === '' && mine.said !== undefined],
  ['a kid in a message is cut, without control characters', ours(/matches '(?:line\?line|x{200})'$/)],
  ['keys are kept for all kids at once, not kid by kid', ({ isOtherAnswer }) => isOtherAnswer],
  ['rateLimit counts requests', ({ mine, theirs }) => /JwksRateLimitError/.test(`${mine.said} ${theirs.said}`)],
  [
    'a token with a kid that is no text, which barejose does not read',
    ({ form, kid, mine }) => form === 'passport' && (kid === null || kid === 5) && mine.value === null,
  ],
];

/** An outcome in the words of the original, which does not say why a key was skipped. */
function withoutReason({ said, value }) {
  if (said === undefined) return JSON.parse(withoutAlg(value) ?? 'null');
  return said.replace(/; the key of this kid was skipped: .*/, '').replace('any signing keys', 'any keys');
}

/** A case without the keys that only the original hands out. */
function cleanedCase({ form, options, calls }, intercepted) {
  const clean = (keys) =>
    keys.filter((jwk, i) => !ODD.has(jwk) && !keys.slice(0, i).some((other) => isDeepStrictEqual(other, jwk)));
  const getKeysInterceptor = intercepted && (async () => clean(intercepted));
  const cleanAnswers = new Map(
    calls.map(({ answer }) => [
      answer,
      answer.keys ? { ...answer, body: JSON.stringify({ keys: clean(answer.keys) }) } : answer,
    ]),
  );
  return {
    form,
    options: { ...options, ...(intercepted && { getKeysInterceptor }) },
    calls: calls.map(({ kid, answer }) => ({ kid, answer: cleanAnswers.get(answer) })),
  };
}

// ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const counts = new Map(DIFFERENCES.map(([name]) => [name, 0]));
let alike = 0;
let bad = 0;
for (let i = 0; i < Number(values.cases); i++) {
  const made = makeCase();
  const intercepted = await made.options.getKeysInterceptor?.();
  const theirs = await outcomesOf(LIBRARIES.original, made);
  const mine = await outcomesOf(LIBRARIES.adapter, made);
  const cleaned = await outcomesOf(LIBRARIES.original, cleanedCase(made, intercepted));
  for (const index of Array.from({ length: Math.max(theirs.length, mine.length) }).keys()) {
    const one = { mine: mine[index] ?? mine[0], theirs: theirs[index] ?? theirs[0], cleaned: cleaned[index] ?? {} };
    if (isDeepStrictEqual(one.mine, one.theirs)) {
      alike++;
      continue;
    }
    const { answer, kid } = made.calls[index];
    const call = {
      ...one,
      form: made.form,
      kid,
      answer,
      isOtherAnswer: made.calls.slice(0, index).some((each) => each.answer !== answer),
    };
    const [name] = DIFFERENCES.find(([, explains]) => explains(call)) ?? [];
    if (name !== undefined) {
      counts.set(name, counts.get(name) + 1);
      continue;
    }
    if (bad++ < 8)
      console.log('✗', made.form, kid, show(made), '\n  original', show(one.theirs), '\n  adapter ', show(one.mine));
  }
}
server.closeAllConnections();
server.close();

function show(value) {
  const short = (_, each) => (typeof each === 'string' && each.length > 40 ? `${each.slice(0, 40)}…` : each);
  return JSON.stringify(value, short)?.slice(0, 700);
}

console.log(`${alike} calls of ${values.cases} clients of jwks-rsa alike (seed ${values.seed}); otherwise by intent:`);
for (const [name, count] of counts) console.log(`${String(count).padStart(6)}  ${name}`);
console.log(`${String(bad).padStart(6)}  unexplained`);
if (bad > 0) process.exitCode = 1;
