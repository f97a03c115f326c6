// Any bytes, any strings, any JSON at all: every public reader gives a value or a JoseError, never another exception.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  explainJwt,
  exportJwk,
  exportPem,
  exportPrivateJwk,
  exportPrivatePem,
  importJwks,
  importKey,
  JoseError,
  type Jwk,
  readUnverifiedJwt,
  signJwsJson,
  signJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { forge } from '../support/forge.ts';
import { keyPairs, nodePair, secretKey } from '../support/keys.ts';

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'i', audience: 'a', now: NOW } as const;

function survives(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
  }
}

const secret = secretKey('HS256');
const { privateKey: ecPrivate, publicKey: ec } = keyPairs.ES256;
const { privateKey: edPrivate, publicKey: ed } = keyPairs.EdDSA;
const { privateKey: rsaPrivate, publicKey: rsa } = keyPairs.RS256;
const jwks = { keys: [exportJwk(ec), exportJwk(ed), exportJwk(rsa)] };
const keySet = importJwks(jwks);
const encode = (text: string) => Buffer.from(text, 'utf8').toString('base64url');

// Tokens that get further and further in before they go wrong.
const good = [secret, ecPrivate, edPrivate].map((key) =>
  signJwt({ iss: 'i', aud: 'a' }, key, { expiresIn: 60, now: NOW }),
);
const headerText = fc.oneof(
  fc.json(),
  fc
    .dictionary(
      fc.constantFrom('alg', 'kid', 'typ', 'cty', 'crit', 'b64', 'jwk', '__proto__', 'x'),
      fc.oneof(
        fc.constantFrom<unknown>(
          'HS256',
          'ES256',
          'EdDSA',
          'none',
          'JWT',
          ['b64'],
          ['x'],
          ['exp'],
          true,
          false,
          '\ud800',
        ),
        fc.jsonValue(),
      ),
    )
    .map((header) => JSON.stringify(header)),
);
const part = fc.oneof(
  headerText.map(encode),
  fc.string(),
  fc.json().map(encode),
  fc.uint8Array().map((b) => Buffer.from(b).toString('base64url')),
);
const spoiled = fc
  .tuple(fc.constantFrom(...good), fc.nat(), fc.nat(2), fc.string({ unit: 'binary', maxLength: 3 }))
  .map(([token, at, removed, text]) => {
    const i = at % (token.length + 1);
    return token.slice(0, i) + text + token.slice(i + removed);
  });
const token = fc.oneof(
  spoiled,
  fc.string({ unit: 'binary' }),
  fc.tuple(part, part, part).map((parts) => parts.join('.')),
  fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
  // Under the right secret, with any header and any payload.
  fc.tuple(headerText, fc.oneof(fc.json(), fc.string())).map(([header, payload]) => forge('HS256', header, payload)),
  fc.tuple(fc.jsonValue(), fc.json()).map(([x, payload]) => forge('HS256', { alg: 'HS256', x }, payload)),
);

describe('tokens', () => {
  test('verifyJwt, verifyJws, readUnverifiedJwt and explainJwt take any string, and the first and last agree', () => {
    fc.assert(
      fc.property(token, fc.constantFrom(secret, ec, ed, keySet), (text, keys) => {
        survives(() => verifyJwt(text, keys, EXPECTED));
        survives(() => verifyJws(text, keys));
        survives(() => readUnverifiedJwt(text));
        const explanation = explainJwt(text, keys, EXPECTED, { values: true });
        expect(explanation.code ?? null).toBe(codeOf(() => verifyJwt(text, keys, EXPECTED)));
      }),
      { numRuns: 1500 },
    );
  });

  test('verifyJwt and explainJwt take any payload under a good signature', () => {
    const name = fc.oneof(
      fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'jti', '__proto__', 'toJSON'),
      fc.string(),
    );
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('i', 'a', NOW, NOW + 60, -1, 1e308, ['a'], ['a', 1], null));
    const payload = fc.oneof(
      fc.dictionary(name, value).map((claims) => JSON.stringify(claims)),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(payload, (text) => {
        const signed = forge('HS256', { alg: 'HS256' }, text);
        survives(() => verifyJwt(signed, secret, { ...EXPECTED, subject: 's', maxAge: 60, requiredClaims: ['jti'] }));
        survives(() => verifyJwt(signed, secret, { issuer: null, audience: null, expiry: 'optional', now: NOW }));
        survives(() => readUnverifiedJwt(signed));
        const explanation = explainJwt(signed, secret, EXPECTED, { values: true });
        expect(explanation.code ?? null).toBe(codeOf(() => verifyJwt(signed, secret, EXPECTED)));
      }),
      { numRuns: 1000 },
    );
  });

  test('a token that is not even a string', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        survives(() => verifyJwt(value as string, secret, EXPECTED));
        survives(() => verifyJws(value as string, secret));
        survives(() => readUnverifiedJwt(value as string));
        explainJwt(value as string, secret, EXPECTED);
      }),
    );
  });
});

