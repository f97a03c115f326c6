// The tour: the whole life of a token on this machine's loopback. Keys are made and published; tokens are signed, and
// verified as a service would; eight bad ones are refused. Each outcome is compared with what it should be.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createVerifier,
  type Explanation,
  exportJwk,
  generateKey,
  type JoseErrorCode,
  type Jwk,
  type JwtClaims,
  type RemoteJwks,
  remoteJwks,
  signJwt,
  type Verifier,
} from '../index.ts';
import { type BadToken, badTokens, type Issuer } from './forgeries.ts';
import { type Paints, paintsFor, widest, widthOf, wrap } from './paper.ts';
import { REMOTE } from './urls.ts';
import { asRefusal, EXIT, type World } from './world.ts';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'orders';
const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', scope: 'orders:read' } as const;
const MEDIA_TYPE = 'application/jwk-set+json';

/** Where the tour writes, and how. */
interface Page extends Paints {
  readonly line: (text?: string) => void;
  readonly width: number;
}

/** What the resource server makes of a token: the claims, if it is accepted; else the code. And why. */
interface Verdict {
  readonly claims?: JwtClaims;
  readonly code?: JoseErrorCode;
  readonly explanation: Explanation;
}

/** A verifier as a service has it, and the remote set behind it. */
interface Service {
  readonly verifier: Verifier;
  readonly remote: RemoteJwks;
}

/**
 * Shows the tour. Exit code 0 when everything turned out as it should, else 1.
 * @param select what of its keys the issuer publishes; a test may leave something out
 */
export async function tour(world: World, select: (keys: Jwk[]) => Jwk[] = (keys) => keys): Promise<number> {
  const page = openPage(world);
  page.line(`${page.strong('barejose')}  the life of a token, on this machine only`);

  const issuer: Issuer = { keys: await makeKeys(), claims: CLAIMS };
  const body = JSON.stringify({ keys: select(issuer.keys.map(exportJwk)) });
  const { url, asked, close } = await publish(body);
  try {
    const service = await openService(url, body, page);
    const accepted = await showAccepted(issueTokens(issuer, page), service, page);
    const refused = await showRefused(await badTokens(issuer), service, page);
    showRequests(asked(), service, page);
    return closing(accepted && refused, page);
  } finally {
    close();
  }
}

async function judge(token: string, { verifier }: Service): Promise<Verdict> {
  try {
    const { claims } = await verifier.verify(token);
    return { claims, explanation: verifier.explain(token) };
  } catch (error) {
    return { code: asRefusal(error).code, explanation: verifier.explain(token) };
  }
}

function openPage({ stdout, env }: World): Page {
  return {
    ...paintsFor(stdout, env),
    line: (text = '') => void stdout.write(text === '' ? '\n' : `  ${text}\n`),
    width: widthOf(stdout) - 2,
  };
}

function heading({ line, strong }: Page, number: number, text: string): void {
  line();
  line(strong(`${number}  ${text}`));
  line();
}

async function makeKeys(): Promise<Issuer['keys']> {
  return Promise.all([
    generateKey('RS256', { kid: 'rsa-1' }),
    generateKey('ES256', { kid: 'ec-1' }),
    generateKey('EdDSA', { kid: 'ed-1' }),
  ]);
}

/** The resource server is told whom to trust, and fetches the set before the first token comes. */
async function openService(url: string, body: string, page: Page): Promise<Service> {
  heading(page, 1, 'An issuer publishes its public keys, and a resource server fetches them');
  const remote = remoteJwks(url, REMOTE);
  const verifier = createVerifier({ issuer: ISSUER, audience: AUDIENCE, keys: remote });
  page.line(`   GET ${url}`);
  const { keys } = await remote.refresh();
  page.line(page.quiet(`   200 ${MEDIA_TYPE}, ${body.length} octets`));
  page.line();
  const kids = widest(keys.map(({ kid }) => `${kid}`));
  for (const { alg, kid, type } of keys) page.line(`   ${alg}   kid ${`${kid}`.padEnd(kids)}   ${type}`);
  return { verifier, remote };
}

interface Endpoint {
  readonly url: string;
  /** How often it was asked. */
  readonly asked: () => number;
  readonly close: () => void;
}

