// The Redis store over clients that know the store's own commands and no others. What Redis itself makes of them is for
// store-servers.test.ts.

import { describe, expect, test } from 'vitest';
import { type RedisClient, redisStore } from '../../src/store/redis.ts';
import { expectSilent, expectTypeError } from '../support/expect.ts';
import { keepsToTheContract } from './store-contract.ts';

const RING = 'https://issuer.example';

/** The script as it must be, to the letter: this file then does in TypeScript what Redis does in Lua. */
const SCRIPT = `
local version = redis.call('HGET', KEYS[1], 'version')
if ARGV[1] == '0' then
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
elseif version ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'records', ARGV[3])
return 1
`;

/** A hash, or what is no hash. */
class Database {
  readonly keys = new Map<string, Map<string, string> | 'a string'>();

  run(words: readonly unknown[]): unknown {
    const [command, ...args] = words.map((word) => {
      if (typeof word !== 'string') throw new TypeError('Invalid argument type');
      return word;
    });
    if (command === 'HMGET') return this.#hmget(args);
    if (command === 'EVAL') return this.#eval(args);
    throw new Error(`ERR unknown command '${command}'`);
  }

  #hash(key: string): Map<string, string> | undefined {
    const value = this.keys.get(key);
    if (value === 'a string') throw new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
    return value;
  }

  #hmget([key = '', ...fields]: readonly string[]): unknown {
    return fields.map((field) => this.#hash(key)?.get(field) ?? null);
  }

  #eval([script, count, key = '', from = '', to = '', records = '', ...more]: readonly string[]): unknown {
    if (script !== SCRIPT || count !== '1' || more.length > 0) throw new Error('ERR Error compiling script');
    const version = this.#hash(key)?.get('version');
    if (from === '0' ? this.keys.has(key) : version !== from) return 0;
    const hash = this.#hash(key) ?? new Map();
    this.keys.set(key, hash.set('version', to).set('records', records));
    return 1;
  }
}

/** As ioredis has it: methods on a prototype, and a sendCommand that takes a Command of its own. */
class IoRedis {
  readonly #database: Database;
  constructor(database: Database) {
    this.#database = database;
  }
  async call(command: string, ...args: string[]): Promise<unknown> {
    return this.#database.run([command, ...args]);
  }
  async sendCommand(command: { name: string }): Promise<unknown> {
    throw new Error(`ERR unknown command '${command.name}'`);
  }
}

/** As redis has it. */
class NodeRedis {
  readonly #database: Database;
  constructor(database: Database) {
    this.#database = database;
  }
  async sendCommand(args: readonly string[]): Promise<unknown> {
    return this.#database.run(args);
  }
}

