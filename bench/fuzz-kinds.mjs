// What the fuzzer changes, and who judges it: tokens, JWKs, JWK Sets, PEM, and two HTTP headers. Every input is JSON, so that
// it can be kept; keys are those of vectors/ours/jwk.json, so that a seed makes the same inputs again (ECDSA signatures apart).
import { createHmac, createPrivateKey, createPublicKey, createSecretKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { auth } from 'express-oauth2-jwt-bearer';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import {
  authenticate,
  createKeyVerifier,
  importJwks,
  importKey,
  importSecret,
  jwksEndpoint,
  verifyJwt,
} from '../dist/index.js';
import { HEADER_VALUES, mutateJson, mutateText } from './mutations.mjs';

const fresh = createRequire(import.meta.resolve('express'))('fresh');

export const NOW = 1_700_000_000;
const ISSUER = 'https://issuer.example';
const CLAIMS = { iss: ISSUER, aud: 'api', sub: 'user-1', iat: NOW - 60, nbf: NOW - 60, exp: 4_000_000_000 };
const OURS = { issuer: ISSUER, audience: 'api', now: NOW };
const JOSE = { issuer: ISSUER, audience: 'api', currentDate: new Date(NOW * 1000), requiredClaims: ['exp'] };
const JSONWEBTOKEN = { issuer: ISSUER, audience: 'api', clockTimestamp: NOW };

// ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const part = (value) => Buffer.from(value).toString('base64url');
const { keys } = JSON.parse(readFileSync(new URL('../vectors/ours/jwk.json', import.meta.url), 'utf8'));
const KEYS = [
  { ...keys['RSA private'], alg: 'RS256', kid: 'rsa' },
  { ...keys['P-256 private'], alg: 'ES256', kid: 'ec' },
  { ...keys['Ed25519 private'], alg: 'EdDSA', kid: 'okp' },
  { ...keys.oct, alg: 'HS256', kid: 'oct' },
];
/** A secret that is text, since express-oauth2-jwt-bearer takes no other. */
const TEXT_SECRET = 'a secret of the tests, known to everybody';
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi'];
const publicOf = (jwk) =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => jwk.kty === 'oct' || !PRIVATE_MEMBERS.includes(name)));

