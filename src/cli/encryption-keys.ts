// Finds the key that a command encrypts or decrypts with: that of --key, --jwks or --password.
import {
  CONTENT_ENCRYPTIONS,
  type DecryptionKeys,
  fetchJwks,
  type ImportEncryptionKeysOptions,
  importDecryptionKeys,
  importEncryptionKeys,
  importPassword,
  KEY_MANAGEMENT_ALGORITHMS,
  type Key,
  type KeySet,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { withKeysUnavailable, withUsageErrors } from './errors.ts';
import { type Host, KeysUnavailableError, UsageError } from './host.ts';
import { type Input, isUrl, readText } from './input.ts';
import { formatSkippedKey, REMOTE_OPTIONS } from './key-set.ts';
import {
  DECRYPTION_OPTIONS,
  type DecryptionOption,
  importTokenPassword,
  type KeyImportOptions,
  PASSWORD_ALGORITHMS,
  readDecryptionOptions,
  requireKey,
  requirePublicKey,
} from './keys.ts';
import { quoteJson } from './terminal.ts';

export type KeyOption = 'key' | 'jwks' | 'password' | 'alg' | 'enc' | DecryptionOption;

/** The options that `encrypt` and `decrypt` have in common. */
export const KEY_OPTIONS: Options<'password' | 'alg' | DecryptionOption> = {
  password: { value: 'PASSWORD', help: 'a password instead: -, @FILE or env:NAME' },
  alg: {
    value: 'ALGORITHM',
    help: "the key's algorithm. Default: its own alg, else RSA-OAEP-256 or ECDH-ES+A256KW",
  },
  ...DECRYPTION_OPTIONS,
};

/** Reads the key to encrypt to. @throws UsageError, KeysUnavailableError */
export async function readEncryptingKey(host: Host, args: Arguments<KeyOption | 'kid' | 'iterations'>): Promise<Key> {
  const [name, source] = readKeyOption(args);
  if (name === 'key') return requirePublicKey(host, source, await readKeyOptions(host, args));
  if (name === 'jwks') return chooseKey(await readRecipientKeys(host, args, source), args);
  const [alg, iterations] = [args.choice('alg', PASSWORD_ALGORITHMS), args.integer('iterations', [1, 999_999_999])];
  const password = await readText(host, { name: '--password', source });
  return withUsageErrors(() => importPassword(password, { alg: alg ?? 'PBES2-HS256+A128KW', iterations }));
}

/**
 * Reads the key to decrypt a token with, or one's own keys.
 * @throws UsageError, KeysUnavailableError; JoseError when the token is not for a password
 */
export async function readDecryptingKeys(
  host: Host,
  args: Arguments<KeyOption>,
  token: string,
): Promise<Key | DecryptionKeys> {
  const [name, source] = readKeyOption(args);
  if (name === 'key') return readPrivateKey(host, args, source);
  if (name === 'jwks') return readOwnKeys(host, args, { name: '--jwks', source });
  const { maxIterations } = await readDecryptionOptions(host, args);
  const password = await readText(host, { name: '--password', source });
  return withUsageErrors(() => importTokenPassword(token, password, maxIterations));
}

/** Returns the one option that names the key, and its value. */
function readKeyOption(args: Arguments<KeyOption>): readonly [name: 'key' | 'jwks' | 'password', source: string] {
  const [name, second] = (['key', 'jwks', 'password'] as const).filter((each) => args.has(each));
  if (name === undefined || second !== undefined)
    throw new UsageError('one of --key, --jwks and --password must be given, and only one');
  return [name, args.requiredText(name)];
}

async function readPrivateKey(host: Host, args: Arguments<KeyOption>, source: string): Promise<Key> {
  const key = await requireKey(host, { name: '--key', source }, await readKeyOptions(host, args));
  if (key.type === 'public')
    throw new UsageError('--key must be a private key or a secret: a public key only encrypts');
  return key;
}

async function readKeyOptions(host: Host, args: Arguments<KeyOption>): Promise<KeyImportOptions> {
  const [alg, enc] = [args.choice('alg', KEY_MANAGEMENT_ALGORITHMS), args.choice('enc', CONTENT_ENCRYPTIONS)];
  return { alg, use: 'enc', ...(alg === 'dir' && { enc }), ...(await readDecryptionOptions(host, args)) };
}

function readSetOptions(args: Arguments<KeyOption>): ImportEncryptionKeysOptions {
  return { alg: args.choice('alg', KEY_MANAGEMENT_ALGORITHMS) };
}

async function readRecipientKeys(host: Host, args: Arguments<KeyOption>, source: string): Promise<KeySet> {
  const options = readSetOptions(args);
  return withKeysUnavailable('--jwks', async () => {
    const text = isUrl(source)
      ? (await withUsageErrors(() => fetchJwks(source, REMOTE_OPTIONS), '--jwks')).body
      : await readText(host, { name: '--jwks', source, isPublic: true });
    return importEncryptionKeys(text, options);
  });
}

/** Chooses the one key that --kid and --alg leave. */
function chooseKey({ keys, skipped }: KeySet, args: Arguments<'kid' | 'alg'>): Key {
  const [kid, alg] = [args.text('kid'), args.text('alg')];
  const fitting = keys.filter((key) => (kid ?? key.kid) === key.kid && (alg ?? key.alg) === key.alg);
  const [key, second] = fitting;
  if (!key) throw noKeyError('to encrypt to', skipped);
  if (!second) return key;
  const names = fitting.map((each) => `${each.kid === undefined ? 'without kid' : quoteJson(each.kid)} ${each.alg}`);
  throw new UsageError(`--jwks has several keys to encrypt to; --kid or --alg must choose one: ${names.join(', ')}`);
}

function readOwnKeys(host: Host, args: Arguments<KeyOption>, input: Input): Promise<DecryptionKeys> {
  const options = readSetOptions(args);
  return withKeysUnavailable('--jwks', async () => {
    const keys = importDecryptionKeys(await readText(host, input), options);
    if (keys.keys.length > 0) return keys;
    throw noKeyError('to decrypt with', keys.skipped);
  });
}

function noKeyError(purpose: string, skipped: KeySet['skipped']): KeysUnavailableError {
  return new KeysUnavailableError(
    [`--jwks has no fitting key ${purpose}`, ...skipped.map(formatSkippedKey)].join('; '),
  );
}
