import { describe, expect, test } from 'vitest';
import { Arguments, nearestWords, parseArguments } from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/host.ts';
import { SIGNATURE_ALGORITHMS } from '../../src/index.ts';

const given = (...values: readonly string[]) => new Arguments<'name'>([], new Map([['name', values]]));
const none = new Arguments<'name'>([], new Map());

describe('a value', () => {
  test('is given once or not at all', () => {
    expect([given('a').text('name'), given('a').requiredText('name'), none.text('name')]).toEqual([
      'a',
      'a',
      undefined,
    ]);
    expect(() => given('a', 'b').text('name')).toThrow('--name must be given only once');
    expect(() => given('').text('name')).toThrow('--name must not be empty');
    expect(() => given('a', '').texts('name')).toThrow('--name must not be empty');
    expect(() => none.requiredText('name')).toThrow('--name must be given');
    expect(() => none.throwMissing('name')).toThrow('--name must be given');
    expect([given('').textOrEmpty('name'), given('a').textOrEmpty('name'), none.textOrEmpty('name')]).toEqual([
      '',
      'a',
      undefined,
    ]);
    expect(() => given('a', 'b').textOrEmpty('name')).toThrow('--name must be given only once');
    expect(() => given('', 'b').textOrEmpty('name')).toThrow('--name must not be empty');
    expect([given('a').has('name'), none.has('name'), none.texts('name')]).toEqual([true, false, []]);
  });

  test('is one of several words', () => {
    expect([given('b').choice('name', ['a', 'b']), none.choice('name', ['a'])]).toEqual(['b', undefined]);
    expect(() => given('c').choice('name', ['a', 'b'])).toThrow('--name must be one of a, b');
  });

  test('is the name of an algorithm', () => {
    expect([given('ES256').algorithm('name'), none.algorithm('name')]).toEqual(['ES256', undefined]);
    expect(given('ES256', 'EdDSA').choices('name', SIGNATURE_ALGORITHMS)).toEqual(['ES256', 'EdDSA']);
    for (const alg of ['none', 'es256', 'toString'])
      expect(() => given(alg).choices('name', SIGNATURE_ALGORITHMS)).toThrow('--name must be one of HS256, ');
    expect(() => given('HS256').choices('name', ['ES256'])).toThrow(/^--name must be one of ES256$/);
  });

  test.each([
    ['0', 0],
    ['007', 7],
    ['10', 10],
  ])('%s is a whole number', (text, number) => {
    expect(given(text).integer('name', [0, 10])).toBe(number);
  });
  test.each(['11', '-1', '1.5', '1e1', 'ten', '0x1', ' 1'])('%j is not a whole number within the bounds', (text) => {
    expect(() => given(text).integer('name', [0, 10])).toThrow('--name must be a whole number from 0 to 10');
  });
  test('a missing number is undefined', () => {
    expect(none.integer('name', [0, 10])).toBeUndefined();
    expect(() => given('0').integer('name', [1, 10])).toThrow('from 1 to 10');
  });

  test('is an operand, which errors name', () => {
    expect(new Arguments(['a'], new Map()).requiredOperand('WHAT')).toBe('a');
    for (const operands of [[], ['']])
      expect(() => new Arguments(operands, new Map()).requiredOperand('WHAT')).toThrow('WHAT must be given');
  });

  test.each(['0s', '30s', '5m', '2h', '7d', '2w', '999999999s'])('%s is a duration', (text) => {
    expect(given(text).duration('name')).toBe(text);
  });
  test.each(['5', '5 m', '-5m', '1.5h', '5M', '1h30m', '9999999999s'])('%j is not a duration', (text) => {
    expect(() => given(text).duration('name')).toThrow('--name must be a whole number and a unit');
  });
  test('a missing duration is undefined', () => expect(none.duration('name')).toBeUndefined());

  test.each([
    ['0', 0],
    ['1769860800', 1_769_860_800],
    ['99999999999', 99_999_999_999],
    ['2026-01-31', 1_769_817_600],
    ['5138-11-16T09:46:39Z', 99_999_999_999],
    ['2026-01-31T12:00Z', 1_769_860_800],
    ['2026-01-31T12:00:00Z', 1_769_860_800],
    ['2026-01-31T12:00:00.500Z', 1_769_860_800.5],
  ])('%s is an instant', (text, instant) => {
    expect(given(text).instant('name')).toBe(instant);
  });
  test.each([
    '2026-02-29',
    '2026-02-31',
    '2026-02-31T12:00:00Z',
    '2026-04-31T00:00Z',
    '2026-01-32',
    '2026-01-31T24:00Z',
  ])('%s is not a date', (text) => {
    expect(() => given(text).instant('name')).toThrow('--name must be seconds since 1970, or a date such as');
  });
  test.each(['now', '2026', '-1', '1e9', '2026-02-31T25:00:00Z', '2026-01-31T12:00:00', '2026-01-31T12:00:00+01:00'])(
    '%s is not an instant, or depends on the time zone',
    (text) => {
      if (text === '2026') expect(given(text).instant('name')).toBe(2026);
      else expect(() => given(text).instant('name')).toThrow('--name must be seconds since 1970, or a date such as');
    },
  );
  test.each(['100000000000', '1769860800000', '1'.repeat(400), '5138-11-16T09:46:40Z'])('%s is too late', (text) => {
    const message = /^--name must be seconds since 1970, or .*Z; the year 5138 .* give seconds, not milliseconds$/;
    expect(() => given(text).instant('name')).toThrow(message);
    expect(() => given('now').instant('name')).not.toThrow(message);
  });
  test('a missing instant is undefined', () => expect(none.instant('name')).toBeUndefined());
});

