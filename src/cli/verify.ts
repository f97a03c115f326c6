// `barejose verify`: the claims come out only of a token that is valid.
import { type Explanation, explainToken, JoseError, type VerifiedJwt } from '../index.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { paintsFor } from './paper.ts';
import { tellLeftOut, tellSteps } from './steps.ts';
import { judge, readToken, readTrust, TOKEN_OPERAND, TRUST_OPTIONS } from './trust.ts';
import { EXIT, type World } from './world.ts';

export const verify: Command = command({
  name: 'verify',
  summary: 'verify a token, and print its claims if it is valid',
  operand: TOKEN_OPERAND,
  options: { ...TRUST_OPTIONS, values: { help: 'let the steps quote claim values; not with --json' } },
  outcome:
    'valid: the claims as JSON on standard output; otherwise: nothing there, and every step on standard error; ' +
    'exit code: 0 valid, 1 invalid, 2 usage, 3 keys unavailable',
  examples: [
    'barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt',
    'barejose verify env:TOKEN --issuer http://127.0.0.1:8080 --audience api',
    'barejose verify @token.txt --key public.pem --issuer https://issuer.example --any-audience --json',
  ],
  async run(world, given) {
    const trust = await readTrust(world, given);
    const token = await readToken(world, given);
    const verdict = await judge(trust, token);
    if (!(verdict instanceof JoseError)) return accept(world, verdict, given.has('json'));
    // What is on standard output may be fed to a program that takes it for claims: none of a bad token stand there.
    const values = given.has('values') && !given.has('json');
    const { steps } = explainToken(trust.verifier, token, { values });
    if (given.has('json')) world.stdout.write(`${json({ valid: false, code: verdict.code, steps })}\n`);
    else world.stderr.write(tellSteps(steps, world.stderr, world.env) + tellLeftOut(steps, trust.skipped(), world));
    return refuse(world, verdict.code);
  },
});

function accept({ stdout }: World, { claims, header, key }: VerifiedJwt, asJson: boolean): number {
  const { alg, kid } = key;
  stdout.write(`${json(asJson ? { valid: true, claims, header, key: { alg, kid } } : claims)}\n`);
  return EXIT.valid;
}

function refuse({ stderr, env }: World, code: Explanation['code']): number {
  stderr.write(`${paintsFor(stderr, env).strong(`refused: ${code}`)}\n`);
  return EXIT.invalid;
}
