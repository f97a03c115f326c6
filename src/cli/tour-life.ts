// The tour's second half: four days in the life of a key ring, in fast-forward. A rotation that nobody notices, a key that is
// stolen and taken back, and all of it drawn.
import { explainToken } from '../index.ts';
import { draw } from './drawing.ts';
import { dateOf, wrap } from './paper.ts';
import { type Page, unexpected } from './tour-page.ts';
import type { Stage } from './tour-stage.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The columns before a text: a mark, and the instant to the minute. */
const LEFT = 22;

/** What is shown, line by line, each with the instant. */
interface Diary {
  readonly page: Page;
  /** Keeps whether a line is as it should be. */
  readonly tell: (mark: string, text: string, asItShould: boolean) => void;
}

/** @returns whether everything turned out as it should */
export async function showLife(stage: Stage, page: Page): Promise<boolean> {
  const outcomes: boolean[] = [];
  const tell: Diary['tell'] = (mark, text, asItShould) => {
    outcomes.push(asItShould);
    const instant = dateOf(stage.clock.read()).slice(0, 16).replace('T', ' ');
    if (asItShould) page.line(`${mark}  ${page.quiet(instant)}   ${wrap(text, page.width - LEFT, LEFT + 2)}`);
    else page.line(unexpected(page, `${instant}   not so: ${text}`));
  };
  await rotate(stage, { page, tell });
  await revoke(stage, { page, tell });
  page.line();
  await showTimeline(stage, page);
  return outcomes.every(Boolean);
}

/** A token of the key of ES256 that signs now, and what the service makes of it. */
async function issue({ issuer, service }: Stage): Promise<{ token: string; isAccepted: () => Promise<boolean> }> {
  const claims = { sub: 'user-1', scope: 'orders:read' };
  const token = await issuer.sign(claims, { audience: 'orders', expiresIn: '1h', alg: 'ES256' });
  return { token, isAccepted: async () => (await service.ask(token)).status === 200 };
}

async function rotate(stage: Stage, { page, tell }: Diary): Promise<void> {
  const { issuer, clock } = stage;
  clock.turn(DAY + HOUR);
  const old = await issue(stage);
  const [change] = await issuer.rotate({ alg: 'ES256' });
  tell(page.good('✓'), 'rotate: ec-2 signs, which has been published for a day', change?.kid === 'ec-2');
  const next = await issue(stage);
  const both = (await old.isAccepted()) && (await next.isAccepted());
  tell(page.good('✓'), 'a token of ec-1 and one of ec-2 are both accepted', both);
  clock.turn(2 * HOUR);
  const { keys } = await issuer.status();
  const isGone = keys.some(({ kid, state, custody }) => kid === 'ec-1' && state === 'removed' && custody === 'erased');
  tell(page.good('✓'), 'no token of ec-1 is left: it has left the set, and its private part the disk', isGone);
}

async function revoke(stage: Stage, { page, tell }: Diary): Promise<void> {
  const { issuer, service, clock } = stage;
  clock.turn(2 * DAY - 3 * HOUR);
  const stolen = await issue(stage);
  const wasAccepted = await stolen.isAccepted();
  const { next } = await issuer.revoke('ec-2', 'a backup was stolen');
  tell(page.bad('✗'), 'revoke ec-2, a backup was stolen: ec-3 signs from the same write on', next === 'ec-3');
  clock.turn(MINUTE);
  tell(
    page.quiet('·'),
    'a token of ec-2 is still accepted: the service has a set that is fresh for 10 minutes',
    wasAccepted && (await stolen.isAccepted()),
  );
  clock.turn(10 * MINUTE);
  const { status } = await service.ask(stolen.token);
  const { code } = explainToken(service.verifier, stolen.token);
  tell(page.bad('✗'), `it is refused: ${code}`, status === 401 && code === 'ERR_JWKS_NO_MATCHING_KEY');
  tell(page.good('✓'), 'a token of ec-3 is accepted', await (await issue(stage)).isAccepted());
}

async function showTimeline({ issuer, clock, model }: Stage, page: Page): Promise<void> {
  const [from, to] = [model.now - DAY / 4, model.now + 4.5 * DAY];
  const rows = (await issuer.timeline(from, to)).filter(({ alg }) => alg === 'ES256');
  const lines = draw({ rows, from, to, now: clock.read() }, { ...page, width: page.width - 3 });
  for (const line of lines) page.line(line && `   ${line}`);
}
