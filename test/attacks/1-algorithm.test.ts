// SECURITY.md, group 1: the attacker chooses the algorithm. Nothing here may reach a cryptographic operation.

import { describe, expect, test } from 'vitest';
import {
  importJwks,
  importKey,
  importSecret,
  isAlgorithmSupported,
  type SignatureAlgorithm,
  signJws,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { AUDIENCE, CLAIMS, doorNames, doors, EXPECTED, explainedCode, ISSUER, parts } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import {
  b64u,
  compact,
  DIGEST_INFO,
  digest,
  flattened,
  forge,
  general,
  hex,
  jwkOf,
  macSigner,
  octets,
  padPkcs1,
  publicForms,
  rsaRaw,
  signerOf,
  spkiOf,
} from '../support/forge.ts';
import {
  asymmetricAlgorithms,
  freshPair,
  hmacAlgorithms,
  keyPair,
  keyPairs,
  nodePair,
  secretKey,
  supportedAlgorithms,
  verifyingKey,
} from '../support/keys.ts';

const EMPTY = new Uint8Array(0);

/** Algorithms whose names differ but whose operation is the same (RFC 9864 §2.2). */
function sameOperation(a: SignatureAlgorithm, b: SignatureAlgorithm): boolean {
  const canonical = (alg: SignatureAlgorithm) => (alg === 'EdDSA' ? 'Ed25519' : alg);
  return canonical(a) === canonical(b);
}

function expectRefusedEverywhere(
  token: string,
  alg: SignatureAlgorithm,
  code: 'ERR_JOSE_ALG_NOT_ALLOWED' | 'ERR_JWS_INVALID',
) {
  const key = verifyingKey(alg);
  for (const door of doorNames) expectCode(() => doors[door](token, key), code, token);
  expect(explainedCode(token, key)).toBe(code);
}

describe('ALG-01 none', () => {
  test.each(supportedAlgorithms)('ALG-01 an unsecured token is refused by every door under a key for %s', (alg) => {
    const [, , oldSignature = ''] = forge(alg, { alg }, CLAIMS).split('.');
    for (const signature of ['', 'AA', oldSignature]) {
      expectRefusedEverywhere(`${b64u({ alg: 'none' })}.${b64u(CLAIMS)}.${signature}`, alg, 'ERR_JOSE_ALG_NOT_ALLOWED');
    }
  });

  test('ALG-01 a key set does not change it, nor does an allow-list, which cannot name none', () => {
    const keys = importJwks({ keys: [jwkOf(nodePair('RS256').publicKey), jwkOf(nodePair('ES256').publicKey)] });
    const token = `${b64u({ alg: 'none' })}.${b64u(CLAIMS)}.`;
    for (const door of doorNames) expectCode(() => doors[door](token, keys), 'ERR_JOSE_ALG_NOT_ALLOWED', token);
    const algorithms = ['none'] as unknown as SignatureAlgorithm[];
    expectTypeError(() => verifyJwt(token, keys, { ...EXPECTED, algorithms }), 'algorithms');
    expect(supportedAlgorithms).not.toContain('none');
  });

  test('ALG-01 nobody signs with none', () => {
    const { privateKey } = keyPairs.ES256;
    expectTypeError(() => signJws(octets('x'), privateKey, { header: { alg: 'none' } }), 'alg');
    const jwk = { ...jwkOf(nodePair('ES256').privateKey), alg: 'none' };
    expectCode(() => importKey(jwk as never), 'ERR_JOSE_NOT_SUPPORTED', jwk.d);
  });
});

describe('ALG-02 none by another spelling', () => {
  const names = [
    '"None"',
    '"NONE"',
    '"nOnE"',
    '"noNE"',
    '"none "',
    '" none"',
    '"none\\u0000"',
    '"ｎｏｎｅ"',
    '"n\\u006fne"',
    '"nοne"',
    '""',
  ];
  test.each(names)('ALG-02 alg %s is an unknown algorithm', (alg) => {
    for (const signature of ['', 'AA']) {
      const token = `${b64u(`{"alg":${alg}}`)}.${b64u(CLAIMS)}.${signature}`;
      for (const keyAlg of ['HS256', 'RS256', 'ES256'] as const) {
        expectRefusedEverywhere(token, keyAlg, 'ERR_JOSE_ALG_NOT_ALLOWED');
      }
    }
  });

  test.each(['["none"]', '{"none":1}', 'null'])('ALG-02 alg %s is no algorithm name at all', (alg) => {
    expectRefusedEverywhere(`${b64u(`{"alg":${alg}}`)}.${b64u(CLAIMS)}.`, 'HS256', 'ERR_JWS_INVALID');
  });
});

describe('ALG-03 an unknown algorithm has no MAC, not an empty one', () => {
  const names = [
    'foo',
    '',
    'HS999',
    'hs256',
    'HS256 ',
    'RS1',
    'toString',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'valueOf',
  ];
  test.each(names)('ALG-03 alg "%s" with an empty, a random, or an empty-key signature', (alg) => {
    const input = `${b64u(`{"alg":${JSON.stringify(alg)}}`)}.${b64u(CLAIMS)}`;
    const emptyKeyMac = b64u(macSigner('HS256', EMPTY)(octets(input)));
    const trueMac = b64u(signerOf('HS256')(octets(input)));
    for (const signature of ['', b64u(digest('sha256', octets(input))), emptyKeyMac, trueMac]) {
      expectRefusedEverywhere(`${input}.${signature}`, 'HS256', 'ERR_JOSE_ALG_NOT_ALLOWED');
      expectRefusedEverywhere(`${input}.${signature}`, 'RS256', 'ERR_JOSE_ALG_NOT_ALLOWED');
    }
  });
});

describe('ALG-04 a public key as HMAC secret', () => {
  test.each(asymmetricAlgorithms)('ALG-04 no serialisation of a %s key makes an HS* token verify', (alg) => {
    const { publicKey } = nodePair(alg);
    const key = keyPair(alg).publicKey;
    const keys = importJwks({ keys: [{ ...jwkOf(publicKey), alg }] });
    for (const [form, secret] of Object.entries(publicForms(publicKey))) {
      for (const mac of hmacAlgorithms) {
        const token = compact({ alg: mac }, CLAIMS, macSigner(mac, secret));
        const algorithms = [alg, mac];
        for (const door of doorNames) {
          expectCode(() => doors[door](token, key, { algorithms }), 'ERR_JOSE_ALG_NOT_ALLOWED', token);
          expectCode(() => doors[door](token, keys, { algorithms }), 'ERR_JWKS_NO_MATCHING_KEY', token);
        }
        expect(explainedCode(token, key, { algorithms }), form).toBe('ERR_JOSE_ALG_NOT_ALLOWED');
      }
    }
  });

  test('ALG-04 a public key cannot be imported under an HMAC algorithm', () => {
    for (const alg of asymmetricAlgorithms) {
      const { publicKey } = nodePair(alg);
      for (const mac of hmacAlgorithms) {
        expectCode(() => importKey(publicKey, { alg: mac }), 'ERR_JWK_INVALID');
        expectCode(() => importKey({ ...jwkOf(publicKey), alg: mac } as never), 'ERR_JWK_INVALID');
        expectCode(() => importKey(publicForms(publicKey).PEM as string, { alg: mac }), 'ERR_JWK_INVALID');
      }
    }
  });
});

const PREFIXES: readonly string[] = [
  '',
  ' ',
  '\n',
  '\t',
  '\r\n',
  '\v',
  '\f',
  '\u00a0',
  '\ufeff',
  '\u200b',
  '\u2028',
  '\0',
  '\x01',
  '\x1b[0m',
  '# a comment\n',
  '// a comment\n',
  '<!-- -->',
  'HTTP/1.1 200 OK\r\n\r\n',
  'Bag Attributes\n    friendlyName: x\n',
  'key=',
  '"',
  'MIIB',
];

describe('ALG-05 no detector to slip past', () => {
  const rsa = nodePair('RS256').publicKey;
  const texts: Record<string, string> = {
    'SPKI PEM': String(publicForms(rsa).PEM),
    'one-line PEM': String(publicForms(rsa)['PEM on one line']),
    'PKCS#1 PEM': String(publicForms(rsa)['PKCS#1 PEM']),
    'certificate PEM': String(publicForms(rsa)['certificate PEM']),
    'EC PEM': String(publicForms(nodePair('ES256').publicKey).PEM),
    'ssh-rsa': `ssh-rsa ${Buffer.from(spkiOf(rsa)).toString('base64')} a@b`,
    'ecdsa-sha2': `ecdsa-sha2-nistp256 ${b64u(spkiOf(nodePair('ES256').publicKey))} a@b`,
    'ssh-ed25519': `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)} a@b`,
    JWK: JSON.stringify(jwkOf(rsa)),
    'JWK Set': JSON.stringify({ keys: [jwkOf(rsa)] }),
  };
  test.each(Object.keys(texts))('ALG-05 %s is never a secret, whatever stands before it', (name) => {
    for (const prefix of PREFIXES) {
      const secret = octets(prefix + texts[name]);
      expectCode(() => importSecret(secret, { alg: 'HS256' }), 'ERR_JWK_INVALID', texts[name]);
      const jwk = { kty: 'oct', k: b64u(secret), alg: 'HS256' } as const;
      expectCode(() => importKey(jwk), 'ERR_JWK_INVALID', texts[name], jwk.k);
    }
  });

  const pem = String(publicForms(rsa).PEM);
  const der = Buffer.from(spkiOf(rsa)).toString('base64');
  test.each<[string, Uint8Array]>([
    ['PEM in UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le')],
    ['PEM in UTF-16, read as UTF-8', Buffer.from(Buffer.from(`\ufeff${pem}`, 'utf16le').toString())],
    ['PEM in base64', octets(Buffer.from(pem).toString('base64'))],
    ['PEM in base64, in quotes', octets(`"${Buffer.from(pem).toString('base64')}"`)],
    ['DER in base64, in quotes', octets(`"${der}"`)],
    ['DER in base64, with literal line breaks', octets(der.replace(/.{64}/g, '$&\\n'))],
    ['a JWK as JSON text within JSON', octets(JSON.stringify(JSON.stringify(jwkOf(rsa))))],
  ])('ALG-05 %s is never a secret', (_, secret) => {
    expectCode(() => importSecret(secret, { alg: 'HS256' }), 'ERR_JWK_INVALID');
  });

  test('ALG-05 a string is never a secret, and a string that is not PEM is no key', () => {
    for (const text of [...Object.values(texts), 'a-secret-that-is-long-enough-for-HS256-to-take', '']) {
      expectTypeError(() => importSecret(text as never, { alg: 'HS256' }), 'secret');
    }
    for (const name of ['JWK', 'JWK Set', 'ssh-rsa', 'ssh-ed25519']) {
      expectCode(() => importKey(texts[name] ?? ''), 'ERR_JWK_INVALID', texts[name]);
    }
    for (const text of ['a-secret-that-is-long-enough-for-HS256-to-take', '', ' ']) {
      expectCode(() => importKey(text), 'ERR_JWK_INVALID', text);
      expectCode(() => importKey(text, { alg: 'RS256' }), 'ERR_JWK_INVALID', text);
    }
  });

  test('ALG-05 the binary forms of a public key are no secret either', () => {
    for (const form of ['SPKI DER', 'PKCS#1 DER', 'certificate DER'] as const) {
      const secret = publicForms(rsa)[form] as Uint8Array;
      expectCode(() => importSecret(secret, { alg: 'HS256' }), 'ERR_JWK_INVALID', secret);
    }
  });
});

