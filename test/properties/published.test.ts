// A private member can never leave by the endpoint: whatever stands in the set that it is to publish, and whatever is written
// into the records of the ring by hand. Either nothing is published, or what is has public members only.

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { jwksEndpoint } from '../../src/http/jwks-endpoint.ts';
import {
  exportJwk,
  exportPrivateJwk,
  generateKey,
  JoseError,
  type Jwk,
  KeySet,
  type RingAlgorithm,
} from '../../src/index.ts';
import { createIssuer } from '../../src/issuer/issuer.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { ask, NAME, publish, publisher } from '../http/publishing.ts';
import { NOW } from '../support/doors.ts';
import { asymmetricAlgorithms, keyPair, secretKey } from '../support/keys.ts';

afterEach(() => void vi.restoreAllMocks());

const MAY_LEAVE = ['kty', 'kid', 'use', 'alg', 'crv', 'x', 'y', 'n', 'e', 'pub'];
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'priv', 'oth'];

const privateJwks = new Map<string, Jwk>(
  [...asymmetricAlgorithms.map((alg) => keyPair(alg).privateKey), secretKey('HS256')].map((key) => [
    key.alg,
    exportPrivateJwk(key),
  ]),
);
const publicOf = (jwk: Jwk): Jwk =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !PRIVATE.includes(name))) as Jwk;
/** What nobody may see: the text of every private member. */
const secretsOf = (jwk: object): string[] =>
  Object.entries(jwk).flatMap(([name, value]) => (PRIVATE.includes(name) && typeof value === 'string' ? [value] : []));
const SECRETS = Array.from(privateJwks.values()).flatMap(secretsOf);

/** What was answered, after it was seen to hold no secret: the status. */
async function seen(handler: (request: Request) => Promise<Response>, secrets: readonly string[]): Promise<number> {
  const { status, headers, body } = await ask(handler);
  const text = body + JSON.stringify(headers);
  for (const secret of secrets) expect(text).not.toContain(secret);
  if (status !== 200)
    expect([[500, 503].includes(status), body, headers['cache-control']]).toEqual([true, '', 'no-store']);
  else {
    const { keys } = JSON.parse(body);
    expect(keys.length).toBeGreaterThan(0);
    for (const jwk of keys) expect(Object.keys(jwk).filter((name) => !MAY_LEAVE.includes(name))).toEqual([]);
  }
  return status;
}

/** A value that may hold the private JWK whole, or a part of it, at any depth. */
const holding = (jwk: Jwk) =>
  fc.oneof(
    fc.constant<unknown>(jwk),
    fc.constant(JSON.stringify(jwk)),
    fc.constant([jwk]),
    fc.constant({ note: { jwk } }),
    fc.constantFrom(...secretsOf(jwk)),
    fc.constant(null),
  );
/** Names that nobody has allowed; the last three mean something to some program or other. */
const OTHER_NAMES = [
  'note',
  'x5c',
  'x5t',
  'x5u',
  'key_ops',
  'privateJwk',
  'D',
  ' d',
  'd\u0000',
  '__proto__',
  'constructor',
  'toJSON',
];

/** A key as it should be, and what is wrong with it. */
interface TamperedKey {
  readonly jwk: Jwk;
  readonly members: readonly string[];
  readonly foreign: { readonly [name: string]: unknown };
  readonly others: { readonly [name: string]: unknown };
  readonly how: 'own' | 'getters' | 'inherited' | 'frozen';
}

const tamperedKey: fc.Arbitrary<TamperedKey> = fc.constantFrom(...privateJwks.values()).chain((jwk) =>
  fc.record({
    jwk: fc.constant(jwk),
    members: fc.subarray(PRIVATE.filter((name) => name in jwk)),
    foreign: fc.dictionary(fc.constantFrom(...PRIVATE), holding(jwk), { maxKeys: 1 }),
    others: fc.dictionary(fc.constantFrom(...OTHER_NAMES), holding(jwk), { maxKeys: 3, noNullPrototype: true }),
    how: fc.constantFrom('own' as const, 'getters' as const, 'inherited' as const, 'frozen' as const),
  }),
);

