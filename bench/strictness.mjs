// What each library does, called as its own documentation shows, with tokens and calls that a careful verifier refuses.
//   node strictness.mjs
import { generateKeyPairSync, sign } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import fastJwt from 'fast-jwt';
import { jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { importKey, verifyJwt } from '../dist/index.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const issuer = 'https://issuer.example';
const now = Math.floor(Date.now() / 1000);
const eternal = { iss: issuer, aud: 'api', sub: 'user-1', iat: now };
const claims = { ...eternal, exp: now + 600 };
const expected = { issuer, audience: 'api' };

const part = (value) => Buffer.from(value).toString('base64url');
function token(payload, header = {}, key = privateKey) {
  const input = `${part(JSON.stringify({ alg: 'RS256', kid: 'k', ...header }))}.${part(payload)}`;
  return `${input}.${part(sign('sha256', input, key))}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The same octets in another spelling: the last character has bits that no octet uses. */
const respelt = (text) => text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1)) ^ 1];
const good = token(JSON.stringify(claims));
const notUtf8 = Buffer.from(JSON.stringify(claims).replace('user-1', 'user-?'));
notUtf8[notUtf8.indexOf('user-?') + 5] = 0xff;

/** name → (text, key, options): throws or rejects when the token or the call is refused. */
const LIBRARIES = {
  barejose: (text, key, options = expected) => verifyJwt(text, importKey(key), options),
  jose: (text, key, options = expected) => jwtVerify(text, key, options),
  jsonwebtoken: (text, key, options = expected) => jsonwebtoken.verify(text, key, options),
  'fast-jwt': (text, key, options = { allowedIss: issuer, allowedAud: 'api' }) =>
    fastJwt.createVerifier({ key: key.export({ format: 'pem', type: 'spki' }), ...options })(text),
  'aws-jwt-verify': (text, key, options = expected) => {
    const verifier = JwtVerifier.create({ jwksUri: `${issuer}/jwks.json`, ...options });
    verifier.cacheJwks({ keys: [{ ...key.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] });
    return verifier.verifySync(text);
  },
};

const CASES = [
  ['a good token', good],
  ['a token without `exp`', token(JSON.stringify(eternal))],
  ['issuer and audience left out of the call', good, publicKey, {}],
  ['a misspelt option', good, publicKey, { ...expected, allowedIss: issuer, allowedAud: 'api', subjekt: 'somebody' }],
  ['a claim twice', token(`${JSON.stringify(claims).slice(0, -1)},"sub":"admin"}`)],
  ['a second spelling of the signature', respelt(good)],
  ['a payload that is not UTF-8', token(notUtf8)],
  ['a critical extension nobody knows', token(JSON.stringify(claims), { crit: ['x'], x: 1 })],
  ['an RSA key of 1024 bits', token(JSON.stringify(claims), {}, weak.privateKey), weak.publicKey],
];

async function outcome(verify, [, text, key = publicKey, options]) {
  try {
    await verify(text, key, options);
    return 'accepted';
  } catch {
    return 'refused';
  }
}

console.log(`| | ${Object.keys(LIBRARIES).join(' | ')} |\n|${'---|'.repeat(Object.keys(LIBRARIES).length + 1)}`);
for (const each of CASES) {
  const outcomes = await Promise.all(Object.values(LIBRARIES).map((verify) => outcome(verify, each)));
  console.log(`| ${each[0]} | ${outcomes.join(' | ')} |`);
}
