// What a caller is told: every option of every public function says what it must be, and what a user of another library
// writes first is answered with what to write here. And values of another realm, which are as good as one's own.

import { createSecretKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { explainToken } from '../src/explain/verifier.ts';
import * as barejose from '../src/index.ts';
import {
  createIssuer,
  createVerifier,
  discoverJwks,
  draftJwt,
  exportJwk,
  exportPrivateJwk,
  exportPrivatePem,
  fetchJwks,
  generateKey,
  importJwks,
  importKey,
  importSecret,
  isJoseError,
  JoseError,
  type JwtClaims,
  jwksEndpoint,
  memoryStore,
  postgresStore,
  redisStore,
  remoteJwks,
  signJws,
  signJwsJson,
  signJwt,
  simulate,
  thumbprint,
  toNodeListener,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../src/index.ts';
import { testIssuer } from '../src/testing/testing.ts';
import { AUDIENCE, CLAIMS, EXPECTED, ISSUER, NOW } from './support/doors.ts';
import { keyPairs, secretBytes } from './support/keys.ts';

const { privateKey, publicKey } = keyPairs.ES256;
const SET = importJwks({ keys: [exportJwk(publicKey)] });
const TOKEN = signJwt(CLAIMS, privateKey, { expiresIn: null });
const OCTETS = new TextEncoder().encode('octets');
const SHARED = importSecret(secretBytes('HS256'), { alg: 'A256KW' });
const DECRYPTING = await generateKey('ECDH-ES');
const POLICY = { maxTokenLifetime: '1h' } as const;
const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: publicKey });
const issuer = await createIssuer({ issuer: ISSUER, store: memoryStore(), policy: POLICY });
const database = { query: async () => ({ rows: [] }), call: async () => undefined };

type Door = (options: never) => unknown;
const FETCH = 'fetch headers timeout maxBytes allowInsecureLoopback insecureHosts';
const REMOTE = `${FETCH} clock random maxKeys minFresh defaultFresh maxFresh staleFor algorithms snapshot onEvent`;
const EXPECT =
  'issuer audience algorithms typ subject claims header requiredClaims requiredHeader expiry maxAge maxLifetime clockSkew crit maxMembers schema';
const SIGN = 'expiresIn notBefore typ header now';
const AGES = 'minFresh defaultFresh maxFresh staleFor asksForUnknown clockSkew';
const RING = 'maxTokenLifetime publishLead rotation retention jwksMaxAge verifierTtl syncLag clockSkew';
const ALB = {
  arn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/0',
  clientId: 'app',
  issuer: ISSUER,
};
const needs = (least: object, door: Door) => (options: object) => door({ ...least, ...options } as never);

const CLERK = { issuer: 'https://clerk.example.com', authorizedParties: 'https://app.example.com' };
const COGNITO = { userPoolId: 'eu-west-1_A', clientId: 'a', use: 'access' };
const ENTRA_B2C = {
  tenantName: 'a',
  tenantId: `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`,
  policy: 'B2C_1_a',
  audience: 'a',
};

