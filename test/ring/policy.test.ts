// The three inequalities, each with the number to change and to what, and the defaults.
import { describe, expect, test } from 'vitest';
import {
  leastLead,
  leastRetention,
  policyFaults,
  policyInSeconds,
  type RingPolicyOptions,
  readRingPolicy,
} from '../../src/ring/policy.ts';
import { expectTypeError } from '../support/expect.ts';

const LIFE = { maxTokenLifetime: '1h' } as const;

describe('readRingPolicy', () => {
  test('the defaults, in seconds, and frozen', () => {
    const policy = readRingPolicy(LIFE);
    expect(policy).toEqual({
      maxTokenLifetime: 3_600,
      publishLead: 86_400,
      rotation: 90 * 86_400,
      retention: 3_600 + 1_800 + 2 * 60,
      jwksMaxAge: 600,
      verifierTtl: 43_200,
      syncLag: 1_800,
      clockSkew: 60,
    });
    expect(Object.isFrozen(policy)).toBe(true);
  });

  test('every number can be given, and undefined is not given', () => {
    const given = {
      maxTokenLifetime: 100,
      publishLead: '1h',
      rotation: '1d',
      retention: '10m',
      jwksMaxAge: 0,
      verifierTtl: '0s',
      syncLag: 0.5,
      clockSkew: 0,
    } as const;
    expect(readRingPolicy(given)).toEqual({
      maxTokenLifetime: 100,
      publishLead: 3_600,
      rotation: 86_400,
      retention: 600,
      jwksMaxAge: 0,
      verifierTtl: 0,
      syncLag: 0.5,
      clockSkew: 0,
    });
    expect(readRingPolicy({ ...LIFE, publishLead: undefined, retention: undefined })).toEqual(readRingPolicy(LIFE));
  });

  test('maxTokenLifetime must be given', () => {
    // @ts-expect-error: it is required
    const error = expectTypeError(() => readRingPolicy({}));
    expect(error.message).toMatch(
      /^policy\.maxTokenLifetime must be given: the longest that a token may live, as a duration such as '1h'/,
    );
    // @ts-expect-error: nor is it optional when it is undefined
    expectTypeError(() => readRingPolicy({ maxTokenLifetime: undefined }), 'policy.maxTokenLifetime');
  });

  test.each([
    ['maxTokenLifetime', 0],
    ['publishLead', 0],
    ['rotation', 0],
    ['retention', 0],
    ['syncLag', 0],
    ['jwksMaxAge', -1],
    ['verifierTtl', Number.NaN],
    ['clockSkew', Number.POSITIVE_INFINITY],
    ['maxTokenLifetime', '1 h'],
    ['rotation', null],
    ['lead', '24h'],
  ])('%s: %s will not do', (name, value) => {
    const options = { ...LIFE, [name]: value };
    if (name !== 'lead')
      expectTypeError(
        () => readRingPolicy(options),
        /must be .*a duration such as '(1?5m|1h)',? or a number of seconds/,
      );
    expectTypeError(() => readRingPolicy(options), `policy.${name}`);
    expectTypeError(() => policyInSeconds(options, 'options.policy'), `options.policy.${name}`);
  });
});

describe('the inequalities', () => {
  // Lead 60 + 500 + 30 + 10; retention 100 + 30 + 2 × 10.
  const EDGE = {
    maxTokenLifetime: 100,
    jwksMaxAge: 60,
    verifierTtl: 500,
    syncLag: 30,
    clockSkew: 10,
    publishLead: 600,
    rotation: 601,
    retention: 150,
  };
  const LEAD = 'publishLead is 599 s: make it at least 600, jwksMaxAge + verifierTtl + syncLag + clockSkew';
  const RETENTION = 'retention is 149 s: make it at least 150, maxTokenLifetime + syncLag + 2 clockSkew';
  const ROTATION = 'rotation is 600 s: make it more than 600, publishLead';

  test('hold at their edge', () => {
    expect(policyFaults(policyInSeconds(EDGE))).toEqual([]);
    expect(readRingPolicy(EDGE)).toEqual(EDGE);
    expect([leastLead(EDGE), leastRetention(EDGE)]).toEqual([600, 150]);
  });

  test('without retention it is the least that will do', () => {
    const { retention: _, ...rest } = EDGE;
    expect(readRingPolicy(rest).retention).toBe(150);
  });

  test.each<[keyof RingPolicyOptions, number, string]>([
    ['publishLead', 599, LEAD],
    ['retention', 149, RETENTION],
    ['rotation', 600, ROTATION],
  ])('%s too short by a second', (name, value, message) => {
    const options = { ...EDGE, [name]: value };
    expect(policyFaults(policyInSeconds(options))).toEqual([message]);
    expect(expectTypeError(() => readRingPolicy(options)).message).toBe(`policy.${message}`);
    expect(expectTypeError(() => readRingPolicy(options, 'options.policy')).message).toBe(`options.policy.${message}`);
  });

  test.each<[keyof RingPolicyOptions, readonly string[]]>([
    ['jwksMaxAge', ['publishLead']],
    ['verifierTtl', ['publishLead']],
    ['syncLag', ['publishLead', 'retention']],
    ['clockSkew', ['publishLead', 'retention']],
    ['maxTokenLifetime', ['retention']],
  ])('%s longer by a second needs more of %j', (name, needing) => {
    const faults = policyFaults({ ...EDGE, [name]: EDGE[name] + 1 });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(needing);
  });

  test('all that has to change is told at once', () => {
    const options = { ...EDGE, publishLead: 599, retention: 149, rotation: 599 };
    const rotation = 'rotation is 599 s: make it more than 599, publishLead';
    expect(expectTypeError(() => readRingPolicy(options)).message).toBe(
      [LEAD, RETENTION, rotation].map((fault) => `policy.${fault}`).join('; '),
    );
  });
});

test.each([
  'maxTokenLifetime',
  'publishLead',
  'rotation',
  'retention',
  'jwksMaxAge',
  'verifierTtl',
  'syncLag',
  'clockSkew',
])('%s is at most 100 years, since instants beyond cannot be written, and the error says so', (name) => {
  const read = (length: number) => readRingPolicy({ maxTokenLifetime: '1h', [name]: length });
  for (const length of [3_162_240_001, 1e11 - 1])
    expectTypeError(
      () => read(length),
      new RegExp(`policy\\.${name} is ${length} s: make it at most 3162240000, 100 years`),
    );
  for (const length of [1e11, 1e300])
    expectTypeError(() => read(length), new RegExp(`^policy\\.${name} must be .*: give seconds, not milliseconds$`));
});
