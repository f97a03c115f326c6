// `barejose explain`: shows each step of a token's verification, as text, as JSON or as a page.
import { type Explanation, JoseError } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { formatExplainPage } from './explain-page.ts';
import { formatSkippedKeys, formatSteps } from './explanation.ts';
import { EXIT } from './host.ts';
import { formatJson } from './json.ts';
import { checkPageOptions, PAGE_OPTIONS, writePage } from './page.ts';
import { styleFor } from './terminal.ts';
import {
  explainVerification,
  readVerification,
  TOKEN_OPERAND,
  VERIFY_OPTIONS,
  type Verification,
  verifiedOrRefusal,
} from './verifying.ts';

export const explain: Command = defineCommand({
  name: 'explain',
  summary: 'show each verification step of a token, and which one fails',
  operand: TOKEN_OPERAND,
  options: { ...VERIFY_OPTIONS, values: { help: 'include claim values' }, ...PAGE_OPTIONS },
  outcome:
    'every step on standard output, with the section that requires it; ' +
    'with --html a page, on standard output or in the file of --out; ' +
    'exit code: 0 valid, 1 invalid, 2 usage error, 3 keys unavailable',
  examples: [
    'barejose explain @token.txt --jwks jwks.json --issuer https://issuer.example --audience api',
    'barejose explain @token.txt --jwks jwks.json --any-issuer --any-audience --json',
    'barejose explain @nested.txt --decrypt-key @decryption.jwk --jwks jwks.json --issuer https://issuer.example --audience api',
    'barejose explain @token.txt --jwks jwks.json --issuer https://issuer.example --audience api --values --html --out token.html',
  ],
  async run(host, args) {
    checkPageOptions(args);
    const { stdout, env } = host;
    const values = args.has('values');
    const verification = await readVerification(host, args);
    const verified = await verifiedOrRefusal(verification);
    const code = verified instanceof JoseError ? verified.code : undefined;
    const explanation = explainVerification(verification, values);
    const { steps } = explanation;
    if (args.has('json')) stdout.write(`${formatJson({ valid: code === undefined, code, steps })}\n`);
    else if (args.has('html')) {
      const { token, skipped } = verification;
      const inner = readInner(verification, explanation);
      writePage(host, args, formatExplainPage({ ...explanation, code, token, inner, skipped: skipped(), values }));
    } else {
      const style = styleFor(stdout, env);
      const verdict = style.strong(code === undefined ? 'valid' : `refused: ${code}`);
      stdout.write(
        `${formatSteps(steps, style)}${formatSkippedKeys(steps, verification.skipped(), style)}${verdict}\n`,
      );
    }
    return code === undefined ? EXIT.valid : EXIT.invalid;
  },
});

/** Returns the token inside an encrypted one, once its decryption is a step that has passed. */
function readInner({ inner }: Verification, { steps }: Explanation): string | undefined {
  const isDecrypted = steps.some(({ name, outcome }) => name === 'decryption' && outcome === 'passed');
  return isDecrypted ? inner() : undefined;
}
