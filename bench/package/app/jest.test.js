// Jest, with its default configuration.

const library = require('barejose');
const alone = require('barejose/jwt/verify');
const check = require('./check.cjs');

test('a token signed and verified', () => check(library, { ...library, ...alone }));

test('the test kit makes tokens for it', async () => {
  const { testIssuer } = require('barejose/testing');
  const issuer = testIssuer({ issuer: 'https://issuer.example', audience: 'api', now: new Date() });
  const verifier = library.createVerifier(issuer.verifierOptions);
  expect((await verifier.verify(issuer.sign())).claims.sub).toBe('user-1');
  for (const { token, code } of issuer.refusals()) await expect(verifier.verify(token)).rejects.toMatchObject({ code });
  // The kit's keys are the library's own.
  const { token, ...expected } = { token: issuer.sign(), issuer: 'https://issuer.example', audience: 'api' };
  expect(library.verifyJwt(token, issuer.publicKey, expected).claims.sub).toBe('user-1');
});

test('an error is of the class that the package exports', () => {
  expect(() => alone.verifyJwt('a.b.c', library.importSecret('k'.repeat(32), { alg: 'HS256' }), {})).toThrow(TypeError);
});