describe('ALG-06 a public JWK as HMAC secret', () => {
  const algs = asymmetricAlgorithms.filter((alg) => !/^(RS|PS)(384|512)$/.test(alg));
  test.each(algs)('ALG-06 the JSON of a %s key, of its set, and of the bare array', (alg) => {
    const jwk = jwkOf(nodePair(alg).publicKey);
    const values = [jwk, { keys: [jwk] }, [jwk], { kid: 'first', ...jwk }];
    for (const text of values.flatMap((value) => [JSON.stringify(value), JSON.stringify(value, null, 2)])) {
      expectCode(() => importSecret(octets(text), { alg: 'HS256' }), 'ERR_JWK_INVALID', text);
      expectTypeError(() => importSecret(text as never, { alg: 'HS256' }), 'secret');
      const token = compact({ alg: 'HS256' }, CLAIMS, macSigner('HS256', text));
      expectRefusedEverywhere(token, alg, 'ERR_JOSE_ALG_NOT_ALLOWED');
    }
    for (const value of values) {
      expectTypeError(() => verifyJwt(forge(alg, { alg }, CLAIMS), value as never, EXPECTED), 'key');
      expectTypeError(() => importSecret(value as never, { alg: 'HS256' }), 'secret');
    }
  });
});

describe('ALG-07 a key that names no algorithm', () => {
  const { publicKey } = nodePair('RS256');

  test('ALG-07 an RSA key without alg in a set never answers for HS256', () => {
    const keys = importJwks({ keys: [{ ...jwkOf(publicKey), kid: 'a' }] });
    for (const secret of [...Object.values(publicForms(publicKey)), EMPTY]) {
      const token = compact({ alg: 'HS256', kid: 'a' }, CLAIMS, macSigner('HS256', secret));
      for (const door of doorNames) expectCode(() => doors[door](token, keys), 'ERR_JWKS_NO_MATCHING_KEY', token);
    }
  });

  test('ALG-07 an RSA key without alg is an RS256 key and no PS256 key', () => {
    const keys = importJwks({ keys: [{ ...jwkOf(publicKey), kid: 'a' }] });
    const token = forge('PS256', { alg: 'PS256', kid: 'a' }, CLAIMS);
    for (const door of doorNames) {
      expectCode(() => doors[door](token, keys, { algorithms: ['RS256'] }), 'ERR_JOSE_ALG_NOT_ALLOWED', token);
      expectCode(() => doors[door](token, keys), 'ERR_JWKS_NO_MATCHING_KEY', token);
      expectCode(() => doors[door](token, importKey(publicKey)), 'ERR_JOSE_ALG_NOT_ALLOWED', token);
    }
    expect(importKey(publicKey).alg).toBe('RS256');
    const rs256 = forge('RS256', { alg: 'RS256', kid: 'a' }, CLAIMS);
    expect(verifyJwt(rs256, keys, EXPECTED).claims.sub).toBe(CLAIMS.sub);
  });

  test('ALG-07 an oct key without alg is told its algorithm, or is no key', () => {
    const jwk = { kty: 'oct', k: b64u(new Uint8Array(64).fill(7)) } as const;
    expect(() => importKey(jwk)).toThrow();
    expect(importKey(jwk, { alg: 'HS256' }).alg).toBe('HS256');
    const token = compact({ alg: 'HS512' }, CLAIMS, macSigner('HS512', new Uint8Array(64).fill(7)));
    expectCode(() => verifyJwt(token, importKey(jwk, { alg: 'HS256' }), EXPECTED), 'ERR_JOSE_ALG_NOT_ALLOWED', token);
  });
});

