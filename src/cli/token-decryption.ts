// Lets `verify` and `explain` take encrypted tokens: the options that name the keys and say which tokens are accepted.
import {
  CONTENT_ENCRYPTIONS,
  type DecryptionKeys,
  decryptJwe,
  decryptWith,
  type ExplainedStep,
  type Key,
  type TokenDecrypter,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { isEncryptedToken, readEncryptedToken } from './encrypted-token.ts';
import { type KeyGrammar, readKeyOption, readPassword, readPrivateKeys } from './encryption-keys.ts';
import { asJoseError, withUsageErrors } from './errors.ts';
import { type Host, KeysUnavailableError } from './host.ts';
import { decodeText } from './input.ts';
import {
  DECRYPTION_OPTIONS,
  type DecryptionOption,
  findPasswordAlgorithm,
  importReadingPassword,
  type PasswordAlgorithm,
} from './keys.ts';

export type TokenDecryptionOption =
  | 'decrypt-key'
  | 'decrypt-jwks'
  | 'decrypt-password'
  | 'decrypt-alg'
  | 'allow-signed'
  | 'enc'
  | 'zip'
  | DecryptionOption;

export const TOKEN_DECRYPTION_OPTIONS: Options<TokenDecryptionOption> = {
  'decrypt-key': {
    value: 'KEY',
    help:
      'decrypt the token first, with your private key or secret: -, @FILE or env:NAME, as JWK, PEM or DER. ' +
      'A token that is not encrypted is refused then',
  },
  'decrypt-jwks': { value: 'JWKS', help: 'your JWK Set of private keys and secrets instead: -, @FILE or env:NAME' },
  'decrypt-password': { value: 'PASSWORD', help: 'a password instead: -, @FILE or env:NAME' },
  'decrypt-alg': {
    value: 'ALGORITHM',
    help: 'the algorithm of --decrypt-key, or of keys in --decrypt-jwks that name none. Default: RSA-OAEP-256 or ECDH-ES+A256KW',
  },
  'allow-signed': { help: 'accept also a token that is signed and not encrypted' },
  enc: { value: 'ENC', help: `accept only this content encryption: ${CONTENT_ENCRYPTIONS.join(', ')}` },
  zip: { help: 'accept a compressed token, of at most 250000 octets' },
  ...DECRYPTION_OPTIONS,
};

const ANY = ['key', 'jwks', 'password'] as const;

const GRAMMAR: KeyGrammar<'decrypt-', Exclude<TokenDecryptionOption, `decrypt-${(typeof ANY)[number]}`>> = {
  prefix: 'decrypt-',
  applies: [
    ['decrypt-alg', ['key', 'jwks']],
    ['passphrase', ['key']],
    ['max-iterations', ['key', 'password']],
    ['allow-signed', ANY],
    ['enc', ANY],
    ['zip', ANY],
  ],
};

/** What decrypts a token. */
export interface TokenDecryption {
  /** For a verifier. */
  readonly decrypter: TokenDecrypter;
  /** Returns the text inside, which nobody has verified. @throws JoseError */
  readonly open: (token: string) => string;
}

/**
 * Reads what decrypts a token before it is verified, if an option names it.
 * @param readToken called for a password only, whose algorithm is that of the token
 * @throws UsageError, KeysUnavailableError
 */
export async function readTokenDecryption(
  host: Host,
  args: Arguments<TokenDecryptionOption>,
  readToken: () => Promise<string>,
): Promise<TokenDecryption | undefined> {
  const [name, source] = readKeyOption(args, GRAMMAR) ?? [];
  if (name === undefined || source === undefined) return undefined;
  const enc = args.choice('enc', CONTENT_ENCRYPTIONS);
  const options = { enc: enc && [enc], zip: args.has('zip') };
  const keys =
    name === 'password'
      ? await readPasswordFor(host, args, { source, readToken })
      : await withPrefixedNames(() => readPrivateKeys(host, args, { prefix: GRAMMAR.prefix, name, source }));
  return {
    decrypter: decryptWith(keys, { ...options, required: !args.has('allow-signed') }),
    open: (token) => decodeText(decryptJwe(token, keys, options).plaintext),
  };
}

interface PasswordOption {
  readonly source: string;
  readonly readToken: () => Promise<string>;
}

/** Reads the password. For a token that is under none, it becomes a key that does not fit, so that the steps say so. */
async function readPasswordFor(
  host: Host,
  args: Arguments<TokenDecryptionOption>,
  { source, readToken }: PasswordOption,
): Promise<Key> {
  const [password, maxIterations] = await readPassword(host, args, { name: '--decrypt-password', source });
  const alg = passwordAlgorithmOf(await readToken()) ?? 'PBES2-HS256+A128KW';
  return withUsageErrors(() => importReadingPassword(password, alg, maxIterations));
}

function passwordAlgorithmOf(token: string): PasswordAlgorithm | undefined {
  if (!isEncryptedToken(token)) return undefined;
  try {
    return findPasswordAlgorithm(readEncryptedToken(token).header);
  } catch (error) {
    asJoseError(error);
    return undefined; // the verifier says what is wrong with the token
  }
}

/** Runs a function whose errors name the option --alg of `decrypt`, under the name that it has here. */
async function withPrefixedNames(run: () => Promise<Key | DecryptionKeys>): Promise<Key | DecryptionKeys> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof KeysUnavailableError)) throw error;
    throw new KeysUnavailableError(error.message.replace(/\boptions\.alg\b/, '--decrypt-alg'));
  }
}

/** What the steps of the library say of its functions, and what the options of the command are. */
const COMMAND_WORDS: readonly (readonly [library: string, command: string])[] = [
  ['see decryptJwt, verifyNestedJwt', 'give --decrypt-key, --decrypt-jwks or --decrypt-password'],
  ['decryptJwt reads one that is encrypted only', '`barejose decrypt` shows one that is encrypted only'],
  [', which verifyJwt or verifyJws reads', '; give --allow-signed to accept it too'],
  ['decryptWith(keys, { enc, zip }) allows', '--enc and --zip allow'],
];

/** The steps of an explanation with the options of the command in place of the library's functions. */
export function withOptionNames(steps: readonly ExplainedStep[]): readonly ExplainedStep[] {
  const replaced = (text: string) => COMMAND_WORDS.reduce((words, [from, to]) => words.replace(from, to), text);
  return steps.map((step) => {
    const { reason, remedy } = step;
    return { ...step, reason: replaced(reason), ...(remedy !== undefined && { remedy: replaced(remedy) }) };
  });
}
