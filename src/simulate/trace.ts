// The worst case of a simulation, step by step.
import type { GoodAnswer } from '../remote/state.ts';
import { keyInstant, ringAt } from './issuer-model.ts';
import type { Acceptance, Refusal } from './search.ts';
import type { VerifierMoment } from './verifier-model.ts';

/** An event of the worst case, in seconds from its start. */
export interface SimulationStep {
  readonly at: number;
  readonly what: string;
}

/** Rounds to hundredths of a second, in which EPSILON disappears. */
export function roundSeconds(time: number): number {
  return Math.round(time * 100) / 100 + 0;
}

/** The rotation in which valid tokens are refused, or come closest to it. */
export function refusalTrace(refusal: Refusal): readonly SimulationStep[] {
  return refusal.why === 'publishLead' ? earlyKeyTrace(refusal) : lateTokenTrace(refusal);
}

function earlyKeyTrace({ kid, at, margin, signing, moment }: Refusal): readonly SimulationStep[] {
  const { route } = moment;
  const written = route.history.find(({ ring }) => ring.keys.some((key) => key.kid === kid));
  return relativeSteps(Number(written?.at), [
    { at: Number(written?.at), what: `${kid} is written to the store, published from now on` },
    ...verifierSteps(moment, `without ${kid}`),
    { at: signing.from, what: `${kid} signs for the first time, ${byClock('ahead')}` },
    {
      at,
      what:
        margin < 0
          ? `a valid token of ${kid} is refused for the last time`
          : `until here a token of ${kid} would be refused`,
    },
  ]);
}

function lateTokenTrace({ kid, at, margin, signing, moment }: Refusal): readonly SimulationStep[] {
  const { history } = moment.route;
  const end = keyInstant(ringAt(history, { clockAhead: 0, lag: 0 }, Number.POSITIVE_INFINITY), kid, 'retireAt');
  return relativeSteps(end, [
    { at: end, what: `${kid} retires` },
    { at: signing.to, what: `${kid} signs for the last time, in a process that does not know of it yet` },
    ...verifierSteps(moment, `without ${kid}`),
    {
      at,
      what:
        margin < 0
          ? `a valid token of ${kid} is refused for the first time`
          : `from here on a token of ${kid} would be refused`,
    },
    { at: signing.validUntil, what: `the last token of ${kid} expires, ${byClock('behind')}` },
  ]);
}

export function acceptanceTrace({ at, moment }: Acceptance): readonly SimulationStep[] {
  return relativeSteps(0, [
    { at: 0, what: 'A is revoked' },
    ...verifierSteps(moment, 'with A'),
    { at, what: 'a token of A is accepted for the last time' },
  ]);
}

function byClock(which: 'ahead' | 'behind'): string {
  return `by the clock that is most ${which}`;
}

function verifierSteps({ route, answer, askedAt, verifier }: VerifierMoment, how: string): readonly SimulationStep[] {
  const { good } = verifier.state;
  return [
    { at: answer.at, what: `a cache asks an endpoint, and keeps the answer ${how} for ${answer.maxAge} s` },
    ...(good ? answerTrace(good, { askedAt, isOut: route.reachableUntil < Number.POSITIVE_INFINITY }) : []),
  ];
}

function answerTrace(
  good: GoodAnswer,
  { askedAt, isOut }: { askedAt: number; isOut: boolean },
): readonly SimulationStep[] {
  const { fetchedAt, freshUntil, staleUntil } = good;
  const asked = {
    at: askedAt,
    what: `a verifier asks the cache, and uses its answer for ${roundSeconds(freshUntil - fetchedAt)} s`,
  };
  const staleFor = roundSeconds(staleUntil - freshUntil);
  const stale = `the endpoint is unreachable, and the verifier continues for ${staleFor} s`;
  return isOut ? [asked, { at: freshUntil, what: stale }] : [asked];
}

/** Converts instants to the time since the start. */
function relativeSteps(from: number, steps: readonly SimulationStep[]): readonly SimulationStep[] {
  return steps.map(({ at, what }) => ({ at: roundSeconds(at - from), what })).toSorted((a, b) => a.at - b.at);
}
