// The key sets of vectors/idp/, in the spelling of 22 providers: how many of their signing keys does each library use?
//   node published.mjs
//
// A key counts as used when a token that names it, with a made-up signature of the right length, is refused for that
// signature and for nothing else: the library then found the key, read it and tried it. Keys of RSA below 2048 bits and keys
// for encryption are left out: to use one would be a fault (RFC 7518 §3.3, RFC 7517 §4.2).

import { readdirSync, readFileSync } from 'node:fs';
import { JwtVerifier } from 'aws-jwt-verify';
import { createLocalJWKSet, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';
import { importJwks, verifyJwt } from '../dist/index.js';

const folder = new URL('../vectors/idp/', import.meta.url);
const issuer = 'https://issuer.example';
const expected = { issuer, audience: 'api' };
const exp = Math.floor(Date.now() / 1000) + 600;
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The algorithm of a key that does not name one, and the octets of its signatures. */
const ALGORITHMS = { RSA: 'RS256', 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' };
const SIGNATURE_OCTETS = { ES256: 64, ES384: 96, ES512: 132, EdDSA: 64 };

/** A token that names a key, with a signature of octets that were never signed. */
function forgedToken({ kid, alg }, octets) {
  const signature = Buffer.alloc(SIGNATURE_OCTETS[alg] ?? octets, 1).toString('base64url');
  return `${encode({ alg, typ: 'JWT', kid })}.${encode({ iss: issuer, aud: 'api', sub: 'user-1', exp })}.${signature}`;
}

/** The octets of a member in any spelling, without leading zeros. */
function octetsOf(text) {
  const octets = Buffer.from(text, 'base64');
  return octets.subarray(octets.findIndex((octet) => octet !== 0));
}

/** The keys of a set that may verify tokens: not for encryption, of a known kind, and long enough. */
function signingKeys({ keys }) {
  return keys.flatMap((jwk) => {
    const { kty, crv, use, kid } = jwk;
    const alg = jwk.alg ?? ALGORITHMS[crv ?? kty];
    const isSigning = alg !== undefined && /^(RS|PS|ES|EdDSA)/.test(alg) && !/enc|tls|x509/.test(use ?? 'sig');
    const octets = kty === 'RSA' ? octetsOf(jwk.n ?? '').length : 0;
    return isSigning && kid !== undefined && (kty !== 'RSA' || octets >= 256) ? [{ kid, alg, octets, use }] : [];
  });
}

/** name → (token, set, key): throws or rejects with the library's error. */
const LIBRARIES = {
  barejose: (token, set, { use }) =>
    verifyJwt(token, importJwks(set, use && use !== 'sig' ? { use } : undefined), expected),
  jose: (token, set) => jwtVerify(token, createLocalJWKSet(set), expected),
  'jwks-rsa + jsonwebtoken': async (token, set, { kid, alg }) => {
    const client = jwksRsa({ jwksUri: `${issuer}/jwks`, fetcher: async () => structuredClone(set) });
    const key = await client.getSigningKey(kid);
    jsonwebtoken.verify(token, key.getPublicKey(), { ...expected, algorithms: [alg] });
  },
  'aws-jwt-verify': (token, set) => {
    const verifier = JwtVerifier.create({ jwksUri: `${issuer}/jwks.json`, ...expected });
    verifier.cacheJwks(structuredClone(set));
    verifier.verifySync(token);
  },
};

/** Whether an error says that the signature is wrong, in the words of each library. */
const isSignatureError = ({ code, message }) =>
  code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' || /^invalid signature$/i.test(message);

async function isUsed(verify, set, key) {
  try {
    await verify(forgedToken(key, key.octets), set, key);
  } catch (error) {
    return isSignatureError(error);
  }
  throw new Error(`a forged token under ${key.kid} was accepted`);
}

const totals = Object.fromEntries(Object.keys(LIBRARIES).map((name) => [name, 0]));
let behind = 0;
console.log(`| key set | signing keys | ${Object.keys(LIBRARIES).join(' | ')} |`);
console.log(`|---|---|${'---|'.repeat(Object.keys(LIBRARIES).length)}`);
for (const file of readdirSync(folder).sort()) {
  const set = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  const keys = signingKeys(set);
  const counts = {};
  for (const [name, verify] of Object.entries(LIBRARIES)) {
    const used = await Promise.all(keys.map((key) => isUsed(verify, set, key)));
    counts[name] = used.filter(Boolean).length;
    totals[name] += counts[name];
  }
  const best = Math.max(...Object.values(counts));
  if (counts.barejose < best) behind++;
  console.log(`| ${file.replace('.json', '')} | ${keys.length} | ${Object.values(counts).join(' | ')} |`);
}
console.log(`| **all** | | ${Object.values(totals).join(' | ')} |`);
console.log(`\n${behind} sets where barejose uses fewer keys than the best of the others`);
if (behind > 0 || totals.barejose === 0) process.exitCode = 1;
