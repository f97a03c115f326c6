// The second half of the tour: four days of a key ring in fast-forward, with a rotation, a revocation and the timeline.
import { explainToken } from '../index.ts';
import { formatInstant, wrapText } from './terminal.ts';
import { drawTimeline } from './timeline-chart.ts';
import type { TourEnvironment } from './tour-environment.ts';
import { formatUnexpected, type TourOutput } from './tour-output.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The width of the mark and the instant before a text. */
const INSTANT_WIDTH = 22;

/** Writes a line with the current instant for each event. */
interface EventLog {
  readonly output: TourOutput;
  /** @param isExpected whether the text is true */
  readonly log: (mark: string, text: string, isExpected: boolean) => void;
}

/** @returns whether every result is as expected */
export async function showRotationAndRevocation(environment: TourEnvironment, output: TourOutput): Promise<boolean> {
  const outcomes: boolean[] = [];
  const log: EventLog['log'] = (mark, text, isExpected) => {
    outcomes.push(isExpected);
    const instant = formatInstant(environment.clock.read()).slice(0, 16).replace('T', ' ');
    if (isExpected)
      output.line(
        `${mark}  ${output.quiet(instant)}   ${wrapText(text, output.width - INSTANT_WIDTH, INSTANT_WIDTH + 2)}`,
      );
    else output.line(formatUnexpected(output, `${instant}   not true: ${text}`));
  };
  await showRotation(environment, { output, log });
  await showRevocation(environment, { output, log });
  output.line();
  await showTimeline(environment, output);
  return outcomes.every(Boolean);
}

/** Issues a token with the ES256 key that signs now, and a function that presents it to the service. */
async function issueTourToken({
  issuer,
  service,
}: TourEnvironment): Promise<{ token: string; isAccepted: () => Promise<boolean> }> {
  const claims = { sub: 'user-1', scope: 'orders:read' };
  const token = await issuer.sign(claims, { audience: 'orders', expiresIn: '1h', alg: 'ES256' });
  return { token, isAccepted: async () => (await service.sendToken(token)).status === 200 };
}

async function showRotation(environment: TourEnvironment, { output, log }: EventLog): Promise<void> {
  const { issuer, clock } = environment;
  clock.advance(DAY + HOUR);
  const old = await issueTourToken(environment);
  const [change] = await issuer.rotate({ alg: 'ES256' });
  log(output.good('✓'), 'rotate: ec-2 signs, after a day in the published set', change?.kid === 'ec-2');
  const next = await issueTourToken(environment);
  const both = (await old.isAccepted()) && (await next.isAccepted());
  log(output.good('✓'), 'tokens of ec-1 and of ec-2 are both accepted', both);
  clock.advance(2 * HOUR);
  const { keys } = await issuer.status();
  const isGone = keys.some(({ kid, state, custody }) => kid === 'ec-1' && state === 'removed' && custody === 'erased');
  log(output.good('✓'), 'the tokens of ec-1 have expired: the key is removed, and its private key erased', isGone);
}

async function showRevocation(environment: TourEnvironment, { output, log }: EventLog): Promise<void> {
  const { issuer, service, clock } = environment;
  clock.advance(2 * DAY - 3 * HOUR);
  const stolen = await issueTourToken(environment);
  const wasAccepted = await stolen.isAccepted();
  const { next } = await issuer.revoke('ec-2', 'a backup was stolen');
  log(output.bad('✗'), 'revoke ec-2, because a backup was stolen: ec-3 signs at once', next === 'ec-3');
  clock.advance(MINUTE);
  log(
    output.quiet('·'),
    'a token of ec-2 is still accepted: the service caches the set for 10 minutes',
    wasAccepted && (await stolen.isAccepted()),
  );
  clock.advance(10 * MINUTE);
  const { status } = await service.sendToken(stolen.token);
  const { code } = explainToken(service.verifier, stolen.token);
  log(output.bad('✗'), `it is refused: ${code}`, status === 401 && code === 'ERR_JWKS_NO_MATCHING_KEY');
  log(output.good('✓'), 'a token of ec-3 is accepted', await (await issueTourToken(environment)).isAccepted());
}

async function showTimeline({ issuer, clock, template }: TourEnvironment, output: TourOutput): Promise<void> {
  const [from, to] = [template.now - DAY / 4, template.now + 4.5 * DAY];
  const rows = (await issuer.timeline(from, to)).filter(({ alg }) => alg === 'ES256');
  const lines = drawTimeline({ rows, from, to, now: clock.read() }, { ...output, width: output.width - 3 });
  for (const line of lines) output.line(line && `   ${line}`);
}
