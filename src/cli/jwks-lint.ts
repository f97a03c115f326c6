// `barejose jwks lint`: audits a published key set. It prints nothing of a key but its position and kid.
import { type FetchedDocument, fetchJwks, JoseError } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { withKeysUnavailable, withUsageErrors } from './errors.ts';
import { EXIT, type Host } from './host.ts';
import { isUrl, readText } from './input.ts';
import { formatJson } from './json.ts';
import { ISSUER_OPTION, locateKeySet, REMOTE_OPTIONS } from './key-set.ts';
import { type Finding, type KeyReference, SEVERITIES } from './lint-finding.ts';
import { type Audit, lintKeySet } from './lint-key-set.ts';
import { lintProtocol, lintResponse, unreadableResponse } from './lint-response.ts';
import { printable, quoteJson, type Style, styleFor, wrapText } from './terminal.ts';

export const jwksLint: Command = defineCommand({
  name: 'jwks lint',
  summary: 'audit a published key set and its HTTP response',
  operand: {
    name: 'FILE_OR_URL',
    help: 'the JWK Set, or - for standard input. At a URL the HTTP response is audited too',
  },
  options: { issuer: ISSUER_OPTION },
  outcome:
    'each finding on standard output, with the section it rests on and the remedy; ' +
    'exit code: 0 no error, 1 an error, 2 usage error, 3 key set unavailable',
  examples: ['barejose jwks lint jwks.json', 'barejose jwks lint http://127.0.0.1:8080/jwks.json --json'],
  async run(host, args) {
    const source = await locateKeySet(args, 'FILE_OR_URL');
    const audit = isUrl(source) ? await lintUrl(source) : lintKeySet(await readKeySetText(host, source));
    const findings = SEVERITIES.flatMap((severity) => audit.findings.filter((each) => each.severity === severity));
    const { stdout, env } = host;
    const style = styleFor(stdout, env);
    if (args.has('json')) stdout.write(`${formatJson({ ...audit, findings })}\n`);
    else stdout.write(findings.map((each) => formatFinding(each, style)).join('') + formatSummary(audit));
    return findings.some(({ severity }) => severity === 'error') ? EXIT.invalid : EXIT.valid;
  },
});

function readKeySetText(host: Host, source: string): Promise<string> {
  const name = 'FILE_OR_URL';
  return withKeysUnavailable(name, () => readText(host, { name, source, isPublic: true }));
}

async function lintUrl(url: string): Promise<Audit> {
  const insecure = lintProtocol(url);
  if (insecure?.severity === 'error') return { ...NOTHING_READ, findings: [insecure] };
  const document = await withUsageErrors(() => fetchOrFinding(url));
  if ('severity' in document) return { ...NOTHING_READ, findings: [document] };
  const audit = lintKeySet(document.body);
  return { ...audit, findings: [...audit.findings, ...lintResponse(document)] };
}

const NOTHING_READ = { keys: 0, usable: 0 };

/** Returns a finding for a response that is no key set, which is the publisher's fault. Throws if no response came. */
async function fetchOrFinding(url: string): Promise<FetchedDocument | Finding> {
  try {
    return await fetchJwks(url, REMOTE_OPTIONS);
  } catch (error) {
    if (error instanceof JoseError && isAboutResponse(error)) return unreadableResponse(error.message);
    throw error;
  }
}

function isAboutResponse({ code, message }: JoseError): boolean {
  return code !== 'ERR_JWKS_UNAVAILABLE' || message.includes('redirect');
}

/** Formats a finding: its severity, keys and message, then its section and remedy. */
function formatFinding({ severity, section, keys, message, remedy }: Finding, style: Style): string {
  const paint = { error: style.bad, warning: style.strong, note: style.quiet }[severity];
  const about =
    keys === undefined ? '' : `${keys.length > 1 ? 'keys' : 'key'} ${keys.map(formatReference).join(', ')}: `;
  const wrap = (text: string) => wrapText(text, style.width - SEVERITY_WIDTH, SEVERITY_WIDTH);
  const [head, ...rest] = wrap(printable(`${about}${message}`)).split('\n');
  const lines = [
    `${paint(severity.padEnd(SEVERITY_WIDTH))}${head}`,
    ...rest,
    ' '.repeat(SEVERITY_WIDTH) + style.quiet(wrap(`${section}: ${remedy}`)),
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