describe('ALG-08 type and curve', () => {
  test.each(asymmetricAlgorithms)('ALG-08 a key of the kind of %s imports under no other kind’s algorithm', (kind) => {
    const { publicKey, privateKey } = nodePair(kind);
    for (const alg of supportedAlgorithms) {
      const fits = importsUnder(kind, alg);
      for (const material of [publicKey, privateKey, jwkOf(publicKey), jwkOf(privateKey)]) {
        if (fits) expect(importKey(material as never, { alg }).alg).toBe(alg);
        else expectCode(() => importKey(material as never, { alg }), 'ERR_JWK_INVALID');
      }
    }
  });

  test.each(supportedAlgorithms)('ALG-08 a token of %s verifies under its own keys and no others', (alg) => {
    const token = forge(alg, { alg }, CLAIMS);
    for (const keyAlg of supportedAlgorithms) {
      const key = verifyingKey(keyAlg);
      for (const door of doorNames) {
        if (sameOperation(alg, keyAlg)) expect(() => doors[door](token, key)).not.toThrow();
        else {
          // The header EdDSA names the operation of an Ed448 key, too; then it is the signature that does not fit.
          const code =
            alg === 'EdDSA' && keyAlg === 'Ed448'
              ? 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'
              : 'ERR_JOSE_ALG_NOT_ALLOWED';
          expectCode(() => doors[door](token, key), code, token);
        }
      }
    }
  });

  test.each(supportedAlgorithms)('ALG-08 a header that says %s over another algorithm’s signature fails', (alg) => {
    for (const other of supportedAlgorithms) {
      if (sameOperation(alg, other)) continue;
      const token = compact({ alg }, CLAIMS, signerOf(other));
      for (const door of doorNames) {
        expectCode(() => doors[door](token, verifyingKey(alg)), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token);
      }
    }
  });

  test('ALG-08 keys of an agreement sign nothing: X25519, X448', () => {
    for (const pair of [freshPair('x25519'), freshPair('x448')])
      for (const material of [pair.privateKey, pair.publicKey]) {
        expect(importKey(material).use).toBe('enc');
        expectCode(() => importKey(material, { use: 'sig' }), 'ERR_JOSE_NOT_SUPPORTED');
        for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'HS256'] as const)
          expect(() => importKey(material, { alg })).toThrow();
      }
  });

  test('ALG-08 keys that sign nothing here: DH, DSA, RSA-PSS-restricted, other curves', () => {
    const pairs = [
      freshPair('rsa-pss', {
        modulusLength: 2048,
        hashAlgorithm: 'sha256',
        mgf1HashAlgorithm: 'sha256',
        saltLength: 32,
      }),
      freshPair('ec', { namedCurve: 'P-224' }),
      freshPair('ec', { namedCurve: 'brainpoolP256r1' }),
      freshPair('dh', { group: 'modp14' }),
      freshPair('dsa', { modulusLength: 1024, divisorLength: 160 }),
    ];
    for (const { privateKey, publicKey } of pairs) {
      const spki = publicKey.export({ format: 'pem', type: 'spki' }) as string;
      for (const material of [privateKey, publicKey, spki]) {
        expectCode(() => importKey(material), 'ERR_JOSE_NOT_SUPPORTED');
      }
      for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519', 'HS256'] as const) {
        expect(() => importKey(publicKey, { alg })).toThrow();
      }
    }
  });

  test('ALG-08 EdDSA with an Ed448 key is Ed448 and does not match Ed25519', () => {
    const { publicKey } = nodePair('Ed448');
    const key = importKey(publicKey, { alg: 'EdDSA' });
    const token = forge('Ed448', { alg: 'EdDSA' }, CLAIMS);
    expect(verifyJwt(token, key, EXPECTED).claims.sub).toBe(CLAIMS.sub);
    const wrong = forge('Ed448', { alg: 'Ed25519' }, CLAIMS);
    expectCode(() => verifyJwt(wrong, key, EXPECTED), 'ERR_JOSE_ALG_NOT_ALLOWED', wrong);
    expect(() => verifyJwt(token, keyPairs.EdDSA.publicKey, EXPECTED)).toThrow();
  });
});

