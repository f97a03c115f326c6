// `barejose jwks lint`: a published key set judged as a careful auditor would. Says nothing of a key but its place and kid.
import { type FetchedDocument, fetchJwks, JoseError } from '../index.ts';
import { asUsage } from './arguments.ts';
import { type Command, command } from './command.ts';
import { type Finding, type Place, SEVERITIES } from './findings.ts';
import { json } from './json.ts';
import { needed } from './keys.ts';
import { type Audit, lintSet } from './lint.ts';
import { insecure, lintDelivery, unreadable } from './lint-delivery.ts';
import { type Paints, paintsFor, printable, quoted, widthOf, wrap } from './paper.ts';
import { ISSUER_OPTION, isUrl, locate, REMOTE } from './urls.ts';
import { readText } from './values.ts';
import { EXIT, type World } from './world.ts';

export const jwksLint: Command = command({
  name: 'jwks lint',
  summary: 'judge a published key set, and the way it is served',
  operand: { name: 'FILE_OR_URL', help: 'the JWK Set, or - for standard input. Of a URL the answer is judged, too' },
  options: { issuer: ISSUER_OPTION },
  outcome:
    'each finding on standard output, with the section that asks for it and what to do; ' +
    'exit code: 0 no error, 1 an error, 2 usage, 3 the set is not to be had',
  examples: ['barejose jwks lint jwks.json', 'barejose jwks lint http://127.0.0.1:8080/jwks.json --json'],
  async run(world, given) {
    const source = await locate(given, 'FILE_OR_URL');
    const audit = isUrl(source) ? await lintUrl(source) : lintSet(await readFile(world, source));
    const findings = SEVERITIES.flatMap((severity) => audit.findings.filter((each) => each.severity === severity));
    const { stdout, env } = world;
    const { width, paints } = { width: widthOf(stdout), paints: paintsFor(stdout, env) };
    if (given.has('json')) stdout.write(`${json({ ...audit, findings })}\n`);
    else stdout.write(findings.map((each) => tell(each, paints, width)).join('') + summary(audit));
    return findings.some(({ severity }) => severity === 'error') ? EXIT.invalid : EXIT.valid;
  },
});

/** A file that is not there says nothing of any set. */
function readFile(world: World, source: string): Promise<string> {
  const value = { name: 'FILE_OR_URL', source, isPublic: true };
  return needed(value, () => readText(world, value));
}

async function lintUrl(url: string): Promise<Audit> {
  const danger = insecure(url);
  if (danger?.severity === 'error') return { ...NOTHING_READ, findings: [danger] };
  const document = await asUsage(() => fetchOrFinding(url));
  if ('severity' in document) return { ...NOTHING_READ, findings: [document] };
  const audit = lintSet(document.body);
  return { ...audit, findings: [...audit.findings, ...lintDelivery(document)] };
}

const NOTHING_READ = { keys: 0, usable: 0 };

/** An answer that is no set is the publisher's fault, and a finding; no answer at all is not known to be. */
async function fetchOrFinding(url: string): Promise<FetchedDocument | Finding> {
  try {
    return await fetchJwks(url, REMOTE);
  } catch (error) {
    if (error instanceof JoseError && isAnswer(error)) return unreadable(error.message);
    throw error;
  }
}

function isAnswer({ code, message }: JoseError): boolean {
  return code !== 'ERR_JWKS_UNAVAILABLE' || message.includes('redirect');
}

/** The finding, then whom it is about, what asks for it, and what to do. */
function tell({ severity, section, keys, message, remedy }: Finding, paints: Paints, width: number): string {
  const paint = { error: paints.bad, warning: paints.strong, note: paints.quiet }[severity];
  const about = keys === undefined ? '' : `${keys.length > 1 ? 'keys' : 'key'} ${keys.map(tellPlace).join(', ')}: `;
  const [head, ...rest] = wrap(printable(`${about}${message}`), width - LEFT, LEFT).split('\n');
  const lines = [
    `${paint(severity.padEnd(LEFT))}${head}`,
    ...rest,
    ' '.repeat(LEFT) + paints.quiet(wrap(`${section}: ${remedy}`, width - LEFT, LEFT)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const LEFT = 9;

function tellPlace({ index, kid }: Place): string {
  return kid === undefined ? `${index}` : `${index} (kid ${quoted(kid)})`;
}

function summary({ keys, usable, findings }: Audit): string {
  const counts = SEVERITIES.map((severity) => {
    const count = findings.filter((each) => each.severity === severity).length;
    return `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return `${keys} ${keys === 1 ? 'key' : 'keys'}, ${usable} usable: ${counts.join(', ')}\n`;
}
