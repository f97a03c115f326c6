// Finds the key that a command encrypts or decrypts with: that of --key, --jwks or --password, or of --decrypt-key and so on.
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
  type KeyManagementAlgorithm,
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

/** The options that name a key. In `verify` and `explain`, where --key is the issuer's, they begin with `decrypt-`. */
type Prefix = '' | 'decrypt-';

const SOURCES = ['key', 'jwks', 'password'] as const;

type Source = (typeof SOURCES)[number];

export type KeyOption<P extends Prefix = ''> = `${P}${Source | 'alg'}` | 'enc' | DecryptionOption;

/** How a command names its key. */
export interface KeyGrammar<P extends Prefix, Name extends string> {
  readonly prefix: P;
  /** The options that apply to the keys of some sources only. */
  readonly applies: readonly (readonly [Name, readonly Source[]])[];
}

/** The options that `encrypt` and `decrypt` have in common. */
export const KEY_OPTIONS: Options<'password' | 'alg' | DecryptionOption> = {
  password: { value: 'PASSWORD', help: 'a password instead: -, @FILE or env:NAME' },
  alg: {
    value: 'ALGORITHM',
    help: "the key's algorithm. Default: its own alg, else RSA-OAEP-256 or ECDH-ES+A256KW",
  },
  ...DECRYPTION_OPTIONS,
};

const TO_ENCRYPT: KeyGrammar<'', 'kid' | 'iterations' | DecryptionOption> = {
  prefix: '',
  applies: [
    ['kid', ['jwks']],
    ['iterations', ['password']],
    ['passphrase', ['key']],
    ['max-iterations', ['key']],
  ],
};

/** Reads the key to encrypt to. @throws UsageError, KeysUnavailableError */
export async function readEncryptingKey(host: Host, args: Arguments<KeyOption | 'kid' | 'iterations'>): Promise<Key> {
  const [name, source] = requireKeyOption(args, TO_ENCRYPT);
  if (name === 'key') return requirePublicKey(host, source, await readKeyOptions(host, args, readAlgorithm(args)));
  if (name === 'jwks') return chooseKey(await readRecipientKeys(host, args, source), args);
  const [alg, iterations] = [args.choice('alg', PASSWORD_ALGORITHMS), args.integer('iterations', [1, 999_999_999])];
  const password = await readText(host, { name: '--password', source });
  return withUsageErrors(() => importPassword(password, { alg: alg ?? 'PBES2-HS256+A128KW', iterations }));
}

const TO_DECRYPT: KeyGrammar<'', 'alg' | DecryptionOption> = {
  prefix: '',
  applies: [
    ['alg', ['key', 'jwks']],
    ['passphrase', ['key']],
    ['max-iterations', ['key', 'password']],
  ],
};

/**
 * Reads the key to decrypt a token with, or one's own keys.
 * @throws UsageError, KeysUnavailableError; JoseError when the token is not for a password
 */
export async function readDecryptingKeys(
  host: Host,
  args: Arguments<KeyOption>,
  token: string,
): Promise<Key | DecryptionKeys> {
  const [name, source] = requireKeyOption(args, TO_DECRYPT);
  if (name !== 'password') return readPrivateKeys(host, args, { prefix: '', name, source });
  const [password, maxIterations] = await readPassword(host, args, { name: '--password', source });
  return withUsageErrors(() => importTokenPassword(token, password, maxIterations));
}

/** Reads a password, and how many iterations a token may ask for. */
export async function readPassword(
  host: Host,
  args: Arguments<DecryptionOption>,
  input: Input,
): Promise<[password: string, maxIterations: number | undefined]> {
  const { maxIterations } = await readDecryptionOptions(host, args);
  return [await readText(host, input), maxIterations];
}

/** The option that names a key, and its value. */
type KeyOptionValue = readonly [name: Source, source: string];

function requireKeyOption<Name extends string>(
  args: Arguments<Source | Name>,
  grammar: KeyGrammar<'', Name>,
): KeyOptionValue {
  const found = readKeyOption(args, grammar);
  if (!found) throw new UsageError('one of --key, --jwks and --password must be given, and only one');
  return found;
}

/**
 * Returns the one option that names the key, if one does.
 * @throws UsageError for several, and for an option that would have no effect
 */
