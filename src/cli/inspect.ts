// `barejose inspect`: what a token says, by whoever's hand. Nothing here is verified, and that is said twice.
import { readUnverifiedJwt } from '../index.ts';
import { type Command, command } from './command.ts';
import { json, type Members } from './json.ts';
import { isDate, paintsFor } from './paper.ts';
import { readToken, TOKEN_OPERAND } from './trust.ts';
import { EXIT } from './world.ts';

const WARNING = 'NOT VERIFIED: anyone can have written this token and all that it says. To verify it: barejose verify';

export const inspect: Command = command({
  name: 'inspect',
  summary: 'show the header and claims of a token, without verifying anything',
  operand: TOKEN_OPERAND,
  options: {},
  outcome: 'header and claims on standard output, a warning on standard error; exit code: 0 readable, 1 not, 2 usage',
  examples: ['barejose inspect < token.txt', 'barejose inspect env:TOKEN --json'],
  async run(world, given) {
    const { stdout, stderr, env } = world;
    const { header, claims } = readUnverifiedJwt(await readToken(world, given));
    const { bad, strong } = paintsFor(stderr, env);
    stderr.write(`${strong(bad(WARNING))}\n`);
    if (given.has('json')) stdout.write(`${json({ verified: false, header, claims })}\n`);
    else
      stdout.write(`header (not verified)\n${json(header)}\nclaims (not verified)\n${json(claims)}\n${dates(claims)}`);
    return EXIT.valid;
  },
});

/** The claims that are times, as dates (RFC 7519 §4.1.4 to §4.1.6). */
function dates(claims: Members): string {
  return ['iat', 'nbf', 'exp']
    .map((name) => [name, Object.hasOwn(claims, name) ? claims[name] : undefined] as const)
    .map(([name, value]) => (isDate(value) ? `${name} ${new Date(value * 1000).toISOString()}\n` : ''))
    .join('');
}