/** Does a key of the kind made for `kind` fit `alg`? */
function importsUnder(kind: SignatureAlgorithm, alg: SignatureAlgorithm): boolean {
  if (/^[RP]S/.test(kind)) return /^[RP]S/.test(alg);
  if (kind === 'Ed25519' || kind === 'EdDSA') return alg === 'Ed25519' || alg === 'EdDSA';
  if (kind === 'Ed448') return alg === 'Ed448' || alg === 'EdDSA';
  return kind === alg;
}

describe('ALG-09 no default, no missing policy', () => {
  const token = forge('HS256', { alg: 'HS256' }, CLAIMS);

  test('ALG-09 an empty, unknown or malformed list is the caller’s mistake', () => {
    const lists = [
      [],
      ['none'],
      ['RS256', 'none'],
      ['rs256'],
      [''],
      ['__proto__'],
      [null],
      'RS256',
      null,
      {},
      new Set(['RS256']),
    ];
    for (const algorithms of lists as never[]) {
      expectTypeError(() => verifyJwt(token, secretKey('HS256'), { ...EXPECTED, algorithms }), 'algorithms');
      expectTypeError(() => verifyJws(token, secretKey('HS256'), { algorithms }), 'algorithms');
      expectTypeError(() => verifyJwsJson(parts(token), secretKey('HS256'), { algorithms }), 'algorithms');
    }
  });

  test('ALG-09 a list wider than the key does not widen the key', () => {
    const key = keyPairs.RS256.publicKey;
    const forged = compact({ alg: 'HS256' }, CLAIMS, macSigner('HS256', spkiOf(nodePair('RS256').publicKey)));
    for (const door of doorNames) {
      expectCode(
        () => doors[door](forged, key, { algorithms: ['HS256', 'RS256'] }),
        'ERR_JOSE_ALG_NOT_ALLOWED',
        forged,
      );
    }
  });

  test('ALG-09 there is no key without an algorithm, and no verification without a key', () => {
    for (const key of [undefined, null, '', 0, false]) {
      expectTypeError(() => verifyJwt(token, key as never, EXPECTED), 'key');
    }
    for (const alg of supportedAlgorithms) expect(verifyingKey(alg).alg).toBe(alg);
    expectTypeError(() => importSecret(new Uint8Array(32), {} as never), 'alg');
    expectTypeError(() => importSecret(new Uint8Array(32), { alg: 'none' } as never), 'alg');
    expectTypeError(() => importSecret(new Uint8Array(32), { alg: 'RS256' } as never), 'alg');
  });
});

