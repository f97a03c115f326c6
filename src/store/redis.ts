// A ring in Redis: one hash, through the client that the service already uses.
import { aString, checkArgumentCount, isFunction, type OptionRules, readOptions } from '../options.ts';
import type { RingStore, StoredRing } from './store.ts';
import {
  aRingName,
  checkSaveArguments,
  invalidStoreError,
  NOTHING_SAVED,
  readStoredRing,
  storeRefusedError,
} from './store.ts';

/** The member of `ioredis`, or of a similar client, that the store uses. */
interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** The member of `redis` from version 4 on, or of a similar client, that the store uses. */
interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>;
}

export type RedisClient = IoRedisClient | NodeRedisClient;

export interface RedisStoreOptions {
  /** Distinguishes the rings of a database; usually the issuer's name. */
  readonly ring: string;
  /** The start of the Redis key, before the ring. Default: `barejose:ring:`. */
  readonly prefix?: string | undefined;
}

/** Redis runs a script atomically. A first save fails if the key exists, whatever its type. */
const SAVE_SCRIPT = `
local version = redis.call('HGET', KEYS[1], 'version')
if ARGV[1] == '0' then
  if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
elseif version ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'records', ARGV[3])
return 1
`;

const REDIS_STORE_OPTIONS: OptionRules<RedisStoreOptions> = { ring: aRingName, prefix: aString };

/** @throws TypeError naming `client` or the option */
export function redisStore(client: RedisClient, options: RedisStoreOptions): RingStore {
  checkArgumentCount(arguments.length, redisStore);
  const send = sendCommandOf(client);
  const { ring, prefix = 'barejose:ring:' } = readOptions(options, REDIS_STORE_OPTIONS, { needed: ['ring'] });
  const key = `${prefix}${ring}`;
  return {
    load: async () => readRedisReply(await send('HMGET', key, 'version', 'records')),
    save: async (records, expectedVersion) => {
      checkSaveArguments(records, expectedVersion);
      const [from, to] = [expectedVersion, expectedVersion + 1].map(String);
      // The client may be configured to return numbers as strings.
      return String(await send('EVAL', SAVE_SCRIPT, '1', key, `${from}`, `${to}`, records)) === '1';
    },
  };
}

type SendCommand = (command: string, ...args: string[]) => Promise<unknown>;

function sendCommandOf(client: RedisClient): SendCommand {
  const send = clientCommand(client);
  return async (...words) => {
    try {
      return await send(...words);
    } catch (error) {
      throw error instanceof Error ? redisError(error) : error;
    }
  };
}

/** Returns the client's error, or one with the remedy if its first word means a mistake in the setup. */
function redisError(error: Error): Error {
  // Redis 6 adds words of its own before the errors of a script.
  if (error.message.includes('WRONGTYPE'))
    return invalidStoreError('found another kind of value at the Redis key of the ring: choose another options.prefix');
  const [word = ''] = /^[A-Z]+(?= )/.exec(error.message) ?? [];
  const remedy = REMEDIES.get(word);
  return remedy === undefined ? error : storeRefusedError(`was refused by Redis (${word}): ${remedy}`, word);
}

const REMEDIES: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['NOAUTH', 'give the client a username and password'],
  ['WRONGPASS', 'give the client the right username and password'],
  ['NOPERM', 'its user must be allowed HMGET, HGET, EXISTS, HSET and EVAL on the key of the ring'],
  ['READONLY', 'the client is connected to a replica; it must be connected to the primary'],
]);

/** ioredis also has a `sendCommand`, with different arguments. */
function clientCommand(client: RedisClient): SendCommand {
  if (isClientWith<IoRedisClient>(client, 'call')) return (...words) => client.call(...words);
  if (isClientWith<NodeRedisClient>(client, 'sendCommand')) return (...words) => client.sendCommand(words);
  throw new TypeError('client must be a client of ioredis, or of redis 4 or later');
}

/** Reads the member through the prototype chain, since clients inherit their methods. */
function isClientWith<T extends object>(client: object, name: keyof T & string): client is T {
  const method: unknown = Object(client)[name];
  return isFunction(method);
}

function readRedisReply(reply: unknown): StoredRing {
  if (!Array.isArray(reply) || reply.length !== 2) throw invalidStoreError('returned an invalid reply');
  const [version, records] = reply;
  return version === null && records === null ? NOTHING_SAVED : readStoredRing(records, version);
}
