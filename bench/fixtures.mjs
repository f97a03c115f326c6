// The keys, claims and tokens that every candidate of a benchmark gets: the same bytes for all.
import * as crypto from 'node:crypto';

export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'https://api.example/v1';

/** So many tokens with one header and different claims are verified in turn: a cache of whole tokens would not help. */
export const TOKENS = 32;

const ISSUED_AT = 1_700_000_000;
const EXPIRES_AT = 4_102_444_800; // 2100-01-01

/** Claims whose JSON is exactly `size` bytes. */
export function claimsOf(index, size = 300) {
  const claims = {
    iss: ISSUER,
    sub: `user-${String(index).padStart(8, '0')}`,
    aud: AUDIENCE,
    iat: ISSUED_AT,
    nbf: ISSUED_AT,
    exp: EXPIRES_AT,
    jti: `6f1d2c3b-4a59-4e68-8b77-${String(index).padStart(12, '0')}`,
    client_id: 'web-7f3c1d',
    scope: 'openid profile email ',
  };
  const scopes = 'orders:read orders:write invoices:read invoices:write reports:read reports:write';
  claims.scope += scopes.slice(0, Math.max(0, size - JSON.stringify(claims).length)).trimEnd();
  claims.scope = claims.scope.padEnd(claims.scope.length + size - JSON.stringify(claims).length, 'x');
  if (JSON.stringify(claims).length !== size) throw new Error('the claims have another size');
  return claims;
}

/** Claims of about `size` bytes, the bulk of it one long string. */
export function claimsWithLongString(size) {
  const claims = { ...claimsOf(0), note: '' };
  claims.note = 'The quick brown fox jumps over the lazy dog. '
    .repeat(size / 45 + 1)
    .slice(0, size - JSON.stringify(claims).length);
  return claims;
}

/** Claims of about `size` bytes, the bulk of it 900 members. */
export function claimsWithManyMembers(size) {
  const claims = claimsOf(0);
  const room = Math.floor((size - JSON.stringify(claims).length) / 900);
  for (let i = 0; i < 900; i++) claims[`claim_${String(i).padStart(4, '0')}`] = 'v'.repeat(Math.max(0, room - 16));
  return claims;
}

const PSS = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST };

