// Processes that share a ring, killed while they write: nothing half-written is ever there, and no token that was signed is
// lost, whatever the moment.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createIssuer,
  fileStore,
  importJwks,
  type Jwk,
  type RingChange,
  type RingKeyStatus,
  verifyJwt,
} from '../../src/index.ts';
import { nextRecords } from '../support/next-records.ts';
import { type Processes, ringProcesses, type Setup } from '../support/ring-processes.ts';

let processes: Processes;
beforeAll(async () => {
  processes = await ringProcesses();
}, 60_000);
afterAll(() => processes?.dispose());

/** 500 in CI: the more, the more moments. */
const KILLS = Number(process.env.BAREJOSE_KILLS ?? 100);
const ISSUER = 'https://issuer.example';
/** Half an hour passes in a second, and a slow machine needs some of it: syncLag and clockSkew are a second or two. */
const SPEED = 1800;
const LIFETIME = 1800;
const policy = {
  maxTokenLifetime: LIFETIME,
  jwksMaxAge: '1m',
  verifierTtl: '1m',
  syncLag: '1h',
  clockSkew: '30m',
  publishLead: '2h',
} as const;

test(`${KILLS} processes are killed while they save and four others rotate`, { timeout: 2_000 * KILLS }, async () => {
  const folder = join(processes.folder, 'ring');
  const clock = { start: 1_700_000_000, since: Date.now(), speed: SPEED };
  const now = () => clock.start + ((Date.now() - clock.since) / 1000) * clock.speed;
  const setup: Setup = { issuer: ISSUER, policy, store: { file: folder }, clock };
  const store = fileStore(folder);
  const issuer = await createIssuer({ issuer: ISSUER, policy, store, clock: now });

  /** Every token that is still good. */
  const tokens = new Map<string, number>();
  let signed = 0;
  const onToken = (token: string) => {
    signed++;
    tokens.set(token, now());
  };
  const changes: RingChange[] = [];
  const failures: unknown[] = [];
  const others = await Promise.all(
    Array.from({ length: 4 }, () => processes.start(setup, { onToken, onChange: (change) => changes.push(change) })),
  );
  await Promise.all(others.map((each) => each.ask('open')));
  for (const each of others) each.ask('churn', 300).catch((error: unknown) => failures.push(error));

  let [killed, interrupted, last, erased] = [0, 0, 0, 0];
  const kids = new Set<string>();

  /** The ring as anybody would find it at this moment. */
  async function check(): Promise<void> {
    // What comes while the ring is read may be of a key that this reading does not have.
    const signedBefore = [...tokens];
    const { version, keys } = await issuer.status();
    expect(version).toBeGreaterThanOrEqual(last);
    last = version;
    for (const { kid } of keys) kids.add(kid);
    await expectErased(keys);
    const set = importJwks(await issuer.jwks());
    for (const [token, at] of signedBefore) {
      if (at + LIFETIME < now()) tokens.delete(token);
      else verifyJwt(token, set, { issuer: ISSUER, audience: ISSUER, now: at });
    }
  }

  /**
   * No file of the folder has a private part that was erased in the ring as it was read. Once, a save that came too late may be
   * there for the moment until its writer, or the next one who reads the ring, removes it.
   */
  async function expectErased(keys: readonly RingKeyStatus[]): Promise<void> {
    const gone = new Set(keys.filter(({ custody }) => custody === 'erased').map(({ kid }) => kid));
    for (let looks = 1; leftIn(folder, gone).length > 0; looks++) {
      expect(looks).toBeLessThan(5);
      await issuer.refresh();
    }
    erased = Math.max(erased, gone.size);
  }

  async function victims(): Promise<void> {
    while (killed++ < KILLS) {
      const victim = await processes.start(setup, { onToken });
      await victim.ask('open');
      const gone = victim.ask('write').catch(() => undefined);
      await pause(Math.random() * 30);
      await victim.kill();
      await gone;
      if (readdirSync(folder).some((name) => name.endsWith('.tmp'))) interrupted++;
      await check();
    }
  }
  await Promise.all([victims(), victims(), victims()]);

  expect(failures).toEqual([]);
  await Promise.all(others.map((each) => each.kill()));
  await check();
  // A change that was told of was saved, and none was overwritten by somebody who did not know of it.
  const { keys } = await issuer.status();
  // (Or it was made again, by a process that had looked at its clock a little earlier.)
  const lost = changes.filter(
    ({ kid, activateAt }) => !keys.some((key) => key.kid === kid && key.activateAt <= activateAt),
  );
  expect(lost).toEqual([]);
  // What the killed have left goes with the next save. The check may have started a reading in the background, which may save
  // a change that is due: this joins it, so that the next save is ours.
  await issuer.refresh();
  const { records = '', version } = await store.load();
  expect(await store.save(nextRecords(records), version)).toBe(true);
  expect(readdirSync(folder)).toEqual([`ring-${String(version + 1).padStart(12, '0')}.json`]);
  await check();
  expect(signed).toBeGreaterThan(KILLS / 2);
  expect(interrupted).toBeGreaterThan(0);
  expect(kids.size).toBeGreaterThan(KILLS / 20);
  expect(erased).toBeGreaterThan(0);
});

test(`${KILLS} processes are killed while they revoke: the next one who opens or refreshes the ring erases the private part`, {
  timeout: 2_000 * KILLS,
}, async () => {
  let [killed, left] = [0, 0];

  async function victims(folder: string): Promise<void> {
    const setup: Setup = { issuer: ISSUER, policy: { maxTokenLifetime: '1h' }, store: { file: folder } };
    const now = 1_700_000_000;
    const open = () => createIssuer({ issuer: ISSUER, store: fileStore(folder), clock: () => now });
    const issuer = await createIssuer({ ...setup, store: fileStore(folder), clock: () => now });
    while (killed++ < KILLS) {
      const victim = await processes.start(setup);
      await victim.ask('open', now);
      let isOver = false;
      const gone = victim.ask('revoke').then(
        () => (isOver = true),
        () => (isOver = true),
      );
      // At any moment; or, every other time, at the one that counts, when the new generation is there beside the old one.
      if (killed % 2) await pause(Math.random() * 30);
      else while (!isOver && generationsIn(folder).length < 2) await new Promise(setImmediate);
      await victim.kill();
      await gone;
      if (generationsIn(folder).length > 1) left++;
      const reader = killed % 4 < 2 ? issuer : await open();
      if (reader === issuer) await issuer.refresh();
      expect(generationsIn(folder)).toHaveLength(1);
      const { keys } = await reader.status();
      const erased = keys.filter(({ custody }) => custody === 'erased').map(({ kid }) => kid);
      expect(leftIn(folder, new Set(erased))).toEqual([]);
    }
  }
  await Promise.all(['a', 'b', 'c'].map((name) => victims(join(processes.folder, name))));
  expect(left).toBeGreaterThan(0);
});

function generationsIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json'));
}

/** The files with the private part of one of these keys. */
function leftIn(folder: string, kids: ReadonlySet<string>): readonly string[] {
  return readdirSync(folder).filter((name) => {
    try {
      const { keys } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      return keys.some(({ kid, privateJwk }: { kid: string; privateJwk?: Jwk }) => privateJwk && kids.has(kid));
    } catch {
      return false; // it has gone meanwhile, or is a draft that is being written
    }
  });
}