/** A JWKS endpoint in its least form, on a free port of loopback. */
async function publish(body: string): Promise<Endpoint> {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.writeHead(200, { 'content-type': MEDIA_TYPE, 'cache-control': 'public, max-age=600' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/jwks.json`, asked: () => asked, close };
}

interface Token {
  readonly alg: string;
  readonly token: string;
}

function issueTokens({ keys, claims }: Issuer, page: Page): readonly Token[] {
  heading(page, 2, 'The issuer signs a token with each key, good for five minutes');
  return keys.map((key) => {
    const token = signJwt(claims, key, { expiresIn: '5m' });
    const beginnings = token.split('.').map((part) => `${part.slice(0, 14)}…`);
    page.line(`   ${key.alg.padEnd(5)}   ${beginnings.join('.')}   ${page.quiet(`${token.length} characters`)}`);
    return { alg: key.alg, token };
  });
}

async function showAccepted(tokens: readonly Token[], service: Service, page: Page): Promise<boolean> {
  heading(page, 3, 'The resource server verifies them');
  const verdicts = await Promise.all(
    tokens.map(async ({ alg, token }) => ({ alg: alg.padEnd(5), ...(await judge(token, service)) })),
  );
  for (const { alg, claims, code, explanation } of verdicts) {
    if (claims) page.line(`${page.good('✓')}  ${alg}   ${explanation.steps.length} steps, all passed`);
    else page.line(surprise(page, `${alg} should have been accepted, but: ${code}`));
  }
  showClaims(verdicts.find(({ claims }) => claims)?.claims, page);
  return verdicts.every(({ claims, explanation }) => claims && explanation.valid);
}

function showClaims(claims: JwtClaims = {}, page: Page): void {
  page.line();
  for (const [name, value] of Object.entries(claims)) {
    const date = typeof value === 'number' ? page.quiet(`   ${new Date(value * 1000).toISOString()}`) : '';
    page.line(`   ${page.quiet(name.padEnd(5))}   ${value}${date}`);
  }
}

async function showRefused(bad: readonly BadToken[], service: Service, page: Page): Promise<boolean> {
  heading(page, 4, 'Eight tokens that it must refuse');
  const outcomes: boolean[] = [];
  for (const each of bad) {
    if (outcomes.length > 0) page.line();
    outcomes.push(showRefusal(each, await judge(each.token, service), page));
  }
  return outcomes.every(Boolean);
}

/** The width of the left column: a name above, labels below it. */
const LABEL = 18;

function showRefusal({ name, story, code }: BadToken, verdict: Verdict, page: Page): boolean {
  const { bad, strong, quiet, line } = page;
  const told = (text: string) => wrap(text, page.width - LABEL - 3, LABEL + 5);
  const tell = (label: string, text: string) => line(`   ${quiet(label.padEnd(LABEL))}${told(text)}`);
  line(`${bad('✗')}  ${strong(name.padEnd(LABEL))}${told(story)}`);
  for (const step of verdict.explanation.steps.filter(({ outcome }) => outcome === 'failed')) {
    tell('failed step', `${step.name}, ${step.section}`);
    tell('reason', step.reason);
    tell('would pass', String(step.remedy));
  }
  const asItShould = verdict.code === code;
  tell('code', String(verdict.code));
  if (!asItShould) line(surprise(page, `${name} should have been refused with ${code}`));
  return asItShould;
}

/** What it cost to have the keys: one request, and one more for the unknown kid, which a newer set might have had. */
function showRequests(asked: number, { remote }: Service, page: Page): void {
  const { freshUntil = 0 } = remote.status;
  const until = new Date(freshUntil * 1000).toISOString();
  heading(page, 5, 'What the resource server asked the issuer for');
  page.line(`   ${asked} requests for 11 tokens: for the keys, and for the unknown kid`);
  page.line(page.quiet(`   fresh until ${until}: until then no token waits`));
  page.line();
}

function surprise({ bad }: Page, text: string): string {
  return bad(`!  ${text}`);
}

function closing(asItShould: boolean, page: Page): number {
  if (!asItShould) {
    page.line(surprise(page, 'Something turned out otherwise than it should: see the lines marked !'));
    return EXIT.invalid;
  }
  page.line(`${page.good('✓')}  3 accepted, 8 refused, all as it should be`);
  page.line();
  page.line(page.quiet('   Your own token, from standard input: barejose verify --help'));
  return EXIT.valid;
}
