// What nobody can skip: bare node:crypto over bytes that are already there, the native base64url decode, JSON.parse.
// Several forms of the first are measured; the fastest one in the same run is the floor.
import * as crypto from 'node:crypto';
import { pssKeyOf } from './fixtures.mjs';

/**
 * The decode and the parse. A buffer kept from call to call would be quicker for large payloads, but would hold the last
 * token's claims for whoever comes next.
 */
export function decode(payload) {
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
}

/** Forms of the cryptographic part of a verification: name → (fixture) → boolean. */
export function verifiers({ alg, publicKey }) {
  if (alg === 'HS256') return hmacs(publicKey);
  if (alg === 'EdDSA')
    return { 'verify(bytes)': ({ data, signature }) => crypto.verify(null, data, publicKey, signature) };
  if (alg === 'ES256') {
    const options = { key: publicKey, dsaEncoding: 'ieee-p1363' };
    return {
      'verify(bytes), raw': ({ data, signature }) => crypto.verify('sha256', data, options, signature),
      'verify(bytes), DER': ({ data, der }) => crypto.verify('sha256', data, publicKey, der),
      'createVerify(bytes), DER': ({ data, der }) => crypto.createVerify('sha256').update(data).verify(publicKey, der),
    };
  }
  if (alg === 'PS256') {
    const options = { key: publicKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const pss = pssKeyOf(publicKey);
    return {
      'verify(bytes), options': ({ data, signature }) => crypto.verify('sha256', data, options, signature),
      'createVerify(bytes), options': ({ data, signature }) =>
        crypto.createVerify('sha256').update(data).verify(options, signature),
      'createVerify(bytes), RSASSA-PSS key': ({ data, signature }) =>
        crypto.createVerify('sha256').update(data).verify(pss, signature),
    };
  }
  return {
    'verify(bytes)': ({ data, signature }) => crypto.verify('sha256', data, publicKey, signature),
    'createVerify(bytes)': ({ data, signature }) =>
      crypto.createVerify('sha256').update(data).verify(publicKey, signature),
    'createVerify(text)': ({ text, signature }) =>
      crypto.createVerify('sha256').update(text, 'latin1').verify(publicKey, signature),
  };
}

function hmacs(key) {
  const digest = (content, encoding) => crypto.createHmac('sha256', key).update(content, encoding).digest('base64url');
  return {
    'createHmac(text)': ({ text, signatureText }) => digest(text, 'latin1') === signatureText,
    'createHmac(bytes)': ({ data, signatureText }) => digest(data) === signatureText,
  };
}

/**
 * HMAC put together from two one-shot hashes (RFC 2104 §2), which is what barejose does. It is quicker than node:crypto's own
 * HMAC, so it is no floor that everybody has, but it is told beside it.
 */
export function hmacByHand(key) {
  const block = (pad) => Buffer.alloc(64, pad).map((octet, i) => octet ^ (key[i] ?? 0));
  const inner = Buffer.concat([block(0x36), Buffer.alloc(4096)]);
  const outer = Buffer.concat([block(0x5c), Buffer.alloc(32)]);
  return ({ text, signatureText }) => {
    const end = 64 + inner.write(text, 64, 'latin1');
    outer.write(crypto.hash('sha256', inner.subarray(0, end), 'latin1'), 64, 'latin1');
    return crypto.hash('sha256', outer, 'base64url') === signatureText;
  };
}

/** Forms of a signature over the signing input: name → () → signature. */
export function signers({ alg, privateKey }, data) {
  const text = data.toString('latin1');
  if (alg === 'HS256')
    return {
      'createHmac(text)': () => crypto.createHmac('sha256', privateKey).update(text, 'latin1').digest('base64url'),
    };
  if (alg === 'EdDSA') return { 'sign(bytes)': () => crypto.sign(null, data, privateKey) };
  const options = {
    RS256: undefined,
    PS256: { key: privateKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    ES256: { key: privateKey, dsaEncoding: 'ieee-p1363' },
  }[alg];
  return {
    ...(alg === 'PS256' ? {} : { 'sign(bytes)': () => crypto.sign('sha256', data, privateKey) }),
    ...(alg === 'PS256'
      ? {}
      : { 'createSign(bytes)': () => crypto.createSign('sha256').update(data).sign(privateKey) }),
    ...(options ? { 'sign(bytes), options': () => crypto.sign('sha256', data, options) } : {}),
  };
}
