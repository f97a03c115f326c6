// The tables of algorithms, column by column as the RFCs have them.
import { describe, expect, test } from 'vitest';
import {
  aContentEncryption,
  aContentEncryptionList,
  CONTENT_ENCRYPTIONS,
  findContentRow,
} from '../../src/jwa/content-encryption.ts';
import {
  findKeyManagementRow,
  isDirect,
  isKeyManagementAlgorithm,
  KEY_MANAGEMENT_ALGORITHMS,
  keyManagementRowsNamed,
} from '../../src/jwa/key-management.ts';
import {
  anAlgorithm,
  anAlgorithmList,
  anAsymmetricAlgorithm,
  findRow,
  hasPublicKey,
  rowsNamed,
  SIGNATURE_ALGORITHMS,
} from '../../src/jwa/signatures.ts';
import { nodeKeyType } from '../../src/jwa/support.ts';

describe('signatures', () => {
  const none = {
    use: 'sig',
    alias: undefined,
    crv: undefined,
    minBits: 0,
    saltLength: undefined,
    signatureLength: undefined,
    keyLength: 0,
  };
  const rows = [
    { ...none, name: 'HS256', kty: 'oct', hash: 'sha256', minBits: 256, signatureLength: 32 },
    { ...none, name: 'HS384', kty: 'oct', hash: 'sha384', minBits: 384, signatureLength: 48 },
    { ...none, name: 'HS512', kty: 'oct', hash: 'sha512', minBits: 512, signatureLength: 64 },
    { ...none, name: 'RS256', kty: 'RSA', hash: 'sha256', minBits: 2048 },
    { ...none, name: 'RS384', kty: 'RSA', hash: 'sha384', minBits: 2048 },
    { ...none, name: 'RS512', kty: 'RSA', hash: 'sha512', minBits: 2048 },
    { ...none, name: 'PS256', kty: 'RSA', hash: 'sha256', minBits: 2048, saltLength: 32 },
    { ...none, name: 'PS384', kty: 'RSA', hash: 'sha384', minBits: 2048, saltLength: 48 },
    { ...none, name: 'PS512', kty: 'RSA', hash: 'sha512', minBits: 2048, saltLength: 64 },
    { ...none, name: 'ES256', kty: 'EC', crv: 'P-256', hash: 'sha256', keyLength: 32, signatureLength: 64 },
    { ...none, name: 'ES384', kty: 'EC', crv: 'P-384', hash: 'sha384', keyLength: 48, signatureLength: 96 },
    { ...none, name: 'ES512', kty: 'EC', crv: 'P-521', hash: 'sha512', keyLength: 66, signatureLength: 132 },
    { ...none, name: 'ES256K', kty: 'EC', crv: 'secp256k1', hash: 'sha256', keyLength: 32, signatureLength: 64 },
    ...(['EdDSA Ed25519 Ed25519', 'EdDSA Ed448 Ed448', 'Ed25519 EdDSA Ed25519', 'Ed448 EdDSA Ed448'] as const).map(
      (names) => {
        const [name, alias, crv] = names.split(' ');
        const keyLength = crv === 'Ed448' ? 57 : 32;
        return { ...none, name, alias, crv, kty: 'OKP', hash: null, keyLength, signatureLength: 2 * keyLength };
      },
    ),
    { ...none, name: 'ML-DSA-44', kty: 'AKP', hash: null, keyLength: 1312, signatureLength: 2420 },
    { ...none, name: 'ML-DSA-65', kty: 'AKP', hash: null, keyLength: 1952, signatureLength: 3309 },
    { ...none, name: 'ML-DSA-87', kty: 'AKP', hash: null, keyLength: 2592, signatureLength: 4627 },
  ];

  test('have these rows, and every column is the row’s own', () => {
    const actual = SIGNATURE_ALGORITHMS.flatMap(rowsNamed);
    expect(actual).toStrictEqual(rows);
    for (const row of actual)
      expect(Object.keys(row).toSorted()).toEqual([...Object.keys(none), 'hash', 'kty', 'name'].toSorted());
  });

  test('are found by kty, crv and alg', () => {
    for (const row of rows)
      expect(findRow(row.kty, row.crv, row.name), row.name).toBe(
        rowsNamed(row.name).find(({ crv }) => crv === row.crv),
      );
    expect(findRow('oct', 'P-256', 'HS256')?.name).toBe('HS256');
    expect([findRow('EC', undefined), findRow('ec', 'P-256'), findRow('RSA', undefined, 'ES256')]).toEqual(
      Array(3).fill(undefined),
    );
  });

  test('all but HMAC have a public key', () => {
    for (const alg of SIGNATURE_ALGORITHMS) expect(hasPublicKey(alg), alg).toBe(!alg.startsWith('HS'));
    for (const alg of ['none', '', undefined, 'RSA-OAEP']) expect(hasPublicKey(alg)).toBe(false);
  });

  test('options that name them', () => {
    expect([anAlgorithm, anAsymmetricAlgorithm, anAlgorithmList].map(([, ...words]) => words)).toEqual([
      ["a signature algorithm such as 'ES256'", 'algorithm'],
      ["a signature algorithm with a public key such as 'ES256'", 'algorithm'],
      ["an array of signature algorithms such as 'ES256'", 'tokenSigningAlg'],
    ]);
    expect(['HS256', 'ES256', 'none'].map(anAlgorithm[0])).toEqual([true, true, false]);
    expect(['HS256', 'ES256', 'none'].map(anAsymmetricAlgorithm[0])).toEqual([false, true, false]);
    const lists = [['ES256'], ['ES256', 'HS256'], [], ['ES256', 'none'], ['none', 'ES256'], 'ES256', undefined];
    expect(lists.map(anAlgorithmList[0])).toEqual([true, true, false, false, false, false, false]);
  });

  test('the type of key that node:crypto makes for each', () => {
    const typesOf = (rowsOf: readonly Parameters<typeof nodeKeyType>[0][]) => [
      ...new Set(rowsOf.filter(({ kty }) => kty !== 'oct').map(nodeKeyType)),
    ];
    expect(typesOf(SIGNATURE_ALGORITHMS.flatMap(rowsNamed))).toEqual([
      'rsa',
      'ec',
      'ed25519',
      'ed448',
      'ml-dsa-44',
      'ml-dsa-65',
      'ml-dsa-87',
    ]);
    expect(typesOf(KEY_MANAGEMENT_ALGORITHMS.flatMap(keyManagementRowsNamed))).toEqual(['rsa', 'ec', 'x25519', 'x448']);
  });
});