describe('a set that an issuer should not publish', () => {
  const made = ({ jwk, members, foreign, others, how }: TamperedKey): Jwk => {
    const bad = { ...Object.fromEntries(members.map((name) => [name, jwk[name]])), ...foreign };
    const base = { ...publicOf(jwk), ...others };
    if (how === 'inherited') return Object.assign(Object.create(bad), base);
    if (how === 'frozen') return Object.freeze({ ...base, ...bad });
    const key = { ...base };
    for (const [name, value] of Object.entries(bad))
      Object.defineProperty(
        key,
        name,
        how === 'getters' ? { get: () => value, enumerable: true } : { value, enumerable: true },
      );
    return key as Jwk;
  };

  test('is not published, or without anything private', async () => {
    const { issuer } = await publisher();
    await fc.assert(
      fc.asyncProperty(fc.array(tamperedKey, { maxLength: 4 }), async (tampered) => {
        publish({ jwks: { keys: tampered.map(made) } });
        const isBad = tampered.some(
          ({ jwk, members, foreign, others, how }) =>
            jwk.kty === 'oct' ||
            Object.hasOwn(others, 'key_ops') || // none of these is a list of operations
            (how !== 'inherited' && members.length + Object.keys(foreign).length > 0),
        );
        const status = await seen(jwksEndpoint(issuer), SECRETS);
        expect(status).toBe(isBad || tampered.length === 0 ? 500 : 200);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(Array.from(privateJwks))('a private key of %s as it is, alone or beside good ones: 500', async (_, jwk) => {
    const { issuer } = await publisher();
    const good = exportJwk(keyPair('ES256').publicKey);
    for (const keys of [[jwk], [jwk, good], [good, jwk], [good, { ...good, ...jwk }]]) {
      publish({ jwks: { keys } });
      expect(await seen(jwksEndpoint(issuer), SECRETS)).toBe(500);
    }
  });

  test.each(asymmetricAlgorithms)('a KeySet of %s never had it', async (alg) => {
    const set = new KeySet([keyPair(alg).privateKey.publicKey()]);
    expect(await seen(jwksEndpoint(set), SECRETS)).toBe(200);
  });
});

interface JsonMembers {
  [name: string]: unknown;
}

interface KeyRecord extends JsonMembers {
  publicJwk?: JsonMembers;
  privateJwk?: JsonMembers;
}

interface RingRecords extends JsonMembers {
  readonly keys: readonly KeyRecord[];
}

describe('records that were tampered with by hand', () => {
  const ALGORITHMS: readonly RingAlgorithm[] = ['ES256', 'EdDSA', 'RS256'];
  const keys = Promise.all(ALGORITHMS.flatMap((alg) => [generateKey(alg), generateKey(alg)]));

  /** The records of a ring in plain, and a store that holds what is written into it. */
  async function recorded(): Promise<{ records: RingRecords; readonly version: number }> {
    const store = memoryStore();
    const stock = [...(await keys)];
    const generate = async (alg: RingAlgorithm) => {
      const index = stock.findIndex((key) => key.alg === alg);
      return stock.splice(index, 1)[0] ?? generateKey(alg);
    };
    const policy = { maxTokenLifetime: '1h' as const };
    await createIssuer({ issuer: NAME, store, policy, algorithms: ALGORITHMS, generate, clock: () => NOW });
    const { records, version } = await store.load();
    return { records: JSON.parse(String(records)), version };
  }

  /** What somebody might do to a key's record, with the private JWK of any key at hand. */
  const EDITS: readonly ((key: KeyRecord, secret: JsonMembers) => void)[] = [
    (key, secret) => Object.assign(key, { publicJwk: secret }),
    (key, secret) => Object.assign(key, { publicJwk: { ...secret, ...key.publicJwk } }),
    (key, secret) => Object.assign(key, { publicJwk: { ...key.publicJwk, d: secret.d } }),
    (key, secret) => Object.assign(key, { publicJwk: { kty: 'oct', alg: 'HS256', k: secret.d } }),
    (key, secret) => Object.assign(key, { publicJwk: { ...key.publicJwk, kty: 'oct', k: secret.d } }),
    (key, secret) => Object.assign(key, { publicJwk: { ...key.publicJwk, note: secret } }),
    (key, secret) => Object.assign(key, { publicJwk: { ...key.publicJwk, x5c: [JSON.stringify(secret)] } }),
    (key, secret) => Object.assign(key, { publicJwk: { ...key.publicJwk, key_ops: ['verify', String(secret.d)] } }),
    (key, secret) => Object.assign(key, { publicJwk: { ...key.publicJwk, kty: 'XYZ', z: secret.d } }),
    (key, secret) =>
      Object.assign(key, { publicJwk: JSON.parse(`{"__proto__":${JSON.stringify(secret)},"kty":"EC"}`) }),
    (key, secret) => Object.assign(key, secret),
    (key, secret) => Object.assign(key, { external: { reference: JSON.stringify(secret) }, privateJwk: undefined }),
    (key, secret) => Object.assign(key, { reason: JSON.stringify(secret), sealed: JSON.stringify(secret) }),
    (key) => Object.assign(key, { publicJwk: key.privateJwk, privateJwk: key.publicJwk }),
    (key) => Object.assign(key, { publicJwk: key.privateJwk, privateJwk: undefined }),
    (key) => Object.assign(key, { publicJwk: undefined }),
    (key) => Object.assign(key, { revokedAt: NOW }),
  ];

  test('are refused, or published without anything private', async () => {
    const { records, version } = await recorded();
    const jwks = records.keys.map(({ privateJwk }) => Object(privateJwk));
    const secrets = jwks.flatMap(secretsOf);
    expect(secrets.length).toBeGreaterThan(10);
    const edit = fc.record({ of: fc.nat(5), from: fc.nat(5), how: fc.nat(EDITS.length - 1) });
    const outcomes = { refused: 0, published: 0, broken: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 3 }), async (edits) => {
        const tampered = structuredClone(records);
        for (const { of, from, how } of edits) EDITS[how]?.(Object(tampered.keys[of]), jwks[from]);
        const stored = { records: JSON.stringify(tampered), version };
        const store = { load: async () => stored, save: async () => false };
        try {
          const issuer = await createIssuer({ issuer: NAME, store, clock: () => NOW });
          const status = await seen(jwksEndpoint(issuer), secrets);
          outcomes[status === 200 ? 'published' : 'broken']++;
        } catch (error) {
          if (!(error instanceof JoseError)) throw error;
          outcomes.refused++;
        }
      }),
      { numRuns: 400 },
    );
    expect(Math.min(outcomes.refused, outcomes.published)).toBeGreaterThan(0);
  });
});
