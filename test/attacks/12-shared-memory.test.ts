// SECURITY.md, group 12: secrets in the memory that node's small Buffers share, which anyone in the process is handed again by
// Buffer.allocUnsafe. Every public function that meets a secret is tried here; one that is new is caught by the last test.

import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  privateDecrypt,
  randomUUID,
  webcrypto,
} from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Host } from '../../src/cli/host.ts';
import { readText, decodeText as textOfOctets } from '../../src/cli/input.ts';
import { readPrivateFile, writePrivateFile } from '../../src/cli/private-file.ts';
import * as barejose from '../../src/index.ts';
import {
  createIssuer,
  createKeyVerifier,
  createSeal,
  decryptJwe,
  decryptJweJson,
  decryptJwt,
  decryptWith,
  draftDecryption,
  draftJwt,
  encryptJwe,
  encryptJweJson,
  encryptJwt,
  exportEncryptedJwk,
  exportEncryptedJwks,
  exportPrivateJwk,
  exportPrivatePem,
  fileStore,
  generateKey,
  importDecryptionKeys,
  importEncryptedJwk,
  importEncryptedJwks,
  importEncryptionKeys,
  importJwks,
  importKey,
  importPassword,
  importSecret,
  type Jwk,
  type Key,
  memoryStore,
  moveRing,
  nestJwt,
  type RingStore,
  signJws,
  signJwsJson,
  signJwt,
  signNestedJwt,
  thumbprint,
  thumbprintUri,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
  verifyNestedJwt,
} from '../../src/index.ts';
import { octets } from '../support/forge.ts';
import { encryptionKinds, kindOf } from '../support/jwe.ts';
import { type AsymmetricAlgorithm, asymmetricAlgorithms, freshPair, hmacAlgorithms } from '../support/keys.ts';

// One pool for the whole file, so large that it takes in Buffers which would otherwise have memory of their own.
const { poolSize } = Buffer;
Buffer.poolSize = 8 << 20;
while (pool().byteLength < Buffer.poolSize) Buffer.allocUnsafe(1000);
afterAll(() => {
  Buffer.poolSize = poolSize;
});

function pool(): ArrayBuffer {
  return Buffer.from('x').buffer as ArrayBuffer;
}

/** Something secret: a text, or the octets that a base64url text stands for. What finds it are 24 octets of it, or all. */
type Secret = { readonly text: string } | { readonly base64url: string };

/** Octets outside the shared memory. */
function outsidePool(text: string, encoding: 'latin1' | 'base64url'): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, encoding));
  bytes.write(text, encoding);
  return bytes;
}