export function readKeyOption<P extends Prefix, Name extends string>(
  args: Arguments<`${P}${Source}` | Name>,
  { prefix, applies }: KeyGrammar<P, Name>,
): KeyOptionValue | undefined {
  const [name, second] = SOURCES.filter((each) => args.has(`${prefix}${each}`));
  if (second !== undefined) throw new UsageError(`only one of ${listSources(prefix, SOURCES, 'and')} can be given`);
  for (const [option, sources] of applies)
    if (args.has(option) && !(name && sources.includes(name)))
      throw new UsageError(`--${option} needs ${listSources(prefix, sources, 'or')}`);
  return name && [name, args.requiredText(`${prefix}${name}`)];
}

function listSources(prefix: Prefix, sources: readonly Source[], conjunction: 'and' | 'or'): string {
  const names = sources.map((each) => `--${prefix}${each}`);
  return names.join(', ').replace(/, ([^,]*)$/, ` ${conjunction} $1`);
}

/** One's own keys, as an option names them. */
interface PrivateKeysOption<P extends Prefix> {
  readonly prefix: P;
  readonly name: Exclude<Source, 'password'>;
  readonly source: string;
}

/** Reads one's own private key or secret, or a set of them. @throws UsageError, KeysUnavailableError */
export async function readPrivateKeys<P extends Prefix>(
  host: Host,
  args: Arguments<KeyOption<P>>,
  { prefix, name, source }: PrivateKeysOption<P>,
): Promise<Key | DecryptionKeys> {
  const input = { name: `--${prefix}${name}`, source };
  const alg = args.choice(`${prefix}alg`, KEY_MANAGEMENT_ALGORITHMS);
  if (name === 'jwks') return readOwnKeys(host, input, { alg });
  const key = await requireKey(host, input, await readKeyOptions(host, args, alg));
  if (key.type !== 'public') return key;
  throw new UsageError(`${input.name} must be a private key or a secret: a public key only encrypts`);
}

async function readKeyOptions(
  host: Host,
  args: Arguments<'enc' | DecryptionOption>,
  alg: KeyManagementAlgorithm | undefined,
): Promise<KeyImportOptions> {
  const enc = args.choice('enc', CONTENT_ENCRYPTIONS);
  return { alg, use: 'enc', ...(alg === 'dir' && { enc }), ...(await readDecryptionOptions(host, args)) };
}

function readAlgorithm(args: Arguments<'alg'>): KeyManagementAlgorithm | undefined {
  return args.choice('alg', KEY_MANAGEMENT_ALGORITHMS);
}

async function readRecipientKeys(host: Host, args: Arguments<KeyOption>, source: string): Promise<KeySet> {
  const alg = readAlgorithm(args);
  return withKeysUnavailable('--jwks', async () => {
    const text = isUrl(source)
      ? (await withUsageErrors(() => fetchJwks(source, REMOTE_OPTIONS), '--jwks')).body
      : await readText(host, { name: '--jwks', source, isPublic: true });
    return importEncryptionKeys(text, { alg });
  });
}

/** Chooses the one key that --kid and --alg leave. */
function chooseKey({ keys, skipped }: KeySet, args: Arguments<'kid' | 'alg'>): Key {
  const [kid, alg] = [args.text('kid'), args.text('alg')];
  const fitting = keys.filter((key) => (kid ?? key.kid) === key.kid && (alg ?? key.alg) === key.alg);
  const [key, second] = fitting;
  if (!key) throw noKeyError('--jwks has no fitting key to encrypt to', skipped);
  if (!second) return key;
  const names = fitting.map((each) => `${each.kid === undefined ? 'without kid' : quoteJson(each.kid)} ${each.alg}`);
  throw new UsageError(`--jwks has several keys to encrypt to; --kid or --alg must choose one: ${names.join(', ')}`);
}

function readOwnKeys(host: Host, input: Input, options: ImportEncryptionKeysOptions): Promise<DecryptionKeys> {
  return withKeysUnavailable(input.name, async () => {
    const keys = importDecryptionKeys(await readText(host, input), options);
    if (keys.keys.length > 0) return keys;
    throw noKeyError(`${input.name} has no fitting key to decrypt with`, keys.skipped);
  });
}

function noKeyError(message: string, skipped: KeySet['skipped']): KeysUnavailableError {
  return new KeysUnavailableError([message, ...skipped.map(formatSkippedKey)].join('; '));
}
