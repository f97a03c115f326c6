// Resolves a kid on the command line, which may be abbreviated to its beginning.
import type { Issuer } from '../index.ts';
import type { Operand } from './command.ts';
import { UsageError } from './host.ts';
import { formatName } from './terminal.ts';

/** The least characters of an abbreviated kid. A shorter one, mistyped, could select a key to revoke for ever. */
const MIN_PREFIX = 6;

export const KID_OPERAND: Operand = {
  name: 'KID',
  help: 'the kid, as `barejose ring status` shows it, or its first 6 characters or more, if no other kid begins with them',
  required: true,
};

/** The most kids in the error message for an ambiguous one. */
const MAX_LISTED = 10;

/**
 * Returns the only kid that begins with the given text, or the text itself if none does, which the ring then refuses.
 * @param name of the operand or option
 * @throws UsageError for a beginning that is too short or ambiguous
 */
export async function resolveKid(issuer: Issuer, given: string, name = 'KID'): Promise<string> {
  const kids = (await issuer.status()).keys.map(({ kid }) => kid);
  if (kids.includes(given)) return given;
  const prefix = given.replace(/…$/, ''); // the timeline abbreviates kids this way
  const [kid, ...others] = kids.filter((each) => each.startsWith(prefix));
  if (kid === undefined) return given;
  if (prefix.length < MIN_PREFIX)
    throw new UsageError(`${name} must be a whole kid, or its first ${MIN_PREFIX} characters or more`);
  if (others.length === 0) return kid;
  const listed = [kid, ...others].slice(0, MAX_LISTED).map(formatName);
  const more = others.length + 1 - listed.length;
  throw new UsageError(
    `${name} is ambiguous: ${others.length + 1} kids begin with it: ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  );
}