describe('key management', () => {
  const none = {
    use: 'enc',
    alias: undefined,
    crv: undefined,
    minBits: 0,
    keyLength: 0,
    hash: null,
    wrapLength: 0,
    enc: undefined,
  };
  const oaep = { ...none, method: 'RSA-OAEP', kty: 'RSA', minBits: 2048 };
  const password = { ...none, method: 'PBES2', kty: 'oct' };
  const direct = { ...none, name: 'dir', method: 'dir', kty: 'oct' };
  const curves = [
    { kty: 'EC', crv: 'P-256', keyLength: 32 },
    { kty: 'EC', crv: 'P-384', keyLength: 48 },
    { kty: 'EC', crv: 'P-521', keyLength: 66 },
    { kty: 'OKP', crv: 'X25519', keyLength: 32 },
    { kty: 'OKP', crv: 'X448', keyLength: 56 },
  ];
  const agreements = (name: string, wrapLength: number) =>
    curves.map((curve) => ({ ...none, ...curve, name, method: 'ECDH-ES', wrapLength }));
  const aes = (method: string, suffix: string) =>
    [128, 192, 256].map((bits) => ({
      ...none,
      name: `A${bits}${suffix}`,
      method,
      kty: 'oct',
      minBits: bits,
      wrapLength: bits / 8,
    }));
  const rows = [
    { ...oaep, name: 'RSA-OAEP-256', hash: 'sha256' },
    { ...oaep, name: 'RSA-OAEP', hash: 'sha1' },
    { ...oaep, name: 'RSA-OAEP-384', hash: 'sha384' },
    { ...oaep, name: 'RSA-OAEP-512', hash: 'sha512' },
    ...agreements('ECDH-ES+A256KW', 32),
    ...agreements('ECDH-ES+A192KW', 24),
    ...agreements('ECDH-ES+A128KW', 16),
    ...agreements('ECDH-ES', 0),
    ...aes('AES-KW', 'KW'),
    ...aes('AES-GCMKW', 'GCMKW'),
    { ...direct, enc: 'A128GCM', minBits: 128 },
    { ...direct, enc: 'A192GCM', minBits: 192 },
    { ...direct, enc: 'A256GCM', minBits: 256 },
    { ...direct, enc: 'A128CBC-HS256', minBits: 256 },
    { ...direct, enc: 'A192CBC-HS384', minBits: 384 },
    { ...direct, enc: 'A256CBC-HS512', minBits: 512 },
    { ...password, name: 'PBES2-HS256+A128KW', hash: 'sha256', wrapLength: 16 },
    { ...password, name: 'PBES2-HS384+A192KW', hash: 'sha384', wrapLength: 24 },
    { ...password, name: 'PBES2-HS512+A256KW', hash: 'sha512', wrapLength: 32 },
  ];

  test('has these rows, frozen, and every column is the row’s own', () => {
    const actual = KEY_MANAGEMENT_ALGORITHMS.flatMap(keyManagementRowsNamed);
    expect(actual).toStrictEqual(rows);
    for (const row of actual) {
      expect(Object.isFrozen(row)).toBe(true);
      expect(Object.keys(row).toSorted()).toEqual([...Object.keys(none), 'kty', 'method', 'name'].toSorted());
    }
    expect(Object.isFrozen(KEY_MANAGEMENT_ALGORITHMS)).toBe(true);
    expect(['dir', 'RSA1_5', 'DIR', '', undefined].map(isKeyManagementAlgorithm)).toEqual([
      true,
      ...Array(4).fill(false),
    ]);
  });

  test('is found by kty, crv, alg and enc; a name of a content encryption is that of a secret for dir', () => {
    const nameOf = (...query: Parameters<typeof findKeyManagementRow>) => {
      const row = findKeyManagementRow(...query);
      return row && [row.name, row.enc ?? row.crv];
    };
    expect(nameOf('RSA', undefined)).toEqual(['RSA-OAEP-256', undefined]);
    expect(nameOf('EC', 'P-521')).toEqual(['ECDH-ES+A256KW', 'P-521']);
    expect(nameOf('oct', undefined, { alg: 'A192GCM' })).toEqual(['dir', 'A192GCM']);
    expect(nameOf('oct', undefined, { alg: 'dir', enc: 'A256GCM' })).toEqual(['dir', 'A256GCM']);
    expect(nameOf('oct', undefined, { enc: 'A128CBC-HS256' })).toEqual(['dir', 'A128CBC-HS256']);
    expect(nameOf('oct', undefined, { alg: 'A256KW', enc: 'A256GCM' })).toBeUndefined();
    expect(nameOf('oct', undefined, { alg: 'A128GCM', enc: 'A256GCM' })).toBeUndefined();
    expect(nameOf('RSA', undefined, { alg: 'A128GCM' })).toBeUndefined();
    expect(nameOf('EC', 'P-256', { alg: 'RSA-OAEP' })).toBeUndefined();
    expect(nameOf('EC', 'X25519')).toBeUndefined();
  });

  test('is direct for dir and for an agreement that wraps nothing', () => {
    const isDirectOf = (alg: string) => keyManagementRowsNamed(alg).map(isDirect);
    expect(new Set(['dir', 'ECDH-ES'].flatMap(isDirectOf))).toEqual(new Set([true]));
    const others = KEY_MANAGEMENT_ALGORITHMS.filter((alg) => alg !== 'dir' && alg !== 'ECDH-ES');
    expect(new Set(others.flatMap(isDirectOf))).toEqual(new Set([false]));
  });
});

