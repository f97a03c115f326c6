// `barejose explain`: what verification does with a token, step by step, for people.
import { explainToken, JoseError } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { formatSkippedKeys, formatSteps } from './explanation.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { paletteFor } from './terminal.ts';
import { readToken, readVerifier, TOKEN_OPERAND, VERIFY_OPTIONS, verifyToken } from './verifying.ts';

export const explain: Command = defineCommand({
  name: 'explain',
  summary: 'tell step by step why a token is valid or not',
  operand: TOKEN_OPERAND,
  options: { ...VERIFY_OPTIONS, values: { help: 'quote claim values' } },
  outcome:
    'every step on standard output, with the section that asks for it; never the claims; ' +
    'exit code: 0 valid, 1 invalid, 2 usage, 3 keys unavailable',
  examples: [
    'barejose explain @token.txt --jwks jwks.json --issuer https://issuer.example --audience api',
    'barejose explain @token.txt --jwks jwks.json --any-issuer --any-audience --json',
  ],
  async run(host, args) {
    const { stdout, env } = host;
    const configured = await readVerifier(host, args);
    const token = await readToken(host, args);
    const verdict = await verifyToken(configured, token);
    const code = verdict instanceof JoseError ? verdict.code : undefined;
    const { steps } = explainToken(configured.verifier, token, { values: args.has('values') });
    if (args.has('json')) stdout.write(`${formatJson({ valid: code === undefined, code, steps })}\n`);
    else {
      const left = formatSkippedKeys(steps, configured.skipped(), { ...host, stderr: stdout });
      const verdict = code === undefined ? 'valid' : `refused: ${code}`;
      stdout.write(`${formatSteps(steps, stdout, env)}${left}${paletteFor(stdout, env).strong(verdict)}\n`);
    }
    return code === undefined ? EXIT.valid : EXIT.invalid;
  },
});
