// `barejose jwks lint`: a published key set judged as a careful auditor would. Says nothing of a key but its place and kid.
import { type FetchedDocument, fetchJwks, JoseError } from '../index.ts';
import { withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, type Host } from './host.ts';
import { readText } from './input.ts';
import { formatJson } from './json.ts';
import { ISSUER_OPTION, isUrl, locateKeySet, REMOTE_OPTIONS } from './key-set.ts';
import { withKeysUnavailable } from './keys.ts';
import { type Finding, type KeyReference, SEVERITIES } from './lint-finding.ts';
import { type Audit, lintKeySet } from './lint-key-set.ts';
import { findInsecureUrl, lintResponse, unreadableKeySet } from './lint-response.ts';
import { type Palette, paletteFor, printable, quoteJson, terminalWidth, wrapText } from './terminal.ts';

export const jwksLint: Command = defineCommand({
  name: 'jwks lint',
  summary: 'judge a published key set, and the way it is served',
  operand: { name: 'FILE_OR_URL', help: 'the JWK Set, or - for standard input. Of a URL the answer is judged, too' },
  options: { issuer: ISSUER_OPTION },
  outcome:
    'each finding on standard output, with the section that asks for it and what to do; ' +
    'exit code: 0 no error, 1 an error, 2 usage, 3 the set is not to be had',
  examples: ['barejose jwks lint jwks.json', 'barejose jwks lint http://127.0.0.1:8080/jwks.json --json'],
  async run(host, args) {
    const source = await locateKeySet(args, 'FILE_OR_URL');
    const audit = isUrl(source) ? await lintUrl(source) : lintKeySet(await readKeySetText(host, source));
    const findings = SEVERITIES.flatMap((severity) => audit.findings.filter((each) => each.severity === severity));
    const { stdout, env } = host;
    const { width, paints } = { width: terminalWidth(stdout), paints: paletteFor(stdout, env) };
    if (args.has('json')) stdout.write(`${formatJson({ ...audit, findings })}\n`);
    else stdout.write(findings.map((each) => formatFinding(each, paints, width)).join('') + formatSummary(audit));
    return findings.some(({ severity }) => severity === 'error') ? EXIT.invalid : EXIT.valid;
  },
});

/** A file that is not there says nothing of any set. */
function readKeySetText(host: Host, source: string): Promise<string> {
  const value = { name: 'FILE_OR_URL', source, isPublic: true };
  return withKeysUnavailable(value, () => readText(host, value));
}

async function lintUrl(url: string): Promise<Audit> {
  const insecureUrl = findInsecureUrl(url);
  if (insecureUrl?.severity === 'error') return { ...NOTHING_READ, findings: [insecureUrl] };
  const document = await withUsageErrors(() => fetchKeySet(url));
  if ('severity' in document) return { ...NOTHING_READ, findings: [document] };
  const audit = lintKeySet(document.body);
  return { ...audit, findings: [...audit.findings, ...lintResponse(document)] };
}

const NOTHING_READ = { keys: 0, usable: 0 };

/** An answer that is no set is the publisher's fault, and a finding; no answer at all is not known to be. */
async function fetchKeySet(url: string): Promise<FetchedDocument | Finding> {
  try {
    return await fetchJwks(url, REMOTE_OPTIONS);
  } catch (error) {
    if (error instanceof JoseError && isServerResponse(error)) return unreadableKeySet(error.message);
    throw error;
  }
}

function isServerResponse({ code, message }: JoseError): boolean {
  return code !== 'ERR_JWKS_UNAVAILABLE' || message.includes('redirect');
}

/** The finding, then whom it is about, what asks for it, and what to do. */
function formatFinding({ severity, section, keys, message, remedy }: Finding, paints: Palette, width: number): string {
  const paint = { error: paints.bad, warning: paints.strong, note: paints.quiet }[severity];
  const about =
    keys === undefined ? '' : `${keys.length > 1 ? 'keys' : 'key'} ${keys.map(formatReference).join(', ')}: `;
  const [head, ...rest] = wrapText(printable(`${about}${message}`), width - SEVERITY_WIDTH, SEVERITY_WIDTH).split('\n');
  const lines = [
    `${paint(severity.padEnd(SEVERITY_WIDTH))}${head}`,
    ...rest,
    ' '.repeat(SEVERITY_WIDTH) +
      paints.quiet(wrapText(`${section}: ${remedy}`, width - SEVERITY_WIDTH, SEVERITY_WIDTH)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const SEVERITY_WIDTH = 9;

function formatReference({ index, kid }: KeyReference): string {
  return kid === undefined ? `${index}` : `${index} (kid ${quoteJson(kid)})`;
}

function formatSummary({ keys, usable, findings }: Audit): string {
  const counts = SEVERITIES.map((severity) => {
    const count = findings.filter((each) => each.severity === severity).length;
    return `${count} ${severity}${count === 1 ? '' : 's'}`;
  });
  return `${keys} ${keys === 1 ? 'key' : 'keys'}, ${usable} usable: ${counts.join(', ')}\n`;
}