/** Signs any octets by node:crypto alone. */
function signerOf(alg, jwk) {
  if (alg === 'HS256') return (input) => createHmac('sha256', Buffer.from(jwk.k, 'base64url')).update(input).digest();
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return (input) => sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

function signed(signer, header, payload) {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${part(signer.sign(input))}`;
}

const SIGNERS = KEYS.map((jwk) => {
  const { alg } = jwk;
  const publicJwk = publicOf(jwk);
  const signer = { alg, publicJwk, sign: signerOf(alg, jwk) };
  const isSecret = alg === 'HS256';
  const nodeKey = isSecret
    ? createSecretKey(Buffer.from(jwk.k, 'base64url'))
    : createPublicKey({ key: publicJwk, format: 'jwk' });
  const good = signed(signer, JSON.stringify({ alg, kid: jwk.kid }), JSON.stringify(CLAIMS));
  return { ...signer, isSecret, nodeKey, good, ours: importKey(publicJwk), pem: isSecret ? '' : pemOf(nodeKey) };
});
const signerFor = (alg) => SIGNERS.find((signer) => signer.alg === alg);
const PUBLISHED = SIGNERS.filter(({ isSecret }) => !isSecret);

function pemOf(key) {
  return key.export({ format: 'pem', type: 'spki' });
}

// ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

const VALUES = [...HEADER_VALUES, null, ''];
const CLAIM_VALUES = [
  ISSUER,
  'api',
  ['api'],
  [],
  NOW,
  NOW - 61,
  NOW + 0.5,
  '4000000000',
  'x',
  true,
  null,
  [1],
  { a: 1 },
];
const KEY_VALUES = [
  ...['RSA', 'EC', 'OKP', 'oct', 'P-256', 'P-384', 'Ed25519', 'X25519', 'RS256', 'PS256', 'ES256', 'EdDSA', 'HS256'],
  ...[
    'sig',
    'enc',
    'AQAB',
    'AAEAAQ',
    'Aw',
    'AA',
    '',
    null,
    true,
    7,
    ['verify'],
    ['sign'],
    ['verify', 'verify'],
    [],
    {},
  ],
];

/** JSON text, mostly with one change. */
function changed(value, values, chance) {
  const text = JSON.stringify(value);
  if (chance.chance(0.3)) return text;
  const other = mutateJson(text, values, chance);
  return chance.chance(0.1) ? mutateText(other, chance) : other;
}

/** Octets of a JWK's member in another spelling. */
function respelt(jwk, { pick }) {
  const name = pick(Object.keys(jwk).filter((each) => ['n', 'e', 'x', 'y', 'k'].includes(each)));
  const octets = Buffer.from(jwk[name], 'base64url');
  const spellings = [
    octets.toString('base64'),
    `${jwk[name]}=`,
    Buffer.concat([Buffer.alloc(1), octets]).toString('base64url'),
    octets.subarray(1).toString('base64url'),
    ` ${jwk[name]}`,
    `${jwk[name]}\n`,
    jwk[name].slice(0, -1) + (jwk[name].endsWith('A') ? 'B' : 'A'),
  ];
  return { ...jwk, [name]: pick(spellings) };
}

/** JSON text in octets that are seldom UTF-8 without a mark. */
function unusual(text, { pick, chance }) {
  if (chance(0.95)) return text;
  const octets = Buffer.from(text);
  const at = octets.lastIndexOf(0x22); // in the last text or name
  const ways = [
    () => `\ufeff${text}`,
    () => Buffer.concat([octets.subarray(0, at), Buffer.from([0xff]), octets.subarray(at)]),
    () => Buffer.from(text, 'utf16le'),
    () => ` ${text}\n`,
    () => `${text}\0`,
  ];
  return pick(ways)();
}

function changedJwk(jwk, chance) {
  return chance.chance(0.3) ? JSON.stringify(respelt(jwk, chance)) : changed(jwk, KEY_VALUES, chance);
}

const BEGIN = '-----BEGIN PUBLIC KEY-----';
const END = '-----END PUBLIC KEY-----';

/** The PEM with its label, lines, base64 or surroundings changed. */
function changedPem(pem, chance) {
  const { pick, nat } = chance;
  const body = pem.split('\n').slice(1, -2).join('');
  const der = Buffer.from(body, 'base64');
  const wrapped = (octets) => `${BEGIN}\n${octets.toString('base64')}\n${END}\n`;
  const ways = [
    () => pem,
    () => pem.replaceAll('\n', '\r\n'),
    () => pem.replaceAll('\n', '\\n'),
    () => pem.trim(),
    () => `  ${pem.replaceAll('\n', '\n  ')}`,
    () => `Subject: x\n${pem}`,
    () => `${pem}\ntrailing text\n`,
    () => pem + pem,
    () => pem + pick(PUBLISHED).pem,
    () => JSON.stringify(pem),
    () => pem.replaceAll('\n', ''),
    () => pem.replaceAll('\n', ' '),
    () => `${BEGIN}\n${body}\n${END}`,
    () => `${BEGIN}\n${body.slice(0, 40)}\n\n${body.slice(40)}\n${END}\n`,
    () => `${BEGIN}\n${body.replaceAll('=', '')}\n${END}\n`,
    () => `${BEGIN}\n${body.replaceAll('+', '-').replaceAll('/', '_')}\n${END}\n`,
    () => `${BEGIN}\nProc-Type: 4,CLEAR\n\n${body}\n${END}\n`,
    () =>
      pem.replaceAll(
        'PUBLIC KEY',
        pick(['RSA PUBLIC KEY', 'EC PUBLIC KEY', 'CERTIFICATE', 'PRIVATE KEY', 'public key']),
      ),
    () => pem.replaceAll('-----', pick(['----', '------', '---- '])),
    () => pem.replace(END, ''),
    () => body,
    () => wrapped(Buffer.concat([der, Buffer.alloc(1 + nat(3))])),
    () => wrapped(der.map((octet, i) => (i === nat(30) ? octet ^ (1 << nat(8)) : octet))),
    () => wrapped(der.subarray(0, -1 - nat(3))),
    () => mutateText(pem, chance),
  ];
  return pick(ways)();
}

/** An Authorization header around a good token. */
function changedAuthorization(token, chance) {
  const { pick, nat } = chance;
  const scheme = pick([
    'Bearer',
    'Bearer',
    'Bearer',
    'bearer',
    'BEARER',
    'Basic',
    'DPoP',
    'Bearerx',
    'Bearer,',
    'JWT',
    '',
  ]);
  const space = pick([' ', ' ', ' ', '  ', '\t', '', ' \t', '\n', '\u00a0', '=']);
  const tail = pick(['', '', '', ' ', '  ', '=', '==', ',', ' x', `, Bearer ${token}`, ';', '"', '\t', '\r\n', '.']);
  const text = `${scheme}${space}${pick(['', '', '', ' ', '"'])}${token}${tail}`;
  return nat(6) === 0 ? mutateText(text, chance) : text;
}

/** An If-None-Match header; `{tag}` stands for the tag of the document. */
function changedTags({ pick, nat }) {
  const tags = [
    '{tag}',
    'W/{tag}',
    'w/{tag}',
    'W/W/{tag}',
    '*',
    '"x"',
    'W/"x"',
    '',
    ' ',
    '{tag}x',
    '"a,b"',
    '"a,{tag}',
    '\t{tag}',
  ];
  const list = Array.from({ length: 1 + nat(3) }, () => pick(tags));
  return list.join(pick([',', ', ', ' , ', ',\t', ' ', ',,', ';']));
}

// ── judges: each returns what it read, or throws ─────────────────────────────────────────────────────────────────────────────

const claimsByUs = (token, key) => verifyJwt(token, key, OURS).claims;
const claimsByJose = async (token, key, options = {}) =>
  (await jose.jwtVerify(token, key, { ...JOSE, ...options })).payload;
function claimsByJsonwebtoken(token, key, algorithms) {
  const claims = jsonwebtoken.verify(token, key, { ...JSONWEBTOKEN, algorithms });
  return claims;
}

/** jsonwebtoken has no EdDSA. */
const takes = (alg) => alg !== 'EdDSA';
const keyOfJwk = (jwk) =>
  jwk.kty === 'oct' ? createSecretKey(Buffer.from(jwk.k, 'base64url')) : createPublicKey({ key: jwk, format: 'jwk' });

const JWK_TEXT_FAULT = 'no JSON';
/** A JWK comes as an object: what is no JSON is nobody's to judge. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(JWK_TEXT_FAULT);
  }
}

const bearerKey = importSecret(Buffer.from(TEXT_SECRET), { alg: 'HS256' });
const bearerSigner = { sign: signerOf('HS256', { k: part(TEXT_SECRET) }) };
const BEARER = signed(bearerSigner, JSON.stringify({ alg: 'HS256' }), JSON.stringify(CLAIMS));
const verifier = createKeyVerifier({ issuer: ISSUER, audience: 'api', keys: bearerKey, clock: () => NOW });
const guard = auth({
  secret: TEXT_SECRET,
  tokenSigningAlg: 'HS256',
  issuer: ISSUER,
  audience: 'api',
});
const endpoint = jwksEndpoint(importJwks({ keys: PUBLISHED.map(({ publicJwk }) => publicJwk) }));
const JWKS_URL = 'https://issuer.example/.well-known/jwks.json';
const etag = (await endpoint(new Request(JWKS_URL))).headers.get('etag');

function guardedByExpress(authorization) {
  const req = {
    headers: { authorization },
    query: {},
    body: {},
    method: 'GET',
    protocol: 'https',
    host: 'x',
    is: () => false,
  };
  const request = Object.assign(req, { originalUrl: '/', get: () => 'api.example' });
  return new Promise((resolve, reject) => {
    guard(request, {}, (error) => (error ? reject(error) : resolve(request.auth.payload)));
  });
}

const refused = (why) => {
  throw new Error(why);
};

/** name → how to make an input, and who reads it. */
export const KINDS = {
  token: {
    make(chance) {
      const signer = chance.pick(SIGNERS);
      const header = changed({ alg: signer.alg, typ: 'JWT', kid: signer.publicJwk.kid }, VALUES, chance);
      const payload = changed(CLAIMS, CLAIM_VALUES, chance);
      const token = signed(signer, unusual(header, chance), unusual(payload, chance));
      return { alg: signer.alg, text: chance.chance(0.8) ? token : mutateText(token, chance) };
    },
    ours: ({ alg, text }) => claimsByUs(text, signerFor(alg).ours),
    peers: {
      jose: ({ alg, text }) =>
        claimsByJose(text, signerFor(alg).nodeKey, { algorithms: alg === 'EdDSA' ? ['EdDSA', 'Ed25519'] : [alg] }),
      jsonwebtoken: ({ alg, text }) => claimsByJsonwebtoken(text, signerFor(alg).nodeKey, [alg]),
    },
  },
  JWK: {
    make(chance) {
      const { alg, publicJwk } = chance.pick(SIGNERS);
      return { alg, text: changedJwk(publicJwk, chance) };
    },
    ours: ({ alg, text }) => claimsByUs(signerFor(alg).good, importKey(parsed(text))),
    peers: {
      jose: async ({ alg, text }) => claimsByJose(signerFor(alg).good, await jose.importJWK(parsed(text), alg)),
      jsonwebtoken: ({ alg, text }) => claimsByJsonwebtoken(signerFor(alg).good, keyOfJwk(parsed(text)), [alg]),
    },
  },
  'JWK Set': {
    make(chance) {
      const { alg } = chance.pick(PUBLISHED);
      const keys = PUBLISHED.map(({ publicJwk }) => publicJwk);
      const some = chance.chance(0.5) ? keys : keys.map((jwk) => parsed(changedJwkInSet(jwk, chance)));
      const text = changed({ keys: some }, [...KEY_VALUES, keys, keys[0]], chance);
      return { alg, text: chance.chance(0.02) ? text.replace('{', '{"keys":[],') : text };
    },
    ours: ({ alg, text }) => claimsByUs(signerFor(alg).good, importJwks(text)),
    peers: {
      jose: ({ alg, text }) => claimsByJose(signerFor(alg).good, jose.createLocalJWKSet(parsed(text))),
    },
  },
  PEM: {
    make(chance) {
      const { alg, pem } = chance.pick(PUBLISHED);
      return { alg, text: changedPem(pem, chance) };
    },
    ours: ({ alg, text }) => claimsByUs(signerFor(alg).good, importKey(text)),
    peers: {
      jose: async ({ alg, text }) =>
        claimsByJose(
          signerFor(alg).good,
          await (text.startsWith('-----BEGIN CERTIFICATE') ? jose.importX509(text, alg) : jose.importSPKI(text, alg)),
        ),
      jsonwebtoken: ({ alg, text }) => claimsByJsonwebtoken(signerFor(alg).good, text, [alg]),
    },
  },
  Authorization: {
    make: (chance) => ({ alg: 'HS256', text: changedAuthorization(BEARER, chance) }),
    async ours({ text }) {
      const verdict = await authenticate(verifier, text);
      if (!verdict.ok) throw verdict.error ?? new Error(`status ${verdict.status}`);
      return verdict.jwt.claims;
    },
    peers: { 'express-oauth2-jwt-bearer': ({ text }) => guardedByExpress(text) },
  },
  'If-None-Match': {
    make: (chance) => ({ alg: '', text: changedTags(chance) }),
    async ours({ text }) {
      const sent = text.replaceAll('{tag}', etag);
      const headers = { 'if-none-match': sent };
      return (await endpoint(new Request(JWKS_URL, { headers }))).status === 304 ? 304 : refused('status 200');
    },
    peers: {
      fresh: ({ text }) =>
        fresh({ 'if-none-match': text.replaceAll('{tag}', etag).trim() }, { etag }) ? 304 : refused('status 200'),
    },
  },
};

function changedJwkInSet(jwk, chance) {
  const text = changedJwk(jwk, chance);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(jwk);
  }
}

/** Whether a peer judges this input at all. */
export function isJudgedBy(peer, kind, { alg, text }) {
  if (peer === 'jsonwebtoken' && !takes(alg)) return false;
  const isJson = kind !== 'JWK' && kind !== 'JWK Set';
  if (isJson) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
