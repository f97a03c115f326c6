// `barejose explain`: what verification does with a token, step by step, for people.
import { explainToken, JoseError } from '../index.ts';
import { type Command, command } from './command.ts';
import { json } from './json.ts';
import { paintsFor } from './paper.ts';
import { tellLeftOut, tellSteps } from './steps.ts';
import { judge, readToken, readTrust, TOKEN_OPERAND, TRUST_OPTIONS } from './trust.ts';
import { EXIT } from './world.ts';

export const explain: Command = command({
  name: 'explain',
  summary: 'tell step by step why a token is valid or not',
  operand: TOKEN_OPERAND,
  options: { ...TRUST_OPTIONS, values: { help: 'quote claim values' } },
  outcome:
    'every step on standard output, with the section that asks for it; never the claims; ' +
    'exit code: 0 valid, 1 invalid, 2 usage, 3 keys unavailable',
  examples: [
    'barejose explain @token.txt --jwks jwks.json --issuer https://issuer.example --audience api',
    'barejose explain @token.txt --jwks jwks.json --any-issuer --any-audience --json',
  ],
  async run(world, given) {
    const { stdout, env } = world;
    const trust = await readTrust(world, given);
    const token = await readToken(world, given);
    const verdict = await judge(trust, token);
    const code = verdict instanceof JoseError ? verdict.code : undefined;
    const { steps } = explainToken(trust.verifier, token, { values: given.has('values') });
    if (given.has('json')) stdout.write(`${json({ valid: code === undefined, code, steps })}\n`);
    else {
      const left = tellLeftOut(steps, trust.skipped(), { ...world, stderr: stdout });
      const verdict = code === undefined ? 'valid' : `refused: ${code}`;
      stdout.write(`${tellSteps(steps, stdout, env)}${left}${paintsFor(stdout, env).strong(verdict)}\n`);
    }
    return code === undefined ? EXIT.valid : EXIT.invalid;
  },
});