describe('JWS JSON serialization', () => {
  const whole = JSON.parse(JSON.stringify(signJwsJson(Buffer.from('x'), [{ key: secret }, { key: edPrivate }])));
  const member = fc.oneof(fc.jsonValue(), part, fc.constantFrom(whole.payload, whole.signatures));
  const names = fc.constantFrom('payload', 'protected', 'header', 'signature', 'signatures', '__proto__', 'x');
  const signature = fc.dictionary(names, member);
  const anyJws = fc.oneof(
    fc.jsonValue(),
    signature,
    fc.dictionary(names, member).map((extra) => ({ ...whole, ...extra })),
    fc.tuple(member, fc.array(signature, { maxLength: 20 })).map(([payload, signatures]) => ({ payload, signatures })),
  );

  test('verifyJwsJson takes any JSON value and any text', () => {
    const require = fc.constantFrom('any', 'all', ['a']);
    fc.assert(
      fc.property(
        fc.oneof(
          anyJws,
          anyJws.map((jws) => JSON.stringify(jws)),
          fc.string(),
        ),
        require,
        (jws, all) => {
          survives(() => verifyJwsJson(jws as string, keySet, { require: all as 'any' }));
          survives(() => verifyJwsJson(jws as string, secret, { require: all as 'any', payload: Buffer.from('x') }));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('keys', () => {
  const someJwk = [rsaPrivate, ecPrivate, edPrivate].flatMap((key) => [
    exportJwk(key.publicKey()),
    exportPrivateJwk(key),
  ]);
  const jwkMember = fc.constantFrom(
    ...[
      'kty',
      'crv',
      'x',
      'y',
      'd',
      'n',
      'e',
      'p',
      'q',
      'dp',
      'dq',
      'qi',
      'oth',
      'k',
      'pub',
      'priv',
      'alg',
      'use',
      'key_ops',
      'kid',
    ],
    ...['x5c', 'x5t', '__proto__', 'toJSON'],
  );
  const memberValue = fc.oneof(
    fc.constantFrom(
      'RSA',
      'EC',
      'OKP',
      'oct',
      'AKP',
      'P-256',
      'P-384',
      'Ed25519',
      'X25519',
      'ES256',
      'RS256',
      'HS256',
      'ML-DSA-44',
    ),
    fc.constantFrom<unknown>('', 'AA', 'AQAB', 'Aw', 'sig', 'enc', ['verify'], ['sign'], null),
    part,
    fc.jsonValue(),
    fc.uint8Array({ minLength: 30, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  );
  const jwk = fc
    .tuple(
      fc.constantFrom({}, ...someJwk),
      fc.dictionary(jwkMember, memberValue, { maxKeys: 4 }),
      fc.subarray(['kty', 'x', 'd', 'n', 'p']),
    )
    .map(([base, changes, dropped]) => {
      const changed: Record<string, unknown> = { ...base, ...changes };
      for (const name of dropped) if (changed[name] === (base as Record<string, unknown>)[name]) delete changed[name];
      return changed;
    });

  test('importKey takes any object of JSON as a JWK', () => {
    fc.assert(
      fc.property(fc.oneof(jwk, fc.dictionary(fc.string(), fc.jsonValue())), (object) => {
        survives(() => importKey(object as unknown as Jwk));
        survives(() => importKey(object as unknown as Jwk, { alg: 'HS256' }));
      }),
      { numRuns: 1500 },
    );
  });

  test('importJwks takes any JSON value and any text', () => {
    const set = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.oneof(jwk, fc.jsonValue()), { maxLength: 6 }).map((keys) => ({ keys })),
      fc.array(jwk, { maxLength: 3 }).map((keys) => ({ keys: [...jwks.keys, ...keys] })),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          set,
          set.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        fc.boolean(),
        (value, secrets) => {
          survives(() => importJwks(value as object, { secrets }));
        },
      ),
      { numRuns: 800 },
    );
  });

  const keys = [rsaPrivate, ecPrivate, edPrivate];
  const pems = keys.flatMap((key) => [
    exportPem(key.publicKey()),
    exportPrivatePem(key),
    exportPrivatePem(key, { passphrase: 'x' }),
  ]);
  const ders = (['RS256', 'ES256', 'EdDSA'] as const).flatMap((alg) => {
    const { privateKey, publicKey } = nodePair(alg);
    return [privateKey.export({ type: 'pkcs8', format: 'der' }), publicKey.export({ type: 'spki', format: 'der' })];
  });

  test('importKey takes any string as PEM', () => {
    const broken = fc
      .tuple(fc.constantFrom(...pems), fc.nat(), fc.nat(80), fc.oneof(fc.string(), fc.base64String()))
      .map(([pem, at, removed, text]) => {
        const i = at % pem.length;
        return pem.slice(0, i) + text + pem.slice(i + removed);
      });
    const wrapped = fc
      .tuple(
        fc.constantFrom('PUBLIC KEY', 'PRIVATE KEY', 'RSA PUBLIC KEY', 'EC PRIVATE KEY', 'CERTIFICATE', 'X'),
        fc.base64String(),
      )
      .map(([label, body]) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`);
    fc.assert(
      fc.property(fc.oneof(broken, wrapped, fc.string(), fc.constantFrom(...pems)), (text) => {
        survives(() => importKey(text));
        survives(() => importKey(text, { passphrase: 'wrong' }));
      }),
      { numRuns: 400 },
    );
  });

  test('importKey takes any octets as DER', () => {
    const broken = fc
      .tuple(fc.constantFrom(...ders), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(3))
      .map(([der, at, byte, cut]) => {
        const bytes = new Uint8Array(der);
        bytes[at % bytes.length] = byte;
        return bytes.subarray(0, bytes.length - (cut === 1 ? at % 20 : 0));
      });
    fc.assert(
      fc.property(fc.oneof(broken, fc.uint8Array(), fc.constantFrom(...ders)), (bytes) => {
        survives(() => importKey(bytes));
      }),
      { numRuns: 400 },
    );
  });
});
