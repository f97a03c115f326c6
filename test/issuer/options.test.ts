// What an issuer is made with, and what its tokens are signed with: read once, and every mistake is told by its name.
import { describe, expect, test } from 'vitest';
import { createIssuer, createSeal } from '../../src/index.ts';
import {
  type IssueOptions,
  type IssuerOptions,
  readIssueOptions,
  readIssuerOptions,
} from '../../src/issuer/options.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { expectTypeError } from '../support/expect.ts';
import { keyPair } from '../support/keys.ts';
import { expectMistake } from './issuing.ts';
import { NAME } from './rings.ts';

const store = memoryStore();
const LEAST: IssuerOptions = { issuer: NAME, store };
const holes = new Array(2);

describe('what an issuer is made with', () => {
  test('an issuer and a store will do; undefined is not given', () => {
    expect(readIssuerOptions(LEAST)).toEqual(LEAST);
    const unset = {
      policy: undefined,
      algorithms: undefined,
      seal: undefined,
      firstKeys: undefined,
      generate: undefined,
    };
    expect({ ...readIssuerOptions({ ...LEAST, ...unset, clock: undefined }) }).toMatchObject(LEAST);
  });

  test('everything there is', () => {
    const all: Required<IssuerOptions> = {
      ...LEAST,
      policy: { maxTokenLifetime: '1h' },
      algorithms: ['ES256', 'ML-DSA-44', 'Ed25519', 'EdDSA'],
      seal: createSeal('ab'.repeat(32)),
      firstKeys: [keyPair('ES256').privateKey],
      generate: () => keyPair('ES256').privateKey,
      signerFor: () => undefined,
      clock: () => 0,
      pool: 'always',
      onEvent: () => undefined,
    };
    expect(readIssuerOptions(all)).toEqual(all);
  });

  test('a store and a seal may be of a class', () => {
    class Kept {
      load = () => store.load();
      save = (records: string, version: number) => store.save(records, version);
    }
    class Sealed {
      seal = (text: string) => text;
      unseal = (text: string) => text;
    }
    const [kept, sealed] = [new Kept(), new Sealed()];
    expect(readIssuerOptions({ issuer: NAME, store: kept, seal: sealed })).toMatchObject({ store: kept, seal: sealed });
  });

  test('lists are its own: who changes theirs later changes nothing', () => {
    const [algorithms, firstKeys] = [['ES256' as const], [keyPair('ES256').privateKey]];
    const settings = readIssuerOptions({ ...LEAST, algorithms, firstKeys });
    algorithms.pop();
    firstKeys.pop();
    expect(settings).toMatchObject({ algorithms: ['ES256'], firstKeys: [keyPair('ES256').privateKey] });
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [undefined, 'options.issuer must be given'],
    [{}, 'options.issuer must be given'],
    [{ store }, 'options.issuer must be given'],
    [{ issuer: undefined, store }, 'options.issuer must be given'],
    [{ issuer: NAME }, 'options.store must be given'],
    [Object.create(LEAST), 'options must be a plain object'],
    [null, 'options must be a plain object'],
    [[], 'options must be a plain object'],
    ...['', 7, null, new URL(NAME), [NAME], '\ud800'].map((issuer) => [{ store, issuer }, 'options.issuer'] as const),
    ...['memory', null, {}, { load: store.load }, { save: store.save }, memoryStore].map(
      (bad) => [{ issuer: NAME, store: bad }, 'options.store'] as const,
    ),
    ...['1h', null, [], new Map()].map((policy) => [{ ...LEAST, policy }, 'options.policy'] as const),
    ...[
      'ES256',
      [],
      ['none'],
      ['HS256'],
      ['ES256', 'HS256'],
      ['ES256', 'ES256'],
      [7],
      holes,
      null,
      new Set(['ES256']),
    ].map((algorithms) => [{ ...LEAST, algorithms }, 'options.algorithms'] as const),
    ...['key', null, {}, { seal: String }, { unseal: String }].map(
      (seal) => [{ ...LEAST, seal }, 'options.seal'] as const,
    ),
    ...[keyPair('ES256').privateKey, [], null, 'x'].map(
      (firstKeys) => [{ ...LEAST, firstKeys }, 'options.firstKeys'] as const,
    ),
    ...(['generate', 'signerFor', 'clock', 'onEvent'] as const).flatMap((name) =>
      [7, null, 'x', {}].map((value) => [{ ...LEAST, [name]: value }, `options.${name}`] as const),
    ),
    [{ ...LEAST, keys: [] }, 'options.keys is not an option'],
    [JSON.parse('{"issuer":"a","__proto__":1}'), 'options.__proto__ is not an option'],
  ];

  test.each(wrong)('%o: %s', async (options, message) => {
    expectTypeError(
      () => readIssuerOptions(options as IssuerOptions),
      new RegExp(`^${message.replaceAll('.', '\\.')}`),
    );
    await expectMistake(createIssuer(options as IssuerOptions), /^options/);
  });
});

describe('what a token is signed with', () => {
  const good: IssueOptions = { audience: 'api', expiresIn: 300 };

  test('an audience and a lifetime will do; the rest is for signJwt to judge', () => {
    expect(readIssueOptions(good)).toEqual(good);
    for (const audience of [null, '', ['a'], ['a', 'b']])
      expect(readIssueOptions({ ...good, audience })).toMatchObject({ audience });
    expect(readIssueOptions({ expiresIn: 1 })).toEqual({ expiresIn: 1 }); // the claims may have one
    const all = { ...good, alg: 'EdDSA', notBefore: '1m', typ: null, header: { a: 1 } } as const;
    expect(readIssueOptions(all)).toEqual(all);
  });

  const wrong: readonly (readonly [unknown, string])[] = [
    [undefined, 'options.expiresIn must be given'],
    [{ audience: 'a' }, 'options.expiresIn must be given'],
    [{ ...good, expiresIn: undefined }, 'options.expiresIn must be given'],
    ...[7, [], [7], holes, {}, true, '\ud800'].map(
      (audience) => [{ ...good, audience }, 'options.audience must be '] as const,
    ),
    ...[null, '1y', -1, Number.NaN, Number.POSITIVE_INFINITY, '', {}].map(
      (expiresIn) => [{ ...good, expiresIn }, 'options.expiresIn must be '] as const,
    ),
    ...['HS256', 'none', '', 7, null, ['ES256']].map((alg) => [{ ...good, alg }, 'options.alg must be '] as const),
    [{ ...good, header: { kid: 'mine' } }, 'options.header.kid must be absent'],
    [{ ...good, now: 0 }, 'options.now is not an option'],
    [{ ...good, issuer: 'me' }, 'options.issuer is not an option'],
    [null, 'options must be a plain object'],
    [Object.create(good), 'options must be a plain object'],
  ];

  test.each(wrong)('%o: %s', (options, message) => {
    expectTypeError(() => readIssueOptions(options as IssueOptions), new RegExp(`^${message.replaceAll('.', '\\.')}`));
  });
});
