// The tour: the whole life of a token and of the keys behind it, on this machine's loopback. Keys are published; tokens are
// signed, and taken by a service; eight bad ones are refused; keys are rotated and revoked. Each outcome is compared with
// what it should be.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Explanation, explainToken, type JwtClaims, jwksEndpoint } from '../index.ts';
import { type BadToken, badTokens } from './forgeries.ts';
import { dateOf, wrap } from './paper.ts';
import { showLife } from './tour-life.ts';
import { heading, openPage, type Page, unexpected } from './tour-page.ts';
import { type Publish, type Service, type Stage, setStage } from './tour-stage.ts';
import { EXIT, type World } from './world.ts';

/** What the service makes of a token: the claims, if it is accepted; and why, or why not. */
interface Verdict {
  readonly status: number;
  readonly claims?: JwtClaims;
  readonly explanation: Explanation;
}

/**
 * Shows the tour. Exit code 0 when everything turned out as it should, else 1.
 * @param publish what the issuer publishes; a test may leave something out
 */
export async function tour(world: World, publish: Publish = jwksEndpoint): Promise<number> {
  const page = openPage(world);
  const story = 'the life of a token and of the keys behind it, on this machine only';
  page.line(`${page.strong('barejose')}  ${wrap(story, page.width - 10, 12)}`);
  const folder = mkdtempSync(join(tmpdir(), 'barejose-tour-'));
  try {
    const stage = await setStage(join(folder, 'ring'), publish);
    return await play(stage, page).finally(stage.close);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function play(stage: Stage, page: Page): Promise<number> {
  await showKeys(stage, page);
  const accepted = await showAccepted(await issueTokens(stage, page), stage.service, page);
  const refused = await showRefused(stage, page);
  showRequests(stage, page);
  heading(page, 5, 'Four days of the key ring, in fast-forward: a rotation and a revocation');
  const lived = await showLife(stage, page);
  page.line();
  return closing(accepted && refused && lived, page);
}

/** The service is told whom to trust, and fetches the set before the first token comes. */
async function showKeys({ issuer, service, url }: Stage, page: Page): Promise<void> {
  heading(page, 1, 'An issuer publishes the keys of its ring, and a service fetches them');
  const { keys: published } = await service.remote.refresh();
  page.line(`   GET ${url}`);
  page.line(page.quiet(`   200, ${published.length} keys, fresh for 10 minutes`));
  page.line();
  const { keys, algorithms } = await issuer.status();
  for (const { alg } of algorithms) {
    const kids = keys.filter((key) => key.alg === alg).map(({ kid, state }) => `${kid.padEnd(5)}  ${state}`);
    page.line(`   ${alg}   ${kids.join('    ')}`);
  }
}

interface Token {
  readonly alg: string;
  readonly token: string;
}

async function issueTokens({ issuer, model }: Stage, page: Page): Promise<readonly Token[]> {
  heading(page, 2, 'The issuer signs a token with each algorithm, good for five minutes');
  const { aud, ...claims } = model.claims;
  const tokens: Token[] = [];
  const shown = Math.min(14, Math.floor((page.width - 33) / 3));
  for (const alg of (await issuer.published()).algorithms) {
    const token = await issuer.sign(claims, { audience: String(aud), expiresIn: '5m', alg });
    const beginnings = token.split('.').map((part) => `${part.slice(0, shown)}…`);
    page.line(`   ${alg.padEnd(5)}   ${beginnings.join('.')}   ${page.quiet(`${token.length} characters`)}`);
    tokens.push({ alg, token });
  }
  return tokens;
}

async function judge(token: string, { ask, verifier }: Service): Promise<Verdict> {
  const { status, body } = await ask(token);
  return { status, explanation: explainToken(verifier, token), ...(status === 200 && { claims: JSON.parse(body) }) };
}

async function showAccepted(tokens: readonly Token[], service: Service, page: Page): Promise<boolean> {
  heading(page, 3, 'The service takes them');
  const verdicts = await Promise.all(
    tokens.map(async ({ alg, token }) => ({ alg: alg.padEnd(5), ...(await judge(token, service)) })),
  );
  for (const { alg, status, claims, explanation } of verdicts) {
    const { code, steps } = explanation;
    if (claims) page.line(`${page.good('✓')}  ${status}  ${alg}   ${steps.length} steps, all passed`);
    else page.line(unexpected(page, `${alg} should have been accepted, but: ${code}`));
  }
  showClaims(verdicts.find(({ claims }) => claims)?.claims, page);
  return verdicts.every(({ claims, explanation }) => claims && explanation.valid);
}

function showClaims(claims: JwtClaims = {}, page: Page): void {
  page.line();
  for (const [name, value] of Object.entries(claims)) {
    const date = typeof value === 'number' ? page.quiet(`   ${dateOf(value)}`) : '';
    page.line(`   ${page.quiet(name.padEnd(5))}   ${value}${date}`);
  }
}

async function showRefused({ model, service }: Stage, page: Page): Promise<boolean> {
  heading(page, 4, 'Eight tokens that it must refuse');
  const outcomes: boolean[] = [];
  for (const each of await badTokens(model)) outcomes.push(showRefusal(each, await judge(each.token, service), page));
  return outcomes.every(Boolean);
}

/** The width of the left column: a name above, a step below it. */
const LABEL = 18;
/** No code has more letters. */
const LONGEST = 37;

function showRefusal({ name, story, code }: BadToken, { status, explanation }: Verdict, page: Page): boolean {
  const { bad, strong, quiet, line } = page;
  const told = (text: string) => wrap(text, page.width - LABEL - 8, LABEL + 10);
  const left = Math.min(LABEL + 8, page.width - LONGEST);
  line(`${bad('✗')}  ${status}  ${strong(name.padEnd(LABEL))}${told(story)}`);
  for (const { name: step, section, reason } of explanation.steps.filter(({ outcome }) => outcome === 'failed')) {
    const [what = ''] = reason.split('; ');
    line(`        ${quiet(step.padEnd(LABEL))}${told(what)}`);
    line(quiet(`${' '.repeat(left)}${wrap(`${section}, ${explanation.code}`, page.width - left, left + 2)}`));
  }
  const asItShould = status === 401 && explanation.code === code;
  if (!asItShould) line(unexpected(page, `${name} should have been refused with ${code}`));
  return asItShould;
}

/** What it cost to have the keys: one request, and one more for the unknown kid, which a newer set might have had. */
function showRequests({ asked }: Stage, page: Page): void {
  page.line();
  const text = `${asked()} requests for 11 tokens: for the keys, and for the unknown kid`;
  page.line(page.quiet(`   ${wrap(text, page.width - 3, 5)}`));
}

function closing(asItShould: boolean, page: Page): number {
  if (!asItShould) {
    page.line(unexpected(page, 'Something turned out otherwise than it should: see the lines marked !'));
    return EXIT.invalid;
  }
  const text = '3 accepted, 8 refused, a key rotated and one revoked, all as it should be';
  page.line(`${page.good('✓')}  ${wrap(text, page.width - 3, 5)}`);
  page.line();
  page.line(page.quiet('   Your own token:          barejose verify --help'));
  page.line(page.quiet('   A key ring of your own:  barejose ring --help'));
  return EXIT.valid;
}