describe('ALG-10 one operation, decided once', () => {
  const options = ['RS256', 'RS512'] as const;
  const table = options.flatMap((key) =>
    options.flatMap((list) =>
      options.flatMap((header) => options.map((signed) => [key, list, header, signed] as const)),
    ),
  );
  test.each(table)('ALG-10 key %s, list %s, header %s, signed with %s', (key, list, header, signed) => {
    const token = compact({ alg: header }, CLAIMS, signerOf(signed));
    const allEqual = key === list && list === header && header === signed;
    const allAgree = key === list && list === header;
    for (const door of doorNames) {
      const run = () => doors[door](token, keyPairs[key].publicKey, { algorithms: [list] });
      if (allEqual) expect(run).not.toThrow();
      else expectCode(run, allAgree ? 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' : 'ERR_JOSE_ALG_NOT_ALLOWED', token);
    }
  });

  test('ALG-10 a list that names the other Edwards spelling means the same operation', () => {
    const token = forge('Ed25519', { alg: 'EdDSA' }, CLAIMS);
    expectCode(
      () => verifyJwt(token, keyPairs.EdDSA.publicKey, { ...EXPECTED, algorithms: ['RS256'] }),
      'ERR_JOSE_ALG_NOT_ALLOWED',
      token,
    );
    expect(verifyJwt(token, keyPairs.EdDSA.publicKey, { ...EXPECTED, algorithms: ['EdDSA'] }).key.alg).toBe('EdDSA');
  });
});

describe('ALG-11 alg of a strange type', () => {
  test.each(['["HS256"]', '{"toString":"HS256"}', '{"alg":"HS256"}', '256', 'true', 'null', '[]', '{}'])(
    'ALG-11 alg %s is malformed',
    (alg) => {
      const token = compact(`{"alg":${alg}}`, CLAIMS, signerOf('HS256'));
      expectRefusedEverywhere(token, 'HS256', 'ERR_JWS_INVALID');
    },
  );

  const inherited = [
    'constructor',
    'hasOwnProperty',
    '__proto__',
    'toString',
    'valueOf',
    'isPrototypeOf',
    'length',
    'name',
    'size',
    'get',
  ];
  test.each(inherited)('ALG-11 alg "%s" is unknown, in a header, in options and in a JWK', (alg) => {
    const token = compact(`{"alg":"${alg}"}`, CLAIMS, signerOf('HS256'));
    expectRefusedEverywhere(token, 'HS256', 'ERR_JOSE_ALG_NOT_ALLOWED');
    expectTypeError(() => importKey(nodePair('RS256').publicKey, { alg: alg as never }), 'alg');
    const jwk = { ...jwkOf(nodePair('RS256').publicKey), alg };
    expectCode(() => importKey(jwk as never), 'ERR_JOSE_NOT_SUPPORTED');
    expectTypeError(() => verifyJws(token, secretKey('HS256'), { algorithms: [alg as never] }), 'algorithms');
    expect(unsupported(alg)).toBe(true);
  });

  test('ALG-11 a kty or crv with an inherited name is unknown too', () => {
    const jwk = jwkOf(nodePair('ES256').publicKey);
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expectCode(() => importKey({ ...jwk, kty: name } as never), 'ERR_JOSE_NOT_SUPPORTED');
      expectCode(() => importKey({ ...jwk, crv: name } as never), 'ERR_JOSE_NOT_SUPPORTED');
      expectCode(() => importKey({ ...jwk, kty: 'OKP', crv: name } as never), 'ERR_JOSE_NOT_SUPPORTED');
    }
  });
});