describe('content encryption', () => {
  const gcm = { ivLength: 12, tagLength: 16, hash: null };
  const rows = [
    { ...gcm, name: 'A256GCM', keyLength: 32 },
    { ...gcm, name: 'A192GCM', keyLength: 24 },
    { ...gcm, name: 'A128GCM', keyLength: 16 },
    { name: 'A128CBC-HS256', keyLength: 32, ivLength: 16, tagLength: 16, hash: 'sha256' },
    { name: 'A192CBC-HS384', keyLength: 48, ivLength: 16, tagLength: 24, hash: 'sha384' },
    { name: 'A256CBC-HS512', keyLength: 64, ivLength: 16, tagLength: 32, hash: 'sha512' },
  ];

  test('has these rows, the default first, and frozen', () => {
    const byName = (list: readonly { readonly name: string }[]) => list.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const actual = CONTENT_ENCRYPTIONS.map(findContentRow);
    expect(CONTENT_ENCRYPTIONS[0]).toBe('A256GCM');
    expect(byName(actual.map((row) => row ?? expect.fail('no row')))).toStrictEqual(byName(rows));
    for (const table of [CONTENT_ENCRYPTIONS, ...actual]) expect(Object.isFrozen(table)).toBe(true);
    for (const name of ['a256gcm', 'A256GCM ', '', undefined]) expect(findContentRow(name)).toBeUndefined();
  });

  test('options that name them', () => {
    expect([aContentEncryption, aContentEncryptionList].map(([, ...words]) => words)).toEqual([
      ["a content encryption such as 'A256GCM'", 'encryption'],
      ["an array of content encryptions such as 'A256GCM'", 'contentEncryptionAlgorithms'],
    ]);
    expect(['A256GCM', 'A257GCM', undefined].map(aContentEncryption[0])).toEqual([true, false, false]);
    const lists = [['A256GCM'], [], ['A256GCM', 'x'], ['x', 'A256GCM'], 'A256GCM', undefined];
    expect(lists.map(aContentEncryptionList[0])).toEqual([true, false, false, false, false, false]);
  });
});
