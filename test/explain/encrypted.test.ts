// Encrypted and nested tokens explained: the steps of the decryption, which says no more than that it failed, and those of the
// token inside.
import { describe, expect, test } from 'vitest';
import {
  createVerifier,
  DecryptionKeys,
  decryptJwe,
  decryptJwt,
  decryptWith,
  type Explanation,
  encryptJwe,
  encryptJwt,
  explainJwt,
  explainToken,
  importDecryptionKeys,
  importSecret,
  nestJwt,
  signJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { AUDIENCE, CLAIMS, EXPECTED, ISSUER, NOW } from '../support/doors.ts';
import { expectCode, expectSilent, expectTypeError } from '../support/expect.ts';
import { forge } from '../support/forge.ts';
import { encryptionKinds, kindOf, secretOf, withHeader, withParts } from '../support/jwe.ts';
import { keyPairs, secretKey } from '../support/keys.ts';

const OUTSIDE = ['JWE structure', 'JWE header', 'nesting', 'encryption', 'decryption key', 'decryption'];
const REST = ['extensions', 'algorithm', 'key', 'payload', 'signature', 'claims set'];
const NESTED = [...OUTSIDE, 'structure', 'header', 'replicated claims', ...REST];
const ENCRYPTED = [...OUTSIDE, 'claims set', 'replicated claims'];
const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];
const EXPIRES = { expiresIn: null, now: NOW } as const;
const { encrypting, decrypting } = kindOf('RSA-OAEP-256');
const { privateKey, publicKey } = keyPairs.ES256;
const KEYS = { decrypt: decryptWith(decrypting), verify: publicKey };
const ONLY = { decrypt: decryptWith(decrypting), verify: null };

const signed = signJwt(CLAIMS, privateKey, EXPIRES);
const nested = nestJwt(signed, encrypting);
const encrypted = encryptJwt(CLAIMS, encrypting, EXPIRES);
const sealed = (content: string, header: object = { cty: 'JWT' }) =>
  encryptJwe(new TextEncoder().encode(content), encrypting, { header: { ...header } });
const namesOf = ({ steps }: Explanation) => steps.map(({ name }) => name);
const failedOf = ({ steps }: Explanation) => steps.find(({ outcome }) => outcome === 'failed');
const reasonOf = ({ steps }: Explanation, step: string) => steps.find(({ name }) => name === step)?.reason;

describe('a good token', () => {
  test.each([
    ['nested', nested, KEYS, NESTED],
    ['encrypted only', encrypted, ONLY, ENCRYPTED],
  ] as const)('%s: every step passed, in order', (_, token, keys, plan) => {
    const explanation = explainJwt(token, keys, EXPECTED);
    expect([explanation.valid, explanation.code]).toEqual([true, undefined]);
    expect(namesOf(explanation)).toEqual([...plan, ...REGISTERED]);
    for (const step of explanation.steps) {
      expect(step).toMatchObject({ outcome: 'passed', section: expect.stringMatching(/^RFC \d{4} §/) });
      expect(step.reason.length).toBeGreaterThan(3);
    }
    expectSilent(explanation, CLAIMS.sub.repeat(2), signed);
  });

  test('what the steps say', () => {
    const explanation = explainJwt(
      nestJwt(signed, encrypting, { header: { iss: ISSUER, sub: CLAIMS.sub } }),
      KEYS,
      EXPECTED,
    );
    expect(reasonOf(explanation, 'JWE structure')).toMatch(
      /^five parts, with 256 octets of encrypted key and \d+ of ciph/,
    );
    expect(reasonOf(explanation, 'JWE header')).toBe('alg "RSA-OAEP-256", enc "A256GCM", no kid, cty "JWT"');
    expect(reasonOf(explanation, 'encryption')).toBe('RSA-OAEP-256 and A256GCM are known and allowed');
    expect(reasonOf(explanation, 'decryption key')).toContain('Key { RSA-OAEP-256 private }: fits');
    expect(reasonOf(explanation, 'decryption')).toBe(`${signed.length} octets under Key { RSA-OAEP-256 private }`);
    expect(reasonOf(explanation, 'replicated claims')).toBe('iss, sub in the header of the encryption');
    expect(reasonOf(explainJwt(nested, KEYS, EXPECTED), 'replicated claims')).toMatch(/^none in/);
    const zip = { decrypt: decryptWith(decrypting, { zip: true }), verify: publicKey };
    const compressed = explainJwt(nestJwt(signed, encrypting, { zip: true }), zip, EXPECTED);
    expect([compressed.valid, reasonOf(compressed, 'JWE header')]).toEqual([true, expect.stringMatching(/zip "DEF"$/)]);
  });

  test.each(encryptionKinds)('$label', ({ encrypting: encrypt, decrypting: decrypt }) => {
    const keys = { decrypt: decryptWith(decrypt), verify: publicKey };
    expect(explainJwt(nestJwt(signed, encrypt), keys, EXPECTED).valid).toBe(true);
  });
});

