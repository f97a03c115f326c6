// The adapter of jsonwebtoken beside the original: the same calls on both, over tokens, options and keys that a seeded generator
// makes; results, messages and dates are compared. Each difference has a name and a reason in DIFFERENCES, and is counted; any
// other one fails.
//   node compat.mjs [--cases 6000] [--seed 11]
import { createHmac, createPrivateKey, createPublicKey, createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { createRequire } from 'node:module';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { numbersFrom } from './mutations.mjs';

const require = createRequire(import.meta.url);
const original = require('jsonwebtoken');
const adapter = require('../dist/compat/jsonwebtoken.cjs');

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '6000' }, seed: { type: 'string', default: '11' } },
});
const { pick, chance, nat } = numbersFrom(Number(values.seed));
const NOW = 1_700_000_000;
Date.now = () => NOW * 1000; // both read it
process.removeAllListeners('warning');
process.on('warning', () => undefined); // of unknown options and times without a unit, which the generator makes on purpose

// ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const pem = (key) => key.export({ format: 'pem', type: key.type === 'public' ? 'spki' : 'pkcs8' });
const pair = (type, options) => {
  const der = generateKeyPairSync(type, options).privateKey.export({ format: 'der', type: 'pkcs8' });
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
};
const rsa = pair('rsa', { modulusLength: 2048 });
const weak = pair('rsa', { modulusLength: 1024 });
const p256 = pair('ec', { namedCurve: 'P-256' });
const p384 = pair('ec', { namedCurve: 'P-384' });
const SECRET = 'x'.repeat(80);
const OTHER = Buffer.alloc(64, 7);
const BROKEN = pem(rsa.publicKey).replace('-----END', '----END');

const SIGNING = [
  SECRET,
  SECRET,
  OTHER,
  createSecretKey(OTHER),
  pem(rsa.privateKey),
  Buffer.from(pem(rsa.privateKey)),
  rsa.privateKey,
];
SIGNING.push(p256.privateKey, pem(p384.privateKey), { key: pem(rsa.privateKey), passphrase: 'unneeded' });
SIGNING.push('short', pem(rsa.publicKey), rsa.publicKey, weak.privateKey, BROKEN, '', undefined, 5);
const VERIFYING = [
  SECRET,
  SECRET,
  OTHER,
  createSecretKey(OTHER),
  pem(rsa.publicKey),
  rsa.publicKey,
  pem(rsa.privateKey),
];
VERIFYING.push(rsa.privateKey, p256.publicKey, pem(p384.publicKey), {
  key: rsa.publicKey.export({ format: 'jwk' }),
  format: 'jwk',
});
VERIFYING.push('short', weak.publicKey, BROKEN, '', undefined, 5);

// ── the generator ────────────────────────────────────────────────────────────────────────────────────────────────────────

