// What a client returned is read for what it is, or refused.

import { expect, test } from 'vitest';
import { errorCodeOf, isStorableText, readStoredRing } from '../../src/store/store.ts';
import { expectCode } from '../support/expect.ts';
import { LAST_VERSION, MOST_OCTETS } from './store-contract.ts';

test('a version as digits, a number or a bigint: clients differ', () => {
  for (const version of ['12', 12, 12n]) expect(readStoredRing('{}', version)).toEqual({ records: '{}', version: 12 });
  expect(readStoredRing('{}', `${LAST_VERSION}`).version).toBe(LAST_VERSION);
});

test('what is no version from 1 on', () => {
  const bad = [
    undefined,
    null,
    '',
    '0',
    0,
    0n,
    -1,
    '-1',
    '+1',
    '01',
    ' 1',
    '1 ',
    '1\n',
    '1.0',
    1.5,
    '1e3',
    1e21,
    '0x1',
  ];
  for (const version of [...bad, Number.NaN, LAST_VERSION + 1, ['1'], { toString: () => '1' }, true])
    expectCode(() => readStoredRing('{}', version), 'ERR_RING_INVALID');
});

test('what are no records, and nothing of them is told', () => {
  const secret = `{"d":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}\0`;
  for (const records of [
    undefined,
    null,
    '',
    1,
    {},
    [],
    Buffer.from('{}'),
    '\ud800',
    secret,
    'a'.repeat(MOST_OCTETS + 1),
  ])
    expectCode(() => readStoredRing(records, 1), 'ERR_RING_INVALID', secret);
});

test('a text that every store can keep', () => {
  expect(['a', ' ', 'ü', '\u0001'].every(isStorableText)).toBe(true);
  expect(['', 'a\0', '\udc00', 1, undefined, ['a']].some(isStorableText)).toBe(false);
});

test('the code of an error, where there is one', () => {
  expect(errorCodeOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
  for (const error of [new Error('x'), undefined, null, 'ENOENT']) expect(errorCodeOf(error)).toBeUndefined();
});
