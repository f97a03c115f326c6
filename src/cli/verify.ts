// `barejose verify`: the token on standard input, against a JWK Set in a file or at a URL.
import { parseArgs } from 'node:util';
import {
  type Expected,
  type Explanation,
  explainJwt,
  type KeySet,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  verifyJwt,
} from '../index.ts';
import { readUpTo } from './fetch.ts';
import { loadKeys, tellSkipped } from './keys.ts';
import { json, paintsFor, printable, widest, widthOf, wrap } from './paper.ts';
import { EXIT, UsageError, type World } from './world.ts';

export const VERIFY_USAGE = `verify
  --jwks FILE_OR_URL           the issuer's JWK Set; https, or http on loopback
  --issuer ISSUER              what iss must be
  --audience AUDIENCE          what aud must be or hold
  --typ TYPE                   what typ must be, such as at+jwt
  --alg ALGORITHM              accept only this algorithm; may be given several times
  --values                     let the steps on standard error quote claim values
  --json                       also print the explanation of a refused token, as JSON

  valid: the claims as JSON on standard output; otherwise: every step on standard error
  exit code: 0 valid, 1 invalid, 2 usage, 3 keys unavailable

examples
  $ barejose verify --jwks jwks.json --issuer https://issuer.example --audience api < token.txt
  $ echo "$TOKEN" | barejose verify --jwks http://127.0.0.1:8080/jwks.json --issuer https://issuer.example --audience api
`;

/** More than any token may have. */
const MAX_INPUT: number = 1024 * 1024;

interface Arguments {
  readonly jwks: string;
  readonly expected: Expected;
  readonly values: boolean;
  readonly json: boolean;
}

/** @throws UsageError, KeysUnavailable */
export async function verify(world: World, args: readonly string[]): Promise<number> {
  const { jwks, expected, ...show } = readArguments(args);
  const keys = await loadKeys(jwks);
  const token = await readToken(world);
  const explanation = explainJwt(token, keys, expected, { values: show.values });
  if (explanation.valid) {
    world.stdout.write(`${json(verifyJwt(token, keys, expected).claims)}\n`);
    return EXIT.valid;
  }
  if (show.json) world.stdout.write(`${json(explanation)}\n`);
  world.stderr.write(tellSteps(explanation, keys, world));
  return EXIT.invalid;
}

function readArguments(args: readonly string[]): Arguments {
  const { jwks, issuer, audience, typ, alg, values = [], json: asJson = [] } = parse(args);
  const algorithms = alg?.map(algorithm);
  return {
    jwks: required('--jwks', jwks),
    expected: {
      issuer: required('--issuer', issuer),
      audience: required('--audience', audience),
      ...(typ && { typ: required('--typ', typ) }),
      ...(algorithms && { algorithms }),
    },
    values: values.length > 0,
    json: asJson.length > 0,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string', multiple: true } as const;
  const flag = { type: 'boolean', multiple: true } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { jwks: text, issuer: text, audience: text, typ: text, alg: text, values: flag, json: flag },
      allowPositionals: true,
    });
    // Not told which: it may be a token, and arguments are seen by others on the same machine.
    if (positionals.length > 0)
      throw new UsageError('verify takes options only; the token is read from standard input');
    return values;
  } catch (error) {
    throw new UsageError(String(error).replace(/^.*?: |[.] To specify .*$/gs, ''));
  }
}

/** Exactly one value, and not the empty one that an unset shell variable leaves. */
function required(name: string, values: readonly string[] = []): string {
  const [value, second] = values;
  if (!value) throw new UsageError(`${name} must be given, and not be empty`);
  if (second !== undefined) throw new UsageError(`${name} is given twice`);
  return value;
}

function algorithm(name: string): SignatureAlgorithm {
  const found = SIGNATURE_ALGORITHMS.find((alg) => alg === name);
  if (!found) throw new UsageError(`--alg must be one of ${SIGNATURE_ALGORITHMS.join(', ')}`);
  return found;
}

/** What came on standard input, less the one newline that echo and editors add. */
async function readToken({ stdin, stderr }: World): Promise<string> {
  if (stdin.isTTY) stderr.write('Paste the token, then press Enter and Ctrl-D.\n');
  return Buffer.from(await readUpTo(stdin, MAX_INPUT))
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

const MARKS = { passed: '✓', failed: '✗', skipped: '·' } as const;

/** One line a step: its outcome, name, section and reason; below it the details, and what would have passed. */
function tellSteps({ code, steps }: Explanation, keys: KeySet, { stderr, env }: World): string {
  const { strong, quiet, good, bad } = paintsFor(stderr, env);
  const paints = { passed: good, failed: bad, skipped: quiet };
  const names = widest(steps.map(({ name }) => printable(name)));
  const sections = widest(steps.map(({ section }) => section));
  const width = widthOf(stderr);
  const lines = steps.flatMap(({ name, section, outcome, reason, remedy }) => {
    const head = `${printable(name).padEnd(names)}  ${section.padEnd(sections)}  `;
    const [what, ...details] = printable(reason).split('; ');
    if (remedy !== undefined) details.push(`would pass: ${printable(remedy)}`);
    const line = head + wrap(String(what), width - head.length - 2, head.length + 2);
    const told = `${paints[outcome](MARKS[outcome])} ${outcome === 'skipped' ? quiet(line) : line}`;
    return [told, ...details.map((detail) => below(detail, width))];
  });
  const noKey = steps.some(({ name, outcome }) => name === 'key' && outcome === 'failed');
  const left = noKey ? keys.skipped.map((key) => quiet(below(printable(tellSkipped(key)), width))) : [];
  return [...lines, ...left, strong(`refused: ${code}`), ''].join('\n');
}

/** A detail, indented but little: it may name a key, and thumbprints are long. */
function below(detail: string, width: number): string {
  return `      ${wrap(detail, width - 6, 8)}`;
}
