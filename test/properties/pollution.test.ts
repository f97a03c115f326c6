// A polluted Object.prototype changes nothing: what a token, a key or an option does not say itself stays unsaid.
// The core is synchronous, so the pollution lives for one call and is taken away in a `finally`.

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createKeyVerifier,
  decryptJwt,
  decryptWith,
  draftJwt,
  encryptJwt,
  explainJwt,
  exportJwk,
  importJwks,
  importKey,
  importSecret,
  isVerifiedJwt,
  JoseError,
  type Key,
  nestJwt,
  readUnverifiedJwt,
  signJws,
  signJwsJson,
  signJwt,
  signNestedJwt,
  thumbprint,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { kindOf } from '../support/jwe.ts';
import { keyPairs, nodePair, secretBytes, secretKey } from '../support/keys.ts';
import { whilePolluted } from '../support/pollution.ts';

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'https://issuer.example', audience: 'api', now: NOW } as const;

/** Own members only, so that what is inherited at the time of the call cannot show later. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([k, v]) => (Object.hasOwn(value, k) ? [[k, plain(v)]] : [])),
  );
}

function outcome(run: () => unknown): () => unknown {
  return () => {
    try {
      return plain(run());
    } catch (error) {
      if (error instanceof JoseError) return plain({ ...error });
      return { thrown: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
    }
  };
}

const secret = secretKey('HS256');
const { privateKey: rsaPrivate, publicKey: rsa } = keyPairs.RS256;
const { privateKey: edPrivate, publicKey: ed } = keyPairs.EdDSA;
const { privateKey: ecPrivate, publicKey: ec } = keyPairs.ES256;
const { publicKey: pss, privateKey: pssPrivate } = keyPairs.PS256;
const claims = { iss: EXPECTED.issuer, aud: EXPECTED.audience, sub: 'someone' };
const sign = (key: Key) => signJwt(claims, key, { expiresIn: '5m', now: NOW });
const forged = (header: object) => {
  const parts = [header, { ...claims, exp: NOW + 300 }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${parts.join('.')}.AA`;
};
const tokens = {
  hs: sign(secret),
  rs: sign(rsaPrivate),
  ps: sign(pssPrivate),
  es: sign(ecPrivate),
  ed: sign(edPrivate),
};
const bare = signJwt({ sub: 'someone' }, secret, { expiresIn: null, typ: null, now: NOW });
const jwks = JSON.stringify({ keys: [exportJwk(rsa), exportJwk(ec), exportJwk(ed)] });
const keySet = importJwks(jwks);
const content = new TextEncoder().encode('content');
const json = signJwsJson(content, [{ key: secret }, { key: edPrivate }]);
const detached = signJws(content, secret, { detached: true, b64: false });

const wrapping = kindOf('A256KW').encrypting;
const nested = nestJwt(tokens.es, wrapping);
const encrypted = encryptJwt(claims, wrapping, { expiresIn: '5m', now: NOW });
const decryptingVerifier = createKeyVerifier({
  ...{ issuer: EXPECTED.issuer, audience: EXPECTED.audience, keys: ec, clock: () => NOW },
  decrypt: decryptWith(wrapping),
});

// Everything deterministic that the public surface does, good and bad: each entry is run clean and polluted.
const battery: Readonly<Record<string, () => unknown>> = {
  'sign HS256': outcome(() => signJwt(claims, secret, { expiresIn: '5m', now: NOW })),
  'sign RS256': outcome(() => signJwt(claims, rsaPrivate, { expiresIn: null, typ: null, now: NOW })),
  'sign EdDSA': outcome(() => signJwt({}, edPrivate, { expiresIn: 60, now: NOW })),
  'sign a JWS': outcome(() => signJws(content, secret)),
  'sign a JWS in JSON': outcome(() =>
    signJwsJson(content, [{ key: secret }, { key: edPrivate, unprotected: { x: 1 } }]),
  ),
  draft: outcome(() => draftJwt(claims, { alg: 'EdDSA', expiresIn: '5m', now: NOW }).signingInput),
  'verify HS256': outcome(() => verifyJwt(tokens.hs, secret, EXPECTED).claims),
  'verify RS256': outcome(() => verifyJwt(tokens.rs, rsa, EXPECTED).claims),
  'verify PS256': outcome(() => verifyJwt(tokens.ps, pss, EXPECTED).claims),
  'verify ES256': outcome(() => verifyJwt(tokens.es, ec, EXPECTED).claims),
  'verify EdDSA': outcome(() => verifyJwt(tokens.ed, ed, EXPECTED).claims),
  'a set without kids': outcome(() => verifyJwt(tokens.ed, keySet, EXPECTED).claims),
  'the key of another alg': outcome(() => verifyJwt(tokens.rs, pss, EXPECTED)),
  'no exp': outcome(() => verifyJwt(bare, secret, { issuer: null, audience: null, now: NOW })),
  'no iss, no aud': outcome(() => verifyJwt(bare, secret, { ...EXPECTED, expiry: 'optional' })),
  'no iat for maxAge, no typ': outcome(() =>
    verifyJwt(bare, secret, {
      issuer: null,
      audience: null,
      expiry: 'optional',
      typ: 'at+jwt',
      maxAge: 60,
      now: NOW + 61,
    }),
  ),
  'a required claim that is absent': outcome(() =>
    verifyJwt(tokens.hs, secret, { ...EXPECTED, requiredClaims: ['nbf', 'kty'], subject: 'other' }),
  ),
  expired: outcome(() => verifyJwt(tokens.hs, secret, { ...EXPECTED, now: NOW + 301 })),
  'no alg': outcome(() => verifyJwt(forged({ typ: 'JWT' }), secret, EXPECTED)),
  'alg none': outcome(() => verifyJwt(forged({ alg: 'none' }), secret, EXPECTED)),
  'unknown crit': outcome(() => verifyJwt(forged({ alg: 'HS256', crit: ['x'], x: 1 }), secret, EXPECTED)),
  'crit naming an inherited member': outcome(() => verifyJwt(forged({ alg: 'HS256', crit: ['x'] }), secret, EXPECTED)),
  'verify a JWS': outcome(() => verifyJws(tokens.hs, secret).payload),
  'verify detached': outcome(() => verifyJws(detached, secret, { payload: content }).payload),
  'detached without payload': outcome(() => verifyJws(detached, secret)),
  'verify JSON': outcome(() => verifyJwsJson(json, secret, { require: 'any' }).signatures.map(({ valid }) => valid)),
  'verify JSON, all': outcome(() => verifyJwsJson(json, secret)),
  'empty JSON': outcome(() => verifyJwsJson({}, secret)),
  'import a set': outcome(() => [importJwks(jwks).keys.map(String), importJwks(jwks).skipped]),
  'an empty set': outcome(() => importJwks({})),
  'an empty JWK': outcome(() => importKey({} as Parameters<typeof importKey>[0])),
  'a JWK without d': outcome(() => importKey({ ...exportJwk(ec) }).type),
  'a JWK without y': outcome(() => importKey({ kty: 'EC', crv: 'P-256', x: exportJwk(ec).x } as never)),
  export: outcome(() => [exportJwk(rsa), exportJwk(ed), thumbprint(ec), keySet.toJSON()]),
  'import a KeyObject': outcome(() => String(importKey(nodePair('ES256').publicKey))),
  'import a secret': outcome(() => String(importSecret(secretBytes('HS256'), { alg: 'HS256' }))),
  explain: outcome(() => explainJwt(tokens.hs, secret, EXPECTED)),
  'explain nothing': outcome(() => explainJwt('', keySet, EXPECTED)),
  'encrypt and decrypt claims': outcome(() => {
    const made = encryptJwt(claims, wrapping, { expiresIn: '5m', now: NOW, header: { iss: claims.iss } });
    return decryptJwt(made, wrapping, EXPECTED).claims;
  }),
  'sign, nest and verify claims': outcome(() => {
    const made = signNestedJwt(claims, { sign: secret, encrypt: wrapping }, { expiresIn: '5m', now: NOW });
    return verifyNestedJwt(made, { decrypt: wrapping, verify: secret }, EXPECTED).claims;
  }),
  'verify a nested token': outcome(() => verifyNestedJwt(nested, { decrypt: wrapping, verify: ec }, EXPECTED).claims),
  'a nested token of another signer': outcome(() =>
    verifyNestedJwt(nested, { decrypt: wrapping, verify: ed }, EXPECTED),
  ),
  'a nested token, read as an encrypted one': outcome(() => decryptJwt(nested, wrapping, EXPECTED)),
  'a token that does not say that it is nested': outcome(() =>
    verifyNestedJwt(encrypted, { decrypt: wrapping, verify: ec }, EXPECTED),
  ),
  'a token for a private key, whose sender is unknown': outcome(() =>
    decryptJwt(encrypted, kindOf('RSA-OAEP').decrypting, EXPECTED),
  ),
  'a verifier that decrypts': outcome(() => decryptingVerifier.verifySync(nested).claims),
  'a verifier that decrypts, and a signed token': outcome(() => decryptingVerifier.verifySync(tokens.es)),
  'explain a nested token': outcome(() => explainJwt(nested, { decrypt: decryptWith(wrapping), verify: ec }, EXPECTED)),
  'explain an encrypted token': outcome(() =>
    explainJwt(encrypted, { decrypt: decryptWith(wrapping), verify: null }, EXPECTED),
  ),
  unverified: outcome(() => readUnverifiedJwt(bare)),
  'not a VerifiedJwt': outcome(() => isVerifiedJwt({})),
};
const clean = run();

function run(): Record<string, unknown> {
  return Object.fromEntries(Object.entries(battery).map(([name, call]) => [name, call()]));
}

// Names of headers, claims, JWK members, options and inner records, each with the values an attacker would like.
const JOSE_NAMES = [
  ...['alg', 'kid', 'typ', 'cty', 'crit', 'b64', 'jwk', 'jku', 'x5c', 'enc', 'zip'],
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
  ...[
    'kty',
    'crv',
    'use',
    'key_ops',
    'n',
    'e',
    'd',
    'p',
    'q',
    'dp',
    'dq',
    'qi',
    'oth',
    'x',
    'y',
    'k',
    'pub',
    'priv',
    'keys',
  ],
  ...[
    'issuer',
    'audience',
    'algorithms',
    'subject',
    'requiredClaims',
    'expiry',
    'maxAge',
    'clockSkew',
    'schema',
    'now',
  ],
  ...['payload', 'signature', 'signatures', 'protected', 'header', 'unprotected', 'detached', 'flattened', 'require'],
  ...[
    'expiresIn',
    'notBefore',
    'maxLength',
    'maxKeys',
    'maxMembers',
    'secrets',
    'passphrase',
    'values',
    'modulusLength',
  ],
  ...['alias', 'hash', 'minBits', 'saltLength', 'signatureLength', 'keyLength', 'code', 'failures', 'cause', 'what'],
  ...['claims', 'key', 'valid', 'error', 'skipped', 'reason', 'index', 'toJSON', '~standard', 'then', 'length', '0'],
];
const VALUES: readonly unknown[] = [
  ...[
    'HS256',
    'none',
    'RS256',
    'RSA',
    'EC',
    'oct',
    'Ed25519',
    'P-256',
    'enc',
    'AQAB',
    'AA',
    'optional',
    'any',
    '',
    '9w',
  ],
  ...[0, 1, 65537, -1, NOW + 1e9, Number.POSITIVE_INFINITY, true, false, null],
  ...[[], ['HS256'], ['x'], ['verify'], {}, { kty: 'oct', k: 'AA' }, { alg: 'none' }, content],
];

test('each name with each value, one at a time', () => {
  const changed = new Set<string>();
  for (const name of JOSE_NAMES) {
    for (const value of VALUES) {
      const polluted = whilePolluted({ [name]: value }, run);
      for (const [what, result] of Object.entries(polluted)) {
        if (!isDeepStrictEqual(result, clean[what])) changed.add(`${what}, by Object.prototype.${name}`);
      }
    }
  }
  expect([...changed]).toEqual([]);
}, 240_000);

test('several names at once', () => {
  const pollution = fc.dictionary(fc.constantFrom(...JOSE_NAMES), fc.constantFrom(...VALUES), {
    minKeys: 1,
    maxKeys: 12,
  });
  fc.assert(
    fc.property(pollution, (names) => {
      expect(whilePolluted({ ...names }, run)).toEqual(clean);
    }),
    { numRuns: 200 },
  );
});

test('names that node:crypto itself reads never make a bad token good', () => {
  const names = ['padding', 'saltLength', 'dsaEncoding', 'context', 'format', 'type', 'encoding', 'oaepHash', 'cipher'];
  const values = [undefined, 1, 3, 6, 'der', 'ieee-p1363', 'pem', 'jwk', 'pkcs8', 'utf8', content];
  const last = (token: string) => token.slice(0, -3) + (token.at(-3) === 'A' ? 'B' : 'A') + token.slice(-2);
  for (const name of names) {
    for (const value of values) {
      const verdicts = whilePolluted({ [name]: value }, () => [
        outcome(() => verifyJwt(last(tokens.rs), rsa, EXPECTED))(),
        outcome(() => verifyJwt(last(tokens.ps), pss, EXPECTED))(),
        outcome(() => verifyJwt(last(tokens.es), ec, EXPECTED))(),
        outcome(() => verifyJwt(last(tokens.ed), ed, EXPECTED))(),
        outcome(() => verifyJwt(tokens.es, ed, EXPECTED))(),
      ]);
      for (const verdict of verdicts) expect(Object.keys(verdict as object)[0]).not.toBe('claims');
    }
  }
});
