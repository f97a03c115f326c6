// The audit of a key set: each finding by a set that has just that fault, and that none of them tells a private member.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lintKeySet } from '../../src/cli/lint-key-set.ts';
import { exportJwk, exportPrivateJwk, importSecret, type Jwk, SIGNATURE_ALGORITHMS } from '../../src/index.ts';
import { b64u, certificate, digest, spkiOf } from '../support/forge.ts';
import { kindOf } from '../support/jwe.ts';
import { type AsymmetricAlgorithm, asymmetricAlgorithms, freshPair, keyPair, nodePair } from '../support/keys.ts';

const publicOf = (alg: AsymmetricAlgorithm, more: object = {}): Jwk => ({
  ...exportJwk(keyPair(alg).publicKey),
  kid: alg,
  ...more,
});
const without = (jwk: Jwk, ...names: readonly string[]) =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)));
const audit = (...keys: readonly unknown[]) => lintKeySet(JSON.stringify({ keys }));
/** Severity, section and places of each finding. */
const findingsOf = (...keys: readonly unknown[]) =>
  audit(...keys).findings.map(
    ({ severity, section, keys: places = [] }) => `${severity} ${section} [${places.map(({ index }) => index)}]`,
  );

const good = publicOf('ES256');
const rsa = publicOf('RS256');
const spare = publicOf('ES384');

describe('no fault', () => {
  test.each(asymmetricAlgorithms)('in a key for %s', (alg) => {
    expect(audit(publicOf(alg))).toEqual({ keys: 1, usable: 1, findings: [] });
  });
  test('in keys of several algorithms', () => expect(findingsOf(good, rsa, spare)).toEqual([]));
  test('in key_ops in place of use', () => {
    expect(findingsOf({ ...without(good, 'use'), key_ops: ['verify'] })).toEqual([]);
  });
  test('in unknown members', () =>
    expect(findingsOf({ ...good, issued: 1, x5u: 'https://issuer.example' })).toEqual([]));
});

