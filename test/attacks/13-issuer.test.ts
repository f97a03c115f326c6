// SECURITY.md, group 13: the issuer's side. Whoever can write to the store, kill a process, set a clock, stand between, or
// ask the endpoint anything.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readPrivateFile } from '../../src/cli/private-file.ts';
import {
  createIssuer,
  createSeal,
  createVerifier,
  exportJwk,
  fileStore,
  generateKey,
  type Issuer,
  type IssuerOptions,
  importJwks,
  jwksEndpoint,
  memoryStore,
  postgresStore,
  type RingStore,
  signJwt,
  toNodeListener,
  verifyJwt,
} from '../../src/index.ts';
import { expectTypeError } from '../support/expect.ts';
import { poolKey } from '../support/key-pool.ts';
import { nextRecords } from '../support/next-records.ts';
import { type Pollution, whilePollutedAsync } from '../support/pollution.ts';

const ISSUER = 'https://issuer.example';
const T0 = 1_700_000_000;
const DAY = 86_400;
const SEAL = createSeal(new Uint8Array(32).fill(7));
const TO_API = { audience: 'api', expiresIn: '10m' } as const;
const AT_ISSUER = { issuer: ISSUER, audience: 'api' } as const;

let now = T0;
let store: RingStore = memoryStore();

beforeEach(() => {
  now = T0;
  store = memoryStore();
});

function open(settings?: Partial<IssuerOptions>): Promise<Issuer> {
  return createIssuer({ issuer: ISSUER, store, policy: { maxTokenLifetime: '1h' }, clock: () => now, ...settings });
}

interface StoredKey {
  [member: string]: unknown;
}

/** What an attacker does who can write to the store: takes the records, changes them, puts them back. */
async function tamper(change: (keys: StoredKey[], records: Record<string, unknown>) => void): Promise<void> {
  const { records, version } = await store.load();
  const changed = nextRecords(String(records), (next) => change(Object(next).keys, next));
  expect(await store.save(changed, version)).toBe(true);
}

async function saved(): Promise<string> {
  return String((await store.load()).records);
}

const get = (path: string, method = 'GET') => new Request(`${ISSUER}${path}`, { method });