/** Whether the name is refused by isAlgorithmSupported, by its answer or by a TypeError. */
function unsupported(alg: string): boolean {
  try {
    return !isAlgorithmSupported(alg as SignatureAlgorithm);
  } catch (error) {
    return error instanceof TypeError;
  }
}

describe('ALG-12 alg outside the protected header', () => {
  const key = keyPairs.RS256.publicKey;

  test.each(['RS256', 'HS256', 'none'])('ALG-12 alg RS256 protected and %s unprotected is malformed', (alg) => {
    const jws = flattened('RS256', { alg: 'RS256' }, CLAIMS, { alg });
    expectCode(() => verifyJwsJson(jws, key), 'ERR_JWS_INVALID', jws.signature, jws.payload);
    expectCode(() => verifyJwsJson(general(jws), key), 'ERR_JWS_INVALID', jws.signature, jws.payload);
  });

  // Deviation from the catalogue, which refuses any unprotected alg: RFC 7520 §4.7 needs it, and it decides nothing here.
  test('ALG-12 an unprotected alg may only repeat what the key already fixes', () => {
    const jws = flattened('RS256', { kid: 'x' }, CLAIMS, { alg: 'RS256' });
    expect(verifyJwsJson(jws, key).signatures[0]?.valid).toBe(true);
    for (const alg of ['HS256', 'RS512', 'PS256', 'ES256', 'none', '']) {
      const forged = flattened('RS256', { kid: 'x' }, CLAIMS, { alg });
      expectCode(() => verifyJwsJson(forged, key), 'ERR_JOSE_ALG_NOT_ALLOWED', forged.signature);
    }
    for (const secret of Object.values(publicForms(nodePair('RS256').publicKey))) {
      const unsigned = flattened('HS256', { kid: 'x' }, CLAIMS, { alg: 'HS256' });
      const mac = macSigner('HS256', secret)(octets(`${unsigned.protected}.${unsigned.payload}`));
      const forged = { ...unsigned, signature: b64u(mac) };
      expectCode(() => verifyJwsJson(forged, key), 'ERR_JOSE_ALG_NOT_ALLOWED', forged.signature);
    }
  });
});

