// The tour's second half: four days in the life of a key ring, in fast-forward. A rotation that nobody notices, a key that is
// stolen and taken back, and all of it drawn.
import { explainToken } from '../index.ts';
import { formatInstant, wrapText } from './terminal.ts';
import { drawTimeline } from './timeline-chart.ts';
import type { TourEnvironment } from './tour-environment.ts';
import { formatUnexpected, type TourOutput } from './tour-output.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The columns before a text: a mark, and the instant to the minute. */
const INSTANT_WIDTH = 22;

/** What is shown, line by line, each with the instant. */
interface EventLog {
  readonly output: TourOutput;
  /** Keeps whether a line is as it should be. */
  readonly log: (mark: string, text: string, isExpected: boolean) => void;
}

/** @returns whether everything turned out as it should */
export async function showRotationAndRevocation(environment: TourEnvironment, output: TourOutput): Promise<boolean> {
  const outcomes: boolean[] = [];
  const log: EventLog['log'] = (mark, text, isExpected) => {
    outcomes.push(isExpected);
    const instant = formatInstant(environment.clock.read()).slice(0, 16).replace('T', ' ');
    if (isExpected)
      output.line(
        `${mark}  ${output.quiet(instant)}   ${wrapText(text, output.width - INSTANT_WIDTH, INSTANT_WIDTH + 2)}`,
      );
    else output.line(formatUnexpected(output, `${instant}   not so: ${text}`));
  };
  await showRotation(environment, { output, log });
  await showRevocation(environment, { output, log });
  output.line();
  await showTimeline(environment, output);
  return outcomes.every(Boolean);
}

/** A token of the key of ES256 that signs now, and what the service makes of it. */
async function issueToken({
  issuer,
  service,
}: TourEnvironment): Promise<{ token: string; isAccepted: () => Promise<boolean> }> {
  const claims = { sub: 'user-1', scope: 'orders:read' };
  const token = await issuer.sign(claims, { audience: 'orders', expiresIn: '1h', alg: 'ES256' });
  return { token, isAccepted: async () => (await service.sendToken(token)).status === 200 };
}

async function showRotation(environment: TourEnvironment, { output, log }: EventLog): Promise<void> {
  const { issuer, clock } = environment;
  clock.turn(DAY + HOUR);
  const old = await issueToken(environment);
  const [change] = await issuer.rotate({ alg: 'ES256' });
  log(output.good('✓'), 'rotate: ec-2 signs, which has been published for a day', change?.kid === 'ec-2');
  const next = await issueToken(environment);
  const both = (await old.isAccepted()) && (await next.isAccepted());
  log(output.good('✓'), 'a token of ec-1 and one of ec-2 are both accepted', both);
  clock.turn(2 * HOUR);
  const { keys } = await issuer.status();
  const isGone = keys.some(({ kid, state, custody }) => kid === 'ec-1' && state === 'removed' && custody === 'erased');
  log(output.good('✓'), 'no token of ec-1 is left: it has left the set, and its private part the disk', isGone);
}

async function showRevocation(environment: TourEnvironment, { output, log }: EventLog): Promise<void> {
  const { issuer, service, clock } = environment;
  clock.turn(2 * DAY - 3 * HOUR);
  const stolen = await issueToken(environment);
  const wasAccepted = await stolen.isAccepted();
  const { next } = await issuer.revoke('ec-2', 'a backup was stolen');
  log(output.bad('✗'), 'revoke ec-2, a backup was stolen: ec-3 signs from the same write on', next === 'ec-3');
  clock.turn(MINUTE);
  log(
    output.quiet('·'),
    'a token of ec-2 is still accepted: the service has a set that is fresh for 10 minutes',
    wasAccepted && (await stolen.isAccepted()),
  );
  clock.turn(10 * MINUTE);
  const { status } = await service.sendToken(stolen.token);
  const { code } = explainToken(service.verifier, stolen.token);
  log(output.bad('✗'), `it is refused: ${code}`, status === 401 && code === 'ERR_JWKS_NO_MATCHING_KEY');
  log(output.good('✓'), 'a token of ec-3 is accepted', await (await issueToken(environment)).isAccepted());
}

async function showTimeline({ issuer, clock, model }: TourEnvironment, output: TourOutput): Promise<void> {
  const [from, to] = [model.now - DAY / 4, model.now + 4.5 * DAY];
  const rows = (await issuer.timeline(from, to)).filter(({ alg }) => alg === 'ES256');
  const lines = drawTimeline({ rows, from, to, now: clock.read() }, { ...output, width: output.width - 3 });
  for (const line of lines) output.line(line && `   ${line}`);
}
