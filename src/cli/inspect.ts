// `barejose inspect`: what a token says, by whoever's hand. Nothing here is verified, and that is said twice.
import { readUnverifiedJwt } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson, type JsonObject } from './json.ts';
import { isInstant, paletteFor } from './terminal.ts';
import { readToken, TOKEN_OPERAND } from './verifying.ts';

const WARNING = 'NOT VERIFIED: anyone can have written this token and all that it says. To verify it: barejose verify';

export const inspect: Command = defineCommand({
  name: 'inspect',
  summary: 'show the header and claims of a token, without verifying anything',
  operand: TOKEN_OPERAND,
  options: {},
  outcome: 'header and claims on standard output, a warning on standard error; exit code: 0 readable, 1 not, 2 usage',
  examples: ['barejose inspect < token.txt', 'barejose inspect env:TOKEN --json'],
  async run(host, args) {
    const { stdout, stderr, env } = host;
    const { header, claims } = readUnverifiedJwt(await readToken(host, args));
    const { bad, strong } = paletteFor(stderr, env);
    stderr.write(`${strong(bad(WARNING))}\n`);
    if (args.has('json')) stdout.write(`${formatJson({ verified: false, header, claims })}\n`);
    else
      stdout.write(
        `header (not verified)\n${formatJson(header)}\nclaims (not verified)\n${formatJson(claims)}\n${formatDates(claims)}`,
      );
    return EXIT.valid;
  },
});

/** The claims that are times, as dates (RFC 7519 §4.1.4 to §4.1.6). */
function formatDates(claims: JsonObject): string {
  return ['iat', 'nbf', 'exp']
    .map((name) => [name, Object.hasOwn(claims, name) ? claims[name] : undefined] as const)
    .map(([name, value]) => (isInstant(value) ? `${name} ${new Date(value * 1000).toISOString()}\n` : ''))
    .join('');
}
