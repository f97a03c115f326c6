// Runs the tour: an issuer publishes keys and signs tokens, a service accepts them and refuses eight bad ones, and
// keys are rotated and revoked, all on loopback. Every result is compared with the expected one.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Explanation, explainToken, type JwtClaims, jwksEndpoint } from '../index.ts';
import { EXIT, type Host } from './host.ts';
import { formatInstant, wrapText } from './terminal.ts';
import { type BadToken, createBadTokens } from './tour-bad-tokens.ts';
import { type PublishKeys, type Service, startEnvironment, type TourEnvironment } from './tour-environment.ts';
import { formatUnexpected, openOutput, type TourOutput, writeHeading } from './tour-output.ts';
import { showRotationAndRevocation } from './tour-rotation.ts';

/** The service's response to a token, and its explanation. */
interface ServiceVerdict {
  readonly status: number;
  readonly claims?: JwtClaims;
  readonly explanation: Explanation;
}

/**
 * Runs the tour. Returns exit code 0 if every result is as expected, else 1.
 * @param publish replaced by tests that withhold keys
 */
export async function tour(host: Host, publish: PublishKeys = jwksEndpoint): Promise<number> {
  const output = openOutput(host);
  const description = 'a tour of tokens and keys, on this machine only';
  output.line(`${output.strong('barejose')}  ${wrapText(description, output.width - 10, 12)}`);
  const folder = mkdtempSync(join(tmpdir(), 'barejose-tour-'));
  try {
    const environment = await startEnvironment(join(folder, 'ring'), publish);
    return await runTour(environment, output).finally(environment.close);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runTour(environment: TourEnvironment, output: TourOutput): Promise<number> {
  await showKeys(environment, output);
  const accepted = await showAccepted(await issueTokens(environment, output), environment.service, output);
  const refused = await showRefused(environment, output);
  showRequests(environment, output);
  writeHeading(output, 5, 'Four days of the key ring, in fast-forward: a rotation and a revocation');
  const rotated = await showRotationAndRevocation(environment, output);
  output.line();
  return showResult(accepted && refused && rotated, output);
}

/** Fetches the set before the first token arrives. */
async function showKeys({ issuer, service, url }: TourEnvironment, output: TourOutput): Promise<void> {
  writeHeading(output, 1, 'An issuer publishes the keys of its ring, and a service fetches them');
  const { keys: published } = await service.remote.refresh();
  output.line(`   GET ${url}`);
  output.line(output.quiet(`   200, ${published.length} keys, fresh for 10 minutes`));
  output.line();
  const { keys, algorithms } = await issuer.status();
  for (const { alg } of algorithms) {
    const kids = keys.filter((key) => key.alg === alg).map(({ kid, state }) => `${kid.padEnd(5)}  ${state}`);
    output.line(`   ${alg}   ${kids.join('    ')}`);
  }
}

interface IssuedToken {
  readonly alg: string;
  readonly token: string;
}

async function issueTokens({ issuer, template }: TourEnvironment, output: TourOutput): Promise<readonly IssuedToken[]> {
  writeHeading(output, 2, 'The issuer signs a token with each algorithm, valid for five minutes');
  const { aud, ...claims } = template.claims;
  const tokens: IssuedToken[] = [];
  const shown = Math.min(14, Math.floor((output.width - 33) / 3));
  for (const alg of (await issuer.published()).algorithms) {
    const token = await issuer.sign(claims, { audience: String(aud), expiresIn: '5m', alg });
    const beginnings = token.split('.').map((part) => `${part.slice(0, shown)}…`);
    output.line(`   ${alg.padEnd(5)}   ${beginnings.join('.')}   ${output.quiet(`${token.length} characters`)}`);
    tokens.push({ alg, token });
  }
  return tokens;
}

async function presentToken(token: string, { sendToken, verifier }: Service): Promise<ServiceVerdict> {
  const { status, body } = await sendToken(token);
  return { status, explanation: explainToken(verifier, token), ...(status === 200 && { claims: JSON.parse(body) }) };
}

async function showAccepted(tokens: readonly IssuedToken[], service: Service, output: TourOutput): Promise<boolean> {
  writeHeading(output, 3, 'The service accepts them');
  const verdicts = await Promise.all(
    tokens.map(async ({ alg, token }) => ({ alg: alg.padEnd(5), ...(await presentToken(token, service)) })),
  );
  for (const { alg, status, claims, explanation } of verdicts) {
    const { code, steps } = explanation;
    if (claims) output.line(`${output.good('✓')}  ${status}  ${alg}   ${steps.length} steps, all passed`);
    else output.line(formatUnexpected(output, `${alg} should have been accepted, but: ${code}`));
  }
  showClaims(verdicts.find(({ claims }) => claims)?.claims, output);
  return verdicts.every(({ claims, explanation }) => claims && explanation.valid);
}

function showClaims(claims: JwtClaims = {}, output: TourOutput): void {
  output.line();
  for (const [name, value] of Object.entries(claims)) {
    const date = typeof value === 'number' ? output.quiet(`   ${formatInstant(value)}`) : '';
    output.line(`   ${output.quiet(name.padEnd(5))}   ${value}${date}`);
  }
}

async function showRefused({ template, service }: TourEnvironment, output: TourOutput): Promise<boolean> {
  writeHeading(output, 4, 'Eight tokens that it must refuse');
  const outcomes: boolean[] = [];
  for (const each of await createBadTokens(template))
    outcomes.push(showRefusal(each, await presentToken(each.token, service), output));
  return outcomes.every(Boolean);
}

/** The width of the names of tokens and steps. */
const LABEL_WIDTH = 18;
/** The length of the longest error code. */
const MAX_CODE_LENGTH = 37;

function showRefusal(
  { name, description, code }: BadToken,
  { status, explanation }: ServiceVerdict,
  output: TourOutput,
): boolean {
  const { bad, strong, quiet, line } = output;
  const wrapRight = (text: string) => wrapText(text, output.width - LABEL_WIDTH - 8, LABEL_WIDTH + 10);
  const left = Math.min(LABEL_WIDTH + 8, output.width - MAX_CODE_LENGTH);
  line(`${bad('✗')}  ${status}  ${strong(name.padEnd(LABEL_WIDTH))}${wrapRight(description)}`);
  for (const { name: step, section, reason } of explanation.steps.filter(({ outcome }) => outcome === 'failed')) {
    const [what = ''] = reason.split('; ');
    line(`        ${quiet(step.padEnd(LABEL_WIDTH))}${wrapRight(what)}`);
    line(quiet(`${' '.repeat(left)}${wrapText(`${section}, ${explanation.code}`, output.width - left, left + 2)}`));
  }
  const isExpected = status === 401 && explanation.code === code;
  if (!isExpected) line(formatUnexpected(output, `${name} should have been refused with ${code}`));
  return isExpected;
}

/** Shows that two requests for the key set sufficed: the first one, and one for the unknown kid. */
function showRequests({ requestCount }: TourEnvironment, output: TourOutput): void {
  output.line();
  const text = `${requestCount()} key set requests for 11 tokens: the first one, and one for the unknown kid`;
  output.line(output.quiet(`   ${wrapText(text, output.width - 3, 5)}`));
}

function showResult(isExpected: boolean, output: TourOutput): number {
  if (!isExpected) {
    output.line(formatUnexpected(output, 'Some results are not as expected: see the lines marked !'));
    return EXIT.invalid;
  }
  const text = '3 accepted, 8 refused, a key rotated and one revoked, all as expected';
  output.line(`${output.good('✓')}  ${wrapText(text, output.width - 3, 5)}`);
  output.line();
  output.line(output.quiet('   Your own token:          barejose verify --help'));
  output.line(output.quiet('   A key ring of your own:  barejose ring --help'));
  return EXIT.valid;
}
