import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { tour } from '../../src/cli/tour.ts';
import { exportJwk, generateKey, JoseError } from '../../src/index.ts';
import { worldOf } from './world.ts';

/** The output with what differs from run to run replaced. */
const settled = (text: string): string =>
  text
    .replace(/127\.0\.0\.1:\d+/, '127.0.0.1:PORT')
    .replace(/\d+ octets/, 'N octets')
    .replace(/[\w-]{14}…\.[\w-]{14}…\.[\w-]{14}…/g, 'TOKEN')
    .replace(/(\d{10} {3})?\d{4}-[-\dT:.]+Z/g, 'TIME');

test('the whole tour', async () => {
  const { world, out, err } = worldOf({});
  expect(await run(world)).toBe(0);
  expect(err()).toBe('');
  await expect(settled(out())).toMatchFileSnapshot('tour.txt');
});

test('it fits a terminal of 80 columns, in colour', async () => {
  const { world, out } = worldOf({ terminal: true, columns: 80 });
  expect(await tour(world)).toBe(0);
  expect(out()).toContain('\u001b[32m✓\u001b[39m');
  for (const line of stripVTControlCharacters(out()).split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
});

test('nor is there colour with NO_COLOR', async () => {
  const { world, out } = worldOf({ terminal: true, env: { NO_COLOR: '1' } });
  expect(await tour(world)).toBe(0);
  expect(out()).not.toContain('\u001b');
});

describe('when something turns out otherwise, it says so and does not exit with 0', () => {
  const surprises = (text: string) => text.split('\n').filter((line) => line.trim().startsWith('!'));

  test('the issuer publishes other keys: nothing verifies', async () => {
    const { world, out } = worldOf({});
    const other = exportJwk(await generateKey('ES256', { kid: 'other' }));
    expect(await tour(world, () => [other])).toBe(1);
    const told = surprises(out());
    expect(told.slice(0, 3)).toEqual([
      '  !  RS256 should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
      '  !  ES256 should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
      '  !  EdDSA should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
    ]);
    expect(told).toContain('  !  expired should have been refused with ERR_JWT_EXPIRED');
    expect(told.at(-1)).toMatch(/otherwise than it should/);
  });

  test('one key is not published: its token is not accepted', async () => {
    const { world, out } = worldOf({});
    expect(await tour(world, (keys) => keys.filter(({ kid }) => kid !== 'rsa-1'))).toBe(1);
    expect(surprises(out())).toEqual([
      '  !  RS256 should have been accepted, but: ERR_JWKS_NO_MATCHING_KEY',
      '  !  expired should have been refused with ERR_JWT_EXPIRED',
      '  !  Something turned out otherwise than it should: see the lines marked !',
    ]);
  });

  test('none is published: the keys are unavailable', async () => {
    const { world } = worldOf({});
    await expect(tour(world, () => [])).rejects.toThrow(JoseError);
  });
});
