// The tour: the whole life of a token on this machine's loopback. Keys are made and published, tokens are signed,
// fetched for, verified; eight bad ones are refused. Each outcome is compared with what it should be.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Expected,
  type Explanation,
  explainJwt,
  exportJwk,
  generateKey,
  type JwtClaims,
  type KeySet,
  signJwt,
  verifyJwt,
} from '../index.ts';
import { type BadToken, badTokens, type Issuer } from './forgeries.ts';
import { loadKeys } from './keys.ts';
import { type Paints, paintsFor, widest, widthOf, wrap } from './paper.ts';
import { EXIT, type World } from './world.ts';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'orders';
const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'user-1', scope: 'orders:read' } as const;
const MEDIA_TYPE = 'application/jwk-set+json';

/** Where the tour writes, and how. */
interface Page extends Paints {
  readonly line: (text?: string) => void;
  readonly width: number;
}

/** What the resource server makes of a token: the claims, if it is accepted, and why. */
interface Verdict {
  readonly claims: JwtClaims | undefined;
  readonly explanation: Explanation;
}

type Judge = (token: string) => Verdict;

/**
 * Shows the tour. Exit code 0 when everything turned out as it should, else 1.
 * @param load how the resource server comes by the keys; a test may deceive it
 */
export async function tour(world: World, load: (url: string) => Promise<KeySet> = loadKeys): Promise<number> {
  const page = openPage(world);
  page.line(`${page.strong('barejose')}  the life of a token, on this machine only`);

  const issuer: Issuer = { keys: await makeKeys(), claims: CLAIMS };
  const keys = await fetchKeys(issuer, load, page);
  const tokens = issueTokens(issuer, page);

  const judge: Judge = (token) => judgeBy(token, keys, { issuer: ISSUER, audience: AUDIENCE });
  const accepted = showAccepted(tokens, judge, page);
  const refused = showRefused(await badTokens(issuer), judge, page);
  return closing(accepted && refused, page);
}

function judgeBy(token: string, keys: KeySet, expected: Expected): Verdict {
  const explanation = explainJwt(token, keys, expected);
  try {
    return { claims: verifyJwt(token, keys, expected).claims, explanation };
  } catch {
    return { claims: undefined, explanation };
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

/** The issuer publishes its set at a URL, from which the resource server fetches it. */
async function fetchKeys({ keys }: Issuer, load: (url: string) => Promise<KeySet>, page: Page): Promise<KeySet> {
  heading(page, 1, 'An issuer publishes its public keys, and a resource server fetches them');
  const body = JSON.stringify({ keys: keys.map(exportJwk) });
  const { url, close } = await publish(body);
  try {
    page.line(`   GET ${url}`);
    const set = await load(url);
    page.line(page.quiet(`   200 ${MEDIA_TYPE}, ${body.length} octets`));
    page.line();
    const kids = widest(set.keys.map(({ kid }) => `${kid}`));
    for (const { alg, kid, type } of set.keys) page.line(`   ${alg}   kid ${`${kid}`.padEnd(kids)}   ${type}`);
    return set;
  } finally {
    close();
  }
}

/** A JWKS endpoint in its least form, on a free port of loopback. */
async function publish(body: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': MEDIA_TYPE, 'cache-control': 'public, max-age=600' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/jwks.json`, close };
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

function showAccepted(tokens: readonly Token[], judge: Judge, page: Page): boolean {
  heading(page, 3, 'The resource server verifies them');
  const verdicts = tokens.map(({ alg, token }) => ({ alg: alg.padEnd(5), ...judge(token) }));
  for (const { alg, claims, explanation } of verdicts) {
    if (claims) page.line(`${page.good('✓')}  ${alg}   ${explanation.steps.length} steps, all passed`);
    else page.line(surprise(page, `${alg} should have been accepted, but: ${explanation.code}`));
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

function showRefused(bad: readonly BadToken[], judge: Judge, page: Page): boolean {
  heading(page, 4, 'Eight tokens that it must refuse');
  return bad.map((each) => showRefusal(each, judge(each.token), page)).every(Boolean);
}

/** The width of the left column: a name above, labels below it. */
const LABEL = 18;

function showRefusal({ name, story, code }: BadToken, { claims, explanation }: Verdict, page: Page): boolean {
  const { bad, strong, quiet, line } = page;
  const told = (text: string) => wrap(text, page.width - LABEL - 3, LABEL + 5);
  const tell = (label: string, text: string) => line(`   ${quiet(label.padEnd(LABEL))}${told(text)}`);
  line(`${bad('✗')}  ${strong(name.padEnd(LABEL))}${told(story)}`);
  for (const step of explanation.steps.filter(({ outcome }) => outcome === 'failed')) {
    tell('failed step', `${step.name}, ${step.section}`);
    tell('reason', step.reason);
    tell('would pass', String(step.remedy));
  }
  const asItShould = explanation.code === code && !claims;
  tell('code', String(explanation.code));
  if (!asItShould) line(surprise(page, `${name} should have been refused with ${code}`));
  line();
  return asItShould;
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
