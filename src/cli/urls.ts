// Where a published key set is: a file, a URL, or whatever an issuer's metadata says.
import { discover, type RemoteJwksOptions } from '../index.ts';
import { type Arguments, asUsage, type Option } from './arguments.ts';
import { needed } from './keys.ts';
import { UsageError } from './world.ts';

/** Loopback is this very machine: nobody is between. */
export const REMOTE: RemoteJwksOptions = { allowInsecureLoopback: true };

/** Whatever has a scheme is a URL; the rest is a file. */
export function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

export const ISSUER_OPTION: Option = { value: 'ISSUER', help: 'in place of a URL: the issuer whose metadata names it' };

/**
 * The operand, or the URL that discovery finds.
 * @throws UsageError unless there is exactly one of them; KeysUnavailable when discovery fails
 */
export async function locate(given: Arguments<'issuer'>, operand: string): Promise<string> {
  const issuer = given.text('issuer');
  if ((issuer === undefined) === (given.operand === undefined))
    throw new UsageError(`either ${operand} or --issuer must be given, and not both`);
  if (issuer === undefined) return String(given.operand);
  return (await needed({ name: '--issuer' }, () => asUsage(() => discover(issuer, REMOTE), '--issuer'))).jwks_uri;
}
