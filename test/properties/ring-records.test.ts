// The records of a ring, mutated: they are read as a ring, of which nothing is lost when it is written again, or refused as
// ERR_RING_INVALID.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createIssuer, createSeal, exportJwk, JoseError, memoryStore } from '../../src/index.ts';
import { parseRecords, type RingVersion, writeRecords } from '../../src/ring/records.ts';
import { FUZZ_TIMEOUT, fuzzing, mutatedJson } from '../support/fuzz.ts';
import { outsideSigner, poolKey } from '../support/key-pool.ts';

const NAME = 'https://issuer.example';
const T = 1_800_000_000;
const DAY = 86_400;
const texts: string[] = [];

/** The records after each of these: begun, rotated, revoked; in the clear, sealed, and with a key that is outside. */
beforeAll(async () => {
  for (const sealed of [false, true]) {
    const store = memoryStore();
    const time = { now: T };
    const keep = async () => texts.push((await store.load()).records ?? '');
    const settings = { issuer: NAME, store, policy: { maxTokenLifetime: '1h' }, clock: () => time.now } as const;
    const issuer = await createIssuer({ ...settings, ...(sealed && { seal: createSeal(new Uint8Array(32)) }) });
    await keep();
    time.now += 60 * DAY;
    const [active] = await issuer.rotate();
    const publicJwk = exportJwk(poolKey('ES256', 1));
    await issuer.import({ publicJwk, sign: outsideSigner('ES256-001'), reference: 'hsm/1' });
    await keep();
    time.now += 2 * DAY;
    await issuer.refresh();
    await issuer.revoke(String(active?.kid), 'stolen');
    await keep();
  }
});

function versionIn(text: string): number {
  return Number(/"version":(\d+)/.exec(text)?.[1] ?? 1);
}

/** The ring, or `undefined` where it was refused in the one way that a store's content is refused. */
function parsed(records: string, version: number): RingVersion | undefined {
  try {
    return parseRecords({ records, version }, NAME);
  } catch (error) {
    if (!(error instanceof JoseError)) throw error;
    expect(error.code).toBe('ERR_RING_INVALID');
    return undefined;
  }
}

/** JSON with the members of each object in order, so that only what is said counts. */
function said(text: string): string {
  return JSON.stringify(JSON.parse(text), (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** Whether it is read; then nothing of it is lost, and what is written of it is read as that very text. */
function isRead(text: string, version: number): boolean {
  const read = parsed(text, version);
  if (!read) return false;
  const written = writeRecords(read);
  expect(said(written)).toBe(said(text));
  const again = parsed(written, version);
  expect(again && writeRecords(again)).toBe(written);
  return true;
}

describe('the records of a ring', () => {
  test('as they were saved: a ring of which nothing is lost', () => {
    expect(texts.map((text) => isRead(text, versionIn(text)))).toEqual(Array(6).fill(true));
  });

  test('mutated: a ring of which nothing is lost, or ERR_RING_INVALID', { timeout: FUZZ_TIMEOUT }, () => {
    const outcomes = new Set<boolean>();
    fc.assert(
      fc.property(mutatedJson(texts), fc.constantFrom(0, 0, 0, 1), (text, off) => {
        outcomes.add(isRead(text, versionIn(text) + off));
      }),
      fuzzing(3_000),
    );
    expect([...outcomes].toSorted()).toEqual([false, true]);
  });
});
