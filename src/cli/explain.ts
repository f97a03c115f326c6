// `barejose explain`: shows each step of a token's verification.
import { JoseError } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { formatSkippedKeys, formatSteps } from './explanation.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { styleFor } from './terminal.ts';
import { explainSteps, readVerification, TOKEN_OPERAND, VERIFY_OPTIONS, verifiedOrRefusal } from './verifying.ts';

export const explain: Command = defineCommand({
  name: 'explain',
  summary: 'show each verification step of a token, and which one fails',
  operand: TOKEN_OPERAND,
  options: { ...VERIFY_OPTIONS, values: { help: 'include claim values' } },
  outcome:
    'every step on standard output, with the section that requires it; ' +
    'exit code: 0 valid, 1 invalid, 2 usage error, 3 keys unavailable',
  examples: [
    'barejose explain @token.txt --jwks jwks.json --issuer https://issuer.example --audience api',
    'barejose explain @token.txt --jwks jwks.json --any-issuer --any-audience --json',
    'barejose explain @nested.txt --decrypt-key @decryption.jwk --jwks jwks.json --issuer https://issuer.example --audience api',
  ],
  async run(host, args) {
    const { stdout, env } = host;
    const verification = await readVerification(host, args);
    const verified = await verifiedOrRefusal(verification);
    const code = verified instanceof JoseError ? verified.code : undefined;
    const steps = explainSteps(verification, args.has('values'));
    if (args.has('json')) stdout.write(`${formatJson({ valid: code === undefined, code, steps })}\n`);
    else {
      const style = styleFor(stdout, env);
      const verdict = style.strong(code === undefined ? 'valid' : `refused: ${code}`);
      stdout.write(
        `${formatSteps(steps, style)}${formatSkippedKeys(steps, verification.skipped(), style)}${verdict}\n`,
      );
    }
    return code === undefined ? EXIT.valid : EXIT.invalid;
  },
});