/** Every public function with options, and their names. */
const DOORS: Readonly<Record<string, readonly [names: string, (options: never) => unknown]>> = {
  importKey: ['alg kid use enc passphrase maxIterations', (o) => importKey(exportJwk(publicKey), o)],
  importSecret: ['alg enc kid', (o) => importSecret(secretBytes('HS256'), o)],
  generateKey: ['kid crv enc modulusLength', (o) => generateKey('RS256', o)],
  importPassword: [
    'alg kid iterations maxIterations',
    needs({ alg: 'PBES2-HS256+A128KW' }, (o) => barejose.importPassword('secret', o)),
  ],
  importEncryptionKeys: ['alg maxKeys maxBytes', (o) => barejose.importEncryptionKeys({ keys: [] }, o)],
  importDecryptionKeys: ['alg maxKeys maxBytes', (o) => barejose.importDecryptionKeys({ keys: [] }, o)],
  encryptJwe: ['enc header zip', (o) => barejose.encryptJwe(OCTETS, SHARED, o)],
  decryptJwe: ['enc crit zip maxLength', (o) => barejose.decryptJwe('', SHARED, o)],
  draftDecryption: ['enc crit zip maxLength', (o) => barejose.draftDecryption('', SET, o)],
  encryptJweJson: [
    'enc protected unprotected aad flattened zip',
    (o) => barejose.encryptJweJson(OCTETS, [{ key: SHARED }], o),
  ],
  'recipient of a JWE': ['key header', (o) => barejose.encryptJweJson(OCTETS, [o])],
  decryptJweJson: ['enc crit zip maxLength', (o) => barejose.decryptJweJson('{}', SHARED, o)],
  exportEncryptedJwk: ['enc', (o) => barejose.exportEncryptedJwk(privateKey, SHARED, o)],
  exportEncryptedJwks: ['enc', (o) => barejose.exportEncryptedJwks([privateKey], SHARED, o)],
  importEncryptedJwk: ['sender zip alg kid use enc', (o) => barejose.importEncryptedJwk('', SHARED, o)],
  importEncryptedJwks: ['sender zip', (o) => barejose.importEncryptedJwks('', SHARED, o)],
  exportPrivatePem: ['passphrase', (o) => exportPrivatePem(privateKey, o)],
  importJwks: ['alg use accept maxKeys maxBytes secrets', (o) => importJwks({ keys: [] }, o)],
  signJws: ['header b64 detached', (o) => signJws(OCTETS, privateKey, o)],
  verifyJws: ['payload crit algorithms maxLength', (o) => verifyJws(TOKEN, publicKey, o)],
  signJwsJson: ['flattened b64 detached', (o) => signJwsJson(OCTETS, [{ key: privateKey }], o)],
  signer: ['key header unprotected', (o) => signJwsJson(OCTETS, [o])],
  verifyJwsJson: ['payload crit algorithms maxLength require', (o) => verifyJwsJson('{}', publicKey, o)],
  signJwt: [SIGN, needs({ expiresIn: 60 }, (o) => signJwt({}, privateKey, o))],
  draftJwt: [`${SIGN} alg kid`, needs({ expiresIn: 60, alg: 'ES256' }, (o) => draftJwt({}, o))],
  verifyJwt: [`${EXPECT} now`, needs(EXPECTED, (o) => verifyJwt(TOKEN, publicKey, o))],
  encryptJwt: [`${SIGN} enc zip`, needs({ expiresIn: 60 }, (o) => barejose.encryptJwt({}, SHARED, o))],
  decryptJwt: [
    `${EXPECT.replace('algorithms ', '')} now sender enc zip`,
    needs(EXPECTED, (o) => barejose.decryptJwt('', SHARED, o)),
  ],
  signNestedJwt: [
    `${SIGN} enc zip`,
    needs({ expiresIn: 60 }, (o) => barejose.signNestedJwt({}, { sign: privateKey, encrypt: SHARED }, o)),
  ],
  'signNestedJwt keys': [
    'sign encrypt',
    needs({ sign: privateKey, encrypt: SHARED }, (o) => barejose.signNestedJwt({}, o, { expiresIn: 60 })),
  ],
  nestJwt: ['enc header zip', (o) => barejose.nestJwt(TOKEN, SHARED, o)],
  verifyNestedJwt: [
    `${EXPECT} now enc zip`,
    needs(EXPECTED, (o) => barejose.verifyNestedJwt('', { decrypt: SHARED, verify: publicKey }, o)),
  ],
  'verifyNestedJwt keys': [
    'decrypt verify',
    needs({ decrypt: SHARED, verify: publicKey }, (o) => barejose.verifyNestedJwt('', o, EXPECTED)),
  ],
  explainJwt: ['values', (o) => barejose.explainJwt(TOKEN, publicKey, EXPECTED, o)],
  'explainJwt keys': [
    'decrypt verify',
    needs({ decrypt: barejose.decryptWith(SHARED), verify: null }, (o) => barejose.explainJwt('', o, EXPECTED)),
  ],
  'verifier.explain': ['values', (o) => explainToken(verifier, TOKEN, o)],
  createVerifier: [
    `${EXPECT} keys remote clock cache pool decrypt`,
    needs({ issuer: ISSUER, audience: AUDIENCE }, createVerifier),
  ],
  'createVerifier issuers': ['issuers clock cache pool decrypt', createVerifier],
  'createVerifier remote': [
    `${REMOTE} headersTo`,
    (o) => createVerifier({ issuer: ISSUER, audience: AUDIENCE, remote: o }),
  ],
  'createVerifier cache': [
    'max',
    (o) => createVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: publicKey, cache: o }),
  ],
  decryptWith: ['required enc zip', (o) => barejose.decryptWith(SHARED, o)],
  remoteJwks: [REMOTE, (o) => remoteJwks(`${ISSUER}/jwks`, o)],
  discoverJwks: [`${REMOTE} issuer headersTo`, (o) => discoverJwks(ISSUER, o)],
  discover: [`${FETCH} issuer`, (o) => barejose.discover(ISSUER, o)],
  fetchJwks: [`${FETCH} ifNoneMatch`, (o) => fetchJwks(`${ISSUER}/jwks`, o)],
  httpsFetch: ['ca', barejose.httpsFetch],
  createIssuer: [
    'issuer store policy algorithms seal firstKeys generate signerFor clock pool onEvent',
    needs({ issuer: ISSUER, store: memoryStore(), policy: POLICY }, createIssuer),
  ],
  'createIssuer policy': [
    RING,
    needs(POLICY, (o) => createIssuer({ issuer: ISSUER, store: memoryStore(), policy: o })),
  ],
  'issuer.sign': [
    'audience expiresIn alg notBefore typ header',
    needs({ audience: 'a', expiresIn: 60 }, (o) => issuer.sign({}, o)),
  ],
  'issuer.rotate': ['alg from', (o) => issuer.rotate(o)],
  'issuer.promote': ['force', (o) => issuer.promote('kid', o)],
  'issuer.migrate': ['from', (o) => issuer.migrate('ES384', o)],
  adfs: ['host audience use remote', needs({ host: 'fs.example.com', audience: 'a', use: 'id' }, barejose.adfs)],
  auth0: ['domain audience remote', needs({ domain: 'a.example.com', audience: 'a' }, barejose.auth0)],
  clerk: ['issuer authorizedParties schema remote', needs(CLERK, barejose.clerk)],
  cloudflareAccess: ['team audience remote', needs({ team: 'a', audience: '0'.repeat(64) }, barejose.cloudflareAccess)],
  cognito: ['userPoolId clientId use remote', needs(COGNITO, barejose.cognito)],
  entra: ['tenant audience version remote', needs({ tenant: 'any', audience: 'a' }, barejose.entra)],
  'entra remote': [REMOTE, (o) => barejose.entra({ tenant: 'any', audience: 'a', remote: o })],
  entraB2c: ['tenantName tenantId policy audience policyClaim remote', needs(ENTRA_B2C, barejose.entraB2c)],
  idToken: [
    'issuer clientId nonce maxAge trustedAudiences algorithms accessToken clockSkew schema now',
    needs({ issuer: ISSUER, clientId: 'a', nonce: null }, barejose.idToken),
  ],
  keycloak: [
    'url realm audience clientId use remote',
    needs({ url: ISSUER, realm: 'a', audience: 'a' }, barejose.keycloak),
  ],
  okta: [
    'domain audience authorizationServer clientId use remote',
    needs({ domain: 'a.example.com', audience: 'a' }, barejose.okta),
  ],
  postgresStore: ['ring table', needs({ ring: ISSUER }, (o) => postgresStore(database, o))],
  redisStore: ['ring prefix', needs({ ring: ISSUER }, (o) => redisStore(database, o))],
  alb: ['arn clientId issuer claims clockSkew keysUrl clock remote', needs(ALB, barejose.alb)],
  'alb remote': [FETCH, (o) => barejose.alb({ ...ALB, remote: o })],
  apple: ['clientId nonce remote', needs({ clientId: 'app' }, barejose.apple)],
  firebase: ['projectId remote', needs({ projectId: 'my-project' }, barejose.firebase)],
  firebaseAppCheck: ['projectNumber appId remote', needs({ projectNumber: '1' }, barejose.firebaseAppCheck)],
  firebaseSession: ['projectId remote', needs({ projectId: 'my-project' }, barejose.firebaseSession)],
  githubActions: [
    'audience repository repositoryId subject ref environment workflow issuer remote',
    needs({ audience: AUDIENCE, repository: 'a/b' }, barejose.githubActions),
  ],
  gitlab: [
    'audience url projectPath projectId subject ref refType refProtected environment remote',
    needs({ audience: AUDIENCE, projectPath: 'a/b' }, barejose.gitlab),
  ],
  google: ['clientId hd remote', needs({ clientId: 'app' }, barejose.google)],
  googleIap: ['audience remote', needs({ audience: '/projects/1/apps/a' }, barejose.googleIap)],
  kubernetes: [
    'audience namespace serviceAccount issuer apiServer caFile tokenFile remote',
    needs({ audience: AUDIENCE }, barejose.kubernetes),
  ],
  spiffe: [
    'trustDomain bundleUrl audience subject issuer remote',
    needs({ trustDomain: 'a.example', bundleUrl: `${ISSUER}/bundle`, audience: AUDIENCE }, barejose.spiffe),
  ],
  simulate: [AGES, (o) => simulate(POLICY, o)],
  bearer: ['scope realm onEvent optional', (o) => barejose.bearer(verifier, o)],
  authenticate: ['scope realm onEvent optional', (o) => barejose.authenticate(verifier, undefined, o)],
  jwksEndpoint: ['maxAge path encryptionKeys openid oauth origin issuer onError', (o) => jwksEndpoint(SET, o)],
  toNodeListener: ['origin onError', (o) => toNodeListener(jwksEndpoint(SET), o)],
  testIssuer: [
    'issuer audience algorithm typ claims now maxAge metadata',
    needs({ issuer: ISSUER, audience: AUDIENCE }, testIssuer),
  ],
};