describe('a bad token', () => {
  const bad: readonly (readonly [title: string, token: unknown, step: string])[] = [
    ['no string', 1, 'JWE structure'],
    ['signed only', signed, 'JWE structure'],
    ['too long', 'a'.repeat(300_000), 'JWE structure'],
    ['a part that is no base64url', withParts(nested, { 2: '=' }), 'JWE structure'],
    ['a header that is no JSON', withParts(nested, { 0: 'AAAA' }), 'JWE header'],
    ['no enc', withHeader(nested, { enc: undefined }), 'JWE header'],
    ['no cty', sealed(signed, {}), 'nesting'],
    ['an unknown alg', withHeader(nested, { alg: 'RSA1_5' }), 'encryption'],
    ['an unknown enc', withHeader(nested, { enc: 'x' }), 'encryption'],
    ['an extension', sealed(signed, { cty: 'JWT', crit: ['x'], x: 1 }), 'encryption'],
    ['compressed', nestJwt(signed, encrypting, { zip: true }), 'encryption'],
    ['another alg', nestJwt(signed, kindOf('A128KW').encrypting), 'decryption key'],
    ['another tag', withParts(nested, { 4: 'AAAAAAAAAAAAAAAAAAAAAA' }), 'decryption'],
    ['another encrypted key', withParts(nested, { 1: 'A'.repeat(342) }), 'decryption'],
    ['claims inside', sealed('{}'), 'structure'],
    ['encrypted again', sealed(nested), 'structure'],
    ['signed around a signed one', sealed(forge('ES256', { alg: 'ES256', cty: 'JWT' }, signed)), 'header'],
    ['replicated claims that differ', sealed(signed, { cty: 'JWT', iss: 'x' }), 'replicated claims'],
    [
      'replicated claims of none',
      sealed(forge('ES256', { alg: 'ES256' }, '[]'), { cty: 'JWT', iss: 'x' }),
      'replicated claims',
    ],
    ['an extension inside', sealed(forge('ES256', { alg: 'ES256', crit: ['x'], x: 1 }, CLAIMS)), 'extensions'],
    ['alg none inside', sealed(`${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`), 'algorithm'],
    ['another key inside', nestJwt(signJwt(CLAIMS, secretKey('HS256'), EXPIRES), encrypting), 'key'],
    ['another signature inside', sealed(signed.replace(/.{8}$/, 'AAAAAAAA')), 'signature'],
    ['no claims inside', sealed(forge('ES256', { alg: 'ES256' }, '[]')), 'claims set'],
  ];

  test.each(bad)('%s: the step that failed, its remedy, and the rest skipped', (_, token, name) => {
    const explanation = explainJwt(token, KEYS, EXPECTED);
    const code = codeOf(() => verifyNestedJwt(token as string, { decrypt: decrypting, verify: publicKey }, EXPECTED));
    expect([explanation.valid, explanation.code]).toEqual([false, code]);
    expect(namesOf(explanation)).toEqual(NESTED);
    const at = NESTED.indexOf(name);
    expect(explanation.steps.map(({ outcome }) => outcome)).toEqual(
      NESTED.map((_step, i) => (i === at ? 'failed' : i < at ? 'passed' : 'skipped')),
    );
    expect(failedOf(explanation)?.remedy?.length).toBeGreaterThan(10);
    expect(explanation.steps.at(-1)?.reason).toMatch(at === NESTED.length - 1 ? /./ : name);
    const isInner = at >= NESTED.indexOf('structure') && name !== 'replicated claims';
    if (isInner) expect(failedOf(explanation)?.reason).toContain('the inner token');
    expectSilent(explanation, signed);
  });

  test('a claim that is not as expected', () => {
    const explanation = explainJwt(nested, KEYS, { ...EXPECTED, audience: 'other' });
    expect(explanation).toMatchObject({ valid: false, code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    expect(failedOf(explanation)).toMatchObject({ name: 'aud', remedy: 'aud "other"' });
    expect(explainJwt(nested, KEYS, { ...EXPECTED, audience: 'other' }, { values: true }).steps).toContainEqual(
      expect.objectContaining({ name: 'aud', reason: expect.stringContaining(AUDIENCE) }),
    );
  });

  test('of a decryption that failed, nothing says why', () => {
    const failing = [
      withParts(nested, { 4: 'AAAAAAAAAAAAAAAAAAAAAA' }),
      withParts(nested, { 1: 'A'.repeat(342) }),
      withParts(nested, { 1: 'AAAA' }),
      withParts(nested, { 2: 'AAAA' }),
      withHeader(nested, { x: 1 }),
    ].map((token) => failedOf(explainJwt(token, KEYS, EXPECTED)));
    expect(new Set(failing.map((step) => JSON.stringify(step))).size).toBe(1);
    expect(failing[0]?.reason).toBe('the token does not decrypt under this key');
  });

  test('what was copied along with the token', () => {
    expect(reasonOf(explainJwt(`Bearer ${nested}`, KEYS, EXPECTED), 'JWE structure')).toContain('scheme "Bearer"');
    expect(reasonOf(explainJwt(`${nested}\n`, KEYS, EXPECTED), 'JWE structure')).toContain('line break');
  });
});

describe('a token that is encrypted only', () => {
  const explain = (token: unknown, expected: object = {}) => explainJwt(token, ONLY, { ...EXPECTED, ...expected });

  test.each<[string, unknown, object]>([
    ['nested', nested, {}],
    ['signed', signed, {}],
    ['another tag', withParts(encrypted, { 4: 'AAAAAAAAAAAAAAAAAAAAAA' }), {}],
    ['no claims', sealed('[]', {}), {}],
    ['expired', encrypted, { now: CLAIMS.exp }],
    ['for another audience', encrypted, { audience: 'x' }],
    ['of an iss that the header does not have', sealed(JSON.stringify(CLAIMS), { iss: 'x' }), {}],
    ['of such an iss, and expired', sealed(JSON.stringify(CLAIMS), { iss: 'x' }), { now: CLAIMS.exp }],
    ['good', encrypted, {}],
    ['an extension', sealed(JSON.stringify(CLAIMS), { crit: ['x'], x: 1 }), {}],
    ['an extension that the caller processes', sealed(JSON.stringify(CLAIMS), { crit: ['x'], x: 1 }), { crit: ['x'] }],
  ])('%s: the verdict is that of decryptJwt', (_, token, expected) => {
    const code = codeOf(() => decryptJwt(token as string, decrypting, { ...EXPECTED, ...expected, sender: null }));
    const explanation = explain(token, expected);
    expect(explanation.code ?? null).toBe(code);
    expect(explanation.valid).toBe(code === null);
    expect(namesOf(explanation).slice(0, ENCRYPTED.length)).toEqual(ENCRYPTED);
  });

  test('replicated claims that differ do not hide what else is wrong', () => {
    const explanation = explain(sealed(JSON.stringify({ ...CLAIMS, aud: 'x' }), { iss: 'x' }));
    const failed = explanation.steps.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
    expect(failed).toEqual(['replicated claims', 'aud']);
  });

  test('is not explained as a nested one, and says so', () => {
    expect(failedOf(explainJwt(encrypted, KEYS, EXPECTED))?.reason).toContain('decryptJwt');
    expect(failedOf(explain(nested))?.reason).toContain('verifyNestedJwt');
    const lenient = { decrypt: decryptWith(decrypting, { required: false }), verify: null };
    expect(namesOf(explainJwt(signed, lenient, EXPECTED))).toEqual(ENCRYPTED);
  });
});

describe('keys', () => {
  const [one, two] = ['e1', 'e2'].map((kid) => importSecret(secretOf(32), { alg: 'A256KW', kid }));
  if (!one || !two) throw new Error('no keys');
  const dir = importSecret(secretOf(32), { alg: 'dir', enc: 'A256GCM', kid: 'e3' });
  const own = (keys: DecryptionKeys) => ({ decrypt: decryptWith(keys), verify: publicKey });
  const reason = (token: string, keys: DecryptionKeys) =>
    reasonOf(explainJwt(token, own(keys), EXPECTED), 'decryption key');

  test('every candidate is told, and what speaks for or against it', () => {
    const keys = new DecryptionKeys([one, two, dir]);
    expect(reason(nestJwt(signed, two), keys)).toMatch(
      /"e2" }; considered: .*"e1" }: another kid; .*"e2" }: fits; .*"e3" }: another kid$/,
    );
    expect(reason(nestJwt(signed, encrypting, { header: { kid: 'e1' } }), keys)).toMatch(
      /"e1" }: another alg or enc; /,
    );
    const otherEnc = importSecret(secretOf(16), { alg: 'dir', enc: 'A128GCM' });
    expect(reason(nestJwt(signed, otherEnc, { header: { kid: 'e3' } }), keys)).toMatch(/"e3" }: another alg or enc$/);
    const unnamed = importSecret(secretOf(32), { alg: 'A256KW' });
    expect(reason(nestJwt(signed, unnamed), keys)).toMatch(
      /"e1" }: fits; .*"e2" }: fits; .*"e3" }: another alg or enc$/,
    );
  });

  test('a Key by itself is the caller’s own choice; a set without keys, or without this one, says why', () => {
    const chosen = { decrypt: decryptWith(two), verify: publicKey };
    expect(explainJwt(nestJwt(signed, one), chosen, EXPECTED).valid).toBe(true);
    expect(reason(nested, new DecryptionKeys([]))).toMatch(/considered: nothing, the set is empty$/);
    const skipped = importDecryptionKeys({ keys: [{ kty: 'RSA', n: 'x' }] });
    expect(reason(nested, skipped)).toMatch(/no usable key: 1 skipped, the first because /);
    const lacking = new DecryptionKeys([one], [{ index: 1, kid: 'k1', reason: 'the alg of the key is unknown' }]);
    const words =
      'no key fits the kid, alg and enc of the token; the key of this kid was skipped: the alg of the key is unknown';
    expect(reason(withHeader(nested, { kid: 'k1' }), lacking)).toContain(`${words}; considered: `);
    const refused = expectCode(
      () => decryptJwe(withHeader(nested, { kid: 'k1' }), lacking),
      'ERR_JWKS_NO_MATCHING_KEY',
    );
    expect(refused.message).toBe(words);
    expect(reason(withHeader(nested, { kid: 'k2' }), lacking)).not.toContain('was skipped');
  });

  test('the arguments', () => {
    const wrong = (keys: unknown) => () => explainJwt(nested, keys as never, EXPECTED);
    expectTypeError(wrong({ decrypt: decrypting, verify: publicKey }), 'keys.decrypt must be made by decryptWith');
    expectTypeError(wrong({ decrypt: KEYS.decrypt }), 'keys.verify must be given');
    expectTypeError(wrong({ decrypt: KEYS.decrypt, verify: 'x' }), 'keys.verify must be a Key or a KeySet, or null');
    expectTypeError(wrong({ decrypt: KEYS.decrypt, verify: privateKey }), 'keys.verify is private');
    expectTypeError(wrong({ verify: publicKey }), 'keys must be a Key or a KeySet');
    expectTypeError(wrong({ ...KEYS, x: 1 }), 'keys.x');
    expectTypeError(wrong(decrypting), 'key is for encryption');
    const algorithms = ['ES256'] as const;
    expectTypeError(
      () => explainJwt(encrypted, ONLY, { ...EXPECTED, algorithms }),
      'expected.algorithms is for signat',
    );
    expect(explainJwt(nested, KEYS, { ...EXPECTED, algorithms }).valid).toBe(true);
    for (const [name, told] of [
      ['enc', 'belongs in decryptWith'],
      ['zip', 'belongs in decryptWith'],
      ['sender', 'keys.verify null'],
      ['subjct', 'subject is'],
    ])
      expectTypeError(() => explainJwt(nested, KEYS, { ...EXPECTED, [String(name)]: null } as never), told);
  });
});