describe('one key', () => {
  const der = certificate(spkiOf(nodePair('ES256').publicKey));
  const x5c = [Buffer.from(der).toString('base64')];
  const other = [Buffer.from(certificate(spkiOf(nodePair('ES384').publicKey))).toString('base64')];
  const small = freshPair('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

  test('with its certificate is fine', () => {
    const thumbprints = { x5t: b64u(digest('sha1', der)), 'x5t#S256': b64u(digest('sha256', der)) };
    expect(findingsOf({ ...good, x5c, ...thumbprints })).toEqual([]);
  });

  test.each<[string, unknown, string[]]>([
    ['its private member', { ...good, d: 'AQ' }, ['error RFC 7517 §9.2 [0]']],
    ['members of a private key of another kind', { ...good, priv: '' }, ['error RFC 7517 §9.2 [0]']],
    ['a modulus of 1024 bits', { ...rsa, ...small }, ['error RFC 7518 §3.3, §8.3 [0]']],
    ['the exponent 1', { ...rsa, e: 'AQ' }, ['error RFC 7518 §3.3, §8.3 [0]']],
    ['a point of small order', { ...publicOf('Ed25519'), x: b64u(Buffer.alloc(32)) }, ['error RFC 8725 §3.4 [0]']],
    ['a point off its curve', { ...good, y: good.x }, ['error RFC 7518 §6 [0]']],
    ['a member with padding', { ...good, x: `${good.x}=` }, ['warning RFC 7518 §2 [0]']],
    ['a member with too much padding', { ...good, x: `${good.x}==` }, ['error RFC 7518 §6 [0]']],
    ['a private member that is null', { ...good, d: null }, ['warning RFC 7517 §9.2 [0]']],
    ['use null', { ...good, use: null }, ['warning RFC 7517 §4.2 [0]']],
    ['x5c that is empty', { ...good, x5c: [] }, ['warning RFC 7517 §4.7 [0]']],
    ['no kid', without(good, 'kid'), ['warning RFC 7517 §4.5 [0]']],
    ['an empty kid', { ...good, kid: '' }, ['warning ours [0]']],
    ['a kid with a space', { ...good, kid: 'a b' }, ['warning ours [0]']],
    ['a kid that clears the screen', { ...good, kid: '\u001b[2J' }, ['warning ours [0]']],
    ['a kid of 201 characters', { ...good, kid: 'x'.repeat(201) }, ['warning ours [0]']],
    ['a number for a kid', { ...good, kid: 1 }, ['error RFC 7517 §4.5 [0]']],
    ['no alg', without(good, 'alg'), ['warning RFC 8725 §3.1 [0]']],
    ['an alg of another kind', { ...good, alg: 'RS256' }, ['error RFC 7517 §4.4 [0]']],
    ['an unknown alg', { ...good, alg: 'ES256X' }, ['error RFC 7517 §4.4 [0]']],
    ['alg none', { ...good, alg: 'none' }, ['error RFC 7517 §4.4 [0]']],
    ['no use', without(good, 'use'), ['warning RFC 7517 §4.2 [0]']],
    ['an unknown use', { ...good, use: 'tls' }, ['error RFC 7517 §4.2 [0]']],
    ['key_ops that are no list', { ...without(good, 'use'), key_ops: 'verify' }, ['error RFC 7517 §4.3 [0]']],
    ['key_ops without verify', { ...without(good, 'use'), key_ops: ['sign'] }, ['error RFC 7517 §4.3 [0]']],
    ['key_ops against use', { ...good, key_ops: ['verify', 'wrapKey'] }, ['error RFC 7517 §4.3 [0]']],
    ['x5c of another key', { ...good, x5c: other }, ['error RFC 7517 §4.7 [0]']],
    [
      'x5t of another certificate',
      { ...good, x5c, x5t: b64u(digest('sha1', Buffer.of(1))) },
      ['warning RFC 7517 §4.8, §4.9 [0]'],
    ],
    [
      'two faults',
      { ...without(good, 'use'), alg: 'none', kid: 7 },
      ['error RFC 7517 §4.5 [0]', 'error RFC 7517 §4.4 [0]', 'warning RFC 7517 §4.2 [0]'],
    ],
    ['an unknown kty', { kty: 'new', kid: 'a' }, ['warning RFC 7517 §5 [0]']],
    ['an unknown curve', { ...good, crv: 'P-512' }, ['warning RFC 7517 §5 [0]']],
    ['no kty', { kid: 'a' }, ['warning RFC 7517 §5 [0]']],
    ['a text for a key', 'key', ['error RFC 7517 §5.1 [0]']],
    ['null for a key', null, ['error RFC 7517 §5.1 [0]']],
  ])('%s', (_, key, findings) => {
    // Beside a good one, so that something in the set can be used.
    expect(findingsOf(key, spare)).toEqual(findings);
  });

  test.each(
    SIGNATURE_ALGORITHMS.filter(
      (alg) => alg.startsWith('ML-DSA') && !asymmetricAlgorithms.some((name) => name === alg),
    ),
  )('%s, which this runtime lacks, is not judged', (alg) => {
    const lengths = { 'ML-DSA-44': 1312, 'ML-DSA-65': 1952, 'ML-DSA-87': 2592 };
    const length = Object.entries(lengths).find(([name]) => name === alg)?.[1] ?? 0;
    expect(findingsOf({ kty: 'AKP', alg, kid: 'a', use: 'sig', pub: b64u(Buffer.alloc(length, 1)) }, spare)).toEqual([
      'note ours [0]',
    ]);
  });
});

describe('a key for encryption', () => {
  const NOTE = 'note RFC 7517 §4.2 [0]';
  const [NO_ALG, NO_USE] = ['warning RFC 8725 §3.1 [0]', 'warning RFC 7517 §4.2 [0]'];
  const own = { ...rsa, alg: 'RSA-OAEP-256', use: 'enc' };
  const x25519: Jwk = { ...exportJwk(kindOf('ECDH-ES on X25519').encrypting), kid: 'x' };
  const messagesOf = (...keys: readonly unknown[]) => audit(...keys).findings.map(({ message }) => message);
  const remediesOf = (...keys: readonly unknown[]) => audit(...keys).findings.map(({ remedy }) => remedy);

  test.each([
    ['by its use', without({ ...rsa, use: 'enc' }, 'alg'), [NOTE, NO_ALG]],
    ['by both', own, [NOTE]],
    ['by its alg alone', without({ ...rsa, alg: 'RSA-OAEP' }, 'use'), [NOTE, NO_USE]],
    ['by its curve', { kty: 'OKP', crv: 'X25519', kid: 'a', x: b64u(Buffer.alloc(32, 9)) }, [NOTE, NO_ALG]],
    [
      'by X448',
      without({ ...exportJwk(kindOf('ECDH-ES on X448').encrypting), kid: 'a' }, 'use', 'alg'),
      [NOTE, NO_ALG],
    ],
    ['that names its operations', { ...without(own, 'use'), key_ops: ['encrypt'] }, [NOTE]],
    ['whose coordinate is padded', { ...x25519, x: `${x25519.x}=` }, [NOTE, 'warning RFC 7518 §2 [0]']],
    ['of small order', { ...x25519, x: b64u(Buffer.alloc(32)) }, [NOTE, 'error RFC 8725 §3.4 [0]']],
    ['for RSA1_5', { ...own, alg: 'RSA1_5' }, [NOTE, 'error RFC 8725 §3.2 [0]']],
    ['whose use is that of signatures', { ...own, use: 'sig' }, ['error RFC 7517 §4.2 [0]']],
    ['whose alg is that of signatures', { ...own, alg: 'RS256' }, ['error RFC 7517 §4.2 [0]']],
    ['whose use is another one', { ...own, use: 'other' }, [NOTE, 'error RFC 7517 §4.2 [0]']],
    ['whose alg is for secrets', { ...own, alg: 'A256KW' }, [NOTE, 'error RFC 7517 §4.4 [0]']],
    ['whose operations are those of signatures', { ...own, key_ops: ['verify'] }, [NOTE, 'error RFC 7517 §4.3 [0]']],
  ])('%s', (_, key, findings) => expect(findingsOf(key, spare)).toEqual(findings));

  test('its other problems are reported too', () => {
    const key = { ...without(rsa, 'kid'), use: 'enc', e: 'AQ', d: 'AQ' };
    expect(findingsOf(key, spare)).toEqual([
      'error RFC 7517 §9.2 [0]',
      'warning RFC 7517 §4.5 [0]',
      'error RFC 7517 §4.2 [0]',
      'error RFC 7518 §3.3, §8.3 [0]',
    ]);
  });

  test('who reads its private key decrypts, and forges nothing', () => {
    expect(messagesOf({ ...own, d: 'AQ' }, spare)[0]).toMatch(/decrypt tokens$/);
    expect(messagesOf({ kty: 'oct', alg: 'A256KW', k: 'AA' }, spare)[0]).toMatch(/decrypt tokens$/);
    expect(messagesOf({ kty: 'oct', alg: 'HS256', k: 'AA' }, spare)[0]).toMatch(/forge tokens$/);
  });

  test('the remedy names its use', () => {
    expect(remediesOf({ ...own, use: 'other' }, spare)).toContain('set it to "enc"');
    expect(remediesOf({ ...own, key_ops: ['verify'] }, spare)).toContain('remove it');
    expect(remediesOf({ ...good, use: 'other' }, spare)).toContain('set it to "sig"');
  });

  test('is usable beside those for signatures; a set of nothing else is worth a note', () => {
    expect(audit(own, x25519, good)).toMatchObject({ keys: 3, usable: 3 });
    expect(audit(own, x25519).usable).toBe(2);
    expect(findingsOf(x25519)).toEqual(['note ours []', NOTE]);
    expect(audit(without(rsa, 'alg', 'use')).usable).toBe(1);
  });

  test('several leave no token in doubt; one key for both purposes is told', () => {
    expect(findingsOf(x25519, { ...x25519, kid: 'y', x: b64u(Buffer.alloc(32, 9)) }, spare)).toEqual([
      NOTE,
      NOTE.replace('0', '1'),
    ]);
    expect(findingsOf(own, { ...rsa, kid: 'other' })).toEqual([NOTE, 'warning ours [0,1]']);
  });
});

describe('keys together', () => {
  const fresh = (kid?: string) => {
    const { x, y } = freshPair('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    return { ...without(good, 'kid'), x, y, ...(kid !== undefined && { kid }) };
  };

  test('the same kid on keys of one kind', () => {
    expect(findingsOf(good, fresh('ES256'))).toEqual(['error RFC 7517 §4.5 [0,1]', 'note RFC 7515 §6 [0,1]']);
  });
  test('the same kid on keys of different kinds', () => {
    expect(findingsOf(good, { ...rsa, kid: 'ES256' })).toEqual(['warning RFC 7517 §4.5 [0,1]']);
    expect(findingsOf(good, { ...rsa, kid: 'ES256' }, { ...spare, kid: 'ES256' })).toEqual([
      'error RFC 7517 §4.5 [0,1,2]',
    ]);
  });
  test('kids that differ in case', () => {
    expect(findingsOf(good, { ...rsa, kid: 'es256' }, { ...spare, kid: 'es256' })).toEqual([
      'warning RFC 7517 §4.5 [1,2]',
      'warning RFC 7517 §4.5 [0,1]',
    ]);
  });
  test('one key twice, by its thumbprint', () => {
    expect(findingsOf(rsa, { ...rsa, kid: 'b', alg: 'PS256' })).toEqual(['warning ours [0,1]']);
    expect(findingsOf(rsa, { ...rsa, kid: 'b' })).toEqual(['warning ours [0,1]', 'note RFC 7515 §6 [0,1]']);
  });
  test('what a token without kid could mean', () => {
    expect(findingsOf(good, fresh('a'), rsa)).toEqual(['note RFC 7515 §6 [0,1]']);
    expect(findingsOf(good, fresh(), rsa)).toEqual(['warning RFC 7517 §4.5 [1]', 'warning RFC 7515 §6 [0,1]']);
  });
});

describe('a set made to hurt', () => {
  const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`;
  test.each([
    '{"kty":"RSA","alg":{"toString":null}}',
    '{"kty":{"toString":null}}',
    `{"kty":${deep}}`,
    `{"kty":"EC","crv":"P-256","x":${deep}}`,
  ])('is judged all the same: %.40s', (jwk) => {
    expect(lintKeySet(`{"keys":[${jwk}]}`).findings.some(({ severity }) => severity === 'error')).toBe(true);
  });
});

describe('the set', () => {
  test('with a byte-order mark before it is read, and told', () => {
    const { keys, usable, findings } = lintKeySet(`\ufeff${JSON.stringify({ keys: [good] })}`);
    expect([keys, usable, findings.map(({ severity, section }) => `${severity} ${section}`)]).toEqual([
      1,
      1,
      ['warning RFC 8259 §8.1'],
    ]);
  });

  test.each([
    ['not JSON', '<html>', 'error RFC 7517 §5'],
    ['no object', '[]', 'error RFC 7517 §5'],
    ['without keys', '{}', 'error RFC 7517 §5'],
    ['keys that are no list', '{"keys":{}}', 'error RFC 7517 §5'],
    ['a member twice', '{"keys":[],"keys":[]}', 'error RFC 7517 §5'],
    ['with no key', '{"keys":[]}', 'error ours'],
    ['too deep', `{"keys":[],"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`.slice(0, 400_015), 'error ours'],
  ])('%s', (_, text, finding) => {
    const { usable, findings } = lintKeySet(text);
    expect(usable).toBe(0);
    expect(findings.map(({ severity, section }) => `${severity} ${section}`)[0]).toBe(finding);
  });

  test('over 64 KiB; over 256 KiB, and of more than 100 keys', () => {
    const padding = (octets: number) =>
      lintKeySet(JSON.stringify({ keys: [good], padding: 'x'.repeat(octets) })).findings;
    expect(padding(65_000)).toEqual([]);
    expect(padding(66_000).map(({ severity }) => severity)).toEqual(['warning']);
    expect(padding(300_000).map(({ severity }) => severity)).toEqual(['error', 'warning']);
    const { keys, usable, findings } = audit(...Array.from({ length: 5_000 }, () => 'key'));
    expect([keys, usable, findings.length]).toEqual([5_000, 0, 101]);
  });

  test('the problems of a set that no verifier reads are reported too', () => {
    const text = `{"keys":[${JSON.stringify(without(good, 'use'))}],"a":1,"a":2}`;
    expect(lintKeySet(text).findings.map(({ section }) => section)).toEqual(['RFC 7517 §5', 'RFC 7517 §4.2']);
  });
});

test('a secret is an error and makes the set unusable; findings hold no private member', () => {
  const k = b64u(Buffer.alloc(32, 7));
  const secret = importSecret(Buffer.alloc(32, 7), { alg: 'HS256', kid: 'hs' });
  const keys = [
    exportPrivateJwk(secret),
    { kty: 'oct', k },
    ...asymmetricAlgorithms.map((alg) => exportPrivateJwk(keyPair(alg).privateKey)),
  ];
  const { usable, findings } = audit(...keys);
  expect(usable).toBe(0);
  expect(findings.filter(({ section }) => section === 'RFC 7517 §9.2')).toHaveLength(keys.length);
  const text = JSON.stringify(findings);
  for (const { k, d, p, priv } of keys as Jwk[])
    for (const value of [k, d, p, priv]) if (typeof value === 'string') expect(text).not.toContain(value);
});

describe('what providers publish', () => {
  const providerSet = (name: string) =>
    lintKeySet(readFileSync(new URL(`../../vectors/idp/${name}.json`, import.meta.url), 'utf8'));
  const messages = (name: string) =>
    providerSet(name).findings.map(({ severity, message }) => `${severity} ${message}`);

  test('a key of 1024 bits is weak in any spelling', () => {
    const { usable, findings } = providerSet('google-old');
    expect(usable).toBe(0);
    expect(findings).toContainEqual(
      expect.objectContaining({ section: 'RFC 7518 §3.3, §8.3', message: 'the key has a modulus under 2048 bits' }),
    );
  });

  test('a SPIFFE bundle is read for JWT-SVIDs, and its certificates’ keys are named', () => {
    expect(providerSet('spiffe')).toMatchObject({ keys: 7, usable: 6 });
    expect(messages('spiffe').filter((text) => text.startsWith('error'))).toEqual([]);
    expect(messages('spiffe').filter((text) => text.includes('verifies JWT-SVIDs'))).toHaveLength(6);
    expect(messages('spiffe').filter((text) => text.includes('for certificates'))).toHaveLength(1);
  });

  test('a SPIFFE key beside another kind: each counts, and no token could mean both', () => {
    const svid = { ...publicOf('ES256'), x: publicOf('ES256').x, kid: 'svid', use: 'jwt-svid', alg: undefined };
    expect(audit(spare, svid)).toMatchObject({ keys: 2, usable: 2 });
    expect(
      findingsOf(good, { ...good, ...exportJwk(keyPair('ES256').publicKey), kid: 'svid', use: 'jwt-svid' }),
    ).toEqual(['note ours [1]', 'warning ours [0,1]']);
  });

  test('keys of Entra have an issuer, and others an x5t in hexadecimal', () => {
    expect(messages('entra-common').filter((text) => text.includes('Microsoft Entra'))).toHaveLength(7);
    expect(messages('nets-eid-broker').filter((text) => text.includes('hexadecimal'))).toHaveLength(3);
    expect(messages('battle-net').filter((text) => text.includes('Battle.net, PayPal'))).toHaveLength(2);
    expect(messages('auth0')).toEqual([]);
  });

  test('one key twice, also in another spelling and under one kid, is one finding', () => {
    expect(findingsOf(good, { ...good, x: `${good.x}=` })).toEqual([
      'warning RFC 7518 §2 [1]',
      'warning ours [0,1]',
      'note RFC 7515 §6 [0,1]',
    ]);
    expect(findingsOf(rsa, { ...publicOf('ES256'), kid: rsa.kid })).toEqual(['warning RFC 7517 §4.5 [0,1]']);
  });
});
