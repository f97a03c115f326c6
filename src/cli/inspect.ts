// `barejose inspect`: shows the header and claims of a token, or an encrypted one from outside, and says on both
// outputs that nothing is verified.
import { readUnverifiedJwt } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT } from './host.ts';
import { inspectEncrypted } from './inspect-encrypted.ts';
import { formatJson, type JsonObject } from './json.ts';
import { isInDateRange, paletteFor } from './terminal.ts';
import { readToken, TOKEN_OPERAND } from './verifying.ts';

const WARNING = 'NOT VERIFIED: anyone can have written this token. To verify it: barejose verify';

export const inspect: Command = defineCommand({
  name: 'inspect',
  summary: 'show the header and claims of a token, or the header of an encrypted one, without verifying anything',
  operand: TOKEN_OPERAND,
  options: {},
  outcome:
    'header and claims, or the header and sizes of an encrypted token, on standard output; a warning on standard error; ' +
    'exit code: 0 readable, 1 malformed, 2 usage error',
  examples: ['barejose inspect < token.txt', 'barejose inspect env:TOKEN --json'],
  async run(host, args) {
    const { stdout, stderr, env } = host;
    const token = await readToken(host, args);
    if (token.split('.', 6).length === 5) return inspectEncrypted(host, token, args.has('json'));
    const { header, claims } = readUnverifiedJwt(token);
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