describe('by a verifier', () => {
  const OPTIONS = { issuer: ISSUER, audience: AUDIENCE, keys: publicKey, clock: () => NOW };
  const verifier = createVerifier({ ...OPTIONS, decrypt: KEYS.decrypt });

  test('that decrypts: all steps, and its own verdict', async () => {
    const good = explainToken(verifier, nested);
    expect([good.valid, namesOf(good)]).toEqual([true, [...NESTED, ...REGISTERED]]);
    for (const token of [signed, encrypted, sealed('x'), withParts(nested, { 4: 'AAAAAAAAAAAAAAAAAAAAAA' })]) {
      const { code, valid } = explainToken(verifier, token);
      expect([valid, code]).toEqual([false, codeOf(() => verifier.verifySync(token))]);
    }
  });

  test('that takes both: the steps are those of the token', () => {
    const lenient = createVerifier({ ...OPTIONS, decrypt: decryptWith(decrypting, { required: false }) });
    expect(namesOf(explainToken(lenient, nested))).toEqual([...NESTED, ...REGISTERED]);
    expect(namesOf(explainToken(lenient, signed))).toEqual([...NESTED.slice(6, 8), ...REST, ...REGISTERED]);
    expect(explainToken(lenient, 'x').code).toBe('ERR_JWS_INVALID');
  });

  test('that does not decrypt says what would', () => {
    const explanation = explainToken(createVerifier(OPTIONS), nested);
    expect([explanation.code, failedOf(explanation)?.reason]).toEqual([
      'ERR_JWS_INVALID',
      expect.stringContaining('encrypted'),
    ]);
  });

  test('of several issuers: the issuer is found in the token inside', () => {
    const issuers = [
      { issuer: ISSUER, audience: AUDIENCE, keys: publicKey },
      { issuer: 'https://other.example', audience: AUDIENCE, keys: secretKey('HS256') },
    ];
    const several = createVerifier({ issuers, decrypt: KEYS.decrypt, clock: () => NOW });
    expect(explainToken(several, nested).valid).toBe(true);
    const stranger = nestJwt(signJwt({ ...CLAIMS, iss: 'x' }, privateKey, EXPIRES), encrypting);
    const explanation = explainToken(several, stranger, { values: true });
    const at = NESTED.indexOf('extensions');
    expect(namesOf(explanation)).toEqual([...NESTED.slice(0, at), 'issuer', ...NESTED.slice(at)]);
    expect(failedOf(explanation)).toMatchObject({ name: 'issuer', reason: expect.stringMatching(/^iss "x": /) });
    expect(explanation.steps.map(({ outcome }) => outcome)).toEqual([
      ...Array(at).fill('passed'),
      'failed',
      ...Array(REST.length).fill('skipped'),
    ]);
    const replicated = explainToken(several, sealed(signed, { cty: 'JWT', iss: 'x' }));
    expect(failedOf(replicated)?.name).toBe('replicated claims');
  });
});
