// A key of the ring as it is named on the command line: by its whole kid, or by enough of its beginning.
import type { Issuer } from '../index.ts';
import type { Operand } from './command.ts';
import { UsageError } from './host.ts';
import { formatName } from './terminal.ts';

/** A shorter beginning is refused: what is revoked does not return, and a typing mistake may be the beginning of another kid. */
const MIN_PREFIX = 6;

export const KID_OPERAND: Operand = {
  name: 'KID',
  help: 'the kid, as `barejose ring status` shows it, or its first 6 characters or more, if no other kid begins with them',
  required: true,
};

/** So many kids are listed where a beginning fits several. */
const MAX_LISTED = 10;

/**
 * The kid that is meant. A text that is the beginning of none is returned as it is: the ring says that it has no such key.
 * @param name of the argument or option that has it
 * @throws UsageError for a beginning that is too short, or that fits several
 */
export async function resolveKid(issuer: Issuer, args: string, name = 'KID'): Promise<string> {
  const kids = (await issuer.status()).keys.map(({ kid }) => kid);
  if (kids.includes(args)) return args;
  const beginning = args.replace(/…$/, ''); // as the timeline cuts a kid
  const [kid, ...others] = kids.filter((each) => each.startsWith(beginning));
  if (kid === undefined) return args;
  if (beginning.length < MIN_PREFIX)
    throw new UsageError(`${name} must be a whole kid, or its first ${MIN_PREFIX} characters or more`);
  if (others.length === 0) return kid;
  const listed = [kid, ...others].slice(0, MAX_LISTED).map(formatName);
  const more = others.length + 1 - listed.length;
  throw new UsageError(
    `${others.length + 1} kids begin with what was given for ${name}: ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  );
}