const TIMES = [60, 0, -5, 1.5, '1h', '2 days', '1.5 hrs', '-10s', '60', 'soon', '', true, null, '1y', '3 weeks ago'];
const INSTANTS = [NOW, NOW - 1, NOW + 1, NOW - 100, NOW + 100, 0, 'soon', null, 1.5];
const NAMES = ['a', 'b', '', ['a', 'b'], ['b'], [], 5, null, /^a/, /^(b|c)$/, ['c', /a/], [undefined], 'a,b', false];
const ALGORITHMS = ['HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'ES384', 'none', 'HS257'];

/** An object of which each member is there with a probability of one in `every`. */
function some(members, every = 5) {
  const chosen = Object.entries(members).filter(() => nat(every - 1) === 0);
  return Object.fromEntries(chosen.map(([name, of]) => [name, pick(of)]));
}

const claims = () =>
  some(
    {
      iss: NAMES.slice(0, 8),
      aud: NAMES.slice(0, 8),
      sub: ['s', 5, '', null],
      jti: ['j', 'k'],
      nonce: ['n'],
      exp: INSTANTS,
      nbf: INSTANTS,
      iat: INSTANTS,
      name: ['é', { a: [1] }],
    },
    4,
  );

const payload = () =>
  chance(0.85)
    ? claims()
    : pick(['text', '5', '[1]', '{"a":1}', Buffer.from('octets'), undefined, null, 5, new Date(0)]);

const signOptions = () =>
  some(
    {
      algorithm: ALGORITHMS,
      expiresIn: TIMES,
      notBefore: TIMES,
      audience: ['a', ['a', 'b'], 5],
      issuer: ['a', 5],
      subject: ['s', 5],
      jwtid: ['j'],
      keyid: ['k', 5],
      noTimestamp: [true, false, 1],
      mutatePayload: [true],
      header: [{ x: 1 }, { alg: 'HS512' }, { typ: 'at+jwt' }, { kid: 'own' }, 5],
      encoding: ['utf8', 5],
      allowInsecureKeySizes: [true, false],
      other: [1],
    },
    7,
  );

const verifyOptions = () =>
  some(
    {
      algorithms: [['HS256'], ['RS256', 'HS256'], ['PS256', 'RS256', 'ES256'], ['ES384'], ['none'], 'HS256', []],
      audience: NAMES,
      issuer: NAMES,
      subject: ['s', 't', '', 5],
      jwtid: ['j', 'x', ''],
      nonce: ['n', 'm', ' ', 5],
      maxAge: TIMES,
      clockTimestamp: [NOW + 50, NOW - 50, 0, 'x'],
      clockTolerance: [0, 5, 200, '5', Number.NaN],
      ignoreExpiration: [true, false, 'false', 1],
      ignoreNotBefore: [true, false, null],
      complete: [true, false, 1],
      allowInvalidAsymmetricKeyTypes: [true, false, 1],
      algorithm: ['HS256'],
    },
    7,
  );

const encode = (text) => Buffer.from(text).toString('base64url');

/** A signature by node:crypto, so that tokens which no library would make are signed as well. */
function signatureOf(input, alg) {
  if (alg === 'none') return '';
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS'))
    return createHmac(hash, chance(0.8) ? SECRET : OTHER)
      .update(input)
      .digest('base64url');
  if (alg === 'RS256') return sign(hash, Buffer.from(input), rsa.privateKey).toString('base64url');
  const { privateKey } = alg === 'ES384' ? p384 : p256;
  return sign(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

function token() {
  if (chance(0.04)) return odd(pick([undefined, null, '', 5, 'a', 'a.b', 'a.b.c', '..', 'e30.e30.', 'a.b.c.d', {}]));
  const alg = pick(['HS256', 'HS256', 'HS256', 'HS384', 'RS256', 'ES256', 'ES384', 'none']);
  const header = {
    alg,
    ...(chance(0.8) && { typ: 'JWT' }),
    ...some({ kid: ['k', null], crit: [['x']], b64: [false], cty: ['JWT', 'x'], typ: ['at+jwt'] }, 25),
  };
  const text = chance(0.9)
    ? JSON.stringify(claims())
    : pick(['text', '5', '[1]', '{"a":1,"a":2}', '{', '{"exp":1e999}', 'null', '"x"']);
  const body = chance(0.97) ? Buffer.from(text) : Buffer.from([0x22, 0xff, 0x22]);
  const input = `${encode(JSON.stringify(header))}.${body.toString('base64url')}`;
  const signed = `${input}.${signatureOf(input, alg)}`;
  const isOdd =
    header.kid === null || header.crit || header.b64 === false || header.cty === 'JWT' || !isPlain(header, body);
  if (chance(0.9)) return isOdd ? odd(signed) : signed;
  return odd(
    pick([
      `${input}.`,
      `${input}.AAAA`,
      `${signed}=`,
      `${signed}A`,
      `A${signed}`,
      signed.replace('.', '..'),
      `${signed} `,
    ]),
  );
}

/** The tokens that are not of the usual form, which the adapter may refuse for that. */
const ODD = new Set();
function odd(made) {
  ODD.add(made);
  return made;
}

/** Whether a payload is UTF-8, and a JSON object with each member once, or text in a token whose typ does not say JWT. */
function isPlain({ typ }, body) {
  const text = body.toString();
  if (!Buffer.from(text).equals(body)) return false;
  try {
    const value = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return typ !== 'JWT';
    return !Array.isArray(value) && JSON.stringify(value) === text;
  } catch {
    return typ !== 'JWT';
  }
}

/** A case: the name of a function, and its arguments, made anew for each of the two. */
function makeCase() {
  const kind = nat(9);
  if (kind === 0) return { call: 'decode', args: [token(), pick([undefined, {}, { complete: true }, { json: true }])] };
  if (kind < 4) return { call: 'sign', args: [payload(), pick(SIGNING), signOptions()] };
  return { call: 'verify', args: [token(), pick(VERIFYING), chance(0.5) ? {} : verifyOptions()] };
}

// ── the comparison ───────────────────────────────────────────────────────────────────────────────────────────────────────

const copy = (value) => (typeof value === 'object' && value?.constructor === Object ? { ...value } : value);

/** Calls a library in one of its forms; a callback that is called twice is a result of its own. */
async function outcomeOf(library, { call, args, form }) {
  const own = args.map(copy);
  try {
    if (form === 'sync') return { value: library[call](...own) };
    const calls = [];
    const [key] = own.splice(1, 1);
    const given = form === 'key function' ? (_header, callback) => callback(null, key) : key;
    library[call](own[0], given, own[1], (error, value) => calls.push(error ? { error } : { value }));
    for (let i = 0; i < 20 && calls.length === 0; i++) await new Promise(setImmediate);
    return calls[0] ?? { error: new Error('never called back') };
  } catch (error) {
    return { error };
  }
}

/** What of an outcome must be alike. */
function told({ error, value }) {
  if (!error) return { value: typeof value === 'string' ? comparableToken(value) : value };
  const { name, message, expiredAt, date } = error;
  return { said: `${name}: ${message}`, at: String(expiredAt ?? date ?? '') };
}

/** A token without its signature, if that is random. */
function comparableToken(text) {
  const [header = ''] = text.split('.');
  const isRandom = /"alg":"(ES|PS)/.test(Buffer.from(header, 'base64url').toString());
  return isRandom ? text.slice(0, text.lastIndexOf('.')) : text;
}

const ours =
  (pattern) =>
  ({ mine }) =>
    mine.said !== undefined && pattern.test(mine.said);

/** Every difference that is meant: its name, and the cases it explains. */
const DIFFERENCES = [
  ['a secret shorter than the hash', ours(/has \d+ octets; HS\d+ needs/)],
  ['text with BEGIN that is no PEM', ours(/looks like a PEM and cannot be read/)],
  ['RSA under 2048 bits', ours(/has a minimum key size of 2048 bits/)],
  ['a token that verify would refuse', ours(/^Error: verify would refuse the token: /)],
  [
    'an iat of 0, which the original takes for now',
    ({ mine, theirs }) => ours(/maxAge exceeded$/)({ mine }) && (theirs.value?.payload ?? theirs.value)?.iat === 0,
  ],
  ['an option that would check nothing', ours(/^TypeError: options\.\w+ must/)],
  ['algorithm none', ours(/"algorithm" must not be "none"/)],
  ['a token without a signature', ours(/jwt signature is required$/)],
  [
    'a header or payload that barejose does not read',
    ({ args: [given], ...one }) => ODD.has(given) && ours(/^JsonWebTokenError: invalid token$/)(one),
  ],
  ['a payload that is no JSON, which is told after the key is known', ({ theirs }) => /^SyntaxError/.test(theirs.said)],
  [
    'decode reads what verify reads',
    ({ call, args, mine }) => call === 'decode' && mine.value === null && (ODD.has(args[0]) || args[1]?.json),
  ],
  ['an unknown algorithm, told before anything else', ours(/^Error: "algorithm" must be a valid string enum value/)],
  [
    'a signature of a wrong length, where the original throws a TypeError',
    ({ theirs }) => /signatures must be "\d+" bytes/.test(theirs.said),
  ],
  ['an exp or nbf beyond all numbers', ({ args, ...one }) => ODD.has(args[0]) && ours(/invalid (exp|nbf) value$/)(one)],
  [
    'two faults at signing, of which that of a claim is told first',
    ({ mine, theirs }) =>
      /^Error: "alg" parameter/.test(theirs.said) && /^Error: (Bad "options|"\w+" should be)/.test(mine.said),
  ],
  ['allowInvalidAsymmetricKeyTypes, where it would be needed', ours(/has no effect here/)],
  [
    'a signature in base64url that is not canonical',
    ({ args, ...one }) => ODD.has(args[0]) && ours(/^JsonWebTokenError: invalid signature$/)(one),
  ],
  ['a callback that the original never calls', ({ theirs }) => theirs.said === 'Error: never called back'],
  ['a payload that is a number, with a callback', ({ theirs }) => /Unexpected data type/.test(theirs.said)],
  ['a public PEM given as the secret of HS256', ours(/^Error: secretOrPrivateKey must be a symmetric key/)],
  [
    'a key of another kind is a JsonWebTokenError, too',
    ({ mine, theirs }) =>
      mine.said === `JsonWebToken${theirs.said}` && theirs.said.startsWith('Error: "alg" parameter'),
  ],
];

const counts = new Map(DIFFERENCES.map(([name]) => [name, 0]));
let alike = 0;
let bad = 0;
for (let i = 0; i < Number(values.cases); i++) {
  const made = makeCase();
  const forms = { decode: ['sync'], sign: ['sync', 'callback'], verify: ['sync', 'callback', 'key function'] }[
    made.call
  ];
  const one = { ...made, form: pick(forms) };
  const theirs = told(await outcomeOf(original, one));
  const outcome = await outcomeOf(adapter, one);
  const mine = told(outcome);
  if (made.call === 'sign' && !outcome.error && adapter.decode(outcome.value) === null) {
    bad++;
    console.log('✗ the adapter signs what it does not read:', show(one.args));
  }
  if (isDeepStrictEqual(mine, theirs)) {
    alike++;
    continue;
  }
  const [name] = DIFFERENCES.find(([, explains]) => explains({ ...one, mine, theirs })) ?? [];
  if (name !== undefined) {
    counts.set(name, counts.get(name) + 1);
    continue;
  }
  if (bad++ < 12)
    console.log('✗', one.call, one.form, show(one.args), '\n  original', show(theirs), '\n  adapter ', show(mine));
}

function show(value) {
  return JSON.stringify(value, (_, each) =>
    each instanceof RegExp || each === undefined || Number.isNaN(each) ? String(each) : each,
  )?.slice(0, 900);
}

console.log(`${alike} of ${values.cases} calls alike (seed ${values.seed}); otherwise by intent:`);
for (const [name, count] of counts) console.log(`${String(count).padStart(6)}  ${name}`);
console.log(`${String(bad).padStart(6)}  unexplained`);
if (bad > 0) process.exitCode = 1;
