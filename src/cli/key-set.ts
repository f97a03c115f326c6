// Finds and reads the JWK Set that a command is about: a file, a URL, or the URL in an issuer's metadata.
import {
  discover,
  exportJwk,
  importEncryptionKeys,
  importJwks,
  type Jwk,
  type Key,
  type KeySet,
  type RemoteJwksOptions,
  type SkippedKey,
  thumbprint,
} from '../index.ts';
import type { Arguments, Option } from './arguments.ts';
import { withKeysUnavailable, withUsageErrors } from './errors.ts';
import { type Host, KeysUnavailableError, UsageError } from './host.ts';
import { type Input, readText } from './input.ts';
import { quoteJson } from './terminal.ts';

/** Allows http on loopback, where no other machine can interfere. */
export const REMOTE_OPTIONS: RemoteJwksOptions = { allowInsecureLoopback: true };

export const ISSUER_OPTION: Option = { value: 'ISSUER', help: 'find the key set through the metadata of this issuer' };

/**
 * Returns the operand, or the URL that discovery finds.
 * @param operand its name in the help
 * @throws UsageError unless exactly one of operand and --issuer is given; KeysUnavailableError when discovery fails
 */
export async function locateKeySet(args: Arguments<'issuer'>, operand: string): Promise<string> {
  const issuer = args.text('issuer');
  if ((issuer === undefined) === (args.operand === undefined))
    throw new UsageError(`either ${operand} or --issuer must be given, and not both`);
  if (issuer === undefined) return String(args.operand);
  const run = () => withUsageErrors(() => discover(issuer, REMOTE_OPTIONS), '--issuer');
  return (await withKeysUnavailable('--issuer', run)).jwks_uri;
}

/** Reads a JWK Set from a file. @throws UsageError, and KeysUnavailableError when it has no usable key */
export function readKeySetFile(host: Host, input: Input): Promise<KeySet> {
  return withKeysUnavailable(input.name, async () => {
    const keys = importJwks(await readText(host, input));
    if (keys.keys.length > 0) return keys;
    throw new KeysUnavailableError(
      [`${input.name} has no usable key`, ...keys.skipped.map(formatSkippedKey)].join('; '),
    );
  });
}

/** A published set as imported: its keys for signatures, then those for encryption. */
export interface ImportedSet {
  readonly keys: readonly Jwk[];
  readonly skipped: readonly SkippedKey[];
}

/** Imports a published set for both purposes. @throws JoseError */
export function importPublishedSet(text: string): ImportedSet {
  const [verifying, encrypting] = [importJwks(text), importEncryptionKeys(text)];
  const taken = new Set(verifying.keys.map(identityOf));
  const others = encrypting.keys.filter((key) => !taken.has(identityOf(key)));
  const skipped = verifying.skipped.flatMap((each) => {
    const other = encrypting.skipped.find(({ index }) => index === each.index);
    return other ? [each.reason.startsWith(FOR_OTHER_USE) ? other : each] : [];
  });
  return { keys: [...verifying.keys, ...others].map((key) => exportJwk(key)), skipped };
}

/** How the reason begins for a key that is for encryption. */
const FOR_OTHER_USE = 'the use of the key is';

function identityOf(key: Key): string {
  return `${thumbprint(key)} ${key.kid}`;
}

/** Formats a key that the import skipped, and the reason. */
export function formatSkippedKey({ index, kid, reason }: SkippedKey): string {
  return `key ${index}${kid === undefined ? '' : ` (kid ${quoteJson(kid)})`} was skipped: ${reason}`;
}
