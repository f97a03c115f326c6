// Whatever happens to two issuers, to time and to the tokens that arrive, a verifier with a cache says what one without says:
// the same claims, the same errors with all that they tell, for the same number of requests and the same events.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVerifier, type Duration, type JwtClaims, remoteJwks } from '../../src/index.ts';
import { type FakeIssuer, fakeIssuer } from '../support/issuer.ts';
import {
  A,
  AUDIENCE,
  a1,
  a2,
  answerOf,
  B,
  BAD,
  b1,
  broken,
  NOW,
  outcomeOf,
  type Signer,
  settled,
  tokenOf,
} from './world.ts';

/** Claims that are good for long, for a while, not yet, no more, or in another way bad. */
const CLAIMS: readonly JwtClaims[] = [
  { exp: NOW + 1e6, roles: ['reader'] },
  { exp: NOW + 30 },
  { exp: NOW + 700, nbf: NOW + 20 },
  { exp: NOW + 5_000, iat: NOW + 100 },
  { exp: NOW - 5 },
  { exp: NOW + 1e6, aud: 'other' },
];
const TOKENS: readonly string[] = [
  ...[a1, a2, b1].flatMap((by) =>
    [A, B].flatMap((iss) => CLAIMS.map((claims) => tokenOf(by, { iss, ...claims }, { kid: by.kid }))),
  ),
  tokenOf(a1, { iss: 'https://c.example' }),
  tokenOf(a1, { exp: NOW + 1e6 }, { kid: 'unknown' }),
  tokenOf(a1, { exp: NOW + 1e6 }, { kid: undefined }),
  ...['without dots', 'with a claim twice', 'with alg none', 'with a critical extension'].map(
    (name) => BAD[name] ?? '',
  ),
];

interface Policy {
  readonly cache: number;
  readonly clockSkew: Duration;
  readonly maxAge: Duration | undefined;
  readonly several: boolean;
}

/** Two issuers and a verifier of their tokens. */
function world({ cache, clockSkew, maxAge, several }: Policy, isCached: boolean) {
  const [ofA, ofB] = [fakeIssuer(answerOf(a1)), fakeIssuer(answerOf(b1))];
  const entry = (issuer: string, fake: FakeIssuer) => ({
    issuer,
    audience: AUDIENCE,
    clockSkew,
    maxAge,
    keys: remoteJwks(`${issuer}/jwks`, fake.options),
  });
  // On the calling thread: while a signature waits in the pool, a refresh may end, which a token from the cache does not wait for.
  const common = { clock: () => ofA.now, pool: 'never', ...(isCached && { cache: { max: cache } }) } as const;
  const verifier = several
    ? createVerifier({ issuers: [entry(A, ofA), entry(B, ofB)], ...common })
    : createVerifier({ ...entry(A, ofA), ...common });
  return { issuers: [ofA, ofB], verifier };
}

type World = ReturnType<typeof world>;
type Step = (world: World) => unknown;

const ANSWERS: readonly (() => Response)[] = [
  ...([[a1], [a2], [a1, a2], [b1], []] as readonly (readonly Signer[])[]).map((signers) => answerOf(...signers)),
  broken,
];

/** Mostly the same few tokens, so that there are hits. */
const HOT: readonly string[] = [
  ...CLAIMS.slice(0, 4).map((claims) => tokenOf(a1, claims)),
  ...CLAIMS.slice(0, 2).map((claims) => tokenOf(b1, { iss: B, ...claims })),
  tokenOf(a2, CLAIMS[0]),
];
const token = fc.oneof(
  { arbitrary: fc.constantFrom(...HOT), weight: 4 },
  { arbitrary: fc.constantFrom(...TOKENS), weight: 1 },
);
const elapsing = fc.oneof(fc.constantFrom(1, 10, 31, 400, 490, 601, 3_700, -1, -50), fc.integer({ min: -20, max: 60 }));
const answering = fc.tuple(fc.nat(1), fc.constantFrom(...ANSWERS));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: token.map(
      (text) =>
        ({ verifier }: World) =>
          outcomeOf(() => verifier.verifySync(text)),
    ),
    weight: 6,
  },
  {
    arbitrary: token.map(
      (text) =>
        ({ verifier }: World) =>
          outcomeOf(() => verifier.verify(text)),
    ),
    weight: 6,
  },
  { arbitrary: elapsing.map((seconds) => (world: World) => elapse(world, seconds)), weight: 3 },
  {
    arbitrary: answering.map(
      ([i, answer]) =>
        (world: World) =>
          setAnswer(world, i, answer),
    ),
    weight: 2,
  },
  { arbitrary: fc.constant(warm), weight: 1 },
);

function elapse({ issuers }: World, seconds: number): void {
  for (const issuer of issuers) issuer.now += seconds;
}

function setAnswer({ issuers }: World, i: number, answer: () => Response): void {
  for (const issuer of issuers.slice(i, i + 1)) issuer.answer = answer;
}

function warm({ verifier }: World): Promise<unknown> {
  return verifier.warm().catch(String);
}

const policy = fc.record({
  cache: fc.constantFrom(1, 3, 100),
  clockSkew: fc.constantFrom<Duration>(0, 10),
  maxAge: fc.constantFrom<Duration | undefined>(undefined, undefined, 60),
  several: fc.boolean(),
});

async function history(world: World, steps: readonly Step[]): Promise<unknown> {
  const told: unknown[] = [];
  for (const step of steps) {
    told.push(await step(world));
    await settled();
  }
  return {
    told,
    requests: world.issuers.map(({ requests }) => requests.length),
    events: world.issuers.map(({ events }) => events),
  };
}

test('a cached and an uncached verifier give the same verdicts, in any history of tokens, time and keys', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(policy, fc.array(step, { minLength: 1, maxLength: 60 }), async (policy, later) => {
      const steps: readonly Step[] = [warm, ...later];
      const [cached, plain] = [await history(world(policy, true), steps), await history(world(policy, false), steps)];
      expect(cached).toEqual(plain);
      accepted += JSON.stringify(plain).split('"claims":').length - 1;
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(300);
});