describe('ALG-13 the hash named inside the signature', () => {
  const { privateKey } = nodePair('RS256');
  const input = `${b64u({ alg: 'RS256' })}.${b64u(CLAIMS)}`;
  const hashes = Object.keys(DIGEST_INFO) as (keyof typeof DIGEST_INFO)[];
  const cases = hashes.flatMap((info) => hashes.map((hash) => [info, hash] as const));

  test.each(cases)('ALG-13 DigestInfo says %s over a %s digest', (info, hash) => {
    const em = padPkcs1(new Uint8Array([...hex(DIGEST_INFO[info]), ...digest(hash, octets(input))]));
    const token = `${input}.${b64u(rsaRaw(privateKey, em))}`;
    const run = () =>
      verifyJwt(token, keyPairs.RS256.publicKey, { issuer: ISSUER, audience: AUDIENCE, now: EXPECTED.now ?? 0 });
    if (info === 'sha256' && hash === 'sha256') expect(run().claims.sub).toBe(CLAIMS.sub);
    else expectCode(run, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token);
  });

  test('ALG-13 the bare digest without any DigestInfo fails', () => {
    for (const hash of hashes) {
      const token = `${input}.${b64u(rsaRaw(privateKey, padPkcs1(digest(hash, octets(input)))))}`;
      expectCode(() => verifyJws(token, keyPairs.RS256.publicKey), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token);
    }
  });

  test('ALG-13 the other way: RS384 and RS512 headers over a SHA-256 DigestInfo', () => {
    for (const alg of ['RS384', 'RS512'] as const) {
      const text = `${b64u({ alg })}.${b64u(CLAIMS)}`;
      const em = padPkcs1(new Uint8Array([...hex(DIGEST_INFO.sha256), ...digest('sha256', octets(text))]));
      const token = `${text}.${b64u(rsaRaw(privateKey, em))}`;
      expectCode(() => verifyJws(token, keyPairs[alg].publicKey), 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', token);
    }
  });
});
