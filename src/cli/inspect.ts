// `barejose inspect`: shows the header and claims of a token, and says on both outputs that they are not verified.
import { readUnverifiedJwt } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { formatJson, type JsonObject } from './json.ts';
import { isInDateRange, paletteFor } from './terminal.ts';
import { readToken, TOKEN_OPERAND } from './verifying.ts';

const WARNING = 'NOT VERIFIED: anyone can have written this token. To verify it: barejose verify';

export const inspect: Command = defineCommand({
  name: 'inspect',
  summary: 'show the header and claims of a token, without verifying anything',
  operand: TOKEN_OPERAND,
  options: {},
  outcome:
    'header and claims on standard output, a warning on standard error; ' +
    'exit code: 0 readable, 1 malformed, 2 usage error',
  examples: ['barejose inspect < token.txt', 'barejose inspect env:TOKEN --json'],
  async run(host, args) {
    const { stdout, stderr, env } = host;
    const { header, claims } = readUnverifiedJwt(await readToken(host, args));
    const { bad, strong } = paletteFor(stderr, env);
    stderr.write(`${strong(bad(WARNING))}\n`);
    if (args.has('json')) stdout.write(`${formatJson({ verified: false, header, claims })}\n`);
    else {
      stdout.write(`header (not verified)\n${formatJson(header)}\n`);
      stdout.write(`claims (not verified)\n${formatJson(claims)}\n${formatDates(claims)}`);
    }
    return EXIT.valid;
  },
});

/** Formats the claims that are instants as dates (RFC 7519 §4.1.4 to §4.1.6). */
function formatDates(claims: JsonObject): string {
  return ['iat', 'nbf', 'exp']
    .map((name) => [name, Object.hasOwn(claims, name) ? claims[name] : undefined] as const)
    .map(([name, value]) => (isInDateRange(value) ? `${name} ${new Date(value * 1000).toISOString()}\n` : ''))
    .join('');
}
