// Where a published key set is: a file, a URL, or whatever an issuer's metadata says.
import { discover, type RemoteJwksOptions } from '../index.ts';
import { type Arguments, type Option, withUsageErrors } from './arguments.ts';
import { UsageError } from './host.ts';
import { withKeysUnavailable } from './keys.ts';

/** Loopback is this very machine: nobody is between. */
export const REMOTE_OPTIONS: RemoteJwksOptions = { allowInsecureLoopback: true };

/** Whatever has a scheme is a URL; the rest is a file. */
export function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

export const ISSUER_OPTION: Option = { value: 'ISSUER', help: 'in place of a URL: the issuer whose metadata names it' };

/**
 * The operand, or the URL that discovery finds.
 * @throws UsageError unless there is exactly one of them; KeysUnavailable when discovery fails
 */
export async function locateKeySet(args: Arguments<'issuer'>, operand: string): Promise<string> {
  const issuer = args.text('issuer');
  if ((issuer === undefined) === (args.operand === undefined))
    throw new UsageError(`either ${operand} or --issuer must be given, and not both`);
  if (issuer === undefined) return String(args.operand);
  return (
    await withKeysUnavailable({ name: '--issuer' }, () =>
      withUsageErrors(() => discover(issuer, REMOTE_OPTIONS), '--issuer'),
    )
  ).jwks_uri;
}
