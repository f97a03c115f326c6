// The work of every reader of tokens grows in proportion to the length of what a stranger sends. What our code does is counted,
// so that its growth is exact; what the platform does for it, such as a pattern, is bounded by a ratio of times. No test
// depends on how fast the machine is, or on what else it does. complexity-keys and complexity-http do so for the other readers.

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { decode, verify as verifyCompat } from '../../src/compat/jsonwebtoken.ts';
import {
  createKeyVerifier,
  DecryptionKeys,
  decryptJwe,
  decryptJweJson,
  decryptJwt,
  encryptJwe,
  encryptJweJson,
  explainJwt,
  explainToken,
  importJwks,
  importSecret,
  type Key,
  type KeySet,
  readUnverifiedJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { codeOf } from '../support/code.ts';
import { blocksDuring, expectLinear, type Run } from '../support/complexity.ts';
import { cryptoCallsDuring } from '../support/crypto-calls.ts';
import { flattened, forge, general } from '../support/forge.ts';
import { secretBytes, secretKey } from '../support/keys.ts';
import { JSON_VALUES, NO_TOKENS, namesOfEqualHash, run, withMember } from '../support/worst-inputs.ts';

vi.mock('node:crypto', async (original) =>
  (await import('../support/crypto-calls.ts')).countingCrypto(await original()),
);

const NOW = 1_700_000_000;
const EXPECTED = { issuer: 'i', audience: 'a', now: NOW } as const;
const CLAIMS = { iss: 'i', aud: 'a', exp: NOW + 60 };
const KEY = secretKey('HS256');
const WRAPPING = importSecret(secretBytes('HS256'), { alg: 'A256KW' });
const VERIFIER = createKeyVerifier({ issuer: 'i', audience: 'a', keys: KEY, clock: () => NOW });

/** Readers of a signed token: the code of its refusal, or null. */
const JWT_READERS: Readonly<Record<string, (token: string) => unknown>> = {
  verifyJwt: (token) => codeOf(() => verifyJwt(token, KEY, EXPECTED)),
  verifyJws: (token) => codeOf(() => verifyJws(token, KEY)),
  readUnverifiedJwt: (token) => codeOf(() => readUnverifiedJwt(token)),
  explainJwt: (token) => explainJwt(token, KEY, EXPECTED, { values: true }).code ?? null,
  explainToken: (token) => explainToken(VERIFIER, token, { values: true }).code ?? null,
  'Verifier.verifySync': (token) => codeOf(() => VERIFIER.verifySync(token)),
  'decode of compat': (token) => codeOf(() => decode(token, { complete: true })),
  'verify of compat': (token) => codeOfCompat(() => verifyCompat(token, secretBytes('HS256'), { clockTimestamp: NOW })),
};

function codeOfCompat(action: Run): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return Object(error).name;
  }
}

/** Readers of an encrypted token. */
const JWE_READERS: Readonly<Record<string, (token: string) => unknown>> = {
  decryptJwe: (token) => codeOf(() => decryptJwe(token, WRAPPING, { zip: true })),
  decryptJwt: (token) => codeOf(() => decryptJwt(token, WRAPPING, { ...EXPECTED, zip: true })),
  verifyNestedJwt: (token) => codeOf(() => verifyNestedJwt(token, { decrypt: WRAPPING, verify: KEY }, EXPECTED)),
};

const namesOf = (readers: object) => Object.keys(readers);
const readersOf = { ...JWT_READERS, ...JWE_READERS };
const read = (reader: string, token: string): unknown => readersOf[reader]?.(token);