describe('what is published', () => {
  test('RING-01 a private member in the records is never published, and never written over', async () => {
    const issuer = await open();
    const handler = jwksEndpoint(issuer);
    await tamper((keys) => {
      for (const key of keys) key.publicJwk = key.privateJwk;
    });
    const before = await saved();
    await expect(issuer.refresh()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    now += DAY;
    const response = await handler(get('/.well-known/jwks.json'));
    expect([response.status, await response.text()]).toEqual([500, '']);
    await expect(open()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    expect(await saved()).toBe(before);
  });

  test('RING-02 neither the issuer, its events nor its errors show a private part', async () => {
    const told: unknown[] = [];
    const issuer = await open({ onEvent: (event) => told.push(event) });
    const { keys } = JSON.parse(await saved());
    const secrets = keys.map(({ privateJwk }: StoredKey) => (privateJwk as { d: string }).d);
    expect(secrets).toHaveLength(2);
    await issuer.revoke(keys[0].kid, 'test');
    const failed = await issuer.promote(keys[0].kid).catch((error: unknown) => error);
    const shown = [
      issuer,
      await issuer.status(),
      await issuer.timeline(T0, T0 + DAY),
      await issuer.jwks(),
      told,
      failed,
    ];
    for (const it of shown)
      for (const text of [inspect(it, { depth: 9, showHidden: true }), JSON.stringify(it)])
        for (const secret of secrets) expect(text).not.toContain(secret);
  });

  test('RING-03 the metadata is the issuer’s own, whatever the request calls the host', async () => {
    const handler = jwksEndpoint(await open(), { openid: {} });
    const request = new Request('https://evil.example/.well-known/openid-configuration', {
      headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' },
    });
    const metadata = await (await handler(request)).text();
    expect(JSON.parse(metadata)).toMatchObject({ issuer: ISSUER, jwks_uri: `${ISSUER}/.well-known/jwks.json` });
    expect(metadata).not.toContain('evil');
    const openid = { issuer: 'https://evil.example' };
    const issuer = await open();
    expectTypeError(() => jwksEndpoint(issuer, { openid }), 'openid');
  });

  test('RING-04 nothing but GET and HEAD is answered, whatever the path', async () => {
    const handler = jwksEndpoint(await open());
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const response = await handler(get('/.well-known/jwks.json', method));
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expectTypeError(() => toNodeListener('handler' as never));
  });
});

test('RING-23 a number that no arithmetic survives is refused, and the error names it', async () => {
  for (const name of ['rotation', 'publishLead', 'syncLag'] as const) {
    const policyWith = (length: number) => ({ maxTokenLifetime: '1h', [name]: length }) as const;
    await expect(open({ policy: policyWith(1e10) })).rejects.toThrow(`${name} is 10000000000 s: make it at most`);
    for (const length of [1e11, 1e300])
      await expect(open({ policy: policyWith(length) })).rejects.toThrow(
        new RegExp(`${name} must be .*seconds, not milliseconds$`),
      );
  }
  await open();
  await tamper((keys) => Object.assign(keys[0] ?? {}, { activateAt: 1e300 }));
  await expect(open()).rejects.toThrow('keys[0].activateAt: it must be seconds');
});

describe('the store', () => {
  test('RING-05 a sealed private part cannot be read by who reads the store', async () => {
    await open({ seal: SEAL });
    const text = await saved();
    const { keys } = JSON.parse(text);
    expect(keys.map((key: StoredKey) => Object.hasOwn(key, 'privateJwk'))).toEqual([false, false]);
    expect(text).not.toMatch(/"d"/);
    const thief = await open({ seal: createSeal(new Uint8Array(32).fill(8)) });
    await expect(thief.sign({}, TO_API)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    await expect((await open()).sign({}, TO_API)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
  });

  test('RING-06 a private part in another key’s or another ring’s place signs nothing', async () => {
    await open({ seal: SEAL });
    await tamper(([first = {}, second = {}]) => {
      [first.sealed, second.sealed] = [second.sealed, first.sealed];
    });
    const swapped = await open({ seal: SEAL });
    await expect(swapped.sign({}, TO_API)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    store = memoryStore();
    await open();
    const stranger = await generateKey('ES256');
    const other = memoryStore();
    await createIssuer({ issuer: ISSUER, store: other, policy: { maxTokenLifetime: '1h' }, firstKeys: [stranger] });
    const { keys } = JSON.parse(String((await other.load()).records));
    await tamper(([first = {}]) => {
      first.privateJwk = keys[0].privateJwk;
    });
    const plain = await open();
    await expect(plain.sign({}, TO_API)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
  });

  test('RING-07 a store that goes back, or has another ring’s records, is refused and not written over', async () => {
    const issuer = await open();
    const old = await store.load();
    await issuer.revoke((await issuer.status()).keys[0]?.kid ?? '', 'leaked');
    const back: RingStore = { load: async () => old, save: () => Promise.reject(new Error('written')) };
    let behind: RingStore = store;
    const following = await open({ store: { load: () => behind.load(), save: (...it) => behind.save(...it) } });
    behind = back;
    await expect(following.refresh()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    const elsewhere = open({ issuer: 'https://other.example' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    behind = { load: async () => ({ records: undefined, version: 0 }), save: back.save };
    await expect(following.refresh()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
  });

  test('RING-20 a store that went back and on from there is refused by who knows what it lost, at any number', async () => {
    await open();
    const old = await store.load();
    let kept = store;
    const following = await open({ store: { load: () => kept.load(), save: (...it) => kept.save(...it) } });
    await following.import(await generateKey('ES256', { kid: 'lost' }));
    kept = memoryStore();
    await kept.save(String(old.records), 0);
    const unaware = await open({ store: kept });
    for (const kid of ['equal', 'newer', 'newer still']) {
      await unaware.import(await generateKey('ES256', { kid }));
      const { version } = await kept.load();
      await expect(following.refresh(), kid).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
      await expect(following.rotate(), kid).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
      expect((await kept.load()).version, kid).toBe(version);
    }
    expect((await unaware.status()).version).toBe(4);
    now += DAY;
    await expect(following.sign({}, TO_API)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
  });

  test('RING-08 a table’s name is a name and no SQL, and a ring’s name never is SQL', async () => {
    const asked: { text: string; values: unknown }[] = [];
    const client = {
      query: async (text: string, values?: unknown) => {
        asked.push({ text, values });
        return { rows: [] };
      },
    };
    for (const table of ['rings; drop table users', 'a"b', "a'b", 'a.b.c', '', 'a b', 'ä'])
      expectTypeError(() => postgresStore(client, { ring: ISSUER, table }), 'table');
    const hostile = `'; drop table "users"; --`;
    await postgresStore(client, { ring: hostile }).load();
    expect(asked[0]?.text).not.toContain('drop');
    expect(asked[0]?.values).toEqual([hostile]);
  });

  describe('in a folder', () => {
    let folder = '';
    beforeEach(() => {
      folder = join(mkdtempSync(join(tmpdir(), 'barejose-attack-')), 'ring');
    });
    afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

    test('RING-22 a sealing key in a file of another user is refused, whatever its mode', () => {
      const path = join(folder, '..', `seal-${crypto.randomUUID()}`);
      writeFileSync(path, 'x'.repeat(32), { mode: 0o600 });
      const own = process.geteuid?.();
      const asked = vi.spyOn(process as { geteuid(): number | undefined }, 'geteuid');
      try {
        asked.mockReturnValue(Number(own) + 1);
        expect(() => readPrivateFile('--seal-file', path)).toThrow('--seal-file: the file belongs to another user');
        asked.mockReturnValue(own);
        expect(readPrivateFile('--seal-file', path)).toHaveLength(32);
      } finally {
        asked.mockRestore();
        rmSync(path);
      }
    });

    test('RING-09 a folder or file that others may read or write is refused', async () => {
      await open({ store: fileStore(folder) });
      const [file = ''] = readdirSync(folder);
      for (const [path, mode] of [
        [folder, 0o750],
        [folder, 0o701],
        [join(folder, file), 0o640],
        [join(folder, file), 0o602],
      ] as const) {
        chmodSync(path, mode);
        await expect(open({ store: fileStore(folder) })).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
        chmodSync(path, path === folder ? 0o700 : 0o600);
      }
      await open({ store: fileStore(folder) });
    });

    test('RING-10 a symbolic link in place of a file is not followed', async () => {
      await open({ store: fileStore(folder) });
      const [file = ''] = readdirSync(folder);
      const outside = join(folder, '..', 'outside');
      writeFileSync(outside, readFileSync(join(folder, file)), { mode: 0o600 });
      rmSync(join(folder, file));
      symlinkSync(outside, join(folder, file));
      await expect(open({ store: fileStore(folder) })).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    });

    test('RING-11 an erased private part is in no file any more', async () => {
      const issuer = await open({ store: fileStore(folder) });
      const read = () => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
      const { keys } = JSON.parse(String(read()[0]));
      await issuer.revoke(keys[0].kid, 'leaked');
      expect(read().join()).not.toContain(keys[0].privateJwk.d);
      expect(read()).toHaveLength(1);
    });

    test('RING-19 a process killed while it erases a private part: whoever reads the ring next removes it', async () => {
      const own = { store: fileStore(folder) };
      const issuer = await open(own);
      const texts = () => readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
      for (const read of [() => issuer.refresh(), () => open(own)]) {
        const [file = ''] = readdirSync(folder);
        const before = String(texts()[0]);
        const { keys } = JSON.parse(before);
        const stolen = keys.find((key: StoredKey) => key.privateJwk !== undefined);
        await issuer.revoke(stolen.kid, 'stolen');
        // As a kill leaves it between the link of the new generation and the removal of the old one.
        writeFileSync(join(folder, file), before, { mode: 0o600 });
        writeFileSync(join(folder, `.${file.slice(0, -5)}-${crypto.randomUUID()}.tmp`), before, { mode: 0o600 });
        await read();
        expect(texts()).toHaveLength(1);
        expect(texts().join()).not.toContain(stolen.privateJwk.d);
      }
    });
  });
});

describe('rotation', () => {
  test('RING-12 a key does not sign before verifiers can have it, whoever asks, and however often', async () => {
    const issuer = await open();
    const [first] = (await issuer.status()).keys;
    const pending = (await issuer.status()).keys[1]?.kid ?? '';
    await expect(issuer.promote(pending)).rejects.toMatchObject({ code: 'ERR_RING_CONFLICT' });
    for (let i = 0; i < 5; i++) await issuer.rotate();
    now += DAY - 1;
    for (let i = 0; i < 5; i++) await issuer.rotate();
    const verified = verifyJwt(await issuer.sign({}, TO_API), await issuer.keys(), { ...AT_ISSUER, now });
    expect(verified.key.kid).toBe(first?.kid);
    await expect(open({ policy: { maxTokenLifetime: '1h', publishLead: '1h' } })).rejects.toThrow(
      /publishLead.*at least 45660/,
    );
  });

  test('RING-13 a token cannot outlive its key', async () => {
    const issuer = await open();
    await expect(issuer.sign({}, { audience: 'api', expiresIn: 3601 })).rejects.toThrow(TypeError);
    await expect(issuer.sign({ exp: T0 + 10 * DAY }, TO_API)).rejects.toThrow(TypeError);
    const token = await issuer.sign({}, { audience: 'api', expiresIn: 3600 });
    now += 3599;
    await issuer.rotate();
    expect(verifyJwt(token, await issuer.keys(), { ...AT_ISSUER, now }).claims.iss).toBe(ISSUER);
  });

  test('RING-14 a revoked key is refused at once, and never comes back', async () => {
    const leaked = await generateKey('ES256');
    const issuer = await open({ firstKeys: [leaked] });
    const verifier = createVerifier({ ...AT_ISSUER, keys: issuer, clock: () => now, cache: { max: 10 } });
    const token = await issuer.sign({}, TO_API);
    await verifier.verify(token);
    const { next } = await issuer.revoke(String(leaked.kid), 'leaked');
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    const forged = signJwt({ iss: ISSUER, aud: 'api' }, leaked, { expiresIn: '5m', now });
    await expect(verifier.verify(forged)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    expect((await verifier.verify(await issuer.sign({}, TO_API))).key.kid).toBe(next);
    await expect(issuer.import(leaked)).rejects.toMatchObject({ code: 'ERR_RING_CONFLICT' });
    now += 400 * DAY;
    await issuer.refresh();
    await expect(issuer.import(leaked)).rejects.toMatchObject({ code: 'ERR_RING_CONFLICT' });
  });

  test.each([30, 600, 899])(
    'RING-21 after %d s of idleness a process does not use a key that was revoked elsewhere',
    async (idleness) => {
      const leaked = await generateKey('ES256');
      const issuer = await open({ firstKeys: [leaked] });
      const token = await issuer.sign({}, { audience: 'api', expiresIn: '1h' });
      const [signing, publishing, verifying] = await Promise.all([open(), open(), open()]);
      const verifier = createVerifier({ ...AT_ISSUER, keys: verifying, clock: () => now, cache: { max: 10 } });
      await Promise.all([signing.sign({}, TO_API), publishing.jwks(), verifier.verify(token)]);
      const { next } = await issuer.revoke(String(leaked.kid), 'leaked');
      now += idleness;
      expect(verifyJwt(await signing.sign({}, TO_API), await issuer.keys(), { ...AT_ISSUER, now }).key.kid).toBe(next);
      const published = await (await jwksEndpoint(publishing)(get('/.well-known/jwks.json'))).text();
      expect(published).toContain(String(next));
      expect(published).not.toContain(String(leaked.kid));
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
    },
  );

  test('RING-15 of many who rotate at once, one does', async () => {
    const issuers = await Promise.all(Array.from({ length: 8 }, () => open()));
    now += DAY;
    await Promise.all(issuers.map((issuer) => issuer.rotate()));
    const { keys } = (await issuers[0]?.status()) ?? { keys: [] };
    expect(keys.map(({ state }) => state)).toEqual(['retiring', 'active', 'pending']);
  });

  test('RING-16 a signer outside that returns another key’s signature makes no token', async () => {
    const [key, other] = await Promise.all([generateKey('ES256'), generateKey('ES256')]);
    const sign = async (bytes: Uint8Array) => {
      const [header, claims] = Buffer.from(bytes).toString().split('.');
      expect([header, claims]).not.toContain(undefined);
      return Buffer.from(String(signJwt({}, other, { expiresIn: '5m' }).split('.')[2]), 'base64url');
    };
    const issuer = await open({ firstKeys: [{ publicJwk: exportJwk(key), sign }] });
    await expect(issuer.sign({}, TO_API)).rejects.toThrow(/verify/);
  });

  // Each with a value that would count in its column.
  const columns = {
    revokedAt: T0,
    retireAt: T0,
    removeAt: T0,
    sealed: 'A256GCM.AAAA.AAAA.AAAA.AAAA',
    external: { reference: 'evil' },
    privateJwk: { kty: 'EC', d: 'AA' },
    until: T0,
    successor: 'RS256',
    thumbprint: 'AAAA',
    lacking: 'RS256',
    clock: () => 0,
    seal: { seal: () => 'evil', unseal: () => 'evil' },
    close: 'evil',
    history: ['evil'],
    hash: 'evil',
  } as const;

  test.each(Object.entries(columns))(
    'RING-18 %s on Object.prototype is in no record, then or later',
    async (name, value) => {
      let key = 0;
      const generate = () => poolKey('EdDSA', key++);
      const life = async (pollution: Pollution) => {
        [now, key, store] = [T0, 0, memoryStore()];
        const issuer = await open({ algorithms: ['EdDSA'], generate });
        now += DAY;
        const polluted = await whilePollutedAsync(pollution, async () => {
          await issuer.refresh();
          await issuer.rotate();
          return [await issuer.sign({}, TO_API), await issuer.jwks(), (await open({ generate })).close()];
        });
        await polluted[2];
        return [polluted.slice(0, 2), await issuer.status(), await issuer.sign({}, TO_API), await store.load()];
      };
      expect(await life({ [name]: value })).toEqual(await life({}));
    },
  );

  test('RING-17 a secret or a public key is never taken into a ring', async () => {
    const issuer = await open();
    const secret = await generateKey('HS256');
    for (const key of [secret, (await generateKey('ES256')).publicKey(), { kty: 'oct', k: 'AAAA' }, 'pem'])
      await expect(issuer.import(key as never)).rejects.toThrow(TypeError);
    await expect(open({ algorithms: ['HS256' as never], store: memoryStore() })).rejects.toThrow(TypeError);
    expect(importJwks(await issuer.jwks()).keys.map(({ alg }) => alg)).toEqual(['ES256', 'ES256']);
  });
});