const rsa = () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** How to make a key, and the options node:crypto needs to sign as RFC 7518 says. */
const RECIPES = {
  RS256: { pair: rsa, hash: 'sha256', options: {} },
  PS256: { pair: rsa, hash: 'sha256', options: PSS },
  ES256: { pair: p256, hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { pair: () => crypto.generateKeyPairSync('ed25519'), hash: null, options: {} },
};

export const ALGORITHMS = [...Object.keys(RECIPES), 'HS256'];

/** A key for an algorithm, in every form that a candidate may want. */
export function keyFor(alg) {
  const kid = `${alg.toLowerCase()}-2024-11`;
  if (alg === 'HS256') {
    const secret = crypto.randomBytes(32);
    const key = crypto.createSecretKey(secret);
    return { alg, kid, secret, publicKey: key, privateKey: key, jwk: { ...key.export({ format: 'jwk' }), kid, alg } };
  }
  const { publicKey, privateKey } = RECIPES[alg].pair();
  return {
    alg,
    kid,
    publicKey,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    privateJwk: { ...privateKey.export({ format: 'jwk' }), kid, alg },
    pem: publicKey.export({ type: 'spki', format: 'pem' }),
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}

/** A compact JWS by bare node:crypto, taken apart for the floors. */
export function tokenOf(payload, { alg, kid, privateKey }, typ = 'JWT') {
  const header = Buffer.from(JSON.stringify({ alg, typ, kid })).toString('base64url');
  const encoded = Buffer.from(payload).toString('base64url');
  const text = `${header}.${encoded}`;
  const signature = signatureOf(text, alg, privateKey);
  return {
    token: `${text}.${signature.toString('base64url')}`,
    text,
    data: Buffer.from(text, 'latin1'),
    payload: encoded,
    signature,
    signatureText: signature.toString('base64url'),
    der: alg === 'ES256' ? derOf(signature) : undefined,
  };
}

/** Strings that are no well-formed JWS. Each differs from call to call, so that nothing about it can be remembered. */
export function malformedKinds({ text, signatureText, payload }) {
  const header = text.slice(0, text.indexOf('.'));
  const encode = (value) => Buffer.from(value).toString('base64url');
  const vary = (make) => Array.from({ length: TOKENS }, (_, i) => make(i));
  const withHeader = (make) => vary((i) => `${encode(make(i))}.${payload}.${signatureText}`);
  return {
    'no dots': vary((i) => `${header}${payload}${signatureText}${i}`),
    'two parts': vary((i) => `${text}${i}`),
    'five parts': vary((i) => `${text}.${i}.${signatureText}.x`),
    'space at the end': vary((i) => `${text}.${i}${signatureText} `),
    'foreign character in the payload': vary(
      (i) => `${header}.${payload.slice(0, 40 + i)}!${payload.slice(41 + i)}.${signatureText}`,
    ),
    'padding after the signature': vary((i) => `${text}.${i}${signatureText.slice(0, -2)}=`),
    'header is not base64url': vary(
      (i) => `${header.slice(0, 10)}+${i}${header.slice(12)}.${payload}.${signatureText}`,
    ),
    'header is not JSON': withHeader((i) => `{"alg":"RS256","kid":${i}x"}`),
    'header is an array': withHeader((i) => `["RS256","JWT","key-${i}"]`),
    'header has alg twice': withHeader((i) => `{"alg":"RS256","alg":"none","kid":"${i}"}`),
    'no alg': withHeader((i) => `{"typ":"JWT","kid":"${i}"}`),
    'alg none': withHeader((i) => `{"alg":"none","kid":"${i}"}`),
    'unknown crit': withHeader((i) => `{"alg":"RS256","crit":["x"],"x":${i}}`),
  };
}

function signatureOf(text, alg, key) {
  if (alg === 'HS256') return crypto.createHmac('sha256', key).update(text).digest();
  const { hash, options } = RECIPES[alg];
  return crypto.sign(hash, Buffer.from(text), { key, ...options });
}

/** RFC 3279 §2.2.3: an ECDSA signature r‖s as DER. */
function derOf(signature) {
  const half = signature.length / 2;
  const parts = [signature.subarray(0, half), signature.subarray(half)].map((bytes) => {
    let start = 0;
    while (start < half - 1 && bytes[start] === 0) start++;
    const value = Buffer.concat([Buffer.alloc(bytes[start] & 0x80 ? 1 : 0), bytes.subarray(start)]);
    return Buffer.concat([Buffer.from([2, value.length]), value]);
  });
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/**
 * The same RSA key as an RSASSA-PSS key (RFC 4055 §3.1) bound to SHA-256, MGF1 with SHA-256 and a salt of 32: it needs no
 * options object, which on some Node versions costs a third of the verification.
 */
export function pssKeyOf(publicKey) {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const bits = spki.subarray(spki.indexOf(Buffer.from('0500', 'hex')) + 2);
  const sha256 = sequence(Buffer.from('0609608648016503040201', 'hex'), Buffer.from('0500', 'hex'));
  const mgf1 = sequence(Buffer.from('06092a864886f70d010108', 'hex'), sha256);
  const parameters = sequence(tagged(0, sha256), tagged(1, mgf1), tagged(2, Buffer.from([2, 1, 32])));
  const algorithm = sequence(Buffer.from('06092a864886f70d01010a', 'hex'), parameters);
  return crypto.createPublicKey({ key: sequence(algorithm, bits), format: 'der', type: 'spki' });
}

function sequence(...parts) {
  const body = Buffer.concat(parts);
  const n = body.length;
  return Buffer.concat([
    Buffer.from(n < 128 ? [0x30, n] : n < 256 ? [0x30, 0x81, n] : [0x30, 0x82, n >> 8, n & 255]),
    body,
  ]);
}

function tagged(tag, body) {
  return Buffer.concat([Buffer.from([0xa0 + tag, body.length]), body]);
}