async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  return 'nothing was thrown';
}

describe('every option says what it must be', () => {
  const options = Object.entries(DOORS).flatMap(([door, [names, run]]) =>
    names.split(' ').map((name) => [door, name, run] as const),
  );

  test.each(options)('%s: %s', async (_, name, run) => {
    for (const wrong of [Symbol('secret'), Number.NaN, () => 0].filter((value) => !takesAny(name, value))) {
      const message = await messageOf(() => run({ [name]: wrong } as never));
      expect(message).toMatch(new RegExp(`\\b${name} must be \\S.*`));
      expect(message).not.toMatch(/Symbol|is not valid|is required/);
    }
  });

  /** A function is what these want. */
  function takesAny(name: string, value: unknown): boolean {
    return (
      typeof value === 'function' && /^(fetch|headers|ca|clock|random|accept|on\w+|generate|signerFor)$/.test(name)
    );
  }

  test('no table of rules has an option that is not tried here', () => {
    const tried = new Set(options.map(([, name]) => name));
    for (const [file, table] of tables()) {
      const names = Array.from(
        table.matchAll(/(?<=^\s*|[{,] )(\w+)(?=: (?:a[A-Z]|\[|A_|texts?Like\())/gm),
        ([name]) => name,
      );
      expect(names.length, `${file}: ${table}`).toBeGreaterThan(0);
      expect(
        names.filter((name) => !tried.has(name)),
        file,
      ).toEqual([]);
    }
  });

  function tables(): (readonly [file: string, table: string])[] {
    const src = new URL('../src/', import.meta.url);
    const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    return files.flatMap((file) => {
      const text = readFileSync(new URL(file.replaceAll('\\', '/'), src), 'utf8');
      if (!file.startsWith('compat'))
        // whose words are those of other packages
        expect(text, file).not.toMatch(/is not valid['"`]|is required['"`]/);
      return Array.from(text.matchAll(/const \w+: OptionRules<[^=\n]*> =[^;]*;/g), ([table]) => [file, table] as const);
    });
  }
});

describe('what a user of another library writes first', () => {
  const pem = barejose.exportPem(publicKey);
  const remote = remoteJwks(`${ISSUER}/jwks`);
  const foreign = new (class Key {})();
  const rows: readonly (readonly [title: string, run: () => unknown, told: string | RegExp])[] = [
    [
      'jose: a remote set',
      () => verifyJwt(TOKEN, remote as never, EXPECTED),
      'verifyJwt(token, await keys.for(token), expected), or createVerifier',
    ],
    ['jose: a function of keys', () => verifyJwt(TOKEN, (() => 0) as never, EXPECTED), 'for remote keys: '],
    [
      'jose: alg as text',
      () => importKey(pem, 'ES256' as never),
      "options must be a plain object such as { alg: 'ES256' }",
    ],
    [
      'no expectation',
      () => (verifyJwt as Door & typeof verifyJwt)(TOKEN, publicKey, undefined as never),
      "expected must be a plain object such as { issuer: 'https://issuer.example', audience: 'api' }",
    ],
    [
      'no audience',
      () => verifyJwt(TOKEN, publicKey, { issuer: ISSUER } as never),
      "expected.audience must be given: a name such as 'api', several in an array, or null to leave it unchecked",
    ],
    [
      'PEM for a key',
      () => verifyJwt(TOKEN, pem as never, EXPECTED),
      'keys must be a Key or a KeySet (importKey, importSecret, importJwks)',
    ],
    [
      'a JWK Set for keys',
      () => verifyJwt(TOKEN, { keys: [] } as never, EXPECTED),
      'keys must be a Key or a KeySet (importKey',
    ],
    [
      'a secret for a key',
      () => signJwt(CLAIMS, 'shhhhh' as never, { expiresIn: 60 }),
      'key must be a Key, as importKey, importSecret and generateKey make it',
    ],
    [
      'a promise for a key',
      () => signJwt({}, generateKey('ES256') as never, { expiresIn: 60 }),
      'it is a promise: await it',
    ],
    [
      'a promise for keys',
      () => verifyJwt(TOKEN, Promise.resolve(SET) as never, EXPECTED),
      'it is a promise: await it',
    ],
    [
      'no options to sign',
      () => signJwt({}, privateKey, undefined as never),
      "options must be a plain object such as { expiresIn: '5m' }",
    ],
    [
      'no expiresIn',
      () => signJwt({}, privateKey, {} as never),
      "options.expiresIn must be given: a duration such as '5m', a number of seconds, or null",
    ],
    [
      'a duration in words',
      () => signJwt({}, privateKey, { expiresIn: '5 minutes' as never }),
      "options.expiresIn must be a duration such as '5m', a number of seconds",
    ],
    [
      'two units',
      () => signJwt({}, privateKey, { expiresIn: '1h30m' as never }),
      "options.expiresIn must be a duration such as '5m'",
    ],
    [
      'text for claims',
      () => signJwt('user' as never, privateKey, { expiresIn: 60 }),
      "claims must be a plain object such as { sub: 'user' }",
    ],
    [
      'jsonwebtoken: algorithm',
      () => signJwt({}, privateKey, { expiresIn: 60, algorithm: 'ES256' } as never),
      'the key says it',
    ],
    [
      'clockTolerance',
      () => verifyJwt(TOKEN, publicKey, { ...EXPECTED, clockTolerance: 5 } as never),
      'expected.clockTolerance is not an option; clockSkew is',
    ],
    ['maxTokenAge', () => verifyJwt(TOKEN, publicKey, { ...EXPECTED, maxTokenAge: 5 } as never), 'maxAge is'],
    [
      'jose: keyManagementAlgorithms to decryptJwe',
      () => barejose.decryptJwe('', SHARED, { keyManagementAlgorithms: ['dir'] } as never),
      'options.keyManagementAlgorithms is not an option: each key to decrypt with is for one algorithm already',
    ],
    [
      'jose: keyManagementAlgorithms to decryptJweJson',
      () => barejose.decryptJweJson('{}', SHARED, { keyManagementAlgorithms: ['dir'] } as never),
      'is for one algorithm already',
    ],
    [
      'jose: keyManagementAlgorithms to decryptJwt',
      () => barejose.decryptJwt('', SHARED, { ...EXPECTED, keyManagementAlgorithms: ['dir'] } as never),
      'expected.keyManagementAlgorithms is not an option: each key',
    ],
    [
      'jose: keyManagementAlgorithms to verifyNestedJwt',
      () =>
        barejose.verifyNestedJwt('', { decrypt: SHARED, verify: publicKey }, {
          ...EXPECTED,
          keyManagementAlgorithms: ['dir'],
        } as never),
      'is for one algorithm already',
    ],
    [
      'jose: keyManagementAlgorithms to decryptWith',
      () => barejose.decryptWith(SHARED, { keyManagementAlgorithms: ['dir'] } as never),
      'is for one algorithm already',
    ],
    [
      'jose: contentEncryptionAlgorithms',
      () => barejose.decryptJwt('', SHARED, { ...EXPECTED, contentEncryptionAlgorithms: ['A256GCM'] } as never),
      'expected.contentEncryptionAlgorithms is not an option; enc is',
    ],
    [
      'jose: contentEncryptionAlgorithms to explainJwt',
      () => barejose.explainJwt('', publicKey, { ...EXPECTED, contentEncryptionAlgorithms: ['A256GCM'] } as never),
      'belongs in decryptWith(keys, { enc, zip })',
    ],
    [
      'jose: protectedHeader',
      () => barejose.encryptJwe(OCTETS, SHARED, { protectedHeader: {} } as never),
      'options.protectedHeader is not an option; header is',
    ],
    [
      'jose: protectedHeader in JSON',
      () => barejose.encryptJweJson(OCTETS, [{ key: SHARED }], { protectedHeader: {} } as never),
      'protected is',
    ],
    [
      'jose: protectedHeader of a JWT',
      () => signJwt({}, privateKey, { expiresIn: 60, protectedHeader: {} } as never),
      'header is',
    ],
    ['algorithm', () => verifyJwt(TOKEN, publicKey, { ...EXPECTED, algorithm: 'ES256' } as never), 'algorithms is'],
    [
      'ignoreExpiration',
      () => verifyJwt(TOKEN, publicKey, { ...EXPECTED, ignoreExpiration: true } as never),
      'catch ERR_JWT_EXPIRED, which means that only the expiry failed',
    ],
    [
      'jwks-rsa: jwksUri',
      () => createVerifier({ issuer: ISSUER, audience: 'a', jwksUri: 'x' } as never),
      'options.keys is: remoteJwks(url)',
    ],
    ...(
      [
        ['verifyJwt', (expected: object) => verifyJwt(TOKEN, publicKey, expected as never)],
        ['explainJwt', (expected: object) => barejose.explainJwt(TOKEN, publicKey, expected as never)],
        ['decryptJwt', (expected: object) => barejose.decryptJwt('', SHARED, expected as never)],
        [
          'verifyNestedJwt',
          (expected: object) => barejose.verifyNestedJwt('', { decrypt: SHARED, verify: publicKey }, expected as never),
        ],
      ] as const
    ).map(
      ([name, run]) =>
        [
          `jsonwebtoken: ignoreExpiration to ${name}`,
          () => run({ ...EXPECTED, ignoreExpiration: true }),
          'expected.ignoreExpiration is not an option: catch ERR_JWT_EXPIRED',
        ] as const,
    ),
    ['jwks-rsa: an object', () => remoteJwks({ jwksUri: `${ISSUER}/jwks` } as never), 'url must be a URL'],
    ['jwks-rsa: cacheMaxAge', () => remoteJwks(`${ISSUER}/jwks`, { cacheMaxAge: 5 } as never), 'maxFresh is'],
    ['jose: timeoutDuration', () => remoteJwks(`${ISSUER}/jwks`, { timeoutDuration: 5 } as never), 'timeout is'],
    [
      'milliseconds',
      () => remoteJwks(`${ISSUER}/jwks`, { timeout: 5_000_000 }),
      'a number of seconds (not milliseconds)',
    ],
    [
      'a URL for keys',
      () => createVerifier({ issuer: ISSUER, audience: 'a', keys: 'x' as never }),
      'a RemoteJwks (remoteJwks, discoverJwks)',
    ],
    ['text for a secret', () => importSecret('shhhhh' as never, { alg: 'HS256' }), 'secret must be a Uint8Array'],
    [
      'no alg for a secret',
      () => importSecret(secretBytes('HS256'), undefined as never),
      "options.alg must be given: 'HS256', 'HS384' or 'HS512'",
    ],
    [
      'a key of another copy',
      () => verifyJwt(TOKEN, foreign as never, EXPECTED),
      'this Key is of another copy of barejose: load only one copy',
    ],
    [
      'a number in the policy’s place',
      () => createIssuer({ issuer: ISSUER, store: memoryStore(), maxTokenLifetime: 60 } as never),
      'options.maxTokenLifetime belongs in options.policy',
    ],
    [
      'text for octets',
      () => signJws('text' as never, privateKey),
      'payload must be a Uint8Array, such as new TextEncoder().encode(text)',
    ],
    [
      'a key for an endpoint',
      () => jwksEndpoint(publicKey as never),
      /^source must be an Issuer, a KeySet, or a JwksPublisher/,
    ],
  ];

  test.each(rows)('%s', async (_, run, told) => {
    const message = await messageOf(run);
    if (typeof told === 'string') expect(message).toContain(told);
    else expect(message).toMatch(told);
    expect(message).not.toContain('shhhhh');
  });
});

describe('an object of our own, in the wrong place, is not said to be of another copy', () => {
  const objects: readonly (readonly [string, unknown])[] = [
    ['a private key', privateKey],
    ['a public key', publicKey],
    ['a secret', SHARED],
    ['a key to decrypt with', DECRYPTING],
    ['a key to encrypt to', DECRYPTING.publicKey()],
    ['a KeySet', SET],
    ['a KeySet for encryption', new barejose.KeySet([DECRYPTING.publicKey()])],
    ['DecryptionKeys', new barejose.DecryptionKeys([DECRYPTING])],
    ['a Verifier', verifier],
    ['a VerifiedJwt', verifyJwt(TOKEN, publicKey, EXPECTED)],
    ['an Issuer', issuer],
    ['a RemoteJwks', remoteJwks(ISSUER)],
  ];
  const functions = Object.entries(barejose).flatMap(([name, value]) =>
    typeof value === 'function' && !/^[A-Z]/.test(name) ? [value as (...args: unknown[]) => unknown] : [],
  );

  test.each(objects)('%s', async (_, object) => {
    const calls = [
      ...functions.flatMap((each) => [
        () => each(object),
        ...['', TOKEN, OCTETS, {}].flatMap((first) => [() => each(first, object), () => each(first, object, {})]),
      ]),
      ...Object.values(DOORS).flatMap(([names, door]) =>
        names.split(' ').map((name) => () => door({ [name]: object } as never)),
      ),
    ];
    const texts = await Promise.all(calls.map((call) => Promise.resolve().then(call).catch(String)));
    expect(texts.filter((text) => /must be/.test(String(text))).length).toBeGreaterThan(100);
    expect(texts.filter((text) => /another copy/.test(String(text)))).toEqual([]);
  });
});

describe('milliseconds where seconds are meant', () => {
  const MS = NOW * 1000;
  const HINT = /; it is 1e11 seconds or more: give seconds, not milliseconds$/;
  const options = { issuer: ISSUER, audience: AUDIENCE };
  const external = { issuer: ISSUER, store: memoryStore(), policy: POLICY, clock: () => MS };
  const atClock = createVerifier({ ...options, keys: publicKey, clock: () => MS });
  const issued = (claims: JwtClaims) => issuer.sign(claims, { audience: 'a', expiresIn: 60 });

  const wanted = Object.entries(DOORS).flatMap(([door, [names, run]]) =>
    names.split(' ').map((name) => [`${door}: ${name}`, (value: number) => run({ [name]: value } as never)] as const),
  );

  test('every option of seconds says so', async () => {
    const told: string[] = [];
    for (const [title, run] of wanted) {
      if (!/seconds/.test(await messageOf(() => run(Number.NaN)))) continue;
      expect(await messageOf(() => run(MS)), title).toMatch(HINT);
      expect(await messageOf(() => run(Number.NaN)), title).not.toMatch(HINT);
      told.push(title.replace(/.*: /, ''));
    }
    const lengths = 'maxAge maxLifetime clockSkew expiresIn notBefore minFresh defaultFresh maxFresh staleFor timeout';
    const names = `${lengths} now ${RING}`.split(' ');
    expect(new Set(told)).toEqual(new Set(names));
  });

  const doors: readonly (readonly [string, () => unknown])[] = [
    ['expiresIn: Date.now() + an hour', () => signJwt({}, privateKey, { expiresIn: MS + 3_600_000 })],
    ['maxAge', () => verifyJwt(TOKEN, publicKey, { ...EXPECTED, maxAge: 300_000_000_000 })],
    ['claims.exp', () => signJwt({ exp: MS }, privateKey, { expiresIn: null })],
    ['claims.nbf', () => signJwt({ nbf: MS }, privateKey, { expiresIn: 60 })],
    ['claims.iat', () => signJwt({ iat: MS }, privateKey, { expiresIn: 60 })],
    ['claims.exp of a draft', () => draftJwt({ exp: MS }, { expiresIn: null, alg: 'ES256' })],
    ['claims.nbf of an issuer', () => issued({ nbf: MS })],
    ['claims.iat of an issuer', () => issued({ iat: MS })],
    ['checkClaims', () => barejose.checkClaims({}, { issuer: null, audience: null }, MS)],
    ['explainJwt', () => barejose.explainJwt(TOKEN, publicKey, { ...EXPECTED, now: MS })],
    ['timeline from', () => issuer.timeline(MS, NOW)],
    ['timeline to', () => issuer.timeline(NOW, MS)],
    ['verifySync', () => atClock.verifySync(TOKEN)],
    ['verify', () => atClock.verify(TOKEN)],
    ['verifier.explain', () => explainToken(atClock, TOKEN)],
    ['the clock of a remote set', () => remoteJwks(`${ISSUER}/jwks`, { clock: () => MS }).current],
    ['the clock of a discovered set', () => discoverJwks(ISSUER, { clock: () => MS }).current],
    ['the clock of an issuer', () => createIssuer(external)],
    ['a ring to simulate', () => simulate({ maxTokenLifetime: MS })],
  ];

  test.each(doors)('%s', async (_, run) => {
    expect(await messageOf(run)).toMatch(HINT);
  });

  test('the bound is 1e11 seconds, in the year 5138', () => {
    const now = 1e11 - 61;
    const token = signJwt({ ...options, iss: ISSUER, aud: AUDIENCE }, privateKey, { expiresIn: 60, now });
    expect(verifyJwt(token, publicKey, { ...EXPECTED, now }).claims.exp).toBe(1e11 - 1);
    expect(() => signJwt({}, privateKey, { expiresIn: 61, now })).toThrow(HINT);
    expect(() => signJwt({ exp: 1e11 }, privateKey, { expiresIn: null })).toThrow(/^claims\.exp must be a number of/);
  });

  test('a Date and a duration in words have the bound too, but are no milliseconds', () => {
    const tooLate = new Date(MS * 1000);
    const said = /^options\.(now|expiresIn) must be .*; it is 1e11 seconds or more$/;
    expect(() => signJwt({}, privateKey, { expiresIn: 60, now: tooLate })).toThrow(said);
    expect(() => signJwt({}, privateKey, { expiresIn: '999999999w' })).toThrow(said);
  });

  test('a received token may have any time', () => {
    const token = signJws(new TextEncoder().encode(JSON.stringify({ ...CLAIMS, iat: MS, exp: 1e300 })), privateKey);
    expect(verifyJwt(token, publicKey, EXPECTED).claims).toMatchObject({ iat: MS, exp: 1e300 });
    expect(barejose.checkClaims({ exp: MS, nbf: MS }, { issuer: null, audience: null }, NOW)).toEqual([
      { claim: 'nbf', reason: 'too-early' },
    ]);
  });
});

describe('values of another realm', () => {
  const context = createContext({});
  const foreign = (code: string) => runInContext(`(${code})`, context);

  test('claims, options, expectation, headers and Dates', () => {
    const claims = foreign(JSON.stringify({ ...CLAIMS, deep: { list: [{ a: 1 }] } }));
    const options = foreign(`{ expiresIn: '5m', now: new Date(${NOW * 1000}), header: { cty: 'x' } }`);
    delete claims.exp;
    const token = signJwt(claims, privateKey, options);
    const expected = foreign(`{ issuer: ['${ISSUER}'], audience: '${AUDIENCE}', now: new Date(${NOW * 1000}) }`);
    expect(verifyJwt(token, publicKey, expected).claims).toMatchObject({ deep: { list: [{ a: 1 }] }, exp: NOW + 300 });
    expect(createVerifier(foreign(`{ issuer: '${ISSUER}', audience: 'api', remote: { timeout: 1 } }`))).toBeDefined();
  });

  test('structuredClone’s, octets and URLs', () => {
    const payload = foreign('new Uint8Array([1, 2, 3])');
    expect(Array.from(verifyJws(signJws(payload, privateKey), publicKey).payload)).toEqual([1, 2, 3]);
    const secret = importSecret(foreign('new Uint8Array(32).fill(7)'), foreign("{ alg: 'HS256' }"));
    expect(thumbprint(secret)).toBe(thumbprint(importKey(createSecretKey(Buffer.alloc(32, 7)), { alg: 'HS256' })));
    expect(signJwt(structuredClone({ sub: 'a' }), privateKey, { expiresIn: 60 })).toBeTypeOf('string');
    const url = Object.assign(Object.create({ [Symbol.toStringTag]: 'URL' }), { href: `${ISSUER}/jwks` });
    expect(remoteJwks(url).status).toBeDefined();
  });

  test('what stands on a prototype that is no Object.prototype still counts for nothing, and is refused', () => {
    const rootless = Object.create(null, { issuer: { value: ISSUER, enumerable: true } });
    const inherited = foreign(`Object.create({ issuer: '${ISSUER}' })`);
    const ofClass = foreign('new (class extends Object { get audience() { return null; } })()');
    const disguised = Object.assign(Object.create(null), { issuer: ISSUER, isPrototypeOf: () => true });
    for (const options of [
      Object.create(rootless),
      Object.create(disguised),
      inherited,
      ofClass,
      foreign('new Map()'),
      foreign('new Date()'),
    ])
      expect(() => verifyJwt(TOKEN, publicKey, options)).toThrow(/^expected must be a plain object/);
    // Inherited from a polluted Object.prototype of the other realm.
    runInContext('Object.prototype.audience = null', context);
    expect(() => verifyJwt(TOKEN, publicKey, foreign(`{ issuer: '${ISSUER}' }`))).toThrow(
      /^expected\.audience must be given/,
    );
    runInContext('delete Object.prototype.audience', context);
  });

  test('a Date by its time, whatever it says of itself', () => {
    const late = Object.assign(new Date((NOW + 1e6) * 1000), { getTime: () => NOW * 1000 });
    expect(() => verifyJwt(TOKEN, publicKey, { ...EXPECTED, now: late })).toThrow('expired');
    expect(() => verifyJwt(TOKEN, publicKey, { ...EXPECTED, now: new Date(Number.NaN) })).toThrow(
      /^expected\.now must be a Date, or a number of seconds since 1970$/,
    );
  });
});

test('a Key is not cloned without its material: it says so, and nowhere else', () => {
  const clones: readonly unknown[] = [privateKey, publicKey, SET, { keys: [publicKey] }];
  for (const value of clones)
    expect(() => structuredClone(value)).toThrow(
      /Symbol\(a Key is exported and imported, not cloned\) could not be cloned/,
    );
  const { port1, port2 } = new MessageChannel();
  expect(() => port1.postMessage(privateKey)).toThrow(/could not be cloned/);
  for (const port of [port1, port2]) port.close();
  expect(JSON.stringify({ key: publicKey })).not.toContain('not cloned');
  expect(importKey(structuredClone(exportPrivateJwk(privateKey))).type).toBe('private');
});

test('isJoseError holds for every copy: by name and code', () => {
  class Copied extends Error {
    override readonly name: string = 'JoseError';
    readonly code: unknown;
    constructor(code: unknown) {
      super('of another copy');
      this.code = code;
    }
  }
  expect(isJoseError(new JoseError('ERR_JWT_EXPIRED', 'x'))).toBe(true);
  for (const code of ['ERR_JWT_EXPIRED', 'ERR_JWKS_UNAVAILABLE', 'ERR_JOSE_LIMIT_EXCEEDED', 'ERR_RING_CONFLICT'])
    expect(isJoseError(new Copied(code))).toBe(true);
  const jose = Object.assign(new Error('x'), { name: 'JWTExpired', code: 'ERR_JWT_EXPIRED' });
  const others = [jose, new Copied('ENOENT'), new Copied(7), Object.assign(new Error('x'), { name: 'JoseError' })];
  for (const value of [...others, { name: 'JoseError', code: 'ERR_JWT_EXPIRED' }, undefined, null, 'ERR_JWT_EXPIRED'])
    expect(isJoseError(value)).toBe(false);
});