describe('a command line', () => {
  const options = { name: { value: 'NAME', help: '' }, flag: { help: '' } };
  const read = (args: readonly string[], operand?: string) =>
    parseArguments<'name' | 'flag'>({ name: 'do', options, operand }, args);

  test('is split into operand, values and flags', () => {
    const sorted = read(['--name', 'a', '--flag', 'b', '--name=c', '--flag'], 'WHAT');
    expect([sorted.operand, sorted.texts('name'), sorted.has('flag')]).toEqual(['b', ['a', 'c'], true]);
    expect(read(['--', '--name'], 'WHAT').operand).toBe('--name');
    expect(read(['-'], 'WHAT').operand).toBe('-');
    expect(read([]).has('flag')).toBe(false);
  });

  test('a thumbprint that begins with a dash, or two, is not an option', () => {
    for (const kid of [`-${'a'.repeat(42)}`, `--${'_'.repeat(41)}`]) {
      expect(read([kid], 'WHAT').operand).toBe(kid);
      expect(read(['--flag', kid, '--name', 'a'], 'WHAT').operand).toBe(kid);
      expect(read(['--name', kid, kid], 'WHAT').operand).toBe(kid);
      expect(read(['--name', kid, '--name', kid]).texts('name')).toEqual([kid, kid]);
      expect(read(['--', kid], 'WHAT').operand).toBe(kid);
      expect(() => read(['a', kid], 'WHAT')).toThrow('do takes only one WHAT and options');
      expect(() => read([kid])).toThrow('do takes only options');
    }
    for (const word of [`-${'a'.repeat(41)}`, `-${'a'.repeat(43)}`, `-${'a'.repeat(41)}.`])
      expect(() => read([word], 'WHAT')).toThrow('unknown option');
  });

  test('the beginning of such a thumbprint is accepted in place of a kid', () => {
    const kids = { from: { value: 'KID', help: '' }, name: { value: 'NAME', help: '' } };
    const read = (args: readonly string[], operand?: string) =>
      parseArguments<'from' | 'name'>({ name: 'do', options: kids, operand }, args);
    for (const kid of ['-abcde', '-_-_-_-', '-abcdefghij…']) {
      expect(read([kid], 'KID').operand).toBe(kid);
      expect(read(['--from', kid], 'KID').text('from')).toBe(kid);
      expect(read(['--from', kid]).text('from')).toBe(kid);
      expect(() => read([kid], 'WHAT')).toThrow('unknown option');
      expect(() => read(['--name', kid], 'KID')).toThrow('--name needs a value');
    }
    for (const word of ['-abcd', '--abcdefgh']) expect(() => read([word], 'KID')).toThrow('unknown option');
    expect(read(['--', '--abcdefgh'], 'KID').operand).toBe('--abcdefgh');
  });

  test('the error names every missing argument', () => {
    const needy = {
      issuer: { value: 'ISSUER', help: '', required: true },
      reason: { value: 'TEXT', help: '', required: true },
      flag: { help: '' },
    };
    const grammar = { name: 'do', options: needy, operand: 'KID', needsOperand: true };
    const read = (...args: readonly string[]) => parseArguments<'issuer' | 'reason' | 'flag'>(grammar, args);
    expect(() => read().requiredOperand('KID')).toThrow(/^KID and --issuer and --reason must be given$/);
    expect(() => read('--flag').requiredText('reason')).toThrow(/^KID and --issuer and --reason must be given$/);
    expect(() => read('a', '--issuer', 'b').requiredText('reason')).toThrow(/^--reason must be given$/);
    expect(() => read('a', '--issuer', 'b').throwMissing('flag')).toThrow(/^--reason and --flag must be given$/);
    expect(() => read('', '--issuer', 'b', '--reason', 'c').requiredOperand('KID')).toThrow(/^KID must be given$/);
  });

  test.each([
    [['a'], undefined, 'do takes only options'],
    [['a', 'b'], 'WHAT', 'do takes only one WHAT and options'],
    [['--nome', 'a'], 'WHAT', 'unknown option --nome; did you mean --name?'],
    [['--other', 'a'], 'WHAT', 'unknown option --other; do takes --name --flag'],
    [['--SECRET'], 'WHAT', 'unknown option; do takes --name --flag'],
    [['--a-secret-of-words-and-dashes'], 'WHAT', 'unknown option; do takes --name --flag'],
    [['--secret=secret'], 'WHAT', 'unknown option --secret; do takes --name --flag'],
    [['-secret'], 'WHAT', 'unknown option; do takes --name --flag'],
    [['--name'], 'WHAT', '--name needs a value'],
    [['--name', '--flag'], 'WHAT', '--name needs a value'],
    [['--flag=secret'], 'WHAT', '--flag takes no value'],
    [['--__proto__'], 'WHAT', 'unknown option; do takes --name --flag'],
  ])('%j is refused', (args, operand, message) => {
    expect(() => read(args, operand)).toThrow(new UsageError(message));
  });
});

describe('the nearest words', () => {
  const words = ['verify', 'sign', 'ring', 'ring revoke', 'ring rotate'];
  test.each([
    ['verify', ['verify']],
    ['vreify', ['verify']],
    ['verif', ['verify']],
    ['verifyy', ['verify']],
    ['varify', ['verify']],
    ['veirfi', ['verify']],
    ['sing', ['sign', 'ring']],
    ['ring revok', ['ring revoke']],
    ['rign rotaet', ['ring rotate']],
    ['frobnicate', []],
    ['', []],
    ['xy', []],
    [`${'verify'.repeat(10)}`, []],
  ])('%j: %j', (word, found) => {
    expect(nearestWords(word, words)).toEqual(found);
  });
});
