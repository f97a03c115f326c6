// `barejose verify`: prints the claims of a valid token, and of no other.
import { type Explanation, JoseError, type VerifiedJwt } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { formatSkippedKeys, formatSteps } from './explanation.ts';
import { EXIT, type Host } from './host.ts';
import { formatJson } from './json.ts';
import { paletteFor, styleFor } from './terminal.ts';
import {
  explainVerification,
  readVerification,
  TOKEN_OPERAND,
  VERIFY_OPTIONS,
  verifiedOrRefusal,
} from './verifying.ts';

export const verify: Command = defineCommand({
  name: 'verify',
  summary: 'verify a token, and print its claims if it is valid',
  operand: TOKEN_OPERAND,
  options: { ...VERIFY_OPTIONS, values: { help: 'include claim values in the steps. Ignored with --json' } },
  outcome:
    'valid: the claims as JSON on standard output; ' +
    'invalid: every step on standard error, nothing on standard output; ' +
    'exit code: 0 valid, 1 invalid, 2 usage error, 3 keys unavailable',
  examples: [
    'barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt',
    'barejose verify env:TOKEN --issuer http://127.0.0.1:8080 --audience api',
    'barejose verify @token.txt --key public.pem --issuer https://issuer.example --any-audience --json',
    'barejose verify @nested.txt --decrypt-key @decryption.jwk --jwks jwks.json --issuer https://issuer.example --audience api',
  ],
  async run(host, args) {
    const verification = await readVerification(host, args);
    const verified = await verifiedOrRefusal(verification);
    if (!(verified instanceof JoseError)) return writeClaims(host, verified, args.has('json'));
    // The next program of a pipe may read standard output as claims, so it never holds those of a refused token.
    const values = args.has('values') && !args.has('json');
    const { steps } = explainVerification(verification, values);
    const style = styleFor(host.stderr, host.env);
    if (args.has('json')) host.stdout.write(`${formatJson({ valid: false, code: verified.code, steps })}\n`);
    else host.stderr.write(formatSteps(steps, style) + formatSkippedKeys(steps, verification.skipped(), style));
    return writeRefusal(host, verified.code);
  },
});

function writeClaims({ stdout }: Host, { claims, header, key }: VerifiedJwt, asJson: boolean): number {
  const { alg, kid } = key;
  stdout.write(`${formatJson(asJson ? { valid: true, claims, header, key: { alg, kid } } : claims)}\n`);
  return EXIT.valid;
}

function writeRefusal({ stderr, env }: Host, code: Explanation['code']): number {
  stderr.write(`${paletteFor(stderr, env).strong(`refused: ${code}`)}\n`);
  return EXIT.invalid;
}
