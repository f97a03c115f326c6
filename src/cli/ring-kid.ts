// A key of the ring as it is named on the command line: by its whole kid, or by enough of its beginning.
import type { Issuer } from '../index.ts';
import type { Operand } from './command.ts';
import { nameOf } from './paper.ts';
import { UsageError } from './world.ts';

/** A shorter beginning is refused: what is revoked does not return, and a typing mistake may be the beginning of another kid. */
const ENOUGH = 6;

export const KID_OPERAND: Operand = {
  name: 'KID',
  help: 'the kid, as `barejose ring status` shows it, or its first 6 characters or more, if no other kid begins with them',
  required: true,
};

/** So many kids are listed where a beginning fits several. */
const LISTED = 10;

/**
 * The kid that is meant. A text that is the beginning of none is returned as it is: the ring says that it has no such key.
 * @param name of the argument or option that has it
 * @throws UsageError for a beginning that is too short, or that fits several
 */
export async function wholeKid(issuer: Issuer, given: string, name = 'KID'): Promise<string> {
  const kids = (await issuer.status()).keys.map(({ kid }) => kid);
  if (kids.includes(given)) return given;
  const beginning = given.replace(/…$/, ''); // as the timeline cuts a kid
  const [kid, ...others] = kids.filter((each) => each.startsWith(beginning));
  if (kid === undefined) return given;
  if (beginning.length < ENOUGH)
    throw new UsageError(`${name} must be a whole kid, or its first ${ENOUGH} characters or more`);
  if (others.length === 0) return kid;
  const listed = [kid, ...others].slice(0, LISTED).map(nameOf);
  const more = others.length + 1 - listed.length;
  throw new UsageError(
    `${others.length + 1} kids begin with what was given for ${name}: ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  );
}
