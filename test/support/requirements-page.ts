// vectors/REQUIREMENTS.md: each binding requirement with the source line that cites it and the test that proves it. It shows
// the lines themselves and no line numbers, so that an edit elsewhere in a file leaves the page as it is.
import { byId, isBinding, type Mention, type Requirement, type Traceability } from './traceability.ts';

const TITLES: Readonly<Record<string, string>> = {
  4648: 'Base64url',
  6750: 'Bearer Token Usage',
  7493: 'I-JSON',
  7515: 'JSON Web Signature (JWS)',
  7516: 'JSON Web Encryption (JWE)',
  7517: 'JSON Web Key (JWK)',
  7518: 'JSON Web Algorithms (JWA)',
  7519: 'JSON Web Token (JWT)',
  7638: 'JWK Thumbprint',
  7797: 'JWS Unencoded Payload Option',
  8037: 'Ed25519, Ed448 and X25519 in JOSE',
  8259: 'JSON',
  8414: 'OAuth 2.0 Authorization Server Metadata',
  8725: 'JWT Best Current Practices',
  8812: 'secp256k1 in JOSE',
  9068: 'JWT Profile for OAuth 2.0 Access Tokens',
  9278: 'JWK Thumbprint URI',
  9864: 'Fully-Specified Algorithms',
  9964: 'ML-DSA in JOSE',
};

/** The page as Markdown: RFC by RFC, each in the order of its sections. */
export function requirementsPage(traceability: Traceability): string {
  const binding = traceability.requirements.filter(isBinding);
  const rfcs = [...new Set(binding.map(rfcOf))].sort();
  const parts = rfcs.map((rfc) =>
    sectionOf(
      rfc,
      binding.filter((requirement) => rfcOf(requirement) === rfc),
      traceability,
    ),
  );
  return `${introduction(traceability)}\n${parts.join('\n')}`;
}

/** Counts the requirements that are proved, excepted and cited. */
export function countsOf({ requirements, sources, tests, exceptions }: Traceability): string {
  const binding = requirements.filter(isBinding);
  const [cited, proved] = [byId(sources), byId(tests)];
  const count = (has: (id: string) => boolean) => binding.filter(({ id }) => has(id)).length;
  return (
    `${binding.length} binding requirements: ${count((id) => proved.has(id))} proved by tests, ` +
    `${count((id) => exceptions.has(id))} excepted, ${count((id) => cited.has(id))} cited by source lines`
  );
}

function introduction(traceability: Traceability): string {
  return `# Requirements

Every MUST, MUST NOT, SHALL and REQUIRED of the RFCs below, in our own words: the source line that cites it, and the test
that proves it or the reason why no test does. An id such as \`7515-5.2-1\` is RFC, section and a number; in the files it stands in
square brackets, so search the linked file for it.

${countsOf(traceability)}.

\`npm run requirements\` writes this page from [requirements.tsv](requirements.tsv),
[requirements-exceptions.tsv](requirements-exceptions.tsv) and the ids in \`src/\` and \`test/\`; \`test/traceability.test.ts\` fails when it is out of date.
`;
}

function sectionOf(rfc: string, requirements: readonly Requirement[], traceability: Traceability): string {
  const [cited, proved] = [byId(traceability.sources), byId(traceability.tests)];
  const rows = requirements.toSorted(bySection).map(({ id, level, text }) => {
    const reason = traceability.exceptions.get(id);
    const evidence = reason === undefined ? places(proved.get(id)) : `not tested: ${markdownText(reason)}`;
    return `| §${sectionNumber(id)} | ${id} | **${level}** ${markdownText(text)} | ${places(cited.get(id))} | ${evidence} |`;
  });
  return `## RFC ${rfc}: ${TITLES[rfc] ?? ''}

| section | id | requirement | source | test |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

function rfcOf({ id }: Requirement): string {
  return id.slice(0, id.indexOf('-'));
}

function sectionNumber(id: string): string {
  return id.split('-')[1] ?? '';
}

/** Compares section numbers part by part as numbers, so that 4.1.10 comes after 4.1.9. */
function bySection(a: Requirement, b: Requirement): number {
  return a.id.localeCompare(b.id, 'en', { numeric: true });
}

/** Lists each mention as a link to its file and the line that stands there. */
function places(mentions: readonly Mention[] = []): string {
  return (
    mentions.map(({ at, line }) => `${linkTo(at.replace(/:\d+$/, ''))} ${wordsOf(line)}`.trim()).join('<br>') || '–'
  );
}

function linkTo(path: string): string {
  return `[${path.replace(/^(?:src|test)\//, '')}](../${path})`;
}

/** The line without its ids and marks of comments: a comment's words, a test's title, or the code. */
function wordsOf(line: string): string {
  const plain = line
    .replace(/\[\d{4}(?:bis)?-[\w.]+-\d+[a-z]?\]/g, '')
    .replace(/^(?:\/\*\*|\*\/|\*|\/\/)\s*|\s*\*\/$/g, '');
  const title = /^(?:test|describe)\S*\((['"`])(.*?)\1/.exec(plain)?.[2] ?? plain;
  const words = title.replace(/\s+/g, ' ').replace(/^[\s:,;]+|[\s:,;]+$/g, '');
  return /[a-z]{2}/i.test(words) ? `\`${words.replaceAll('`', "'").replaceAll('|', '\\|')}\`` : '';
}

function markdownText(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
