// `barejose verify`: the claims come out only of a token that is valid.
import { type Explanation, explainToken, JoseError, type VerifiedJwt } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { formatSkippedKeys, formatSteps } from './explanation.ts';
import { EXIT, type Host } from './host.ts';
import { formatJson } from './json.ts';
import { paletteFor } from './terminal.ts';
import { readToken, readVerifier, TOKEN_OPERAND, VERIFY_OPTIONS, verifyToken } from './verifying.ts';

export const verify: Command = defineCommand({
  name: 'verify',
  summary: 'verify a token, and print its claims if it is valid',
  operand: TOKEN_OPERAND,
  options: { ...VERIFY_OPTIONS, values: { help: 'let the steps quote claim values; not with --json' } },
  outcome:
    'valid: the claims as JSON on standard output; otherwise: nothing there, and every step on standard error; ' +
    'exit code: 0 valid, 1 invalid, 2 usage, 3 keys unavailable',
  examples: [
    'barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt',
    'barejose verify env:TOKEN --issuer http://127.0.0.1:8080 --audience api',
    'barejose verify @token.txt --key public.pem --issuer https://issuer.example --any-audience --json',
  ],
  async run(host, args) {
    const configured = await readVerifier(host, args);
    const token = await readToken(host, args);
    const verdict = await verifyToken(configured, token);
    if (!(verdict instanceof JoseError)) return accept(host, verdict, args.has('json'));
    // What is on standard output may be fed to a program that takes it for claims: none of a bad token stand there.
    const values = args.has('values') && !args.has('json');
    const { steps } = explainToken(configured.verifier, token, { values });
    if (args.has('json')) host.stdout.write(`${formatJson({ valid: false, code: verdict.code, steps })}\n`);
    else
      host.stderr.write(
        formatSteps(steps, host.stderr, host.env) + formatSkippedKeys(steps, configured.skipped(), host),
      );
    return refuse(host, verdict.code);
  },
});

function accept({ stdout }: Host, { claims, header, key }: VerifiedJwt, asJson: boolean): number {
  const { alg, kid } = key;
  stdout.write(`${formatJson(asJson ? { valid: true, claims, header, key: { alg, kid } } : claims)}\n`);
  return EXIT.valid;
}

function refuse({ stderr, env }: Host, code: Explanation['code']): number {
  stderr.write(`${paletteFor(stderr, env).strong(`refused: ${code}`)}\n`);
  return EXIT.invalid;
}