describe.each([
  ['ioredis', (database: Database): RedisClient => new IoRedis(database)],
  ['redis', (database: Database): RedisClient => new NodeRedis(database)],
])('%s', (_, connect) => {
  const shared = new Database();
  keepsToTheContract((name) => redisStore(connect(shared), { ring: name }));

  test('one key for a ring, under the prefix', async () => {
    const database = new Database();
    await redisStore(connect(database), { ring: RING }).save('{}', 0);
    await redisStore(connect(database), { ring: RING, prefix: 'mine/' }).save('{}', 0);
    await redisStore(connect(database), { ring: RING, prefix: '' }).save('{}', 0);
    expect([...database.keys.keys()]).toEqual([`barejose:ring:${RING}`, `mine/${RING}`, RING]);
  });

  test('something else under the name is refused and stays', async () => {
    const database = new Database();
    const store = redisStore(connect(database), { ring: RING });
    database.keys.set(`barejose:ring:${RING}`, 'a string');
    await expect(store.load()).rejects.toMatchObject({
      code: 'ERR_RING_INVALID',
      message: expect.stringContaining('choose another options.prefix'),
    });
    await expect(store.save('{}', 7)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    await expect(store.save('{}', 0)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    expect(database.keys.get(`barejose:ring:${RING}`)).toBe('a string');
  });

  test.each([
    ['no version', { records: '{}' }],
    ['no records', { version: '1' }],
    ['a version of 0', { version: '0', records: '{}' }],
    ['a version that is none', { version: '1.5', records: '{}' }],
    ['no text', { version: '1', records: '' }],
  ])('%s is refused, and a first save changes nothing', async (_, fields) => {
    const database = new Database();
    const store = redisStore(connect(database), { ring: RING });
    const hash = new Map(Object.entries(fields));
    database.keys.set(`barejose:ring:${RING}`, hash);
    await expect(store.load()).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
    expect(await store.save('{}', 0)).toBe(false);
    expect(Object.fromEntries(hash)).toEqual(fields);
  });
});

test('a client that was told to return digits instead of numbers', async () => {
  const replies: unknown[] = ['1', '0', 0, null, undefined, 'OK'];
  const store = redisStore({ call: async () => replies.shift() }, { ring: RING });
  expect(await store.save('{}', 0)).toBe(true);
  for (let i = 0; i < 5; i++) expect(await store.save('{}', 0)).toBe(false);
});

test('a reply that is no pair of texts', async () => {
  const good = ['1', '{}'];
  for (const reply of [null, undefined, 'OK', {}, [], ['1'], [...good, 'more'], [Buffer.from('1'), Buffer.from('{}')]])
    await expect(redisStore({ call: async () => reply }, { ring: RING }).load()).rejects.toMatchObject({
      code: 'ERR_RING_INVALID',
    });
});

test('something else under the name, as Redis 6 tells it of a script', async () => {
  const error = new Error('ERR Error running script: @user_script:2: WRONGTYPE Operation against a key');
  const store = redisStore({ call: () => Promise.reject(error) }, { ring: RING });
  await expect(store.save('{}', 0)).rejects.toMatchObject({ code: 'ERR_RING_INVALID' });
});

test.each([
  ['NOAUTH Authentication required.', 'NOAUTH', 'a username and password'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS', 'the right username and password'],
  ["NOPERM User default has no permissions to run the 'eval' command", 'NOPERM', 'HMGET, HGET, EXISTS, HSET and EVAL'],
  ["READONLY You can't write against a read only replica.", 'READONLY', 'connected to the primary'],
])('a setup that Redis refuses: %s', async (message, word, remedy) => {
  const records = '{"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}';
  // ioredis has the words of the command in its errors.
  const call = (name: string, ...args: string[]) =>
    Promise.reject(Object.assign(new Error(message), { command: { name, args } }));
  const store = redisStore({ call }, { ring: RING });
  for (const operation of [store.load(), store.save(records, 1)]) {
    const error = await operation.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_RING_UNAVAILABLE',
      message: expect.stringContaining(remedy),
      retryAfter: 5,
    });
    expect(Object(error).cause).toEqual({ code: word });
    expect(String(error)).toContain(`(${word})`);
    expectSilent(error, records);
  }
});

test('what the client throws is thrown', async () => {
  for (const lost of [new Error('Connection is closed.'), new Error('ERR unknown command'), 'a string']) {
    const store = redisStore({ sendCommand: () => Promise.reject(lost) }, { ring: RING });
    await expect(store.load()).rejects.toBe(lost);
    await expect(store.save('{}', 1)).rejects.toBe(lost);
  }
  const thrown = new Error('The client is closed');
  const call = () => {
    throw thrown;
  };
  await expect(redisStore({ call }, { ring: RING }).load()).rejects.toBe(thrown);
});

describe('arguments', () => {
  const client: RedisClient = new NodeRedis(new Database());

  test('a ring, and no options that are not', () => {
    for (const ring of ['', 'a\0', '\ud800', 1, null])
      expectTypeError(() => redisStore(client, { ring: ring as string }), 'options.ring');
    expectTypeError(() => redisStore(client, {} as { ring: string }), 'options.ring must be given: ');
    expectTypeError(() => redisStore(client, { ring: 'a', prefx: 'b' } as { ring: string }), 'options.prefx');
    for (const prefix of [1, null, '\ud800'])
      expectTypeError(() => redisStore(client, { ring: 'a', prefix: prefix as string }), 'options.prefix');
  });

  test('a client', () => {
    for (const bad of [undefined, null, {}, 'redis://', { call: 1 }, { sendCommand: '' }])
      expectTypeError(() => redisStore(bad as RedisClient, { ring: RING }), 'client');
  });
});
