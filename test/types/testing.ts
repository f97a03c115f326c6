// The declarations of the test kit.
import { createVerifier } from '../../src/index.ts';
import { type Outage, type RefusedToken, testIssuer } from '../../src/testing/testing.ts';

const issuer = testIssuer({
  issuer: 'https://issuer.example',
  audience: ['api'] as const,
  typ: 'at+jwt',
  maxAge: '1h',
});
const verifier = createVerifier(issuer.verifierOptions);
const fetching: typeof globalThis.fetch = issuer.fetch;
const refused: readonly RefusedToken[] = issuer.refusals();
const outage: Outage = 500;
issuer.fail(outage, { document: 'keys' });
issuer.sign({ sub: undefined, anything: [1] }, { expiresIn: null, kid: issuer.rotate() });

export { fetching, refused, verifier };

testIssuer({ issuer: 'https://issuer.example' }); // must not compile: the audience is missing
testIssuer({ issuer: 'https://issuer.example', audience: 'api', algorithm: 'HS256' }); // must not compile: a verifier of published keys takes no HMAC
issuer.fail('slow'); // must not compile: no such outage
issuer.refusal('stale'); // must not compile: no such token
issuer.advance('5 minutes'); // must not compile: no duration
issuer.sign({}, { algorithm: 'RS256' }); // must not compile: the key says it
issuer.now = 5; // must not compile: the clock moves by advance