/** Base64url, without a Buffer. */
function textOf(octets: Uint8Array): string {
  return btoa(String.fromCharCode(...octets))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function needleOf(secret: Secret): Buffer {
  return ('text' in secret ? outsidePool(secret.text, 'latin1') : outsidePool(secret.base64url, 'base64url')).subarray(
    0,
    24,
  );
}

/** Runs something that meets secrets, and then looks for each of them. */
async function expectNotPooled(run: () => unknown, ...secrets: readonly Secret[]): Promise<void> {
  const memory = pool();
  await run();
  expect(pool()).toBe(memory);
  expectNone(secrets);
}

function expectNone(secrets: readonly Secret[]): void {
  expect(secrets.length).toBeGreaterThan(0);
  for (const secret of secrets) expect(Buffer.from(pool()).indexOf(needleOf(secret))).toBe(-1);
}

/** A member of a private JWK as its text and as its octets. */
const spellings = (member: unknown): Secret[] => [{ text: String(member) }, { base64url: String(member) }];
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv'];
const secretsOf = (jwk: object): Secret[] =>
  Object.entries(jwk).flatMap(([name, member]) => (PRIVATE.includes(name) ? spellings(member) : []));
/** Past the first line, which is the same for every key of a kind. */
const secretsOfPem = (text: string): Secret[] => [{ text: text.split('\n')[text.length > 400 ? 5 : 2] ?? '' }];

const NODE_TYPES: Partial<Record<AsymmetricAlgorithm, readonly [string, object?]>> = {
  RS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  EdDSA: ['ed25519'],
  Ed448: ['ed448'],
  'ML-DSA-44': ['ml-dsa-44'],
};
const kinds = asymmetricAlgorithms.flatMap((alg) => {
  const type = NODE_TYPES[alg];
  return type ? [{ alg, make: () => freshPair(...type).privateKey }] : [];
});
const jwkOf = (key: ReturnType<typeof createPrivateKey>) => key.export({ format: 'jwk' }) as Jwk;
const useOf = (key: Key) => {
  const publicKey = key.type === 'secret' ? key : key.publicKey();
  verifyJws(signJws(octets('x'), key), publicKey);
  verifyJwsJson(signJwsJson(octets('x'), [{ key }]), publicKey);
  const token = signJwt({ sub: 'a' }, key, { expiresIn: 60 });
  verifyJwt(token, publicKey, { issuer: null, audience: null });
  thumbprint(key);
  thumbprintUri(key);
};
const PASSPHRASE = () => `open sesame, ${randomUUID()}`;

describe.each(kinds)('a private key for $alg', ({ alg, make }) => {
  test('API-10 importKey: JWK, KeyObject, and what is done with the Key', async () => {
    const node = make();
    const jwk = jwkOf(node);
    await expectNotPooled(
      () => {
        for (const material of [jwk, node]) useOf(importKey(material, { alg }));
      },
      ...secretsOf(jwk),
    );
  });

  test('API-10 importKey: PEM and DER; exportPrivateJwk and exportPrivatePem', async () => {
    const node = make();
    const pem = node.export({ format: 'pem', type: 'pkcs8' }) as string;
    await expectNotPooled(
      () => {
        const key = importKey(pem, { alg });
        importKey(node.export({ format: 'der', type: 'pkcs8' }), { alg });
        exportPrivatePem(key);
        exportPrivateJwk(key);
        JSON.stringify(key);
      },
      ...secretsOf(jwkOf(node)),
      ...secretsOfPem(pem),
    );
  });

  test('API-10 generateKey', async () => {
    const key = await generateKey(alg);
    useOf(key);
    expectNone(secretsOf(exportPrivateJwk(key)));
  });

  test.each(['plain', 'sealed'] as const)(
    'API-10 a ring that keeps it %s: createIssuer, moveRing, stores',
    async (kept) => {
      const folder = mkdtempSync(join(tmpdir(), 'barejose-memory-'));
      const key = importKey(make(), { alg });
      const jwk = exportPrivateJwk(key);
      const sealing = webcrypto.getRandomValues(new Uint8Array(32));
      const options = {
        issuer: 'https://issuer.example',
        policy: { maxTokenLifetime: '1h' },
        algorithms: [key.alg as AsymmetricAlgorithm],
        ...(kept === 'sealed' && { seal: createSeal(sealing) }),
      } as const;
      const live = async (store: RingStore) => {
        const issuer = await createIssuer({ ...options, store, firstKeys: [key] });
        await issuer.sign({ sub: 'a' }, { audience: 'api', expiresIn: 60 });
        const next = await createIssuer({ ...options, store });
        await next.sign({ sub: 'a' }, { audience: 'api', expiresIn: 60 });
      };
      try {
        await expectNotPooled(
          async () => {
            const [file, memory] = [fileStore(join(folder, 'a')), memoryStore()];
            await live(file);
            await live(memory);
            await moveRing(options.issuer, memory, fileStore(join(folder, 'b')));
          },
          ...secretsOf(jwk),
          ...(kept === 'sealed' ? spellings(textOf(sealing)) : []),
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

describe('texts that open or seal', () => {
  test.each(['pem', 'der'] as const)(
    'API-10 importKey: an encrypted PKCS#8 in %s, and its passphrase',
    async (format) => {
      const [node, passphrase] = [freshPair('ec', { namedCurve: 'P-256' }).privateKey, PASSPHRASE()];
      const sealed = node.export({
        format: format as 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase: outsidePool(passphrase, 'latin1') as never,
      });
      await expectNotPooled(() => importKey(sealed, { passphrase }), { text: passphrase }, ...secretsOf(jwkOf(node)));
    },
  );

  test('API-10 importKey: the encryption of PEM before PKCS#8', async () => {
    const [node, passphrase] = [freshPair('ec', { namedCurve: 'P-256' }).privateKey, PASSPHRASE()];
    const sealed = node.export({
      format: 'pem',
      type: 'sec1',
      cipher: 'aes-256-cbc',
      passphrase: outsidePool(passphrase, 'latin1') as never,
    });
    expect(sealed).toContain('Proc-Type');
    await expectNotPooled(() => importKey(sealed, { passphrase }), { text: passphrase }, ...secretsOf(jwkOf(node)));
  });

  test('API-10 importKey: SEC1 and PKCS#1', async () => {
    const [ec, rsa] = [
      freshPair('ec', { namedCurve: 'P-256' }).privateKey,
      freshPair('rsa', { modulusLength: 2048 }).privateKey,
    ];
    const texts = [
      ec.export({ format: 'pem', type: 'sec1' }),
      rsa.export({ format: 'pem', type: 'pkcs1' }),
    ] as string[];
    await expectNotPooled(
      () => {
        for (const text of texts) importKey(text);
      },
      ...secretsOf(jwkOf(ec)),
      ...secretsOf(jwkOf(rsa)),
      ...texts.flatMap(secretsOfPem),
    );
  });

  test('API-10 exportPrivatePem: the passphrase', async () => {
    const [key, passphrase] = [importKey(freshPair('ec', { namedCurve: 'P-256' }).privateKey), PASSPHRASE()];
    await expectNotPooled(() => exportPrivatePem(key, { passphrase }), { text: passphrase });
  });

  test('API-10 importKey: a CryptoKey', async () => {
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const jwk = await webcrypto.subtle.exportKey('jwk', pair.privateKey);
    const before = Buffer.from(pool()).indexOf(needleOf({ base64url: String(jwk.d) }));
    expect(before).toBe(-1);
    await expectNotPooled(() => useOf(importKey(pair.privateKey)), ...secretsOf(jwk));
  });

  test.each(['octets', 'hex', 'base64url'] as const)(
    'API-10 createSeal: a key given as %s, and what it seals',
    async (form) => {
      const secret = webcrypto.getRandomValues(new Uint8Array(32));
      const base64url = textOf(secret);
      const hex = Array.from(secret, (octet) => octet.toString(16).padStart(2, '0')).join('');
      const key = { octets: secret, hex, base64url }[form];
      // U+FFFD stands for what is not UTF-8, so that a text with one takes a way of its own.
      for (const text of [JSON.stringify({ d: randomUUID() }), `{"d":"${randomUUID()}","kid":"\ufffd"}`]) {
        const context = { ring: 'r', kid: 'k' };
        await expectNotPooled(
          async () => {
            const seal = createSeal(key);
            expect(await seal.unseal(await seal.seal(text, context), context)).toBe(text);
          },
          { base64url },
          { text: hex },
          { text: base64url },
          { text: text.slice(5) },
        );
      }
    },
  );
});

describe.each(hmacAlgorithms)('a secret for %s', (alg) => {
  test('API-10 importSecret, importKey and importJwks, and what is done with the Key', async () => {
    const secret = webcrypto.getRandomValues(new Uint8Array(Number(alg.slice(2)) / 8));
    const node = createSecretKey(secret);
    const jwk = { ...jwkOf(node as never), alg };
    const masked = [0x36, 0x5c].map((mask) => jwkOf(createSecretKey(secret.map((octet) => octet ^ mask)) as never));
    await expectNotPooled(
      () => {
        useOf(importSecret(secret, { alg }));
        for (const key of [
          importKey(node, { alg }),
          importKey(jwk),
          importJwks({ keys: [jwk] }, { secrets: true }).keys[0],
        ])
          useOf(key as Key);
        exportPrivateJwk(importSecret(secret, { alg }));
      },
      ...secretsOf(jwk),
      ...masked.flatMap(({ k }) => [{ base64url: String(k) }]),
    );
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'barejose-memory-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const NOBODY = { stdin: { async *[Symbol.asyncIterator]() {} }, stderr: { write: () => true } };

  test('API-10 what it reads and writes of secrets', async () => {
    const secret = webcrypto.getRandomValues(new Uint8Array(32));
    const text = textOf(secret);
    const path = join(folder, 'secret');
    const host = { ...NOBODY, env: { SECRET: text } } as unknown as Host;
    await expectNotPooled(
      async () => {
        writePrivateFile(path, text, false);
        writePrivateFile(path, text, true);
        expect(textOfOctets(readPrivateFile('--seal-file', path))).toBe(text);
        for (const source of ['env:SECRET', `@${path}`])
          expect(await readText(host, { name: 'passphrase', source })).toBe(text);
      },
      { text },
    );
  });
});

describe('encryption', () => {
  const plaintext = () => new TextEncoder().encode(`a secret text, ${randomUUID()}`);
  const latin = (text: Uint8Array) => String.fromCharCode(...text);

  test.each(encryptionKinds.map((kind) => [kind.label, kind] as const))(
    'API-10 %s: the plaintext, in every form, also compressed',
    async (_, { encrypting, decrypting }) => {
      const text = plaintext();
      await expectNotPooled(
        () => {
          for (const zip of [false, true]) {
            decryptJwe(encryptJwe(text, encrypting, { zip }), decrypting, { zip });
            decryptJweJson(encryptJweJson(text, [{ key: encrypting }], { zip }), decrypting, { zip });
          }
        },
        { text: latin(text) },
      );
    },
  );

  test.each(['RSA-OAEP-256', 'ECDH-ES+A128KW on P-256', 'ECDH-ES on X25519'])(
    'API-10 draftDecryption: %s: the plaintext, and the answer of a KMS',
    async (label) => {
      const { encrypting, decrypting } = kindOf(label);
      const privateKey = createPrivateKey(exportPrivatePem(decrypting));
      const text = plaintext();
      const token = encryptJwe(text, encrypting);
      const draft = draftDecryption(token, encrypting);
      const answer = draft.epk
        ? diffieHellman({ privateKey, publicKey: createPublicKey({ key: draft.epk as never, format: 'jwk' }) })
        : privateDecrypt({ key: privateKey, oaepHash: 'sha256' }, draft.encryptedKey ?? new Uint8Array(0));
      await expectNotPooled(
        () => draftDecryption(token, encrypting).complete(answer),
        { text: latin(text) },
        { base64url: textOf(answer) },
      );
    },
  );

  test.each(encryptionKinds.map((kind) => [kind.label, kind] as const))(
    'API-10 %s: encrypted claims, and a token that is encrypted; what that says is read as that of any signed token',
    async (_, { encrypting: encrypt, decrypting: decrypt }) => {
      const [sub, hs256] = [
        randomUUID(),
        importSecret(webcrypto.getRandomValues(new Uint8Array(32)), { alg: 'HS256' }),
      ];
      const signed = signJwt({ sub: randomUUID() }, hs256, { expiresIn: 60 });
      const expected = { issuer: null, audience: null, sender: null } as const;
      const nested = { issuer: null, audience: null };
      await expectNotPooled(
        () => {
          decryptJwt(encryptJwt({ sub }, encrypt, { expiresIn: 60 }), decrypt, expected);
          for (const made of [
            nestJwt(signed, encrypt),
            signNestedJwt({}, { sign: hs256, encrypt }, { expiresIn: 60 }),
          ]) {
            verifyNestedJwt(made, { decrypt, verify: hs256 }, nested);
            createKeyVerifier({ ...nested, keys: hs256, decrypt: decryptWith(decrypt) }).verifySync(made);
          }
        },
        { text: sub },
        { text: signed.split('.')[2] ?? '' },
      );
    },
  );

  test('API-10 secrets, private keys and passwords, imported and used', async () => {
    const secret = webcrypto.getRandomValues(new Uint8Array(32));
    const password = PASSPHRASE();
    const jwk = jwkOf(freshPair('x25519').privateKey);
    const text = plaintext();
    await expectNotPooled(
      () => {
        const keys = [
          importSecret(secret, { alg: 'A256KW' }),
          importSecret(secret, { alg: 'A256GCMKW' }),
          importSecret(secret, { alg: 'dir', enc: 'A128CBC-HS256' }),
          importPassword(password, { alg: 'PBES2-HS256+A128KW', iterations: 1000 }),
        ];
        for (const key of keys) decryptJwe(encryptJwe(text, key), key);
        const [own] = importDecryptionKeys({ keys: [jwk] }).keys;
        if (own) decryptJwe(encryptJwe(text, own.publicKey()), own);
        importEncryptionKeys({ keys: [jwk] });
      },
      { base64url: textOf(secret) },
      { text: password },
      ...secretsOf(jwk),
    );
  });
});

test.each(['password', 'A256KW', 'ECDH-ES'])('API-10 encrypted keys, under %s', async (by) => {
  const node = freshPair('ec', { namedCurve: 'P-256' }).privateKey;
  const rsa = freshPair('rsa', { modulusLength: 2048 }).privateKey;
  const password = PASSPHRASE();
  const secret = webcrypto.getRandomValues(new Uint8Array(32));
  const [signing, decrypting] = [importKey(node), importKey(rsa, { use: 'enc' })];
  const own = importKey(freshPair('x25519').privateKey, { alg: 'ECDH-ES' });
  await expectNotPooled(
    () => {
      const decrypts = {
        password: () => importPassword(password, { alg: 'PBES2-HS256+A128KW', iterations: 1000 }),
        A256KW: () => importSecret(secret, { alg: 'A256KW' }),
        'ECDH-ES': () => own,
      }[by as 'password']();
      const encrypts = decrypts.type === 'secret' ? decrypts : decrypts.publicKey();
      const hmac = importSecret(secret, { alg: 'HS256' });
      for (const key of [signing, decrypting, hmac])
        importEncryptedJwk(exportEncryptedJwk(key, encrypts), decrypts, { sender: null });
      importEncryptedJwks(exportEncryptedJwks([signing, decrypting, hmac], encrypts), decrypts, { sender: null });
    },
    ...secretsOf(jwkOf(node)),
    ...secretsOf(jwkOf(rsa)),
    { base64url: textOf(secret) },
    { text: textOf(secret) },
    { text: password },
  );
});

// What each of the others is given or returns is public, or a token.
const WITHOUT_SECRETS = [
  ...['CONTENT_ENCRYPTIONS', 'KEY_MANAGEMENT_ALGORITHMS', 'DecryptionKeys'],
  ...[
    'Key',
    'KeySet',
    'VerifiedJwt',
    'DecryptedJwt',
    'Verifier',
    'JoseError',
    'isJoseError',
    'ERROR_HELP',
    'SIGNATURE_ALGORITHMS',
  ],
  ...[
    'isAlgorithmSupported',
    'isVerifiedJwt',
    'checkClaims',
    'readUnverifiedJwt',
    'explainJwt',
    'explainToken',
    'exportJwk',
    'exportPem',
  ],
  ...[
    'authenticate',
    'hasScope',
    'bearer',
    'bearerFastify',
    'bearerFetch',
    'bearerHono',
    'bearerKoa',
    'createVerifier',
    'createKeyVerifier',
    'jwksEndpoint',
    'toNodeListener',
    'simulate',
  ],
  // Providers take no secret; kubernetes sends a token that the caller's file holds.
  ...[
    'adfs',
    'alb',
    'apple',
    'auth0',
    'clerk',
    'cloudflareAccess',
    'cognito',
    'entra',
    'entraB2c',
    'firebase',
    'firebaseAppCheck',
    'firebaseSession',
    'githubActions',
    'gitlab',
    'google',
    'googleIap',
    'idToken',
    'keycloak',
    'kubernetes',
    'okta',
    'spiffe',
  ],
  ...['discover', 'discoverJwks', 'fetchJwks', 'httpsFetch', 'remoteJwks'],
  // Their clients are the caller's, and so is what those do with the records; a seal keeps private parts out of them.
  ...['postgresStore', 'redisStore'],
];
const WITH_SECRETS = {
  ...{ createIssuer, createSeal, exportPrivateJwk, exportPrivatePem, fileStore, generateKey, importJwks, importKey },
  ...{ importSecret, memoryStore, moveRing, signJws, signJwsJson, signJwt, thumbprint, thumbprintUri },
  ...{ verifyJws, verifyJwsJson, verifyJwt, draftJwt, importPassword, importEncryptionKeys, importDecryptionKeys },
  ...{ encryptJwe, decryptJwe, encryptJweJson, decryptJweJson, draftDecryption },
  ...{ exportEncryptedJwk, exportEncryptedJwks, importEncryptedJwk, importEncryptedJwks },
  ...{ encryptJwt, decryptJwt, nestJwt, signNestedJwt, verifyNestedJwt, decryptWith },
};

test('API-10 every public name is one of those tried here, or meets no secret', () => {
  expect(Object.keys(barejose).toSorted()).toEqual([...WITHOUT_SECRETS, ...Object.keys(WITH_SECRETS)].toSorted());
});