describe.each(namesOf(JWT_READERS))('%s', (reader) => {
  test.each(JSON_VALUES)('a payload with %s', async (_, value) => {
    const tokenOf = (length: number) => forge('HS256', { alg: 'HS256' }, withMember(CLAIMS, value(length)));
    expect(read(reader, tokenOf(32_000))).toBe(null);
    await expectLinear((length) => {
      const token = tokenOf(length);
      return () => read(reader, token);
    }, 40_000);
  });

  test.each(JSON_VALUES)('a protected header with %s', async (_, value) => {
    await expectLinear((length) => {
      const token = forge('HS256', withMember({ alg: 'HS256' }, value(length)), JSON.stringify(CLAIMS));
      return () => read(reader, token);
    }, 12_000);
  });

  test.each([
    ['many critical extensions', (count: number) => Array.from({ length: count }, (_, i) => `extension-${i}`)],
    ['critical extensions of equal hashes', namesOfEqualHash],
  ])('%s', async (_, names) => {
    await expectLinear((count) => {
      const crit = names(count);
      const header = { alg: 'HS256', crit, ...Object.fromEntries(crit.map((name) => [name, 0])) };
      const token = forge('HS256', header, JSON.stringify(CLAIMS));
      return () => read(reader, token);
    }, 500);
  });

  test('many audiences', async () => {
    await expectLinear((count) => {
      const token = forge('HS256', { alg: 'HS256' }, { ...CLAIMS, aud: [...namesOfEqualHash(count), 'a'] });
      return () => read(reader, token);
    }, 4_000);
  });

  test('a protected header of a megabyte is refused without being decoded', async () => {
    const token = forge('HS256', withMember({ alg: 'HS256' }, `"${run('a', 1_000_000)}"`), '{}');
    const short = `${'A'.repeat(30_000)}.e30.AA`;
    const counts = await blocksDuring(
      () => read(reader, short),
      () => read(reader, token),
    );
    expect(counts[1]).toBeLessThanOrEqual(Number(counts[0]) + 100);
  });
});

describe.each(namesOf(JWE_READERS))('%s', (reader) => {
  test.each(JSON_VALUES)('a plaintext with %s', async (_, value) => {
    await expectLinear((length) => {
      const plaintext = Buffer.from(withMember(CLAIMS, value(length)));
      const token = encryptJwe(plaintext, WRAPPING);
      return () => read(reader, token);
    }, 40_000);
  });

  test.each(JSON_VALUES)('a protected header with %s', async (_, value) => {
    const [, ...rest] = encryptJwe(Buffer.from('{}'), WRAPPING).split('.');
    await expectLinear((length) => {
      const header = Buffer.from(withMember({ alg: 'A256KW', enc: 'A256GCM' }, value(length)));
      const token = [header.toString('base64url'), ...rest].join('.');
      return () => read(reader, token);
    }, 12_000);
  });

  test('a plaintext that was compressed well', async () => {
    await expectLinear((length) => {
      const token = encryptJwe(new Uint8Array(length), WRAPPING, { zip: true });
      return () => read(reader, token);
    }, 240_000);
  });
});

describe.each(namesOf(readersOf))('%s', (reader) => {
  test.each(NO_TOKENS)('%s instead of a token', async (_, text) => {
    await expectLinear((length) => {
      const token = text(length);
      return () => read(reader, token);
    }, 128_000);
  });
});

describe('signatures and recipients are counted', () => {
  const pairs = Array.from({ length: 100 }, () => generateKeyPairSync('ed25519'));
  const setOf = (kidOf: (i: number) => string): KeySet =>
    importJwks({ keys: pairs.map(({ publicKey }, i) => ({ ...publicKey.export({ format: 'jwk' }), kid: kidOf(i) })) });

  test('a hundred keys: one verification for a kid of one, none for a kid of all', () => {
    const token = (kid: string) => forge('EdDSA', { alg: 'EdDSA', kid }, CLAIMS);
    const each = setOf((i) => `k${i}`);
    expect(cryptoCallsDuring(() => codeOf(() => verifyJwt(token('k99'), each, EXPECTED)))).toBe(1);
    const same = setOf(() => 'k');
    expect(cryptoCallsDuring(() => codeOf(() => verifyJwt(token('k'), same, EXPECTED)))).toBe(0);
  });

  test('sixteen signatures and a hundred keys: sixteen verifications', () => {
    const set = setOf((i) => `k${i}`);
    const jws = general(
      ...Array.from({ length: 16 }, (_, i) => flattened('EdDSA', { alg: 'EdDSA', kid: `k${i}` }, 'x')),
    );
    expect(cryptoCallsDuring(() => codeOf(() => verifyJwsJson(jws, set, { require: 'all' })))).toBe(16);
  });

  test('sixteen recipients that no key opens', async () => {
    const other = importSecret(new Uint8Array(32), { alg: 'A256KW' });
    const keys = new DecryptionKeys([WRAPPING]);
    await expectLinear((count) => {
      const recipients = Array.from({ length: count }, (): { key: Key } => ({ key: other }));
      const jwe = encryptJweJson(Buffer.from('x'), recipients);
      return () => codeOf(() => decryptJweJson(jwe, keys));
    }, 16);
  });
});
