// The pages on identity providers, made of the examples: src/providers/README.md, and the table in README.md.
import { inspect } from 'node:util';
import * as barejose from '../../src/index.ts';
import { EXAMPLES, type Example } from '../providers/examples.ts';

/** The page of all providers, as Markdown. */
export function providersPage(): string {
  return [INTRODUCTION, ...EXAMPLES.map(sectionOf), ONE_LOGIN].join('\n');
}

const INTRODUCTION = `# Identity providers by their names

Each function here returns the options of an issuer as plain data, for \`createVerifier\` or as one of its \`issuers\`: the page shows what each
example returns, beside \`keys\` or \`remote\`. An option that is missing, undefined, misspelt or of another form is a \`TypeError\`, so an environment
variable that is not set skips no check. \`remote\` of each holds options of the key set, such as \`timeout\` and \`onEvent\`.

**To change or add something**, spread the options. What comes after the spread replaces the provider's option as a whole: add to its claims,
and do not drop them.

\`\`\`js
import { createVerifier, keycloak } from 'barejose';

const options = keycloak({ url: 'https://sso.example.com', realm: 'acme', audience: 'orders-api' });
export const verifier = createVerifier({ ...options, claims: { ...options.claims, acr: 'gold' }, maxMembers: 5_000 });
\`\`\`

The providers' own rules are cited in the comment of each function. \`npm run providers\` writes this page. \`idToken\` is
[for one login](#one-login-by-openid-connect). Of \`entra\` and \`spiffe\`, \`keys\` also checks which published keys are used, and of \`clerk\`, a
\`schema\` checks \`sts\`: give theirs by their own options.
`;

const ONE_LOGIN = `## One login by OpenID Connect

An ID token is for one login, whose nonce it holds. \`idToken\` returns what OpenID Connect Core §3.1.3.7 asks for, for \`verifyJwt\`.

\`\`\`js
import { readFileSync } from 'node:fs';
import { discoverJwks, idToken, verifyJwt } from 'barejose';

const keys = discoverJwks('https://issuer.example'); // once, when the service starts
const token = readFileSync('tokens/idToken.txt', 'utf8').trim();
const expected = idToken({ issuer: 'https://issuer.example', clientId: 'web-app', nonce: 'n-0S6_WzA2Mj' });
const { claims } = verifyJwt(token, await keys.for(token), expected);
claims.nonce; // → 'n-0S6_WzA2Mj'
\`\`\`

- Checks \`azp\` and other audiences, \`auth_time\` with \`maxAge\`, and \`at_hash\` with \`accessToken\`, by the \`schema\` that it returns: give a schema of your
  own as its option, since one after the spread options replaces it.
`;

/** The text of a provider: its fence, and the options that the call returns. */
function sectionOf(example: Example): string {
  const { title, note } = example;
  return [
    `## ${title}`,
    '',
    '```js',
    programOf(example),
    '```',
    '',
    ...(note ? [note, ''] : []),
    returnedBy(example),
    '',
  ].join('\n');
}

function programOf({ name, call, claims, answers }: Example): string {
  const isVerified = Object.keys(answers).length > 0;
  const isOptions = name !== 'alb';
  const imports = isOptions ? [name, 'createVerifier'].sort((a, b) => a.localeCompare(b)) : [name];
  const [claim, value] = claims.iss === undefined ? ['sub', claims.sub] : ['iss', claims.iss];
  return [
    ...(isVerified ? ["import { readFileSync } from 'node:fs';"] : []),
    `import { ${imports.join(', ')} } from 'barejose';`,
    '',
    `const verifier = ${isOptions ? `createVerifier(${inLines(call)})` : inLines(call)};`,
    ...(isVerified
      ? [
          `const { claims } = await verifier.verify(readFileSync('tokens/${name}.txt', 'utf8').trim());`,
          `claims.${claim}; // → '${value}'`,
        ]
      : ['export const authenticate = (token) => verifier.verify(token);']),
  ].join('\n');
}

const MAX_CALL = 100;

/** A call with one option a line if it is long. */
function inLines(call: string): string {
  const [, name, options = ''] = /^(\w+)\(\{ (.*) \}\)$/.exec(call) ?? [];
  if (call.length <= MAX_CALL) return call;
  const lines = options.split(/, (?=\w+: )/).map((option) => `  ${option},`);
  return `${name}({\n${lines.join('\n')}\n})`;
}

const FUNCTIONS: ReadonlyMap<string, unknown> = new Map(Object.entries(barejose));

/** The members that the call returns, but for the keys and the caller's own. */
function returnedBy({ name, call, answers }: Example): string {
  const returned: unknown = new Function(name, `return ${call}`)(FUNCTIONS.get(name));
  const members = Object.entries(Object(returned)).filter(
    ([member, value]) => value !== undefined && !/^(keys|remote|schema|verify)$/.test(member),
  );
  const shown = members.map(
    ([member, value]) => `\`${member}: ${inspect(value, { breakLength: Number.POSITIVE_INFINITY })}\``,
  );
  const urls = Object.keys(answers).map((url) => `\`${url}\``);
  return [
    ...(shown.length > 0 ? [`- Returns ${shown.join(' · ')}`] : []),
    ...(urls.length > 0 ? [`- Asks for ${urls.join(' and ')}`] : []),
  ].join('\n');
}

/** The table of README.md: each provider and its call. */
export function providersTable(): string {
  const rows = EXAMPLES.map(
    ({ title, call }) => `| [${title}](src/providers/README.md#${anchorOf(title)}) | \`${call}\` |`,
  );
  return ['| provider | |', '|---|---|', ...rows].join('\n');
}

/** The anchor that a heading has on a page. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-');
}

const BEGIN = '<!-- npm run providers writes this table -->\n';
const END = '\n<!-- end of the table -->';

/** README.md with its table replaced. */
export function withProvidersTable(readme: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('README.md has no place for the table of providers');
  return `${readme.slice(0, begin + BEGIN.length)}${providersTable()}${readme.slice(end)}`;
}
